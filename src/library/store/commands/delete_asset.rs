//! Deletes an asset for good: no provider shows it any more.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_asset};
use crate::library::asset::StoredAsset;
use crate::library::selection::AssetSelector;
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

    /// The asset.
    type Change = StoredAsset;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<String, StoredAsset>, CommandError> {
        let stored = find_asset(read, collection, caller, &self.asset).await?;
        if !self.force && !stored.asset.referenced_by.is_empty() {
            return Err(CommandError::AssetInUse { id: stored.id, by: stored.asset.referenced_by });
        }
        Ok(Decision::Change(stored))
    }

    async fn apply(asset: StoredAsset, write: &mut Write, caller: &Caller<'_>) -> Result<String, CommandError> {
        write.remove_stored_assets(caller.workspace, &[asset.seq]).await?;
        Ok(asset.id)
    }
}
