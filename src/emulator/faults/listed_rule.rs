//! A rule as the emulator's own API shows it: with its counts and its state.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::paging::Realism;
use super::rule::{Id, Rule};

/// A fault rule with its counts and its state.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Fault")]
pub struct ListedRule {
    /// Its id.
    pub id: Id,
    /// The rule.
    pub rule: Rule,
    /// How many requests have matched it while it was in force.
    pub seen: u64,
    /// How many of them it was applied to.
    pub fired: u64,
    /// How many of them got an answer that it could not change. Absent if none did.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(default)]
    pub unchanged: u64,
    /// Whether it can still be applied.
    pub active: bool,
    /// When it ends; absent if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// For a paging fault: how likely it is at each vendor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub realism: BTreeMap<&'static str, Realism>,
    /// Why no request can match it in the current state, or hardly any. Absent if one may, or once it was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// The counts since the journal was last cleared.
    #[serde(skip)]
    pub since_cleared: SinceCleared,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The counts of a rule since the journal was last cleared, or since the rule was added if that is later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SinceCleared {
    /// How many requests have matched it.
    pub seen: u64,
    /// How many of them it was applied to.
    pub fired: u64,
}
