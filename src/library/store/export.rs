//! Reads the library back: how much it holds, and a workspace as the fixture that would make it.

use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use tokio::sync::OwnedSemaphorePermit;

use super::asset::from_json;
use super::collection_hold::{CollectionHold, SLICE};
use super::counts::Counts;
use super::error::{Missing, StoreError};
use super::folder;
use super::handle::Store;
use super::key;
use super::load::id_columns;
use super::project;
use super::read::Read;
use crate::library::asset::Asset;
use crate::library::key::Key;
use crate::library::model::Choices;
use crate::library::uploads::UploadSettings;
use crate::library::workspace;

/// A workspace as lists show it, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// How many assets it holds.
    pub assets: i64,
    /// The variants that it chooses, which replace the server's.
    pub choices: Choices,
    /// What becomes of its uploads.
    pub uploads: UploadSettings,
}

impl Store {
    /// How much the library holds, as of the last commit.
    pub fn counts(&self) -> Counts {
        self.counts.total()
    }

    /// How many rows each table has. Tests check with it that nothing is left behind.
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
            "blob",
            "blob_chunk",
            "chunk",
            "upload",
            "upload_part",
        ];
        let mut counted = Vec::new();
        let mut read = self.read().await?;
        for table in tables {
            let row = sqlx::query(AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"))).fetch_one(&mut *read).await?;
            counted.push((table, row.try_get(0)?));
        }
        Ok(counted)
    }

    /// Every workspace, or the one of this id, in the order in which they were made.
    pub async fn workspaces(&self, id: Option<&str>) -> Result<Vec<Summary>, sqlx::Error> {
        summaries(&mut *self.read().await?, id).await
    }

    /// Whether a workspace holds so many assets that it takes a noticeable time to read them all.
    pub fn is_large(&self, workspace: &str) -> bool {
        self.counts.assets(workspace).unsigned_abs() >= self.large
    }

    /// Begins to read a workspace as a fixture, with the public ids of `providers` written out. A change to a large
    /// workspace has to copy it while it is exported, so only a few large exports run at a time; others wait.
    pub async fn export(&self, workspace: &str, providers: &[&'static str]) -> Result<Export, StoreError> {
        let is_large = self.counts.assets(workspace) > SLICE as i64;
        let permit = if is_large { self.exports.clone().acquire_owned().await.ok() } else { None };
        // A change looks at the holds before it commits. While this lock is held no change is under way, so none can
        // have looked before this hold began and commit afterwards.
        let turn = self.writing.lock().await;
        let mut read = self.read().await?;
        let (collection, around) = workspace_without_assets(&mut read, workspace).await?;
        let keys = key::of_workspace(&mut read, workspace).await?;
        let hold = CollectionHold::new(self, collection);
        drop(turn);
        let workspace = workspace::Workspace { keys, ..around };
        // A hold stops only this process from changing the collection. If others may change it, the transaction stays
        // open instead.
        let read = Some(read).filter(|_| self.is_shared);
        Ok(Export {
            workspace,
            store: self.clone(),
            read,
            hold,
            providers: providers.to_vec(),
            last: 0,
            _permit: permit,
        })
    }
}

impl Read {
    /// A workspace with its keys.
    pub async fn workspace(&mut self, id: &str) -> Result<(Summary, Vec<Key>), StoreError> {
        let summary = summaries(self, Some(id)).await?.pop().ok_or_else(|| Missing::workspace(id))?;
        Ok((summary, self.keys_of(id).await?))
    }
}

