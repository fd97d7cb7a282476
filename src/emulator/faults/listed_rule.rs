//! A rule as it is listed: with how often it matched and was applied, and what there is to say about it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::paging::Realism;
use super::rule::{Id, Rule};

/// A rule with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Fault")]
pub struct ListedRule {
    /// What it is known by.
    pub id: Id,
    /// The rule.
    pub rule: Rule,
    /// How many requests have matched it while it was in force.
    pub seen: u64,
    /// How many of them it has struck.
    pub fired: u64,
    /// Whether it can still strike.
    pub active: bool,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Of paging: how likely each vendor is to do that by itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub realism: BTreeMap<&'static str, Realism>,
    /// Why it will not strike as things are, or hardly: as far as that is certain, and as long as it has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// How often it was matched and applied since the journal was last cleared.
    #[serde(skip)]
    pub since_cleared: SinceCleared,
}

/// How often a rule was matched and applied since the journal was last cleared, or since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SinceCleared {
    /// How many requests have matched it.
    pub seen: u64,
    /// How many of them it was applied to.
    pub fired: u64,
}
