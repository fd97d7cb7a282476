//! Tells whether what was read of a workspace is still current, without asking the database.
//!
//! Every workspace that was read has a counter. A change increments it after the commit and before the change is
//! acknowledged. A reader takes a [`VersionGuard`] *before* it reads, so what it reads is at least as new as the
//! guard. As long as the guard is current, what was read is what the library holds. A request that begins after an
//! acknowledged change is never answered from the state before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The version that a workspace had at a moment, or how often it was reset by then.
#[derive(Debug, Clone)]
pub struct VersionGuard {
    counter: Arc<AtomicU64>,
    value: u64,
}

impl VersionGuard {
    /// Whether the workspace was not changed, or not reset, since the guard was taken.
    pub fn is_current(&self) -> bool {
        self.counter.load(SeqCst) == self.value
    }
}

/// The workspaces that a change affects.
#[derive(Debug, Default)]
pub(super) enum Invalidation {
    /// None.
    #[default]
    Nothing,
    /// These, by id.
    Workspaces(Vec<String>),
    /// All of them.
    Everything,
}

impl Invalidation {
    pub(super) fn add(&mut self, workspace: &str) {
        match self {
            Invalidation::Everything => {}
            Invalidation::Workspaces(ids) if ids.iter().any(|id| id == workspace) => {}
            Invalidation::Workspaces(ids) => ids.push(workspace.to_owned()),
            Invalidation::Nothing => *self = Invalidation::Workspaces(vec![workspace.to_owned()]),
        }
    }
}

/// The counters of all workspaces that were read.
#[derive(Debug, Default)]
pub(super) struct Versions {
    /// How often any workspace was changed. A change increments this before the workspace's own counter.
    changes: AtomicU64,
    counters: Mutex<HashMap<String, Arc<AtomicU64>>>,
}

impl Versions {
    /// How many changes there were so far.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(SeqCst)
    }

    pub(super) fn guard(&self, workspace: &str) -> VersionGuard {
        let mut counters = self.lock();
        let counter = match counters.get(workspace) {
            Some(counter) => counter.clone(),
            None => counters.entry(workspace.to_owned()).or_default().clone(),
        };
        VersionGuard { value: counter.load(SeqCst), counter }
    }

    /// Makes the guards of these workspaces outdated. The counters leave the map, so that removed workspaces take no
    /// memory; the next reader of a workspace gets a new one.
    pub(super) fn invalidate(&self, invalidation: &Invalidation) {
        self.changes.fetch_add(1, SeqCst);
        let mut counters = self.lock();
        let outdated: Vec<_> = match invalidation {
            Invalidation::Nothing => Vec::new(),
            Invalidation::Workspaces(ids) => ids.iter().filter_map(|id| counters.remove(id)).collect(),
            Invalidation::Everything => counters.drain().map(|(_, counter)| counter).collect(),
        };
        // Guards still hold the old counters, so each must move even though the map has forgotten it.
        for counter in outdated {
            counter.fetch_add(1, SeqCst);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<AtomicU64>>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_is_outdated_by_a_change_to_its_workspace_and_by_no_other() {
        let versions = Versions::default();
        let (one, other) = (versions.guard("ws_a"), versions.guard("ws_b"));
        versions.invalidate(&Invalidation::Workspaces(vec!["ws_a".to_owned()]));
        assert!(!one.is_current() && other.is_current() && versions.guard("ws_a").is_current());
        versions.invalidate(&Invalidation::Everything);
        assert!(!one.is_current() && !other.is_current() && versions.guard("ws_b").is_current());
    }

    #[test]
    fn every_change_is_counted() {
        let versions = Versions::default();
        versions.invalidate(&Invalidation::Nothing);
        versions.invalidate(&Invalidation::Workspaces(vec!["ws_that_is_never_read".to_owned()]));
        assert_eq!(versions.changes(), 2);
    }
}
