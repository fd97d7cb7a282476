//! Reads one folder.

use super::query::Query;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::handle::Store;
use crate::library::workspace::Folder;

/// Reads one folder.
#[derive(Debug)]
pub struct ReadFolder {
    /// Its id.
    pub id: String,
}

impl Query for ReadFolder {
    type Outcome = Folder;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<Folder, CommandError> {
        let mut folders = store.workspace_without_assets(caller.workspace).await?.folders.into_iter();
        folders.find(|folder| folder.id == self.id).ok_or(CommandError::NoSuchFolder { id: self.id })
    }
}
