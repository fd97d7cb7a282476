//! Reading the library back: how much it holds, and a workspace as the fixture that would make it.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

use super::asset::COLUMNS;
use super::{Asset, Store, Tx};
use crate::fixture;

/// How much the library holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Workspaces.
    pub workspaces: i64,
    /// Keys, live or not.
    pub keys: i64,
    /// Assets.
    pub assets: i64,
}

/// Why a workspace cannot be read back.
#[derive(Debug)]
pub enum ExportError {
    /// The database failed.
    Database(sqlx::Error),
    /// There is no workspace of that id.
    NoSuchWorkspace(String),
}

impl std::fmt::Display for ExportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ExportError::Database(error) => write!(f, "the database failed: {error}"),
            ExportError::NoSuchWorkspace(id) => {
                write!(f, "there is no workspace `{id}`; `assetmock keys` lists those there are")
            }
        }
    }
}

impl std::error::Error for ExportError {}

impl From<sqlx::Error> for ExportError {
    fn from(error: sqlx::Error) -> ExportError {
        ExportError::Database(error)
    }
}

impl Store {
    /// How much there is.
    pub async fn counts(&self) -> Result<Counts, sqlx::Error> {
        let sql = "SELECT (SELECT COUNT(*) FROM workspace), (SELECT COUNT(*) FROM key), (SELECT COUNT(*) FROM asset)";
        let row = sqlx::query(sql).fetch_one(&self.pool).await?;
        Ok(Counts { workspaces: row.try_get(0)?, keys: row.try_get(1)?, assets: row.try_get(2)? })
    }

    /// The ids of all workspaces, in the order in which they were made.
    pub async fn workspaces(&self) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query("SELECT id FROM workspace ORDER BY seq")
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(|row| row.try_get(0))
            .collect()
    }

    /// A workspace as a fixture, with the public ids of `providers` written out.
    pub async fn export(&self, workspace: &str, providers: &[&'static str]) -> Result<fixture::Workspace, ExportError> {
        let mut snapshot = self.pool.begin().await?;
        let found = sqlx::query("SELECT name FROM workspace WHERE id = ?")
            .bind(workspace)
            .fetch_optional(&mut *snapshot)
            .await?;
        let name = found.ok_or_else(|| ExportError::NoSuchWorkspace(workspace.to_owned()))?.try_get(0)?;
        let users =
            select(&mut snapshot, "SELECT name FROM user WHERE workspace_id = ? ORDER BY rowid", workspace, |row| {
                Ok(fixture::User { name: row.try_get(0)? })
            })
            .await?;
        let projects = select(
            &mut snapshot,
            "SELECT id, name FROM project WHERE workspace_id = ? ORDER BY rowid",
            workspace,
            |row| Ok(fixture::Project { id: row.try_get(0)?, name: row.try_get(1)? }),
        )
        .await?;
        let folders = select(
            &mut snapshot,
            "SELECT id, name, parent_id, trashed FROM folder WHERE workspace_id = ? ORDER BY rowid",
            workspace,
            |row| {
                Ok(fixture::Folder {
                    id: row.try_get(0)?,
                    name: row.try_get(1)?,
                    parent: row.try_get(2)?,
                    trashed: row.try_get(3)?,
                })
            },
        )
        .await?;
        let assets = export_assets(&mut snapshot, workspace, providers).await?;
        snapshot.commit().await?;
        let keys =
            self.keys().await?.into_iter().filter(|key| key.workspace == workspace).map(fixture::Key::from).collect();
        Ok(fixture::Workspace { id: workspace.to_owned(), name: Some(name), users, keys, projects, folders, assets })
    }
}

async fn select<T>(
    tx: &mut Tx<'_>,
    sql: &'static str,
    workspace: &str,
    read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    sqlx::query(sql).bind(workspace).fetch_all(&mut **tx).await?.iter().map(read).collect()
}

async fn export_assets(
    tx: &mut Tx<'_>,
    workspace: &str,
    providers: &[&'static str],
) -> Result<Vec<fixture::Asset>, sqlx::Error> {
    let ids: String = providers.iter().map(|provider| format!(", a.{provider}_id")).collect();
    let width = COLUMNS.split(',').count();
    let sql = format!(
        "SELECT '', {COLUMNS}{ids} FROM asset a WHERE a.workspace = (SELECT seq FROM workspace WHERE id = ?) ORDER BY a.seq"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(workspace).fetch_all(&mut **tx).await?;
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
