//! Reads one project.

use super::query::Query;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::edit::collection_of;
use crate::library::store::handle::Store;
use crate::library::store::project;
use crate::library::workspace::Project;

/// Reads one project.
#[derive(Debug)]
pub struct ReadProject {
    /// Its id.
    pub id: String,
}

impl Query for ReadProject {
    type Outcome = Project;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<Project, CommandError> {
        let mut read = store.read().await?;
        let collection = collection_of(&mut read, caller.workspace).await?;
        project::find(&mut read, collection, &self.id).await?.ok_or(CommandError::NoSuchProject)
    }
}
