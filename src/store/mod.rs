//! The library: the only place with SQL. One SQLite database, with or without a file, that holds workspaces with their
//! users, keys, projects, folders and assets, in nobody's words. It knows that each provider has a column of public ids;
//! it does not know who the providers are.

mod asset;
mod edit;
mod error;
mod export;
mod key;
mod listing;
mod load;
mod open;
mod snapshot;
mod write;

pub use asset::{Asset, Status, Visibility, fold};
pub use error::{Missing, StoreError};
pub use export::{Counts, Summary};
pub use key::{Key, KeyState};
pub use listing::{AssetQuery, Direction, Filter, ListError, Order, Page, SortBy, Start, Tie};
pub use load::{NewAsset, NewWorkspace};
pub use open::{OpenError, Place};
pub use snapshot::Snapshot;
pub use write::{Template, Write};

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sqlx::sqlite::SqlitePool;
use tokio::sync::Mutex;

/// A transaction, for reading a snapshot or for writing.
type Tx<'t> = sqlx::Transaction<'t, sqlx::Sqlite>;

/// A handle on the library; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    /// Held by whoever changes something.
    writing: Arc<Mutex<()>>,
    /// Whether the state in which this process began is saved; the first change sees to it.
    began: Arc<AtomicBool>,
    /// Whether the library is in a file.
    is_file: bool,
}
