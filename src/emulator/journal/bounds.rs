//! How much the journal keeps.

/// How much a journal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Entries of each workspace, and of each provider's requests without a key that is known, at most.
    pub entries: usize,
    /// Bytes of bodies at most, for all together.
    pub bytes: usize,
    /// Bytes of entries besides their bodies at most, for all together.
    pub head_bytes: usize,
}

/// So that ten thousand workspaces, each with its own entries, take no more memory than a few busy ones. An entry takes about
/// a kilobyte.
const HEAD_BYTES: usize = 32 << 20;

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { entries: 10_000, bytes: 16 << 20, head_bytes: HEAD_BYTES }
    }
}
