//! What a workspace has of its own besides what the store holds: a clock, a sequence of ids, and whether its warnings
//! count. Kept for each process and made when first asked for; a restart begins anew, as the emulator's own clock does.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::clock::{Clock, ClockMode, Micros};
use crate::random::Rng;

/// What there is to say if warnings should count and no workspace was strict.
pub const NONE_WAS_STRICT: &str = "`--fail-on-warnings` had no effect: no workspace was strict";

/// What a workspace has of its own in this process.
#[derive(Debug)]
pub struct WorkspaceState {
    /// Its clock; none: the emulator's.
    clock: RwLock<Option<Clock>>,
    /// The source of its request ids.
    pub rng: Rng,
    /// Whether warnings make the emulator end with an error.
    pub strict: AtomicBool,
    /// Whether they did when it was made.
    pub made_strict: AtomicBool,
    /// Whether they ever did.
    was_strict: AtomicBool,
    /// Warnings given so far.
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

    /// The current instant here.
    pub fn now(&self, emulator: &Clock) -> Micros {
        self.clock.read().unwrap_or_else(PoisonError::into_inner).as_ref().map_or_else(|| emulator.now(), Clock::now)
    }

    /// How its own clock goes, if it has one.
    pub fn mode(&self) -> Option<ClockMode> {
        self.clock.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(Clock::mode)
    }

    /// Turns its own clock, which begins where the emulator's is.
    pub fn turn(&self, emulator: &Clock, how: impl FnOnce(&Clock)) {
        let mut clock = self.clock.write().unwrap_or_else(PoisonError::into_inner);
        how(clock.get_or_insert_with(|| Clock::with(emulator.mode())));
    }

    /// Lets it follow the emulator's clock again.
    pub fn follow(&self) {
        *self.clock.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Says whether warnings count from now on.
    pub fn set_strict(&self, strict: bool) {
        self.strict.store(strict, Relaxed);
        self.was_strict.fetch_or(strict, Relaxed);
    }

    /// Says whether warnings count, as it was made.
    pub fn make(&self, strict: bool) {
        self.set_strict(strict);
        self.made_strict.store(strict, Relaxed);
    }

    /// Whether a warning was given that counts.
    pub fn failed(&self) -> bool {
        self.strict.load(Relaxed) && self.warned.load(Relaxed) > 0
    }
}

/// The workspaces of this process, by id.
#[derive(Debug, Default)]
pub struct WorkspaceStates {
    /// Every workspace's sequence of ids begins with it, so that what a test sees does not depend on other tests.
    seed: Option<u64>,
    map: RwLock<HashMap<String, Arc<WorkspaceState>>>,
    /// What stays of those that were forgotten.
    forgotten: Mutex<Forgotten>,
}

/// What stays of the workspaces that were forgotten.
#[derive(Debug, Default)]
struct Forgotten {
    /// The ids of those that had failed.
    failed: BTreeSet<String>,
    /// Whether one had warnings.
    warned: bool,
    /// Whether one was strict.
    was_strict: bool,
}

impl WorkspaceStates {
    /// Workspaces whose ids are the same in every run if there is a seed.
    pub fn new(seed: Option<u64>) -> WorkspaceStates {
        WorkspaceStates { seed, ..WorkspaceStates::default() }
    }

    /// What this workspace has of its own.
    pub fn get_or_create(&self, workspace: &str) -> Arc<WorkspaceState> {
        if let Some(workspace_state) = self.map.read().unwrap_or_else(PoisonError::into_inner).get(workspace) {
            return workspace_state.clone();
        }
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        map.entry(workspace.to_owned()).or_insert_with(|| Arc::new(WorkspaceState::new(self.seed))).clone()
    }

    /// Forgets a workspace: the next one of this id begins anew. Whether a warning was given that counts is remembered.
    pub fn forget(&self, workspace: &str) {
        let forgotten = self.map.write().unwrap_or_else(PoisonError::into_inner).remove(workspace);
        self.remember(forgotten.into_iter().map(|workspace_state| (workspace.to_owned(), workspace_state)));
    }

    /// Forgets them all, likewise.
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

    /// The workspaces in which a warning was given that counts, those that were forgotten included.
    pub fn failed(&self) -> BTreeSet<String> {
        let mut ids = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner).failed.clone();
        ids.extend(self.all().into_iter().filter(|(_, workspace_state)| workspace_state.failed()).map(|(id, _)| id));
        ids
    }

    /// Those that were asked for, by id.
    pub fn all(&self) -> Vec<(String, Arc<WorkspaceState>)> {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        map.iter().map(|(id, workspace_state)| (id.clone(), workspace_state.clone())).collect()
    }
}
