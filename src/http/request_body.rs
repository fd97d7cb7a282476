//! The body of a request. Reading it fails if the client stops sending. What its reader leaves unread is read and
//! discarded, because many clients read no answer before they have sent their whole body, and a client that sends into
//! a closed connection loses the answer.
//!
//! [`BodyBudget`] limits the memory that bodies take together while they are read whole.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderValue, Version, header};
use futures_util::StreamExt;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tower_http::timeout::TimeoutBody;

/// The largest body that is accepted, in bytes, and the most that is discarded of one. A fixture of 100,000 assets
/// fits.
pub const LARGEST_BODY: usize = 64 << 20;

/// The largest body that does not have to wait for larger ones, in bytes.
const SMALL_BODY: usize = 1 << 20;

/// The largest body that takes nothing from the budget, in bytes, so that most requests never wait. A body of unknown
/// length is treated as such a body at first.
const TINY_BODY: usize = 16 << 10;

type Parts = Pin<Box<TimeoutBody<Incoming>>>;

/// A body that is not read to its end yet.
struct RequestBody {
    /// The rest of the body; `None` once it has ended or failed.
    parts: Option<Parts>,
    /// How many bytes are to come; `None` if the client did not announce the length.
    left: Option<u64>,
    /// Whether the client waits for `100 Continue`, which is sent when the body is first read.
    is_held_back: bool,
}

/// Whether a client waits for `100 Continue` before it sends the body. In HTTP/2 nobody sends that, and the body comes all
/// the same.
pub fn holds_back(version: Version, headers: &HeaderMap) -> bool {
    let waits = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    version <= Version::HTTP_11 && headers.get_all(header::EXPECT).iter().any(waits)
}

/// Wraps the body of a request with this version and these headers. Reading fails if the client sends nothing for
/// `max_wait`.
pub fn request_body(version: Version, headers: &HeaderMap, body: Incoming, max_wait: Duration) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    let (left, is_held_back) = (body.size_hint().exact(), holds_back(version, headers));
    Body::new(RequestBody { parts: Some(Box::pin(TimeoutBody::new(max_wait, body))), left, is_held_back })
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let RequestBody { parts, left, is_held_back } = &mut *self;
        *is_held_back = false;
        let Some(open) = parts else { return Poll::Ready(None) };
        let frame = ready!(open.as_mut().poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => *left = left.map(|left| left.saturating_sub(length(frame) as u64)),
            Some(Err(_)) | None => *parts = None,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.parts.is_none() || self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if self.is_end_stream() || self.is_held_back {
            return;
        }
        // Without a runtime there is no connection either.
        if let (Some(parts), Ok(runtime)) = (self.parts.take(), Handle::try_current()) {
            runtime.spawn(discard(parts));
        }
    }
}

fn length(frame: &Frame<Bytes>) -> usize {
    frame.data_ref().map_or(0, Bytes::len)
}

async fn discard(mut parts: Parts) {
    let mut left = LARGEST_BODY;
    while let Some(Ok(frame)) = poll_fn(|cx| parts.as_mut().poll_frame(cx)).await {
        let Some(rest) = left.checked_sub(length(&frame)) else { return };
        left = rest;
    }
}

/// Limits how many bytes the bodies of all requests take together while they are read. Small bodies have a budget of
/// their own, so that they never wait for large ones that arrive slowly. So have files, which take little memory, but
/// for as long as their clients send.
#[derive(Debug, Clone)]
pub struct BodyBudget {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    files: Arc<Semaphore>,
}

impl Default for BodyBudget {
    fn default() -> BodyBudget {
        BodyBudget::new(64 << 20, 128 << 20, 128 << 20)
    }
}

impl BodyBudget {
    /// A budget in bytes for bodies up to 1 MiB, another for larger ones, and a third one for files that are stored
    /// while they arrive. `large` must be at least [`LARGEST_BODY`]; otherwise no body of that size can ever be read.
    pub fn new(small: usize, large: usize, files: usize) -> BodyBudget {
        let [small, large, files] = [small, large, files].map(|bytes| Arc::new(Semaphore::new(bytes)));
        BodyBudget { small, large, files }
    }
}

/// What one request takes from the budget, until the last clone is dropped.
#[derive(Debug, Clone)]
pub struct BodyShare {
    budget: BodyBudget,
    max_wait: Duration,
    taken: Arc<Mutex<Vec<OwnedSemaphorePermit>>>,
}

/// Why a body could not be read.
#[derive(Debug)]
pub enum BodyError {
    /// It is larger than the reader takes.
    TooLarge,
    /// Other bodies used the whole budget for too long.
    NoRoom,
    /// The client stopped sending, or the connection broke off.
    Broken(axum::Error),
}

impl BodyShare {
    /// Takes nothing yet. Later it waits for the budget for at most `max_wait`.
    pub fn new(budget: &BodyBudget, max_wait: Duration) -> BodyShare {
        BodyShare { budget: budget.clone(), max_wait, taken: Arc::default() }
    }

    /// Reads a whole body of at most `most` bytes, which is at most [`LARGEST_BODY`].
    pub async fn read(&self, body: Body, most: usize) -> Result<Vec<u8>, BodyError> {
        let announced = body.size_hint().exact().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        if announced.is_some_and(|length| length > most) {
            return Err(BodyError::TooLarge);
        }
        // A body of unknown length takes nothing up to the tiny size, then as much as the largest small body, then as
        // much as the largest body that is accepted.
        let mut room = announced.unwrap_or(TINY_BODY);
        self.take(room).await?;
        let mut whole = Vec::with_capacity(announced.unwrap_or_default());
        let mut parts = body.into_data_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(BodyError::Broken)?;
            let length = whole.len() + part.len();
            if length > most {
                return Err(BodyError::TooLarge);
            }
            if length > room {
                room = if length > SMALL_BODY { most } else { most.min(SMALL_BODY) };
                // What it has is given back first. Two bodies that waited for more while they kept theirs could block
                // each other.
                self.taken.lock().unwrap_or_else(PoisonError::into_inner).clear();
                self.take(room).await?;
            }
            whole.extend_from_slice(&part);
        }
        Ok(whole)
    }

    /// Takes memory for a body of so many bytes.
    async fn take(&self, bytes: usize) -> Result<(), BodyError> {
        if bytes <= TINY_BODY {
            return Ok(());
        }
        let BodyBudget { small, large, .. } = &self.budget;
        self.take_from(if bytes <= SMALL_BODY { small } else { large }, bytes).await
    }

    /// Takes so many bytes of memory for a file that is stored while it arrives.
    pub async fn take_for_file(&self, bytes: usize) -> Result<(), BodyError> {
        self.take_from(&self.budget.files, bytes).await
    }

    async fn take_from(&self, budget: &Arc<Semaphore>, bytes: usize) -> Result<(), BodyError> {
        let count = u32::try_from(bytes).map_err(|_| BodyError::TooLarge)?;
        match timeout(self.max_wait, budget.clone().acquire_many_owned(count)).await {
            Ok(Ok(permit)) => {
                self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(permit);
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(BodyError::NoRoom),
        }
    }
}
