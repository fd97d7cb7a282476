//! Lists the assets on a project's canvas: those that have a node there, in order of insertion.

use sqlx::{QueryBuilder, Row, Sqlite};

use super::query::Query;
use crate::library::asset::StoredAsset;
use crate::library::key::CollectionVersion;
use crate::library::selection::Filter;
use crate::library::store::asset;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::edit::collection_of;
use crate::library::store::handle::Store;
use crate::library::store::listing::{View, push_filter};
use crate::library::store::project;

/// Lists one page of the assets on a canvas.
#[derive(Debug)]
pub struct ListCanvas {
    /// The project's id.
    pub project: String,
    /// What else holds for the assets.
    pub filters: Vec<Filter>,
    /// How many assets are on the pages before.
    pub offset: u64,
    /// How many assets a page holds.
    pub limit: u32,
}

/// One page of the assets on a canvas.
#[derive(Debug)]
pub struct CanvasPage {
    /// The assets of this page.
    pub assets: Vec<StoredAsset>,
    /// How many assets are on this page and those before.
    pub seen: u64,
    /// How many assets all pages have together.
    pub total: u64,
}

impl ListCanvas {
    fn push_selection(&self, sql: &mut QueryBuilder<Sqlite>, view: View) {
        sql.push(" FROM asset a\n WHERE a.collection = ").push_bind(view.collection_version.collection);
        sql.push(" AND a.project_id = ").push_bind(self.project.clone());
        sql.push(" AND a.json ->> '$.node' IS NOT NULL");
        for filter in &self.filters {
            sql.push("\n AND ");
            push_filter(sql, view, filter);
        }
    }
}

impl Query for ListCanvas {
    type Outcome = CanvasPage;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<CanvasPage, CommandError> {
        let mut read = store.read().await?;
        let collection = collection_of(&mut read, caller.workspace).await?;
        if project::find(&mut read, collection, &self.project).await?.is_none() {
            return Err(CommandError::NoSuchProject);
        }
        let collection_version = CollectionVersion { collection, version: 0, tallied: false };
        let view = View { provider: caller.provider, collection_version };

        let mut sql = QueryBuilder::new("SELECT COUNT(*)");
        self.push_selection(&mut sql, view);
        let total: i64 = sql.build().fetch_one(&mut *read).await?.try_get(0)?;

        let assets = asset::as_json(&format!("{}_id", caller.provider));
        let mut sql = QueryBuilder::new(format!("SELECT {assets} FROM (SELECT *"));
        self.push_selection(&mut sql, view);
        // An offset beyond 63 bits is beyond the end too.
        sql.push("\n ORDER BY a.seq LIMIT ").push_bind(self.limit);
        sql.push(" OFFSET ").push_bind(i64::try_from(self.offset).unwrap_or(i64::MAX)).push(")");
        let assets: Vec<StoredAsset> = asset::from_json(sql.build().fetch_one(&mut *read).await?.try_get(0)?)?;
        let seen = self.offset.saturating_add(assets.len() as u64);
        Ok(CanvasPage { assets, seen, total: total.unsigned_abs() })
    }
}
