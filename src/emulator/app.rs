//! What every request shares.

use std::sync::Arc;

use crate::clock::{Clock, ClockMode};
use crate::emulator::cache::Cache;
use crate::emulator::explain::Cursors;
use crate::emulator::faults::Faults;
use crate::emulator::journal::Journal;
use crate::emulator::limits::Limits;
use crate::emulator::listed_counts::ListedCounts;
use crate::emulator::log::RequestLog;
use crate::emulator::summary::Summary;
use crate::emulator::workspace_states::WorkspaceStates;
use crate::http::connection::Timeouts;
use crate::http::connection::tls::{Names, Tls};
use crate::http::connection::tunnel::{Tunnels, Upstream};
use crate::http::cors::AllowedOrigins;
use crate::http::request_body::BodyBudget;
use crate::library::store::Store;
use crate::providers::directory;
use crate::random::Rng;

/// The emulator's state: a library, a clock, a source of chance, and what is counted and set by hand.
#[derive(Debug)]
pub struct App {
    /// The library.
    pub store: Store,
    /// What is kept of it in memory.
    pub cache: Cache,
    /// How many assets of it each provider lists.
    pub listed: ListedCounts,
    /// The emulator's clock; workspaces can have their own.
    pub clock: Clock,
    /// How the clock went at the start.
    pub began: ClockMode,
    /// The source of the ids of requests that belong to no workspace, and of whatever is made by hand.
    pub rng: Rng,
    /// What workspaces have of their own.
    pub workspace_states: WorkspaceStates,
    /// The counters of limits.
    pub limits: Limits,
    /// The rules of faults that are set up.
    pub faults: Faults,
    /// What clients sent and were answered.
    pub journal: Journal,
    /// How requests are logged.
    pub log: RequestLog,
    /// What becomes of all requests, if somebody wants to know at the end.
    pub summary: Option<Summary>,
    /// What answers offered as the position of the next page.
    pub cursors: Cursors,
    /// What the bodies of requests may take.
    pub bodies: BodyBudget,
    /// How long connections wait for their clients.
    pub timeouts: Timeouts,
    /// How connections are encrypted, and for which names.
    pub tls: Arc<Tls>,
    /// The tunnels to other hosts.
    pub tunnels: Tunnels,
    /// What can be chosen at the start.
    pub settings: Settings,
}

/// What can be chosen at the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether a well-formed key that nobody has seen gets a workspace of its own.
    pub any_key: bool,
    /// What the emulator's own API asks for, if anything.
    pub admin_token: Option<String>,
    /// Whether a request can ask for its own fault.
    pub no_fault_header: bool,
    /// How many workspaces there can be.
    pub max_workspaces: u64,
    /// Names of this server besides those that cannot be anybody else's.
    pub names: Vec<String>,
    /// What becomes of tunnels to hosts that are no vendor's.
    pub others: Others,
    /// The proxy through which these tunnels lead.
    pub upstream: Option<Upstream>,
    /// The origins whose pages may read the vendors' answers; `None`: no answer says anything about that.
    pub cors: Option<AllowedOrigins>,
}

/// What becomes of tunnels to hosts that are no vendor's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Others {
    /// They are refused.
    #[default]
    Refuse,
    /// Their bytes are passed on unread, if the client is on this machine.
    Tunnel,
}

impl Settings {
    /// How many workspaces there can be unless somebody says otherwise: more than any suite of tests has at once. One that
    /// shares what it holds with others takes a few kilobytes.
    pub const MAX_WORKSPACES: u64 = 10_000;
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
        }
    }
}

impl App {
    /// An emulator over this library. With a seed the same requests get the same ids.
    pub fn new(store: Store, clock: Clock, seed: Option<u64>) -> App {
        App {
            store,
            cache: Cache::default(),
            listed: ListedCounts::default(),
            began: clock.mode(),
            clock,
            rng: seed.map_or_else(Rng::from_system, Rng::seeded),
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
            settings: Settings::default(),
        }
    }
    /// Forgets what a workspace had in this process, and what its keys, by their numbers, used.
    pub fn forget(&self, workspace: &str, keys: &[i64]) {
        self.workspace_states.forget(workspace);
        self.faults.remove_all(Some(workspace));
        self.journal.clear(Some(workspace));
        self.limits.forget(keys);
        self.cache.sweep();
    }

    /// Forgets what every workspace had in this process.
    pub fn forget_all(&self) {
        self.workspace_states.forget_all();
        self.faults.remove_all(None);
        self.limits.forget_all();
        self.cache.sweep();
    }
    /// The strict workspaces that got warnings, those that were deleted or reset since included.
    pub fn warned(&self) -> Vec<String> {
        self.workspace_states.failed().into_iter().collect()
    }
}
