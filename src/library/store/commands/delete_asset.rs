//! Deletes an asset for good: no provider shows it any more.

use super::command::{Caller, Command, CommandError};
use crate::library::selection::AssetSelector;
use crate::library::store::write::Write;

/// Deletes one asset.
#[derive(Debug)]
pub struct DeleteAsset {
    /// Which asset.
    pub asset: AssetSelector,
}

impl Command for DeleteAsset {
    /// The public id it had.
    type Outcome = String;

    fn asset(&self) -> Option<&AssetSelector> {
        Some(&self.asset)
    }

    async fn run(self, write: &mut Write, caller: &Caller<'_>) -> Result<String, CommandError> {
        let removed = write.remove_selected_asset(caller.workspace, caller.provider, &self.asset).await?;
        let id = self.asset.id;
        if removed { Ok(id) } else { Err(CommandError::NoSuchAsset { id }) }
    }
}
