//! What is held of a journal, and counted. All of this happens while the journal is locked, on the way of every request, so
//! it is a ring, written and given up from end to end: an entry that were a piece of memory of its own would seldom be at
//! hand when its time has come, and to fetch and free it would take longer than all else here.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use super::{Bounds, Exchange, Stats};

/// The entries, and what they take.
#[derive(Debug, Default)]
pub(super) struct Held {
    entries: VecDeque<Exchange>,
    bytes: usize,
    /// How many entries hold what a body shares with others, by its place in memory.
    shared: HashMap<usize, usize, BuildHasherDefault<Spread>>,
    last_seq: u64,
    dropped: u64,
    dropped_to: u64,
}

impl Held {
    /// Adds an entry and says its number.
    pub fn push(&mut self, exchange: Exchange) -> u64 {
        self.last_seq += 1;
        self.take(&exchange);
        self.entries.push_back(exchange);
        // Numbered where it is held, which spares a copy of it.
        self.entries.back_mut().expect("there is one").seq = self.last_seq;
        self.last_seq
    }

    /// Drops the oldest entries that no longer fit.
    pub fn drop_beyond(&mut self, bounds: Bounds) {
        while self.entries.len() > bounds.entries || self.bytes > bounds.bytes {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.give(&oldest);
            self.dropped += 1;
            self.dropped_to = oldest.seq;
        }
    }

    /// Drops the entries of a workspace, or all of them, and says how many.
    pub fn clear(&mut self, workspace: Option<&str>) -> usize {
        let entries = std::mem::take(&mut self.entries);
        let before = entries.len();
        for mut entry in entries {
            if workspace.is_none() || entry.workspace.as_deref() == workspace {
                self.give(&entry);
            } else {
                entry.part();
                self.entries.push_back(entry);
            }
        }
        before - self.entries.len()
    }

    /// The last number given, and the entries with numbers above `seq`.
    pub fn after(&self, seq: u64) -> (u64, Vec<Exchange>) {
        let from = self.entries.partition_point(|entry| entry.seq <= seq);
        (self.last_seq, self.entries.range(from..).cloned().collect())
    }

    /// The number of the last entry dropped.
    pub fn dropped_to(&self) -> u64 {
        self.dropped_to
    }

    /// How much is held.
    pub fn stats(&self) -> Stats {
        Stats { held: self.entries.len(), bytes: self.bytes, dropped: self.dropped, next_seq: self.last_seq + 1 }
    }

    /// Counts an entry. Answers that are given again and again share what their bodies have in common, and so do their
    /// entries: it is counted once, by its place in memory, which is its own as long as it is held.
    fn take(&mut self, entry: &Exchange) {
        self.bytes += entry.bytes();
        if let (place, length @ 1..) = shared(entry) {
            let holders = self.shared.entry(place).or_default();
            *holders += 1;
            self.bytes += if *holders == 1 { length } else { 0 };
        }
    }

    /// Takes an entry out of the count.
    fn give(&mut self, entry: &Exchange) {
        self.bytes -= entry.bytes();
        if let (place, length @ 1..) = shared(entry) {
            let holders = self.shared.entry(place).or_default();
            *holders = holders.saturating_sub(1);
            if *holders == 0 {
                self.shared.remove(&place);
                self.bytes -= length;
            }
        }
    }
}

/// The place in memory of what the answer's body shares with others, and its length.
fn shared(entry: &Exchange) -> (usize, usize) {
    let shared = entry.response_body.kept.shared();
    (shared.as_ptr() as usize, shared.len())
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

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method, Uri, Version};

    use super::*;
    use crate::journal::{Body, Heads};

    fn exchange(workspace: &str) -> Exchange {
        Exchange {
            seq: 0,
            at: 0,
            provider: None,
            workspace: Some(workspace.into()),
            key: None,
            method: Method::GET,
            heads: Heads::of(&Uri::from_static("/path"), &HeaderMap::new(), None),
            version: Version::HTTP_11,
            request_body: None,
            status: None,
            response_body: Body::default(),
            duration: std::time::Duration::ZERO,
            remarks: None,
        }
    }

    /// A few entries that outlive all others would hold on to much more than is counted.
    #[test]
    fn what_stays_when_others_are_cleared_lets_go_of_what_they_were_written_on() {
        let mut held = Held::default();
        held.push(exchange("ws_a"));
        held.push(exchange("ws_b"));
        assert!(!held.entries[1].heads.packed.is_unique());
        assert_eq!(held.clear(Some("ws_a")), 1);
        assert!(held.entries[0].heads.packed.is_unique());
    }
}
