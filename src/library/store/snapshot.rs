//! What a snapshot is, and the list of snapshots. [`restore`](super::restore) saves and restores them.

use sqlx::Row;

use super::error::StoreError;
use super::handle::Store;
use crate::clock::Micros;

/// A snapshot, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub made_at: Micros,
    /// How many workspaces it holds.
    pub workspaces: i64,
    /// How many assets they hold.
    pub assets: i64,
}

impl Snapshot {
    /// The name of the state at the start of the process. No client's snapshot can have it.
    pub const BEGINNING: &'static str = "";
}

impl Store {
    /// All snapshots, oldest first, except for the one without a name.
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>, StoreError> {
        let sql = "SELECT s.name, s.made_at, (SELECT COUNT(*) FROM saved_workspace w WHERE w.snapshot = s.name),\n\
                   (SELECT COALESCE(SUM(c.assets), 0) FROM saved_workspace w JOIN collection c ON c.seq = w.collection WHERE w.snapshot = s.name)\n\
                   FROM snapshot s WHERE s.name <> '' ORDER BY s.rowid";
        let rows = sqlx::query(sql).fetch_all(&mut *self.read().await?).await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(Snapshot {
                name: row.try_get(0)?,
                made_at: row.try_get(1)?,
                workspaces: row.try_get(2)?,
                assets: row.try_get(3)?,
            })
        };
        rows.iter().map(read).collect()
    }
}
