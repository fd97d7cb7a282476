//! Reading the library back: how much it holds, and a workspace as the fixture that would make it.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

use super::asset::COLUMNS;
use super::load::id_columns;
use super::{Asset, Missing, Store, StoreError, Tx, key};
use crate::fixture;

/// How much the library holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// Workspaces.
    pub workspaces: i64,
    /// Keys, live or not.
    pub keys: i64,
    /// Assets of these workspaces, each counted where it is seen.
    pub assets: i64,
}

/// A workspace, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// How many assets it holds.
    pub assets: i64,
}

impl Store {
    /// How much there is.
    pub async fn counts(&self) -> Result<Counts, sqlx::Error> {
        let sql = "SELECT (SELECT COUNT(*) FROM workspace), (SELECT COUNT(*) FROM key),\n\
                   (SELECT COUNT(*) FROM workspace w JOIN asset a ON a.collection = w.collection)";
        let row = sqlx::query(sql).fetch_one(&self.pool).await?;
        Ok(Counts { workspaces: row.try_get(0)?, keys: row.try_get(1)?, assets: row.try_get(2)? })
    }

    /// How many rows each table has: for checks that nothing is left behind.
    pub async fn rows(&self) -> Result<Vec<(&'static str, i64)>, sqlx::Error> {
        let tables = [
            "workspace",
            "key",
            "collection",
            "user",
            "project",
            "folder",
            "asset",
            "template",
            "snapshot",
            "saved_workspace",
        ];
        let mut counted = Vec::new();
        for table in tables {
            let row = sqlx::query(AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"))).fetch_one(&self.pool).await?;
            counted.push((table, row.try_get(0)?));
        }
        Ok(counted)
    }

    /// Every workspace, or the one of this id, in the order in which they were made.
    pub async fn workspaces(&self, id: Option<&str>) -> Result<Vec<Summary>, sqlx::Error> {
        let sql = "SELECT w.id, w.name, (SELECT COUNT(*) FROM asset a WHERE a.collection = w.collection)\n\
                   FROM workspace w WHERE ?1 IS NULL OR w.id = ?1 ORDER BY w.seq";
        let rows = sqlx::query(sql).bind(id).fetch_all(&self.pool).await?;
        let read =
            |row: &SqliteRow| Ok(Summary { id: row.try_get(0)?, name: row.try_get(1)?, assets: row.try_get(2)? });
        rows.iter().map(read).collect()
    }

    /// A workspace as a fixture, with the public ids of `providers` written out.
    pub async fn export(&self, workspace: &str, providers: &[&'static str]) -> Result<fixture::Workspace, StoreError> {
        let mut snapshot = self.pool.begin().await?;
        let found = sqlx::query("SELECT name, collection FROM workspace WHERE id = ?")
            .bind(workspace)
            .fetch_optional(&mut *snapshot)
            .await?;
        let found = found.ok_or_else(|| Missing::workspace(workspace))?;
        let (name, collection) = (found.try_get(0)?, found.try_get(1)?);
        let exported = fixture::Workspace {
            id: workspace.to_owned(),
            name: Some(name),
            keys: key::of_workspace(&mut snapshot, workspace).await?,
            users: users(&mut snapshot, collection).await?,
            projects: projects(&mut snapshot, collection).await?,
            folders: folders(&mut snapshot, collection).await?,
            assets: assets(&mut snapshot, collection, providers, "").await?,
        };
        snapshot.commit().await?;
        Ok(exported)
    }
}

/// The users of a collection.
pub(super) async fn users(tx: &mut Tx<'_>, collection: i64) -> Result<Vec<fixture::User>, sqlx::Error> {
    let read = |row: &SqliteRow| Ok(fixture::User { name: row.try_get(0)? });
    select(tx, "SELECT name FROM user WHERE collection = ? ORDER BY rowid", collection, read).await
}

/// The projects of a collection.
pub(super) async fn projects(tx: &mut Tx<'_>, collection: i64) -> Result<Vec<fixture::Project>, sqlx::Error> {
    let read = |row: &SqliteRow| Ok(fixture::Project { id: row.try_get(0)?, name: row.try_get(1)? });
    select(tx, "SELECT id, name FROM project WHERE collection = ? ORDER BY rowid", collection, read).await
}

/// The folders of a collection.
pub(super) async fn folders(tx: &mut Tx<'_>, collection: i64) -> Result<Vec<fixture::Folder>, sqlx::Error> {
    let read = |row: &SqliteRow| {
        Ok(fixture::Folder {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            parent: row.try_get(2)?,
            trashed: row.try_get(3)?,
        })
    };
    let sql = "SELECT id, name, parent_id, trashed FROM folder WHERE collection = ? ORDER BY rowid";
    select(tx, sql, collection, read).await
}

/// The assets of a collection in order of insertion, with the public ids of `providers`. `and` narrows them further.
pub(super) async fn assets(
    tx: &mut Tx<'_>,
    collection: i64,
    providers: &[&'static str],
    and: &str,
) -> Result<Vec<fixture::Asset>, sqlx::Error> {
    let ids = id_columns(providers);
    let width = COLUMNS.split(',').count();
    let sql = format!("SELECT '', {COLUMNS}{ids} FROM asset a WHERE a.collection = ? {and} ORDER BY a.seq");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(collection).fetch_all(&mut **tx).await?;
    rows.iter()
        .map(|row| {
            let mut asset = fixture::Asset::from(Asset::from_row(row)?);
            for (index, provider) in providers.iter().enumerate() {
                asset.ids.insert((*provider).to_owned(), row.try_get(1 + width + index)?);
            }
            Ok(asset)
        })
        .collect()
}

async fn select<T>(
    tx: &mut Tx<'_>,
    sql: &'static str,
    collection: i64,
    read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    sqlx::query(sql).bind(collection).fetch_all(&mut **tx).await?.iter().map(read).collect()
}
