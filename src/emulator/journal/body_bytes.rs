//! Counts the memory of the bodies in the journal. Equal responses share one allocation with each other and with the
//! response cache, so an allocation is counted once, however many entries refer to it. It is identified by its address,
//! which is unique while an entry refers to it.

use std::collections::HashMap;

use bytes::Bytes;

use super::entry::{Body, JournalEntry};

/// The memory of the bodies of all entries.
#[derive(Debug, Default)]
pub(super) struct BodyBytes {
    bytes: usize,
    /// How many entries refer to an allocation, by its address and length.
    holders: HashMap<(usize, usize), usize>,
}

impl BodyBytes {
    /// The total, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the bodies of an entry.
    pub fn add(&mut self, entry: &JournalEntry) {
        self.bytes += unshared_bytes(entry);
        let shared = entry.response_body.kept.shared();
        if shared.is_empty() {
            return;
        }
        let holders = self.holders.entry(address(shared)).or_default();
        *holders += 1;
        if *holders == 1 {
            self.bytes += shared.len();
        }
    }

    /// Subtracts the bodies of an entry, which must have been added.
    pub fn remove(&mut self, entry: &JournalEntry) {
        self.bytes -= unshared_bytes(entry);
        let shared = entry.response_body.kept.shared();
        let Some(holders) = self.holders.get_mut(&address(shared)) else { return };
        *holders -= 1;
        if *holders == 0 {
            self.holders.remove(&address(shared));
            self.bytes -= shared.len();
        }
    }
}

/// The bytes that the entry shares with no other: the request's body, and the suffix of the response's.
fn unshared_bytes(entry: &JournalEntry) -> usize {
    let request = entry.request_body.as_deref().map_or(0, |Body { kept, .. }| kept.len());
    request + entry.response_body.kept.own().len()
}

fn address(bytes: &Bytes) -> (usize, usize) {
    (bytes.as_ptr() as usize, bytes.len())
}
