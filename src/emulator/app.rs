//! The state of a process, shared by all requests, and its settings.

use std::sync::Arc;

use axum::http::request::Parts;

use crate::clock::{Clock, ClockMode};
use crate::emulator::cache::Cache;
use crate::emulator::explain::Cursors;
use crate::emulator::faults::Faults;
use crate::emulator::journal::Journal;
use crate::emulator::lazy_signer::LazySigner;
use crate::emulator::limits::Limits;
use crate::emulator::listed_counts::ListedCounts;
use crate::emulator::log::RequestLog;
use crate::emulator::placeholder_cache::PlaceholderCache;
use crate::emulator::summary::Summary;
use crate::emulator::workspace_states::WorkspaceStates;
use crate::http::connection::Timeouts;
use crate::http::connection::tls::{Names, Tls};
use crate::http::connection::tunnel::{Tunnels, Upstream};
use crate::http::cors::AllowedOrigins;
use crate::http::fetch::Fetcher;
use crate::http::local_names::{is_local, name_of};
use crate::http::origin::origin;
use crate::http::request_body::BodyBudget;
use crate::library::store::Store;
use crate::providers::directory;
use crate::random::Rng;

/// The state of a process: the library, the clock, the random numbers, the caches, and what the emulator's own API
/// counts and sets.
#[derive(Debug)]
pub struct App {
    /// The library.
    pub store: Store,
    /// The in-memory cache of keys, listings and responses.
    pub cache: Cache,
    /// Files that stand in for assets without bytes and were read lately.
    pub placeholders: PlaceholderCache,
    /// Cached counts of the assets that each provider lists.
    pub listed: ListedCounts,
    /// The emulator's clock. A workspace can have its own in its
    /// [`WorkspaceState`](super::workspace_states::WorkspaceState).
    pub clock: Clock,
    /// The clock's mode at the start, which a reset restores.
    pub began: ClockMode,
    /// Random numbers for everything that belongs to no workspace yet: new workspaces and keys, the chance of faults,
    /// and requests without a known key.
    pub rng: Rng,
    /// Signs the URLs of uploads.
    pub signer: LazySigner,
    /// The clocks, random numbers and strictness of workspaces.
    pub workspace_states: WorkspaceStates,
    /// How much of its quotas each key has used.
    pub limits: Limits,
    /// The active fault rules.
    pub faults: Faults,
    /// The request journal.
    pub journal: Journal,
    /// How requests are logged.
    pub log: RequestLog,
    /// Totals over all requests, if a summary is to be shown when the process ends.
    pub summary: Option<Summary>,
    /// The page positions that responses offered, for warnings about cursors.
    pub cursors: Cursors,
    /// The memory that request bodies may use together.
    pub bodies: BodyBudget,
    /// How long connections wait for their clients.
    pub timeouts: Timeouts,
    /// The TLS certificates, and the host names that they cover.
    pub tls: Arc<Tls>,
    /// Counts the tunnels to other hosts.
    pub tunnels: Tunnels,
    /// Reads the files at URLs that uploads name; `None`: they have placeholders.
    pub fetcher: Option<Fetcher>,
    /// The settings from the command line.
    pub settings: Settings,
}

/// Settings from the command line that do not change while the process runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether a well-formed unknown key gets a workspace of its own instead of a refusal (`--any-key`).
    pub any_key: bool,
    /// The token that the emulator's own API requires; `None`: it requires none.
    pub admin_token: Option<String>,
    /// Whether the request header `X-Emulator-Fault` is ignored.
    pub no_fault_header: bool,
    /// The most workspaces that there can be at a time.
    pub max_workspaces: u64,
    /// Further host names of this server, besides `localhost` and its addresses.
    pub names: Vec<String>,
    /// What to do with tunnels to hosts that belong to no vendor.
    pub others: Others,
    /// The proxy that these tunnels go through, if any.
    pub upstream: Option<Upstream>,
    /// The origins whose pages may read the vendors' responses (CORS); `None`: responses have no CORS headers.
    pub cors: Option<AllowedOrigins>,
    /// Which URLs stand for assets that have none of their own.
    pub asset_urls: AssetUrls,
    /// The URL under which clients reach this server, for the URLs of assets; `None`: each request's own.
    pub public_url: Option<String>,
}

