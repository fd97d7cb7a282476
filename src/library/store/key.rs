//! Reads keys.

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::asset::from_json;
use super::earliest_due::{EARLIEST, earliest_due};
use super::handle::Store;
use super::read::Read;
use crate::library::key::{CollectionVersion, Key};
use crate::library::model::Instant;
use crate::library::workspace;

impl From<Key> for workspace::Key {
    fn from(key: Key) -> workspace::Key {
        workspace::Key {
            provider: key.provider,
            key: key.key.to_string(),
            user: Some(key.user),
            scopes: key.scopes,
            revoked: key.revoked,
            expires_at: key.expires_at.map(Instant),
            limits: key.limits,
            refresh: key.refresh,
        }
    }
}

/// The statement that reads keys, up to its conditions.
fn select() -> String {
    format!(
        "SELECT k.id, k.provider, k.key, k.workspace_id, k.user, k.scopes, k.revoked, k.expires_at, k.limits, c.seq, c.version, c.tallied, w.variants, k.refresh,\n\
         EXISTS (SELECT 1 FROM asset a WHERE a.collection = c.seq AND a.due_at IS NOT NULL\n\
           AND a.json ->> '$.next_status.follows_read'),\n\
         {EARLIEST}\n\
         FROM key k JOIN workspace w ON w.id = k.workspace_id JOIN collection c ON c.seq = w.collection"
    )
}

/// The key of this provider with this text; `None` if there is none.
pub(super) async fn find(read: &mut SqliteConnection, provider: &str, key: &str) -> Result<Option<Key>, sqlx::Error> {
    let sql = select() + " WHERE k.provider = ? AND k.key = ?";
    let query = sqlx::query(AssertSqlSafe(sql)).bind(provider).bind(key);
    query.fetch_optional(read).await?.as_ref().map(from_row).transpose()
}

impl Read {
    /// The key of this provider with this text; `None` if there is none.
    pub async fn key(&mut self, provider: &str, key: &str) -> Result<Option<Key>, sqlx::Error> {
        find(self, provider, key).await
    }

    /// The key of this provider that has this refresh token; `None` if there is none.
    pub async fn key_refreshed_by(&mut self, provider: &str, token: &str) -> Result<Option<Key>, sqlx::Error> {
        let sql = select() + " WHERE k.provider = ? AND k.refresh ->> 'token' = ? ORDER BY k.id LIMIT 1";
        let query = sqlx::query(AssertSqlSafe(sql)).bind(provider).bind(token);
        query.fetch_optional(&mut **self).await?.as_ref().map(from_row).transpose()
    }

    /// The provider that has a key with this text; one of them if several do.
    pub async fn provider_of_key(&mut self, key: &str) -> Result<Option<String>, sqlx::Error> {
        let sql = "SELECT provider FROM key WHERE key = ? LIMIT 1";
        sqlx::query(sql).bind(key).fetch_optional(&mut **self).await?.map(|row| row.try_get(0)).transpose()
    }
}

impl Store {
    /// The key of this provider with this text; `None` if there is none.
    pub async fn key(&self, provider: &str, key: &str) -> Result<Option<Key>, sqlx::Error> {
        self.read().await?.key(provider, key).await
    }

    /// All keys, in the order in which they were made.
    pub async fn keys(&self) -> Result<Vec<Key>, sqlx::Error> {
        let sql = select() + " ORDER BY k.id";
        sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *self.read().await?).await?.iter().map(from_row).collect()
    }

    /// The keys of a workspace, in the order in which they were made.
    pub async fn keys_of(&self, workspace: &str) -> Result<Vec<Key>, sqlx::Error> {
        self.read().await?.keys_of(workspace).await
    }
}

impl Read {
    /// The keys of a workspace, in the order in which they were made.
    pub async fn keys_of(&mut self, workspace: &str) -> Result<Vec<Key>, sqlx::Error> {
        let sql = select() + " WHERE k.workspace_id = ? ORDER BY k.id";
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(workspace).fetch_all(&mut **self).await?;
        rows.iter().map(from_row).collect()
    }
}

/// The keys of a workspace as a fixture has them.
pub(super) async fn of_workspace(
    connection: &mut SqliteConnection,
    workspace: &str,
) -> Result<Vec<workspace::Key>, sqlx::Error> {
    let sql = select() + " WHERE k.workspace_id = ? ORDER BY k.id";
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(workspace).fetch_all(&mut *connection).await?;
    rows.iter().map(|row| from_row(row).map(workspace::Key::from)).collect()
}

/// Whether a key of this provider has this text, or a refresh token that is this text.
pub(super) async fn is_used(
    connection: &mut SqliteConnection,
    provider: &str,
    text: &str,
) -> Result<bool, sqlx::Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM key WHERE provider = ?1 AND key = ?2)\n\
               OR EXISTS (SELECT 1 FROM key WHERE provider = ?1 AND refresh ->> 'token' = ?2)";
    sqlx::query(sql).bind(provider).bind(text).fetch_one(connection).await?.try_get(0)
}

fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Key, sqlx::Error> {
    let scopes: Option<&str> = row.try_get(5)?;
    let refresh: Option<&str> = row.try_get(13)?;
    Ok(Key {
        id: row.try_get(0)?,
        provider: row.try_get(1)?,
        key: row.try_get::<&str, _>(2)?.into(),
        workspace: row.try_get::<&str, _>(3)?.into(),
        user: row.try_get(4)?,
        scopes: scopes.map(from_json).transpose()?,
        revoked: row.try_get(6)?,
        expires_at: row.try_get(7)?,
        limits: from_json(row.try_get(8)?)?,
        refresh: refresh.map(from_json).transpose()?,
        choices: from_json(row.try_get(12)?)?,
        waits_for_read: row.try_get(14)?,
        due_at: earliest_due(row, 15)?,
        collection_version: CollectionVersion {
            collection: row.try_get(9)?,
            version: row.try_get(10)?,
            tallied: row.try_get(11)?,
        },
    })
}
