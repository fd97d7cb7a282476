//! The redacted views of an entry: as JSON, and as a line of the log.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU64;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;

use super::entry::{Body, JournalEntry};
use crate::clock::write_rfc3339;
use crate::emulator::redaction::{Secrets, clip, mask};

/// A journal entry, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "JournalEntry")]
pub struct EntryView {
    /// Its number: from 1, never reused.
    pub seq: u64,
    /// When the request came, by the workspace's clock, in RFC 3339.
    pub at: String,
    /// The provider; null: no provider owns the address.
    pub provider: Option<&'static str>,
    /// The operation, such as `list_assets`; null: the provider has no such route.
    pub operation: Option<&'static str>,
    /// The workspace of the key; null: the key is not known.
    pub workspace: Option<String>,
    /// The key that the request sent, masked.
    pub key: Option<String>,
    /// The method.
    pub method: String,
    /// The target, as it was sent.
    pub target: String,
    /// The HTTP version, such as `HTTP/1.1`.
    pub http_version: String,
    /// The request's headers.
    pub request_headers: Vec<Header>,
    /// The request's body, or its beginning.
    pub request_body: BodyView,
    /// Whether only the beginning of the request's body is stored.
    pub request_body_cut: bool,
    /// The response's status; null: the connection ended before any byte of the response was sent.
    pub status: Option<u16>,
    /// The response's headers.
    pub response_headers: Vec<Header>,
    /// The response's body, or its beginning.
    pub response_body: BodyView,
    /// Whether only the beginning of the response's body is stored.
    pub response_body_cut: bool,
    /// The length of the whole response body, in bytes.
    pub response_body_length: u64,
    /// How many of these bytes were sent.
    pub response_body_sent: u64,
    /// Whether the stored bodies were evicted.
    pub bodies_dropped: bool,
    /// How long the response took, in microseconds of real time.
    pub duration_us: u64,
    /// The faults that applied.
    pub faults: Vec<String>,
    /// Why the request was refused; null: it was not.
    pub why: Option<String>,
    /// What in the request was probably a mistake.
    pub warnings: Vec<String>,
    /// The variants of the vendor's behaviour that were not the default: options by the name of the variant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub variants: BTreeMap<String, &'static str>,
    /// Whether it is a CORS preflight, which the emulator answered itself because of `--cors`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub preflight: bool,
}

/// One header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Header {
    /// Its name, in lower case.
    pub name: String,
    /// Its value, with secrets masked.
    pub value: String,
}

/// A body: text, or base64 if it is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "JournalBody")]
pub enum BodyView {
    /// A body that is UTF-8.
    Text(String),
    /// Any other body.
    Binary {
        /// The bytes.
        base64: String,
    },
}

impl EntryView {
    /// The redacted view of an entry.
    pub fn of(entry: &JournalEntry) -> EntryView {
        let secrets = entry.secrets();
        let diagnostics = entry.diagnostics();
        let request_body = entry.request_body.as_deref().cloned().unwrap_or_default();
        let hidden = |text: &str| secrets.hide(text).into_owned();
        EntryView {
            seq: entry.seq,
            at: write_rfc3339(entry.at),
            provider: entry.provider,
            operation: entry.operation.map(|operation| operation.name),
            workspace: entry.workspace.as_deref().map(str::to_owned),
            key: entry.key.as_deref().map(mask),
            method: secrets.method(&entry.method),
            target: secrets.target(&entry.heads.target().to_string()),
            http_version: format!("{:?}", entry.version),
            request_headers: headers(&entry.heads.request(), &secrets),
            request_body: BodyView::of(&request_body, &secrets),
            request_body_cut: request_body.is_cut(),
            status: entry.status.map(|status| status.as_u16()),
            response_headers: headers(&entry.heads.response(), &secrets),
            response_body: BodyView::of(&entry.response_body, &secrets),
            response_body_cut: entry.response_body.is_cut(),
            response_body_length: entry.response_body.length,
            response_body_sent: entry.sent(),
            bodies_dropped: entry.bodies_dropped,
            duration_us: entry.duration_us.into(),
            faults: diagnostics.faults.iter().map(|fault| hidden(fault)).collect(),
            why: diagnostics.why.as_deref().map(hidden),
            warnings: diagnostics.warnings.iter().map(|warning| hidden(&warning.to_string())).collect(),
            variants: diagnostics.variants.clone(),
            preflight: diagnostics.is_preflight,
        }
    }
}

