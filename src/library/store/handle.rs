//! The handle on the library, and what its clones share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard, RwLock, Semaphore};

use super::counts::WorkspaceCounts;
use super::error::StoreError;
use super::file::DatabaseFile;
use super::held_collections::HeldCollections;
use super::schema::ProviderIds;
use super::versions::{VersionGuard, Versions};
use crate::library::seen_before::SeenBefore;

/// A handle on the library; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) pool: SqlitePool,
    /// A connection that is never used: a private database lives as long as one is open, and the pool closes those that
    /// have failed.
    pub(super) keeper: Arc<OnceCell<SqliteConnection>>,
    /// The lock of a private database: readers share it, a change has it alone.
    pub(super) lock: Option<Arc<RwLock<()>>>,
    /// Held by the change under way.
    pub(super) writing: Arc<Mutex<()>>,
    /// Held while a large listing is read. That takes a connection for long, so only one is read at a time, and other
    /// readers find a free connection.
    pub(super) large_reading: Arc<Mutex<()>>,
    /// Set once a private database has its indexes.
    pub(super) indexed: Arc<OnceCell<()>>,
    /// Whether the state at the start of this process is saved. The first change saves it.
    pub(super) began: Arc<AtomicBool>,
    /// Held while collections that nothing refers to are removed.
    pub(super) removing: Arc<Mutex<()>>,
    pub(super) versions: Arc<Versions>,
    pub(super) counts: WorkspaceCounts,
    pub(super) holds: HeldCollections,
    /// Limits how many large workspaces are exported at a time.
    pub(super) exports: Arc<Semaphore>,
    /// The sources from which workspaces were made lately.
    pub(super) sources: Arc<std::sync::Mutex<SeenBefore>>,
    /// Whether another process may change what is read here.
    pub(super) is_shared: bool,
    /// The file that the library is in, if it is in one.
    pub(super) file: Option<Arc<DatabaseFile>>,
    /// The providers, whose public ids have a column each.
    pub(super) ids: ProviderIds,
    /// How many assets a new collection has at least if it gets a tally.
    pub large: u64,
}

impl Store {
    /// How many changes there were so far.
    pub fn changes(&self) -> u64 {
        self.versions.changes()
    }

    /// A guard on the present version of a workspace, to be taken before it is read.
    pub fn guard(&self, workspace: &str) -> VersionGuard {
        self.versions.guard(workspace)
    }

    /// Waits until no other large listing is read. Call it before taking a connection, so that none is kept while waiting.
    pub async fn large_read(&self) -> OwnedMutexGuard<()> {
        self.large_reading.clone().lock_owned().await
    }

    /// Refuses to go on if the library's file was deleted or replaced. What SQLite says of a write does not show it.
    pub(super) fn check_file(&self) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.check().map_err(StoreError::Replaced))
    }
}
