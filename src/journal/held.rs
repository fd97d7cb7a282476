//! What is held of a journal, and counted. All of this happens while the journal is locked, on the way of every request, so
//! none of it looks into an entry of long ago: that is seldom at hand, and would take longer than all else here.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::{Bounds, Entry, Exchange, Stats};

/// The entries, and what they take.
#[derive(Debug, Default)]
pub(super) struct Held {
    slots: VecDeque<Slot>,
    bytes: usize,
    /// How many entries hold what a body shares with others, by its place in memory.
    shared: HashMap<usize, usize, BuildHasherDefault<Spread>>,
    last_seq: u64,
    dropped: u64,
    dropped_to: u64,
}

/// An entry, and what must be known of it to give it up.
#[derive(Debug)]
pub(super) struct Slot {
    entry: Arc<Entry>,
    seq: u64,
    /// What it takes by itself.
    bytes: usize,
    /// The place in memory of what its answer's body shares with others, and its length.
    shared: (usize, usize),
}

impl Slot {
    /// An exchange that is not numbered yet.
    pub fn of(exchange: Exchange) -> Slot {
        let bytes = exchange.bytes();
        let shared = exchange.response_body.kept.shared();
        let shared = (shared.as_ptr() as usize, shared.len());
        Slot { entry: Arc::new(Entry { seq: 0, exchange }), seq: 0, bytes, shared }
    }
}

impl Held {
    /// Adds an entry and says its number.
    pub fn push(&mut self, mut slot: Slot) -> u64 {
        self.last_seq += 1;
        slot.seq = self.last_seq;
        Arc::get_mut(&mut slot.entry).expect("nobody else has it yet").seq = self.last_seq;
        self.take(&slot);
        self.slots.push_back(slot);
        self.last_seq
    }

    /// Drops what no longer fits, and gives it to be freed. It is one entry mostly, which takes no list.
    pub fn drop_beyond(&mut self, bounds: Bounds) -> (Option<Slot>, Vec<Slot>) {
        let first = self.drop_oldest_beyond(bounds);
        let others = std::iter::from_fn(|| self.drop_oldest_beyond(bounds)).collect();
        (first, others)
    }

    fn drop_oldest_beyond(&mut self, bounds: Bounds) -> Option<Slot> {
        if self.slots.len() <= bounds.entries && self.bytes <= bounds.bytes {
            return None;
        }
        let oldest = self.slots.pop_front()?;
        self.give(&oldest);
        self.dropped += 1;
        self.dropped_to = oldest.seq;
        Some(oldest)
    }

    /// Takes out the entries of a workspace, or all of them.
    pub fn clear(&mut self, workspace: Option<&str>) -> VecDeque<Slot> {
        let of_it = |slot: &Slot| workspace.is_none() || slot.entry.workspace.as_deref() == workspace;
        let (cleared, kept): (VecDeque<_>, _) = std::mem::take(&mut self.slots).into_iter().partition(of_it);
        self.slots = kept;
        cleared.iter().for_each(|slot| self.give(slot));
        cleared
    }

    /// The last number given, and the entries with numbers above `seq`.
    pub fn after(&self, seq: u64) -> (u64, Vec<Arc<Entry>>) {
        let from = self.slots.partition_point(|slot| slot.seq <= seq);
        (self.last_seq, self.slots.range(from..).map(|slot| slot.entry.clone()).collect())
    }

    /// The number of the last entry dropped.
    pub fn dropped_to(&self) -> u64 {
        self.dropped_to
    }

    /// How much is held.
    pub fn stats(&self) -> Stats {
        Stats { held: self.slots.len(), bytes: self.bytes, dropped: self.dropped, next_seq: self.last_seq + 1 }
    }

    /// Counts an entry. Answers that are given again and again share what their bodies have in common, and so do their
    /// entries: it is counted once, by its place in memory, which is its own as long as it is held.
    fn take(&mut self, slot: &Slot) {
        self.bytes += slot.bytes;
        if let (place, length @ 1..) = slot.shared {
            let holders = self.shared.entry(place).or_default();
            *holders += 1;
            self.bytes += if *holders == 1 { length } else { 0 };
        }
    }

    /// Takes an entry out of the count.
    fn give(&mut self, slot: &Slot) {
        self.bytes -= slot.bytes;
        if let (place, length @ 1..) = slot.shared {
            let holders = self.shared.entry(place).or_default();
            *holders = holders.saturating_sub(1);
            if *holders == 0 {
                self.shared.remove(&place);
                self.bytes -= length;
            }
        }
    }
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
