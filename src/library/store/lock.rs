//! The lock of a database file: one server, or one `generate`, at a time. A server keeps much of the library in memory and
//! does not see what another process writes.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::open::OpenError;

/// Holds `FILE.lock`, which stands beside the database and says who has it. The system ends the lock with the process,
/// however that ends; the file stays. SQLite's own file is not locked: SQLite does that itself, and for moments only.
#[derive(Debug)]
pub struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// Takes the lock for this process. `doing` says what for: an address, or a command.
    pub fn take(database: &Path, doing: &str) -> Result<DatabaseLock, OpenError> {
        let unusable = |cause: String| OpenError::Unusable { file: Some(database.to_owned()), cause };
        let path = beside(database).map_err(|error| unusable(error.to_string()))?;
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(|error| unusable(format!("`{}`: {error}", path.display())))?;
        match file.try_lock() {
            // Not to know who has it is no reason not to start.
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

/// The lock file of a database. The database is made if it is not there, since only then its real name is known: several
/// paths can lead to it.
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

/// Who has the lock. Windows does not let others read a locked file.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "another process".to_owned(),
    }
}
