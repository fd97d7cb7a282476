//! Finds an asset by what a URL of a vendor's host of files says of it. Few clients ask for those, so there is no index of
//! URLs, and every asset is read once. Candidates are compared one by one as they are found, so that any number of them
//! takes little memory, and none hides another.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use super::asset::from_json;
use super::error::StoreError;
use super::handle::Store;
use crate::library::asset::{Asset, StoredAsset};

/// An asset, and the workspace that has it.
#[derive(Debug)]
pub struct WorkspaceAsset {
    /// The id of the workspace.
    pub workspace: String,
    /// The asset, with its public id at the provider that was asked about.
    pub stored: StoredAsset,
}

impl Store {
    /// The first asset of all workspaces that has one of these addresses, which are URLs without the scheme, as the end of
    /// a text in its JSON, and of which `is_it` holds.
    pub async fn asset_with_address(
        &self,
        provider: &'static str,
        addresses: &[String; 3],
        is_it: impl Fn(&WorkspaceAsset) -> bool + Send,
    ) -> Result<Option<WorkspaceAsset>, StoreError> {
        let sql = format!(
            "SELECT w.id, a.{provider}_id, a.seq, a.json, a.blob\n\
             FROM asset a CROSS JOIN workspace w ON w.collection = a.collection\n\
             WHERE instr(a.json, ?1) > 0 OR instr(a.json, ?2) > 0 OR instr(a.json, ?3) > 0 ORDER BY a.seq, w.seq"
        );
        let ends = addresses.each_ref().map(|address| end_of_json(&format!("://{address}")));
        self.find_first(sql, ends.each_ref().map(String::as_str), is_it).await
    }

    /// The first asset of all workspaces whose public id at a provider begins with a text, and of which `is_it` holds.
    pub async fn asset_with_id_prefix(
        &self,
        provider: &'static str,
        prefix: &str,
        is_it: impl Fn(&WorkspaceAsset) -> bool + Send,
    ) -> Result<Option<WorkspaceAsset>, StoreError> {
        // The index of ids is one of each collection.
        let sql = format!(
            "SELECT w.id, a.{provider}_id, a.seq, a.json, a.blob FROM collection c\n\
             CROSS JOIN asset a ON a.collection = c.seq AND a.{provider}_id >= ?1 AND a.{provider}_id <= ?2\n\
             CROSS JOIN workspace w ON w.collection = c.seq ORDER BY c.seq, a.{provider}_id, w.seq"
        );
        // The greatest text that begins with the prefix.
        let end = format!("{prefix}\u{10ffff}");
        self.find_first(sql, [prefix, &end], is_it).await
    }

    /// The first row of which `is_it` holds. The order of the tables is fixed, so that an asset is found once for all the
    /// workspaces that share it.
    async fn find_first<const N: usize>(
        &self,
        sql: String,
        texts: [&str; N],
        is_it: impl Fn(&WorkspaceAsset) -> bool + Send,
    ) -> Result<Option<WorkspaceAsset>, StoreError> {
        let _turn = self.large_read().await;
        let mut read = self.read().await?;
        let query = texts.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, text| query.bind(*text));
        let mut rows = query.fetch(&mut *read);
        while let Some(row) = rows.try_next().await? {
            let asset: Asset = from_json(row.try_get(3)?)?;
            let stored = StoredAsset { id: row.try_get(1)?, seq: row.try_get(2)?, asset, blob: row.try_get(4)? };
            let found = WorkspaceAsset { workspace: row.try_get(0)?, stored };
            if is_it(&found) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// A text as JSON has it, without the quotation mark in front.
fn end_of_json(text: &str) -> String {
    serde_json::Value::from(text).to_string().split_off(1)
}
