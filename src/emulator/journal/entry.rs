//! The entry that the journal stores for a request and its response.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use tracing::Level;

use crate::clock::Micros;
use crate::contract::operation::Operation;
use crate::emulator::warning::Warning;
use crate::http::response_body::ResponseBody;

/// The method by which the journal calls a handshake of TLS.
pub const HANDSHAKE: &str = "TLS";

/// The most bytes of a body that the journal stores.
pub const BODY_CAP: usize = 64 << 10;

/// How many different headers of requests, and names of headers of responses, are remembered for sharing.
const RECENT_HEADERS: usize = 32;

/// A body, of which the journal may store only the beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// The stored part.
    pub kept: ResponseBody,
    /// The length of the whole body, in bytes.
    pub length: u64,
}

impl Body {
    /// Stores the first [`BODY_CAP`] bytes of `whole`. A longer body is copied, because a slice would keep all of it in
    /// memory. A shorter one is not: it stays shared with the response cache.
    pub fn of(whole: impl Into<ResponseBody>) -> Body {
        let whole = whole.into();
        let length = whole.len() as u64;
        let kept = if whole.len() > BODY_CAP { whole.whole()[..BODY_CAP].to_vec().into() } else { whole };
        Body { kept, length }
    }

    /// Stores the first `sent` bytes of a body that was not sent to its end.
    pub fn beginning(whole: &ResponseBody, sent: usize) -> Body {
        let part = Bytes::copy_from_slice(&whole.whole()[..sent.min(whole.len())]);
        Body { length: whole.len() as u64, ..Body::of(ResponseBody::unshared(part)) }
    }

    /// Whether only a part of the body is stored.
    pub fn is_cut(&self) -> bool {
        (self.kept.len() as u64) < self.length
    }

    fn evict(&mut self) {
        self.kept = ResponseBody::default();
    }
}

/// A request and its response, unredacted. It is shown as an [`EntryView`](super::EntryView), in a [`Har`](super::Har)
/// or, by its `Display`, as a line of the log; all of these are redacted.
#[derive(Debug, Clone)]
pub struct JournalEntry {
    /// Its number, which the journal assigns: from 1, never reused.
    pub seq: u64,
    /// When the request came, by the workspace's clock.
    pub at: Micros,
    /// The provider; `None`: no provider owns the address.
    pub provider: Option<&'static str>,
    /// The operation that the request was routed to, if any.
    pub operation: Option<&'static Operation>,
    /// The workspace of the key, if the key is known.
    pub workspace: Option<Arc<str>>,
    /// The key that the request sent, valid or not.
    pub key: Option<Arc<str>>,
    /// The method.
    pub method: Method,
    /// The target, the request headers and the response headers.
    pub heads: PackedHeaders,
    /// The HTTP version of the request.
    pub version: Version,
    /// The request's body. Boxed because few requests have one.
    pub request_body: Option<Box<Body>>,
    /// The response's status; `None`: the connection ended before any byte of the response was sent.
    pub status: Option<StatusCode>,
    /// The response's body.
    pub response_body: Body,
    /// The time from the request to its recording, in microseconds of real time. At most 71 minutes, so that it takes
    /// four bytes in each entry.
    pub duration_us: u32,
    /// Whether the stored bodies were evicted later to keep the journal within its bounds.
    pub bodies_dropped: bool,
    /// Why it was refused, and other remarks. Boxed because most entries have none.
    pub diagnostics: Option<Box<Diagnostics>>,
}

/// The remarks about a request: its faults, why it was refused, and its warnings.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    /// The faults that applied.
    pub faults: Vec<String>,
    /// Why it was refused; `None`: it was not.
    pub why: Option<String>,
    /// What in it was probably a mistake.
    pub warnings: Vec<Warning>,
    /// The variants of the vendor's behaviour that were not the default: options by the name of the variant.
    pub variants: BTreeMap<String, &'static str>,
    /// Whether it is a CORS preflight, which the emulator answered itself.
    pub is_preflight: bool,
    /// Whether it is a handshake after which the client ended the connection without a request, as those do that look
    /// whether somebody listens, and browsers that connect in advance.
    pub is_unused: bool,
    /// How many bytes of the response's body a fault let through; `None`: all.
    pub sent: Option<u64>,
}

impl Diagnostics {
    /// Its approximate size, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let listed = self.faults.len() * size_of::<String>() + self.warnings.len() * size_of::<Warning>();
        let named: usize = self.variants.keys().map(|name| size_of::<(String, &str)>() + name.len()).sum();
        size_of::<Diagnostics>() + listed + named + self.why.as_ref().map_or(0, String::len)
    }

    /// All messages: why it was refused, and the warnings.
    pub(super) fn said(&self) -> Vec<String> {
        self.why.iter().cloned().chain(self.warnings.iter().map(Warning::to_string)).collect()
    }

    /// The log level of the request.
    pub fn level(&self) -> Level {
        match self.why {
            _ if !self.warnings.is_empty() => Level::WARN,
            Some(_) => Level::INFO,
            None => Level::DEBUG,
        }
    }
}

