//! Opens a database file only for reading, as `keys` and `export` do: without migrations and without loading a
//! fixture. It works beside a running server, and where nothing can be written.

use std::fs;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::handle::Store;
use super::open::{BUSY, OpenError, is_marked, is_unfinished, newest_migration};
use super::schema::{ProviderIds, SCHEMA, missing_columns};

impl Store {
    /// Opens a file for reading. It must be complete and of this version's schema.
    pub async fn open_to_read(file: &Path, ids: ProviderIds) -> Result<Store, OpenError> {
        let unusable = |cause: String| OpenError::Unreadable { file: file.to_owned(), cause };
        let incomplete = || OpenError::Incomplete(file.to_owned());
        if fs::metadata(file).map_err(|error| unusable(error.to_string()))?.len() == 0 {
            return Err(incomplete());
        }
        if !is_marked(file).map_err(|error| unusable(error.to_string()))? {
            return Err(OpenError::Foreign(file.to_owned()));
        }
        let mut options = options(file);
        let mut newest = newest_migration(&options).await;
        if newest.as_ref().is_err_and(is_unwritable) && !has_changes_in_log(file) {
            options = options.immutable(true);
            newest = newest_migration(&options).await;
        }
        let store = match newest {
            Ok(found) if found > SCHEMA => {
                return Err(OpenError::Newer { file: file.to_owned(), found, known: SCHEMA });
            }
            Ok(SCHEMA) => Store::over(SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options), ids),
            Ok(0) => return Err(incomplete()),
            Ok(found) => return Err(OpenError::Older { file: file.to_owned(), found, known: SCHEMA }),
            Err(error) if is_unfinished(&error) || is_unwritable(&error) => return Err(incomplete()),
            Err(error) => return Err(unusable(error.to_string())),
        };
        let mut connection = store.readers.acquire().await.map_err(|error| unusable(error.to_string()))?;
        let missing = missing_columns(&mut connection, ids).await.map_err(|error| unusable(error.to_string()))?;
        drop(connection);
        if !missing.is_empty() {
            return Err(incomplete());
        }
        match store.is_loaded().await {
            Ok(true) => Ok(store),
            Ok(false) => Err(incomplete()),
            Err(error) => Err(unusable(error.to_string())),
        }
    }
}

/// `read_only` is not set: such a connection could not finish what a killed process left, nor remove its log when it
/// ends. Where the file or its directory cannot be written, SQLite opens it for reading only by itself.
fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(BUSY)
        .pragma("query_only", "ON")
        .pragma("temp_store", "MEMORY")
}

/// Whether SQLite fails because it cannot make the files of a write-ahead log: on a file system that is mounted
/// read-only, or because it may not write to the directory or the file.
fn is_unwritable(error: &sqlx::Error) -> bool {
    const CANTOPEN: &str = "14"; // SQLITE_CANTOPEN
    const DIRECTORY: &str = "1544"; // SQLITE_READONLY_DIRECTORY
    const CANTINIT: &str = "1288"; // SQLITE_READONLY_CANTINIT
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| [CANTOPEN, DIRECTORY, CANTINIT].contains(&&*code))
}

/// Whether the write-ahead log holds changes that are not in the file yet. If it holds none and nobody can write, the
/// file can be read as one that never changes.
fn has_changes_in_log(file: &Path) -> bool {
    let mut log = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()).into_os_string();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|log| log.len() > 0)
}
