//! Reads the library. Everything that is read through one [`Read`] comes from one state of it.
//!
//! In a file, SQLite does this: a transaction sees the state in which it began, while another connection writes. A
//! private database is shared memory, which has no such snapshots. There a lock keeps changes out during a read, and
//! readers out during a change. The lock is fair: a reader waits for one slice of each change that came before it (see
//! [`super::collections`]) and, if a change is waiting, for the reads before that change. The longest read lists all
//! of a large collection, half a second for a million assets.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection};
use tokio::sync::OwnedRwLockReadGuard;

use super::handle::Store;

/// A transaction, for reading a state or for changing it.
pub(super) type Tx<'t> = sqlx::Transaction<'t, Sqlite>;

/// One state of the library, for as long as the value lives. Do not keep it while waiting for anything else.
pub enum Read {
    /// A transaction, for a file.
    File(Tx<'static>),
    /// A connection under the lock, which has the same effect, for a private database.
    Memory(PoolConnection<Sqlite>, OwnedRwLockReadGuard<()>),
}

impl Store {
    /// Begins to read the current state of the library.
    pub async fn read(&self) -> Result<Read, sqlx::Error> {
        match &self.lock {
            Some(lock) => {
                let unchanged = lock.clone().read_owned().await;
                Ok(Read::Memory(self.readers.acquire().await?, unchanged))
            }
            None => Ok(Read::File(self.readers.begin().await?)),
        }
    }
}

impl Read {
    /// Whether no change can be committed while this is held. Then a version guard that is current is about this very
    /// state.
    pub fn is_locked(&self) -> bool {
        matches!(self, Read::Memory(..))
    }
}

impl Deref for Read {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Read::File(tx) => tx,
            Read::Memory(connection, _) => connection,
        }
    }
}

impl DerefMut for Read {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Read::File(tx) => tx,
            Read::Memory(connection, _) => connection,
        }
    }
}
