//! Opens the database: private or a file, new or old. It refuses a file that is not ours or that a newer version made.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};
use tokio::sync::Semaphore;

use super::claim_turns::ClaimTurns;
use super::counts::{ChangedCounts, WorkspaceCounts};
use super::file::DatabaseFile;
use super::handle::Store;
use super::held_ids::HeldIds;
use super::kind_counts;
use super::schema::{self, APPLICATION_ID, ProviderIds, SCHEMA};
use super::versions::Invalidation;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// In this process, without a file. It needs no writable directory and ends with the process.
    Memory,
    /// In a file, which is made if it does not exist.
    File(PathBuf),
}

/// How many connections readers have: one for a large listing, and one per core for the others. Each has a thread, so more
/// would gain nothing.
fn reader_connections() -> u32 {
    1 + std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 16) as u32)
}

/// The page cache of each connection to a database in memory, in pages of four kilobytes. It is small, because it holds
/// copies of what is in memory already; SQLite's own cache of 500 pages is not faster here.
const CACHED_PAGES: &str = "20";

/// After how many pages of four kilobytes the write-ahead log is copied into the file. With SQLite's own 1000, an upload
/// keeps a core busy for some milliseconds each time, and a list that waits for this core takes as long. With fewer, the
/// disk is asked to sync more often: here four times as often as with 1000.
const CHECKPOINT_PAGES: &str = "256";

/// How many large workspaces can be exported at a time.
const EXPORTS: usize = 2;

/// How long a request waits for a connection. A connection is in use for one slice, or for a large listing, of which
/// one is read at a time, so in practice the wait is short. An answer that is late is better than an error.
const ACQUIRE: Duration = Duration::from_secs(3600);

/// How long a statement waits for a lock of another connection.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// Why a database cannot be used.
#[derive(Debug)]
pub enum OpenError {
    /// The file is a database, but not one of ours.
    Foreign(PathBuf),
    /// A newer version of this program made the file.
    Newer {
        /// The file.
        file: PathBuf,
        /// Its newest migration.
        found: i64,
        /// Our newest migration.
        known: i64,
    },
    /// An older version of this program made the file, and it is opened only for reading.
    Older {
        /// The file.
        file: PathBuf,
        /// Its newest migration.
        found: i64,
        /// Our newest migration.
        known: i64,
    },
    /// The file holds no library or an unfinished change, and it is opened only for reading.
    Incomplete(PathBuf),
    /// Another process uses the file.
    InUse {
        /// The file.
        file: PathBuf,
        /// Which process that is, in its own words.
        holder: String,
    },
    /// The file cannot be read.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The error message of the system or of SQLite.
        cause: String,
    },
    /// The file cannot be opened, read or written.
    Unusable {
        /// The file; `None`: a private database.
        file: Option<PathBuf>,
        /// The error message of the system or of SQLite.
        cause: String,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Foreign(file) => write!(
                f,
                "`{}` is not a database of this program; it was left as it is. Name another file with `--database`",
                file.display()
            ),
            OpenError::Newer { file, found, known } => write!(
                f,
                "`{}` was made by a newer version (its schema is {found}, this version knows {known}); it was left as it is. Use that version, or name another file with `--database`",
                file.display()
            ),
            OpenError::Older { file, found, known } => write!(
                f,
                "`{}` was made by an older version (its schema is {found}, this version knows {known}); `assetmock serve --database` brings it up to date. Start that once, then try again",
                file.display()
            ),
            OpenError::Incomplete(file) => write!(
                f,
                "`{}` is not complete: no library is in it yet, or a process was stopped while it wrote there. `assetmock serve --database` completes it, where it can write. Start that once, then try again",
                file.display()
            ),
            OpenError::InUse { file, holder } => write!(
                f,
                "the database `{}` is in use by {holder}. Stop that first, or name another file with `--database`",
                file.display()
            ),
            OpenError::Unreadable { file, cause } => {
                write!(f, "cannot read the database `{}`: {cause}", file.display())
            }
            OpenError::Unusable { file: Some(file), cause } if is_no_room(cause) => write!(
                f,
                "cannot write the database `{}`: the disk is full ({cause}). Make room, or name a file on another disk with `--database`",
                file.display()
            ),
            OpenError::Unusable { file: Some(file), cause } => write!(
                f,
                "cannot use the database `{}`: {cause}. Check that its directory exists and that both are writable, or leave `--database` out",
                file.display()
            ),
            OpenError::Unusable { file: None, cause } => write!(f, "cannot make a private database: {cause}"),
        }
    }
}

