//! Deletes an asset for good: no provider shows it any more.

use super::command::{Caller, Command, CommandError, check_asset};
use crate::library::selection::AssetSelector;
use crate::library::store::handle::Store;
use crate::library::store::write::Write;

/// Deletes one asset.
#[derive(Debug)]
pub struct DeleteAsset {
    /// Which asset.
    pub asset: AssetSelector,
    /// Whether it is deleted even if indexes refer to it.
    pub force: bool,
}

impl Command for DeleteAsset {
    /// The public id it had.
    type Outcome = String;

    async fn check(&self, store: &Store, caller: &Caller<'_>) -> Result<(), CommandError> {
        check_asset(store, caller, &self.asset).await
    }

    async fn run(self, write: &mut Write, caller: &Caller<'_>) -> Result<String, CommandError> {
        let DeleteAsset { asset, force } = self;
        if !force
            && let Some(stored) = write.selected_asset(caller.workspace, caller.provider, &asset).await?
            && !stored.asset.referenced_by.is_empty()
        {
            return Err(CommandError::AssetInUse { id: asset.id, by: stored.asset.referenced_by });
        }
        let removed = write.remove_selected_asset(caller.workspace, caller.provider, &asset).await?;
        if removed { Ok(asset.id) } else { Err(CommandError::NoSuchAsset { id: asset.id }) }
    }
}
