//! Makes an asset public.

use super::command::{Caller, Command, CommandError, check_asset};
use crate::library::asset::{Asset, StoredAsset};
use crate::library::model::{Instant, Status};
use crate::library::selection::AssetSelector;
use crate::library::store::handle::Store;
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

    async fn check(&self, store: &Store, caller: &Caller<'_>) -> Result<(), CommandError> {
        check_asset(store, caller, &self.asset).await
    }

    async fn run(self, write: &mut Write, caller: &Caller<'_>) -> Result<StoredAsset, CommandError> {
        let found = write.selected_asset(caller.workspace, caller.provider, &self.asset).await?;
        let id = self.asset.id;
        let stored = found.ok_or_else(|| CommandError::NoSuchAsset { id: id.clone() })?;
        match stored.asset.status {
            Status::Pending | Status::Failed => return Err(CommandError::AssetNotReady { id }),
            Status::Processing | Status::Ready if stored.asset.is_public => return Ok(stored),
            Status::Processing | Status::Ready => {}
        }
        let published = |asset: Asset| Asset {
            is_public: true,
            updated_at: Some(Instant(caller.now.max(asset.created_at.0))),
            imported_from: None, // The imported JSON says that it is not public.
            ..asset
        };
        write.change_stored_asset(caller.workspace, stored.seq, published).await?;
        let StoredAsset { id, seq, asset } = stored;
        Ok(StoredAsset { id, seq, asset: published(asset) })
    }
}
