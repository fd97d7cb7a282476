//! A hold on one collection, for as long as it is read or built in slices. [`holds`](super::holds) says what that means.

use tokio::runtime::Handle;

use super::handle::Store;

/// How many assets one transaction adds, copies or removes at most: a few tens of milliseconds.
pub const SLICE: usize = 1000;

/// Keeps a collection as it is until the hold is dropped. By then no workspace may refer to the collection any more, so
/// collections without references are looked for and removed, unless [`CollectionHold::settle`] ended the hold.
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

    /// Ends the hold on a collection that something refers to.
    pub(super) fn settle(mut self) {
        self.is_settled = true;
    }
}

impl Drop for CollectionHold {
    fn drop(&mut self) {
        self.store.holds.remove(self.collection);
        if let (false, false, Ok(runtime)) = (self.is_settled, self.store.is_shared, Handle::try_current()) {
            runtime.spawn(self.store.clone().remove_released());
        }
    }
}
