//! Lists projects, those that changed last first.

use super::query::Query;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::edit::collection_of;
use crate::library::store::handle::Store;
use crate::library::store::project;
use crate::library::workspace::Project;

/// Lists one page of projects.
#[derive(Debug)]
pub struct ListProjects {
    /// Only projects whose name contains this text, ignoring case; all if it is empty.
    pub name_contains: String,
    /// How many projects are on the pages before.
    pub offset: u64,
    /// How many projects a page holds.
    pub limit: u32,
}

/// One page of projects.
#[derive(Debug)]
pub struct ProjectPage {
    /// The projects of this page.
    pub projects: Vec<Project>,
    /// How many projects are on this page and those before.
    pub seen: u64,
    /// How many projects all pages have together.
    pub total: u64,
}

impl Query for ListProjects {
    type Outcome = ProjectPage;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<ProjectPage, CommandError> {
        let ListProjects { name_contains, offset, limit } = self;
        let mut read = store.read().await?;
        let collection = collection_of(&mut read, caller.workspace).await?;
        let (projects, total) = project::list(&mut read, collection, &name_contains, offset, limit).await?;
        let seen = offset.saturating_add(projects.len() as u64);
        Ok(ProjectPage { projects, seen, total })
    }
}
