//! The bounds of the journal.

/// The bounds of a journal. At each of them the oldest entries or bodies are evicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most entries for each workspace, and for each provider's requests without a known key.
    pub entries: usize,
    /// The most bytes of bodies in all entries together.
    pub bytes: usize,
    /// The most bytes of all entries together, without their bodies.
    pub head_bytes: usize,
}

/// The default of `head_bytes`. It bounds the memory for ten thousand workspaces, each with its own entries, to that of
/// a few busy ones. An entry takes about a kilobyte.
const HEAD_BYTES: usize = 32 << 20;

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { entries: 10_000, bytes: 16 << 20, head_bytes: HEAD_BYTES }
    }
}
