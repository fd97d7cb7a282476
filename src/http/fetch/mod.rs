//! Reads the file at a URL that a client names. A client must not reach the network of this machine that way: every
//! address is checked after its name was resolved, what is connected to is the address that was checked, and both hold
//! for each redirect. No proxy is used, since it would resolve names itself.

mod connect;
mod error;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{BodyDataStream, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::rustls::ClientConfig;
use url::Url;

pub use self::connect::Resolver;
use self::connect::{Connection, Response, tls_config};
pub use self::error::FetchError;
use crate::http::public_address::{UrlProblem, is_public, public_url};

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;

/// How many files are read at a time, since each takes memory; others wait.
const AT_ONCE: usize = 16;

/// Reads files at URLs.
#[derive(Debug)]
pub struct Fetcher {
    /// How names are resolved.
    pub resolver: Resolver,
    /// Which addresses may be connected to: in tests, those of a server of their own.
    pub is_allowed: fn(IpAddr) -> bool,
    /// How long it waits.
    pub timeouts: FetchTimeouts,
    tls: Arc<ClientConfig>,
    slots: Semaphore,
}

/// How long a fetch waits.
#[derive(Debug, Clone, Copy)]
pub struct FetchTimeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the response to begin, and for each next piece of it.
    pub read: Duration,
    /// For all of it, redirects included. The client that asked for the fetch waits as long.
    pub whole: Duration,
}

impl Default for FetchTimeouts {
    fn default() -> FetchTimeouts {
        let seconds = Duration::from_secs;
        FetchTimeouts { connect: seconds(10), read: seconds(10), whole: seconds(30) }
    }
}

/// What is accepted of a URL and of the file there.
#[derive(Debug, Clone, Copy)]
pub struct FetchRules {
    /// The schemes of URLs, redirects included.
    pub schemes: &'static [&'static str],
    /// The most bytes of the file.
    pub max: u64,
}

/// A file that is being read.
#[derive(Debug)]
pub struct FetchedFile<'a> {
    /// The type that the server gives for it.
    pub content_type: Option<String>,
    body: BodyDataStream,
    /// How many bytes may still come.
    left: u64,
    max: u64,
    read: Duration,
    deadline: Instant,
    // What goes when this does.
    _connection: Connection,
    _slot: SemaphorePermit<'a>,
}

impl Fetcher {
    /// A fetcher that reads from public addresses only. It trusts the certificate authorities of the Web, and those in
    /// this file of PEM.
    pub fn new(authorities: Option<&Path>) -> Result<Fetcher, String> {
        Ok(Fetcher {
            resolver: Resolver::System,
            is_allowed: is_public,
            timeouts: FetchTimeouts::default(),
            tls: Arc::new(tls_config(authorities)?),
            slots: Semaphore::new(AT_ONCE),
        })
    }

    /// Begins to read the file at a URL.
    pub async fn open(&self, url: &Url, rules: FetchRules) -> Result<FetchedFile<'_>, FetchError> {
        let deadline = Instant::now() + self.timeouts.whole;
        let timed_out = |_| FetchError::Timeout;
        let slot = timeout_at(deadline, self.slots.acquire()).await.map_err(timed_out)?;
        let slot = slot.map_err(|_| FetchError::Timeout)?; // It is never closed.
        let Response { head, body, connection } =
            timeout_at(deadline, self.follow(url.clone(), rules)).await.map_err(timed_out)??;
        if head.status != StatusCode::OK {
            return Err(FetchError::Status(head.status.as_u16()));
        }
        // What a longer file would take is not even begun.
        let length = text(&head.headers, header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if length.is_some_and(|length| length > rules.max) {
            return Err(FetchError::TooLarge { max: rules.max });
        }
        Ok(FetchedFile {
            content_type: text(&head.headers, header::CONTENT_TYPE).map(str::to_owned),
            body: body.into_data_stream(),
            left: rules.max,
            max: rules.max,
            read: self.timeouts.read,
            deadline,
            _connection: connection,
            _slot: slot,
        })
    }

    /// The response at the end of the redirects.
    async fn follow(&self, mut url: Url, rules: FetchRules) -> Result<Response, FetchError> {
        for _ in 0..=MAX_REDIRECTS {
            let url_now = checked(&url, rules)?;
            let response = self.request(&url_now).await?;
            if !is_redirect(response.head.status) {
                return Ok(response);
            }
            let location = text(&response.head.headers, header::LOCATION).ok_or(FetchError::BadRedirect)?;
            url = url_now.join(location).map_err(|_| FetchError::BadRedirect)?;
        }
        Err(FetchError::TooManyRedirects)
    }
}

impl FetchedFile<'_> {
    /// The next bytes of the file; `None` at its end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        let until = self.deadline.min(Instant::now() + self.read);
        let bytes = match timeout_at(until, self.body.next()).await {
            Err(_) => return Err(FetchError::Timeout),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(FetchError::BrokeOff),
            Ok(Some(Ok(bytes))) => bytes,
        };
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(FetchError::TooLarge { max: self.max })?;
        Ok(Some(bytes))
    }
}

/// The URL, if it may be fetched as far as it tells itself. Read once more, as a client's own is.
fn checked(url: &Url, rules: FetchRules) -> Result<Url, FetchError> {
    if !rules.schemes.contains(&url.scheme()) {
        return Err(FetchError::Refused(UrlProblem::Scheme));
    }
    public_url(url.as_str()).map_err(FetchError::Refused)
}

fn is_redirect(status: StatusCode) -> bool {
    [301, 302, 303, 307, 308].contains(&status.as_u16())
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
