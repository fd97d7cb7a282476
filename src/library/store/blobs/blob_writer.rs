//! Stores a file while it arrives.

use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest, Md5};

use super::staged_file::StagedFile;
use crate::library::store::blob_hold::BlobHold;
use crate::library::store::blob_rows::{self, CHUNK};
use crate::library::store::handle::Store;
use crate::library::store::stage_error::StageError;
use crate::library::store::write::Write;

/// Takes the bytes of one file. What was stored so far goes when the writer is dropped before [`BlobWriter::finish`].
#[derive(Debug)]
pub struct BlobWriter {
    store: Store,
    /// Set once the blob exists.
    hold: Option<Arc<BlobHold>>,
    /// The bytes that are not stored yet, fewer than a chunk.
    rest: Vec<u8>,
    /// The first chunk.
    head: Option<Bytes>,
    /// How many bytes are stored.
    stored: u64,
    md5: Md5,
}

impl Store {
    /// Begins to store a file.
    pub fn stage(&self) -> BlobWriter {
        BlobWriter { store: self.clone(), hold: None, rest: Vec::new(), head: None, stored: 0, md5: Md5::new() }
    }
}

impl BlobWriter {
    /// Takes the next bytes, and stores every chunk that is complete.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), StageError> {
        self.md5.update(bytes);
        while self.rest.len() + bytes.len() >= CHUNK {
            let (part, following) = bytes.split_at(CHUNK - self.rest.len());
            self.rest.extend_from_slice(part);
            let chunk = std::mem::take(&mut self.rest);
            self.store_chunk(chunk, None).await?;
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
        let md5: String = self.md5.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let hold = self.store_chunk(rest, Some(&md5)).await?;
        let BlobWriter { head, stored, .. } = self;
        Ok(StagedFile { hold, size: stored, md5, head: head.unwrap_or_default(), file_name, content_type })
    }

    /// Stores one chunk in a transaction of its own. The first one makes the blob; the last one comes with the MD5 of the
    /// file, and can be empty.
    async fn store_chunk(&mut self, chunk: Vec<u8>, md5: Option<&str>) -> Result<Arc<BlobHold>, StageError> {
        let length = chunk.len() as u64;
        let mut write = self.write_with_room(length).await?;
        let hold = match &self.hold {
            Some(hold) => hold.clone(),
            None => Arc::new(BlobHold::new(&self.store, blob_rows::insert_blob(&mut write.tx).await?)),
        };
        if !chunk.is_empty() {
            blob_rows::insert_chunk(&mut write.tx, hold.blob, self.stored, &chunk).await?;
        }
        if let Some(md5) = md5 {
            blob_rows::complete_blob(&mut write.tx, hold.blob, self.stored + length, md5).await?;
        }
        write.commit_slice().await?;
        self.head.get_or_insert_with(|| chunk.into());
        self.hold = Some(hold.clone());
        self.stored += length;
        Ok(hold)
    }

    /// Begins a change in which so many bytes can be stored. If there is no room for them, bytes that nothing refers to
    /// are removed first.
    async fn write_with_room(&self, length: u64) -> Result<Write, StageError> {
        let max = self.store.max_stored_bytes;
        let mut write = self.store.write(Vec::new()).await?;
        while blob_rows::stored_bytes(&mut write.tx).await? + length > max {
            if !write.has_unreferenced_blobs().await? {
                return Err(StageError::Full { max });
            }
            write.remove_blob_slice().await?;
            write = write.next_slice().await?;
        }
        Ok(write)
    }
}
