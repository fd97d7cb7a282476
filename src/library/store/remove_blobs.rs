//! Removes the blobs that nothing refers to.

use sqlx::Row;

use super::error::StoreError;
use super::rows::json;
use super::write::Write;

/// How many chunks one transaction removes at most: some milliseconds.
const SLICE: i64 = 32;

/// How many blobs one transaction looks at.
const LOOSE: i64 = 100;

impl Write {
    /// Whether a blob may have lost its last reference.
    pub(super) async fn has_loose_blobs(&mut self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM blob WHERE is_loose AND seq NOT IN (SELECT value FROM json_each(?)))";
        let row = sqlx::query(sql).bind(self.store.blob_holds.json()).fetch_one(&mut *self.tx).await?;
        Ok(row.try_get(0)?)
    }

    /// Removes blobs that nothing refers to, but at most one slice of their chunks. Returns whether there may be more to
    /// remove.
    pub(super) async fn remove_blob_slice(&mut self) -> Result<bool, StoreError> {
        let held = self.store.blob_holds.json();
        let used = "UPDATE blob AS b SET is_loose = 0 WHERE is_loose AND seq NOT IN (SELECT value FROM json_each(?))\n\
                    AND (EXISTS (SELECT 1 FROM asset WHERE blob = b.seq) OR EXISTS (SELECT 1 FROM upload_part WHERE blob = b.seq))";
        sqlx::query(used).bind(&held).execute(&mut *self.tx).await?;
        let loose = "SELECT seq FROM blob WHERE is_loose AND seq NOT IN (SELECT value FROM json_each(?)) LIMIT ?";
        let loose = sqlx::query(loose).bind(&held).bind(LOOSE).fetch_all(&mut *self.tx).await?;
        if loose.is_empty() {
            return Ok(false);
        }
        let loose = loose.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
        let loose = json(&loose);
        let pieces = "DELETE FROM piece WHERE (blob, start) IN (\n\
                      SELECT p.blob, p.start FROM json_each(?) l CROSS JOIN piece p ON p.blob = l.value LIMIT ?)\n\
                      RETURNING chunk";
        let freed = sqlx::query(pieces).bind(&loose).bind(SLICE).fetch_all(&mut *self.tx).await?;
        let freed = freed.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
        let chunks = "DELETE FROM chunk AS c WHERE seq IN (SELECT value FROM json_each(?))\n\
                      AND NOT EXISTS (SELECT 1 FROM piece WHERE chunk = c.seq)";
        sqlx::query(chunks).bind(json(&freed)).execute(&mut *self.tx).await?;
        let emptied = "DELETE FROM blob AS b WHERE seq IN (SELECT value FROM json_each(?))\n\
                       AND NOT EXISTS (SELECT 1 FROM piece WHERE blob = b.seq)";
        sqlx::query(emptied).bind(&loose).execute(&mut *self.tx).await?;
        self.has_loose_blobs().await
    }
}
