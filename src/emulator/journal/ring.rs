//! The entries of the journal: all of them by number, a ring of numbers for each workspace, and the memory that they
//! take. Every request records its entry under the journal's lock, so that moves pointers and copies no text.

use std::collections::hash_map::HashMap;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::body_bytes::BodyBytes;
use super::bounds::Bounds;
use super::entry::JournalEntry;
use super::lost::{EntryScope, Lost};
use super::stats::Stats;

/// The most workspaces and providers with lost entries that [`Stats`] lists.
const LISTED: usize = 100;

/// The cost of an entry in addition to the entry itself, in bytes: its number in two tables, and an `Arc`.
const TABLES: usize = 48;

/// The numbers of the newest entries of a workspace, or of a provider's requests without a known key, oldest first; and
/// how many were evicted. Clearing removes the ring, so the counts start at the last clearing.
#[derive(Debug, Default)]
struct EntryRing {
    seqs: VecDeque<u64>,
    /// How many entries were evicted.
    dropped: u64,
    /// The number of the last one of them.
    dropped_to: u64,
    /// How many entries lost only their bodies.
    bodies_dropped: u64,
}

impl EntryRing {
    /// Removes the oldest number and returns it, so that the caller can evict the entry.
    fn drop_oldest(&mut self) -> Option<u64> {
        let oldest = self.seqs.pop_front()?;
        self.dropped += 1;
        self.dropped_to = oldest;
        Some(oldest)
    }
}

/// All entries of the journal.
#[derive(Debug, Default)]
pub(super) struct Entries {
    bounds: Bounds,
    by_seq: BTreeMap<u64, Arc<JournalEntry>>,
    workspaces: HashMap<Arc<str>, EntryRing>,
    /// The rings of requests without a known key, by provider; `None`: no provider owns the address.
    keyless: HashMap<Option<&'static str>, EntryRing>,
    /// The headers of recent requests and the names of headers of recent responses, for sharing.
    recent_headers: VecDeque<Arc<[u8]>>,
    head_bytes: usize,
    bodies: BodyBytes,
    /// The entries with smaller numbers have no bodies.
    bodies_from: u64,
    last_seq: u64,
}

impl Entries {
    /// No entries yet, with these bounds.
    pub fn new(bounds: Bounds) -> Entries {
        Entries { bounds, ..Entries::default() }
    }

    /// Adds an entry, and evicts older ones if a bound is exceeded. Returns its number.
    pub fn push(&mut self, mut entry: JournalEntry) -> u64 {
        self.last_seq += 1;
        entry.heads.share(&mut self.recent_headers);
        let entry = Arc::new(JournalEntry { seq: self.last_seq, ..entry });
        self.head_bytes += head_bytes(&entry);
        self.bodies.add(&entry);
        let ring = match &entry.workspace {
            Some(workspace) => self.workspaces.entry(workspace.clone()).or_default(),
            None => self.keyless.entry(entry.provider).or_default(),
        };
        ring.seqs.push_back(entry.seq);
        let oldest = if ring.seqs.len() > self.bounds.entries { ring.drop_oldest() } else { None };
        self.by_seq.insert(entry.seq, entry);
        oldest.into_iter().for_each(|oldest| self.remove(oldest));
        while self.head_bytes > self.bounds.head_bytes && self.drop_oldest() {}
        while self.bodies.bytes() > self.bounds.bytes && self.drop_oldest_bodies() {}
        self.last_seq
    }

    /// Evicts the oldest entry of all workspaces. Returns whether there was one.
    fn drop_oldest(&mut self) -> bool {
        let Some((&seq, entry)) = self.by_seq.first_key_value() else { return false };
        let entry = entry.clone();
        // While a workspace is being cleared, its ring is already gone or new, and does not have this number.
        if let Some(ring) = self.ring_mut(&entry).filter(|ring| ring.seqs.front() == Some(&seq)) {
            ring.drop_oldest();
        }
        self.remove(seq);
        true
    }

    /// Evicts the bodies of the oldest entry that may have any. Returns whether there was such an entry.
    fn drop_oldest_bodies(&mut self) -> bool {
        let Some((&seq, entry)) = self.by_seq.range_mut(self.bodies_from..).next() else { return false };
        self.bodies_from = seq + 1;
        if !entry.has_bodies() {
            return true;
        }
        self.bodies.remove(entry);
        // A reader that has the entry right now keeps the old one: `make_mut` copies an entry that is in use.
        Arc::make_mut(entry).drop_bodies();
        let entry = entry.clone();
        if let Some(ring) = self.ring_mut(&entry) {
            ring.bodies_dropped += 1;
        }
        true
    }

    fn ring_mut(&mut self, entry: &JournalEntry) -> Option<&mut EntryRing> {
        match &entry.workspace {
            Some(workspace) => self.workspaces.get_mut(workspace),
            None => self.keyless.get_mut(&entry.provider),
        }
    }

