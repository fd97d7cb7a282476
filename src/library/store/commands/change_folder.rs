//! Renames a folder, or moves it into or out of the trash.

use super::command::{Caller, Command, CommandError, check_folder};
use crate::library::model::Instant;
use crate::library::store::handle::Store;
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

    async fn check(&self, store: &Store, caller: &Caller<'_>) -> Result<(), CommandError> {
        check_folder(store, caller, &self.id).await
    }

    async fn run(self, write: &mut Write, caller: &Caller<'_>) -> Result<Folder, CommandError> {
        let ChangeFolder { id, name, trashed } = self;
        let folders = write.workspace_without_assets(caller.workspace).await?.folders;
        let found = folders.iter().find(|folder| folder.id == id);
        let folder = found.ok_or_else(|| CommandError::NoSuchFolder { id: id.clone() })?;
        let mut siblings = folders.iter().filter(|other| other.parent == folder.parent && other.id != id);
        if let Some(name) = &name
            && siblings.any(|other| other.name == *name)
        {
            return Err(CommandError::NameTaken { name: name.clone() });
        }
        let changed = Folder {
            name: name.unwrap_or_else(|| folder.name.clone()),
            trashed: trashed.unwrap_or(folder.trashed),
            updated_at: Some(Instant(caller.now.max(folder.created_at().0))),
            ..folder.clone()
        };
        write.replace_folder(caller.workspace, &changed).await?;
        Ok(changed)
    }
}
