//! The summary of a run: totals over all its requests. Each request is counted when it ends, so the totals include
//! requests whose workspace was deleted or whose journal entry was evicted. Only a run that shows a summary counts.
//! Secrets are masked before a message is stored, and the number of messages is bounded.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::uri::Authority;
use axum::http::{Method, StatusCode};
use serde::Serialize;

use crate::emulator::distinct::{Distinct, Said};
use crate::emulator::faults::{NeverFired, UnfiredFault};
use crate::emulator::journal::JournalEntry;
use crate::emulator::warning::Warning;

/// The counts of a run so far.
#[derive(Debug, Default)]
pub struct Summary(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// The number of requests, and of refused ones among them, by provider; `None`: no provider owns the address.
    providers: BTreeMap<Option<&'static str>, (u64, u64)>,
    refusals: Distinct,
    ignored: Distinct,
    warnings: Distinct,
    hosts: Distinct,
    /// The number of requests for bytes of assets, and of refused ones among them.
    files: (u64, u64),
    file_refusals: Distinct,
}

impl Summary {
    /// Counts a request that has ended. A connection without a request is not counted.
    pub fn count(&self, entry: &JournalEntry) {
        if entry.diagnostics().is_unused {
            return;
        }
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (requests, refused) = counts.providers.entry(entry.provider).or_default();
        *requests += 1;
        let Some(diagnostics) = &entry.diagnostics else { return };
        *refused += u64::from(diagnostics.why.is_some());
        if diagnostics.why.is_none() && diagnostics.warnings.is_empty() {
            return;
        }
        let secrets = entry.secrets();
        let status = entry.status.map(|status| status.as_u16());
        if let Some(host) = refused_host(entry) {
            counts.hosts.count(None, None, &secrets.hide(&host));
        } else if let Some(why) = &diagnostics.why {
            let request = request(entry, &secrets.method(&entry.method), why);
            let request = request.as_deref().map(|request| secrets.hide(request));
            counts.refusals.count_for(request.as_deref(), entry.provider, status, &secrets.hide(why));
        }
        // A request for a route that is not imitated has the same text as its reason, which is counted above.
        let warnings = diagnostics.warnings.iter().filter(|warning| !matches!(warning, Warning::NotImitated { .. }));
        for warning in warnings {
            let is_ignored = matches!(warning, Warning::Ignored { .. } | Warning::MoreIgnored(_));
            let kind = if is_ignored { &mut counts.ignored } else { &mut counts.warnings };
            kind.count(entry.provider, None, &secrets.hide(&warning.to_string()));
        }
    }

    /// Counts a request for the bytes of an asset. `why` says why it was refused.
    pub fn count_file(&self, request: &str, status: StatusCode, why: Option<&str>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.files.0 += 1;
        if let Some(why) = why {
            counts.files.1 += 1;
            counts.file_refusals.count_for(Some(request), None, Some(status.as_u16()), why);
        }
    }

    /// The totals so far, together with the fault rules that never fired.
    pub fn totals(&self, unfired: NeverFired) -> Totals {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let providers = counts.providers.iter().map(|(provider, (requests, refused))| ProviderTotals {
            provider: *provider,
            requests: *requests,
            refused: *refused,
        });
        let providers: Vec<_> = providers.collect();
        let lists = [&counts.refusals, &counts.ignored, &counts.warnings, &counts.hosts, &counts.file_refusals];
        let left_out: u64 = lists.iter().map(|list| list.left_out).sum();
        Totals {
            requests: providers.iter().map(|one| one.requests).sum(),
            refused: providers.iter().map(|one| one.refused).sum(),
            providers,
            refusals: counts.refusals.by_count(),
            refused_hosts: counts.hosts.by_count().into_iter().map(RefusedHost::of).collect(),
            ignored_parameters: counts.ignored.by_count(),
            warnings: counts.warnings.by_count(),
            unfired_faults: unfired.rules,
            files: FileTotals {
                requests: counts.files.0,
                refused: counts.files.1,
                refusals: counts.file_refusals.by_count(),
            },
            left_out: left_out + unfired.left_out,
        }
    }
}

/// The totals of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// The number of requests.
    pub requests: u64,
    /// The number of requests that were refused, by the vendor or by a fault, or got no response.
    pub refused: u64,
    /// The totals of each provider that got a request.
    pub providers: Vec<ProviderTotals>,
    /// Why requests were refused, the most frequent reason first.
    pub refusals: Vec<Said>,
    /// The hosts of refused tunnels, which are not a vendor's, the most frequent first.
    pub refused_hosts: Vec<RefusedHost>,
    /// Warnings about parameters that the vendor ignores, the most frequent first.
    pub ignored_parameters: Vec<Said>,
    /// All other warnings, the most frequent first.
    pub warnings: Vec<Said>,
    /// The fault rules that never fired, including removed ones.
    pub unfired_faults: Vec<UnfiredFault>,
    /// The requests for bytes of assets, which are not counted above.
    pub files: FileTotals,
    /// How many messages and rules are missing above because there were too many.
    pub left_out: u64,
}

/// The totals of requests for bytes of assets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileTotals {
    /// The number of requests.
    pub requests: u64,
    /// The number of those that got no bytes because there are none.
    pub refused: u64,
    /// Why, the most frequent reason first.
    pub refusals: Vec<Said>,
}

/// A host to which tunnels were refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedHost {
    /// Its name or address.
    pub host: String,
    /// How often a tunnel to it was asked for.
    pub requests: u64,
}

impl RefusedHost {
    fn of(said: Said) -> RefusedHost {
        RefusedHost { host: said.says, requests: said.requests }
    }
}

/// The host of a refused tunnel; `None`: the request was not a CONNECT, or was not refused because of its host.
fn refused_host(entry: &JournalEntry) -> Option<String> {
    let is_one = entry.method == Method::CONNECT && entry.status == Some(StatusCode::FORBIDDEN);
    let target: Authority = is_one.then(|| entry.heads.target().to_string().parse().ok())??;
    Some(target.host().trim_matches(['[', ']', '.']).to_ascii_lowercase())
}

/// Method and path of a refused request, without the provider's prefix. The path is left out if `why` contains it, and
/// the method is left out, too, if `why` contains both.
fn request(entry: &JournalEntry, method: &str, why: &str) -> Option<String> {
    let target = entry.heads.target().to_string();
    // The target of a tunnel and of a handshake is a host.
    let path = if target.starts_with('/') || target.contains("://") { entry.heads.target().path() } else { &*target };
    let prefix = entry.provider.and_then(|name| path.strip_prefix('/')?.strip_prefix(name));
    let path = prefix.filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let shows = |text: &str| why.contains(&format!("`{text}`"));
    match (shows(path), shows(method)) {
        (true, true) => None,
        // A handshake that names no host has the target `*`.
        (true, false) => Some(method.to_owned()),
        (false, _) if path == "*" => Some(method.to_owned()),
        (false, _) => Some(format!("{method} {path}")),
    }
}

/// The totals of one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderTotals {
    /// The provider's name; `None`: no provider owns the address.
    pub provider: Option<&'static str>,
    /// The number of requests.
    pub requests: u64,
    /// The number of refused requests, counted as in [`Totals`].
    pub refused: u64,
}
