//! The journal: what clients really sent and what they were answered, in memory, so that a test can ask afterwards. It
//! is bounded by entries and by bytes; the oldest go first, and are counted. Recording is on the way of every request,
//! so nothing is formatted or masked there: that is for whoever looks ([`Shown`], [`Har`], an [`Exchange`]'s line).

mod exchange;
mod filter;
mod har;
mod held;
mod shown;
mod verify;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::Notify;

use self::held::Held;
pub use exchange::{BODY_CAP, Body, Exchange, Heads, Remarks, Target};
pub use filter::{Filter, StatusIs};
pub use har::Har;
pub use shown::{Header, Line, Shown, ShownBody};
pub use verify::{Closest, Count, Expectation, Expectations, Shortfall, Verdict};

/// How much a journal holds. While nobody looks at it, fewer than sixteen entries may come on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Entries at most.
    pub entries: usize,
    /// Bytes of memory at most: a page of fifty assets takes about fifteen thousand.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { entries: 10_000, bytes: 1 << 20 }
    }
}

/// How many entries are copied at a time.
const SLICE: usize = 16;

/// The journal of this process.
#[derive(Debug, Default)]
pub struct Journal {
    is_off: bool,
    held: Mutex<Held>,
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

/// How much a journal holds at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stats {
    /// Entries held.
    pub held: usize,
    /// Bytes of memory they take.
    pub bytes: usize,
    /// Entries dropped because there were too many, or too long ones.
    pub dropped: u64,
    /// The number that the next entry gets.
    pub next_seq: u64,
}

impl Journal {
    /// An empty journal.
    pub fn new(bounds: Bounds) -> Journal {
        Journal { is_off: bounds.entries == 0, held: Mutex::new(Held::new(bounds)), ..Journal::default() }
    }

    /// Whether nothing is kept.
    pub fn is_off(&self) -> bool {
        self.is_off
    }

    /// Adds an exchange and says its number. What no longer fits is dropped.
    pub fn record(&self, exchange: Exchange) -> u64 {
        if self.is_off() {
            return 0;
        }
        let seq = self.lock().push(exchange);
        // Whoever waits was counted before it looked, and it looked under the lock: what it did not see finds it counted.
        if self.waiting.load(SeqCst) > 0 {
            self.arrived.notify_waiters();
        }
        seq
    }

    /// The entries that match, the newest last. Of more than `limit`, those that follow `after` most closely, so that a
    /// reader can go on from there; without `after`, the newest.
    pub fn find(&self, filter: &Filter) -> Vec<Exchange> {
        self.select(filter, 0, |entry| entry).1
    }

    /// The numbers of the same entries, and how much the journal held: what is recorded later has a number from `next_seq` on.
    pub fn numbers(&self, filter: &Filter) -> (Stats, Vec<u64>) {
        self.select(filter, 0, |entry| entry.seq)
    }

    /// The entry with this number, if it is still there.
    pub fn entry(&self, seq: u64) -> Option<Exchange> {
        self.lock().after(seq - 1, 1).pop().filter(|entry| entry.seq == seq)
    }

    /// The entries that match, as soon as there are any; `None` if there are none in time. Entries recorded between two
    /// looks are seen, unless they were dropped or cleared meanwhile.
    pub async fn wait(&self, filter: &Filter, timeout: Duration) -> Option<Vec<Exchange>> {
        tokio::time::timeout(timeout, self.matched(filter)).await.ok()
    }

    async fn matched(&self, filter: &Filter) -> Vec<Exchange> {
        let _waiting = Waiting::among(&self.waiting);
        let mut seen = 0;
        loop {
            // Made before looking: it wakes for whatever is recorded from here on.
            let arrived = self.arrived.notified();
            let (stats, found) = self.select(filter, seen, |entry| entry);
            if !found.is_empty() {
                return found;
            }
            seen = stats.next_seq - 1;
            arrived.await;
        }
    }

    /// Forgets the entries of a workspace, or all of them, and says how many. Numbers go on where they were.
    pub fn clear(&self, workspace: Option<&str>) -> usize {
        self.lock().clear(workspace)
    }

    /// How much it holds at the moment.
    pub fn stats(&self) -> Stats {
        self.lock().stats()
    }

    /// Holds expectations against what is there.
    pub fn verify(&self, expectations: &Expectations) -> Verdict {
        let entries = self.find(&expectations.scope);
        expectations.verdict(&entries, self.lock().dropped_to())
    }

    /// What `keep` makes of the entries that match with numbers above `seen`, and how much is held. The lock is held to copy a
    /// few entries at a time, not to compare them: requests that are recorded meanwhile wait for microseconds.
    fn select<T>(&self, filter: &Filter, seen: u64, keep: impl Fn(Exchange) -> T) -> (Stats, Vec<T>) {
        let stats = self.stats();
        let limit = filter.limit.unwrap_or(usize::MAX);
        let mut found = VecDeque::new();
        let mut last = seen.max(filter.after.unwrap_or(0));
        loop {
            let entries = self.lock().after(last, SLICE);
            last = entries.last().map_or(u64::MAX, |entry| entry.seq);
            let entries = entries.into_iter().filter(|entry| entry.seq < stats.next_seq && filter.matches(entry));
            found.extend(entries.map(&keep));
            let surplus = found.len().saturating_sub(limit);
            match filter.after {
                Some(_) => found.truncate(limit),
                None => drop(found.drain(..surplus)),
            }
            if last >= stats.next_seq - 1 || (surplus > 0 && filter.after.is_some()) {
                return (stats, found.into());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
