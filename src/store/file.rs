//! The file on the disk that the library was opened in. A file that was deleted or replaced since is still written to by
//! SQLite, and what is written there is lost when the process ends, so changes are refused from then on.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::{Store, StoreError};

/// The database file, as it was when it was opened.
#[derive(Debug)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    identity: Identity,
}

impl DatabaseFile {
    /// Notes which file is there, and makes an empty one if there is none. To be called before SQLite opens the file: on
    /// POSIX systems, closing a second handle would end SQLite's locks.
    pub(super) fn open(path: &Path) -> io::Result<DatabaseFile> {
        let file = File::options().append(true).create(true).open(path)?;
        Ok(DatabaseFile { path: path.to_owned(), identity: identity(&file.metadata()?) })
    }

    /// Fails if the path leads to another file by now, or to none. If the system cannot tell, SQLite finds out.
    pub(super) fn check(&self) -> Result<(), ReplacedFile> {
        let is_gone = |error: io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        let is_same = match fs::metadata(&self.path) {
            Ok(found) => identity(&found) == self.identity,
            Err(error) => !is_gone(error),
        };
        if is_same { Ok(()) } else { Err(ReplacedFile(self.path.clone())) }
    }
}

impl Store {
    /// Refuses to go on if the library's file was deleted or replaced. What SQLite says of a write does not show it.
    pub(super) fn check_file(&self) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.check().map_err(StoreError::Replaced))
    }
}

/// Device and inode. SQLite keeps the file open, so its inode is not given to another one.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(file: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

/// When the file was made. Windows does not let anybody delete or rename a file that SQLite has open, and the standard
/// library does not offer the file's index.
#[cfg(not(unix))]
type Identity = Option<std::time::SystemTime>;

#[cfg(not(unix))]
fn identity(file: &Metadata) -> Identity {
    file.created().ok()
}

/// The database file was deleted or replaced while it was open.
#[derive(Debug)]
pub struct ReplacedFile(PathBuf);

impl fmt::Display for ReplacedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the database file `{}` was deleted or replaced while this server had it open, so nothing is written any more: it would be lost. What was in the file is still served. Save what you need with `GET /_emulator/workspaces/{{id}}/fixture`, then start the server again",
            self.0.display()
        )
    }
}

impl std::error::Error for ReplacedFile {}
