//! Opening the database: private or a file, new or old, and never one that is not ours or newer than we are.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqlSafeStr};

use super::Store;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this process, without a file. It needs no writable directory and ends with the process.
    Private,
    /// In a file, made if need be.
    File(PathBuf),
}

/// Marks a file as ours: "asmk" as SQLite's application id.
const APPLICATION_ID: i32 = 0x6173_6d6b;

/// How many connections there are. A database without a file *is* its connection, which the pool never drops. Of a file,
/// SQLite reads in parallel, and each connection has a thread, so more than there are cores gain nothing.
fn connections(place: &Place) -> u32 {
    match place {
        Place::Private => 1,
        Place::File(_) => std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 16) as u32),
    }
}

/// How long a statement waits for another's lock.
const BUSY: Duration = Duration::from_secs(10);

/// The name of migrations that only make indexes.
const INDEXES: &str = "indexes";

/// The migrations that make indexes, or those that make anything else, as one text.
pub(super) fn schema(indexes: bool) -> String {
    MIGRATIONS.iter().filter(|(_, name, _)| (*name == INDEXES) == indexes).map(|(_, _, sql)| *sql).collect()
}

/// The files in `migrations/`, in order: version, name, text. Once released they are never edited; a change is a new file
/// and a line here.
const MIGRATIONS: [(i64, &str, &str); 2] = [
    (1, "library", include_str!("../../migrations/0001_library.sql")),
    (2, INDEXES, include_str!("../../migrations/0002_indexes.sql")),
];

fn migrator() -> Migrator {
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.map(migration).into())
}

/// Why a database cannot be used.
#[derive(Debug)]
pub enum OpenError {
    /// The file is a database, but not one of ours.
    Foreign(PathBuf),
    /// A later version of this program made the file.
    Newer {
        /// The file.
        file: PathBuf,
        /// Its newest migration.
        found: i64,
        /// Our newest migration.
        known: i64,
    },
    /// The file cannot be opened, read or written.
    Unusable {
        /// The file; `None`: a private database.
        file: Option<PathBuf>,
        /// What SQLite said.
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

impl Store {
    /// Opens the database and brings its schema up to date.
    pub async fn open(place: &Place) -> Result<Store, OpenError> {
        let file = match place {
            Place::Private => None,
            Place::File(file) => Some(file.clone()),
        };
        if let Some(file) = file.as_deref().filter(|file| std::fs::metadata(file).is_ok_and(|meta| meta.len() > 0)) {
            inspect(file).await?;
        }
        let unusable = |cause: &dyn fmt::Display| OpenError::Unusable { file: file.clone(), cause: cause.to_string() };
        // A connection ends with the store only: neither for its age, nor with a request that is dropped while it is tested.
        let pool = SqlitePoolOptions::new()
            .max_connections(connections(place))
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options(place));
        let mut connection = pool.acquire().await.map_err(|error| unusable(&error))?;
        let mark = format!("PRAGMA application_id = {APPLICATION_ID};");
        let script = match place {
            // Always new and gone with the process: no version will ever be asked of it. Indexes follow the first load.
            Place::Private => schema(false) + &mark,
            Place::File(_) => {
                migrator().run(&mut *connection).await.map_err(|error| unusable(&error))?;
                mark
            }
        };
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(&mut *connection).await;
        done.map_err(|error| unusable(&error))?;
        drop(connection);
        Ok(Store { pool, writing: Arc::default(), began: Arc::default(), is_file: file.is_some() })
    }

    /// Finishes what is under way and lets the file go; the last connection moves the write-ahead log into it.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn options(place: &Place) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .busy_timeout(BUSY)
        .create_if_missing(true)
        .synchronous(SqliteSynchronous::Normal)
        // There may be no directory for temporary files: an image made from scratch has none.
        .pragma("temp_store", "MEMORY")
        .log_statements(log::LevelFilter::Off)
        .log_slow_statements(log::LevelFilter::Off, Duration::ZERO);
    match place {
        Place::Private => options.filename(":memory:"),
        Place::File(file) => options.filename(file),
    }
}

/// Refuses a file that is not ours or too new, without changing a byte of it.
async fn inspect(file: &Path) -> Result<(), OpenError> {
    let unusable = |error: sqlx::Error| OpenError::Unusable { file: Some(file.to_owned()), cause: error.to_string() };
    let mut look = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .busy_timeout(BUSY)
        .connect()
        .await
        .map_err(unusable)?;
    let id: i32 = match sqlx::query("PRAGMA application_id").fetch_one(&mut look).await {
        Ok(row) => row.try_get(0).map_err(unusable)?,
        Err(_) => return Err(OpenError::Foreign(file.to_owned())),
    };
    if id != APPLICATION_ID {
        return Err(OpenError::Foreign(file.to_owned()));
    }
    let found = newest_migration(&mut look).await.map_err(unusable)?;
    let known = MIGRATIONS.iter().map(|(version, _, _)| *version).max().unwrap_or_default();
    look.close().await.map_err(unusable)?;
    if found > known { Err(OpenError::Newer { file: file.to_owned(), found, known }) } else { Ok(()) }
}

async fn newest_migration(look: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations").fetch_one(look).await?.try_get(0)
}
