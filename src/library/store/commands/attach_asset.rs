//! Puts an asset on a project's canvas.

use super::command::{Caller, Command, CommandError, check_asset};
use crate::library::asset::{Asset, StoredAsset};
use crate::library::model::Status;
use crate::library::selection::AssetSelector;
use crate::library::store::edit::collection_of;
use crate::library::store::handle::Store;
use crate::library::store::project;
use crate::library::store::write::Write;

/// Puts one asset on the canvas of one project. An asset is on one canvas at a time, so it leaves any other one. If it
/// is on this one already, nothing changes.
#[derive(Debug)]
pub struct AttachAsset {
    /// The project's id.
    pub project: String,
    /// Which asset. It must be ready.
    pub asset: AssetSelector,
    /// The id of its node, unless it has one on this canvas.
    pub node: String,
}

impl Command for AttachAsset {
    /// The asset after the change.
    type Outcome = StoredAsset;

    async fn check(&self, store: &Store, caller: &Caller<'_>) -> Result<(), CommandError> {
        let mut read = store.read().await?;
        let collection = collection_of(&mut read, caller.workspace).await?;
        project::find(&mut read, collection, &self.project).await?.ok_or(CommandError::NoSuchProject)?;
        drop(read);
        check_asset(store, caller, &self.asset).await
    }

    async fn run(self, write: &mut Write, caller: &Caller<'_>) -> Result<StoredAsset, CommandError> {
        let AttachAsset { project, asset, node } = self;
        if write.project(caller.workspace, &project).await?.is_none() {
            return Err(CommandError::NoSuchProject);
        }
        let found = write.selected_asset(caller.workspace, caller.provider, &asset).await?;
        let id = asset.id;
        let stored = found.ok_or_else(|| CommandError::NoSuchAsset { id: id.clone() })?;
        if stored.asset.status != Status::Ready {
            return Err(CommandError::AssetNotReady { id });
        }
        if stored.asset.project.as_deref() == Some(&project) && stored.asset.node.is_some() {
            return Ok(stored);
        }
        let attached = |asset: Asset| Asset {
            project: Some(project.clone()),
            node: Some(node.clone()),
            imported_from: None, // The imported JSON may say where the asset was before.
            ..asset
        };
        write.change_stored_asset(caller.workspace, stored.seq, attached).await?;
        write.touch_project(caller.workspace, &project, caller.now).await?;
        let StoredAsset { id, seq, asset } = stored;
        Ok(StoredAsset { id, seq, asset: attached(asset) })
    }
}
