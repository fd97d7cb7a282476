//! Renames a folder, or moves it into or out of the trash.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, places};
use crate::library::model::Instant;
use crate::library::store::write::Write;
use crate::library::workspace::Folder;

/// Changes one folder. No two folders in the same folder, or in the root, may have the same name.
#[derive(Debug)]
pub struct ChangeFolder {
    /// The folder's id.
    pub id: String,
    /// Its new name; `None` leaves it as it is.
    pub name: Option<String>,
    /// Whether it is in the trash from now on; `None` leaves it where it is.
    pub trashed: Option<bool>,
}

impl Command for ChangeFolder {
    /// The folder after the change.
    type Outcome = Folder;

    type Change = Folder;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        _: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<Folder, Folder>, CommandError> {
        let ChangeFolder { id, name, trashed } = self;
        let folders = places(read, caller).await?.folders;
        let found = folders.iter().find(|folder| folder.id == *id);
        let folder = found.ok_or_else(|| CommandError::NoSuchFolder { id: id.clone() })?;
        let mut siblings = folders.iter().filter(|other| other.parent == folder.parent && other.id != *id);
        if let Some(name) = name
            && siblings.any(|other| other.name == *name)
        {
            return Err(CommandError::NameTaken { name: name.clone() });
        }
        Ok(Decision::Change(Folder {
            name: name.as_ref().unwrap_or(&folder.name).clone(),
            trashed: trashed.unwrap_or(folder.trashed),
            updated_at: Some(Instant(caller.now.max(folder.created_at().0))),
            ..folder.clone()
        }))
    }

    async fn apply(changed: Folder, write: &mut Write, caller: &Caller<'_>) -> Result<Folder, CommandError> {
        write.replace_folder(caller.workspace, &changed).await?;
        Ok(changed)
    }
}
