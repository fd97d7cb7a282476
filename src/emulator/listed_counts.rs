//! A cache of how many assets providers list, so that a workspace that has not changed is not counted again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::library::selection::Selection;

/// The key of a cached count: a provider's listing of one version of a collection.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CountedListing {
    /// The collection.
    pub collection: i64,
    /// Its version.
    pub version: i64,
    /// The provider.
    pub provider: &'static str,
    /// The filters and order of the listing.
    pub selection: Selection,
}

/// The cache. A count never becomes invalid, since its key has the version of the collection.
#[derive(Debug, Default)]
pub struct ListedCounts(Mutex<HashMap<CountedListing, u64>>);

/// The most counts in the cache. When it is full, all of them are evicted.
const MAX_COUNTS: usize = 4096;

impl ListedCounts {
    /// The count of this listing, if it is cached.
    pub fn get(&self, listing: &CountedListing) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(listing).copied()
    }

    /// Caches the count of this listing.
    pub fn keep(&self, listing: CountedListing, count: u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_COUNTS {
            kept.clear();
        }
        kept.insert(listing, count);
    }
}
