//! What the journal lost to a bound, and of which requests a verdict needs to know that.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// What a workspace lost to a bound since its entries were last cleared; without a workspace, a provider's requests without
/// a key that is known; with neither, requests that no provider claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "JournalLoss")]
pub struct Lost {
    /// The workspace.
    pub workspace: Option<String>,
    /// The provider.
    pub provider: Option<&'static str>,
    /// Entries dropped.
    pub dropped: u64,
    /// The number of the last of them.
    pub dropped_to: u64,
    /// Entries that stayed without their bodies.
    pub bodies_dropped: u64,
}

/// Why a verdict is not complete.
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

/// Which entries a question can be about: those of a workspace, or of all; of a provider, or of all; with numbers above
/// `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EntryScope<'f> {
    pub workspace: Option<&'f str>,
    pub provider: Option<&'f str>,
    pub after: u64,
}
