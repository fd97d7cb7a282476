//! Makes a project.

use super::command::{Caller, Command, CommandError};
use crate::library::store::write::Write;
use crate::library::workspace::Project;

/// Makes one project.
#[derive(Debug)]
pub struct CreateProject {
    /// The project, with an id that no other one has.
    pub project: Project,
}

impl Command for CreateProject {
    type Outcome = Project;

    async fn run(self, write: &mut Write, caller: &Caller<'_>) -> Result<Project, CommandError> {
        write.add_project(caller.workspace, &self.project).await?;
        Ok(self.project)
    }
}
