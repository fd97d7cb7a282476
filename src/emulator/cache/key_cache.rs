//! What is kept for one key.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contract::asset_list::AssetList;
use crate::contract::page::{Page, Row};
use crate::contract::provider::Card;
use crate::contract::variant::Variants;
use crate::emulator::explain::{Cursors, JudgedPosition, OfferedPosition, Warning};
use crate::http::reply::RenderedPage;
use crate::library::key::Key;
use crate::library::selection::{AssetQuery, Direction, Selection, Start};
use crate::library::store::{ListError, Read, VersionGuard, View};

/// What an entry of a table costs besides its content, about.
const ENTRY: usize = 64;

/// How many listings are kept for one key: more than a client has filters.
const LISTINGS: usize = 128;

/// How many responses are kept for one key: more than a client has different requests.
const RESPONSES: usize = 256;

/// How many assets of a large listing are its beginning: pages in it do without the rest, which takes longer to read.
const PREFIX: u64 = 1000;

/// A key, and what is kept of its workspace as its provider shows it.
#[derive(Debug)]
pub struct KeyCache {
    /// The provider whose key it is.
    pub(super) card: &'static Card,
    /// The key.
    pub key: Key,
    /// How the provider behaves for it.
    pub variants: Variants,
    /// Held while something of this key is read that was not kept, now or in the entries that follow this one.
    pub turn: Arc<tokio::sync::Mutex<()>>,
    pub(super) guard: VersionGuard,
    pub(super) view: View,
    pub(super) kept: Mutex<Kept>,
    /// What all keys have kept since room was last made, in bytes.
    pub(super) all_bytes: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
pub(super) struct Kept {
    listings: HashMap<Selection, Arc<Listing>>,
    /// Whole pages, by query string.
    responses: HashMap<Box<str>, Arc<CachedResponse>>,
}

/// The assets of a selection, in its order, or the first of them.
#[derive(Debug)]
struct Listing {
    numbers: Box<[i64]>,
    is_whole: bool,
    /// How many there are in all, if that can be told.
    total: u64,
}

/// A page as it was answered, but for what every answer has of its own.
#[derive(Debug)]
pub struct CachedResponse {
    /// What the provider made of the page.
    pub rendered: RenderedPage,
    /// What was probably not meant.
    pub warnings: Box<[Warning]>,
    /// The position that was asked for, if a warning depends on whether it was offered before.
    pub position: Option<JudgedPosition>,
    /// The positions that the page offers.
    pub offered: Box<[OfferedPosition]>,
}

impl CachedResponse {
    /// Whether the warnings would be the same now, and what the page offers is still remembered. (The page is made again
    /// otherwise, which remembers it.)
    pub fn is_valid(&self, cursors: &Cursors) -> bool {
        self.position.is_none_or(|position| cursors.agrees_with(&position))
            && self.offered.iter().all(|offered| cursors.has(offered))
    }
}

impl KeyCache {
    /// The response that this query string got.
    pub fn response(&self, query: &str) -> Option<Arc<CachedResponse>> {
        lock(&self.kept).responses.get(query).cloned()
    }

    /// Keeps a response for the next request with this query string.
    pub fn keep(&self, query: &str, response: Arc<CachedResponse>) {
        self.all_bytes.fetch_add(response_bytes(query, &response), Relaxed);
        let responses = &mut lock(&self.kept).responses;
        if responses.len() == RESPONSES {
            responses.clear();
        }
        responses.insert(query.into(), response);
    }

    /// The memory that the entry takes.
    pub(super) fn bytes(&self) -> usize {
        let kept = lock(&self.kept);
        let listings: usize = kept.listings.values().map(|listing| listing_bytes(listing)).sum();
        let responses: usize = kept.responses.iter().map(|(query, response)| response_bytes(query, response)).sum();
        size_of::<KeyCache>() + ENTRY + 8 * self.key.key.len() + listings + responses
    }

    /// The page that `query` asks for, read in the state of the library in which the key was read.
    pub(super) async fn page(&self, read: &mut Read, list: &AssetList, query: &AssetQuery) -> Result<Page, ListError> {
        let listing = match self.kept_listing(query) {
            Some(kept) => kept,
            None => self.read_listing(read, query).await?,
        };
        let numbers = &listing.numbers;
        let start = self.start(read, numbers, query).await?;
        let end = start.saturating_add(query.limit as usize).min(numbers.len());
        let rows = self.rows(read, list, numbers.get(start..end).unwrap_or_default()).await?;
        let overlaps = query.overlap && query.start != Start::Offset(0);
        let total = if query.counted { listing.total + u64::from(overlaps) } else { 0 };
        Ok(Page { rows, hidden: false, more: end < numbers.len(), total })
    }

