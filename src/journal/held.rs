//! What is held of a journal, and counted. All of this happens while the journal is locked, on the way of every request, so
//! the newest entries are only set down, in memory that is at hand because those before them were set down there. Sixteen at a
//! time are then settled: they go to two rings, one of entries and one of their texts, which are written and given up from end
//! to end, are counted, and make the oldest go. Whoever looks settles first and sees no difference.

use std::collections::VecDeque;
use std::collections::hash_map::{self, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode, Version};
use bytes::Bytes;

use super::exchange::Ends;
use super::{Body, Bounds, Exchange, Heads, Remarks, Stats};
use crate::clock::Micros;
use crate::payload::Payload;

/// How many entries are settled at a time.
const BATCH: usize = 16;

/// How many bytes of text are settled at the latest.
const BATCH_TEXT: usize = 16 << 10;

/// The entries, and what they take.
#[derive(Debug, Default)]
pub(super) struct Held {
    bounds: Bounds,
    /// The newest entries, and what their answers share with others.
    recent: Vec<(Entry, Bytes)>,
    /// The texts of those, one after the other.
    recent_texts: Vec<u8>,
    settled: VecDeque<Entry>,
    /// The texts of the settled ones, one after the other.
    texts: VecDeque<u8>,
    /// How many bytes of text there were before those.
    texts_gone: u64,
    bodies: Bodies,
    bytes: usize,
    last_seq: u64,
    dropped: u64,
    dropped_to: u64,
}

/// An exchange as it is held: its texts are elsewhere.
#[derive(Debug)]
struct Entry {
    seq: u64,
    at: Micros,
    provider: Option<&'static str>,
    workspace: Option<Arc<str>>,
    key: Option<Arc<str>>,
    method: Method,
    version: Version,
    request_body: Option<Box<Body>>,
    status: Option<StatusCode>,
    duration: Duration,
    remarks: Option<Box<Remarks>>,
    /// How many bytes of text there were before its own: its heads, and what its answer's body does not share with others.
    begin: u64,
    heads: usize,
    own: usize,
    ends: Ends,
    /// What the answer's body shares with others.
    shared: Place,
    /// The length of all of the answer's body.
    length: u64,
}

impl Held {
    /// Nothing yet, and never more than this.
    pub fn new(bounds: Bounds) -> Held {
        Held { bounds, ..Held::default() }
    }

    /// Adds an exchange and says its number.
    pub fn push(&mut self, exchange: Exchange) -> u64 {
        let Exchange { heads, response_body: Body { kept, length }, .. } = exchange;
        let (shared, own) = kept.into_parts();
        self.last_seq += 1;
        let entry = Entry {
            seq: self.last_seq,
            at: exchange.at,
            provider: exchange.provider,
            workspace: exchange.workspace,
            key: exchange.key,
            method: exchange.method,
            version: exchange.version,
            request_body: exchange.request_body,
            status: exchange.status,
            duration: exchange.duration,
            remarks: exchange.remarks,
            begin: self.texts_gone + (self.texts.len() + self.recent_texts.len()) as u64,
            heads: heads.packed.len(),
            own: own.len(),
            ends: heads.ends,
            shared: place(&shared),
            length,
        };
        self.recent.push((entry, shared));
        self.recent_texts.extend_from_slice(&heads.packed);
        self.recent_texts.extend_from_slice(&own);
        heads.recycle();
        if self.recent.len() >= BATCH || self.recent_texts.len() >= BATCH_TEXT {
            self.settle();
        }
        self.last_seq
    }

    /// Puts the newest entries behind the others, and drops the oldest that no longer fit.
    pub fn settle(&mut self) {
        self.texts.extend(&self.recent_texts);
        self.recent_texts.clear();
        for (entry, shared) in self.recent.drain(..) {
            self.bytes += entry.bytes() + self.bodies.take(shared);
            self.settled.push_back(entry);
        }
        let mut gone = 0;
        while self.settled.len() > self.bounds.entries || self.bytes > self.bounds.bytes {
            let Some(oldest) = self.settled.pop_front() else { break };
            self.bytes -= oldest.bytes() + self.bodies.give(oldest.shared);
            self.dropped += 1;
            self.dropped_to = oldest.seq;
            gone += oldest.text_length();
        }
        self.texts.drain(..gone);
        self.texts_gone += gone as u64;
    }

    /// Drops the entries of a workspace, or all of them, and says how many.
    pub fn clear(&mut self, workspace: Option<&str>) -> usize {
        self.settle();
        // What stays is written anew, so that a few entries do not take the room of all.
        let (entries, texts) = (std::mem::take(&mut self.settled), std::mem::take(&mut self.texts));
        let (before, texts_gone) = (entries.len(), self.texts_gone);
        for entry in entries {
            if workspace.is_none() || entry.workspace.as_deref() == workspace {
                self.bytes -= entry.bytes() + self.bodies.give(entry.shared);
            } else {
                let begin = self.texts_gone + self.texts.len() as u64;
                self.texts.extend(texts.range(entry.text_after(texts_gone)));
                self.settled.push_back(Entry { begin, ..entry });
            }
        }
        before - self.settled.len()
    }

