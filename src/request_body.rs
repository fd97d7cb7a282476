//! The body of a request as a connection gives it: it fails if the client stops sending it, and what its reader leaves of it is
//! read and discarded. Many clients read no answer before they have sent their body, and the answer to one who sends into a
//! closed connection is lost.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tower_http::timeout::TimeoutBody;

/// How much of a body is discarded: as much as the largest that is accepted. What is longer ends the connection.
const DISCARDED: usize = 64 << 20;

type Parts = Pin<Box<TimeoutBody<Incoming>>>;

/// A body that is still to be read.
struct RequestBody {
    /// None once it has ended or failed.
    parts: Option<Parts>,
    /// Whether the client sends it only if it is asked to, and has not been.
    is_held_back: bool,
}

/// The body of a request with these headers, of which each part comes within `patience` of the one before.
pub fn request_body(headers: &HeaderMap, body: Incoming, patience: Duration) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    let is_held_back = headers.contains_key(header::EXPECT);
    Body::new(RequestBody { parts: Some(Box::pin(TimeoutBody::new(patience, body))), is_held_back })
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        self.is_held_back = false;
        let Some(parts) = &mut self.parts else { return Poll::Ready(None) };
        let frame = ready!(parts.as_mut().poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.parts = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.parts.as_ref().is_none_or(|parts| parts.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.parts.as_ref().map_or(SizeHint::with_exact(0), |parts| parts.size_hint())
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(parts) = self.parts.take().filter(|parts| !parts.is_end_stream() && !self.is_held_back) else { return };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(discard(parts));
        }
    }
}

async fn discard(mut parts: Parts) {
    let mut left = DISCARDED;
    while let Some(Ok(frame)) = poll_fn(|cx| parts.as_mut().poll_frame(cx)).await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = left.checked_sub(length) else { return };
        left = rest;
    }
}
