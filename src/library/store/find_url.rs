//! Finds assets by their URL on a vendor's host of files, or by the part of an id that it contains. Few clients ask for
//! such URLs, so there is no index of them.

use sqlx::{AssertSqlSafe, Row};

use super::asset::from_json;
use super::error::StoreError;
use super::handle::Store;
use crate::library::asset::{Asset, StoredAsset};

/// The most assets that a search returns.
const MOST: usize = 20;

/// An asset, and the workspace that has it.
#[derive(Debug)]
pub struct WorkspaceAsset {
    /// The id of the workspace.
    pub workspace: String,
    /// The asset, with its public id at the provider that was asked about.
    pub stored: StoredAsset,
}

impl Store {
    /// Assets of all workspaces whose JSON contains one of two texts: reads all assets.
    pub async fn assets_with_text(
        &self,
        provider: &'static str,
        texts: [&str; 2],
    ) -> Result<Vec<WorkspaceAsset>, StoreError> {
        let _turn = self.large_read().await;
        self.find(provider, "instr(a.json, ?1) > 0 OR instr(a.json, ?2) > 0", texts).await
    }

    /// Assets of all workspaces whose public id at a provider begins with a text.
    pub async fn assets_with_id_prefix(
        &self,
        provider: &'static str,
        prefix: &str,
    ) -> Result<Vec<WorkspaceAsset>, StoreError> {
        // The greatest text that begins with the prefix, for the index.
        let end = format!("{prefix}\u{10ffff}");
        self.find(provider, &format!("a.{provider}_id >= ?1 AND a.{provider}_id <= ?2"), [prefix, &end]).await
    }

    async fn find(
        &self,
        provider: &'static str,
        condition: &str,
        texts: [&str; 2],
    ) -> Result<Vec<WorkspaceAsset>, StoreError> {
        // The order of the tables is fixed, so that the index of each collection is used.
        let sql = format!(
            "SELECT w.id, a.{provider}_id, a.seq, a.json FROM workspace w CROSS JOIN asset a ON a.collection = w.collection\n\
             WHERE {condition} ORDER BY w.seq, a.seq LIMIT {MOST}"
        );
        let mut read = self.read().await?;
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(texts[0]).bind(texts[1]).fetch_all(&mut *read).await?;
        let found = rows.iter().map(|row| {
            let asset: Asset = from_json(row.try_get(3)?)?;
            let stored = StoredAsset { id: row.try_get(1)?, seq: row.try_get(2)?, asset };
            Ok(WorkspaceAsset { workspace: row.try_get(0)?, stored })
        });
        Ok(found.collect::<Result<_, sqlx::Error>>()?)
    }
}
