//! The bytes of an answer: a part that other answers may share, and an end of its own where a vendor writes something
//! into every answer. Neither is copied on its way to the client or into the journal.

use std::borrow::Cow;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The bytes of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseBody {
    shared: Bytes,
    end: Bytes,
}

impl<T: Into<Bytes>> From<T> for ResponseBody {
    fn from(bytes: T) -> ResponseBody {
        ResponseBody { shared: bytes.into(), end: Bytes::new() }
    }
}

impl ResponseBody {
    /// A shared part and the end that follows it.
    pub fn of(shared: Bytes, end: Bytes) -> ResponseBody {
        ResponseBody { shared, end }
    }

    /// A body that no other answer shares.
    pub fn unshared(bytes: Bytes) -> ResponseBody {
        ResponseBody { shared: Bytes::new(), end: bytes }
    }

    /// The part that other answers may share.
    pub fn shared(&self) -> &Bytes {
        &self.shared
    }

    /// The part that belongs to this answer alone.
    pub fn own(&self) -> &Bytes {
        &self.end
    }

    /// The shared part and the answer's own part.
    pub fn into_parts(self) -> (Bytes, Bytes) {
        (self.shared, self.end)
    }

    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.shared.len() + self.end.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All bytes in one piece. They are copied only if both parts have some.
    pub fn whole(&self) -> Cow<'_, [u8]> {
        match (&*self.shared, &*self.end) {
            ([], whole) | (whole, []) => Cow::Borrowed(whole),
            (shared, end) => Cow::Owned([shared, end].concat()),
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let ResponseBody { shared, end } = &mut *self;
        let piece = [shared, end].into_iter().find(|piece| !piece.is_empty()).map(std::mem::take);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len() as u64)
    }
}
