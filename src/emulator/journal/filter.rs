//! Filters for entries. A filter is a list of criteria ([`Criterion`]). Each decides whether an entry meets it and, for
//! expectations that were not met, describes how the entry differs.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entry::JournalEntry;
use crate::emulator::faults::is_named;
use crate::emulator::redaction::{Secrets, mask, mask_header};

/// Conditions for entries. An entry must meet all that are present.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "JournalFilter")]
pub struct Filter {
    /// The provider's name.
    pub provider: Option<String>,
    /// The operation, such as `list_assets`: `assetmock providers NAME` lists them.
    pub operation: Option<String>,
    /// The workspace's id.
    pub workspace: Option<String>,
    /// The whole key that the request sent, valid or not.
    pub key: Option<String>,
    /// The method: one of those that HTTP registers, in any case.
    pub method: Option<String>,
    /// The response's status: a number, or a class such as `4xx`.
    pub status: Option<StatusIs>,
    /// The decoded path, with or without the provider's prefix. A `*` at its end matches any text.
    pub path: Option<String>,
    /// Query parameters that the request must have with these decoded values.
    pub query: BTreeMap<String, String>,
    /// Request headers that the request must have with these values.
    pub header: BTreeMap<String, String>,
    /// Only entries with a greater number.
    pub after: Option<u64>,
    /// A fault that applied: its name in the journal, such as `rate_limited` or `insert`, or its kind as in the
    /// `effect` of a rule, such as `failure` or `paging`.
    pub fault: Option<String>,
    /// Whether the entry has warnings.
    pub warnings: Option<bool>,
    /// The most entries to return.
    pub limit: Option<usize>,
}

impl Filter {
    /// Whether an entry meets all criteria. `after` and `limit` are not criteria of an entry; the journal applies them.
    pub fn matches(&self, entry: &JournalEntry) -> bool {
        self.asks().all(|ask| ask.holds(entry))
    }

    /// The criteria that are present.
    pub(super) fn asks(&self) -> impl Iterator<Item = Criterion<'_>> {
        let single = [
            self.provider.as_deref().map(Criterion::Provider),
            self.operation.as_deref().map(Criterion::Operation),
            self.workspace.as_deref().map(Criterion::Workspace),
            self.key.as_deref().map(Criterion::Key),
            self.method.as_deref().map(Criterion::Method),
            self.status.map(Criterion::Status),
            self.path.as_deref().map(Criterion::Path),
            self.fault.as_deref().map(Criterion::Fault),
            self.warnings.map(Criterion::Warnings),
        ];
        let query = self.query.iter().map(|(name, value)| Criterion::Query(name, value));
        let header = self.header.iter().map(|(name, value)| Criterion::Header(name, value));
        single.into_iter().flatten().chain(query).chain(header)
    }
}

/// A status, or a class of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "WrittenStatus", into = "WrittenStatus")]
#[schemars(rename = "StatusFilter")]
pub enum StatusIs {
    /// This status.
    Exactly(u16),
    /// All statuses of this class, such as 4 for `4xx`.
    Class(u16),
}

/// A status as JSON.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a status is a number such as 404, from 200 to 999, or a class such as `4xx`, from `2xx` to `5xx`"
)]
enum WrittenStatus {
    Number(#[schemars(range(min = 200, max = 999))] u16),
    Text(#[schemars(regex(pattern = r"^([2-9][0-9][0-9]|[2-5]xx)$"))] String),
}

impl TryFrom<WrittenStatus> for StatusIs {
    type Error = String;

    fn try_from(written: WrittenStatus) -> Result<StatusIs, String> {
        let read = match &written {
            WrittenStatus::Number(number) => Some(StatusIs::Exactly(*number)),
            WrittenStatus::Text(text) => match text.strip_suffix("xx") {
                Some(class) => class.parse().ok().map(StatusIs::Class),
                None => text.parse().ok().map(StatusIs::Exactly),
            },
        };
        let possible = |status: &StatusIs| match status {
            // The fault effect `raw` can send any of these.
            StatusIs::Exactly(number) => (200..1000).contains(number),
            StatusIs::Class(class) => (2..6).contains(class),
        };
        read.filter(possible).ok_or_else(|| {
            "a status is a number such as 404, from 200 to 999, or a class such as `4xx`, from `2xx` to `5xx`"
                .to_owned()
        })
    }
}

impl From<StatusIs> for WrittenStatus {
    fn from(status: StatusIs) -> WrittenStatus {
        match status {
            StatusIs::Exactly(number) => WrittenStatus::Number(number),
            StatusIs::Class(_) => WrittenStatus::Text(status.to_string()),
        }
    }
}

impl fmt::Display for StatusIs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatusIs::Exactly(number) => write!(f, "{number}"),
            StatusIs::Class(class) => write!(f, "{class}xx"),
        }
    }
}

