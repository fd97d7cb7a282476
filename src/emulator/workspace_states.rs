//! Per-workspace state that is only in memory: the clock, the random sequence of request ids, and strictness. It is
//! created when it is first needed, and lost on restart.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::clock::{Clock, ClockMode, Micros};
use crate::random::Rng;

/// What there is to say if warnings should count and no workspace was strict.
pub const NONE_WAS_STRICT: &str = "`--fail-on-warnings` had no effect: no workspace was strict";

/// The in-memory state of a workspace.
#[derive(Debug)]
pub struct WorkspaceState {
    /// Its own clock; `None`: it uses the emulator's.
    clock: RwLock<Option<Clock>>,
    /// Random numbers for its request ids.
    pub rng: Rng,
    /// Whether a warning makes the process exit with an error.
    pub strict: AtomicBool,
    /// The value of `strict` when the workspace was created, which a reset restores.
    pub made_strict: AtomicBool,
    /// Whether `strict` was ever set.
    was_strict: AtomicBool,
    /// The number of warnings so far.
    pub warned: AtomicU64,
}

impl WorkspaceState {
    fn new(seed: Option<u64>) -> WorkspaceState {
        WorkspaceState {
            clock: RwLock::default(),
            rng: seed.map_or_else(Rng::from_system, Rng::seeded),
            strict: AtomicBool::default(),
            made_strict: AtomicBool::default(),
            was_strict: AtomicBool::default(),
            warned: AtomicU64::default(),
        }
    }

    /// The current instant, by its own clock or else the emulator's.
    pub fn now(&self, emulator: &Clock) -> Micros {
        self.clock.read().unwrap_or_else(PoisonError::into_inner).as_ref().map_or_else(|| emulator.now(), Clock::now)
    }

    /// The mode of its own clock, if it has one.
    pub fn mode(&self) -> Option<ClockMode> {
        self.clock.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(Clock::mode)
    }

    /// Changes its own clock. If it has none yet, it first gets a copy of the emulator's.
    pub fn turn(&self, emulator: &Clock, change: impl FnOnce(&Clock)) {
        let mut clock = self.clock.write().unwrap_or_else(PoisonError::into_inner);
        change(clock.get_or_insert_with(|| Clock::with(emulator.mode())));
    }

    /// Removes its own clock, so that it uses the emulator's again.
    pub fn follow(&self) {
        *self.clock.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Sets `strict`.
    pub fn set_strict(&self, strict: bool) {
        self.strict.store(strict, Relaxed);
        self.was_strict.fetch_or(strict, Relaxed);
    }

    /// Sets `strict`, and what a reset restores it to.
    pub fn make(&self, strict: bool) {
        self.set_strict(strict);
        self.made_strict.store(strict, Relaxed);
    }

    /// Whether it is strict and got a warning.
    pub fn failed(&self) -> bool {
        self.strict.load(Relaxed) && self.warned.load(Relaxed) > 0
    }
}

/// The in-memory states of workspaces, by id.
#[derive(Debug, Default)]
pub struct WorkspaceStates {
    /// The seed of every workspace's random numbers, so that requests in one do not change the ids in another.
    seed: Option<u64>,
    map: RwLock<HashMap<String, Arc<WorkspaceState>>>,
    /// What counts at the end of the run of the workspaces that were removed.
    forgotten: Mutex<RemovedSummary>,
}

/// What counts at the end of the run of the workspaces that were removed.
#[derive(Debug, Default)]
struct RemovedSummary {
    /// The ids of those that had failed.
    failed: BTreeSet<String>,
    /// Whether one had warnings.
    warned: bool,
    /// Whether one was strict.
    was_strict: bool,
}

impl WorkspaceStates {
    /// No states yet. With a seed, every workspace's random numbers start from it.
    pub fn new(seed: Option<u64>) -> WorkspaceStates {
        WorkspaceStates { seed, ..WorkspaceStates::default() }
    }

    /// The state of this workspace, created if there is none.
    pub fn get_or_create(&self, workspace: &str) -> Arc<WorkspaceState> {
        if let Some(workspace_state) = self.map.read().unwrap_or_else(PoisonError::into_inner).get(workspace) {
            return workspace_state.clone();
        }
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        map.entry(workspace.to_owned()).or_insert_with(|| Arc::new(WorkspaceState::new(self.seed))).clone()
    }

    /// Removes a workspace's state. That it failed stays on record.
    pub fn forget(&self, workspace: &str) {
        let forgotten = self.map.write().unwrap_or_else(PoisonError::into_inner).remove(workspace);
        self.remember(forgotten.into_iter().map(|workspace_state| (workspace.to_owned(), workspace_state)));
    }

    /// Removes all states. Which workspaces failed stays on record.
    pub fn forget_all(&self) {
        let forgotten = std::mem::take(&mut *self.map.write().unwrap_or_else(PoisonError::into_inner));
        self.remember(forgotten.into_iter());
    }

    fn remember(&self, states: impl Iterator<Item = (String, Arc<WorkspaceState>)>) {
        let mut forgotten = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, workspace_state) in states {
            forgotten.warned |= workspace_state.warned.load(Relaxed) > 0;
            forgotten.was_strict |= workspace_state.was_strict.load(Relaxed);
            if workspace_state.failed() {
                forgotten.failed.insert(id);
            }
        }
    }

    /// Whether there were warnings and no workspace was ever strict, so that none of them can count.
    pub fn warned_and_none_was_strict(&self) -> bool {
        let all = self.all();
        let forgotten = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        let warned = forgotten.warned || all.iter().any(|(_, one)| one.warned.load(Relaxed) > 0);
        warned && !forgotten.was_strict && !all.iter().any(|(_, one)| one.was_strict.load(Relaxed))
    }

    /// The ids of strict workspaces that got warnings, including those whose state was removed.
    pub fn failed(&self) -> BTreeSet<String> {
        let mut ids = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner).failed.clone();
        ids.extend(self.all().into_iter().filter(|(_, workspace_state)| workspace_state.failed()).map(|(id, _)| id));
        ids
    }

    /// All states, by id. A workspace without requests so far has none.
    pub fn all(&self) -> Vec<(String, Arc<WorkspaceState>)> {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        map.iter().map(|(id, workspace_state)| (id.clone(), workspace_state.clone())).collect()
    }
}
