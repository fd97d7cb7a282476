//! Entries that the journal evicted, and which of them can affect the result of `verify`.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// The entries that were evicted since the last clearing: of a workspace; or, without a workspace, of a provider's
/// requests without a known key; or, without both, of requests that no provider owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "JournalLoss")]
pub struct Lost {
    /// The workspace.
    pub workspace: Option<String>,
    /// The provider.
    pub provider: Option<&'static str>,
    /// How many entries were evicted.
    pub dropped: u64,
    /// The number of the last one.
    pub dropped_to: u64,
    /// How many entries lost only their bodies.
    pub bodies_dropped: u64,
}

/// Why the result of `verify` is incomplete.
impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match (&self.workspace, self.provider) {
            (Some(workspace), _) => format!("of the workspace `{workspace}`"),
            (None, Some(provider)) => format!("to `{provider}` without a key that is known"),
            (None, None) => "that no provider claims".to_owned(),
        };
        write!(
            f,
            "the journal was full and dropped {} requests {of}, up to number {}, which may have counted; give it more room \
             (`--journal-entries`), clear it between tests, or say `after` which number to look",
            self.dropped, self.dropped_to
        )
    }
}

/// The entries that can affect an expectation: of one workspace or all, of one provider or all, with numbers above
/// `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EntryScope<'f> {
    pub workspace: Option<&'f str>,
    pub provider: Option<&'f str>,
    pub after: u64,
}
