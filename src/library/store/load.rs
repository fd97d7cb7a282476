//! Loads fixtures into a new database, and stores the content of workspaces.

use std::collections::{BTreeMap, HashMap};

use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use super::asset::fold;
use super::counts::ChangedCounts;
use super::handle::Store;
use super::kind_counts::KindCounts;
use super::load_files::{FileLoader, LoadError, NewFile};
use super::rows::{BATCH, Bind, Rows, insertion, json};
use super::schema::{LOG, new_indexes};
use super::versions::Invalidation;
use crate::clock::Micros;
use crate::library::asset::Asset;
use crate::library::workspace;

/// A workspace about to be stored. Each asset comes with one public id for each of `providers`, in their order.
pub struct NewWorkspace<'a> {
    /// Everything but the assets.
    pub workspace: &'a workspace::Workspace,
    /// The providers, by card name.
    pub providers: &'a [&'static str],
    /// The assets, in order.
    pub assets: &'a mut (dyn Iterator<Item = NewAsset> + Send),
    /// The files that have the bytes of assets.
    pub files: Vec<NewFile>,
}

/// An asset about to be stored, with one public id for each provider.
pub type NewAsset = (Asset, Vec<String>);

/// Settings while a file is loaded: a larger page cache (negative numbers are KiB), and two threads that sort indexes.
const BULK: &str = "PRAGMA cache_size = -65536; PRAGMA threads = 2";

/// Settings of a file after the load: SQLite's own. The write-ahead log is turned on only then too, since it would
/// write every page twice.
const SETTLED: &str = "PRAGMA cache_size = -2000; PRAGMA threads = 0";

impl Store {
    /// Whether fixtures were loaded into this database before.
    pub async fn is_loaded(&self) -> Result<bool, sqlx::Error> {
        Ok(sqlx::query("SELECT 1 FROM world").fetch_optional(&self.readers).await?.is_some())
    }

    /// Loads workspaces and marks the database as loaded, in one transaction.
    ///
    /// Every start with a new database loads it, so each table takes few statements, however many workspaces there
    /// are. The database can be large, so the indexes of a file are dropped first and built once at the end.
    pub async fn load(&self, workspaces: &mut [NewWorkspace<'_>], now: Micros) -> Result<(), LoadError> {
        let mut connection = self.writer.acquire().await?;
        if self.file.is_some() {
            sqlx::raw_sql(BULK).execute(&mut *connection).await?;
        }
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        let indexes = if self.file.is_some() { take_indexes(&mut tx).await? } else { String::new() };
        let held: Vec<_> = workspaces.iter().map(|new| new.workspace).collect();
        let collections = insert_collections(&mut tx, &held).await?;
        let loaded = load_assets(&mut tx, workspaces, &collections, self.large).await?;
        let mut loader = FileLoader { max: self.max_stored_bytes, blobs: HashMap::new() };
        for (new, collection) in workspaces.iter().zip(&collections) {
            loader.load(&mut tx, *collection, &new.files).await?;
        }
        let held: Vec<_> = workspaces.iter().map(|new| new.workspace).collect();
        let made: Vec<_> = held.into_iter().zip(collections).collect();
        Rows::default().workspaces(&made).store(&mut tx).await?;
        let marked = indexes + "INSERT INTO world (loaded_at) VALUES (" + &now.to_string() + ");";
        sqlx::raw_sql(AssertSqlSafe(marked)).execute(&mut *tx).await?;
        let changed_counts = ChangedCounts::read(&mut tx, &Invalidation::Everything).await?;
        tx.commit().await?;
        self.counts.apply(&Invalidation::Everything, changed_counts);
        connection.clear_cached_statements().await?;
        if self.file.is_some() {
            sqlx::raw_sql(SETTLED).execute(&mut *connection).await?;
            sqlx::raw_sql(LOG).execute(&mut *connection).await?;
        }
        drop(connection);
        if self.file.is_some() {
            self.open_all().await?;
        }
        if loaded >= self.large {
            // Indexing takes too long to begin with it when clients are waiting.
            self.index().await?;
        }
        Ok(())
    }

    /// Makes the indexes of a private database if they do not exist yet: [`Store::load`] leaves a small one without.
    /// Until then it can be read, only more slowly, and a request that comes meanwhile waits for the index that is
    /// being made. The first change makes the indexes if nothing else has.
    pub async fn index(&self) -> Result<(), sqlx::Error> {
        let make = || async {
            // The request that makes the indexes may be dropped midway. With `IF NOT EXISTS`, the next one can
            // continue.
            let script = new_indexes(self.ids).replace("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ");
            let script = script.replace("CREATE UNIQUE INDEX ", "CREATE UNIQUE INDEX IF NOT EXISTS ");
            let Some(lock) = &self.lock else { return Ok(()) };
            let keeper = async || Ok::<_, sqlx::Error>(self.readers.acquire().await?.detach());
            self.keeper.get_or_try_init(keeper).await?;
            for index in script.split_inclusive(';') {
                let _exclusive = lock.write().await;
                sqlx::raw_sql(AssertSqlSafe(index.to_owned())).execute(&self.writer).await?;
            }
            Ok(())
        };
        self.indexed.get_or_try_init(make).await.copied()
    }
}

/// Drops the indexes of `asset` and returns the statements that make them again.
async fn take_indexes(connection: &mut SqliteConnection) -> Result<String, sqlx::Error> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'asset' AND sql IS NOT NULL";
    let mut statements = String::new();
    for row in sqlx::query(sql).fetch_all(&mut *connection).await? {
        let drop = format!("DROP INDEX {}", row.try_get::<&str, _>(0)?);
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *connection).await?;
        statements.extend([row.try_get(1)?, ";\n"]);
    }
    Ok(statements)
}

