//! One asset, found by its public id at one provider: what the vendors' routes on a single asset read and change.

use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::asset;
use super::edit::collection_of;
use super::error::StoreError;
use super::export;
use super::handle::Store;
use super::listing::{View, push_filter};
use super::write::Write;
use crate::library::asset::{Asset, StoredAsset};
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
    /// The same in the midst of a change, at the place where the change will find it.
    pub async fn selected_asset(
        &mut self,
        workspace: &str,
        provider: &'static str,
        wanted: &AssetSelector,
    ) -> Result<Option<StoredAsset>, StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        Ok(select(&mut self.tx, provider, collection, wanted).await?)
    }

    /// Removes the asset that a provider asks for, and says whether the workspace had it.
    pub async fn remove_selected_asset(
        &mut self,
        workspace: &str,
        provider: &'static str,
        wanted: &AssetSelector,
    ) -> Result<bool, StoreError> {
        let Some(stored) = self.selected_asset(workspace, provider, wanted).await? else { return Ok(false) };
        self.writable_collection(workspace, -1).await?;
        sqlx::query("DELETE FROM asset WHERE seq = ?").bind(stored.seq).execute(&mut *self.tx).await?;
        Ok(true)
    }

    /// Changes the asset at this place, which keeps its public ids.
    pub async fn change_stored_asset(
        &mut self,
        workspace: &str,
        seq: i64,
        change: impl FnOnce(Asset) -> Asset,
    ) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let and = format!("AND a.seq = {seq}");
        let found = export::assets(&mut self.tx, collection, &self.providers, &and, None).await?.pop();
        let (seq, asset) = found.ok_or_else(|| StoreError::missing("asset", &seq.to_string()))?;
        let ids = self.providers.iter().map(|provider| asset.ids.get(*provider).cloned().unwrap_or_default()).collect();
        self.replace(seq, (change(asset), ids)).await
    }
}

async fn select(
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
