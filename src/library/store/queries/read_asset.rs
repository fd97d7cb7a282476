//! Reads one asset.

use super::query::Query;
use crate::library::asset::StoredAsset;
use crate::library::selection::AssetSelector;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::handle::Store;

/// Reads one asset.
#[derive(Debug)]
pub struct ReadAsset {
    /// Which asset.
    pub asset: AssetSelector,
}

impl Query for ReadAsset {
    type Outcome = StoredAsset;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<StoredAsset, CommandError> {
        let found = store.selected_asset(caller.workspace, caller.provider, &self.asset).await?;
        found.ok_or(CommandError::NoSuchAsset { id: self.asset.id })
    }
}
