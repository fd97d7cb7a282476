//! The journal: what clients really sent and what they were answered, in memory, so that a test can ask afterwards.
//! Every request is recorded, so nothing is formatted or masked when that happens, only when somebody looks ([`EntryView`],
//! [`Har`], the line of a [`JournalEntry`]).
//!
//! Each workspace keeps its newest entries, so that no other workspace can push them out. Requests without a known key are
//! kept likewise, for each provider. Two bounds hold for all together: beyond the first, the oldest entries lose their
//! bodies; beyond the second, the oldest entries are dropped. What is lost to a bound is counted, and a verdict that the loss
//! may have changed says so.

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
