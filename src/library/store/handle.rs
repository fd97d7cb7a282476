//! The handle on the library, and the state that its clones share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard, RwLock, Semaphore};

use super::claim_turns::ClaimTurns;
use super::counts::WorkspaceCounts;
use super::error::StoreError;
use super::file::DatabaseFile;
use super::held_ids::HeldIds;
use super::schema::ProviderIds;
use super::versions::{VersionGuard, Versions};
use crate::library::seen_before::SeenBefore;

/// A handle on the library. Clones share all of its state.
#[derive(Debug, Clone)]
pub struct Store {
    /// The connections of readers.
    pub(super) readers: SqlitePool,
    /// The one connection for changes. Its page cache still has what the change before used.
    pub(super) writer: SqlitePool,
    /// A connection that is never used. A private database lives as long as one connection is open, and the pools
    /// close connections that have failed.
    pub(super) keeper: Arc<OnceCell<SqliteConnection>>,
    /// The lock of a private database. Readers share it; a change holds it alone.
    pub(super) lock: Option<Arc<RwLock<()>>>,
    /// Held by the change in progress, so that there is only one.
    pub(super) writing: Arc<Mutex<()>>,
    /// Held while a large listing is read. That uses a connection for a long time, so only one is read at a time, and
    /// other readers find a free connection.
    pub(super) large_reading: Arc<Mutex<()>>,
    /// Set once the indexes of a private database are made.
    pub(super) indexed: Arc<OnceCell<()>>,
    /// Whether the state at the start of this process is saved. The first change saves it.
    pub(super) began: Arc<AtomicBool>,
    /// Held while unreferenced collections are removed.
    pub(super) removing: Arc<Mutex<()>>,
    pub(super) versions: Arc<Versions>,
    /// How often each workspace was reset, restored or removed.
    pub(super) resets: Arc<Versions>,
    pub(super) counts: WorkspaceCounts,
    pub(super) holds: HeldIds,
    /// The turns of requests with the same idempotency key.
    pub(super) claim_turns: ClaimTurns,
    /// The blobs that requests store.
    pub(super) blob_holds: HeldIds,
    /// Limits how many large workspaces are exported at a time.
    pub(super) exports: Arc<Semaphore>,
    /// The sources from which workspaces were made recently.
    pub(super) sources: Arc<std::sync::Mutex<SeenBefore>>,
    /// Whether other processes may change the database.
    pub(super) is_shared: bool,
    /// The database file. `None` for a private database, and for a file that is only read.
    pub(super) file: Option<Arc<DatabaseFile>>,
    /// The providers. Each has a column of public ids.
    pub(super) ids: ProviderIds,
    /// A collection that is made with at least this many assets gets counts in `tally`.
    pub large: u64,
    /// How many bytes all blobs may have together.
    pub max_stored_bytes: u64,
}

impl Store {
    /// The most that [`max_stored_bytes`](Store::max_stored_bytes) can be for a database in memory: 900 MiB. SQLite holds
    /// a gigabyte of everything there.
    pub const MAX_BYTES_IN_MEMORY: u64 = 900 << 20;

    /// The default of [`max_stored_bytes`](Store::max_stored_bytes): 512 MiB.
    pub const MAX_STORED_BYTES: u64 = 512 << 20;

    /// How many changes there were so far.
    pub fn changes(&self) -> u64 {
        self.versions.changes()
    }

    /// A guard on the current version of a workspace. Take it before reading the workspace.
    pub fn guard(&self, workspace: &str) -> VersionGuard {
        self.versions.guard(workspace)
    }

    /// A guard that is current until the workspace is reset, restored or removed. Take it when a request begins.
    pub fn reset_guard(&self, workspace: &str) -> VersionGuard {
        self.resets.guard(workspace)
    }

    /// Waits until no other large listing is being read. Call it before taking a connection, so that none is idle
    /// during the wait.
    pub async fn large_read(&self) -> OwnedMutexGuard<()> {
        self.large_reading.clone().lock_owned().await
    }

    /// Fails if the library's file was deleted or replaced. SQLite's writes would succeed all the same.
    pub(super) fn check_file(&self) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.check().map_err(StoreError::Replaced))
    }
}
