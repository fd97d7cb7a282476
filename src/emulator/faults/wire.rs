//! Damaged responses and broken connections. Effects on the content or format change the [`Reply`]. Effects on the
//! delivery are bodies that are sent in pieces, end early or break the connection.
//!
//! Over HTTP/1.1 a broken response ends at exactly the intended byte: the body waits until its part has been passed to
//! the operating system and then returns an error, and hyper drops the connection. Over HTTP/2 only the stream is
//! reset, so that the other requests on the connection are not affected.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, Version, header};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use tokio::time::sleep;

use super::effect::{Effect, Reset, Trickle};
use crate::http::connection::ConnectionHandle;
use crate::http::reply::Reply;
use crate::http::response_body::ResponseBody;

/// The client that a response is sent to.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The connection; `None` over HTTP/2, where other requests share it.
    connection: Option<ConnectionHandle>,
    /// Whether the request is HEAD, so that the response has no body.
    no_body: bool,
    /// Whether the connection is HTTP/2. Then the response head is sent before the stream is reset.
    is_shared: bool,
}

/// How much of a response is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// All of it.
    Whole,
    /// Its head, and this many bytes of its body.
    Part(usize),
    /// Nothing, not even the status.
    Nothing,
}

impl Client {
    /// The client of this request on this connection.
    pub fn of(request: &Parts, connection: Option<ConnectionHandle>) -> Client {
        let is_shared = request.version == Version::HTTP_2;
        Client { connection: connection.filter(|_| !is_shared), no_body: request.method == Method::HEAD, is_shared }
    }

    /// The length of the body that it gets of a response whose body has so many bytes.
    pub fn received(&self, length: usize) -> usize {
        if self.no_body { 0 } else { length }
    }

    /// Waits until everything that was written to the connection has been passed to the operating system.
    async fn flushed(&self) {
        if let Some(connection) = &self.connection {
            connection.flushed().await;
        }
    }

    fn reset(&self) {
        if let Some(connection) = &self.connection {
            connection.reset();
        }
    }
}

/// A reset discards bytes that are still in a buffer, so the bytes before it get this long to arrive.
const ARRIVAL: Duration = Duration::from_millis(10);

/// The status of a `raw` effect, which `faults::check` has validated.
pub fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The reply with status 200 and without its body.
pub fn emptied(reply: Reply) -> Reply {
    Reply { status: StatusCode::OK, body: ResponseBody::default(), ..reply }
}

/// The reply after an effect on its format.
pub fn written(mut reply: Reply, effect: &Effect) -> Reply {
    match effect {
        Effect::MalformedJson => reply.body = malformed(&reply.body.whole()),
        Effect::ContentType(text) => {
            if let Ok(value) = HeaderValue::from_str(text) {
                reply.headers.insert(header::CONTENT_TYPE, value);
            }
        }
        _ => {}
    }
    reply
}

/// Replaces the last byte by a comma, since no valid JSON ends in one.
fn malformed(body: &[u8]) -> ResponseBody {
    match body.split_last() {
        Some((_, rest)) => [rest, b","].concat().into(),
        None => ResponseBody::default(),
    }
}

/// How much of a response with a body of `length` bytes is sent under this effect.
pub fn delivery(effect: &Effect, length: usize, peer: &Client) -> Delivery {
    let has_body = length > 0 && !peer.no_body;
    match effect {
        Effect::Truncate(part) if has_body && part.of(length) < length => Delivery::Part(part.of(length)),
        Effect::Reset(Reset::MidBody) if has_body => Delivery::Part(length / 2),
        Effect::Reset(_) if peer.is_shared => Delivery::Part(0),
        Effect::Reset(_) => Delivery::Nothing,
        _ => Delivery::Whole,
    }
}

/// Applies an effect on the delivery to a response.
pub async fn send(response: Response, effect: &Effect, peer: &Client) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let bodiless = whole.is_empty() || peer.no_body;
    let body = match effect {
        Effect::Trickle(pieces) => trickle(whole, *pieces),
        Effect::Truncate(part) if part.of(whole.len()) < whole.len() => {
            end_with_close(whole.slice(..part.of(whole.len())), peer.clone())
        }
        Effect::Reset(Reset::MidBody) if !bodiless => end_with_reset(whole.slice(..whole.len() / 2), peer.clone()),
        Effect::Reset(_) => {
            peer.flushed().await;
            peer.reset();
            end_with_reset(Bytes::new(), Client::default())
        }
        _ => Body::from(whole),
    };
    Response::from_parts(head, body)
}

/// A body that is sent in pieces, with pauses between them.
fn trickle(whole: Bytes, Trickle { chunk_bytes, pause_ms }: Trickle) -> Body {
    let pieces = stream::unfold((whole, Duration::ZERO), move |(mut rest, pause)| async move {
        if rest.is_empty() {
            return None;
        }
        if !pause.is_zero() {
            sleep(pause).await;
        }
        let piece = rest.split_to(chunk_bytes.min(rest.len()));
        Some((Ok::<_, io::Error>(piece), (rest, Duration::from_millis(pause_ms))))
    });
    Body::from_stream(pieces)
}

/// A body that ends after `part`, and then closes the connection.
fn end_with_close(part: Bytes, peer: Client) -> Body {
    end_with_error(part, async move {
        peer.flushed().await;
        if peer.connection.is_none() {
            sleep(ARRIVAL).await;
        }
        io::ErrorKind::ConnectionAborted.into()
    })
}

/// A body that ends after `part`, and then resets the connection.
fn end_with_reset(part: Bytes, peer: Client) -> Body {
    let sent = !part.is_empty();
    end_with_error(part, async move {
        peer.flushed().await;
        if sent {
            sleep(ARRIVAL).await;
        }
        peer.reset();
        io::ErrorKind::ConnectionReset.into()
    })
}

/// A body that fails after `part`, when `end` resolves.
fn end_with_error(part: Bytes, end: impl Future<Output = io::Error> + Send + 'static) -> Body {
    let part = stream::iter([Ok(part)]);
    Body::from_stream(part.chain(stream::once(async { Err(end.await) })))
}
