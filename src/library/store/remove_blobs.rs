//! Removes the blobs that nothing refers to and nobody holds.

use sqlx::{Row, SqliteConnection};

use super::error::StoreError;
use super::handle::Store;
use super::rows::json;
use super::write::Write;

/// How many chunks one transaction removes at most: half a millisecond.
const SLICE: i64 = 4;

/// How many blobs one transaction removes at most.
const BLOBS: i64 = 100;

impl Store {
    /// Removes the blobs that nothing refers to, if there are any, in a task of its own: those of a process that was
    /// killed, for example. Call it only once the library is loaded, since it may change the database.
    pub fn remove_unreferenced_blobs(&self) {
        let store = self.clone();
        tokio::spawn(async move {
            let found = async { store.has_unreferenced_blobs(&mut *store.read().await?).await };
            match found.await {
                Ok(true) => store.remove_released().await,
                Ok(false) => {}
                Err(error) => tracing::debug!(%error, "it is not known whether there are bytes to remove"),
            }
        });
    }

    /// Whether there are blobs that nothing refers to and nobody holds.
    pub(super) async fn has_unreferenced_blobs(&self, read: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM blob WHERE refs = 0 AND seq NOT IN (SELECT value FROM json_each(?)))";
        sqlx::query(sql).bind(self.blob_holds.json()).fetch_one(read).await?.try_get(0)
    }
}

impl Write {
    /// Whether there are blobs that nothing refers to and nobody holds.
    pub(super) async fn has_unreferenced_blobs(&mut self) -> Result<bool, StoreError> {
        Ok(self.store.has_unreferenced_blobs(&mut self.tx).await?)
    }

    /// Removes such blobs, but at most one slice of their chunks. Returns whether there are more to remove.
    pub(super) async fn remove_blob_slice(&mut self) -> Result<bool, StoreError> {
        let found = "SELECT seq FROM blob WHERE refs = 0 AND seq NOT IN (SELECT value FROM json_each(?)) LIMIT ?";
        let found = sqlx::query(found).bind(self.store.blob_holds.json()).bind(BLOBS).fetch_all(&mut *self.tx).await?;
        if found.is_empty() {
            return Ok(false);
        }
        let found = json(&found.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?);
        let places = "DELETE FROM blob_chunk WHERE (blob, start) IN (\n\
                      SELECT p.blob, p.start FROM json_each(?) f CROSS JOIN blob_chunk p ON p.blob = f.value LIMIT ?)\n\
                      RETURNING chunk";
        let freed = sqlx::query(places).bind(&found).bind(SLICE).fetch_all(&mut *self.tx).await?;
        let freed = freed.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
        let chunks = "DELETE FROM chunk AS c WHERE seq IN (SELECT value FROM json_each(?))\n\
                      AND NOT EXISTS (SELECT 1 FROM blob_chunk WHERE chunk = c.seq)";
        sqlx::query(chunks).bind(json(&freed)).execute(&mut *self.tx).await?;
        let emptied = "DELETE FROM blob AS b WHERE seq IN (SELECT value FROM json_each(?))\n\
                       AND NOT EXISTS (SELECT 1 FROM blob_chunk WHERE blob = b.seq)";
        sqlx::query(emptied).bind(&found).execute(&mut *self.tx).await?;
        self.has_unreferenced_blobs().await
    }
}
