//! Answers in bytes, and how a provider's views become them.

use std::fmt::{Debug, Display};
use std::io::Write;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::http::response_body::ResponseBody;

/// A page as its provider writes it, but for what every answer has of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedPage {
    /// The body, or its beginning.
    pub body: Bytes,
    /// What it offers as the position of the next page, where that is a text of the vendor's own making.
    pub next: Option<String>,
}

impl RenderedPage {
    /// A compact JSON body, keys in the order of the struct's fields.
    pub fn json(body: &impl Serialize) -> RenderedPage {
        let mut bytes = Vec::new();
        write(&mut bytes, body);
        // It is kept in the cache and in the journal.
        bytes.shrink_to_fit();
        RenderedPage { body: bytes.into(), next: None }
    }

    /// The same page, known to offer `next` as the position of the next one.
    pub fn offering(mut self, next: Option<String>) -> RenderedPage {
        self.next = next;
        self
    }

    /// The answer that shows the page and nothing else.
    pub fn reply(&self) -> Reply {
        Reply::written(StatusCode::OK, self.body.clone())
    }
}

/// An answer, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers, without those that every answer has (`date`, `content-length`).
    pub headers: HeaderMap,
    /// The body.
    pub body: ResponseBody,
}

impl Reply {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Reply {
        Reply { status, headers: HeaderMap::new(), body: ResponseBody::default() }
    }

    /// A compact JSON answer, keys in the order of the struct's fields.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Reply {
        Reply::written(status, ResponseBody::unshared(json(body)))
    }

    /// A JSON answer that is written already.
    pub fn written(status: StatusCode, body: impl Into<ResponseBody>) -> Reply {
        Reply::with_room(status, body, HEADERS)
    }

    /// The same with room for so many headers.
    pub fn with_room(status: StatusCode, body: impl Into<ResponseBody>, headers: usize) -> Reply {
        let mut headers = HeaderMap::with_capacity(headers);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Reply { status, headers, body: body.into() }
    }

    /// The same answer with one more header: a number.
    pub fn number(self, name: &'static str, number: impl Display) -> Reply {
        // By way of a text on the stack: of a number, a header's value takes two pieces of memory.
        let mut digits = [0; 20];
        let mut rest = &mut digits[..];
        write!(rest, "{number}").expect("64 bits have no more digits");
        let length = 20 - rest.len();
        self.header(name, &digits[..length])
    }

    /// The same answer with one more header: a text of visible ASCII.
    pub fn header(mut self, name: &'static str, value: impl TryInto<HeaderValue, Error: Debug>) -> Reply {
        let value = value.try_into().expect("views only write visible ASCII into headers");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }
}

/// Room for the headers that the answers of most vendors have, so that it is made once: the most that comes in one piece
/// of less than a kilobyte, which allocators have at hand.
const HEADERS: usize = 6;

/// Room for the body of most refusals, in bytes.
const REFUSAL: usize = 256;

/// The JSON of a view's struct.
pub fn raw(view: &impl Serialize) -> Box<RawValue> {
    to_raw_value(view).expect("wire structs have text keys and no failing parts")
}

/// Writes the JSON of a view's struct behind what is there.
pub fn write(bytes: &mut Vec<u8>, view: &impl Serialize) {
    serde_json::to_writer(bytes, view).expect("wire structs have text keys and no failing parts");
}

fn json(body: &impl Serialize) -> Bytes {
    let mut bytes = Vec::with_capacity(REFUSAL);
    write(&mut bytes, body);
    bytes.into()
}
