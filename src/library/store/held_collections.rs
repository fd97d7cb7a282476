//! Which collections are being read or built in slices. A held collection is neither changed in place nor removed: a
//! change to its workspace copies it first, as it does with one that a snapshot shares. So an export of any size reads
//! one state of the library, without a transaction that stays open as long as the client takes to read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::rows::json;

/// How many exports and changes hold each collection, by the collection's id.
#[derive(Debug, Clone, Default)]
pub(super) struct HeldCollections(Arc<Mutex<HashMap<i64, usize>>>);

impl HeldCollections {
    /// The ids of all held collections, as a JSON array.
    pub(super) fn json(&self) -> String {
        json(&self.change(|held| held.keys().copied().collect::<Vec<_>>()))
    }

    /// Adds a hold on this collection.
    pub(super) fn add(&self, collection: i64) {
        self.change(|held| *held.entry(collection).or_default() += 1);
    }

    /// Removes one hold on this collection.
    pub(super) fn remove(&self, collection: i64) {
        self.change(|held| {
            if let Some(count) = held.get_mut(&collection) {
                *count -= 1;
                if *count == 0 {
                    held.remove(&collection);
                }
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<i64, usize>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