impl std::error::Error for OpenError {}

/// Whether SQLite or the system says that a disk is full.
fn is_no_room(cause: &str) -> bool {
    cause.contains("disk is full") || cause.contains("No space left") || cause.contains("not enough space")
}

impl OpenError {
    /// The error of a database that failed while a new library was written into it.
    pub fn writing(place: &DatabaseLocation, cause: &sqlx::Error) -> OpenError {
        let file = if let DatabaseLocation::File(file) = place { Some(file.clone()) } else { None };
        OpenError::Unusable { file, cause: cause.to_string() }
    }
}

impl Store {
    /// Opens the database and brings its schema up to date, with a column of public ids for each of these providers.
    pub async fn open(place: &DatabaseLocation, ids: ProviderIds) -> Result<Store, OpenError> {
        let file = match place {
            DatabaseLocation::Memory => None,
            DatabaseLocation::File(file) => Some(file.clone()),
        };
        if let Some(file) = file.as_deref().filter(|file| std::fs::metadata(file).is_ok_and(|meta| meta.len() > 0)) {
            inspect(file).await?;
        }
        let unusable = |cause: &dyn fmt::Display| OpenError::Unusable { file: file.clone(), cause: cause.to_string() };
        let opened = file.as_deref().map(DatabaseFile::open).transpose().map_err(|error| unusable(&error))?;
        // A connection is closed only with the store: not because of its age, and not when a request is dropped while
        // its connection is tested.
        let pool_options = SqlitePoolOptions::new()
            .acquire_timeout(ACQUIRE)
            .after_release(|connection, _| Box::pin(is_usable(connection)))
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false);
        let options = options(place);
        let readers = pool_options.clone().max_connections(reader_connections()).connect_lazy_with(options.clone());
        let writer = pool_options.max_connections(1).connect_lazy_with(options);
        let mut connection = writer.acquire().await.map_err(|error| unusable(&error))?;
        let prepared = match place {
            DatabaseLocation::Memory => schema::prepare_private(&mut connection, ids).await,
            DatabaseLocation::File(_) => schema::prepare_file(&mut connection, ids).await,
        };
        prepared.map_err(|error| unusable(&error))?;
        let store = Store {
            lock: opened.is_none().then(Arc::default),
            is_shared: false,
            file: opened.map(Arc::new),
            writer,
            ..Store::over(readers, ids)
        };
        if store.file.is_some() {
            let changed_counts = ChangedCounts::read(&mut connection, &Invalidation::Everything).await;
            store.counts.apply(&Invalidation::Everything, changed_counts.map_err(|error| unusable(&error))?);
            drop(connection);
            store.open_all().await.map_err(|error| unusable(&error))?;
        }
        Ok(store)
    }

    /// Reads with every connection of readers while the file exists: a connection opens the file and its log when it
    /// first reads. If the file is deleted later, its content can still be served.
    pub(super) async fn open_all(&self) -> Result<(), sqlx::Error> {
        let mut all = Vec::new();
        for _ in 0..reader_connections() {
            let mut connection = self.readers.acquire().await?;
            sqlx::query("SELECT 1 FROM world").fetch_optional(&mut *connection).await?;
            all.push(connection);
        }
        self.file.iter().for_each(|file| file.note_log());
        Ok(())
    }

    /// A library behind these connections, in a file that other processes may change. Without a connection of its own for
    /// changes, it makes them with these.
    pub(super) fn over(readers: SqlitePool, ids: ProviderIds) -> Store {
        Store {
            writer: readers.clone(),
            readers,
            keeper: Arc::default(),
            lock: None,
            writing: Arc::default(),
            large_reading: Arc::default(),
            indexed: Arc::default(),
            began: Arc::default(),
            removing: Arc::default(),
            versions: Arc::default(),
            resets: Arc::default(),
            counts: WorkspaceCounts::default(),
            holds: HeldIds::default(),
            claim_turns: ClaimTurns::default(),
            blob_holds: HeldIds::default(),
            exports: Arc::new(Semaphore::new(EXPORTS)),
            sources: Arc::default(),
            is_shared: true,
            file: None,
            ids,
            large: kind_counts::LARGE,
            max_stored_bytes: Store::MAX_STORED_BYTES,
        }
    }

    /// Waits for work in progress and closes the file. The last connection moves the write-ahead log into it.
    pub async fn close(&self) {
        // From here on, no change can begin.
        let writer = self.writer.close();
        self.readers.close().await;
        writer.await;
    }
}

