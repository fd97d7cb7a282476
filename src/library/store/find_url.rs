//! Finds assets by what a URL of a vendor's host of files says of them. Few clients ask for those, so there is no index.

use sqlx::{AssertSqlSafe, Row};

use super::asset::from_json;
use super::error::StoreError;
use super::handle::Store;
use crate::library::asset::{Asset, StoredAsset};

/// The most assets that a search returns.
const MOST: usize = 20;

/// A found asset: its workspace, and the asset with its public id at the provider that was asked about.
pub type Found = (String, StoredAsset);

impl Store {
    /// Assets of all workspaces whose JSON contains one of two texts: reads all assets.
    pub async fn assets_with_text(&self, provider: &'static str, texts: [&str; 2]) -> Result<Vec<Found>, StoreError> {
        let _turn = self.large_read().await;
        self.find(provider, "instr(a.json, ?1) > 0 OR instr(a.json, ?2) > 0", texts).await
    }

    /// Assets of all workspaces whose public id at a provider begins with a text.
    pub async fn assets_with_id_prefix(&self, provider: &'static str, prefix: &str) -> Result<Vec<Found>, StoreError> {
        // The greatest text that begins with the prefix, for the index.
        let end = format!("{prefix}\u{10ffff}");
        self.find(provider, &format!("a.{provider}_id >= ?1 AND a.{provider}_id <= ?2"), [prefix, &end]).await
    }

    async fn find(&self, provider: &'static str, condition: &str, texts: [&str; 2]) -> Result<Vec<Found>, StoreError> {
        // The order of the tables is fixed, so that the index of each collection is used.
        let sql = format!(
            "SELECT w.id, a.{provider}_id, a.seq, a.json FROM workspace w CROSS JOIN asset a ON a.collection = w.collection\n\
             WHERE {condition} ORDER BY w.seq, a.seq LIMIT {MOST}"
        );
        let mut read = self.read().await?;
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(texts[0]).bind(texts[1]).fetch_all(&mut *read).await?;
        let found = rows.iter().map(|row| {
            let asset: Asset = from_json(row.try_get(3)?)?;
            Ok((row.try_get(0)?, StoredAsset { id: row.try_get(1)?, seq: row.try_get(2)?, asset }))
        });
        Ok(found.collect::<Result<_, sqlx::Error>>()?)
    }
}
