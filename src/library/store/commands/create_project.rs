//! Makes a project.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, places, unused_id};
use crate::library::store::write::Write;
use crate::library::workspace::Project;

/// Makes one project.
#[derive(Debug)]
pub struct CreateProject {
    /// The project. If another one has its id, zeros are added to it.
    pub project: Project,
    /// Whether a workspace can have one project of a name only.
    pub has_unique_name: bool,
}

impl Command for CreateProject {
    type Outcome = Project;

    type Change = Project;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        _: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<Project, Project>, CommandError> {
        let projects = places(read, caller).await?.projects;
        let is_same_name = |known: &&Project| self.has_unique_name && known.name == self.project.name;
        if let Some(known) = projects.iter().find(is_same_name) {
            return Err(CommandError::ProjectExists { id: known.id.clone() });
        }
        let id = unused_id(self.project.id.clone(), |id| projects.iter().any(|known| known.id == id));
        Ok(Decision::Change(Project { id, ..self.project.clone() }))
    }

    async fn apply(project: Project, write: &mut Write, caller: &Caller<'_>) -> Result<Project, CommandError> {
        write.add_project(caller.workspace, &project).await?;
        Ok(project)
    }
}
