//! Reads what a workspace holds besides keys and assets.

use super::query::Query;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::handle::Store;
use crate::library::workspace::Workspace;

/// Reads the caller's workspace: its name, users, projects and folders; no keys and no assets.
#[derive(Debug)]
pub struct ReadWorkspace;

impl Query for ReadWorkspace {
    type Outcome = Workspace;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<Workspace, CommandError> {
        Ok(store.workspace_without_assets(caller.workspace).await?)
    }
}
