//! Which collections or blobs are in use while no row of the database says so.
//!
//! A collection is held while it is read or built in slices. It is neither changed in place nor removed meanwhile: a
//! change to its workspace copies it first, as it does with one that a snapshot shares. So an export of any size reads
//! one state of the library, without a transaction that stays open as long as the client takes to read. A blob is held
//! from when its first bytes are stored until something refers to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::rows::json;

/// How many hold each collection or blob, by its id.
#[derive(Debug, Clone, Default)]
pub(super) struct HeldIds(Arc<Mutex<HashMap<i64, usize>>>);

impl HeldIds {
    /// All held ids, as a JSON array.
    pub(super) fn json(&self) -> String {
        json(&self.change(|held| held.keys().copied().collect::<Vec<_>>()))
    }

    /// Adds a hold.
    pub(super) fn add(&self, id: i64) {
        self.change(|held| *held.entry(id).or_default() += 1);
    }

    /// Removes one hold.
    pub(super) fn remove(&self, id: i64) {
        self.change(|held| {
            if let Some(count) = held.get_mut(&id) {
                *count -= 1;
                if *count == 0 {
                    held.remove(&id);
                }
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<i64, usize>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
