//! Addresses: which provider a request is for, and the base URL that a client uses in place of a vendor's.

use axum::http::header;
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::Serialize;

use super::list::{ALL, named};
use crate::contract::path_template;
use crate::contract::provider::{Card, Carrier, Provider};
use crate::http::origin::origin;

/// Where a request goes: to a provider, and to a path on the vendor's host.
#[derive(Clone)]
pub struct Target {
    /// The provider.
    pub provider: &'static dyn Provider,
    /// The path, without the provider's prefix, as [`path_template`] decodes it.
    pub path: String,
}

/// Finds the provider of a request: by the prefix of the path, else by the host, else by a path that is one of the
/// provider's routes as it stands. If several providers have that route, the form of the key decides.
pub fn resolve(request: &Parts) -> Option<Target> {
    let path = path_template::decode(request.uri.path());
    by_prefix(&path).or_else(|| {
        let provider = host(request).and_then(|host| by_host(&host)).or_else(|| by_bare_path(&path, request))?;
        Some(Target { provider, path: path.into_owned() })
    })
}

fn by_prefix(path: &str) -> Option<Target> {
    let below = path.strip_prefix('/')?;
    let end = below.find('/').unwrap_or(below.len());
    Some(Target { provider: named(&below[..end])?, path: below[end..].to_owned() })
}

/// The host that the request names, in lower case and without the port.
fn host(request: &Parts) -> Option<String> {
    named_host(request).map(str::to_ascii_lowercase)
}

/// The host that the request names, without the port. In an absolute-form target it is that of the target, otherwise
/// that of the `Host` header.
fn named_host(request: &Parts) -> Option<&str> {
    let given = match request.uri.host() {
        Some(host) => host,
        None => request.headers.get(header::HOST)?.to_str().ok()?,
    };
    let name = given
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(given, |(name, _)| name);
    Some(name.trim_end_matches('.'))
}

/// The provider of this host: of a vendor's own host name, or of an alias that begins with a provider's name, such as
/// `flora` or `flora.localhost`.
fn by_host(host: &str) -> Option<&'static dyn Provider> {
    let vendor = ALL.iter().copied().find(|provider| provider.card().hosts.contains(&host));
    vendor.or_else(|| named(host.split('.').next()?))
}

/// The provider whose files are on the host that a request names, and that host. The prefix of a provider counts before
/// the host, as it does for its routes.
pub fn file_host(request: &Parts) -> Option<(&'static dyn Provider, String)> {
    let host = named_host(request).filter(|_| by_prefix(request.uri.path()).is_none())?;
    let has_it = |provider: &&dyn Provider| {
        provider.card().file_hosts.iter().any(|file_host| file_host.eq_ignore_ascii_case(host))
    };
    Some((ALL.iter().copied().find(has_it)?, host.to_ascii_lowercase()))
}

/// Whether a host, without its port, is a vendor's or an alias of one.
pub fn is_vendors(host: &str) -> bool {
    by_host(&host.trim_end_matches('.').to_ascii_lowercase()).is_some()
}

fn by_bare_path(path: &str, request: &Parts) -> Option<&'static dyn Provider> {
    let claims = |provider: &&dyn Provider| provider.card().operations.iter().any(|operation| operation.has_path(path));
    let mut claimants = ALL.iter().copied().filter(claims);
    match (claimants.next(), claimants.next()) {
        (only, None) => only,
        (Some(first), Some(second)) => {
            [first, second].into_iter().chain(claimants).find(|provider| shows_key_of(*provider, request))
        }
        (None, Some(_)) => None,
    }
}

/// Whether the request has a key in the form of this provider's, even if the syntax of the header is wrong.
fn shows_key_of(provider: &dyn Provider, request: &Parts) -> bool {
    let auth = &provider.card().auth;
    let header = match auth.carrier {
        Carrier::Bearer => header::AUTHORIZATION.as_str(),
        Carrier::Header(name) => name,
    };
    let shown = request.headers.get(header).and_then(|value| value.to_str().ok()).unwrap_or_default();
    shown.split_ascii_whitespace().next_back().is_some_and(auth.looks_like)
}

/// A provider, with what a client needs to reach it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Provider")]
pub struct Described {
    /// Its name in paths and fixtures.
    pub name: &'static str,
    /// The name as the vendor writes it.
    pub title: &'static str,
    /// The base URL that a client uses in place of the vendor's.
    pub base_url: String,
    /// The path of its list of assets.
    pub list: &'static str,
    /// The vendor's host names. Requests that name one of them are answered as well.
    pub hosts: &'static [&'static str],
}

/// All providers, with base URLs at the address that the client used.
pub fn describe(request: &Parts) -> Vec<Described> {
    let origin = origin(request);
    let described = |card: &'static Card| Described {
        name: card.name,
        title: card.title,
        base_url: base_url(&origin, card),
        list: card.list(),
        hosts: card.hosts,
    };
    ALL.iter().map(|provider| described(provider.card())).collect()
}

/// The host names that belong to exactly one provider: the vendors' own, and the `localhost` names that lead to this
/// machine.
pub fn hosts() -> Vec<String> {
    let hosts = |card: &Card| {
        let vendors = card.hosts.iter().chain(card.file_hosts).map(|host| (*host).to_owned());
        vendors.chain([format!("{}.localhost", card.name)]).collect::<Vec<_>>()
    };
    ALL.iter().flat_map(|provider| hosts(provider.card())).collect()
}

/// The base URL of this provider for clients.
pub fn base_url(origin: &str, card: &Card) -> String {
    format!("{origin}/{}{}", card.name, card.base)
}
