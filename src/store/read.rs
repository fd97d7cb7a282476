//! Reading the library: everything that is read through one [`Read`] is of one state of it.
//!
//! In a file that is SQLite's doing: readers see the state in which they began, beside a writer. A private database is
//! shared memory without such states; there a lock keeps a change out while somebody reads, and readers out while
//! somebody changes. Both are short: what takes long is cut into slices (see [`super::write`]). The lock is fair, so the
//! longest wait is one slice of each change that came before.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection};
use tokio::sync::OwnedRwLockReadGuard;

use super::{Store, Tx};

/// One state of the library, for as long as it is kept. It must not be kept across a wait for anything else.
pub struct Read {
    connection: Connection,
    unchanged: Option<OwnedRwLockReadGuard<()>>,
}

enum Connection {
    /// In a transaction.
    File(Tx<'static>),
    /// Under the lock, which does the same.
    Memory(PoolConnection<Sqlite>),
}

impl Store {
    /// The present state of the library.
    pub async fn read(&self) -> Result<Read, sqlx::Error> {
        match &self.lock {
            Some(lock) => {
                let unchanged = Some(lock.clone().read_owned().await);
                let connection = Connection::Memory(self.pool.acquire().await?);
                Ok(Read { connection, unchanged })
            }
            None => Ok(Read { connection: Connection::File(self.pool.begin().await?), unchanged: None }),
        }
    }
}

impl Read {
    /// Whether a version guard that is current tells of this very state: no change can be committed meanwhile.
    pub fn is_locked(&self) -> bool {
        self.unchanged.is_some()
    }
}

impl Deref for Read {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match &self.connection {
            Connection::File(tx) => tx,
            Connection::Memory(connection) => connection,
        }
    }
}

impl DerefMut for Read {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match &mut self.connection {
            Connection::File(tx) => tx,
            Connection::Memory(connection) => connection,
        }
    }
}
