//! The library: the only place with SQL. One SQLite database, with or without a file, that holds workspaces with their
//! users, keys, projects, folders and assets, in nobody's words. It knows that each provider has a column of public ids;
//! it does not know who the providers are.

mod asset;
mod collections;
mod counts;
mod edit;
mod error;
mod export;
mod file;
mod holds;
mod key;
mod listing;
mod load;
mod lock;
mod open;
mod read;
mod read_only;
mod rows;
mod selection;
mod snapshot;
mod tally;
mod versions;
mod write;

pub use asset::{Asset, fold};
pub use collections::SLICE;
pub use counts::Counts;
pub use error::{Missing, StoreError};
pub use export::{Export, Summary};
pub use file::ReplacedFile;
pub use key::{CollectionVersion, Key, KeyState};
pub use listing::{ListError, View};
pub use load::{NewAsset, NewWorkspace};
pub use lock::DatabaseLock;
pub use open::{DatabaseLocation, OpenError};
pub use read::Read;
pub use selection::{AssetQuery, Direction, Filter, Order, Selection, SortBy, Start, Tie};
pub use snapshot::Snapshot;
pub use versions::VersionGuard;
pub use write::{Template, Write};

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard, RwLock, Semaphore};

use self::counts::WorkspaceCounts;
use self::file::DatabaseFile;
use self::holds::Holds;
use self::versions::Versions;
use crate::library::seen_before::SeenBefore;

/// A transaction, for reading a state or for changing it.
type Tx<'t> = sqlx::Transaction<'t, sqlx::Sqlite>;

/// A handle on the library; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    /// A connection that is never used: a private database lives as long as one is open, and the pool closes those that
    /// have failed.
    keeper: Arc<OnceCell<SqliteConnection>>,
    /// Of a private database: held by readers together, or by one change alone.
    lock: Option<Arc<RwLock<()>>>,
    /// Held by the change under way.
    writing: Arc<Mutex<()>>,
    /// Held by the one who reads a large listing, which takes a connection for long: others find one that is free.
    large_reading: Arc<Mutex<()>>,
    /// Set once a private database has its indexes.
    indexed: Arc<OnceCell<()>>,
    /// Whether the state in which this process began is saved; the first change does it.
    began: Arc<AtomicBool>,
    /// Held by the one who removes collections that nothing refers to.
    removing: Arc<Mutex<()>>,
    versions: Arc<Versions>,
    counts: WorkspaceCounts,
    holds: Holds,
    /// Of exports of large workspaces, to be taken for as long as one is under way.
    exports: Arc<Semaphore>,
    /// What workspaces were made from lately.
    sources: Arc<std::sync::Mutex<SeenBefore>>,
    /// Whether another process may change what is read here.
    is_shared: bool,
    /// The file that the library is in, if it is in one.
    file: Option<Arc<DatabaseFile>>,
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
}
