//! What is recorded of a request for bytes: a line of the log, and the counts of a run that ends with a summary. The journal
//! is about the vendors' APIs and has none of these.

use std::fmt;

use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;
use tracing::Level;

use crate::contract::asset_url::PREFIX;
use crate::emulator::app::App;
use crate::emulator::log;
use crate::providers::directory;

/// The most characters of a target that are recorded.
const MAX_TARGET: usize = 240;

/// A request as the log shows it.
#[derive(Serialize)]
struct LogLine<'a> {
    method: &'a str,
    target: &'a str,
    status: u16,
    why: Option<&'a str>,
}

impl fmt::Display for LogLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "- {} {} {}", self.method, self.target, self.status)?;
        self.why.map_or(Ok(()), |why| write!(f, " — {why}"))
    }
}

/// Logs and counts a request that gets a response of this status. `why` says why there are no bytes.
pub fn record(app: &App, request: &Parts, status: StatusCode, why: Option<&str>) {
    let why = why.or_else(|| why_none(status));
    let level = if why.is_some() { Level::INFO } else { Level::DEBUG };
    if !log::is_enabled(level) && app.summary.is_none() {
        return;
    }
    let (method, target) = (request.method.as_str(), target(request));
    if let Some(summary) = &app.summary {
        summary.count_file(&format!("{method} {target}"), status, why);
    }
    if log::is_enabled(level) {
        app.log.write(level, &LogLine { method, target: &target, status: status.as_u16(), why });
    }
}

/// Why a request for bytes that are there gets none of them.
fn why_none(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::RANGE_NOT_SATISFIABLE => Some("the file has no byte in the range"),
        StatusCode::PRECONDITION_FAILED => Some("`If-Match` does not name the file's entity tag"),
        _ => None,
    }
}

/// The path, after the host if that is a vendor's. The query is left out: it may have a signature.
fn target(request: &Parts) -> String {
    let path = request.uri.path();
    let host = directory::file_host(request).filter(|_| !path.starts_with(PREFIX)).map(|(_, host)| host);
    host.unwrap_or_default().chars().chain(path.chars()).take(MAX_TARGET).collect()
}
