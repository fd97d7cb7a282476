//! Placeholders that were read lately, since clients read one file in many ranges.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::library::placeholder::Placeholder;

/// The most bytes of all cached placeholders together. The largest is a WebP of a megabyte.
const MAX_BYTES: usize = 2 << 20;

/// A small cache of placeholders. The oldest are evicted first.
#[derive(Debug, Default)]
pub struct PlaceholderCache(Mutex<VecDeque<(u64, Arc<Placeholder>)>>);

impl PlaceholderCache {
    /// The cached placeholder with this key.
    pub fn get(&self, key: u64) -> Option<Arc<Placeholder>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().find(|(other, _)| *other == key).map(|(_, placeholder)| placeholder.clone())
    }

    /// Caches a placeholder.
    pub fn keep(&self, key: u64, placeholder: Arc<Placeholder>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.push_back((key, placeholder));
        let mut bytes: usize = held.iter().map(|(_, placeholder)| placeholder.memory()).sum();
        while bytes > MAX_BYTES {
            bytes -= held.pop_front().map_or(bytes, |(_, oldest)| oldest.memory());
        }
    }
}
