//! Remembers which page positions were offered with which filters, to find cursors that are sent with other filters.
//! Only hashes are stored, in memory, for a bounded number of positions; the oldest are evicted.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::page_facts::PageFacts;
use crate::contract::asset_list::Position;
use crate::library::selection::Start;

/// The most positions that are remembered.
const MAX_POSITIONS: usize = 4_096;

/// The most sets of filters for each position. A position with this many is treated as offered with every set.
const MAX_FILTERS: usize = 16;

/// The positions that responses offered, with their filters.
#[derive(Debug, Default)]
pub struct Cursors(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// The hashes of the filters, by the hash of the position.
    filters: HashMap<u64, Vec<u64>>,
    /// The hashes of the positions, oldest first.
    oldest: VecDeque<u64>,
}

/// The position of a page, as a client sends it.
#[derive(Hash)]
pub(super) enum Place<'a> {
    Cursor(&'a str),
    Offset(u64),
}

/// A position that a response offers, and its filters; both as hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferedPosition {
    place: u64,
    filters: u64,
}

/// A requested position, and what was known about it at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgedPosition {
    place: u64,
    filters: u64,
    pub(super) known: KnownFilters,
}

/// What is known about a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownFilters {
    /// It was never offered, or has been evicted.
    Nothing,
    /// It was offered with these filters.
    SameFilters,
    /// It was offered only with other filters.
    OtherFilters,
}

impl Cursors {
    /// Remembers the positions that a response offers, and returns them: its next cursor; or, on the last page of a
    /// listing by offset, the offsets after it, because a client that walks until a page is empty asks for one of them.
    pub fn remember(&self, facts: &PageFacts, next: Option<&str>) -> Box<[OfferedPosition]> {
        let page = facts.page;
        let offered: Vec<_> = match (facts.card.paging().by, &facts.plan.start) {
            (Position::OffsetCursor | Position::Keyset, _) => next.into_iter().map(Place::Cursor).collect(),
            (Position::Offset, Start::Offset(start)) if !page.more && !page.rows.is_empty() => {
                let steps = [page.rows.len() as u64, u64::from(facts.plan.limit)];
                steps.map(|step| Place::Offset(start.saturating_add(step))).into()
            }
            (Position::Offset | Position::Page, _) => Vec::new(),
        };
        let filters = filters_of(facts);
        let offered = offered.iter().map(|place| OfferedPosition { place: place_of(facts, place), filters });
        offered.inspect(|offered| self.offer(*offered)).collect()
    }

    fn offer(&self, OfferedPosition { place, filters }: OfferedPosition) {
        let mut memory = self.lock();
        if !memory.filters.contains_key(&place) {
            memory.make_room();
            memory.oldest.push_back(place);
        }
        let known = memory.filters.entry(place).or_default();
        if known.len() < MAX_FILTERS && !known.contains(&filters) {
            known.push(filters);
        }
    }

    /// Looks up a requested position.
    pub(super) fn judge(&self, facts: &PageFacts, place: &Place) -> JudgedPosition {
        let (place, filters) = (place_of(facts, place), filters_of(facts));
        JudgedPosition { place, filters, known: self.known_filters(place, filters) }
    }

    /// Whether an offered position is still remembered.
    pub fn has(&self, offered: &OfferedPosition) -> bool {
        self.known_filters(offered.place, offered.filters) == KnownFilters::SameFilters
    }

    /// Whether looking up the position again gives the same result.
    pub fn agrees_with(&self, position: &JudgedPosition) -> bool {
        self.known_filters(position.place, position.filters) == position.known
    }

    fn known_filters(&self, place: u64, filters: u64) -> KnownFilters {
        match self.lock().filters.get(&place) {
            None => KnownFilters::Nothing,
            Some(known) if known.contains(&filters) || known.len() == MAX_FILTERS => KnownFilters::SameFilters,
            Some(_) => KnownFilters::OtherFilters,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn make_room(&mut self) {
        while self.oldest.len() >= MAX_POSITIONS {
            if let Some(oldest) = self.oldest.pop_front() {
                self.filters.remove(&oldest);
            }
        }
    }
}

fn place_of(facts: &PageFacts, place: &Place) -> u64 {
    hash(&(facts.card.name, &facts.key.workspace, place))
}

/// A hash of the filters and the order, without the page size. Made from the parsed query, so a missing parameter is
/// the same as its default value.
fn filters_of(facts: &PageFacts) -> u64 {
    hash(&facts.plan.selection)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
