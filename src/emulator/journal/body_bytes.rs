//! How many bytes of bodies are held. Answers that are given again and again share their memory with each other and with the
//! cache of responses, so a piece counts once, however many entries hold it. A piece is known by its place in memory, which
//! is its own as long as it is held.

use std::collections::HashMap;

use bytes::Bytes;

use super::entry::{Body, JournalEntry};

/// The bodies of all entries.
#[derive(Debug, Default)]
pub(super) struct BodyBytes {
    bytes: usize,
    /// How many entries hold a piece, by its place and length.
    holders: HashMap<(usize, usize), usize>,
}

impl BodyBytes {
    /// The bytes that are held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Counts the bodies of an entry.
    pub fn add(&mut self, entry: &JournalEntry) {
        self.bytes += own(entry);
        let shared = entry.response_body.kept.shared();
        if shared.is_empty() {
            return;
        }
        let holders = self.holders.entry(place(shared)).or_default();
        *holders += 1;
        if *holders == 1 {
            self.bytes += shared.len();
        }
    }

    /// Counts them no longer. They must have been counted.
    pub fn remove(&mut self, entry: &JournalEntry) {
        self.bytes -= own(entry);
        let shared = entry.response_body.kept.shared();
        let Some(holders) = self.holders.get_mut(&place(shared)) else { return };
        *holders -= 1;
        if *holders == 0 {
            self.holders.remove(&place(shared));
            self.bytes -= shared.len();
        }
    }
}

/// What the entry shares with no other: the request's body, and the end of the answer's.
fn own(entry: &JournalEntry) -> usize {
    let asked = entry.request_body.as_deref().map_or(0, |Body { kept, .. }| kept.len());
    asked + entry.response_body.kept.own().len()
}

fn place(bytes: &Bytes) -> (usize, usize) {
    (bytes.as_ptr() as usize, bytes.len())
}
