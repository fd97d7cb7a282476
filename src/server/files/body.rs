//! A range of a file as the body of an answer, computed as fast as the client reads it.

use std::convert::Infallible;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::library::placeholder::Placeholder;

/// How many bytes are computed at a time.
const PIECE: u64 = 64 << 10;

/// The rest of a range.
pub struct FileBody {
    file: Arc<Placeholder>,
    range: Range<u64>,
}

impl FileBody {
    /// The bytes of this range.
    pub fn new(file: Arc<Placeholder>, range: Range<u64>) -> FileBody {
        FileBody { file, range }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.range.is_empty() {
            return Poll::Ready(None);
        }
        let end = self.range.end.min(self.range.start + PIECE);
        let piece = self.file.read(self.range.start..end);
        self.range.start = end;
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.range.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.range.end - self.range.start)
    }
}
