//! The handle on the library, and what its clones share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard, RwLock, Semaphore};

use super::counts::WorkspaceCounts;
use super::error::StoreError;
use super::file::DatabaseFile;
use super::holds::Holds;
use super::versions::{VersionGuard, Versions};
use crate::library::seen_before::SeenBefore;

/// A handle on the library; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) pool: SqlitePool,
    /// A connection that is never used: a private database lives as long as one is open, and the pool closes those that
    /// have failed.
    pub(super) keeper: Arc<OnceCell<SqliteConnection>>,
    /// Of a private database: held by readers together, or by one change alone.
    pub(super) lock: Option<Arc<RwLock<()>>>,
    /// Held by the change under way.
    pub(super) writing: Arc<Mutex<()>>,
    /// Held by the one who reads a large listing, which takes a connection for long: others find one that is free.
    pub(super) large_reading: Arc<Mutex<()>>,
    /// Set once a private database has its indexes.
    pub(super) indexed: Arc<OnceCell<()>>,
    /// Whether the state in which this process began is saved; the first change does it.
    pub(super) began: Arc<AtomicBool>,
    /// Held by the one who removes collections that nothing refers to.
    pub(super) removing: Arc<Mutex<()>>,
    pub(super) versions: Arc<Versions>,
    pub(super) counts: WorkspaceCounts,
    pub(super) holds: Holds,
    /// Of exports of large workspaces, to be taken for as long as one is under way.
    pub(super) exports: Arc<Semaphore>,
    /// What workspaces were made from lately.
    pub(super) sources: Arc<std::sync::Mutex<SeenBefore>>,
    /// Whether another process may change what is read here.
    pub(super) is_shared: bool,
    /// The file that the library is in, if it is in one.
    pub(super) file: Option<Arc<DatabaseFile>>,
    /// A collection that is made with so many assets has a tally.
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

    /// A turn to read a large listing, to be waited for before a connection is taken.
    pub async fn large_read(&self) -> OwnedMutexGuard<()> {
        self.large_reading.clone().lock_owned().await
    }

    /// Refuses to go on if the library's file was deleted or replaced. What SQLite says of a write does not show it.
    pub(super) fn check_file(&self) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.check().map_err(StoreError::Replaced))
    }
}
