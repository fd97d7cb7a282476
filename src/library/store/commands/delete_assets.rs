//! Deletes several assets for good, as far as they can be found.

use super::command::{Caller, Command, CommandError};
use crate::library::selection::{AssetSelector, Filter};
use crate::library::store::write::Write;

/// Deletes those of several assets that are found. That others are not is no error.
#[derive(Debug)]
pub struct DeleteAssets {
    /// Their public ids.
    pub ids: Vec<String>,
    /// All of these must hold for an asset to be deleted.
    pub filters: Vec<Filter>,
}

/// What became of several assets.
#[derive(Debug)]
pub struct DeletedAssets {
    /// How many were deleted.
    pub deleted: usize,
    /// The ids of the others, in the order in which they were given.
    pub not_found: Vec<String>,
}

impl Command for DeleteAssets {
    type Outcome = DeletedAssets;

    async fn run(self, write: &mut Write, caller: &Caller<'_>) -> Result<DeletedAssets, CommandError> {
        let given = self.ids.len();
        let mut not_found = Vec::new();
        for id in self.ids {
            let asset = AssetSelector { id, filters: self.filters.clone() };
            if !write.remove_selected_asset(caller.workspace, caller.provider, &asset).await? {
                not_found.push(asset.id);
            }
        }
        Ok(DeletedAssets { deleted: given - not_found.len(), not_found })
    }
}
