//! Loading a world into a new database: from fixtures to tables.

use std::collections::HashMap;

use serde_json::value::RawValue;
use sqlx::query_builder::Separated;
use sqlx::{AssertSqlSafe, Connection, QueryBuilder, Row, Sqlite};

use super::open::schema;
use super::{Store, Tx, fold};
use crate::clock::Micros;
use crate::fixture;

/// A workspace about to be stored: its assets come with a public id for each provider, in the order of `providers`.
pub struct NewWorkspace<'a> {
    /// Everything but the assets.
    pub workspace: &'a fixture::Workspace,
    /// The providers, by card name.
    pub providers: &'a [&'static str],
    /// The assets, in order.
    pub assets: &'a mut dyn Iterator<Item = (fixture::Asset, Vec<String>)>,
}

/// The rows stored with one statement: every trip to SQLite's thread costs a change of threads, every row costs time to
/// prepare. The default worlds, 248 assets, are eight times this.
const BATCH: usize = 31;

/// For loading a file: a larger page cache (negative numbers are KiB), and indexes sorted on both cores.
const BULK: &str = "PRAGMA cache_size = -65536; PRAGMA threads = 2";

/// For a file once it is loaded: SQLite's own settings, and commits go through a write-ahead log, so that what is committed
/// survives the end of the process, however it ends. The file remembers the log. It comes after the load, since it would
/// write every page twice.
const SETTLED: &str = "PRAGMA cache_size = -2000; PRAGMA threads = 0; PRAGMA journal_mode = WAL";

impl Store {
    /// Whether a world was loaded into this database before.
    pub async fn is_loaded(&self) -> Result<bool, sqlx::Error> {
        Ok(sqlx::query("SELECT 1 FROM world").fetch_optional(&self.pool).await?.is_some())
    }

    /// Loads workspaces and marks the database as loaded: all of it or nothing.
    ///
    /// A new database is on the way of every start, so a table takes few statements, however many workspaces there are;
    /// and it can be large, so its indexes are sorted once at the end rather than kept in order on the way.
    pub async fn load(&self, workspaces: &mut [NewWorkspace<'_>], now: Micros) -> Result<(), sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        if self.is_file {
            sqlx::raw_sql(BULK).execute(&mut *connection).await?;
        }
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        let all: Vec<_> = workspaces.iter().map(|new| new.workspace).collect();
        insert_workspaces(&mut tx, &all).await?;
        let indexes = if self.is_file { take_indexes(&mut tx).await? } else { String::new() };
        insert_all_assets(&mut tx, workspaces).await?;
        let marked = indexes + "INSERT INTO world (loaded_at) VALUES (" + &now.to_string() + ");";
        sqlx::raw_sql(AssertSqlSafe(marked)).execute(&mut *tx).await?;
        tx.commit().await?;
        connection.clear_cached_statements().await?;
        if self.is_file {
            sqlx::raw_sql(SETTLED).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// Makes the indexes of a private database, which [`Store::load`] leaves without. It can be used meanwhile: it is slower,
    /// as far as that can be noticed in a small library, and whoever asks has a turn after each index.
    pub async fn index(&self) -> Result<(), sqlx::Error> {
        if self.is_file {
            return Ok(());
        }
        for index in schema(true).split_inclusive(';') {
            sqlx::raw_sql(AssertSqlSafe(index.to_owned())).execute(&self.pool).await?;
        }
        Ok(())
    }
}

/// While SQLite's thread stores one batch, this one makes the next.
async fn insert_all_assets(tx: &mut Tx<'_>, workspaces: &mut [NewWorkspace<'_>]) -> Result<(), sqlx::Error> {
    let providers = workspaces.first().map_or(&[][..], |new| new.providers);
    let table = asset_columns(providers);
    let rows = sqlx::query("SELECT id, seq FROM workspace").fetch_all(&mut **tx).await?;
    let known = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    let numbers: HashMap<&str, i64> = known.collect::<Result<_, sqlx::Error>>()?;
    let mut assets = workspaces.iter_mut().flat_map(|new| {
        let workspace = numbers[&*new.workspace.id];
        (&mut *new.assets).map(move |(asset, ids)| (workspace, asset, ids))
    });
    let mut following = || {
        let batch: Vec<_> = assets.by_ref().take(BATCH).collect();
        (!batch.is_empty()).then(|| insertion(&table, batch, bind_asset))
    };
    let mut next = following();
    while let Some(mut batch) = next {
        let (done, made) = tokio::join!(batch.build().execute(&mut **tx), async { following() });
        done?;
        next = made;
    }
    Ok(())
}

/// Drops the asset indexes and gives the statements that make them again.
async fn take_indexes(tx: &mut Tx<'_>) -> Result<String, sqlx::Error> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'asset' AND sql IS NOT NULL";
    let mut statements = String::new();
    for row in sqlx::query(sql).fetch_all(&mut **tx).await? {
        let drop = format!("DROP INDEX {}", row.try_get::<&str, _>(0)?);
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut **tx).await?;
        statements.extend([row.try_get(1)?, ";\n"]);
    }
    Ok(statements)
}

