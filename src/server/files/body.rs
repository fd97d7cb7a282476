//! A range of a file as the body of an answer, computed or read from the library as fast as the client reads it.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::library::placeholder::Placeholder;
use crate::library::store::{Store, StoreError};

/// How many bytes are sent at a time.
const PIECE: u64 = 64 << 10;

/// Where the bytes of a file come from.
pub enum FileBytes {
    /// They are computed.
    Placeholder(Arc<Placeholder>),
    /// They are in the library, in chunks.
    Stored {
        /// The library.
        store: Store,
        /// The row id of the blob.
        blob: i64,
        /// The length in bytes.
        size: u64,
    },
}

impl FileBytes {
    /// The length in bytes.
    pub fn length(&self) -> u64 {
        match self {
            FileBytes::Placeholder(placeholder) => placeholder.length(),
            FileBytes::Stored { size, .. } => *size,
        }
    }
}

/// The rest of a range.
pub struct FileBody {
    bytes: FileBytes,
    range: Range<u64>,
    /// What is left of the chunk that was read last.
    chunk: Bytes,
    /// Reads the next chunk. Nothing of the library is held while the client reads one.
    reading: Option<Reading>,
}

type Reading = Pin<Box<dyn Future<Output = Result<Option<Bytes>, StoreError>> + Send>>;

impl FileBody {
    /// The bytes of this range.
    pub fn new(bytes: FileBytes, range: Range<u64>) -> FileBody {
        FileBody { bytes, range, chunk: Bytes::new(), reading: None }
    }

    /// The next piece of the range, which is not empty. An error ends the connection, so that nobody takes what has come
    /// for the whole.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let end = self.range.end.min(self.range.start + PIECE);
        match &self.bytes {
            FileBytes::Placeholder(placeholder) => Poll::Ready(Ok(placeholder.read(self.range.start..end).into())),
            FileBytes::Stored { store, blob, .. } => {
                if self.chunk.is_empty() {
                    let reading = self.reading.get_or_insert_with(|| {
                        let (store, blob, from) = (store.clone(), *blob, self.range.start);
                        Box::pin(async move { store.read_blob(blob, from).await })
                    });
                    let read = ready!(reading.as_mut().poll(cx));
                    self.reading = None;
                    let gone = || io::Error::other("the bytes were deleted while they were read");
                    self.chunk = read.map_err(io::Error::other)?.filter(|chunk| !chunk.is_empty()).ok_or_else(gone)?;
                }
                let length = self.chunk.len().min((end - self.range.start) as usize);
                Poll::Ready(Ok(self.chunk.split_to(length)))
            }
        }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.range.is_empty() {
            return Poll::Ready(None);
        }
        let piece = ready!(self.poll_piece(cx))?;
        self.range.start += piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.range.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.range.end - self.range.start)
    }
}
