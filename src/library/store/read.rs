//! Reading the library: everything that is read through one [`Read`] is of one state of it.
//!
//! In a file that is SQLite's doing: readers see the state in which they began, beside a writer. A private database is
//! shared memory without such states; there a lock keeps a change out during a read, and readers out during a
//! change. The lock is fair: a reader waits for a slice of each change that came before it (see
//! [`super::collections`]), and, if a change is waiting, for the reads before that. The longest read is a listing of all of
//! a large collection, half a second for a million assets.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection};
use tokio::sync::OwnedRwLockReadGuard;

use super::handle::Store;

/// A transaction, for reading a state or for changing it.
pub(super) type Tx<'t> = sqlx::Transaction<'t, Sqlite>;

/// One state of the library, for as long as it is kept. It must not be kept across a wait for anything else.
pub enum Read {
    /// In a transaction.
    File(Tx<'static>),
    /// Under the lock, which does the same.
    Memory(PoolConnection<Sqlite>, OwnedRwLockReadGuard<()>),
}

impl Store {
    /// The present state of the library.
    pub async fn read(&self) -> Result<Read, sqlx::Error> {
        match &self.lock {
            Some(lock) => {
                let unchanged = lock.clone().read_owned().await;
                Ok(Read::Memory(self.pool.acquire().await?, unchanged))
            }
            None => Ok(Read::File(self.pool.begin().await?)),
        }
    }
}

impl Read {
    /// Whether a version guard that is current tells of this very state: no change can be committed meanwhile.
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
