//! Checks whether a file that is announced can be stored.

use std::sync::atomic::Ordering::Relaxed;

use super::query::Query;
use crate::library::store::blob_rows;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::edit::collection_of;
use crate::library::store::handle::Store;
use crate::library::store::uploads;

/// Fails if the caller's workspace cannot store so many bytes more: because of its own limit, or that of all workspaces
/// together. The latter is not checked while there are bytes that nothing refers to, or that may turn out to be such with
/// the first change after a start: they go when the file needs their room. Nothing is reserved.
#[derive(Debug)]
pub struct CheckRoom {
    /// How many bytes.
    pub bytes: u64,
}

impl Query for CheckRoom {
    type Outcome = ();

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<(), CommandError> {
        let mut read = store.read().await?;
        let own = uploads::settings(&mut read, caller.workspace).await?.max_stored_bytes;
        if let Some(max) = own {
            let collection = collection_of(&mut read, caller.workspace).await?;
            let stored = uploads::stored_bytes(&mut read, collection, None).await?;
            require_room(stored, self.bytes, max)?;
        }
        let room = require_room(blob_rows::stored_bytes(&mut read).await?, self.bytes, store.max_stored_bytes);
        let may_free = !store.began.load(Relaxed) || store.has_unreferenced_blobs(&mut read).await?;
        if room.is_err() && may_free { Ok(()) } else { room }
    }
}

fn require_room(stored: u64, more: u64, max: u64) -> Result<(), CommandError> {
    if stored.saturating_add(more) > max { Err(CommandError::StorageFull { max }) } else { Ok(()) }
}
