//! Whether what was read of a workspace is still so, without asking the database.
//!
//! Every workspace that was read has a counter, which a change moves once it is committed and before it is acknowledged. A
//! reader takes a [`Stamp`], which is current as long as the counter has not moved. So whoever has kept something may
//! answer with it, and nobody who begins after an acknowledged change is answered out of the state before.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Asset, Edition};

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

/// A change to nothing but assets, from one edition of a workspace to the next: what is kept of the one goes over to the
/// other, but for what the change concerns.
#[derive(Debug)]
pub struct Step {
    /// The edition after.
    pub to: Edition,
    /// The numbers of the assets that are not what they were.
    pub changed: Vec<i64>,
    /// What the only one of them is now; not there if it is gone, or long.
    pub now: Option<Changed>,
    /// What listings see of it.
    pub seen: Seen,
}

impl Step {
    /// The edition before.
    fn from(&self) -> Edition {
        Edition { version: self.to.version - 1, ..self.to }
    }
}

/// An asset after a change.
#[derive(Debug)]
pub struct Changed {
    /// The asset, without a public id.
    pub(super) asset: Asset,
    /// Its public ids, by provider.
    pub(super) ids: Vec<(&'static str, String)>,
}

impl Changed {
    /// The asset as this provider sees it.
    pub fn seen_by(&self, provider: &str) -> Option<Asset> {
        let (_, id) = self.ids.iter().find(|(name, _)| *name == provider)?;
        Some(Asset { id: id.clone(), ..self.asset.clone() })
    }
}

/// What listings see of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing: no filter and no order looks at what changed.
    Nothing,
    /// A description is another one.
    Description,
    /// More than that.
    Anything,
}

/// How many steps back a reader may be.
const STEPS: usize = 4;

/// The counters, by workspace.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    /// Moves with every change to any workspace, before the workspace's own counter does.
    changes: AtomicU64,
    counters: Mutex<HashMap<String, Counter>>,
}

#[derive(Debug, Default)]
struct Counter {
    value: Arc<AtomicU64>,
    /// The latest steps, each beginning where the one before ended.
    steps: VecDeque<Arc<Step>>,
}

/// Which workspaces a change concerns.
#[derive(Debug, Default)]
pub(super) enum Touched {
    /// None.
    #[default]
    Nothing,
    /// One, of which only assets changed.
    Assets(String, Arc<Step>),
    /// These.
    Some(Vec<String>),
    /// All of them.
    All,
}

impl Touched {
    pub(super) fn add(&mut self, workspace: &str) {
        let mut ids = match std::mem::take(self) {
            Touched::Nothing => Vec::new(),
            Touched::Assets(id, _) => vec![id],
            Touched::Some(ids) => ids,
            Touched::All => return *self = Touched::All,
        };
        if !ids.iter().any(|id| id == workspace) {
            ids.push(workspace.to_owned());
        }
        *self = Touched::Some(ids);
    }
}

impl Stamps {
    /// How many changes there were: whoever reads, then takes a stamp, and finds this unchanged, has a stamp on what he read.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(SeqCst)
    }

    pub(super) fn of(&self, workspace: &str) -> Stamp {
        let mut counters = self.lock();
        match counters.get(workspace) {
            Some(counter) => counter.stamp(),
            None => counters.entry(workspace.to_owned()).or_default().stamp(),
        }
    }

    /// The steps that lead from this edition to the present one, and a stamp on that, if nothing else has changed.
    pub(super) fn since(&self, workspace: &str, edition: Edition) -> Option<(Stamp, Vec<Arc<Step>>)> {
        let counters = self.lock();
        let counter = counters.get(workspace)?;
        let steps: Vec<_> = counter.steps.iter().skip_while(|step| step.from() != edition).cloned().collect();
        (!steps.is_empty()).then(|| (counter.stamp(), steps))
    }

    /// Ends the stamps on these workspaces. Unless it is known what changed, their counters are made anew when somebody
    /// reads them again.
    pub(super) fn end(&self, touched: Touched) {
        self.changes.fetch_add(1, SeqCst);
        let mut counters = self.lock();
        let ended: Vec<_> = match touched {
            Touched::Nothing => Vec::new(),
            Touched::Assets(id, step) => {
                if let Some(counter) = counters.get_mut(&id) {
                    counter.take(step);
                }
                return;
            }
            Touched::Some(ids) => ids.iter().filter_map(|id| counters.remove(id)).collect(),
            Touched::All => counters.drain().map(|(_, counter)| counter).collect(),
        };
        for counter in ended {
            counter.value.fetch_add(1, SeqCst);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Counter>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counter {
    fn stamp(&self) -> Stamp {
        Stamp { value: self.value.load(SeqCst), counter: self.value.clone() }
    }

    fn take(&mut self, step: Arc<Step>) {
        if self.steps.back().is_some_and(|last| last.to != step.from()) {
            self.steps.clear();
        }
        if self.steps.len() == STEPS {
            self.steps.pop_front();
        }
        self.steps.push_back(step);
        self.value.fetch_add(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_ends_with_a_change_to_its_workspace_and_with_no_other() {
        let stamps = Stamps::default();
        let (one, other) = (stamps.of("ws_a"), stamps.of("ws_b"));
        stamps.end(Touched::Some(vec!["ws_a".to_owned()]));
        assert!(!one.is_current() && other.is_current() && stamps.of("ws_a").is_current());
        stamps.end(Touched::All);
        assert!(!one.is_current() && !other.is_current() && stamps.of("ws_b").is_current());
    }

    #[test]
    fn steps_lead_from_an_edition_to_the_present_one_as_long_as_nothing_else_changes() {
        let stamps = Stamps::default();
        let edition = |version| Edition { collection: 1, version, tallied: false };
        let step = |from| {
            let to = edition(from + 1);
            stamps.end(Touched::Assets(
                "ws_a".to_owned(),
                Arc::new(Step { to, changed: vec![to.version], now: None, seen: Seen::Nothing }),
            ));
        };
        step(0);
        assert!(stamps.since("ws_a", edition(0)).is_none(), "nobody has read it, so nothing is noted");
        let first = stamps.of("ws_a");
        (1..=2).for_each(step);
        let (stamp, steps) = stamps.since("ws_a", edition(1)).unwrap();
        assert!(!first.is_current() && stamp.is_current());
        assert_eq!(steps.iter().flat_map(|step| step.changed.clone()).collect::<Vec<_>>(), [2, 3]);
        assert!(stamps.since("ws_a", edition(3)).is_none(), "the present edition has no steps after it");
        (3..3 + STEPS as i64).for_each(step);
        assert!(stamps.since("ws_a", edition(1)).is_none() && stamps.since("ws_a", edition(3)).is_some());
        step(90);
        assert!(stamps.since("ws_a", edition(3)).is_none(), "a step from elsewhere is no way on");
        stamps.end(Touched::Some(vec!["ws_a".to_owned()]));
        assert!(stamps.since("ws_a", edition(90)).is_none());
    }

    #[test]
    fn whatever_changes_is_counted() {
        let stamps = Stamps::default();
        stamps.end(Touched::Nothing);
        stamps.end(Touched::Some(vec!["ws_nobody_reads".to_owned()]));
        assert_eq!(stamps.changes(), 2);
    }
}