/// One condition of a filter.
#[derive(Debug, Clone, Copy)]
pub(super) enum Criterion<'a> {
    Provider(&'a str),
    Operation(&'a str),
    Workspace(&'a str),
    Key(&'a str),
    Method(&'a str),
    Status(StatusIs),
    Path(&'a str),
    Query(&'a str, &'a str),
    Header(&'a str, &'a str),
    Fault(&'a str),
    Warnings(bool),
}

impl Criterion<'_> {
    pub(super) fn holds(self, entry: &JournalEntry) -> bool {
        match self {
            Criterion::Provider(name) => entry.provider == Some(name),
            Criterion::Operation(name) => entry.operation.is_some_and(|operation| operation.name == name),
            Criterion::Workspace(id) => entry.workspace.as_deref() == Some(id),
            Criterion::Key(key) => entry.key.as_deref() == Some(key),
            Criterion::Method(method) => entry.method.as_str().eq_ignore_ascii_case(method),
            Criterion::Status(status) => entry.status.is_some_and(|given| match status {
                StatusIs::Exactly(number) => given == number,
                StatusIs::Class(class) => given.as_u16() / 100 == class,
            }),
            Criterion::Path(pattern) => is_at(entry, pattern),
            Criterion::Query(name, value) => parameter(entry, name).any(|given| given == value),
            Criterion::Header(name, value) => {
                entry.heads.request().get_all(name).iter().any(|given| given.as_bytes() == value.as_bytes())
            }
            Criterion::Fault(name) => entry.diagnostics().faults.iter().any(|fault| is_named(fault, name)),
            Criterion::Warnings(wanted) => entry.diagnostics().warnings.is_empty() != wanted,
        }
    }

    /// A sentence that says how an entry differs from this criterion.
    pub(super) fn difference(self, entry: &JournalEntry, secrets: &Secrets) -> String {
        let or_none = |text: Option<&str>| text.unwrap_or("none").to_owned();
        let (what, is) = match self {
            Criterion::Provider(_) => ("the provider", or_none(entry.provider)),
            Criterion::Operation(_) => ("the operation", or_none(entry.operation.map(|operation| operation.name))),
            Criterion::Workspace(_) => ("the workspace", or_none(entry.workspace.as_deref())),
            Criterion::Key(_) => ("the key", or_none(entry.key.as_deref().map(mask).as_deref())),
            Criterion::Method(_) => ("the method", entry.method.to_string()),
            Criterion::Status(_) => {
                ("the status", entry.status.map_or("none".to_owned(), |status| status.as_u16().to_string()))
            }
            Criterion::Path(_) => ("the path", decoded_path(entry)),
            Criterion::Query(name, _) => match parameter(entry, name).collect::<Vec<_>>() {
                values if values.is_empty() => ("the query", format!("without {name}")),
                values => ("the query", format!("{name}={}", values.join(&format!("&{name}=")))),
            },
            Criterion::Header(name, _) => match entry.heads.request().iter().find(|(known, _)| *known == name) {
                Some((name, value)) => ("the header", format!("{name}: {}", secrets.header(name, value))),
                None => ("the header", format!("without {name}")),
            },
            Criterion::Fault(_) => match &*entry.diagnostics().faults {
                [] => ("the fault", "none".to_owned()),
                faults => ("the fault", faults.join(", ")),
            },
            Criterion::Warnings(_) => ("the number of warnings", entry.diagnostics().warnings.len().to_string()),
        };
        format!("{what} is {}, not {}", secrets.hide(&is), self.wanted())
    }

    fn wanted(self) -> String {
        match self {
            Criterion::Provider(text)
            | Criterion::Operation(text)
            | Criterion::Workspace(text)
            | Criterion::Path(text)
            | Criterion::Fault(text) => text.to_owned(),
            Criterion::Method(method) => method.to_ascii_uppercase(),
            Criterion::Key(key) => mask(key),
            Criterion::Status(status) => status.to_string(),
            Criterion::Query(name, value) => format!("{name}={value}"),
            Criterion::Header(name, value) => match name.parse() {
                Ok(known) => format!("{name}: {}", mask_header(&known, value)),
                Err(_) => name.to_owned(),
            },
            Criterion::Warnings(true) => "at least 1".to_owned(),
            Criterion::Warnings(false) => "0".to_owned(),
        }
    }
}

/// The criterion as a part of the description of an expectation.
impl fmt::Display for Criterion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Criterion::Provider(_) => "provider",
            Criterion::Operation(_) => "operation",
            Criterion::Workspace(_) => "workspace",
            Criterion::Key(_) => "key",
            Criterion::Method(_) => "method",
            Criterion::Status(_) => "status",
            Criterion::Path(_) => "path",
            Criterion::Query(..) => "query",
            Criterion::Header(..) => "header",
            Criterion::Fault(_) => "fault",
            Criterion::Warnings(_) => "warnings",
        };
        write!(f, "{what} {}", self.wanted())
    }
}

fn decoded_path(entry: &JournalEntry) -> String {
    percent_decode_str(entry.heads.target().path()).decode_utf8_lossy().into_owned()
}

/// Whether the path of the entry matches the pattern, with or without the provider's prefix.
fn is_at(entry: &JournalEntry, pattern: &str) -> bool {
    let path = percent_decode_str(entry.heads.target().path()).decode_utf8_lossy();
    let below = entry.provider.and_then(|name| path.strip_prefix('/')?.strip_prefix(name));
    let below = below.filter(|below| below.is_empty() || below.starts_with('/'));
    [Some(&*path), below].into_iter().flatten().any(|path| match pattern.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => path == pattern,
    })
}

/// The decoded values of a query parameter.
fn parameter<'a>(entry: &'a JournalEntry, name: &'a str) -> impl Iterator<Item = std::borrow::Cow<'a, str>> {
    let query = entry.heads.target().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).filter(move |(known, _)| known == name).map(|(_, value)| value)
}