    fn remove(&mut self, seq: u64) {
        if let Some(entry) = self.by_seq.remove(&seq) {
            self.head_bytes -= head_bytes(&entry);
            self.bodies.remove(&entry);
        }
    }

    /// Removes the entries with these numbers that still exist.
    pub fn remove_all(&mut self, seqs: &[u64]) {
        seqs.iter().for_each(|seq| self.remove(*seq));
    }

    /// Removes the ring of a workspace with its counts and returns its numbers. The caller must remove the entries.
    pub fn forget(&mut self, workspace: &str) -> VecDeque<u64> {
        self.workspaces.remove(workspace).map(|ring| ring.seqs).unwrap_or_default()
    }

    /// Removes and returns all entries. The next entry still gets the next number.
    pub fn take(&mut self) -> BTreeMap<u64, Arc<JournalEntry>> {
        let empty = Entries { last_seq: self.last_seq, ..Entries::new(self.bounds) };
        std::mem::replace(self, empty).by_seq
    }

    /// The entry with this number.
    pub fn get(&self, seq: u64) -> Option<Arc<JournalEntry>> {
        self.by_seq.get(&seq).cloned()
    }

    /// The first `most` entries with numbers above `seq`, of one workspace or of all.
    pub fn after(&self, workspace: Option<&str>, seq: u64, most: usize) -> Vec<Arc<JournalEntry>> {
        let Some(workspace) = workspace else {
            let later = self.by_seq.range(seq.saturating_add(1)..);
            return later.take(most).map(|(_, entry)| entry.clone()).collect();
        };
        let Some(ring) = self.workspaces.get(workspace) else { return Vec::new() };
        let from = ring.seqs.partition_point(|held| *held <= seq);
        ring.seqs.range(from..).take(most).filter_map(|seq| self.get(*seq)).collect()
    }

    /// Whether this workspace has had entries since it was last cleared.
    pub fn knows(&self, workspace: &str) -> bool {
        self.workspaces.contains_key(workspace)
    }

    /// The number that the next entry gets.
    pub fn next_seq(&self) -> u64 {
        self.last_seq + 1
    }

    /// The rings that entries of this workspace or provider can be in. Entries with a known key are in the ring of
    /// their workspace whatever their provider, so `provider` only selects among the rings without a workspace.
    fn rings_of<'e>(&'e self, workspace: Option<&'e str>, provider: Option<&'e str>) -> impl Iterator<Item = Ring<'e>> {
        let owned = self.workspaces.iter().filter(move |(id, _)| workspace.is_none_or(|wanted| wanted == &***id));
        let keyless = self
            .keyless
            .iter()
            .filter(move |(name, _)| workspace.is_none() && provider.is_none_or(|wanted| **name == Some(wanted)));
        owned.map(|(id, ring)| (Some(&**id), None, ring)).chain(keyless.map(|(name, ring)| (None, *name, ring)))
    }

    /// The evictions that may affect a result for this scope: those of the ring that last lost an entry, if the entry's
    /// number is above `after`.
    pub fn lost(&self, EntryScope { workspace, provider, after }: EntryScope<'_>) -> Option<Lost> {
        let last = self.rings_of(workspace, provider).max_by_key(|(_, _, ring)| ring.dropped_to)?;
        (last.2.dropped_to > after).then(|| lost(last))
    }

    /// The size of the journal, and the losses of a workspace or of all.
    pub fn stats(&self, workspace: Option<&str>) -> Stats {
        let losing = |ring: &EntryRing| ring.dropped + ring.bodies_dropped > 0;
        let rings = || self.rings_of(workspace, None).filter(|(_, _, ring)| losing(ring));
        Stats {
            held: self.by_seq.len(),
            bytes: self.head_bytes + self.bodies.bytes(),
            dropped: rings().map(|(_, _, ring)| ring.dropped).sum(),
            bodies_dropped: rings().map(|(_, _, ring)| ring.bodies_dropped).sum(),
            next_seq: self.next_seq(),
            lost: rings().take(LISTED).map(lost).collect(),
        }
    }
}

/// A ring with its workspace, or with its provider.
type Ring<'e> = (Option<&'e str>, Option<&'static str>, &'e EntryRing);

fn lost((workspace, provider, ring): Ring<'_>) -> Lost {
    let EntryRing { dropped, dropped_to, bodies_dropped, .. } = *ring;
    Lost { workspace: workspace.map(str::to_owned), provider, dropped, dropped_to, bodies_dropped }
}

/// The size of an entry without its bodies, in bytes.
fn head_bytes(entry: &JournalEntry) -> usize {
    let diagnostics = entry.diagnostics.as_ref().map_or(0, |diagnostics| diagnostics.bytes());
    size_of::<JournalEntry>() + TABLES + entry.heads.bytes() + diagnostics
}
