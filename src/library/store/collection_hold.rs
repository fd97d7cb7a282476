//! A hold on one collection while it is read or built in slices. [`held_ids`](super::held_ids) says
//! what a hold does.

use tokio::runtime::Handle;

use super::handle::Store;

/// How many assets one transaction adds, copies or removes at most: a few tens of milliseconds.
pub const SLICE: usize = 1000;

/// Keeps a collection as it is until the hold is dropped. By then the collection may have lost its last reference, so
/// dropping the hold starts the removal of unreferenced collections, unless [`CollectionHold::settle`] ended it.
#[derive(Debug)]
pub struct CollectionHold {
    pub(super) collection: i64,
    store: Store,
    is_settled: bool,
}

impl CollectionHold {
    pub(super) fn new(store: &Store, collection: i64) -> CollectionHold {
        store.holds.add(collection);
        CollectionHold { collection, store: store.clone(), is_settled: false }
    }

    /// Ends the hold without starting that removal, which would find nothing if the collection is still referenced.
    pub(super) fn settle(mut self) {
        self.is_settled = true;
    }
}

impl Drop for CollectionHold {
    fn drop(&mut self) {
        self.store.holds.remove(self.collection);
        // A store that only reads (`is_shared`) must not remove anything. Without a runtime the process is about to
        // end.
        if let (false, false, Ok(runtime)) = (self.is_settled, self.store.is_shared, Handle::try_current()) {
            runtime.spawn(self.store.clone().remove_released());
        }
    }
}
