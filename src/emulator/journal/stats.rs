//! The size of the journal, and its losses.

use schemars::JsonSchema;
use serde::Serialize;

use super::lost::Lost;

/// The size of the journal, and its losses since it was last cleared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "JournalStats")]
pub struct Stats {
    /// How many entries it has.
    pub held: usize,
    /// The memory of the entries, in bytes.
    pub bytes: usize,
    /// How many entries were evicted: of the requested workspace, or of all.
    pub dropped: u64,
    /// How many entries lost only their bodies: of the requested workspace, or of all.
    pub bodies_dropped: u64,
    /// The number that the next entry gets.
    pub next_seq: u64,
    /// The workspaces and providers that lost entries or bodies, at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub lost: Vec<Lost>,
}
