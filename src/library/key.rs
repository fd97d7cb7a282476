//! Keys: what a provider's client shows, and what it stands for.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::Micros;
use crate::library::limits::KeyLimits;
use crate::library::model::Choices;

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