/// Stores the users, projects and folders of workspaces in new collections, and returns the collections' ids.
pub(super) async fn insert_collections(
    connection: &mut SqliteConnection,
    workspaces: &[&workspace::Workspace],
) -> Result<Vec<i64>, sqlx::Error> {
    let numbers = new_collections(connection, workspaces.len()).await?;
    let numbered: Vec<_> = workspaces.iter().copied().zip(numbers.iter().copied()).collect();
    let users = each(&numbered, workspace::Workspace::all_users);
    let projects = each(&numbered, |workspace| &workspace.projects);
    let folders = each(&numbered, |workspace| &workspace.folders);
    Rows::default().users(&users).projects(&projects).folders(&folders).store(connection).await?;
    Ok(numbers)
}

/// Stores the assets of workspaces in their collections, and returns how many there are.
async fn load_assets(
    connection: &mut SqliteConnection,
    workspaces: &mut [NewWorkspace<'_>],
    numbers: &[i64],
    large: u64,
) -> Result<u64, sqlx::Error> {
    let providers = workspaces.first().map_or(&[][..], |new| new.providers);
    let mut tallies: Vec<_> = numbers.iter().map(|_| KindCounts::default()).collect();
    let assets = workspaces.iter_mut().zip(numbers).zip(&mut tallies);
    let assets = assets.flat_map(|((new, number), tally)| {
        (&mut *new.assets).inspect(|(asset, _)| tally.add(asset)).map(|asset| (*number, asset))
    });
    insert_assets(connection, providers, assets).await?;
    let mut loaded = 0;
    for (number, tally) in numbers.iter().zip(tallies) {
        loaded += tally.total;
        tally.store(connection, *number, large).await?;
    }
    Ok(loaded)
}

async fn new_collections(connection: &mut SqliteConnection, count: usize) -> Result<Vec<i64>, sqlx::Error> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut sql = insertion("collection (seq)", 0..count, |row, _| {
        row.push_bind(None::<i64>);
    });
    sql.push(" RETURNING seq");
    sql.build().fetch_all(&mut *connection).await?.iter().map(|row| row.try_get(0)).collect()
}

/// Stores assets, each with the id of its collection. While SQLite's thread stores one batch, this one builds the
/// next. Returns the row id of the last asset; 0 if there is none.
pub(super) async fn insert_assets(
    connection: &mut SqliteConnection,
    providers: &[&'static str],
    mut assets: impl Iterator<Item = (i64, NewAsset)>,
) -> Result<i64, sqlx::Error> {
    let table = format!("asset (collection, {COLUMNS}{})", id_columns(providers));
    let mut following = || {
        let batch: Vec<_> = assets.by_ref().take(BATCH).collect();
        let bind = |row: &mut Bind<'_>, (collection, asset): (i64, NewAsset)| {
            row.push_bind(collection);
            bind_asset(row, asset);
        };
        (!batch.is_empty()).then(|| insertion(&table, batch, bind))
    };
    let (mut next, mut last) = (following(), 0);
    while let Some(mut batch) = next {
        let (done, made) = tokio::join!(batch.build().execute(&mut *connection), async { following() });
        last = done?.last_insert_rowid();
        next = made;
    }
    Ok(last)
}

/// The items of every workspace, each with the id of its collection.
fn each<'w, T, I: IntoIterator<Item = T>>(
    workspaces: &[(&'w workspace::Workspace, i64)],
    items: impl Fn(&'w workspace::Workspace) -> I,
) -> Vec<(i64, T)> {
    let items = |&(workspace, number): &(&'w workspace::Workspace, i64)| {
        items(workspace).into_iter().map(move |item| (number, item)).collect::<Vec<_>>()
    };
    workspaces.iter().flat_map(items).collect()
}

/// The columns of an asset except for its collection and its public ids, in the order of [`bind_asset`]. `json` holds
/// the whole asset; the others hold what assets are filtered, ordered or counted by.
pub(super) const COLUMNS: &str = "name_folded, name, description_folded, kind, status, tags, created_at, uploader, \
     visibility, project_id, folder_id, due_at, json";

/// The columns of public ids, each after a comma.
pub(super) fn id_columns(providers: &[&'static str]) -> String {
    providers.iter().map(|provider| format!(", {provider}_id")).collect()
}

/// Binds the values of the columns in [`COLUMNS`] and [`id_columns`]. Apart from the next status of an asset (see
/// [`due_assets`](super::due_assets)), nothing else writes an asset's columns, so they never contradict the JSON.
pub(super) fn bind_asset(row: &mut Bind<'_>, (asset, ids): NewAsset) {
    let kind = asset.kind().to_owned();
    let asset = Asset { kind: Some(kind), ids: BTreeMap::new(), ..asset };
    let all = json(&asset);
    row.push_bind(asset.name.as_deref().map(fold))
        .push_bind(asset.name)
        .push_bind(asset.description.as_deref().map(fold))
        .push_bind(asset.kind)
        .push_bind(asset.status.word())
        .push_bind(json(&asset.tags))
        .push_bind(asset.created_at.0)
        .push_bind(asset.uploader)
        .push_bind(asset.visibility.word())
        .push_bind(asset.project)
        .push_bind(asset.folder)
        .push_bind(asset.next_status.map(|next| next.at.0))
        .push_bind(all);
    for id in ids {
        row.push_bind(id);
    }
}
