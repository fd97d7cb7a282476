//! How full the journal is, and what it lost.

use schemars::JsonSchema;
use serde::Serialize;

use super::lost::Lost;

/// How much a journal holds at the moment, and what it lost since it was last cleared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "JournalStats")]
pub struct Stats {
    /// Entries held.
    pub held: usize,
    /// Bytes of memory they take.
    pub bytes: usize,
    /// Entries dropped to keep a bound; of the workspace asked for, or of all.
    pub dropped: u64,
    /// Entries that lost their bodies to a bound, likewise.
    pub bodies_dropped: u64,
    /// The number that the next entry gets.
    pub next_seq: u64,
    /// Who lost any of them; of many, a hundred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub lost: Vec<Lost>,
}
