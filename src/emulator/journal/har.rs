//! The journal as an HTTP archive (HAR 1.2), which browsers and proxies can read. The crate `har` has these structs
//! too, but adds thirty packages to the lock file, with second versions of some that we have, for a page of fields that
//! has not changed since 2012. Fields that are not in the format begin with `_`, as the format requires.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, header};
use schemars::JsonSchema;
use serde::Serialize;

use super::entry::{Body, HANDSHAKE, JournalEntry};
use super::view::{BodyView, Header, headers};
use crate::clock::write_rfc3339;
use crate::emulator::redaction::{Secrets, mask};

/// An HTTP archive of entries (HAR 1.2), redacted like everything from the journal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Har {
    log: Log,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "HarLog")]
struct Log {
    version: &'static str,
    creator: Creator,
    entries: Vec<HarEntry>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "HarCreator")]
struct Creator {
    name: &'static str,
    version: &'static str,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct HarEntry {
    started_date_time: String,
    /// The duration in milliseconds.
    time: f64,
    request: Request,
    response: Response,
    cache: Cache,
    timings: Timings,
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    comment: String,
    #[serde(rename = "_seq")]
    seq: u64,
    #[serde(rename = "_provider")]
    provider: Option<&'static str>,
    #[serde(rename = "_workspace")]
    workspace: Option<String>,
    #[serde(rename = "_key")]
    key: Option<String>,
    #[serde(rename = "_faults")]
    faults: Vec<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "HarRequest")]
struct Request {
    method: String,
    url: String,
    http_version: String,
    cookies: [(); 0],
    headers: Vec<Header>,
    query_string: Vec<Header>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData>,
    headers_size: i64,
    body_size: u64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "HarPostData")]
struct PostData {
    mime_type: String,
    text: String,
    /// `base64` if the body is not text. The format has no field for this in a request.
    #[serde(rename = "_encoding", skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "HarResponse")]
struct Response {
    status: u16,
    status_text: &'static str,
    http_version: String,
    cookies: [(); 0],
    headers: Vec<Header>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: String,
    headers_size: i64,
    body_size: u64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "HarContent")]
struct Content {
    size: u64,
    mime_type: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "HarCache")]
struct Cache {}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "HarTimings")]
struct Timings {
    send: f64,
    wait: f64,
    receive: f64,
}

/// The format's value for an unknown size.
const NOT_KNOWN: i64 = -1;

/// What browsers write for a body without a content type.
const NO_TYPE: &str = "x-unknown";

impl Har {
    /// The archive of these entries.
    pub fn of(entries: &[Arc<JournalEntry>]) -> Har {
        let creator = Creator { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
        Har { log: Log { version: "1.2", creator, entries: entries.iter().map(|entry| HarEntry::of(entry)).collect() } }
    }

    /// One entry of the archive.
    pub fn entry(entry: &JournalEntry) -> impl Serialize + use<> {
        HarEntry::of(entry)
    }
}

impl HarEntry {
    fn of(entry: &JournalEntry) -> HarEntry {
        let secrets = entry.secrets();
        let time = f64::from(entry.duration_us) / 1000.0;
        HarEntry {
            started_date_time: write_rfc3339(entry.at),
            time,
            request: Request::of(entry, &secrets),
            response: Response::of(entry, &secrets),
            cache: Cache {},
            timings: Timings { send: 0.0, wait: time, receive: 0.0 },
            comment: secrets.hide(&entry.diagnostics().said().join("; ")).into_owned(),
            seq: entry.seq,
            provider: entry.provider,
            workspace: entry.workspace.as_deref().map(str::to_owned),
            key: entry.key.as_deref().map(mask),
            faults: entry.diagnostics().faults.iter().map(|fault| secrets.hide(fault).into_owned()).collect(),
        }
    }
}

impl Request {
    fn of(entry: &JournalEntry, secrets: &Secrets) -> Request {
        let query = form_urlencoded::parse(entry.heads.target().query().unwrap_or_default().as_bytes());
        let query = query.map(|(name, value)| Header {
            name: secrets.hide(&name).into_owned(),
            value: secrets.parameter(&name, &value),
        });
        let body = entry.request_body.as_deref().cloned().unwrap_or_default();
        let (text, encoding) = text(&body, secrets);
        let post_data = PostData {
            mime_type: named(&entry.heads.request(), header::CONTENT_TYPE, NO_TYPE, secrets),
            text,
            encoding,
        };
        Request {
            method: secrets.method(&entry.method),
            url: secrets.target(&url(entry)),
            http_version: format!("{:?}", entry.version),
            cookies: [],
            headers: headers(&entry.heads.request(), secrets),
            query_string: query.collect(),
            post_data: (body.length > 0).then_some(post_data),
            headers_size: NOT_KNOWN,
            body_size: body.length,
        }
    }
}

impl Response {
    fn of(entry: &JournalEntry, secrets: &Secrets) -> Response {
        let body = &entry.response_body;
        let (text, encoding) = text(body, secrets);
        let sent = entry.sent();
        let comment = match entry.diagnostics().sent {
            _ if entry.bodies_dropped && body.is_cut() => {
                Some(format!("the journal had no room for these {} bytes", body.length))
            }
            Some(sent) => Some(format!("the connection ended after {sent} of {} bytes", body.length)),
            None => body.is_cut().then(|| format!("the first {} of {} bytes", body.kept.len(), body.length)),
        };
        Response {
            status: entry.status.map_or(0, |status| status.as_u16()),
            status_text: entry.status.and_then(|status| status.canonical_reason()).unwrap_or_default(),
            http_version: format!("{:?}", entry.version),
            cookies: [],
            headers: headers(&entry.heads.response(), secrets),
            content: Content {
                size: sent,
                mime_type: named(&entry.heads.response(), header::CONTENT_TYPE, NO_TYPE, secrets),
                text,
                encoding,
                comment,
            },
            redirect_url: named(&entry.heads.response(), header::LOCATION, "", secrets),
            headers_size: NOT_KNOWN,
            body_size: sent,
        }
    }
}

/// The absolute URL, which the format asks for. A tunnel and a handshake have no path, and the target is their host.
fn url(entry: &JournalEntry) -> String {
    let target = entry.heads.target();
    let headers = entry.heads.request();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    match (entry.method.as_str(), &*target.to_string()) {
        (_, whole) if target.is_absolute() => whole.to_owned(),
        ("CONNECT", authority) => format!("https://{authority}"),
        (HANDSHAKE, "*") => format!("https://{host}/"),
        (HANDSHAKE, name) => format!("https://{name}/"),
        (_, "*") => format!("http://{host}/"),
        (_, path) => format!("http://{host}{path}"),
    }
}

fn named(headers: &HeaderMap, name: HeaderName, absent: &str, secrets: &Secrets) -> String {
    headers.get(&name).map_or_else(|| absent.to_owned(), |value| secrets.header(&name, value))
}

fn text(body: &Body, secrets: &Secrets) -> (String, Option<&'static str>) {
    match BodyView::of(body, secrets) {
        BodyView::Text(text) => (text, None),
        BodyView::Binary { base64 } => (base64, Some("base64")),
    }
}
