//! A request and its answer, as the journal keeps them.

use std::ops::Deref;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};

use crate::clock::Micros;
use crate::explain::Warning;

/// How much of a body the journal keeps.
pub const BODY_CAP: usize = 64 << 10;

/// A body, as far as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// What is kept of it.
    pub kept: Bytes,
    /// The length of all of it.
    pub length: u64,
}

impl Body {
    /// The first [`BODY_CAP`] bytes of `whole`. The rest is given up, so a longer body is copied rather than sliced;
    /// a shorter one is shared.
    pub fn of(whole: Bytes) -> Body {
        let length = whole.len() as u64;
        let kept = if whole.len() > BODY_CAP { Bytes::copy_from_slice(&whole[..BODY_CAP]) } else { whole };
        Body { kept, length }
    }

    /// Whether there was more of it.
    pub fn is_cut(&self) -> bool {
        (self.kept.len() as u64) < self.length
    }
}

/// A request and its answer, as they were: keys in it are whole. It is shown as [`Shown`](super::Shown), as
/// [`Har`](super::Har), or by its `Display` as one line for the log; none of them tells a key.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// When it came, by the workspace's clock.
    pub at: Micros,
    /// The provider asked.
    pub provider: Option<&'static str>,
    /// The workspace its key opens.
    pub workspace: Option<String>,
    /// The text of its key, good or not.
    pub key: Option<String>,
    /// The method.
    pub method: Method,
    /// The target as sent.
    pub target: Uri,
    /// The version of HTTP.
    pub version: Version,
    /// The request's headers.
    pub request_headers: HeaderMap,
    /// The request's body.
    pub request_body: Body,
    /// The answer's status; `None`: the connection ended before there was one.
    pub status: Option<StatusCode>,
    /// The answer's headers.
    pub response_headers: HeaderMap,
    /// The answer's body.
    pub response_body: Body,
    /// How long the answer took.
    pub duration: Duration,
    /// The faults that struck.
    pub faults: Vec<String>,
    /// Why it was refused.
    pub why: Option<String>,
    /// What was probably not meant.
    pub warnings: Vec<Warning>,
}

impl Exchange {
    /// Copies what is part of the connection's read buffer. The server hands out slices of it, and one header held on
    /// to would keep all of it: several kilobytes a request (measured: four), which no bound counts.
    pub(super) fn let_go(&mut self) {
        let values: Vec<u8> = self.request_headers.values().flat_map(|value| value.as_bytes()).copied().collect();
        let mut values = Bytes::from(values);
        for value in self.request_headers.values_mut() {
            let copy = values.split_to(value.len());
            if let Ok(copy) = HeaderValue::from_maybe_shared(copy) {
                *value = copy;
            }
        }
        let target = match self.target.path_and_query() {
            Some(path) if self.target.authority().is_none() => Uri::try_from(path.as_str()),
            _ => Uri::try_from(self.target.to_string()),
        };
        self.target = target.unwrap_or_default();
    }

    /// The bytes of its target, headers and bodies.
    pub(super) fn bytes(&self) -> usize {
        let of = |headers: &HeaderMap| headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let headers: [usize; 2] = [of(&self.request_headers), of(&self.response_headers)];
        let target = self.target.path_and_query().map_or(0, |target| target.as_str().len());
        target + headers[0] + headers[1] + self.request_body.kept.len() + self.response_body.kept.len()
    }
}

/// An exchange in the journal.
#[derive(Debug)]
pub struct Entry {
    /// Its number: from 1, never used again.
    pub seq: u64,
    /// What was asked and answered.
    pub exchange: Exchange,
    pub(super) bytes: usize,
}

impl Deref for Entry {
    type Target = Exchange;

    fn deref(&self) -> &Exchange {
        &self.exchange
    }
}