async fn insert_workspaces(tx: &mut Tx<'_>, workspaces: &[&fixture::Workspace]) -> Result<(), sqlx::Error> {
    let of = |id: &fixture::Workspace| id.id.clone();
    insert(tx, "workspace (id, name)", workspaces, |row, workspace| {
        row.push_bind(of(workspace)).push_bind(workspace.name.clone().unwrap_or_else(|| of(workspace)));
    })
    .await?;
    let users: Vec<_> = each(workspaces, |workspace| workspace.user_names());
    insert(tx, "user (workspace_id, name)", &users, |row, (workspace, name)| {
        row.push_bind(of(workspace)).push_bind((*name).to_owned());
    })
    .await?;
    let keys: Vec<_> = each(workspaces, |workspace| &workspace.keys);
    insert(
        tx,
        "key (workspace_id, provider, key, user, scopes, revoked, expires_at, limits)",
        &keys,
        |row, (workspace, key)| {
            row.push_bind(of(workspace))
                .push_bind(key.provider.clone())
                .push_bind(key.key.clone())
                .push_bind(key.user.as_deref().unwrap_or(workspace.first_user()).to_owned())
                .push_bind(key.scopes.as_ref().map(json))
                .push_bind(key.revoked)
                .push_bind(key.expires_at.map(|at| at.0))
                .push_bind(json(&key.limits));
        },
    )
    .await?;
    let projects: Vec<_> = each(workspaces, |workspace| &workspace.projects);
    insert(tx, "project (workspace_id, id, name, name_folded)", &projects, |row, (workspace, project)| {
        let (id, name) = (project.id.clone(), project.name.clone());
        row.push_bind(of(workspace)).push_bind(id).push_bind(name).push_bind(fold(&project.name));
    })
    .await?;
    let folders: Vec<_> = each(workspaces, |workspace| &workspace.folders);
    insert(tx, "folder (workspace_id, id, name, parent_id, trashed)", &folders, |row, (workspace, folder)| {
        let (id, name, parent) = (folder.id.clone(), folder.name.clone(), folder.parent.clone());
        row.push_bind(of(workspace)).push_bind(id).push_bind(name).push_bind(parent).push_bind(folder.trashed);
    })
    .await
}

/// The items of every workspace, each with its workspace.
fn each<'w, T, I: IntoIterator<Item = T>>(
    workspaces: &[&'w fixture::Workspace],
    items: impl Fn(&'w fixture::Workspace) -> I,
) -> Vec<(&'w fixture::Workspace, T)> {
    workspaces
        .iter()
        .flat_map(|workspace| items(workspace).into_iter().map(|item| (*workspace, item)).collect::<Vec<_>>())
        .collect()
}

async fn insert<T>(
    tx: &mut Tx<'_>,
    table: &str,
    items: &[T],
    bind: impl Fn(&mut Bind<'_>, &T),
) -> Result<(), sqlx::Error> {
    for some in items.chunks(BATCH) {
        insertion(table, some, &bind).build().execute(&mut **tx).await?;
    }
    Ok(())
}

type Bind<'b> = Separated<'b, Sqlite, &'static str>;

/// The statement that stores `items` in `table`, which names its columns.
fn insertion<T>(
    table: &str,
    items: impl IntoIterator<Item = T>,
    bind: impl Fn(&mut Bind<'_>, T),
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(format!("INSERT INTO {table} "));
    sql.push_values(items, |mut row, item| bind(&mut row, item));
    sql
}

fn asset_columns(providers: &[&'static str]) -> String {
    let ids: String = providers.iter().map(|provider| format!(", {provider}_id")).collect();
    format!(
        "asset (workspace, name_folded, name, description_folded, description, mime_type, kind, size_bytes, status, \
         is_public, public_url, url, tags, width, height, created_at, updated_at, uploader, visibility, uploaded_via, \
         project_id, node_id, folder_id, thumbnail_big, thumbnail_small, styling_note, detected, told_by, told{ids})"
    )
}

/// Binds what [`asset_columns`] names.
fn bind_asset(row: &mut Bind<'_>, (workspace, asset, ids): (i64, fixture::Asset, Vec<String>)) {
    let kind = asset.kind().to_owned();
    row.push_bind(workspace)
        .push_bind(asset.name.as_deref().map(fold))
        .push_bind(asset.name)
        .push_bind(asset.description.as_deref().map(fold))
        .push_bind(asset.description)
        .push_bind(asset.mime_type)
        .push_bind(kind)
        .push_bind(asset.size_bytes)
        .push_bind(asset.status.word())
        .push_bind(asset.is_public)
        .push_bind(asset.public_url)
        .push_bind(asset.url)
        .push_bind(json(&asset.tags))
        .push_bind(asset.width)
        .push_bind(asset.height)
        .push_bind(asset.created_at.0)
        .push_bind(asset.updated_at.unwrap_or(asset.created_at).0)
        .push_bind(asset.uploader)
        .push_bind(asset.visibility.word())
        .push_bind(asset.uploaded_via)
        .push_bind(asset.project)
        .push_bind(asset.node)
        .push_bind(asset.folder)
        .push_bind(asset.thumbnail_big)
        .push_bind(asset.thumbnail_small)
        .push_bind(asset.styling_note)
        .push_bind(asset.detected.map(text));
    let (by, words) = asset.told.map(|told| (told.by, told.words)).unzip();
    row.push_bind(by).push_bind(words.map(text));
    for id in ids {
        row.push_bind(id);
    }
}

fn text(value: Box<RawValue>) -> String {
    String::from(Box::<str>::from(value))
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("lists and settings are always JSON")
}
