//! Changes what users noted about an asset.

use super::command::{Caller, Command, CommandError, check_asset};
use crate::library::asset::Asset;
use crate::library::metadata::MetadataChange;
use crate::library::selection::AssetSelector;
use crate::library::store::handle::Store;
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

    async fn check(&self, store: &Store, caller: &Caller<'_>) -> Result<(), CommandError> {
        check_asset(store, caller, &self.asset).await
    }

    async fn run(self, write: &mut Write, caller: &Caller<'_>) -> Result<(), CommandError> {
        let found = write.selected_asset(caller.workspace, caller.provider, &self.asset).await?;
        let stored = found.ok_or(CommandError::NoSuchAsset { id: self.asset.id })?;
        let user_metadata = self.change.apply(stored.asset.user_metadata.clone());
        if user_metadata == stored.asset.user_metadata {
            return Ok(()); // An asset that does not change keeps its imported JSON.
        }
        // The imported JSON has the metadata of before.
        let changed = |asset: Asset| Asset { user_metadata, imported_from: None, ..asset };
        Ok(write.change_stored_asset(caller.workspace, stored.seq, changed).await?)
    }
}
