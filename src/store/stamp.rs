//! Whether what was read of a workspace is still so, without asking the database.
//!
//! Every workspace that was read has a counter, which a change moves once it is committed and before it is acknowledged. A
//! reader takes a [`Stamp`], which is current as long as the counter has not moved. So whoever has kept something may
//! answer with it, and nobody who begins after an acknowledged change is answered out of the state before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A mark on what was read of a workspace.
#[derive(Debug, Clone)]
pub struct Stamp {
    counter: Arc<AtomicU64>,
    value: u64,
}

impl Stamp {
    /// Whether nothing of the workspace has changed since.
    pub fn is_current(&self) -> bool {
        self.counter.load(SeqCst) == self.value
    }
}

/// The counters, by workspace.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    /// Moves with every change to any workspace, before the workspace's own counter does.
    changes: AtomicU64,
    counters: Mutex<HashMap<String, Arc<AtomicU64>>>,
}

/// Which workspaces a change concerns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Touched {
    /// None.
    #[default]
    Nothing,
    /// These.
    Some(Vec<String>),
    /// All of them.
    All,
}

impl Touched {
    pub(super) fn add(&mut self, workspace: &str) {
        match self {
            Touched::Nothing => *self = Touched::Some(vec![workspace.to_owned()]),
            Touched::Some(ids) if ids.iter().any(|id| id == workspace) => {}
            Touched::Some(ids) => ids.push(workspace.to_owned()),
            Touched::All => {}
        }
    }
}

impl Stamps {
    /// How many changes there were: whoever reads, then takes a stamp, and finds this unchanged, has a stamp on what he read.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(SeqCst)
    }

    pub(super) fn of(&self, workspace: &str) -> Stamp {
        let mut counters = self.lock();
        let counter = match counters.get(workspace) {
            Some(counter) => counter.clone(),
            None => counters.entry(workspace.to_owned()).or_default().clone(),
        };
        Stamp { value: counter.load(SeqCst), counter }
    }

    /// Ends the stamps on these workspaces. Their counters are made anew when somebody reads them again.
    pub(super) fn end(&self, touched: &Touched) {
        self.changes.fetch_add(1, SeqCst);
        let mut counters = self.lock();
        let ended: Vec<_> = match touched {
            Touched::Nothing => Vec::new(),
            Touched::Some(ids) => ids.iter().filter_map(|id| counters.remove(id)).collect(),
            Touched::All => counters.drain().map(|(_, counter)| counter).collect(),
        };
        for counter in ended {
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
    fn a_stamp_ends_with_a_change_to_its_workspace_and_with_no_other() {
        let stamps = Stamps::default();
        let (one, other) = (stamps.of("ws_a"), stamps.of("ws_b"));
        stamps.end(&Touched::Some(vec!["ws_a".to_owned()]));
        assert!(!one.is_current() && other.is_current() && stamps.of("ws_a").is_current());
        stamps.end(&Touched::All);
        assert!(!one.is_current() && !other.is_current() && stamps.of("ws_b").is_current());
    }

    #[test]
    fn whatever_changes_is_counted() {
        let stamps = Stamps::default();
        stamps.end(&Touched::Nothing);
        stamps.end(&Touched::Some(vec!["ws_nobody_reads".to_owned()]));
        assert_eq!(stamps.changes(), 2);
    }
}