impl JournalEntry {
    /// The remarks about it, empty if there are none.
    pub fn diagnostics(&self) -> &Diagnostics {
        static NONE: Diagnostics = Diagnostics {
            faults: Vec::new(),
            why: None,
            warnings: Vec::new(),
            variants: BTreeMap::new(),
            is_preflight: false,
            is_unused: false,
            sent: None,
        };
        self.diagnostics.as_deref().unwrap_or(&NONE)
    }

    /// How many bytes of the response's body were sent.
    pub fn sent(&self) -> u64 {
        self.diagnostics().sent.unwrap_or(self.response_body.length)
    }

    /// Whether a part of either body is stored.
    pub(super) fn has_bodies(&self) -> bool {
        !self.response_body.kept.is_empty() || self.request_body.as_ref().is_some_and(|body| !body.kept.is_empty())
    }

    /// Evicts the stored bodies. Their lengths stay.
    pub(super) fn drop_bodies(&mut self) {
        self.response_body.evict();
        self.request_body.iter_mut().for_each(|body| body.evict());
        self.bodies_dropped = true;
    }
}

/// The target and the headers of a request and its response, packed into few allocations, because a `HeaderMap` takes a
/// kilobyte. They are copied, because hyper's headers are slices of the connection's read buffer and would keep all of
/// it in memory: about four kilobytes for each request, which no bound would count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackedHeaders {
    /// The target, and then the values of the response's headers, each with a line feed after it.
    packed: Box<[u8]>,
    /// The length of the target.
    target: usize,
    /// The names of the response's headers, shared with other entries that have the same.
    names: Arc<[u8]>,
    /// The request's headers, shared with other entries that have equal ones.
    request: Arc<[u8]>,
}

impl PackedHeaders {
    /// Packs the target and the headers of a request, and the headers of its response if there is one.
    pub fn of(target: &Uri, request: &HeaderMap, response: Option<&HeaderMap>) -> PackedHeaders {
        let absolute;
        let target = match target.path_and_query() {
            Some(path) if target.authority().is_none() => path.as_str(),
            _ => {
                absolute = target.to_string();
                &absolute
            }
        };
        let response = || response.into_iter().flatten();
        let names = lines(response().map(|(name, _)| name.as_str().as_bytes()));
        let values = lines(response().map(|(_, value)| value.as_bytes()));
        let request = request.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
        let packed = [target.as_bytes(), &values].concat();
        PackedHeaders {
            packed: packed.into(),
            target: target.len(),
            names: names.into(),
            request: lines(request).into(),
        }
    }

    /// Shares what is equal in a recent entry: most clients always send the same headers, and most responses of an
    /// operation have headers of the same names.
    pub(super) fn share(&mut self, recent: &mut VecDeque<Arc<[u8]>>) {
        for own in [&mut self.names, &mut self.request] {
            match recent.iter().find(|known| *known == own) {
                Some(known) => *own = known.clone(),
                None => {
                    recent.truncate(RECENT_HEADERS - 1);
                    recent.push_front(own.clone());
                }
            }
        }
    }

    /// Its size in bytes, as if nothing were shared.
    pub(super) fn bytes(&self) -> usize {
        self.packed.len() + self.names.len() + self.request.len()
    }

    /// The target as it was sent: a path with a query, or a URL.
    pub fn target(&self) -> RequestTarget<'_> {
        RequestTarget(str::from_utf8(&self.packed[..self.target]).expect("it was packed from a `str`"))
    }

    /// The request's headers.
    pub fn request(&self) -> HeaderMap {
        let mut lines = split(&self.request);
        headers(std::iter::from_fn(|| Some((lines.next()?, lines.next()?))))
    }

    /// The response's headers.
    pub fn response(&self) -> HeaderMap {
        headers(split(&self.names).zip(split(&self.packed[self.target..])))
    }
}

/// Texts, each with a line feed after it. Neither names nor values of headers can contain one.
fn lines<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut lines = Vec::with_capacity(512);
    for text in texts {
        lines.extend_from_slice(text);
        lines.push(b'\n');
    }
    lines
}

/// The texts that [`lines`] was made of.
fn split(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    lines.split_inclusive(|byte| *byte == b'\n').map(|line| &line[..line.len() - 1])
}

fn headers<'a>(pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> HeaderMap {
    let read = |(name, value)| Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?));
    let mut headers = HeaderMap::new();
    for (name, value) in pairs.filter_map(read) {
        headers.append(name, value);
    }
    headers
}

/// The target of a request as it was sent: a path with a query, or a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestTarget<'e>(&'e str);

impl<'e> RequestTarget<'e> {
    /// Whether it is a URL, as a client sends it to a proxy.
    pub fn is_absolute(self) -> bool {
        self.0.contains("://") && !self.0.starts_with('/')
    }

    /// The path, still percent-encoded.
    pub fn path(self) -> &'e str {
        let end = self.0.find('?').unwrap_or(self.0.len());
        match self.is_absolute().then(|| self.0[..end].split_once("://")).flatten() {
            Some((_, address)) => address.find('/').map_or("/", |begin| &address[begin..]),
            None => &self.0[..end],
        }
    }

    /// The query string, if there is one.
    pub fn query(self) -> Option<&'e str> {
        self.0.split_once('?').map(|(_, query)| query)
    }
}

impl fmt::Display for RequestTarget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