fn options(place: &DatabaseLocation) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .busy_timeout(BUSY)
        .create_if_missing(true)
        .synchronous(SqliteSynchronous::Normal)
        // There may be no directory for temporary files: a container image made from scratch has none.
        .pragma("temp_store", "MEMORY")
        .log_statements(log::LevelFilter::Off)
        .log_slow_statements(log::LevelFilter::Off, Duration::ZERO);
    match place {
        DatabaseLocation::Memory => {
            // All connections of this process share a database whose name begins with a slash
            // (https://sqlite.org/inmemorydb.html).
            static NEXT: AtomicU64 = AtomicU64::new(0);
            let name = format!("/assetmock-{}", NEXT.fetch_add(1, Relaxed));
            options.vfs("memdb").filename(name).pragma("cache_size", CACHED_PAGES)
        }
        // A connection that is opened later must not make a new file where ours was deleted.
        DatabaseLocation::File(file) => {
            options.filename(file).create_if_missing(false).pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        }
    }
}

/// Whether a connection can be used again. SQLite ends a transaction by itself when, for example, the disk is full,
/// but sqlx believes that it is still open; such a connection is closed.
async fn is_usable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // The rollback of a dropped transaction is done before the ping is answered.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Refuses a file that is not ours or too new, without changing a byte of it.
async fn inspect(file: &Path) -> Result<(), OpenError> {
    let unusable =
        |cause: &dyn fmt::Display| OpenError::Unusable { file: Some(file.to_owned()), cause: cause.to_string() };
    if !is_marked(file).map_err(|error| unusable(&error))? {
        return Err(OpenError::Foreign(file.to_owned()));
    }
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(BUSY);
    let found = match newest_migration(&options.clone().read_only(true)).await {
        // The process that wrote last was killed, and SQLite must be able to write to repair the file before it is
        // read.
        Err(error) if is_unfinished(&error) => newest_migration(&options).await,
        outcome => outcome,
    };
    let found = found.map_err(|error| unusable(&error))?;
    if found > SCHEMA { Err(OpenError::Newer { file: file.to_owned(), found, known: SCHEMA }) } else { Ok(()) }
}

/// Whether the first bytes are those of a database with our application id. SQLite is not asked: it finishes an
/// unfinished change before it reads a file, and we must not write to a file that is not ours.
pub(super) fn is_marked(file: &Path) -> io::Result<bool> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    const MARK: usize = 68; // https://www.sqlite.org/fileformat.html#the_database_header
    let mut header = [0; MARK + 4];
    match File::open(file)?.read_exact(&mut header) {
        Ok(()) => Ok(header.starts_with(MAGIC) && header[MARK..] == APPLICATION_ID.to_be_bytes()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether SQLite fails only because it may not write: it has to apply a rollback journal or a write-ahead log first.
pub(super) fn is_unfinished(error: &sqlx::Error) -> bool {
    const ROLLBACK: &str = "776"; // SQLITE_READONLY_ROLLBACK
    const RECOVERY: &str = "264"; // SQLITE_READONLY_RECOVERY
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == ROLLBACK || code == RECOVERY)
}

/// The newest migration of one of our files; 0 if the process was killed before the first.
pub(super) async fn newest_migration(options: &SqliteConnectOptions) -> Result<i64, sqlx::Error> {
    let mut look = options.connect().await?;
    let table = "SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    let found = match sqlx::query(table).fetch_optional(&mut look).await? {
        Some(_) => {
            let newest = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
            sqlx::query(newest).fetch_one(&mut look).await?.try_get(0)?
        }
        None => 0,
    };
    look.close().await?;
    Ok(found)
}
