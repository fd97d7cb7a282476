//! The journal of a process: records, finds, awaits and clears entries.

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

/// How many entries are read or removed while the lock is held, which requests need to record their entry.
const SLICE: usize = 64;

/// The journal of this process.
#[derive(Debug, Default)]
pub struct Journal {
    is_off: bool,
    entries: Mutex<Entries>,
    arrived: Notify,
    /// How many callers wait for new entries.
    waiting: AtomicUsize,
}

/// Counts a waiting caller until it is dropped, which also happens when the wait is cancelled.
struct Waiting<'j>(&'j AtomicUsize);

impl Waiting<'_> {
    fn count(waiting: &AtomicUsize) -> Waiting<'_> {
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
    /// An empty journal. It is off if the bound of entries is 0.
    pub fn new(bounds: Bounds) -> Journal {
        Journal { is_off: bounds.entries == 0, entries: Mutex::new(Entries::new(bounds)), ..Journal::default() }
    }

    /// Whether it records nothing.
    pub fn is_off(&self) -> bool {
        self.is_off
    }

    /// Records an entry and returns its number, or 0 if the journal is off. At a bound, evicts older entries.
    pub fn record(&self, entry: JournalEntry) -> u64 {
        if self.is_off() {
            return 0;
        }
        let seq = self.lock().push(entry);
        // No wake-up is lost: a waiter increments `waiting` before it searches under the lock. So if its search did not
        // see this entry, the increment came before this load.
        if self.waiting.load(SeqCst) > 0 {
            self.arrived.notify_waiters();
        }
        seq
    }

    /// The matching entries, the newest last. If there are more than `limit`: with `after`, the first ones after it, so
    /// that the caller can continue from there; without `after`, the newest ones.
    pub fn find(&self, filter: &Filter) -> Vec<Arc<JournalEntry>> {
        self.select(filter, 0, |entry| entry).1
    }

    /// The numbers of the entries that [`find`](Journal::find) returns, and the statistics of the journal at that time.
    /// Entries that are recorded later have numbers from `next_seq` on.
    pub fn numbers(&self, filter: &Filter) -> (Stats, Vec<u64>) {
        let stats = self.stats(filter.workspace.as_deref());
        let (next_seq, numbers) = self.select(filter, 0, |entry| entry.seq);
        (Stats { next_seq, ..stats }, numbers)
    }

    /// The entry with this number, unless it was evicted or cleared.
    pub fn entry(&self, seq: u64) -> Option<Arc<JournalEntry>> {
        self.lock().get(seq)
    }

    /// Waits until there are matching entries and returns them; `None` on a timeout. No entry is missed between two
    /// searches, unless it is evicted or cleared before the second.
    pub async fn wait(&self, filter: &Filter, timeout: Duration) -> Option<Vec<Arc<JournalEntry>>> {
        tokio::time::timeout(timeout, self.wait_for_match(filter)).await.ok()
    }

    async fn wait_for_match(&self, filter: &Filter) -> Vec<Arc<JournalEntry>> {
        let _waiting = Waiting::count(&self.waiting);
        let mut seen = 0;
        loop {
            // Created before the search, so that it also wakes up for an entry that is recorded during the search.
            let arrived = self.arrived.notified();
            let (next_seq, found) = self.select(filter, seen, |entry| entry);
            if !found.is_empty() {
                return found;
            }
            seen = next_seq - 1;
            arrived.await;
        }
    }

    /// Removes the entries of a workspace, or all entries, and the counts of evicted ones. Returns how many were
    /// removed. The next entry still gets the next number.
    pub fn clear(&self, workspace: Option<&str>) -> usize {
        let Some(workspace) = workspace else {
            // The lock is released in this statement, before the entries are freed.
            let entries = self.lock().take();
            return entries.len();
        };
        let seqs = Vec::from(self.lock().forget(workspace));
        for slice in seqs.chunks(SLICE) {
            self.lock().remove_all(slice);
        }
        seqs.len()
    }

    /// Whether it has recorded requests of this workspace since it was last cleared, even if they were evicted.
    pub fn knows(&self, workspace: &str) -> bool {
        self.lock().knows(workspace)
    }

    /// The size of the journal, and the losses of a workspace or of all.
    pub fn stats(&self, workspace: Option<&str>) -> Stats {
        self.lock().stats(workspace)
    }

    /// Checks expectations against the entries.
    pub fn verify(&self, expectations: &Expectations) -> VerifyResult {
        let entries = self.find(&expectations.scope);
        let entries: Vec<_> = entries.iter().map(|entry| &**entry).collect();
        let incomplete = if self.is_off() && expectations.asks_for_entries() {
            Some("the journal is off: nothing is known of any request; start without `--journal-entries 0`".to_owned())
        } else {
            // After the entries were read, so that entries that were evicted meanwhile count as lost.
            expectations.scopes().into_iter().find_map(|reach| self.lock().lost(reach)).map(|lost| lost.to_string())
        };
        expectations.verdict(&entries, incomplete)
    }

    /// Maps the matching entries with numbers above `seen` with `keep`. Also returns the number of the next entry at
    /// the start of the search. The lock is held only to fetch a few entries at a time and not to compare them, so a
    /// request that records its entry meanwhile waits for microseconds.
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
