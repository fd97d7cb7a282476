//! The cache in front of the library. A repeated request for a page is answered without the database, and another page
//! of the same listing without reading the whole listing. SQLite is the only source of truth: every entry can be
//! evicted at any time and is then read again.
//!
//! **Contents.** For each recently used key there is an entry (its [`KeyCache`]) with:
//!
//! - the key itself, and the version of its workspace;
//! - *listings*: the row ids of all assets of a selection, in order. An offset is an index and a total is a length, so
//!   the last page costs as much as the first;
//! - *responses*: rendered pages, by query string and by the origin of the URLs on them. For a page that is not cached,
//!   the assets are read by their row ids.
//!
//! The listing of a large collection takes a while to read. So only its first thousand row ids are read, and the total
//! comes from the store's counts per kind; the rest is read when a client asks for a later page.
//!
//! There is also a negative cache of up to a thousand unknown keys. It is valid until anything in the library changes.
//!
//! **Invalidation.** An entry has a [`VersionGuard`](crate::library::store::VersionGuard) on its workspace, taken
//! before anything was read. A change to the workspace or one of its keys makes the guard outdated after the commit and
//! before the client that made the change gets its response. From then on no request is answered from the entry, and
//! the next request makes a new one. A missing listing or page is read in the same transaction
//! ([`Read`](crate::library::store::Read)) as the key; if that shows a newer version than the entry's, it goes into a
//! new entry. No read is ever repeated because of a concurrent change, so a busy writer cannot starve readers.
//!
//! **Eviction.** The number of listings and responses in an entry is bounded, and so is the size of all entries
//! together. At that size outdated entries are evicted, and all entries if that does not free half of it. An evicted
//! entry that a request still uses is freed when the request ends.

mod key_cache;
mod library_cache;

pub use key_cache::{CachedResponse, KeyCache};
pub use library_cache::{Cache, PlannedPage};
