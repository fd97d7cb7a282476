//! The journal of a process: records exchanges, finds them again, waits for them and forgets them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::bounds::Bounds;
use super::entry::JournalEntry;
use super::filter::Filter;
use super::ring::Entries;
use super::stats::Stats;
use super::verify::{Expectations, VerifyResult};

/// How many entries are read or removed at a time, while requests that are recorded wait.
const SLICE: usize = 64;

/// The journal of this process.
#[derive(Debug, Default)]
pub struct Journal {
    is_off: bool,
    entries: Mutex<Entries>,
    arrived: Notify,
    /// How many wait for what arrives.
    waiting: AtomicUsize,
}

/// Somebody who waits is counted as long as this lives.
struct Waiting<'j>(&'j AtomicUsize);

impl Waiting<'_> {
    fn among(waiting: &AtomicUsize) -> Waiting<'_> {
        waiting.fetch_add(1, SeqCst);
        Waiting(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Journal {
    /// An empty journal.
    pub fn new(bounds: Bounds) -> Journal {
        Journal { is_off: bounds.entries == 0, entries: Mutex::new(Entries::new(bounds)), ..Journal::default() }
    }

    /// Whether nothing is kept.
    pub fn is_off(&self) -> bool {
        self.is_off
    }

    /// Adds an exchange and says its number. What no longer fits is dropped.
    pub fn record(&self, entry: JournalEntry) -> u64 {
        if self.is_off() {
            return 0;
        }
        let seq = self.lock().push(entry);
        // Whoever waits was counted before it looked, and it looked under the lock: what it did not see finds it counted.
        if self.waiting.load(SeqCst) > 0 {
            self.arrived.notify_waiters();
        }
        seq
    }

    /// The entries that match, the newest last. Of more than `limit`, those that follow `after` most closely, so that a
    /// reader can go on from there; without `after`, the newest.
    pub fn find(&self, filter: &Filter) -> Vec<Arc<JournalEntry>> {
        self.select(filter, 0, |entry| entry).1
    }

    /// The numbers of the same entries, and how much the journal held: what is recorded later has a number from `next_seq` on.
    pub fn numbers(&self, filter: &Filter) -> (Stats, Vec<u64>) {
        let stats = self.stats(filter.workspace.as_deref());
        let (next_seq, numbers) = self.select(filter, 0, |entry| entry.seq);
        (Stats { next_seq, ..stats }, numbers)
    }

    /// The entry with this number, if it is still there.
    pub fn entry(&self, seq: u64) -> Option<Arc<JournalEntry>> {
        self.lock().get(seq)
    }

    /// The entries that match, as soon as there are any; `None` if there are none in time. Entries recorded between two
    /// looks are seen, unless they were dropped or cleared meanwhile.
    pub async fn wait(&self, filter: &Filter, timeout: Duration) -> Option<Vec<Arc<JournalEntry>>> {
        tokio::time::timeout(timeout, self.matched(filter)).await.ok()
    }

    async fn matched(&self, filter: &Filter) -> Vec<Arc<JournalEntry>> {
        let _waiting = Waiting::among(&self.waiting);
        let mut seen = 0;
        loop {
            // Made before looking: it wakes for whatever is recorded from here on.
            let arrived = self.arrived.notified();
            let (next_seq, found) = self.select(filter, seen, |entry| entry);
            if !found.is_empty() {
                return found;
            }
            seen = next_seq - 1;
            arrived.await;
        }
    }

    /// Forgets the entries of a workspace, or all of them, and what was lost of them; says how many there were. Numbers go on
    /// where they were.
    pub fn clear(&self, workspace: Option<&str>) -> usize {
        let Some(workspace) = workspace else {
            let entries = self.lock().take();
            return entries.len();
        };
        let seqs = Vec::from(self.lock().forget(workspace));
        for slice in seqs.chunks(SLICE) {
            self.lock().remove_all(slice);
        }
        seqs.len()
    }

    /// Whether it knows of requests of this workspace, be it that they were dropped since.
    pub fn knows(&self, workspace: &str) -> bool {
        self.lock().knows(workspace)
    }

    /// How much it holds at the moment, and what a workspace lost, or all did.
    pub fn stats(&self, workspace: Option<&str>) -> Stats {
        self.lock().stats(workspace)
    }

    /// Holds expectations against what is there.
    pub fn verify(&self, expectations: &Expectations) -> VerifyResult {
        let entries = self.find(&expectations.scope);
        let entries: Vec<_> = entries.iter().map(|entry| &**entry).collect();
        let incomplete = if self.is_off() && expectations.asks_for_entries() {
            Some("the journal is off: nothing is known of any request; start without `--journal-entries 0`".to_owned())
        } else {
            // Looked up after the entries were read: what was dropped meanwhile counts as lost.
            expectations.scopes().into_iter().find_map(|reach| self.lock().lost(reach)).map(|lost| lost.to_string())
        };
        expectations.verdict(&entries, incomplete)
    }

    /// What `keep` makes of the entries that match with numbers above `seen`, and the number that the next entry got. The
    /// lock is held to find a few entries at a time, not to compare them: requests that are recorded meanwhile wait for
    /// microseconds.
    fn select<T>(&self, filter: &Filter, seen: u64, keep: impl Fn(Arc<JournalEntry>) -> T) -> (u64, Vec<T>) {
        let next_seq = self.lock().next_seq();
        let limit = filter.limit.unwrap_or(usize::MAX);
        let mut found = VecDeque::new();
        let mut last = seen.max(filter.after.unwrap_or(0));
        loop {
            let entries = self.lock().after(filter.workspace.as_deref(), last, SLICE);
            last = entries.last().map_or(u64::MAX, |entry| entry.seq);
            let entries = entries.into_iter().filter(|entry| entry.seq < next_seq && filter.matches(entry));
            found.extend(entries.map(&keep));
            let surplus = found.len().saturating_sub(limit);
            match filter.after {
                Some(_) => found.truncate(limit),
                None => drop(found.drain(..surplus)),
            }
            if last >= next_seq - 1 || (surplus > 0 && filter.after.is_some()) {
                return (next_seq, found.into());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
