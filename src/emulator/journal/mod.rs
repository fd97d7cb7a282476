//! The request journal: the requests of clients and the responses to them, in memory, for tests to check afterwards. To
//! keep recording cheap, entries are formatted and redacted only when they are shown ([`EntryView`], [`Har`],
//! [`LogLine`]).
//!
//! The number of entries is bounded for each workspace, so that a busy workspace does not evict the entries of others;
//! and in the same way for each provider's requests without a known key. Two bounds hold for all together: at the
//! first, the oldest entries lose their bodies; at the second, the oldest entries are evicted. Evictions are counted,
//! and `verify` reports if they may have changed its result.

mod body_bytes;
mod bounds;
mod check;
mod entry;
mod filter;
mod har;
mod journal_store;
mod lost;
mod ring;
mod stats;
mod verify;
mod view;

pub use bounds::Bounds;
pub use check::InvalidFilter;
pub use entry::{BODY_CAP, Body, Diagnostics, HANDSHAKE, JournalEntry, PackedHeaders, RequestTarget};
pub use filter::{Filter, StatusIs};
pub use har::Har;
pub use journal_store::Journal;
pub use lost::Lost;
pub use stats::Stats;
pub use verify::{Count, Expectation, Expectations, ExpectedFaults, Mismatch, NearMiss, VerifyResult};
pub use view::{BodyView, EntryView, Header, LogLine};