    /// The first exchanges with numbers above `seq`, so many at most.
    pub fn after(&mut self, seq: u64, most: usize) -> Vec<Exchange> {
        self.settle();
        let from = self.settled.partition_point(|entry| entry.seq <= seq);
        self.settled.range(from..).take(most).map(|entry| self.exchange(entry)).collect()
    }

    /// The number of the last entry dropped.
    pub fn dropped_to(&mut self) -> u64 {
        self.settle();
        self.dropped_to
    }

    /// How much is held.
    pub fn stats(&mut self) -> Stats {
        self.settle();
        Stats { held: self.settled.len(), bytes: self.bytes, dropped: self.dropped, next_seq: self.last_seq + 1 }
    }

    fn exchange(&self, entry: &Entry) -> Exchange {
        let mut text: Vec<u8> = self.texts.range(entry.text_after(self.texts_gone)).copied().collect();
        let own = text.split_off(entry.heads);
        let kept = Payload::of(self.bodies.at(entry.shared), own.into());
        Exchange {
            seq: entry.seq,
            at: entry.at,
            provider: entry.provider,
            workspace: entry.workspace.clone(),
            key: entry.key.clone(),
            method: entry.method.clone(),
            heads: Heads { packed: text, ends: entry.ends },
            version: entry.version,
            request_body: entry.request_body.clone(),
            status: entry.status,
            response_body: Body { kept, length: entry.length },
            duration: entry.duration,
            remarks: entry.remarks.clone(),
        }
    }
}

impl Entry {
    /// Where its text is in the ring from which so many bytes are gone.
    fn text_after(&self, gone: u64) -> Range<usize> {
        let begin = (self.begin - gone) as usize;
        begin..begin + self.text_length()
    }

    fn text_length(&self) -> usize {
        self.heads + self.own
    }

    /// The memory it takes besides what its answer shares with others, in bytes.
    fn bytes(&self) -> usize {
        let asked = self.request_body.as_ref().map_or(0, |body| size_of::<Body>() + body.kept.len());
        let remarks = self.remarks.as_ref().map_or(0, |remarks| remarks.bytes());
        size_of::<Entry>() + self.text_length() + asked + remarks
    }
}

/// Where bytes are in memory, and how many.
type Place = (usize, usize);

fn place(bytes: &Bytes) -> Place {
    (bytes.as_ptr() as usize, bytes.len())
}

/// What answers that are given again and again have in common: it is counted once, however many entries hold it. It is known
/// by its place, which is its own as long as it is held.
#[derive(Debug, Default)]
struct Bodies(HashMap<Place, Shared, BuildHasherDefault<Spread>>);

#[derive(Debug)]
struct Shared {
    bytes: Bytes,
    /// How many entries hold it.
    holders: usize,
}

impl Bodies {
    /// Notes another holder; says how many bytes are held that were not.
    fn take(&mut self, bytes: Bytes) -> usize {
        if bytes.is_empty() {
            return 0;
        }
        let place = place(&bytes);
        let shared = self.0.entry(place).or_insert(Shared { bytes, holders: 0 });
        shared.holders += 1;
        if shared.holders == 1 { place.1 } else { 0 }
    }

    /// Takes a holder away; says how many bytes are no longer held.
    fn give(&mut self, place: Place) -> usize {
        let hash_map::Entry::Occupied(mut shared) = self.0.entry(place) else { return 0 };
        shared.get_mut().holders -= 1;
        if shared.get().holders > 0 { 0 } else { shared.remove().bytes.len() }
    }

    fn at(&self, place: Place) -> Bytes {
        self.0.get(&place).map(|shared| shared.bytes.clone()).unwrap_or_default()
    }
}

/// Places in memory differ enough to be their own hashes, once they are spread: they all end alike.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        // The best of it is at the top, and the bottom is used.
        self.0.rotate_left(32)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, number: usize) {
        self.0 = (self.0 ^ number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
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
    fn what_stays_when_others_are_cleared_takes_no_more_room_than_it_needs() {
        let mut held = Held::new(Bounds { entries: 10_000, bytes: 10 << 20 });
        for workspace in ["ws_a", "ws_b", "ws_c"] {
            for _ in 0..3000 {
                held.push(exchange(workspace));
            }
        }
        assert_eq!(held.clear(Some("ws_a")), 3000);
        assert_eq!(held.clear(Some("ws_c")), 3000);
        let (stayed, room) = (held.after(0, usize::MAX), (held.settled.capacity(), held.texts.capacity()));
        assert_eq!(stayed.len(), 3000);
        assert!(stayed.iter().all(|entry| entry.heads.target().to_string() == "/path"));
        assert!(room.0 < 6000 && room.1 < 6000 * "/path".len(), "{room:?}");
    }

    /// Bounds are kept whether anybody looks or not.
    #[test]
    fn what_nobody_looks_at_goes_beyond_the_bounds_by_less_than_a_batch() {
        let mut held = Held::new(Bounds { entries: 20, bytes: 10 << 20 });
        for count in 1..1000 {
            held.push(exchange("ws_a"));
            assert!(held.settled.len() <= 20 && held.recent.len() < BATCH, "after {count}");
        }
        assert_eq!(held.stats().held, 20);
        let long = Bytes::from(vec![b'x'; BATCH_TEXT]);
        held.push(Exchange { response_body: Body::of(Payload::unshared(long)), ..exchange("ws_a") });
        assert!(held.recent.is_empty());
    }
}
