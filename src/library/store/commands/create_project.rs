//! Makes a project.

use super::command::{Caller, Command, CommandError};
use crate::library::store::write::Write;
use crate::library::workspace::Project;

/// Makes one project.
#[derive(Debug)]
pub struct CreateProject {
    /// The project, with an id that no other one has.
    pub project: Project,
    /// Whether a workspace can have one project of a name only.
    pub has_unique_name: bool,
}

impl Command for CreateProject {
    type Outcome = Project;

    async fn run(self, write: &mut Write, caller: &Caller<'_>) -> Result<Project, CommandError> {
        if self.has_unique_name
            && let Some(id) = write.project_named(caller.workspace, &self.project.name).await?
        {
            return Err(CommandError::ProjectExists { id });
        }
        write.add_project(caller.workspace, &self.project).await?;
        Ok(self.project)
    }
}
