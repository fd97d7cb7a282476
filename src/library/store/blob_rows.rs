//! The rows of a blob.

use sqlx::{Row, SqliteConnection};

/// The length of every chunk of a blob except its last, in bytes.
pub const CHUNK: usize = 256 << 10;

/// What is known of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobSummary {
    /// The row id.
    pub blob: i64,
    /// The length in bytes.
    pub size: u64,
    /// The MD5 of the bytes, in lower-case hexadecimal digits. One that was put together from others has no such MD5, but
    /// an MD5 of theirs, a hyphen and their number, as object storage has it.
    pub md5: String,
}

/// How many bytes all blobs have together.
pub async fn stored_bytes(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let row = sqlx::query("SELECT total FROM stored_bytes").fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
}

/// Makes a blob without bytes, and returns its row id.
pub async fn insert_blob(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("INSERT INTO blob DEFAULT VALUES RETURNING seq").fetch_one(connection).await?.try_get(0)
}

/// Appends a chunk to a blob, which has `start` bytes so far.
pub async fn insert_chunk(
    connection: &mut SqliteConnection,
    blob: i64,
    start: u64,
    chunk: Vec<u8>,
) -> Result<(), sqlx::Error> {
    let length = chunk.len() as i64;
    let stored = sqlx::query("INSERT INTO chunk (bytes) VALUES (?) RETURNING seq").bind(chunk);
    let row: i64 = stored.fetch_one(&mut *connection).await?.try_get(0)?;
    let place = "INSERT INTO blob_chunk (blob, start, chunk, length) VALUES (?, ?, ?, ?)";
    let place = sqlx::query(place).bind(blob).bind(start.cast_signed()).bind(row).bind(length);
    place.execute(connection).await.map(drop)
}

/// Notes the size and the MD5 of a blob that has all its bytes.
pub async fn complete_blob(
    connection: &mut SqliteConnection,
    blob: i64,
    size: u64,
    md5: &str,
) -> Result<(), sqlx::Error> {
    let sql = "UPDATE blob SET size = ?, md5 = ? WHERE seq = ?";
    sqlx::query(sql).bind(size.cast_signed()).bind(md5).bind(blob).execute(connection).await.map(drop)
}