    /// The listing that `query` asks for, as far as it needs it.
    fn kept_listing(&self, query: &AssetQuery) -> Option<Arc<Listing>> {
        let kept = lock(&self.kept).listings.get(&query.selection).cloned();
        kept.filter(|listing| listing.is_whole || self.is_near(query))
    }

    async fn read_listing(&self, read: &mut Read, query: &AssetQuery) -> Result<Arc<Listing>, ListError> {
        let selection = &query.selection;
        let listing = if self.is_near(query) {
            // One more says whether any follow.
            let (numbers, total) = read.beginning(self.view, selection, PREFIX + 1, selection.is_tallied()).await?;
            Listing { numbers, total, is_whole: false }
        } else {
            let numbers = read.numbers(self.view, selection).await?;
            Listing { total: numbers.len() as u64, numbers, is_whole: true }
        };
        let listing = Arc::new(listing);
        self.all_bytes.fetch_add(listing_bytes(&listing), Relaxed);
        let listings = &mut lock(&self.kept).listings;
        if listings.len() == LISTINGS {
            listings.clear();
        }
        listings.insert(selection.clone(), listing.clone());
        Ok(listing)
    }

    /// The index at which the page begins.
    async fn start(&self, read: &mut Read, numbers: &[i64], query: &AssetQuery) -> Result<usize, ListError> {
        let (created_at, id) = match &query.start {
            Start::Offset(offset) => {
                let offset = usize::try_from(*offset).unwrap_or(usize::MAX);
                return Ok(if query.overlap { offset.saturating_sub(1) } else { offset });
            }
            Start::After { created_at, id } => (created_at, id),
        };
        let descending = query.selection.order.direction == Direction::Descending;
        let (mut least, mut most) = (0, numbers.len());
        while least < most {
            let middle = usize::midpoint(least, most);
            let assets = read.assets_by_row_id(self.view, &numbers[middle..=middle]).await?;
            let is_before = assets.first().is_some_and(|asset| {
                let order = (asset.asset.created_at.0, &asset.id).cmp(&(*created_at, id));
                let order = if descending { order.reverse() } else { order };
                order.is_lt() || (order.is_eq() && !query.overlap)
            });
            if is_before { least = middle + 1 } else { most = middle }
        }
        Ok(least)
    }

    /// The rows of these numbers, in this order.
    async fn rows(&self, read: &mut Read, list: &AssetList, numbers: &[i64]) -> Result<Vec<Arc<Row>>, ListError> {
        let assets = read.assets_by_row_id(self.view, numbers).await?;
        let row = |asset| Arc::new(list.row(asset, self.view.provider, &self.key.workspace, self.variants));
        let mut found: HashMap<_, _> = assets.iter().map(|asset| (asset.seq, row(asset))).collect();
        Ok(numbers.iter().filter_map(|number| found.remove(number)).collect())
    }

    /// Whether a page may have to look at all of a large collection: it needs a listing as a whole that is not kept, or the
    /// first assets that match a filter of which there may be few.
    pub(super) fn reads_much(&self, query: &AssetQuery) -> bool {
        let is_long = self.key.collection_version.tallied && !(self.is_near(query) && query.selection.is_tallied());
        is_long && !(self.guard.is_current() && self.kept_listing(query).is_some())
    }

    /// Whether the page lies in the beginning of a large listing whose total is known without the rest.
    fn is_near(&self, query: &AssetQuery) -> bool {
        let Start::Offset(offset) = query.start else { return false };
        let total_is_known = !query.counted || query.selection.is_tallied();
        let is_near = offset.saturating_add(u64::from(query.limit)) <= PREFIX;
        self.key.collection_version.tallied && total_is_known && !query.overlap && is_near
    }
}

fn listing_bytes(listing: &Listing) -> usize {
    size_of_val(&*listing.numbers) + size_of::<Selection>() + ENTRY
}

fn response_bytes(query: &str, response: &CachedResponse) -> usize {
    response.rendered.body.len() + size_of::<CachedResponse>() + query.len() + ENTRY
}

/// Locks a table, even if a thread panicked while it held the lock: whatever is missing from it is read again.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
