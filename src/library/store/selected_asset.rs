//! One asset, found by its public id at one provider: what the vendors' routes on a single asset read and change.

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::asset;
use super::blobs::StagedFile;
use super::edit::collection_of;
use super::error::StoreError;
use super::handle::Store;
use super::listing::{View, push_filter};
use super::load::{COLUMNS, bind_asset};
use super::rows::json;
use super::write::Write;
use crate::library::asset::StoredAsset;
use crate::library::key::CollectionVersion;
use crate::library::selection::AssetSelector;

impl Store {
    /// The asset that a provider asks for, if the workspace has it. `provider` is a card's name, never a client's text.
    pub async fn selected_asset(
        &self,
        workspace: &str,
        provider: &'static str,
        wanted: &AssetSelector,
    ) -> Result<Option<StoredAsset>, StoreError> {
        let mut read = self.read().await?;
        let collection = collection_of(&mut read, workspace).await?;
        Ok(select(&mut read, provider, collection, wanted).await?)
    }
}

impl Write {
    /// Replaces an asset, which keeps its place and its public ids.
    pub(super) async fn replace_stored_asset(
        &mut self,
        workspace: &str,
        StoredAsset { seq, asset, .. }: &StoredAsset,
    ) -> Result<(), StoreError> {
        self.writable_collection(workspace, 0).await?;
        let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(format!("UPDATE asset SET ({COLUMNS}) = ("));
        bind_asset(&mut sql.separated(", "), (asset.clone(), Vec::new()));
        sql.push(") WHERE seq = ").push_bind(*seq);
        sql.build().execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Gives an asset the bytes of a file, in place of those that it had.
    pub(super) async fn give_bytes(&mut self, workspace: &str, seq: i64, file: &StagedFile) -> Result<(), StoreError> {
        self.writable_collection(workspace, 0).await?;
        let sql = "UPDATE asset SET blob = ? WHERE seq = ?";
        sqlx::query(sql).bind(file.blob()).bind(seq).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Takes the bytes of an asset away. The workspace has a collection of its own.
    pub(super) async fn take_bytes(&mut self, seq: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE asset SET blob = NULL WHERE seq = ?").bind(seq).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Removes the assets with these row ids, all of which exist.
    pub(super) async fn remove_stored_assets(&mut self, workspace: &str, seqs: &[i64]) -> Result<(), StoreError> {
        self.writable_collection(workspace, -(seqs.len() as i64)).await?;
        let sql = "DELETE FROM asset WHERE seq IN (SELECT value FROM json_each(?))";
        sqlx::query(sql).bind(json(seqs)).execute(&mut *self.tx).await?;
        Ok(())
    }
}

/// The asset that a provider asks for, if the collection has it.
pub(super) async fn select(
    connection: &mut SqliteConnection,
    provider: &'static str,
    collection: i64,
    wanted: &AssetSelector,
) -> Result<Option<StoredAsset>, sqlx::Error> {
    let view = View { provider, collection_version: CollectionVersion { collection, version: 0, tallied: false } };
    let assets = asset::as_json(&format!("{provider}_id"));
    let mut sql = QueryBuilder::new(format!("SELECT {assets} FROM asset a\n WHERE a.collection = "));
    sql.push_bind(collection).push(format!("\n AND a.{provider}_id = ")).push_bind(wanted.id.clone());
    for filter in &wanted.filters {
        sql.push("\n AND ");
        push_filter(&mut sql, view, filter);
    }
    let row = sql.build().fetch_one(connection).await?;
    Ok(asset::from_json::<Vec<StoredAsset>>(row.try_get(0)?)?.pop())
}
