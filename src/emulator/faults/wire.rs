//! Spoilt answers and broken connections. What is written wrongly is a plain change of the [`Reply`]; what goes wrong on
//! the way is a body that comes in pieces, stops early, or breaks its connection off.
//!
//! Over HTTP/1.1 a broken answer ends exactly where it should, whatever went before on the same connection: the body
//! waits until its part is with the operating system, and then fails, at which the HTTP layer drops the connection.
//! Other requests of an HTTP/2 connection are none of a fault's business: there only the stream is reset.

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

/// Whom an answer goes to.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The connection, if the answer has it to itself while it lasts.
    line: Option<ConnectionHandle>,
    /// Whether it gets no body.
    headless: bool,
    /// Whether its other requests use the same connection: then the head of an answer leaves before its stream is reset.
    is_shared: bool,
}

/// How much of an answer leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// All of it.
    Whole,
    /// Its head, and so many bytes of its body.
    Part(usize),
    /// Not even its status.
    Nothing,
}

impl Client {
    /// Whoever sent this request on this connection.
    pub fn of(request: &Parts, line: Option<ConnectionHandle>) -> Client {
        let alone = request.version != Version::HTTP_2;
        Client { line: line.filter(|_| alone), headless: request.method == Method::HEAD, is_shared: !alone }
    }

    async fn has_all_so_far(&self) {
        if let Some(line) = &self.line {
            line.flushed().await;
        }
    }

    fn reset(&self) {
        if let Some(line) = &self.line {
            line.reset();
        }
    }
}

/// A reset overtakes what is still in a buffer, so that what was sent before is given this long to arrive.
const ARRIVAL: Duration = Duration::from_millis(10);

/// The status of a checked effect.
pub fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// 200 and no body, with the answer's headers.
pub fn emptied(reply: Reply) -> Reply {
    Reply { status: StatusCode::OK, body: ResponseBody::default(), ..reply }
}

/// The answer as this effect has it written.
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

/// No JSON text ends in a comma.
fn malformed(body: &[u8]) -> ResponseBody {
    [&body[..body.len().saturating_sub(1)], b","].concat().into()
}

/// How much leaves, under this effect, of an answer with a body of so many bytes.
pub fn delivery(effect: &Effect, length: usize, peer: &Client) -> Delivery {
    let has_body = length > 0 && !peer.headless;
    match effect {
        Effect::Truncate(part) if has_body && part.of(length) < length => Delivery::Part(part.of(length)),
        Effect::Reset(Reset::MidBody) if has_body => Delivery::Part(length / 2),
        Effect::Reset(_) if peer.is_shared => Delivery::Part(0),
        Effect::Reset(_) => Delivery::Nothing,
        _ => Delivery::Whole,
    }
}

/// The answer as it travels under this effect.
pub async fn send(response: Response, effect: &Effect, peer: &Client) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let bodiless = whole.is_empty() || peer.headless;
    let body = match effect {
        Effect::Trickle(pieces) => trickle(whole, *pieces),
        Effect::Truncate(part) if part.of(whole.len()) < whole.len() => {
            closed(whole.slice(..part.of(whole.len())), peer.clone())
        }
        Effect::Reset(Reset::MidBody) if !bodiless => reset(whole.slice(..whole.len() / 2), peer.clone()),
        Effect::Reset(_) => {
            peer.has_all_so_far().await;
            peer.reset();
            reset(Bytes::new(), Client::default())
        }
        _ => Body::from(whole),
    };
    Response::from_parts(head, body)
}

/// The whole, in pieces with pauses between them.
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

/// A part of a body, after which the connection is closed.
fn closed(part: Bytes, peer: Client) -> Body {
    broken(part, async move {
        peer.has_all_so_far().await;
        if peer.line.is_none() {
            sleep(ARRIVAL).await;
        }
        io::ErrorKind::ConnectionAborted.into()
    })
}

/// A part of a body, after which the connection is reset.
fn reset(part: Bytes, peer: Client) -> Body {
    let sent = !part.is_empty();
    broken(part, async move {
        peer.has_all_so_far().await;
        if sent {
            sleep(ARRIVAL).await;
        }
        peer.reset();
        io::ErrorKind::ConnectionReset.into()
    })
}

/// A part of a body that fails afterwards.
fn broken(part: Bytes, end: impl Future<Output = io::Error> + Send + 'static) -> Body {
    let part = stream::iter([Ok(part)]);
    Body::from_stream(part.chain(stream::once(async { Err(end.await) })))
}
