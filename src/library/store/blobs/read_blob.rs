//! Reads stored bytes back.

use bytes::Bytes;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::library::store::blob_rows::BlobSummary;
use crate::library::store::error::StoreError;
use crate::library::store::handle::Store;

/// Reads a row of the columns `seq`, `size` and `md5`.
fn summary(row: &SqliteRow) -> Result<BlobSummary, sqlx::Error> {
    Ok(BlobSummary { blob: row.try_get(0)?, size: row.try_get::<i64, _>(1)?.unsigned_abs(), md5: row.try_get(2)? })
}

/// The blob of the asset with this row id, if it was given bytes.
pub async fn blob_of_asset(connection: &mut SqliteConnection, asset: i64) -> Result<Option<BlobSummary>, sqlx::Error> {
    let sql = "SELECT b.seq, b.size, b.md5 FROM asset a JOIN blob b ON b.seq = a.blob WHERE a.seq = ?";
    sqlx::query(sql).bind(asset).fetch_optional(connection).await?.map(|row| summary(&row)).transpose()
}

impl Store {
    /// The length and tag of a blob; `None` if it is gone.
    pub async fn blob(&self, blob: i64) -> Result<Option<BlobSummary>, StoreError> {
        let mut read = self.read().await?;
        let row = sqlx::query("SELECT seq, size, md5 FROM blob WHERE seq = ?").bind(blob);
        Ok(row.fetch_optional(&mut *read).await?.map(|row| summary(&row)).transpose()?)
    }

    /// The bytes of a blob from this place on, to the end of the chunk that they are in; `None` if there are none, at the
    /// end or because the blob is gone.
    pub async fn read_blob(&self, blob: i64, from: u64) -> Result<Option<Bytes>, StoreError> {
        let sql = "SELECT p.start, c.bytes FROM blob_chunk p JOIN chunk c ON c.seq = p.chunk\n\
                   WHERE p.blob = ?1 AND p.start <= ?2 AND p.start + p.length > ?2 ORDER BY p.start DESC LIMIT 1";
        let mut read = self.read().await?;
        let row = sqlx::query(sql).bind(blob).bind(from.cast_signed()).fetch_optional(&mut *read).await?;
        drop(read);
        let Some(row) = row else { return Ok(None) };
        let start = row.try_get::<i64, _>(0)?.unsigned_abs();
        let bytes = Bytes::from(row.try_get::<Vec<u8>, _>(1)?);
        Ok(Some(bytes.slice((from - start) as usize..)))
    }
}
