//! The library: the only place with SQL. One SQLite database, with or without a file, that holds workspaces with their
//! users, keys, projects, folders and assets, in nobody's words. It knows that each provider has a column of public ids;
//! it does not know who the providers are.

mod asset;
mod export;
mod key;
mod listing;
mod load;
mod open;

pub use asset::{Asset, Status, Visibility, fold};
pub use export::{Counts, ExportError};
pub use key::{Key, KeyState};
pub use listing::{AssetQuery, Direction, Filter, ListError, Order, Page, SortBy, Start, Tie};
pub use load::NewWorkspace;
pub use open::{OpenError, Place};

use sqlx::sqlite::SqlitePool;

/// A transaction, for reading a snapshot or for writing.
type Tx<'t> = sqlx::Transaction<'t, sqlx::Sqlite>;

/// A handle on the library; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    /// Whether the library is in a file.
    is_file: bool,
}
