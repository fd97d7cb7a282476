//! Deletes several assets for good, as far as they can be found.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision};
use crate::library::selection::{AssetSelector, Filter};
use crate::library::store::selected_asset::select;
use crate::library::store::write::Write;

/// Deletes those of several assets that are found. That others are not is no error.
#[derive(Debug)]
pub struct DeleteAssets {
    /// Their public ids. If one is given twice, it is not found the second time.
    pub ids: Vec<String>,
    /// All of these must hold for an asset to be deleted.
    pub filters: Vec<Filter>,
}

/// What became of several assets.
#[derive(Debug)]
pub struct DeletedAssets {
    /// How many were deleted.
    pub deleted: usize,
    /// The ids of the others, in the order in which they were given.
    pub not_found: Vec<String>,
}

impl Command for DeleteAssets {
    type Outcome = DeletedAssets;

    /// The row ids of those that are found, and the outcome.
    type Change = (Vec<i64>, DeletedAssets);

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<DeletedAssets, (Vec<i64>, DeletedAssets)>, CommandError> {
        let (mut found, mut not_found) = (Vec::new(), Vec::new());
        for id in &self.ids {
            let asset = AssetSelector { id: id.clone(), filters: self.filters.clone() };
            match select(read, caller.provider, collection, &asset).await? {
                Some(stored) if !found.contains(&stored.seq) => found.push(stored.seq),
                _ => not_found.push(asset.id),
            }
        }
        let outcome = DeletedAssets { deleted: found.len(), not_found };
        Ok(if found.is_empty() { Decision::Unchanged(outcome) } else { Decision::Change((found, outcome)) })
    }

    async fn apply(
        (found, outcome): (Vec<i64>, DeletedAssets),
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> Result<DeletedAssets, CommandError> {
        write.remove_stored_assets(caller.workspace, &found).await?;
        Ok(outcome)
    }
}
