//! Makes a group of users.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, places};
use crate::library::store::write::Write;

/// Makes a group, in which only the caller's user is. Its name must be that of no other group of the workspace; the one
/// of all users has the workspace's id for a name.
#[derive(Debug)]
pub struct CreateGroup {
    /// Its name.
    pub name: String,
}

impl Command for CreateGroup {
    /// The name.
    type Outcome = String;

    type Change = String;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        _: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<String, String>, CommandError> {
        let users = places(read, caller).await?.users;
        let is_taken = self.name == caller.workspace || users.iter().any(|user| user.groups.contains(&self.name));
        if is_taken {
            return Err(CommandError::NameTaken { name: self.name.clone() });
        }
        Ok(Decision::Change(self.name.clone()))
    }

    async fn apply(name: String, write: &mut Write, caller: &Caller<'_>) -> Result<String, CommandError> {
        write.add_to_group(caller.workspace, caller.user(), &name).await?;
        Ok(name)
    }
}
