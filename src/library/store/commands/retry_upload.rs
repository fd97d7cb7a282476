//! Begins an upload again that has failed.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_asset};
use crate::library::asset::StoredAsset;
use crate::library::model::{Instant, NextStatus, Status};
use crate::library::selection::AssetSelector;
use crate::library::store::write::Write;

/// Announces one asset again whose upload failed, or was not completed in time. It has no bytes any more.
#[derive(Debug)]
pub struct RetryUpload {
    /// Which asset.
    pub asset: AssetSelector,
    /// What becomes of it unless it is completed.
    pub expiry: NextStatus,
}

impl Command for RetryUpload {
    /// The asset after the change.
    type Outcome = StoredAsset;

    type Change = StoredAsset;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<StoredAsset, StoredAsset>, CommandError> {
        let mut stored = find_asset(read, collection, caller, &self.asset).await?;
        let asset = &mut stored.asset;
        if asset.status != Status::Failed {
            return Err(CommandError::WrongStatus { id: stored.id, status: asset.status });
        }
        asset.status = Status::Pending;
        asset.next_status = Some(self.expiry.clone());
        asset.failure_message = None;
        (asset.size_bytes, asset.width, asset.height) = (None, None, None);
        asset.updated_at = Some(Instant(caller.now.max(asset.created_at.0)));
        asset.imported_from = None; // The imported JSON says that it has failed.
        stored.blob = None;
        Ok(Decision::Change(stored))
    }

    async fn apply(asset: StoredAsset, write: &mut Write, caller: &Caller<'_>) -> Result<StoredAsset, CommandError> {
        write.replace_stored_asset(caller.workspace, &asset).await?;
        write.take_bytes(asset.seq).await?;
        Ok(asset)
    }
}
