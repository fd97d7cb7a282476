//! The cache: what is kept of the library in memory, so that a page that was asked for before is answered without the
//! database, and a page beside it without reading its whole listing. SQLite stays the one source of truth: everything here can
//! be dropped at any moment and is read again.
//!
//! **What is kept**, for each key that was used lately (its [`KeyCache`]):
//!
//! - the key itself, and which version of its workspace it opens;
//! - *listings*: the numbers of all assets of a selection, in order. An offset is an index, a count is a length, so the last
//!   page costs what the first does;
//! - *responses*: whole pages by query string. A page that is not kept is put together from the assets of its numbers, which
//!   are read for it.
//!
//! Of a large library, a listing takes a moment to read. Until somebody goes far into it, only its beginning is read and kept,
//! with a total that is counted beforehand.
//!
//! Up to a thousand texts that turned out to be no keys are kept too, until anything in the library changes.
//!
//! **When it is dropped.** An entry carries a [`VersionGuard`](crate::library::store::VersionGuard) on its workspace, taken
//! before anything was read. A change to the workspace or one of its keys makes the guard outdated, after it is committed and
//! before it is acknowledged; from then on no request is answered from the entry, and the next one makes a new entry. What an
//! entry lacks is read together with the key in one [`Read`](crate::library::store::Read), so it is of one state of the
//! library: the entry's, or a newer one that gets an entry of its own. Nothing is read twice because of a change, so a writer
//! cannot keep readers waiting.
//!
//! **How much is kept** is bounded: of each key so many listings and responses, and so many bytes of all together. When what was
//! kept since the last time may come to more, outdated entries are dropped, and everything if that is not enough. What a request
//! still uses is freed when the request ends.

mod key_cache;
mod library_cache;

pub use key_cache::{CachedResponse, KeyCache};
pub use library_cache::{Cache, PlannedPage};
