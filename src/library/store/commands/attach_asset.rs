//! Puts an asset on a project's canvas.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_asset};
use crate::library::asset::StoredAsset;
use crate::library::model::Status;
use crate::library::selection::AssetSelector;
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

    /// The project's id, and the asset on its canvas.
    type Change = (String, StoredAsset);

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<StoredAsset, (String, StoredAsset)>, CommandError> {
        project::find(read, collection, &self.project).await?.ok_or(CommandError::NoSuchProject)?;
        let mut stored = find_asset(read, collection, caller, &self.asset).await?;
        let asset = &mut stored.asset;
        if asset.status != Status::Ready {
            return Err(CommandError::AssetNotReady { id: stored.id });
        }
        if asset.project.as_ref() == Some(&self.project) && asset.node.is_some() {
            return Ok(Decision::Unchanged(stored));
        }
        asset.project = Some(self.project.clone());
        asset.node = Some(self.node.clone());
        asset.imported_from = None; // The imported JSON may say where the asset was before.
        Ok(Decision::Change((self.project.clone(), stored)))
    }

    async fn apply(
        (project, asset): (String, StoredAsset),
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> Result<StoredAsset, CommandError> {
        write.replace_stored_asset(caller.workspace, &asset).await?;
        write.touch_project(caller.workspace, &project, caller.now).await?;
        Ok(asset)
    }
}
