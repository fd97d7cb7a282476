//! The database file on the disk. After the file was deleted or replaced, SQLite still writes to the old one, and
//! those writes are lost when the process ends. So changes are refused from then on.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The space on the disk that uploads leave free, in bytes. SQLite needs some for every change, also for one that removes
/// what is stored.
const RESERVE: u64 = 4 << 20;

/// The database file, identified when it was opened.
#[derive(Debug)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    identity: Identity,
    /// The identity of its write-ahead log, once SQLite has made one.
    log: OnceLock<Identity>,
}

impl DatabaseFile {
    /// Records which file is at the path, and makes an empty one if there is none. Call it before SQLite opens the
    /// file: on POSIX systems, closing a second handle releases the locks that SQLite holds.
    pub(super) fn open(path: &Path) -> io::Result<DatabaseFile> {
        let file = File::options().append(true).create(true).open(path)?;
        Ok(DatabaseFile { path: path.to_owned(), identity: identity(&file.metadata()?), log: OnceLock::new() })
    }

    /// Records which write-ahead log there is. It stays as long as a connection is open.
    pub(super) fn note_log(&self) {
        if let Ok(log) = fs::metadata(self.log_path()) {
            let _ = self.log.set(identity(&log));
        }
    }

    /// The path of the log. SQLite puts it beside the file itself, not beside a link to the file.
    fn log_path(&self) -> PathBuf {
        let mut path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone()).into_os_string();
        path.push("-wal");
        path.into()
    }

    /// Whether the disk has more space left than the reserve. If the system cannot tell, this is true and leaves the error
    /// to SQLite.
    pub(super) fn has_space(&self) -> bool {
        fs4::available_space(&self.path).map_or(true, |left| left > RESERVE)
    }

    /// Fails if the path now leads to another file, or to none. If the system cannot tell, this succeeds and leaves
    /// the error to SQLite.
    pub(super) fn check(&self) -> Result<(), ReplacedFile> {
        let is_gone = |error: io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        let is_same = |path: &Path, noted: Identity| match fs::metadata(path) {
            Ok(found) => identity(&found) == noted,
            Err(error) => !is_gone(error),
        };
        let has_log = self.log.get().is_none_or(|noted| is_same(&self.log_path(), *noted));
        if has_log && is_same(&self.path, self.identity) { Ok(()) } else { Err(ReplacedFile(self.path.clone())) }
    }
}

/// Device and inode. SQLite keeps the file open, so no other file can get its inode.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(file: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

/// When the file was created. The standard library does not offer a file's index on Windows, and there nobody can
/// delete or rename a file that SQLite has open.
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
            "the database file `{}` was deleted or replaced, or its log beside it was, while this server had it open, so nothing is written any more: it would be lost. What was in the file is still served. Save what you need with `GET /_emulator/workspaces/{{id}}/fixture`, then start the server again",
            self.0.display()
        )
    }
}

impl std::error::Error for ReplacedFile {}
