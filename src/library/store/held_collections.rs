//! Which collections are being read or built piece by piece. A held collection is not changed in place and not removed:
//! a change to its workspace makes a copy first, as if a snapshot shared it. Therefore an export of any size is of one state of
//! the library without a transaction that lasts as long as its reader takes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::rows::json;

/// How many exports and changes hold each collection, by its number.
#[derive(Debug, Clone, Default)]
pub(super) struct HeldCollections(Arc<Mutex<HashMap<i64, usize>>>);

impl HeldCollections {
    /// The numbers of all held collections, as a JSON array.
    pub(super) fn json(&self) -> String {
        json(&self.change(|held| held.keys().copied().collect::<Vec<_>>()))
    }

    /// Counts one more hold on this collection.
    pub(super) fn add(&self, collection: i64) {
        self.change(|held| *held.entry(collection).or_default() += 1);
    }

    /// Counts one hold on this collection less.
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