/// A workspace as the fixture that would make it. Its assets are read in slices, all from the state at the beginning:
/// the collection is held until the export is dropped.
pub struct Export {
    /// Everything but the assets.
    pub workspace: workspace::Workspace,
    store: Store,
    /// The transaction of the state at the beginning, where a hold does not keep that state.
    read: Option<Read>,
    hold: CollectionHold,
    providers: Vec<&'static str>,
    /// The row id of the last asset read.
    last: i64,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Export {
    /// Ends an export that took only a moment. It skips the search for unreferenced collections: a change is unlikely
    /// to have made one meanwhile, and the next removal finds it in any case.
    pub fn settle(self) {
        self.hold.settle();
    }

    /// The next assets in order of insertion; none at the end.
    pub async fn next(&mut self) -> Result<Vec<Asset>, StoreError> {
        let mut now;
        let read = match &mut self.read {
            Some(began) => began,
            None => {
                now = self.store.read().await?;
                &mut now
            }
        };
        let and = format!("AND a.seq > {} ORDER BY a.seq LIMIT {SLICE}", self.last);
        let assets = assets(read, self.hold.collection, &self.providers, &and, None).await?;
        self.last = assets.last().map_or(self.last, |(seq, _)| *seq);
        Ok(assets.into_iter().map(|(_, asset)| asset).collect())
    }
}

async fn summaries(connection: &mut SqliteConnection, id: Option<&str>) -> Result<Vec<Summary>, sqlx::Error> {
    let sql = "SELECT w.id, w.name, c.assets, w.variants, w.uploads FROM workspace w JOIN collection c ON c.seq = w.collection\n\
               WHERE ?1 IS NULL OR w.id = ?1 ORDER BY w.seq";
    let rows = sqlx::query(sql).bind(id).fetch_all(connection).await?;
    let read = |row: &SqliteRow| {
        let (id, name, assets) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let (choices, uploads) = (from_json(row.try_get(3)?)?, from_json(row.try_get(4)?)?);
        Ok(Summary { id, name, assets, choices, uploads })
    };
    rows.iter().map(read).collect()
}

/// The users of a collection.
pub(super) async fn users(
    connection: &mut SqliteConnection,
    collection: i64,
) -> Result<Vec<workspace::User>, sqlx::Error> {
    let sql = "SELECT name, password, groups FROM user WHERE collection = ? ORDER BY rowid";
    let rows = sqlx::query(sql).bind(collection).fetch_all(&mut *connection).await?;
    let user = |row: &SqliteRow| {
        let groups = from_json(row.try_get(2)?)?;
        Ok(workspace::User { name: row.try_get(0)?, password: row.try_get(1)?, groups })
    };
    rows.iter().map(user).collect()
}

/// A workspace without keys and assets, and the id of its collection. It is one statement, since most changes run it.
pub(super) async fn workspace_without_assets(
    connection: &mut SqliteConnection,
    id: &str,
) -> Result<(i64, workspace::Workspace), StoreError> {
    let sql = "SELECT w.collection, w.name,\n\
               (SELECT json_group_array(json_object('name', name, 'password', password, 'groups', json(groups))) FROM\n\
               (SELECT name, password, groups FROM user WHERE collection = w.collection ORDER BY rowid)),\n\
               (SELECT json_group_array(json_array(id, name, origin, created_at, updated_at)) FROM\n\
               (SELECT * FROM project WHERE collection = w.collection ORDER BY rowid)),\n\
               (SELECT json_group_array(json_array(id, name, parent_id, trashed, created_at, updated_at)) FROM\n\
               (SELECT * FROM folder WHERE collection = w.collection ORDER BY rowid)),\n\
               w.variants, w.uploads\n\
               FROM workspace w WHERE w.id = ?";
    let row =
        sqlx::query(sql).bind(id).fetch_optional(&mut *connection).await?.ok_or_else(|| Missing::workspace(id))?;
    let around = workspace::Workspace {
        name: Some(row.try_get(1)?),
        users: from_json(row.try_get(2)?)?,
        projects: project::from_json(row.try_get(3)?)?,
        folders: folder::from_json(row.try_get(4)?)?,
        variants: from_json(row.try_get(5)?)?,
        uploads: from_json(row.try_get(6)?)?,
        ..workspace::Workspace::empty(id)
    };
    Ok((row.try_get(0)?, around))
}

/// The most bytes of assets, as JSON, that are read in one piece. A single asset is read whatever its length.
const MAX_READ: usize = 4 << 20;

/// Assets of a collection with their row ids and the public ids of `providers`. `and` adds conditions and an order;
/// its `?2` is `id`. The list stops after the asset with which it exceeds [`MAX_READ`].
pub(super) async fn assets(
    connection: &mut SqliteConnection,
    collection: i64,
    providers: &[&'static str],
    and: &str,
    id: Option<&str>,
) -> Result<Vec<(i64, Asset)>, sqlx::Error> {
    let ids = id_columns(providers);
    // With an id, `and` selects by row ids. The plus keeps SQLite from reading the whole collection by its index
    // instead.
    let plus = if id.is_some() { "+" } else { "" };
    let sql = format!("SELECT seq, json{ids} FROM asset a WHERE {plus}a.collection = ?1 {and}");
    let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(id).fetch(connection);
    let (mut assets, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let json: &str = row.try_get(1)?;
        bytes += json.len();
        let ids =
            providers.iter().zip(2..).map(|(provider, column)| Ok(((*provider).to_owned(), row.try_get(column)?)));
        let ids = ids.collect::<Result<_, sqlx::Error>>()?;
        assets.push((row.try_get(0)?, from_json::<Asset>(json)?.completed(ids)));
        if bytes > MAX_READ {
            break;
        }
    }
    Ok(assets)
}
