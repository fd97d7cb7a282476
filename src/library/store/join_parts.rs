//! Puts the parts of an upload session together to one file.

use std::sync::Arc;

use md5::{Digest, Md5};
use sqlx::{Row, SqliteConnection};

use super::blob_hold::BlobHold;
use super::blob_rows;
use super::blobs::StagedFile;
use super::edit::collection_of;
use super::error::StoreError;
use super::handle::Store;
use super::rows::json;
use super::upload_session;
use crate::library::hex::{hex, unhex};
use crate::library::upload_session::{UploadPart, UploadSession};

/// How many chunks one transaction joins at most: some milliseconds.
const SLICE: i64 = 1000;

/// The parts of a session as one file.
#[derive(Debug)]
pub struct JoinedParts {
    /// The file.
    pub file: StagedFile,
    /// The row ids of the parts' blobs, as JSON.
    pub blobs: String,
}

impl Store {
    /// Puts the parts of a session together to one file, which shares their chunks: no bytes are copied. Each slice is a
    /// transaction of its own, so that other changes do not wait for the whole. `None` if a part is missing. A part may be
    /// replaced meanwhile, so compare the blobs before you use the file.
    pub async fn join_parts(
        &self,
        workspace: &str,
        session: &UploadSession,
    ) -> Result<Option<JoinedParts>, StoreError> {
        let mut read = self.read().await?;
        let collection = collection_of(&mut read, workspace).await?;
        let parts = upload_session::parts(&mut read, collection, &session.id).await?;
        drop(read);
        let blobs: Option<Vec<i64>> = parts.iter().map(|part| part.blob).collect();
        let Some(blobs) = blobs.filter(|blobs| blobs.len() as u64 == session.parts()) else { return Ok(None) };
        let mut write = self.write(Vec::new()).await?;
        let hold = Arc::new(BlobHold::new(self, blob_rows::insert_blob(&mut write.tx).await?));
        let mut joined = 0;
        // Each turn joins a chunk at least.
        while joined < session.size {
            let before = joined;
            joined = join_slice(&mut write.tx, hold.blob, workspace, session, before).await?;
            if joined == before {
                return Ok(None);
            }
            write = write.next_slice().await?;
        }
        let md5 = md5_of_parts(&parts);
        blob_rows::complete_blob(&mut write.tx, hold.blob, session.size, &md5).await?;
        write.commit_slice().await?;
        let head = self.read_blob(hold.blob, 0).await?.unwrap_or_default();
        let (file_name, content_type) = (session.asset.name.clone(), None);
        let file = StagedFile { hold, size: session.size, md5, head, file_name, content_type };
        Ok(Some(JoinedParts { file, blobs: json(&blobs) }))
    }
}

/// Appends one slice of chunks to a blob that has so many bytes of the session, and returns how many it has then.
async fn join_slice(
    connection: &mut SqliteConnection,
    blob: i64,
    workspace: &str,
    session: &UploadSession,
    joined: u64,
) -> Result<u64, StoreError> {
    // The workspace may have got a copy of its collection since the last slice. A part that was replaced by a longer one
    // must not reach into the next part.
    let collection = collection_of(connection, workspace).await?;
    let chunks = "INSERT INTO blob_chunk (blob, start, chunk, length)\n\
                  SELECT ?1, (u.number - 1) * ?2 + p.start, p.chunk, p.length\n\
                  FROM upload_part u CROSS JOIN blob_chunk p ON p.blob = u.blob\n\
                  WHERE u.collection = ?3 AND u.upload = ?4 AND u.number > ?5 / ?2\n\
                  AND (u.number - 1) * ?2 + p.start >= ?5 AND p.start < ?2\n\
                  ORDER BY u.number, p.start LIMIT ?6";
    let chunks = sqlx::query(chunks).bind(blob).bind(session.part_size.cast_signed()).bind(collection);
    chunks.bind(&session.id).bind(joined.cast_signed()).bind(SLICE).execute(&mut *connection).await?;
    let end = "SELECT start + length FROM blob_chunk WHERE blob = ? ORDER BY start DESC LIMIT 1";
    let end = sqlx::query(end).bind(blob).fetch_optional(connection).await?;
    Ok(end.map_or(Ok(0), |row| row.try_get::<i64, _>(0))?.unsigned_abs())
}

/// The tag that object storage gives a file that was sent in parts: the MD5 of the parts' own, and their number.
fn md5_of_parts(parts: &[UploadPart]) -> String {
    let mut joined = Md5::new();
    parts.iter().for_each(|part| joined.update(unhex(&part.md5)));
    format!("{}-{}", hex(&joined.finalize()), parts.len())
}
