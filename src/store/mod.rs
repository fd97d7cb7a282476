//! The library: the only place with SQL. One SQLite database, with or without a file, that holds workspaces with their
//! users, keys, projects, folders and assets, in nobody's words. It knows that each provider has a column of public ids;
//! it does not know who the providers are.

mod asset;
mod edit;
mod error;
mod export;
mod file;
mod key;
mod listing;
mod load;
mod lock;
mod open;
mod read;
mod rows;
mod selection;
mod snapshot;
mod stamp;
mod tally;
mod write;

pub use asset::{Asset, Status, Visibility, fold};
pub use error::{Missing, StoreError};
pub use export::{Counts, Summary};
pub use file::ReplacedFile;
pub use key::{Edition, Key, KeyState};
pub use listing::{ListError, View};
pub use load::{NewAsset, NewWorkspace};
pub use lock::DatabaseLock;
pub use open::{OpenError, Place};
pub use selection::{AssetQuery, Direction, Filter, Order, Selection, SortBy, Start, Tie};
pub use snapshot::Snapshot;
pub use stamp::{Changed, Seen, Stamp, Step};
pub use write::{Template, Write};

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sqlx::sqlite::SqlitePool;
use tokio::sync::{Mutex, OnceCell};

use self::file::DatabaseFile;
use self::stamp::Stamps;
use crate::glimpsed::Glimpsed;

/// A transaction, for reading a snapshot or for writing.
type Tx<'t> = sqlx::Transaction<'t, sqlx::Sqlite>;

/// A handle on the library; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    /// Held by whoever changes something.
    writing: Arc<Mutex<()>>,
    /// Held by whoever reads a large listing, which takes a connection for long: others find one that is free.
    reading: Arc<Mutex<()>>,
    /// Set once a private database has its indexes.
    indexed: Arc<OnceCell<()>>,
    /// Whether the state in which this process began is saved; the first change sees to it.
    began: Arc<AtomicBool>,
    stamps: Arc<Stamps>,
    /// What workspaces were made from lately.
    sources: Arc<std::sync::Mutex<Glimpsed>>,
    /// The file that the library is in, if it is in one.
    file: Option<Arc<DatabaseFile>>,
    /// A collection that is made with so many assets has a tally.
    pub large: u64,
}

impl Store {
    /// How many changes there were so far.
    pub fn changes(&self) -> u64 {
        self.stamps.changes()
    }

    /// A stamp on a workspace. It is one on what was read before if [`Store::changes`] is what it was before that.
    pub fn stamp(&self, workspace: &str) -> Stamp {
        self.stamps.of(workspace)
    }

    /// The changes to assets that lead from this edition of a workspace to the present one, and a stamp on that; none if
    /// something else has changed, or too much.
    pub fn since(&self, workspace: &str, edition: Edition) -> Option<(Stamp, Vec<Arc<Step>>)> {
        self.stamps.since(workspace, edition)
    }
}
