//! Stores a file while it arrives.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest, Md5};

use super::blob_rows;
use super::staged_file::StagedFile;
use crate::library::store::blob_hold::BlobHold;
use crate::library::store::error::StoreError;
use crate::library::store::handle::Store;

/// The length of every chunk of a blob except its last, in bytes.
pub const CHUNK: usize = 256 << 10;

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

/// Why a file could not be stored.
#[derive(Debug)]
pub enum StageError {
    /// All stored bytes together would exceed the limit.
    Full {
        /// The limit in bytes.
        max: u64,
    },
    /// The store failed.
    Store(StoreError),
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StageError::Full { max } => {
                write!(f, "the stored bytes would exceed {max}; `--max-stored-bytes` sets that limit")
            }
            StageError::Store(error) => error.fmt(f),
        }
    }
}

impl From<StoreError> for StageError {
    fn from(error: StoreError) -> StageError {
        StageError::Store(error)
    }
}

impl From<sqlx::Error> for StageError {
    fn from(error: sqlx::Error) -> StageError {
        StageError::Store(error.into())
    }
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
            self.store_chunk(chunk).await?;
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
        let is_first = self.hold.is_none();
        if !rest.is_empty() || is_first {
            self.store_chunk(rest).await?;
        }
        let BlobWriter { store, hold, head, stored, md5, .. } = self;
        let hold = hold.ok_or(StageError::Store(sqlx::Error::WorkerCrashed.into()))?;
        let md5: String = md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut write = store.write(Vec::new()).await?;
        blob_rows::complete_blob(&mut write.tx, hold.blob, stored, &md5).await?;
        write.commit_slice().await?;
        Ok(StagedFile { hold, size: stored, md5, head: head.unwrap_or_default(), file_name, content_type })
    }

    /// Stores one chunk in a transaction of its own. The first one makes the blob.
    async fn store_chunk(&mut self, chunk: Vec<u8>) -> Result<(), StageError> {
        let mut write = self.store.write(Vec::new()).await?;
        let (length, max) = (chunk.len() as u64, self.store.max_stored_bytes);
        if blob_rows::stored_bytes(&mut write.tx).await? + length > max {
            return Err(StageError::Full { max });
        }
        let hold = match &self.hold {
            Some(hold) => hold.clone(),
            None => Arc::new(BlobHold::new(&self.store, blob_rows::insert_blob(&mut write.tx).await?)),
        };
        if !chunk.is_empty() {
            blob_rows::insert_chunk(&mut write.tx, hold.blob, self.stored, &chunk).await?;
            self.head.get_or_insert(chunk.into());
        }
        write.commit_slice().await?;
        self.hold = Some(hold);
        self.stored += length;
        Ok(())
    }
}
