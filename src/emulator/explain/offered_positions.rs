//! Which positions were offered under which filters, so that a cursor sent with other filters can be told. Only hashes
//! are kept, of a bounded number of positions; the oldest are forgotten. Kept in memory for each process.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::page_facts::PageFacts;
use crate::contract::asset_list::Position;
use crate::library::selection::Start;

/// Positions remembered at most.
const PLACES: usize = 4_096;

/// Sets of filters remembered for each; a position offered under more is as good as any.
const FILTERS: usize = 16;

/// A memory of positions offered.
#[derive(Debug, Default)]
pub struct Cursors(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    filters: HashMap<u64, Vec<u64>>,
    oldest: VecDeque<u64>,
}

/// Where a page begins, as a client asks for it.
#[derive(Hash)]
pub(super) enum Place<'a> {
    Cursor(&'a str),
    Offset(u64),
}

/// A position that an answer offers, under which filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferedPosition {
    place: u64,
    filters: u64,
}

/// A position that was asked for, and what was remembered of it then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgedPosition {
    place: u64,
    filters: u64,
    pub(super) known: KnownFilters,
}

/// What is remembered of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownFilters {
    /// Nothing: it was never offered, or long ago.
    Nothing,
    /// It was offered under these filters.
    SameFilters,
    /// It was offered under others only.
    OtherFilters,
}

impl Cursors {
    /// Remembers what an answer offers, and says what that is: its next cursor, or the offsets at which a walk by offset ends,
    /// since it must ask for one of them to know that it has.
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
        if known.len() < FILTERS && !known.contains(&filters) {
            known.push(filters);
        }
    }

    /// What is remembered of a position that is asked for.
    pub(super) fn judge(&self, facts: &PageFacts, place: &Place) -> JudgedPosition {
        let (place, filters) = (place_of(facts, place), filters_of(facts));
        JudgedPosition { place, filters, known: self.known_filters(place, filters) }
    }

    /// Whether an offer is still remembered.
    pub fn has(&self, offered: &OfferedPosition) -> bool {
        self.known_filters(offered.place, offered.filters) == KnownFilters::SameFilters
    }

    /// Whether the same is remembered of a position as before.
    pub fn agrees_with(&self, position: &JudgedPosition) -> bool {
        self.known_filters(position.place, position.filters) == position.known
    }

    fn known_filters(&self, place: u64, filters: u64) -> KnownFilters {
        match self.lock().filters.get(&place) {
            None => KnownFilters::Nothing,
            Some(known) if known.contains(&filters) || known.len() == FILTERS => KnownFilters::SameFilters,
            Some(_) => KnownFilters::OtherFilters,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn make_room(&mut self) {
        while self.oldest.len() >= PLACES {
            if let Some(oldest) = self.oldest.pop_front() {
                self.filters.remove(&oldest);
            }
        }
    }
}

fn place_of(facts: &PageFacts, place: &Place) -> u64 {
    hash(&(facts.card.name, &facts.key.workspace, place))
}

/// What is listed and in which order, whatever the size of the page. Taken from what the provider understood: leaving
/// out a parameter is the same as giving its default.
fn filters_of(facts: &PageFacts) -> u64 {
    hash(&facts.plan.selection)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
