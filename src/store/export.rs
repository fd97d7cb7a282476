//! Reading the library back: how much it holds, and a workspace as the fixture that would make it.

use serde::de::DeserializeOwned;
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
        let (collection, around) = surroundings(&mut snapshot, workspace).await?;
        let exported = fixture::Workspace {
            keys: key::of_workspace(&mut snapshot, workspace).await?,
            assets: assets(&mut snapshot, collection, providers, "", None).await?,
            ..around
        };
        snapshot.commit().await?;
        Ok(exported)
    }
}

/// The users of a collection.
pub(super) async fn users(tx: &mut Tx<'_>, collection: i64) -> Result<Vec<fixture::User>, sqlx::Error> {
    let sql = "SELECT name FROM user WHERE collection = ? ORDER BY rowid";
    let rows = sqlx::query(sql).bind(collection).fetch_all(&mut **tx).await?;
    rows.iter().map(|row| Ok(fixture::User { name: row.try_get(0)? })).collect()
}

/// A workspace without keys and assets, and the number of what it holds. One statement, since every change asks.
pub(super) async fn surroundings(tx: &mut Tx<'_>, id: &str) -> Result<(i64, fixture::Workspace), StoreError> {
    let sql = "SELECT w.collection, w.name,\n\
               (SELECT json_group_array(json_object('name', name)) FROM\n\
               (SELECT name FROM user WHERE collection = w.collection ORDER BY rowid)),\n\
               (SELECT json_group_array(json_object('id', id, 'name', name)) FROM\n\
               (SELECT id, name FROM project WHERE collection = w.collection ORDER BY rowid)),\n\
               (SELECT json_group_array(json_object('id', id, 'name', name, 'parent', parent_id,\n\
               'trashed', json(iif(trashed, 'true', 'false')))) FROM\n\
               (SELECT id, name, parent_id, trashed FROM folder WHERE collection = w.collection ORDER BY rowid))\n\
               FROM workspace w WHERE w.id = ?";
    let row = sqlx::query(sql).bind(id).fetch_optional(&mut **tx).await?.ok_or_else(|| Missing::workspace(id))?;
    let around = fixture::Workspace {
        name: Some(row.try_get(1)?),
        users: list(row.try_get(2)?)?,
        projects: list(row.try_get(3)?)?,
        folders: list(row.try_get(4)?)?,
        ..fixture::Workspace::empty(id)
    };
    Ok((row.try_get(0)?, around))
}

fn list<T: DeserializeOwned>(json: &str) -> Result<Vec<T>, sqlx::Error> {
    serde_json::from_str(json).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The assets of a collection in order of insertion, with the public ids of `providers`. `and` narrows them further; in it,
/// `?2` is `id`.
pub(super) async fn assets(
    tx: &mut Tx<'_>,
    collection: i64,
    providers: &[&'static str],
    and: &str,
    id: Option<&str>,
) -> Result<Vec<fixture::Asset>, sqlx::Error> {
    let numbered = numbered_assets(tx, collection, providers, and, id).await?;
    Ok(numbered.into_iter().map(|(_, asset)| asset).collect())
}

/// The same with their numbers.
pub(super) async fn numbered_assets(
    tx: &mut Tx<'_>,
    collection: i64,
    providers: &[&'static str],
    and: &str,
    id: Option<&str>,
) -> Result<Vec<(i64, fixture::Asset)>, sqlx::Error> {
    let ids = id_columns(providers);
    let sql = format!("SELECT '', {COLUMNS}{ids} FROM asset a WHERE a.collection = ?1 {and} ORDER BY a.seq");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(id).fetch_all(&mut **tx).await?;
    let read = |row: &SqliteRow| {
        let asset = Asset::from_row(row)?;
        let seq = asset.seq;
        let mut asset = fixture::Asset::from(asset);
        asset.ids = public_ids(row, providers)?.map(|(provider, id)| (provider.to_owned(), id)).collect();
        Ok((seq, asset))
    };
    rows.iter().map(read).collect()
}

/// The public ids that follow [`COLUMNS`] in a row.
pub(super) fn public_ids<'p>(
    row: &SqliteRow,
    providers: &'p [&'static str],
) -> Result<impl Iterator<Item = (&'static str, String)> + 'p, sqlx::Error> {
    let first = 1 + COLUMNS.split(',').count();
    let ids = (first..first + providers.len()).map(|column| row.try_get(column)).collect::<Result<Vec<_>, _>>()?;
    Ok(providers.iter().copied().zip(ids))
}
