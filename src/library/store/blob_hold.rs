//! A hold on one blob, from when its first bytes are stored until something refers to it.

use tokio::runtime::Handle;

use super::handle::Store;

/// Keeps a blob until the hold is dropped. If nothing refers to the blob by then, it is removed.
#[derive(Debug)]
pub struct BlobHold {
    /// The row id of the blob.
    pub blob: i64,
    store: Store,
}

impl BlobHold {
    pub(super) fn new(store: &Store, blob: i64) -> BlobHold {
        store.blob_holds.add(blob);
        BlobHold { blob, store: store.clone() }
    }
}

impl Drop for BlobHold {
    fn drop(&mut self) {
        self.store.blob_holds.remove(self.blob);
        // Without a runtime the process is about to end; the next one removes the blob.
        if Handle::try_current().is_ok() {
            self.store.remove_unreferenced_blobs();
        }
    }
}
