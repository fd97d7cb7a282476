//! Stores a file while it arrives.

use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest, Md5};
use sqlx::Row;
use tokio::task::JoinHandle;

use super::staged_file::StagedFile;
use crate::library::hex::hex;
use crate::library::store::blob_hold::BlobHold;
use crate::library::store::blob_rows::{self, CHUNK, NewChunk};
use crate::library::store::handle::Store;
use crate::library::store::stage_error::StageError;
use crate::library::store::write::Write;

/// How many bytes are hashed at a time: some hundredths of a millisecond.
const PIECE: usize = 16 << 10;

/// How many free pages of four kilobytes in the file are enough for a chunk: three times as many as it takes.
const FREE_PAGES: i64 = 192;

/// Takes the bytes of one file. One chunk is stored while the next one arrives, in a task of its own. What was stored so
/// far goes when the writer is dropped before [`BlobWriter::finish`].
#[derive(Debug)]
pub struct BlobWriter {
    store: Store,
    /// Set once the first chunk is stored.
    hold: Option<Arc<BlobHold>>,
    /// The chunk that is being stored.
    storing: Option<JoinHandle<Result<Arc<BlobHold>, StageError>>>,
    /// The bytes that are not in a chunk yet.
    rest: Vec<u8>,
    /// The first chunk.
    head: Option<Bytes>,
    /// How many bytes the chunks have.
    length: u64,
    md5: Md5,
}

impl Store {
    /// Begins to store a file.
    pub fn stage(&self) -> BlobWriter {
        let (store, md5) = (self.clone(), Md5::new());
        BlobWriter { store, hold: None, storing: None, rest: Vec::new(), head: None, length: 0, md5 }
    }
}

impl BlobWriter {
    /// Takes the next bytes. Every chunk that is complete is stored once the one before it is.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), StageError> {
        for piece in bytes.chunks(PIECE) {
            self.md5.update(piece);
            // Without this, another thread that wakes up on this core waits for some milliseconds while a client sends
            // without a pause.
            std::thread::yield_now();
        }
        while self.rest.len() + bytes.len() >= CHUNK {
            let (part, following) = bytes.split_at(CHUNK - self.rest.len());
            self.rest.extend_from_slice(part);
            let chunk = std::mem::replace(&mut self.rest, Vec::with_capacity(CHUNK));
            self.begin_chunk(chunk, None).await?;
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
        let md5 = hex(&self.md5.clone().finalize());
        self.begin_chunk(rest, Some(md5.clone())).await?;
        let hold = self.end_chunk().await?.ok_or(sqlx::Error::WorkerCrashed)?;
        let BlobWriter { head, length, .. } = self;
        Ok(StagedFile { hold, size: length, md5, head: head.unwrap_or_default(), file_name, content_type })
    }

    /// Begins to store a chunk, when the one before it is stored.
    async fn begin_chunk(&mut self, chunk: Vec<u8>, md5: Option<String>) -> Result<(), StageError> {
        let hold = self.end_chunk().await?;
        let (start, store) = (self.length, self.store.clone());
        self.length += chunk.len() as u64;
        self.head.get_or_insert_with(|| Bytes::copy_from_slice(&chunk));
        self.storing = Some(tokio::spawn(store_chunk(store, hold, start, chunk, md5)));
        // A task that was just spawned begins only when this one waits.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Waits for the chunk that is being stored. Returns the hold on the blob, if it exists.
    async fn end_chunk(&mut self) -> Result<Option<Arc<BlobHold>>, StageError> {
        if let Some(storing) = &mut self.storing {
            let stored = storing.await.unwrap_or(Err(sqlx::Error::WorkerCrashed.into()));
            self.storing = None;
            self.hold = Some(stored?);
        }
        Ok(self.hold.clone())
    }
}

/// Stores one chunk in a transaction of its own. The first one makes the blob; the last one comes with the MD5 of the
/// file, and can be empty.
async fn store_chunk(
    store: Store,
    hold: Option<Arc<BlobHold>>,
    start: u64,
    chunk: Vec<u8>,
    md5: Option<String>,
) -> Result<Arc<BlobHold>, StageError> {
    let mut write = store.write(Vec::new()).await?;
    while !has_disk_space(&mut write).await? {
        write = make_room(write, StageError::DiskFull).await?;
    }
    let hold = match hold {
        Some(hold) => hold,
        None => Arc::new(BlobHold::new(&store, blob_rows::insert_blob(&mut write.tx).await?)),
    };
    let end = start + chunk.len() as u64;
    if !chunk.is_empty() {
        let chunk = NewChunk::new(hold.blob, start, chunk, store.max_stored_bytes)?;
        while !chunk.insert(&mut write.tx).await? {
            write = make_room(write, StageError::Full { max: store.max_stored_bytes }).await?;
        }
    }
    if let Some(md5) = md5 {
        blob_rows::complete_blob(&mut write.tx, hold.blob, end, &md5).await?;
    }
    write.commit_slice().await?;
    Ok(hold)
}

/// Whether the disk has space for a chunk, or the file itself has, where others were removed.
async fn has_disk_space(write: &mut Write) -> Result<bool, StageError> {
    let Some(file) = &write.store.file else { return Ok(true) };
    if file.has_space() {
        return Ok(true);
    }
    let free = sqlx::query("SELECT freelist_count FROM pragma_freelist_count").fetch_one(&mut *write.tx).await?;
    Ok(free.try_get::<i64, _>(0)? >= FREE_PAGES)
}

/// Removes a slice of what nothing refers to: after a restart, that can be the state at the start before, which the first
/// change replaces. Fails like this if there is nothing to remove, so a loop that makes room ends.
async fn make_room(mut write: Write, failure: StageError) -> Result<Write, StageError> {
    let is_more_released = write.remove_released_slice().await?;
    if !is_more_released && !write.has_unreferenced_blobs().await? {
        return Err(failure);
    }
    write.remove_blob_slice().await?;
    Ok(write.next_slice().await?)
}
