//! Answers as bytes, and how views are serialized.

use std::fmt::{Debug, Display};
use std::io::Write;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::http::response_body::ResponseBody;

/// A page in the provider's format, without what differs in every answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedPage {
    /// The body, or the part of it that comes first.
    pub body: Bytes,
    /// The position of the next page, if the vendor puts an opaque text for it into the page.
    pub next: Option<String>,
}

impl RenderedPage {
    /// A compact JSON body, keys in the order of the struct's fields.
    pub fn json(body: &impl Serialize) -> RenderedPage {
        let mut bytes = Vec::new();
        write(&mut bytes, body);
        // The cache and the journal keep these bytes, so spare capacity would be wasted for long.
        bytes.shrink_to_fit();
        RenderedPage { body: bytes.into(), next: None }
    }

    /// Sets the position of the next page.
    pub fn offering(mut self, next: Option<String>) -> RenderedPage {
        self.next = next;
        self
    }

    /// The answer that consists of the page and nothing else.
    pub fn reply(&self) -> Reply {
        Reply::written(StatusCode::OK, self.body.clone())
    }
}

/// An answer, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers, except for those that every answer gets later (`date`, `content-length`).
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

    /// An answer whose JSON is already serialized.
    pub fn written(status: StatusCode, body: impl Into<ResponseBody>) -> Reply {
        Reply::with_room(status, body, HEADERS)
    }

    /// Like [`Reply::written`], with capacity for this many headers.
    pub fn with_room(status: StatusCode, body: impl Into<ResponseBody>, headers: usize) -> Reply {
        let mut headers = HeaderMap::with_capacity(headers);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Reply { status, headers, body: body.into() }
    }

    /// Adds a header with a number.
    pub fn number(self, name: &'static str, number: impl Display) -> Reply {
        // The digits are written to the stack first. Converting the number itself to a header's value would allocate
        // twice.
        let mut digits = [0; 20];
        let mut rest = &mut digits[..];
        write!(rest, "{number}").expect("64 bits have no more digits");
        let length = 20 - rest.len();
        self.header(name, &digits[..length])
    }

    /// Adds a header. The value must be visible ASCII.
    pub fn header(mut self, name: &'static str, value: impl TryInto<HeaderValue, Error: Debug>) -> Reply {
        let value = value.try_into().expect("views only write visible ASCII into headers");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }
}

/// The capacity for the headers of most vendors' answers, so that the map is allocated once. It is the largest whose
/// memory stays below a kilobyte, a size that allocators serve quickly.
const HEADERS: usize = 6;

/// Room for the body of most refusals, in bytes.
const REFUSAL: usize = 256;

/// Serializes a view's struct as JSON.
pub fn raw(view: &impl Serialize) -> Box<RawValue> {
    to_raw_value(view).expect("wire structs have text keys and no failing parts")
}

/// Appends the JSON of a view's struct.
pub fn write(bytes: &mut Vec<u8>, view: &impl Serialize) {
    serde_json::to_writer(bytes, view).expect("wire structs have text keys and no failing parts");
}

fn json(body: &impl Serialize) -> Bytes {
    let mut bytes = Vec::with_capacity(REFUSAL);
    write(&mut bytes, body);
    bytes.into()
}
