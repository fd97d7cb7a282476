//! Stores a file while it arrives.

use std::sync::Arc;

use bytes::Bytes;

use super::staged_file::StagedFile;
use crate::library::store::blob_hold::BlobHold;
use crate::library::store::blob_rows::{self, BlobSummary, CHUNK, GrowingBlob};
use crate::library::store::handle::Store;
use crate::library::store::stage_error::StageError;
use crate::library::store::write::Write;

/// Takes the bytes of one file. What was stored so far goes when the writer is dropped before [`BlobWriter::finish`].
#[derive(Debug)]
pub struct BlobWriter {
    store: Store,
    growing: GrowingBlob,
    /// Set once the blob exists.
    hold: Option<Arc<BlobHold>>,
    /// The bytes that are not stored yet, fewer than a chunk.
    rest: Vec<u8>,
    /// The first chunk.
    head: Option<Bytes>,
}

impl Store {
    /// Begins to store a file.
    pub fn stage(&self) -> BlobWriter {
        BlobWriter { store: self.clone(), growing: GrowingBlob::default(), hold: None, rest: Vec::new(), head: None }
    }
}

impl BlobWriter {
    /// Takes the next bytes, and stores every chunk that is complete.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), StageError> {
        self.growing.hash(bytes);
        while self.rest.len() + bytes.len() >= CHUNK {
            let (missing, following) = bytes.split_at(CHUNK - self.rest.len());
            self.rest.extend_from_slice(missing);
            let chunk = std::mem::take(&mut self.rest);
            let mut write = self.write_with_room(chunk.len()).await?;
            let blob = self.growing.append(&mut write.tx, &chunk).await?;
            self.keep(write, blob, chunk).await?;
            bytes = following;
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }

    /// Stores what is left. The file has this name and type, as far as the client says.
    pub async fn finish(
        mut self,
        file_name: Option<String>,
        content_type: Option<String>,
    ) -> Result<StagedFile, StageError> {
        let rest = std::mem::take(&mut self.rest);
        let mut write = self.write_with_room(rest.len()).await?;
        let BlobSummary { blob, size, md5 } = self.growing.finish(&mut write.tx, &rest).await?;
        let hold = self.keep(write, blob, rest).await?;
        Ok(StagedFile { hold, size, md5, head: self.head.unwrap_or_default(), file_name, content_type })
    }

    /// Commits a chunk of the blob, which is held from the first one on.
    async fn keep(&mut self, write: Write, blob: i64, chunk: Vec<u8>) -> Result<Arc<BlobHold>, StageError> {
        let hold = self.hold.get_or_insert_with(|| Arc::new(BlobHold::new(&self.store, blob))).clone();
        write.commit_slice().await?;
        self.head.get_or_insert_with(|| chunk.into());
        Ok(hold)
    }

    /// Begins a change in which so many bytes can be stored. If there is no room for them, bytes that nothing refers to
    /// are removed first.
    async fn write_with_room(&self, length: usize) -> Result<Write, StageError> {
        let max = self.store.max_stored_bytes;
        let mut write = self.store.write(Vec::new()).await?;
        while blob_rows::stored_bytes(&mut write.tx).await? + length as u64 > max {
            if !write.has_unreferenced_blobs().await? {
                return Err(StageError::Full { max });
            }
            write.remove_blob_slice().await?;
            write = write.next_slice().await?;
        }
        Ok(write)
    }
}
