//! A request and its answer, as the journal keeps them.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use tracing::Level;

use crate::clock::Micros;
use crate::contract::operation::Operation;
use crate::emulator::explain::Warning;
use crate::http::response_body::ResponseBody;

/// The method by which the journal calls a handshake of TLS.
pub const HANDSHAKE: &str = "TLS";

/// How much of a body the journal keeps.
pub const BODY_CAP: usize = 64 << 10;

/// How many different headers of requests are known to be shared.
const SHARED: usize = 16;

/// A body, as far as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// What is kept of it.
    pub kept: ResponseBody,
    /// The length of all of it.
    pub length: u64,
    /// Whether it was dropped since, to keep the journal within its bound of bytes.
    pub dropped: bool,
}

impl Body {
    /// The first [`BODY_CAP`] bytes of `whole`. The rest is given up, so a longer body is copied rather than sliced;
    /// of a shorter one, what others may have too is shared with them.
    pub fn of(whole: impl Into<ResponseBody>) -> Body {
        let whole = whole.into();
        let length = whole.len() as u64;
        let kept = if whole.len() > BODY_CAP { whole.whole()[..BODY_CAP].to_vec().into() } else { whole };
        Body { kept, length, dropped: false }
    }

    /// Of a body that ended early, the part that left, so many bytes at most.
    pub fn beginning(whole: &ResponseBody, sent: usize) -> Body {
        let part = Bytes::copy_from_slice(&whole.whole()[..sent.min(whole.len())]);
        Body { length: whole.len() as u64, ..Body::of(ResponseBody::unshared(part)) }
    }

    /// Whether there was more of it.
    pub fn is_cut(&self) -> bool {
        (self.kept.len() as u64) < self.length
    }

    fn drop_kept(&mut self) {
        self.dropped = !self.kept.is_empty();
        self.kept = ResponseBody::default();
    }
}

/// A request and its answer, as they were: keys in it are whole. It is shown as [`EntryView`](super::EntryView), as
/// [`Har`](super::Har), or by its `Display` as one line for the log; none of them tells a key.
#[derive(Debug, Clone)]
pub struct JournalEntry {
    /// Its number in the journal: from 1, never used again. The journal gives it.
    pub seq: u64,
    /// When it came, by the workspace's clock.
    pub at: Micros,
    /// The provider asked.
    pub provider: Option<&'static str>,
    /// The operation of the provider's that it is for, if it is for one.
    pub operation: Option<&'static Operation>,
    /// The workspace its key opens.
    pub workspace: Option<Arc<str>>,
    /// The text of its key, good or not.
    pub key: Option<Arc<str>>,
    /// The method.
    pub method: Method,
    /// The target and the headers of both sides.
    pub heads: PackedHeaders,
    /// The version of HTTP.
    pub version: Version,
    /// The request's body, if it had one, which few have: an entry without has no room for it.
    pub request_body: Option<Box<Body>>,
    /// The answer's status; `None`: the connection ended before any of it left.
    pub status: Option<StatusCode>,
    /// The answer's body.
    pub response_body: Body,
    /// How long the answer took.
    pub duration: Duration,
    /// What is remarked about it, which is little mostly: an entry without has no room for it.
    pub diagnostics: Option<Box<Diagnostics>>,
}

/// What is remarked about an exchange.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    /// The faults that applied.
    pub faults: Vec<String>,
    /// Why it was refused.
    pub why: Option<String>,
    /// What was probably not meant.
    pub warnings: Vec<Warning>,
    /// How the vendor behaved where it was not the default: options by the name of the variant.
    pub variants: BTreeMap<String, &'static str>,
    /// Whether it is a browser's question whether it may send another request, answered in a vendor's place.
    pub is_preflight: bool,
    /// Whether it is a handshake after which the client ended the connection without a request, as those do that look whether
    /// somebody listens, and browsers that connect in advance.
    pub is_unused: bool,
    /// How many bytes of the answer's body left before its connection ended, if not all did.
    pub sent: Option<u64>,
}

impl Diagnostics {
    /// The memory it takes, in bytes, about.
    pub(super) fn bytes(&self) -> usize {
        let listed = self.faults.len() * size_of::<String>() + self.warnings.len() * size_of::<Warning>();
        let named: usize = self.variants.keys().map(|name| size_of::<(String, &str)>() + name.len()).sum();
        size_of::<Diagnostics>() + listed + named + self.why.as_ref().map_or(0, String::len)
    }

