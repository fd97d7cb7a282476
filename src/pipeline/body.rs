//! The body of a request to a vendor. The journal records its beginning; an operation that takes a body reads all of it.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::contract::failure::Failure;
use crate::emulator::app::App;
use crate::emulator::journal::{self, BODY_CAP};
use crate::http::request_body::{BodyError, BodyShare};
use crate::http::response_body::ResponseBody;

/// How long the journal waits for the beginning of a body.
const BODY_TIMEOUT: Duration = Duration::from_millis(250);

/// The largest JSON body that an operation takes, in bytes. No vendor publishes a limit; their JSON is far smaller.
const LARGEST_JSON: usize = 1 << 20;

/// A body that may not have arrived completely.
#[derive(Debug)]
pub struct RequestBody {
    beginning: Bytes,
    /// The length that the client announced; 0 if it did not.
    announced: u64,
    /// What follows the beginning; `None` if nothing does.
    rest: Option<BodyDataStream>,
}

impl RequestBody {
    /// Reads a body until it ends, exceeds [`BODY_CAP`], or [`BODY_TIMEOUT`] has passed.
    pub async fn receive(body: Body) -> RequestBody {
        let announced = body.size_hint().lower();
        let mut beginning = Vec::new();
        let mut parts = body.into_data_stream();
        let mut has_ended = false;
        let reading = async {
            while beginning.len() <= BODY_CAP {
                match parts.next().await {
                    Some(Ok(part)) => beginning.extend_from_slice(&part),
                    // An error ends the connection too, so it matters to nobody how the request is answered.
                    Some(Err(_)) | None => {
                        has_ended = true;
                        break;
                    }
                }
            }
        };
        // On a timeout, what has arrived so far is the beginning.
        let _ = tokio::time::timeout(BODY_TIMEOUT, reading).await;
        RequestBody { beginning: beginning.into(), announced, rest: (!has_ended).then_some(parts) }
    }

    /// The body as the journal records it. Its length is at least the announced one.
    pub fn in_journal(&self) -> journal::Body {
        let length = self.announced.max(self.beginning.len() as u64);
        journal::Body { length, ..journal::Body::of(ResponseBody::unshared(self.beginning.clone())) }
    }

    /// The whole body as JSON; `None` if it is empty.
    pub async fn json(&mut self, app: &App) -> Result<Option<Value>, Failure> {
        let invalid = |reason: String| Failure::InvalidJson { reason };
        let whole = match self.rest.take() {
            None => self.beginning.clone(),
            Some(rest) => {
                let parts = stream::iter([Ok(self.beginning.clone())]).chain(rest);
                let read = BodyShare::new(&app.bodies, app.timeouts.body).read(Body::from_stream(parts)).await;
                read.map(Bytes::from).map_err(|error| match error {
                    BodyError::TooLarge => Failure::BodyTooLarge { max: LARGEST_JSON },
                    BodyError::NoRoom => Failure::Internal,
                    BodyError::Broken(cause) => invalid(format!("it broke off: {cause}")),
                })?
            }
        };
        match &whole[..] {
            [] => Ok(None),
            long if long.len() > LARGEST_JSON => Err(Failure::BodyTooLarge { max: LARGEST_JSON }),
            json => serde_json::from_slice(json).map(Some).map_err(|cause| invalid(cause.to_string())),
        }
    }
}
