//! The body of a request to a vendor. The journal records its beginning; an operation that takes a body reads all of
//! it.

use std::error::Error;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use futures_util::{Stream, StreamExt, stream};
use serde_json::Value;
use tracing::error;

use crate::contract::failure::Failure;
use crate::emulator::app::App;
use crate::emulator::journal::{self, BODY_CAP};
use crate::http::request_body::{BodyError, BodyShare};
use crate::http::response_body::ResponseBody;

/// The largest JSON body that an operation takes, in bytes. No vendor publishes a limit; their JSON is far smaller.
const LARGEST_JSON: usize = 1 << 20;

const TOO_LARGE: Failure = Failure::BodyTooLarge { max: LARGEST_JSON };

/// Why a body is not read, in the journal and the log. No vendor has words for it.
const NO_ROOM: &str = "the bodies of other requests take all the memory there is for bodies; send fewer at once";

/// The failure of a request whose body finds no memory; `note` is told the reason.
pub fn no_room(note: impl FnOnce(&'static str)) -> Failure {
    error!("{NO_ROOM}");
    note(NO_ROOM);
    Failure::Internal
}

/// Why a body that broke off is not what the operation takes.
pub fn broke_off(cause: &dyn Error) -> String {
    format!("it broke off: {cause}")
}

/// A body that may not have arrived completely.
#[derive(Debug)]
pub struct RequestBody {
    beginning: Bytes,
    /// The length that the client announced or that was read, whichever is larger.
    length: u64,
    rest: Rest,
    /// What the body takes from the budget for bodies, until the request is answered.
    share: Option<BodyShare>,
    /// Whether its beginning is not read yet, since the client waits for `100 Continue`, which is sent when a body is
    /// first read.
    is_held_back: bool,
    /// How long to wait for its beginning.
    max_wait: Duration,
}

/// What follows the beginning of a body.
#[derive(Debug)]
enum Rest {
    /// Nothing: the beginning is all.
    Nothing,
    /// What is still to be read.
    Unread(BodyDataStream),
    /// It never came, for this reason.
    BrokeOff(axum::Error),
}

impl RequestBody {
    /// Reads the beginning of a body, unless the client holds it back (see [`holds_back`](crate::http::request_body::holds_back)). Then that is done once the
    /// operation is known to need it, so that a request which is refused before is not sent whole.
    pub async fn receive(body: Body, is_held_back: bool, max_wait: Duration) -> RequestBody {
        let length = body.size_hint().lower();
        let rest = Rest::Unread(body.into_data_stream());
        let mut body = RequestBody { beginning: Bytes::new(), length, rest, share: None, is_held_back: true, max_wait };
        if !is_held_back {
            body.begin().await;
        }
        body
    }

    /// Reads the body until it ends, exceeds [`BODY_CAP`], or `max_wait` has passed, unless that was done before.
    pub async fn begin(&mut self) {
        let Rest::Unread(parts) = &mut self.rest else { return };
        if !std::mem::take(&mut self.is_held_back) {
            return;
        }
        let mut beginning = Vec::new();
        let mut end = None;
        let reading = async {
            while end.is_none() && beginning.len() <= BODY_CAP {
                match parts.next().await {
                    Some(Ok(part)) => beginning.extend_from_slice(&part),
                    // A body that broke off is recorded, and never executed.
                    Some(Err(cause)) => end = Some(Rest::BrokeOff(cause)),
                    None => end = Some(Rest::Nothing),
                }
            }
        };
        // On a timeout, what has arrived so far is the beginning.
        let _ = tokio::time::timeout(self.max_wait, reading).await;
        self.note_length(beginning.len() as u64);
        self.beginning = beginning.into();
        if let Some(end) = end {
            self.rest = end;
        }
    }

    /// The body as the journal records it.
    pub fn in_journal(&self) -> journal::Body {
        let kept = journal::Body::of(ResponseBody::unshared(self.beginning.clone()));
        journal::Body { length: self.length, ..kept }
    }

    /// Whether it is known to be empty, once its beginning is read.
    pub async fn is_known_empty(&mut self) -> bool {
        self.begin().await;
        self.length == 0 && matches!(self.rest, Rest::Nothing)
    }

    /// The whole body as JSON; `None` if it is empty. `note` is told the reason of a failure that has no words for it.
    pub async fn json(&mut self, app: &App, note: impl FnOnce(&'static str)) -> Result<Option<Value>, Failure> {
        let invalid = |reason| Failure::InvalidJson { reason };
        let whole = self.text(app, invalid, note).await?;
        if whole.is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&whole).map(Some).map_err(|cause| invalid(cause.to_string()))
    }

    /// The whole body, which is not a file. `invalid` makes the failure of one that broke off, for this reason. `note`
    /// is told the reason of a failure that has no words for it.
    pub async fn text(
        &mut self,
        app: &App,
        invalid: impl FnOnce(String) -> Failure,
        note: impl FnOnce(&'static str),
    ) -> Result<Bytes, Failure> {
        if self.length > LARGEST_JSON as u64 {
            return Err(TOO_LARGE);
        }
        self.begin().await;
        let whole = self.read(app).await.map_err(|error| match error {
            BodyError::TooLarge => TOO_LARGE,
            BodyError::Broken(cause) => invalid(broke_off(&cause)),
            BodyError::NoRoom => no_room(note),
        })?;
        self.note_length(whole.len() as u64);
        Ok(whole)
    }

    /// The length that the client announced or that has arrived, whichever is larger.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Notes how many bytes arrived in all.
    pub fn note_length(&mut self, length: u64) {
        self.length = self.length.max(length);
    }

    /// All parts of the body, as they arrive.
    pub fn parts(&mut self) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send + use<> {
        let (broken, rest) = match std::mem::replace(&mut self.rest, Rest::Nothing) {
            Rest::Nothing => (None, None),
            Rest::BrokeOff(cause) => (Some(Err(cause)), None),
            Rest::Unread(rest) => (None, Some(rest)),
        };
        let beginning = stream::iter([Ok(self.beginning.clone())].into_iter().chain(broken));
        beginning.chain(stream::iter(rest).flatten())
    }

    async fn read(&mut self, app: &App) -> Result<Bytes, BodyError> {
        if matches!(self.rest, Rest::Nothing) {
            return Ok(self.beginning.clone());
        }
        let parts = self.parts();
        let share = self.share.insert(BodyShare::new(&app.bodies, app.timeouts.room));
        share.read(Body::from_stream(parts), LARGEST_JSON).await.map(Bytes::from)
    }

    /// Takes so many bytes of memory for a file that is stored while it arrives.
    pub async fn reserve(&mut self, app: &App, bytes: usize) -> Result<(), BodyError> {
        let share = self.share.insert(BodyShare::new(&app.bodies, app.timeouts.room));
        share.take_for_file(bytes).await
    }
}
