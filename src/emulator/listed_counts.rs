//! Counts of what providers list, kept so that a workspace that did not change is not counted again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::library::selection::Selection;

/// What a count is of: a provider's listing of one version of a collection.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CountedListing {
    /// The collection.
    pub collection: i64,
    /// Its version.
    pub version: i64,
    /// The provider.
    pub provider: &'static str,
    /// What it lists.
    pub selection: Selection,
}

/// Recent counts, each of one version of a collection.
#[derive(Debug, Default)]
pub struct ListedCounts(Mutex<HashMap<CountedListing, u64>>);

/// How many counts are kept. When there are more, all of them are dropped.
const KEPT: usize = 4096;

impl ListedCounts {
    /// The count of this listing, if it is kept.
    pub fn get(&self, listing: &CountedListing) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(listing).copied()
    }

    /// Keeps the count of this listing.
    pub fn keep(&self, listing: CountedListing, count: u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(listing, count);
    }
}
