//! Keys: what a provider's client shows, and what it stands for.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::asset::from_json;
use super::handle::Store;
use super::read::Read;
use crate::clock::Micros;
use crate::library::fixture;
use crate::library::limits::KeyLimits;
use crate::library::model::{Choices, Instant};

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its identity here; never shown.
    pub id: i64,
    /// The provider it belongs to.
    pub provider: String,
    /// The text a client shows.
    pub key: Arc<str>,
    /// The workspace it opens.
    pub workspace: Arc<str>,
    /// The user it acts as.
    pub user: String,
    /// What it may do; `None`: everything.
    pub scopes: Option<Vec<String>>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// When it ends.
    pub expires_at: Option<Micros>,
    /// Its own setting of limits.
    pub limits: KeyLimits,
    /// The variants that the workspace has of its own.
    pub choices: Choices,
    /// What the workspace holds at the moment.
    pub collection_version: CollectionVersion,
}

/// What a workspace holds at a moment: nothing about it ever changes, a change makes the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionVersion {
    /// The number of the collection.
    pub collection: i64,
    /// How often that was changed.
    pub version: i64,
    /// Whether what it holds is counted beforehand, since it is large.
    pub tallied: bool,
}

/// Whether a key is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It is.
    Active,
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
}

impl KeyState {
    /// The word shown in tables.
    pub fn word(self) -> &'static str {
        match self {
            KeyState::Active => "active",
            KeyState::Revoked => "revoked",
            KeyState::Expired => "expired",
        }
    }
}

impl Key {
    /// Whether the key is good at `now`. A key expires at the very instant named.
    pub fn state(&self, now: Micros) -> KeyState {
        match self.expires_at {
            _ if self.revoked => KeyState::Revoked,
            Some(end) if end <= now => KeyState::Expired,
            _ => KeyState::Active,
        }
    }

    /// Whether the key may do what `scope` names. `*` stands for every scope.
    pub fn allows(&self, scope: &str) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|held| held == scope || held == "*"))
    }
}

impl From<Key> for fixture::Key {
    fn from(key: Key) -> fixture::Key {
        fixture::Key {
            provider: key.provider,
            key: key.key.to_string(),
            user: Some(key.user),
            scopes: key.scopes,
            revoked: key.revoked,
            expires_at: key.expires_at.map(Instant),
            limits: key.limits,
        }
    }
}

const SELECT: &str = "SELECT k.id, k.provider, k.key, k.workspace_id, k.user, k.scopes, k.revoked, k.expires_at, k.limits, c.seq, c.version, c.tallied, w.variants\n\
     FROM key k JOIN workspace w ON w.id = k.workspace_id JOIN collection c ON c.seq = w.collection";

impl Read {
    /// The key of this provider with this text.
    pub async fn key(&mut self, provider: &str, key: &str) -> Result<Option<Key>, sqlx::Error> {
        let sql = format!("{SELECT} WHERE k.provider = ? AND k.key = ?");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(provider).bind(key);
        query.fetch_optional(&mut **self).await?.as_ref().map(from_row).transpose()
    }

    /// The provider that has a key of this text.
    pub async fn provider_of_key(&mut self, key: &str) -> Result<Option<String>, sqlx::Error> {
        let sql = "SELECT provider FROM key WHERE key = ? LIMIT 1";
        sqlx::query(sql).bind(key).fetch_optional(&mut **self).await?.map(|row| row.try_get(0)).transpose()
    }

    /// The workspace that this key opens.
    pub async fn workspace_of_key(&mut self, provider: &str, key: &str) -> Result<Option<String>, sqlx::Error> {
        let query = sqlx::query("SELECT workspace_id FROM key WHERE provider = ? AND key = ?").bind(provider).bind(key);
        query.fetch_optional(&mut **self).await?.map(|row| row.try_get(0)).transpose()
    }
}

impl Store {
    /// The key of this provider with this text.
    pub async fn key(&self, provider: &str, key: &str) -> Result<Option<Key>, sqlx::Error> {
        self.read().await?.key(provider, key).await
    }

    /// Every key, in the order of the fixtures.
    pub async fn keys(&self) -> Result<Vec<Key>, sqlx::Error> {
        let sql = format!("{SELECT} ORDER BY k.id");
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
        let sql = format!("{SELECT} WHERE k.workspace_id = ? ORDER BY k.id");
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(workspace).fetch_all(&mut **self).await?;
        rows.iter().map(from_row).collect()
    }
}

/// The keys of a workspace as a fixture has them.
pub(super) async fn of_workspace(
    connection: &mut SqliteConnection,
    workspace: &str,
) -> Result<Vec<fixture::Key>, sqlx::Error> {
    let sql = format!("{SELECT} WHERE k.workspace_id = ? ORDER BY k.id");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(workspace).fetch_all(&mut *connection).await?;
    rows.iter().map(|row| from_row(row).map(fixture::Key::from)).collect()
}

fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Key, sqlx::Error> {
    let scopes: Option<&str> = row.try_get(5)?;
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
        choices: from_json(row.try_get(12)?)?,
        collection_version: CollectionVersion {
            collection: row.try_get(9)?,
            version: row.try_get(10)?,
            tallied: row.try_get(11)?,
        },
    })
}
