//! What the journal holds: every entry by its number, the newest of each workspace in a ring of its own, and a count of the
//! memory they take. All of this happens under the journal's lock, on the way of every request, so it only moves pointers.

use std::collections::hash_map::HashMap;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::body_bytes::BodyBytes;
use super::bounds::Bounds;
use super::entry::JournalEntry;
use super::lost::{EntryScope, Lost};
use super::stats::Stats;

/// How many scopes that lost entries [`Stats`] lists.
const LISTED: usize = 100;

/// What the tables take for an entry besides the entry itself: its number in two of them, a pointer and two counts.
const TABLES: usize = 48;

/// The numbers of the newest entries of one workspace, or of one provider's requests without a key that is known, oldest
/// first; and what it lost to a bound. A ring that is cleared is removed, so all counts are since the last clearing.
#[derive(Debug, Default)]
struct EntryRing {
    seqs: VecDeque<u64>,
    /// Entries dropped.
    dropped: u64,
    /// The number of the last one.
    dropped_to: u64,
    /// Entries that stayed without their bodies.
    bodies_dropped: u64,
}

impl EntryRing {
    /// Gives up its oldest entry, and says its number.
    fn drop_oldest(&mut self) -> Option<u64> {
        let oldest = self.seqs.pop_front()?;
        self.dropped += 1;
        self.dropped_to = oldest;
        Some(oldest)
    }
}

/// The entries, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Entries {
    bounds: Bounds,
    by_seq: BTreeMap<u64, Arc<JournalEntry>>,
    workspaces: HashMap<Arc<str>, EntryRing>,
    /// Those of requests without a key that is known, by provider; `None`: no provider claims them.
    keyless: HashMap<Option<&'static str>, EntryRing>,
    /// Headers that requests had lately.
    lately: VecDeque<Arc<[u8]>>,
    head_bytes: usize,
    bodies: BodyBytes,
    /// Entries with numbers below have lost their bodies, or never had any.
    bodies_from: u64,
    last_seq: u64,
}

impl Entries {
    /// Nothing yet, and never more than this.
    pub fn new(bounds: Bounds) -> Entries {
        Entries { bounds, ..Entries::default() }
    }

    /// Adds an exchange and says its number. What no longer fits is dropped.
    pub fn push(&mut self, mut entry: JournalEntry) -> u64 {
        self.last_seq += 1;
        entry.heads.share(&mut self.lately);
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

    /// Drops the entry that has been here for longest, whosever it is; whether there was one.
    fn drop_oldest(&mut self) -> bool {
        let Some((&seq, entry)) = self.by_seq.first_key_value() else { return false };
        let entry = entry.clone();
        // A ring that is being cleared has no such number any more.
        if let Some(ring) = self.ring_mut(&entry).filter(|ring| ring.seqs.front() == Some(&seq)) {
            ring.drop_oldest();
        }
        self.remove(seq);
        true
    }

    /// Drops the bodies of the oldest entry that may still have any; whether there was one.
    fn drop_oldest_bodies(&mut self) -> bool {
        let Some((&seq, entry)) = self.by_seq.range_mut(self.bodies_from..).next() else { return false };
        self.bodies_from = seq + 1;
        if !entry.has_bodies() {
            return true;
        }
        self.bodies.remove(entry);
        // Somebody who reads the entry at this moment keeps it as it was.
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

    /// Removes these entries, as far as they are still here.
    pub fn remove_all(&mut self, seqs: &[u64]) {
        seqs.iter().for_each(|seq| self.remove(*seq));
    }

    /// Forgets the ring of a workspace, and what it lost; the entries are still to be removed.
    pub fn forget(&mut self, workspace: &str) -> VecDeque<u64> {
        self.workspaces.remove(workspace).map(|ring| ring.seqs).unwrap_or_default()
    }

    /// Takes everything out. Numbers go on where they were.
    pub fn take(&mut self) -> BTreeMap<u64, Arc<JournalEntry>> {
        let empty = Entries { last_seq: self.last_seq, ..Entries::new(self.bounds) };
        std::mem::replace(self, empty).by_seq
    }

    /// The entry with this number.
    pub fn get(&self, seq: u64) -> Option<Arc<JournalEntry>> {
        self.by_seq.get(&seq).cloned()
    }

    /// The first entries with numbers above `seq`, of a workspace or of all, so many at most.
    pub fn after(&self, workspace: Option<&str>, seq: u64, most: usize) -> Vec<Arc<JournalEntry>> {
        let Some(workspace) = workspace else {
            let later = self.by_seq.range(seq.saturating_add(1)..);
            return later.take(most).map(|(_, entry)| entry.clone()).collect();
        };
        let Some(ring) = self.workspaces.get(workspace) else { return Vec::new() };
        let from = ring.seqs.partition_point(|held| *held <= seq);
        ring.seqs.range(from..).take(most).filter_map(|seq| self.get(*seq)).collect()
    }

    /// Whether there are or were entries of this workspace, since it was last cleared.
    pub fn knows(&self, workspace: &str) -> bool {
        self.workspaces.contains_key(workspace)
    }

    /// The number that the next entry gets.
    pub fn next_seq(&self) -> u64 {
        self.last_seq + 1
    }

    /// The rings that a question can be about: that of one workspace, or all but those of other providers' requests without
    /// a key.
    fn rings_of<'e>(&'e self, workspace: Option<&'e str>, provider: Option<&'e str>) -> impl Iterator<Item = Ring<'e>> {
        let owned = self.workspaces.iter().filter(move |(id, _)| workspace.is_none_or(|wanted| wanted == &***id));
        let keyless = self
            .keyless
            .iter()
            .filter(move |(name, _)| workspace.is_none() && provider.is_none_or(|wanted| **name == Some(wanted)));
        owned.map(|(id, ring)| (Some(&**id), None, ring)).chain(keyless.map(|(name, ring)| (None, *name, ring)))
    }

    /// What was lost to a bound and may have mattered; of several scopes, the one that lost an entry last.
    pub fn lost(&self, EntryScope { workspace, provider, after }: EntryScope<'_>) -> Option<Lost> {
        let last = self.rings_of(workspace, provider).max_by_key(|(_, _, ring)| ring.dropped_to)?;
        (last.2.dropped_to > after).then(|| lost(last))
    }

    /// How much is held, and what a workspace lost, or all did.
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

/// A ring with its workspace, or else its provider.
type Ring<'e> = (Option<&'e str>, Option<&'static str>, &'e EntryRing);

fn lost((workspace, provider, ring): Ring<'_>) -> Lost {
    let EntryRing { dropped, dropped_to, bodies_dropped, .. } = *ring;
    Lost { workspace: workspace.map(str::to_owned), provider, dropped, dropped_to, bodies_dropped }
}

/// The memory that an entry takes besides its bodies, in bytes.
fn head_bytes(entry: &JournalEntry) -> usize {
    let diagnostics = entry.diagnostics.as_ref().map_or(0, |diagnostics| diagnostics.bytes());
    size_of::<JournalEntry>() + TABLES + entry.heads.bytes() + diagnostics
}
