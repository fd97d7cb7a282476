//! Collections that are being read or built piece by piece. A held collection is not changed in place and not removed:
//! a change to its workspace makes a copy first, as if a snapshot shared it. So an export of any size is of one state of
//! the library without a transaction that lasts as long as its reader takes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::Store;

/// How many hold each collection, by its number.
#[derive(Debug, Clone, Default)]
pub(super) struct Holds(Arc<Mutex<HashMap<i64, usize>>>);

impl Holds {
    /// The numbers of all held collections, as a JSON array.
    pub(super) fn json(&self) -> String {
        super::rows::json(&self.change(|held| held.keys().copied().collect::<Vec<_>>()))
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<i64, usize>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps a collection as it is until it is dropped. Nothing may refer to it then: unless [`CollectionHold::settle`] says
/// that something does, it is looked for and removed.
#[derive(Debug)]
pub struct CollectionHold {
    pub(super) collection: i64,
    store: Store,
    is_settled: bool,
}

impl CollectionHold {
    pub(super) fn new(store: &Store, collection: i64) -> CollectionHold {
        store.holds.change(|held| *held.entry(collection).or_default() += 1);
        CollectionHold { collection, store: store.clone(), is_settled: false }
    }

    /// Ends the hold on a collection that something refers to.
    pub(super) fn settle(mut self) {
        self.is_settled = true;
    }
}

impl Drop for CollectionHold {
    fn drop(&mut self) {
        self.store.holds.change(|held| {
            if let Some(count) = held.get_mut(&self.collection) {
                *count -= 1;
                if *count == 0 {
                    held.remove(&self.collection);
                }
            }
        });
        if let (false, false, Ok(runtime)) = (self.is_settled, self.store.is_shared, Handle::try_current()) {
            runtime.spawn(self.store.clone().remove_released());
        }
    }
}
