//! Reads the values of options. Each error says what the value has to be.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::Uri;

use crate::clock::{self, Micros};
use crate::library::fixture;
use crate::library::model::Status;

/// A host as the user wrote it, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostAndPort {
    /// A name or an address; an IPv6 address is in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for HostAndPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The file of a report, and its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// The file.
    pub path: PathBuf,
    /// The format, by the file's extension.
    pub kind: ReportKind,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// The summary as JSON.
    Json,
    /// The summary as Markdown.
    Markdown,
    /// The journal as an HTTP archive.
    Har,
}

/// Reads the path of a report's file. Its extension decides the format.
pub fn report_file(text: &str) -> Result<ReportFile, String> {
    let path = PathBuf::from(text);
    let kind = match Path::new(text).extension().and_then(|ending| ending.to_str()) {
        Some("json") => ReportKind::Json,
        Some("md") => ReportKind::Markdown,
        Some("har") => ReportKind::Har,
        _ => return Err("the name of a report ends in `.json`, `.md` or `.har`".to_owned()),
    };
    Ok(ReportFile { path, kind })
}

/// Reads the address under which clients reach the server. It may have a path, and a slash at the end is left out.
pub fn public_url(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` is not an address such as `https://mock.example.com`");
    let url: Uri = text.parse().map_err(|_| wrong())?;
    let is_http = ["http", "https"].contains(&url.scheme_str().unwrap_or_default());
    if !is_http || url.host().is_none_or(str::is_empty) || text.contains(['?', '#', '@']) {
        return Err(wrong());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Reads a number of seconds, at most a day; fractions are allowed.
pub fn seconds(text: &str) -> Result<Duration, String> {
    const MOST: f64 = 86_400.0;
    let seconds = text.parse().ok().filter(|seconds| (0.0..=MOST).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| format!("not a number of seconds from 0 to {MOST}"))
}

/// Reads the state of an asset.
pub fn status(text: &str) -> Result<Status, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

/// Reads a time in the format of RFC 3339.
pub fn time(text: &str) -> Result<Micros, String> {
    clock::read_rfc3339(text).ok_or_else(|| "not a time such as 2026-03-21T12:00:00Z".to_owned())
}

/// Reads the id of a workspace.
pub fn workspace_id(text: &str) -> Result<String, String> {
    if fixture::is_workspace_id(text) {
        Ok(text.to_owned())
    } else {
        Err("not `ws_` and something after it, without white space".to_owned())
    }
}

/// Reads a whole number that is not negative.
pub fn whole_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("not a whole number from 0 to {}", u64::MAX))
}

/// Reads a number of items or bytes in memory.
pub fn size(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("not a whole number from 0 to {}", usize::MAX))
}

/// Reads a port; 0 is allowed.
pub fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "not a port from 0 to 65535".to_owned())
}

/// Reads a token, which must not be empty.
pub fn token(text: &str) -> Result<String, String> {
    if text.is_empty() {
        Err("a token is not empty; leave the option out for none".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// Reads an address, a port or both. The default address is loopback, the default port 4750.
pub fn listen(text: &str) -> Result<HostAndPort, String> {
    address(text, 4750)
}

/// Reads an address, a port or both, like [`listen`], but the default port is 0: the system chooses a free one.
pub fn free_port(text: &str) -> Result<HostAndPort, String> {
    address(text, 0)
}

fn address(text: &str, default_port: u16) -> Result<HostAndPort, String> {
    const HOST: &str = "127.0.0.1";
    let wrong = || "not an address and a port such as 127.0.0.1:4750, or a port alone".to_owned();
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err(wrong());
    }
    if let Ok(port) = text.parse() {
        return Ok(HostAndPort { host: HOST.to_owned(), port });
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok(HostAndPort { host: format!("[{text}]"), port: default_port });
    }
    match text.rsplit_once(':').filter(|_| !text.ends_with(']')) {
        Some((host, port)) => {
            let host = if host.is_empty() { HOST } else { host };
            Ok(HostAndPort { host: host.to_owned(), port: port.parse().map_err(|_| wrong())? })
        }
        None if text.bytes().all(|b| b.is_ascii_digit()) => Err(wrong()),
        None => Ok(HostAndPort { host: text.to_owned(), port: default_port }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_or_without_its_port() {
        for (text, read) in [
            ("4750", "127.0.0.1:4750"),
            (":80", "127.0.0.1:80"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("localhost", "localhost:4750"),
            ("[::1]:80", "[::1]:80"),
            ("[::]", "[::]:4750"),
            ("::1", "[::1]:4750"),
        ] {
            assert_eq!(listen(text).map(|read| read.to_string()), Ok(read.to_owned()), "{text}");
        }
        for text in ["", "70000", "localhost:http", "127.0.0.1:70000", "127.0.0.1:4750\r", "a b:1"] {
            assert!(listen(text).is_err(), "{text}");
        }
    }
}
