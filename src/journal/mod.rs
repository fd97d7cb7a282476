//! The journal: what clients really sent and what they were answered, in memory, so that a test can ask afterwards. It
//! is bounded by entries and by bytes; the oldest go first, and are counted. Recording is on the way of every request,
//! so nothing is formatted or masked there: that is for whoever looks ([`Shown`], [`Har`], an [`Exchange`]'s line).

mod exchange;
mod filter;
mod har;
mod shown;
mod verify;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::Notify;

pub use exchange::{BODY_CAP, Body, Entry, Exchange, Headers, Target};
pub use filter::{Filter, StatusIs};
pub use har::Har;
pub use shown::{Header, Shown, ShownBody};
pub use verify::{Closest, Count, Expectation, Expectations, Shortfall, Verdict};

/// How much a journal holds.
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

/// The journal of this process.
#[derive(Debug, Default)]
pub struct Journal {
    bounds: Bounds,
    held: Mutex<Held>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Held {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// How many entries hold what a body shares with others, by its place in memory.
    shared: HashMap<usize, usize, BuildHasherDefault<Spread>>,
    last_seq: u64,
    dropped: u64,
    /// The number of the last entry dropped.
    dropped_to: u64,
}

/// Places in memory differ enough to be their own hashes, once they are spread: they all end alike.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize((self.0 as usize) ^ usize::from(*byte)));
    }

    fn write_usize(&mut self, place: usize) {
        self.0 = (place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
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
        Journal { bounds, ..Journal::default() }
    }

    /// Whether nothing is kept.
    pub fn is_off(&self) -> bool {
        self.bounds.entries == 0
    }

    /// Adds an exchange and says its number. What no longer fits is dropped, and freed outside the lock.
    pub fn record(&self, exchange: Exchange) -> u64 {
        if self.is_off() {
            return 0;
        }
        let bytes = exchange.bytes();
        let mut entry = Arc::new(Entry { seq: 0, exchange, bytes });
        let mut held = self.lock();
        held.last_seq += 1;
        let seq = held.last_seq;
        Arc::get_mut(&mut entry).expect("nobody else has it yet").seq = seq;
        held.take(&entry);
        held.entries.push_back(entry);
        let dropped = held.drop_beyond(self.bounds);
        drop(held);
        self.arrived.notify_waiters();
        drop(dropped);
        seq
    }

    /// The entries that match, the newest last. Of more than `limit`, those that follow `after` most closely, so that a
    /// reader can go on from there; without `after`, the newest.
    pub fn find(&self, filter: &Filter) -> Vec<Arc<Entry>> {
        self.found(filter, 0).1
    }

    /// The entries that match, as soon as there are any; `None` if there are none in time. Entries recorded between two
    /// looks are seen, unless they were dropped or cleared meanwhile.
    pub async fn wait(&self, filter: &Filter, timeout: Duration) -> Option<Vec<Arc<Entry>>> {
        tokio::time::timeout(timeout, self.matched(filter)).await.ok()
    }

    async fn matched(&self, filter: &Filter) -> Vec<Arc<Entry>> {
        let mut seen = 0;
        loop {
            // Made before looking: it wakes for whatever is recorded from here on.
            let arrived = self.arrived.notified();
            let (last, found) = self.found(filter, seen);
            if !found.is_empty() {
                return found;
            }
            seen = last;
            arrived.await;
        }
    }

    /// Forgets the entries of a workspace, or all of them, and says how many. Numbers go on where they were.
    pub fn clear(&self, workspace: Option<&str>) -> usize {
        let mut held = self.lock();
        let (cleared, kept): (VecDeque<_>, _) = std::mem::take(&mut held.entries)
            .into_iter()
            .partition(|entry| workspace.is_none() || entry.workspace.as_deref() == workspace);
        held.entries = kept;
        cleared.iter().for_each(|entry| held.give(entry));
        drop(held);
        cleared.len()
    }

    /// How much it holds at the moment.
    pub fn stats(&self) -> Stats {
        let held = self.lock();
        Stats { held: held.entries.len(), bytes: held.bytes, dropped: held.dropped, next_seq: held.last_seq + 1 }
    }

    /// Holds expectations against what is there.
    pub fn verify(&self, expectations: &Expectations) -> Verdict {
        let entries = self.find(&expectations.scope);
        expectations.verdict(&entries, self.lock().dropped_to)
    }

    /// The entries that match with numbers above `seen`, and the last number given. The lock is held to list the
    /// entries, not to compare them.
    fn found(&self, filter: &Filter, seen: u64) -> (u64, Vec<Arc<Entry>>) {
        let held = self.lock();
        let from = held.entries.partition_point(|entry| entry.seq <= seen.max(filter.after.unwrap_or(0)));
        let (last, candidates) = (held.last_seq, held.entries.range(from..).cloned().collect::<Vec<_>>());
        drop(held);
        let mut found: Vec<_> = candidates.into_iter().filter(|entry| filter.matches(entry)).collect();
        let limit = filter.limit.unwrap_or(usize::MAX);
        match filter.after {
            Some(_) => found.truncate(limit),
            None => drop(found.drain(..found.len().saturating_sub(limit))),
        }
        (last, found)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Counts an entry. Answers that are given again and again share what their bodies have in common, and so do their
    /// entries: it is counted once, by its place in memory, which is its own as long as it is held.
    fn take(&mut self, entry: &Entry) {
        self.bytes += entry.bytes;
        let shared = entry.response_body.kept.shared();
        if !shared.is_empty() {
            let holders = self.shared.entry(shared.as_ptr() as usize).or_default();
            *holders += 1;
            self.bytes += if *holders == 1 { shared.len() } else { 0 };
        }
    }

    /// Takes an entry out of the count.
    fn give(&mut self, entry: &Entry) {
        self.bytes -= entry.bytes;
        let shared = entry.response_body.kept.shared();
        if !shared.is_empty() {
            let holders = self.shared.entry(shared.as_ptr() as usize).or_default();
            *holders = holders.saturating_sub(1);
            if *holders == 0 {
                self.shared.remove(&(shared.as_ptr() as usize));
                self.bytes -= shared.len();
            }
        }
    }

    /// Drops what no longer fits, and gives it to be freed. It is one entry mostly, which takes no list.
    fn drop_beyond(&mut self, bounds: Bounds) -> (Option<Arc<Entry>>, Vec<Arc<Entry>>) {
        let first = self.drop_oldest_beyond(bounds);
        let others = std::iter::from_fn(|| self.drop_oldest_beyond(bounds)).collect();
        (first, others)
    }

    fn drop_oldest_beyond(&mut self, bounds: Bounds) -> Option<Arc<Entry>> {
        if self.entries.len() <= bounds.entries && self.bytes <= bounds.bytes {
            return None;
        }
        let oldest = self.entries.pop_front()?;
        self.give(&oldest);
        self.dropped += 1;
        self.dropped_to = oldest.seq;
        Some(oldest)
    }
}
