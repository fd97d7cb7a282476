//! Addresses: how a request finds its provider, and what a client is given in place of a vendor's URL.

use axum::http::header;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::Serialize;

use super::list::{ALL, named};
use crate::contract::provider::{Card, Carrier, Provider};
use crate::http::origin::origin;

/// Where a request goes: a provider, and the decoded path below it.
#[derive(Clone)]
pub struct Target {
    /// The provider.
    pub provider: &'static dyn Provider,
    /// The path, percent-decoded, without the provider's prefix.
    pub path: String,
}

/// Finds a request's provider: by prefix, else by host, else by a path that is one of its routes, with nothing in front.
/// Where several share that path, the shape of the key decides.
pub fn resolve(request: &Parts) -> Option<Target> {
    let path = percent_decode_str(request.uri.path()).decode_utf8_lossy();
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

/// The host asked for: of an absolute-form target, else of the `Host` header; without port, in lower case.
fn host(request: &Parts) -> Option<String> {
    let given = match request.uri.host() {
        Some(host) => host,
        None => request.headers.get(header::HOST)?.to_str().ok()?,
    };
    let name = given
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(given, |(name, _)| name);
    Some(name.trim_end_matches('.').to_ascii_lowercase())
}

/// A vendor's own host names, and any alias that begins with a provider's name: `flora`, `flora.localhost`.
fn by_host(host: &str) -> Option<&'static dyn Provider> {
    let vendor = ALL.iter().copied().find(|provider| provider.card().hosts.contains(&host));
    vendor.or_else(|| named(host.split('.').next()?))
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

/// Whether the request carries something shaped like this provider's keys, however badly it is presented.
fn shows_key_of(provider: &dyn Provider, request: &Parts) -> bool {
    let auth = &provider.card().auth;
    let header = match auth.carrier {
        Carrier::Bearer => header::AUTHORIZATION.as_str(),
        Carrier::Header(name) => name,
    };
    let shown = request.headers.get(header).and_then(|value| value.to_str().ok()).unwrap_or_default();
    shown.split_ascii_whitespace().next_back().is_some_and(auth.looks_like)
}

/// A provider, as a client needs to know it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Provider")]
pub struct Described {
    /// Its name in paths and fixtures.
    pub name: &'static str,
    /// The name the vendor writes.
    pub title: &'static str,
    /// What a client is given in place of the vendor's URL.
    pub base_url: String,
    /// The path of its list.
    pub list: &'static str,
    /// The vendor's host names, which work too.
    pub hosts: &'static [&'static str],
}

/// The providers, at the address by which the client sees us.
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

/// The host names that belong to one provider each: the vendors' own, and those that lead to this machine by themselves.
pub fn hosts() -> Vec<String> {
    let hosts = |card: &Card| {
        let vendors = card.hosts.iter().map(|host| (*host).to_owned());
        vendors.chain([format!("{}.localhost", card.name)]).collect::<Vec<_>>()
    };
    ALL.iter().flat_map(|provider| hosts(provider.card())).collect()
}

/// The base URL that a client of this provider is given.
pub fn base_url(origin: &str, card: &Card) -> String {
    format!("{origin}/{}{}", card.name, card.base)
}
