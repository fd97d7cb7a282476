//! Makes an asset public.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_asset};
use crate::library::asset::StoredAsset;
use crate::library::model::{Instant, Status};
use crate::library::selection::AssetSelector;
use crate::library::store::write::Write;

/// Makes one asset public. An asset that is public already is not changed.
#[derive(Debug)]
pub struct PublishAsset {
    /// Which asset.
    pub asset: AssetSelector,
}

impl Command for PublishAsset {
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
        match asset.status {
            Status::Pending | Status::Failed => return Err(CommandError::AssetNotReady { id: stored.id }),
            Status::Processing | Status::Ready if asset.is_public => return Ok(Decision::Unchanged(stored)),
            Status::Processing | Status::Ready => {}
        }
        asset.is_public = true;
        asset.updated_at = Some(Instant(caller.now.max(asset.created_at.0)));
        asset.imported_from = None; // The imported JSON says that it is not public.
        Ok(Decision::Change(stored))
    }

    async fn apply(asset: StoredAsset, write: &mut Write, caller: &Caller<'_>) -> Result<StoredAsset, CommandError> {
        write.replace_stored_asset(caller.workspace, &asset).await?;
        Ok(asset)
    }
}