    /// What was said: why it was refused, and what was probably not meant.
    pub(super) fn said(&self) -> Vec<String> {
        self.why.iter().cloned().chain(self.warnings.iter().map(Warning::to_string)).collect()
    }

    /// How important a line of the log about it is.
    pub fn level(&self) -> Level {
        match self.why {
            _ if !self.warnings.is_empty() => Level::WARN,
            Some(_) => Level::INFO,
            None => Level::DEBUG,
        }
    }
}

impl JournalEntry {
    /// What is remarked about it.
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

    /// How many bytes of the answer's body left.
    pub fn sent(&self) -> u64 {
        self.diagnostics().sent.unwrap_or(self.response_body.length)
    }

    /// Whether anything is kept of either body.
    pub(super) fn has_bodies(&self) -> bool {
        !self.response_body.kept.is_empty() || self.request_body.as_ref().is_some_and(|body| !body.kept.is_empty())
    }

    /// Gives up what is kept of the bodies. Their lengths stay.
    pub(super) fn drop_bodies(&mut self) {
        self.response_body.drop_kept();
        self.request_body.iter_mut().for_each(|body| body.drop_kept());
    }
}

/// What is before the bodies: the target, the headers of the request, and those of the answer. They are packed into two pieces
/// of memory: a map of headers takes a kilobyte. And they are a copy, since the server hands out slices of the connection's
/// read buffer, and one held on to would keep all of it: several kilobytes a request (measured: four), which no bound counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackedHeaders {
    /// The target, and the headers of the answer.
    packed: Box<[u8]>,
    /// Where the target ends.
    target: usize,
    /// The headers of the request, shared with others that had the same.
    request: Arc<[u8]>,
}

impl PackedHeaders {
    /// Packs the heads of a request and of its answer, if there is one.
    pub fn of(target: &Uri, request: &HeaderMap, response: Option<&HeaderMap>) -> PackedHeaders {
        let absolute;
        let target = match target.path_and_query() {
            Some(path) if target.authority().is_none() => path.as_str(),
            _ => {
                absolute = target.to_string();
                &absolute
            }
        };
        let packed = pack(target.as_bytes(), response);
        PackedHeaders { packed: packed.into(), target: target.len(), request: pack(&[], Some(request)).into() }
    }

    /// Shares the headers of the request with the last entries that had the same ones. Most clients send the same each time.
    pub(super) fn share(&mut self, lately: &mut VecDeque<Arc<[u8]>>) {
        match lately.iter().find(|headers| **headers == self.request) {
            Some(headers) => self.request = headers.clone(),
            None => {
                lately.truncate(SHARED - 1);
                lately.push_front(self.request.clone());
            }
        }
    }

    /// The memory it takes, as if nothing were shared.
    pub(super) fn bytes(&self) -> usize {
        self.packed.len() + self.request.len()
    }

    /// The target as it was sent: a path with its query, or a whole address.
    pub fn target(&self) -> RequestTarget<'_> {
        RequestTarget(str::from_utf8(&self.packed[..self.target]).expect("it was a text"))
    }

    /// The headers of the request.
    pub fn request(&self) -> HeaderMap {
        unpacked(&self.request)
    }

    /// The headers of the answer.
    pub fn response(&self) -> HeaderMap {
        unpacked(&self.packed[self.target..])
    }
}

/// What is `before` headers, and those. Neither names nor values can hold the bytes that separate them.
fn pack(before: &[u8], headers: Option<&HeaderMap>) -> Vec<u8> {
    let headers = || headers.into_iter().flatten();
    let lengths: usize = headers().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
    let mut packed = Vec::with_capacity(before.len() + lengths);
    packed.extend_from_slice(before);
    for (name, value) in headers() {
        packed.extend_from_slice(name.as_str().as_bytes());
        packed.push(0);
        packed.extend_from_slice(value.as_bytes());
        packed.push(b'\n');
    }
    packed
}

fn unpacked(packed: &[u8]) -> HeaderMap {
    let lines = packed.split(|byte| *byte == b'\n').filter_map(|line| {
        let end = line.iter().position(|byte| *byte == 0)?;
        Some((HeaderName::from_bytes(&line[..end]).ok()?, HeaderValue::from_bytes(&line[end + 1..]).ok()?))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(name, value);
    }
    headers
}

/// A target as it was sent: a path with its query, or a whole address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestTarget<'e>(&'e str);

impl<'e> RequestTarget<'e> {
    /// Whether it is a whole address.
    pub fn is_absolute(self) -> bool {
        self.0.contains("://") && !self.0.starts_with('/')
    }

    /// The path, as it was sent.
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
