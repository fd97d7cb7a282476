//! API keys: what a key gives access to, until when, and under which limits.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::Micros;
use crate::library::limits::KeyLimits;
use crate::library::model::Choices;
use crate::library::workspace::Refresh;

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its row id, by which its requests are counted. No answer shows it.
    pub id: i64,
    /// The provider it belongs to.
    pub provider: String,
    /// The text that clients send.
    pub key: Arc<str>,
    /// The workspace that it gives access to.
    pub workspace: Arc<str>,
    /// The user it acts as.
    pub user: String,
    /// Its scopes; `None` allows everything.
    pub scopes: Option<Vec<String>>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// When it expires; `None`: never.
    pub expires_at: Option<Micros>,
    /// Which rate limits apply to it.
    pub limits: KeyLimits,
    /// The token with which a client gets a new key.
    pub refresh: Option<Refresh>,
    /// The variants that its workspace chooses, which replace the server's.
    pub choices: Choices,
    /// When the next asset or upload session of its workspace is due; `None` if none will be.
    pub due_at: Option<Micros>,
    /// Whether an asset of its workspace gets its next status once it was read.
    pub waits_for_read: bool,
    /// The version of the workspace's collection at the time when the key was read.
    pub collection_version: CollectionVersion,
}

/// One version of what a workspace holds. A version never changes: each change to the collection makes a new one. So
/// what is cached for a version never becomes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionVersion {
    /// The row id of the collection.
    pub collection: i64,
    /// How often the collection was changed before.
    pub version: i64,
    /// Whether the `tally` table has counts for it, as it has for large collections.
    pub tallied: bool,
}

/// Whether a key can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It can be used.
    Active,
    /// It was revoked.
    Revoked,
    /// It has expired.
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
    /// Whether the key can be used at `now`. At the instant `expires_at` it has already expired.
    pub fn state(&self, now: Micros) -> KeyState {
        match self.expires_at {
            _ if self.revoked => KeyState::Revoked,
            Some(end) if end <= now => KeyState::Expired,
            _ => KeyState::Active,
        }
    }

    /// Whether the key has this scope. A key without a list of scopes has every scope, and so has one with `*`.
    pub fn allows(&self, scope: &str) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|held| held == scope || held == "*"))
    }
}
