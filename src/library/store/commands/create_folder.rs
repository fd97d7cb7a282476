//! Creates a folder.

use super::command::{Caller, Command, CommandError, check_folder};
use crate::library::model::Instant;
use crate::library::store::handle::Store;
use crate::library::store::write::Write;
use crate::library::workspace::Folder;

/// Creates one folder. No two folders in the same folder, or in the root, may have the same name.
#[derive(Debug)]
pub struct CreateFolder {
    /// Its id. If another folder has it, as after a restart with the same seed, zeros are added to it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The folder that it is in; `None`: the root.
    pub parent: Option<String>,
}

impl Command for CreateFolder {
    type Outcome = Folder;

    async fn check(&self, store: &Store, caller: &Caller<'_>) -> Result<(), CommandError> {
        match &self.parent {
            Some(parent) => check_folder(store, caller, parent).await,
            None => Ok(()),
        }
    }

    async fn run(self, write: &mut Write, caller: &Caller<'_>) -> Result<Folder, CommandError> {
        let CreateFolder { mut id, name, parent } = self;
        let folders = write.workspace_without_assets(caller.workspace).await?.folders;
        if let Some(parent) = &parent
            && folders.iter().all(|folder| folder.id != *parent)
        {
            return Err(CommandError::NoSuchFolder { id: parent.clone() });
        }
        if folders.iter().any(|folder| folder.parent == parent && folder.name == name) {
            return Err(CommandError::NameTaken { name });
        }
        while folders.iter().any(|folder| folder.id == id) {
            id.push('0');
        }
        let now = Some(Instant(caller.now));
        let folder = Folder { id, name, parent, trashed: false, created_at: now, updated_at: now };
        write.put_folder(caller.workspace, &folder).await?;
        Ok(folder)
    }
}
