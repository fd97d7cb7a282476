//! Changes what users noted about an asset.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_asset};
use crate::library::asset::StoredAsset;
use crate::library::metadata::MetadataChange;
use crate::library::selection::AssetSelector;
use crate::library::store::write::Write;

/// Changes the metadata of one asset. The time of its last change stays, since no vendor that shows that time shows
/// metadata.
#[derive(Debug)]
pub struct ChangeUserMetadata {
    /// Which asset.
    pub asset: AssetSelector,
    /// The change.
    pub change: MetadataChange,
}

impl Command for ChangeUserMetadata {
    type Outcome = ();

    /// The asset after the change.
    type Change = StoredAsset;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<(), StoredAsset>, CommandError> {
        let mut stored = find_asset(read, collection, caller, &self.asset).await?;
        let user_metadata = self.change.clone().apply(stored.asset.user_metadata.clone());
        if user_metadata == stored.asset.user_metadata {
            return Ok(Decision::Unchanged(())); // An asset that does not change keeps its imported JSON.
        }
        stored.asset.user_metadata = user_metadata;
        stored.asset.imported_from = None; // The imported JSON has the metadata of before.
        Ok(Decision::Change(stored))
    }

    async fn apply(changed: StoredAsset, write: &mut Write, caller: &Caller<'_>) -> Result<(), CommandError> {
        Ok(write.replace_stored_asset(caller.workspace, &changed).await?)
    }
}
