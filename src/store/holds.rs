//! Collections that are being read or built piece by piece. A held collection is not changed in place and not removed:
//! a change to its workspace makes a copy first, as if a snapshot shared it. So an export of any size is of one state of
//! the library without a transaction that lasts as long as its reader takes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

/// The holds there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Holds(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// How many hold each collection, by its number.
    held: Mutex<HashMap<i64, usize>>,
    /// Whether one was dropped: nothing may refer to its collection any more.
    was_dropped: AtomicBool,
}

/// Keeps a collection as it is until it is dropped.
#[derive(Debug)]
pub struct CollectionHold {
    pub(super) collection: i64,
    holds: Holds,
}

impl Holds {
    pub(super) fn hold(&self, collection: i64) -> CollectionHold {
        self.change(|held| *held.entry(collection).or_default() += 1);
        CollectionHold { collection, holds: self.clone() }
    }

    /// Whether a hold was dropped since this was asked the last time.
    pub(super) fn was_dropped(&self) -> bool {
        self.0.was_dropped.swap(false, SeqCst)
    }

    /// The numbers of all held collections, as a JSON array.
    pub(super) fn json(&self) -> String {
        super::rows::json(&self.change(|held| held.keys().copied().collect::<Vec<_>>()))
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<i64, usize>) -> T) -> T {
        change(&mut self.0.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for CollectionHold {
    fn drop(&mut self) {
        self.holds.change(|held| {
            if let Some(count) = held.get_mut(&self.collection) {
                *count -= 1;
                if *count == 0 {
                    held.remove(&self.collection);
                }
            }
        });
        self.holds.0.was_dropped.store(true, SeqCst);
    }
}
