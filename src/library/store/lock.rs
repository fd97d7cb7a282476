//! The lock of a database file: only one server, or one `generate`, uses it at a time. A server keeps much of the
//! library in memory and does not see what another process writes.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::open::OpenError;

/// The lock on `FILE.lock`, a file beside the database that says which process holds it. The system releases the lock
/// when the process ends, however it ends; the file stays. The database file itself is left to SQLite, which locks it
/// for moments only.
#[derive(Debug)]
pub struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// Takes the lock for this process. `doing` says what the process does: the address it serves, or its command.
    pub fn take(database: &Path, doing: &str) -> Result<DatabaseLock, OpenError> {
        let unusable = |cause: String| OpenError::Unusable { file: Some(database.to_owned()), cause };
        let path = beside(database).map_err(|error| unusable(error.to_string()))?;
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(|error| unusable(format!("`{}`: {error}", path.display())))?;
        match file.try_lock() {
            // If writing this process's name fails, the lock is held all the same.
            Ok(()) => drop(write_holder(&mut file, doing)),
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { file: database.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(cause)) => tracing::warn!(
                %cause,
                file = %path.display(),
                "cannot lock this file: make sure yourself that no other process serves the same database"
            ),
        }
        Ok(DatabaseLock { _file: file })
    }
}

/// The path of the lock file. An empty database is made if there is none: several paths can lead to a database, and
/// only a file that exists has one real name.
fn beside(database: &Path) -> io::Result<PathBuf> {
    File::options().append(true).create(true).open(database)?;
    let mut name = fs::canonicalize(database)?.into_os_string();
    name.push(".lock");
    Ok(name.into())
}

fn write_holder(file: &mut File, doing: &str) -> io::Result<()> {
    let host = hostname::get()?;
    file.set_len(0)?;
    writeln!(file, "process {} on host {}, {doing}", std::process::id(), host.display())
}

/// Which process holds the lock, as it wrote itself. Windows does not let others read a locked file.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "another process".to_owned(),
    }
}
