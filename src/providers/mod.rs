//! The list of providers, and how a request finds its own. Each folder holds one vendor: its card, its parameters, its
//! wire structs, its errors. Providers never import one another: two that look alike today will differ tomorrow.

pub mod flora;
pub mod konpro;
pub mod piktid;
pub mod twelvelabs;
pub mod xqr;

use std::sync::LazyLock;

use axum::http::header;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::contract::choices;
use crate::contract::provider::{Card, Carrier, Provider};
use crate::library::fixture::KnownNames;

/// Every provider there is.
pub static ALL: &[&dyn Provider] =
    &[&xqr::Xqr, &flora::Flora, &twelvelabs::TwelveLabs, &piktid::PiktId, &konpro::KonPro];

/// The providers' names, in the order of [`ALL`].
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|provider| provider.card().name).collect()
}

/// The providers' cards, in the order of [`ALL`].
pub fn cards() -> Vec<&'static Card> {
    ALL.iter().map(|provider| provider.card()).collect()
}

/// The names that fixtures may use.
pub fn known_names() -> KnownNames<'static> {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(names);
    KnownNames { providers: &NAMES, variant_problem: |name, option| choices::problem(&cards(), name, Some(option)) }
}

/// The provider of this name.
pub fn named(name: &str) -> Option<&'static dyn Provider> {
    ALL.iter().copied().find(|provider| provider.card().name == name)
}

/// Where a request goes: a provider, and the decoded path below it.
#[derive(Clone)]
pub struct Route {
    /// The provider.
    pub provider: &'static dyn Provider,
    /// The path, percent-decoded, without the provider's prefix.
    pub path: String,
}

/// Finds a request's provider: by prefix, else by host, else by a path that is one of its routes, with nothing in front.
/// Where several share that path, the shape of the key decides.
pub fn resolve(request: &Parts) -> Option<Route> {
    let path = percent_decode_str(request.uri.path()).decode_utf8_lossy();
    by_prefix(&path).or_else(|| {
        let provider = host(request).and_then(|host| by_host(&host)).or_else(|| by_bare_path(&path, request))?;
        Some(Route { provider, path: path.into_owned() })
    })
}

fn by_prefix(path: &str) -> Option<Route> {
    let below = path.strip_prefix('/')?;
    let end = below.find('/').unwrap_or(below.len());
    Some(Route { provider: named(&below[..end])?, path: below[end..].to_owned() })
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
