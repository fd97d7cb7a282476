//! The rows of a blob.

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Row, SqliteConnection};

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

/// A chunk that is about to be appended to a blob.
pub struct NewChunk {
    // Clones share the bytes, so a chunk can be inserted again after room was made.
    arguments: SqliteArguments,
}

impl NewChunk {
    /// The bytes of a blob from `start` on. All blobs may have `max` bytes together.
    pub fn new(blob: i64, start: u64, bytes: Vec<u8>, max: u64) -> Result<NewChunk, sqlx::Error> {
        let length = bytes.len() as i64;
        let mut arguments = SqliteArguments::default();
        arguments.add(length).map_err(sqlx::Error::Encode)?;
        arguments.add(i64::try_from(max).unwrap_or(i64::MAX)).map_err(sqlx::Error::Encode)?;
        arguments.add(bytes).map_err(sqlx::Error::Encode)?;
        arguments.add(blob).map_err(sqlx::Error::Encode)?;
        arguments.add(start.cast_signed()).map_err(sqlx::Error::Encode)?;
        Ok(NewChunk { arguments })
    }

    /// Appends it if there is room for it. Returns whether there was. It is one query, because each query is a switch to
    /// the thread of the connection and back.
    pub async fn insert(&self, connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        // Without room the value is NULL, which the column does not take, and with `OR IGNORE` no row is added. With
        // `INSERT ... SELECT`, SQLite would copy the bytes once more; and also if they were the first argument, since sqlx
        // binds the first arguments to the numbers that a statement leaves out, here `?2` and `?3` of the second.
        let sql = "INSERT OR IGNORE INTO chunk (bytes)\n\
                   VALUES (CASE WHEN (SELECT total FROM stored_bytes) + ?1 <= ?2 THEN ?3 END);\n\
                   INSERT INTO blob_chunk (length, blob, start, chunk)\n\
                   SELECT ?1, ?4, ?5, last_insert_rowid() WHERE changes() = 1;\n\
                   SELECT changes() = 1";
        sqlx::query_with(sql, self.arguments.clone()).fetch_one(connection).await?.try_get(0)
    }
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