/// Which URLs stand for assets that have none of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AssetUrls {
    /// URLs of this server, which serves their bytes.
    #[default]
    Own,
    /// URLs in the form of the vendors', which this server answers only to clients that use it as a proxy or name that
    /// host.
    Vendor,
}

/// What to do with tunnels to hosts that belong to no vendor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Others {
    /// Refuse them.
    #[default]
    Refuse,
    /// Forward their bytes unread, if the client is on this machine.
    Tunnel,
}

impl Settings {
    /// The default of [`max_workspaces`](Settings::max_workspaces): more than a test suite has at once. A workspace
    /// that shares its assets with others takes a few kilobytes.
    pub const MAX_WORKSPACES: u64 = 10_000;

    /// Whether a host that a client asks a proxy for is a vendor's or this server's.
    pub fn answers_for(&self, host: &str) -> bool {
        directory::is_vendors(host) || is_local(host) || self.names.contains(&name_of(host))
    }

    /// The origin of our URLs for assets in the answer to this request; `None`: the vendors' form is shown.
    pub fn asset_origin(&self, request: &Parts) -> Option<Box<str>> {
        match self.asset_urls {
            AssetUrls::Own => Some(self.own_origin(request).into()),
            AssetUrls::Vendor => None,
        }
    }

    /// The origin of this server as the client of this request sees it.
    pub fn own_origin(&self, request: &Parts) -> String {
        self.public_url.clone().unwrap_or_else(|| origin(request))
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            any_key: false,
            admin_token: None,
            no_fault_header: false,
            max_workspaces: Settings::MAX_WORKSPACES,
            names: Vec::new(),
            others: Others::Refuse,
            upstream: None,
            cors: None,
            asset_urls: AssetUrls::default(),
            public_url: None,
        }
    }
}

impl App {
    /// The state for this library, with default settings. With a seed, the same requests get the same ids.
    pub fn new(store: Store, clock: Clock, seed: Option<u64>) -> App {
        App {
            store,
            cache: Cache::default(),
            placeholders: PlaceholderCache::default(),
            listed: ListedCounts::default(),
            began: clock.mode(),
            clock,
            rng: seed.map_or_else(Rng::from_system, Rng::seeded),
            signer: LazySigner::new(seed),
            workspace_states: WorkspaceStates::new(seed),
            limits: Limits::new(false),
            faults: Faults::default(),
            journal: Journal::default(),
            log: RequestLog::default(),
            summary: None,
            cursors: Cursors::default(),
            bodies: BodyBudget::default(),
            timeouts: Timeouts::default(),
            tls: Arc::new(Tls::new(Names::new(directory::hosts()))),
            tunnels: Tunnels::default(),
            fetcher: None,
            settings: Settings::default(),
        }
    }

    /// Removes a workspace's state, faults and journal entries from this process, and the used quotas of the keys with
    /// these ids.
    pub fn forget(&self, workspace: &str, keys: &[i64]) {
        self.workspace_states.forget(workspace);
        self.faults.remove_all(Some(workspace));
        self.journal.clear(Some(workspace));
        self.limits.forget(keys);
        self.cache.sweep();
    }

    /// Removes the state, faults and used quotas of every workspace from this process. The journal stays.
    pub fn forget_all(&self) {
        self.workspace_states.forget_all();
        self.faults.remove_all(None);
        self.limits.forget_all();
        self.cache.sweep();
    }

    /// The ids of strict workspaces that got warnings, including those that have been deleted or reset since.
    pub fn warned(&self) -> Vec<String> {
        self.workspace_states.failed().into_iter().collect()
    }
}
