//! Creates a folder.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, places, unused_id};
use crate::library::model::Instant;
use crate::library::store::write::Write;
use crate::library::workspace::Folder;

/// Creates one folder. No two folders in the same folder, or in the root, may have the same name.
#[derive(Debug)]
pub struct CreateFolder {
    /// Its id. If another folder has it, zeros are added to it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The folder that it is in; `None`: the root.
    pub parent: Option<String>,
}

impl Command for CreateFolder {
    type Outcome = Folder;

    type Change = Folder;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        _: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<Folder, Folder>, CommandError> {
        let CreateFolder { id, name, parent } = self;
        let folders = places(read, caller).await?.folders;
        if let Some(parent) = parent
            && folders.iter().all(|folder| folder.id != *parent)
        {
            return Err(CommandError::NoSuchFolder { id: parent.clone() });
        }
        if folders.iter().any(|folder| folder.parent == *parent && folder.name == *name) {
            return Err(CommandError::NameTaken { name: name.clone() });
        }
        let now = Some(Instant(caller.now));
        Ok(Decision::Change(Folder {
            id: unused_id(id.clone(), |id| folders.iter().any(|folder| folder.id == id)),
            name: name.clone(),
            parent: parent.clone(),
            trashed: false,
            created_at: now,
            updated_at: now,
        }))
    }

    async fn apply(folder: Folder, write: &mut Write, caller: &Caller<'_>) -> Result<Folder, CommandError> {
        write.put_folder(caller.workspace, &folder).await?;
        Ok(folder)
    }
}