impl BodyView {
    pub(super) fn of(body: &Body, secrets: &Secrets) -> BodyView {
        let whole = body.kept.whole();
        let bytes = secrets.hide_in_bytes(&whole);
        match (std::str::from_utf8(&bytes), body.is_cut()) {
            (Ok(text), _) => BodyView::Text(text.to_owned()),
            // The body was cut within a character: leave out its first bytes.
            (Err(error), true) if error.error_len().is_none() => {
                BodyView::Text(String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned())
            }
            (Err(_), _) => BodyView::Binary { base64: STANDARD.encode(&bytes) },
        }
    }
}

pub(super) fn headers(headers: &HeaderMap, secrets: &Secrets) -> Vec<Header> {
    let shown = headers.iter().map(|(name, value)| Header {
        name: secrets.hide(name.as_str()).into_owned(),
        value: secrets.header(name, value),
    });
    shown.collect()
}

impl JournalEntry {
    /// The secrets to redact when the entry is shown.
    pub(crate) fn secrets(&self) -> Secrets {
        let secrets = Secrets::of(self.key.as_deref(), &self.heads.request()).and_in_headers(&self.heads.response());
        let secrets = secrets.and_in_query(self.heads.target().query().unwrap_or_default());
        let Some(body) = self.request_body.as_deref() else { return secrets };
        let body = body.kept.whole();
        match std::str::from_utf8(&body) {
            Ok(form) if !form.trim_start().starts_with(['{', '[']) => secrets.and_in_query(form),
            _ => secrets.and_in_json(&body),
        }
    }
}

/// The most characters of a target in a log line.
const LINE_TARGET: usize = 240;

/// A log line about an entry, redacted: an object in the JSON log, and a line in the text log. In text, unknown values
/// are `-`, and the warnings follow the reason: `acme GET /acme/v2/assets?limit=500 400 0.21ms ws_demo acme_pk_…0000 —
/// limit=500 is above the maximum 200`.
#[derive(Debug, Serialize)]
pub struct LogLine {
    /// Its number in the journal; `None` if the journal is off.
    pub seq: Option<NonZeroU64>,
    provider: Option<&'static str>,
    operation: Option<&'static str>,
    workspace: Option<String>,
    key: Option<String>,
    method: String,
    target: String,
    status: Option<u16>,
    duration_ms: f64,
    faults: Vec<String>,
    why: Option<String>,
    warnings: Vec<String>,
}

impl LogLine {
    /// The log line of an entry.
    pub fn of(entry: &JournalEntry) -> LogLine {
        let secrets = entry.secrets();
        let diagnostics = entry.diagnostics();
        let hidden = |text: &str| secrets.hide(text).into_owned();
        LogLine {
            seq: NonZeroU64::new(entry.seq),
            provider: entry.provider,
            operation: entry.operation.map(|operation| operation.name),
            workspace: entry.workspace.as_deref().map(str::to_owned),
            key: entry.key.as_deref().map(mask),
            method: secrets.method(&entry.method),
            target: clip(&secrets.target(&entry.heads.target().to_string()), LINE_TARGET, &secrets).into_owned(),
            status: entry.status.map(|status| status.as_u16()),
            duration_ms: f64::from(entry.duration_us) / 1000.0,
            faults: diagnostics.faults.iter().map(|fault| hidden(fault)).collect(),
            why: diagnostics.why.as_deref().map(hidden),
            warnings: diagnostics.warnings.iter().map(|warning| hidden(&warning.to_string())).collect(),
        }
    }
}

impl fmt::Display for JournalEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LogLine::of(self).fmt(f)
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or(Cow::Borrowed("-"), |status| Cow::Owned(status.to_string()));
        write!(
            f,
            "{} {} {} {status} {:.2}ms {} {}",
            self.provider.unwrap_or("-"),
            self.method,
            self.target,
            self.duration_ms,
            self.workspace.as_deref().unwrap_or("-"),
            self.key.as_deref().unwrap_or("-"),
        )?;
        if !self.faults.is_empty() {
            write!(f, " [{}]", self.faults.join(", "))?;
        }
        let warnings = self.warnings.iter().filter(|warning| Some(*warning) != self.why.as_ref());
        let said: Vec<_> = self.why.iter().chain(warnings).map(String::as_str).collect();
        if said.is_empty() { Ok(()) } else { write!(f, " — {}", said.join("; ")) }
    }
}
