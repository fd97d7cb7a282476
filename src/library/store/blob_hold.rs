//! A hold on one blob, from when its first bytes are stored until something refers to it.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio::runtime::Handle;

use super::handle::Store;

/// Keeps a blob until the hold is dropped. If nothing refers to the blob by then, it is removed.
#[derive(Debug)]
pub struct BlobHold {
    /// The row id of the blob.
    pub blob: i64,
    store: Store,
    /// Whether something refers to the blob, so that there is nothing to remove.
    is_claimed: AtomicBool,
}

impl BlobHold {
    pub(super) fn new(store: &Store, blob: i64) -> BlobHold {
        store.blob_holds.add(blob);
        BlobHold { blob, store: store.clone(), is_claimed: AtomicBool::new(false) }
    }

    /// Notes that a change was committed after which something refers to the blob.
    pub(super) fn claim(&self) {
        self.is_claimed.store(true, Relaxed);
    }
}

impl Drop for BlobHold {
    fn drop(&mut self) {
        self.store.blob_holds.remove(self.blob);
        // Without a runtime the process is about to end; the next one removes the blob when it opens the file.
        if let (false, Ok(runtime)) = (self.is_claimed.load(Relaxed), Handle::try_current()) {
            runtime.spawn(self.store.clone().remove_released());
        }
    }
}
