//! Checks whether an upload is welcome before its file is read from somewhere else.

use super::command::{Caller, CommandError, check_caller, uploads_with_room};
use super::create_asset::require_places;
use crate::library::asset::Asset;
use crate::library::store::edit::collection_of;
use crate::library::store::handle::Store;

impl Store {
    /// Fails if no file could make an asset with this project and folder: the caller is refused as by
    /// [`execute`](Store::execute), a place does not exist, or the workspace may store no byte more. The limit of all
    /// workspaces together is not checked, since bytes that nothing refers to may be about to go.
    pub async fn check_upload(&self, asset: &Asset, caller: &Caller<'_>) -> Result<(), CommandError> {
        let mut read = self.read().await?;
        check_caller(&mut read, caller).await?;
        let collection = collection_of(&mut read, caller.workspace).await?;
        require_places(&mut read, collection, asset).await?;
        uploads_with_room(&mut read, collection, caller, 1, None).await.map(drop)
    }
}
