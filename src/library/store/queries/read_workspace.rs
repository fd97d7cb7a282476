//! Reads the workspace of the key.

use super::query::Query;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::handle::Store;
use crate::library::workspace::Workspace;

/// Reads the workspace of the key.
#[derive(Debug)]
pub struct ReadWorkspace;

impl Query for ReadWorkspace {
    /// The workspace with its users, projects and folders, without keys and assets.
    type Outcome = Workspace;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<Workspace, CommandError> {
        Ok(store.workspace_without_assets(caller.workspace).await?)
    }
}
