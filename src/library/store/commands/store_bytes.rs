//! Gives an asset its bytes.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_asset, uploads_with_room};
use crate::library::asset::StoredAsset;
use crate::library::model::{Instant, Status};
use crate::library::selection::AssetSelector;
use crate::library::store::blobs::StagedFile;
use crate::library::store::write::Write;

/// Gives one asset the bytes of a file, in place of those that it had. The asset's status stays.
#[derive(Debug)]
pub struct StoreBytes {
    /// Which asset.
    pub asset: AssetSelector,
    /// The file.
    pub file: StagedFile,
    /// Whether the asset keeps the type that was announced for it. Otherwise it gets that of the bytes, where they are
    /// recognised.
    pub keeps_type: bool,
}

impl Command for StoreBytes {
    /// The asset after the change.
    type Outcome = StoredAsset;

    /// The asset, and the file.
    type Change = (StoredAsset, StagedFile);

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<StoredAsset, (StoredAsset, StagedFile)>, CommandError> {
        let mut stored = find_asset(read, collection, caller, &self.asset).await?;
        if stored.asset.status == Status::Failed {
            return Err(CommandError::WrongStatus { id: stored.id, status: stored.asset.status });
        }
        uploads_with_room(read, collection, caller, self.file.size, stored.blob).await?;
        self.file.describe(&mut stored.asset, self.keeps_type);
        stored.asset.updated_at = Some(Instant(caller.now.max(stored.asset.created_at.0)));
        stored.asset.imported_from = None; // The imported JSON has the size of before.
        stored.blob = Some(self.file.blob());
        Ok(Decision::Change((stored, self.file.clone())))
    }

    async fn apply(
        (asset, file): (StoredAsset, StagedFile),
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> Result<StoredAsset, CommandError> {
        write.replace_stored_asset(caller.workspace, &asset).await?;
        write.give_bytes(caller.workspace, asset.seq, &file).await?;
        Ok(asset)
    }
}
