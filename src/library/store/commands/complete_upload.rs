//! Completes an upload: the asset whose bytes have arrived becomes ready, or is processed first.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_asset};
use crate::library::asset::StoredAsset;
use crate::library::model::{Instant, Status};
use crate::library::selection::AssetSelector;
use crate::library::store::uploads;
use crate::library::store::write::Write;
use crate::library::uploads::Outcome;

/// Completes the upload of one asset.
#[derive(Debug)]
pub struct CompleteUpload {
    /// Which asset. It is announced, and its bytes have arrived.
    pub asset: AssetSelector,
    /// The bytes that the vendor has looked at, by the row id of their blob: an asset that has others by now is not
    /// completed. `None`: the vendor has not looked.
    pub checked_blob: Option<i64>,
    /// Whether an upload that is complete already is left as it is. Otherwise completing it again is an error.
    pub can_be_repeated: bool,
    /// Why the vendor cannot process the bytes, if it has looked at them; `None`: it can, or it has not looked.
    pub failure: Option<String>,
    /// Whether an upload that is to fail does so at once, whatever delay the workspace sets: the vendor has no words for
    /// one that it still processes.
    pub fails_at_once: bool,
    /// How many seconds the vendor processes it, unless the workspace says what becomes of uploads.
    pub processing_seconds: u32,
}

impl Command for CompleteUpload {
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
        match stored.asset.status {
            Status::Pending
                if stored.blob.is_some() && self.checked_blob.is_none_or(|blob| stored.blob == Some(blob)) => {}
            Status::Pending => return Err(CommandError::AssetNotReady { id: stored.id }),
            Status::Processing | Status::Ready if self.can_be_repeated => return Ok(Decision::Unchanged(stored)),
            status => return Err(CommandError::WrongStatus { id: stored.id, status }),
        }
        let asset = &mut stored.asset;
        if let Some(failure) = &self.failure {
            (asset.status, asset.failure_message) = (Status::Failed, Some(failure.clone()));
        }
        let mut settings = uploads::settings(read, caller.workspace).await?;
        if self.fails_at_once && settings.outcome == Outcome::Failed {
            settings.processing_seconds = Some(0);
        }
        settings.finish(asset, self.processing_seconds, caller.now);
        asset.updated_at = Some(Instant(caller.now.max(asset.created_at.0)));
        asset.imported_from = None; // The imported JSON says that it is pending.
        Ok(Decision::Change(stored))
    }

    async fn apply(asset: StoredAsset, write: &mut Write, caller: &Caller<'_>) -> Result<StoredAsset, CommandError> {
        write.replace_stored_asset(caller.workspace, &asset).await?;
        Ok(asset)
    }
}
