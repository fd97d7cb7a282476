//! The cache entry of one key: its listings and responses.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contract::asset_list::AssetList;
use crate::contract::page::{Page, Row};
use crate::contract::provider::Card;
use crate::contract::variant::Variants;
use crate::emulator::explain::{Cursors, JudgedPosition, OfferedPosition};
use crate::emulator::warning::Warning;
use crate::http::reply::RenderedPage;
use crate::library::key::Key;
use crate::library::selection::{AssetQuery, Direction, Selection, Start};
use crate::library::store::{ListError, Read, VersionGuard, View};

/// The approximate cost of a hash table entry in addition to its key and value, in bytes.
const ENTRY: usize = 64;

/// The most listings in one entry: more than a client has filters. When it is full, all of them are evicted.
const MAX_LISTINGS: usize = 128;

/// The most responses in one entry: more than a client has different requests. When full, all are evicted.
const MAX_RESPONSES: usize = 256;

/// How many row ids of a large listing are read at first. Pages within them do not need the rest.
const PREFIX: u64 = 1000;

/// A key, and the cached listings and responses of its provider for its workspace. All of it is from one version of the
/// workspace, the one that `guard` checks.
#[derive(Debug)]
pub struct KeyCache {
    /// The provider that the key belongs to.
    pub(super) card: &'static Card,
    /// The key.
    pub key: Key,
    /// The variants of the provider's behaviour for this key.
    pub variants: Variants,
    /// Locked while something that is not cached is read for this key, so that concurrent requests read it once. A new
    /// entry for the key takes over the lock of the old one.
    pub turn: Arc<tokio::sync::Mutex<()>>,
    pub(super) guard: VersionGuard,
    pub(super) view: View,
    pub(super) kept: Mutex<Kept>,
    /// The size of all entries, in bytes: grows with each addition, and is corrected when entries are evicted.
    pub(super) all_bytes: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
pub(super) struct Kept {
    listings: HashMap<Selection, Arc<Listing>>,
    /// Responses by the origin of the URLs in them, which is empty if they have none of ours, and by query string.
    responses: HashMap<Box<str>, HashMap<Box<str>, Arc<CachedResponse>>>,
}

/// The row ids of the assets of a selection, in its order: all of them, or the first [`PREFIX`] + 1.
#[derive(Debug)]
struct Listing {
    row_ids: Box<[i64]>,
    is_whole: bool,
    /// The number of assets in the whole listing. Not set if only the first part was read and the store has no count
    /// for the selection.
    total: u64,
}

/// A rendered page with its warnings, without the parts that differ in every response, such as the request id.
#[derive(Debug)]
pub struct CachedResponse {
    /// The page as the provider rendered it.
    pub rendered: RenderedPage,
    /// What in the request was probably a mistake.
    pub warnings: Box<[Warning]>,
    /// The requested position, if a warning depends on whether it was offered before.
    pub position: Option<JudgedPosition>,
    /// The positions of further pages that the response offers.
    pub offered: Box<[OfferedPosition]>,
}

impl CachedResponse {
    /// Whether the response can be sent again: its warnings would be the same now, and the positions that it offers are
    /// still remembered. Otherwise it must be made again, which remembers them.
    pub fn is_valid(&self, cursors: &Cursors) -> bool {
        self.position.is_none_or(|position| cursors.agrees_with(&position))
            && self.offered.iter().all(|offered| cursors.has(offered))
    }
}

impl KeyCache {
    /// The cached response to this query string, with URLs at this origin.
    pub fn response(&self, origin: Option<&str>, query: &str) -> Option<Arc<CachedResponse>> {
        lock(&self.kept).responses.get(origin.unwrap_or_default())?.get(query).cloned()
    }

    /// Caches a response for the next request with this query string and this origin.
    pub fn keep(&self, origin: Option<&str>, query: &str, response: Arc<CachedResponse>) {
        let origin = origin.unwrap_or_default();
        self.all_bytes.fetch_add(response_bytes(query, &response) + origin.len(), Relaxed);
        let responses = &mut lock(&self.kept).responses;
        if responses.values().map(HashMap::len).sum::<usize>() == MAX_RESPONSES {
            responses.clear();
        }
        responses.entry(origin.into()).or_default().insert(query.into(), response);
    }

    /// The approximate size of the entry, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let kept = lock(&self.kept);
        let listings: usize = kept.listings.values().map(|listing| listing_bytes(listing)).sum();
        let origins = kept.responses.iter();
        let of_all = origins.flat_map(|(origin, responses)| responses.iter().map(move |one| (origin.len(), one)));
        let responses: usize = of_all.map(|(origin, (query, response))| response_bytes(query, response) + origin).sum();
        size_of::<KeyCache>() + ENTRY + 8 * self.key.key.len() + listings + responses
    }

    /// The page that `query` asks for. `read` must be the transaction in which the key was read, so that both are of
    /// the same version.
    pub(super) async fn page(
        &self,
        read: &mut Read,
        list: &AssetList,
        query: &AssetQuery,
        origin: Option<&str>,
    ) -> Result<Page, ListError> {
        let listing = match self.cached_listing(query) {
            Some(cached) => cached,
            None => self.read_listing(read, query).await?,
        };
        let row_ids = &listing.row_ids;
        let start = self.start(read, row_ids, query).await?;
        let end = start.saturating_add(query.limit as usize).min(row_ids.len());
        let rows = self.rows(read, list, row_ids.get(start..end).unwrap_or_default(), origin).await?;
        let overlaps = query.overlap && query.start != Start::Offset(0);
        let total = if query.counted { listing.total + u64::from(overlaps) } else { 0 };
        Ok(Page { rows, hidden: false, more: end < row_ids.len(), total })
    }

    /// The cached listing, if it reaches far enough for the page that `query` asks for.
    fn cached_listing(&self, query: &AssetQuery) -> Option<Arc<Listing>> {
        let cached = lock(&self.kept).listings.get(&query.selection).cloned();
        cached.filter(|listing| listing.is_whole || self.is_near(query))
    }

    /// Reads the listing, or for a page near the beginning of a large one only its beginning, and caches it.
    async fn read_listing(&self, read: &mut Read, query: &AssetQuery) -> Result<Arc<Listing>, ListError> {
        let selection = &query.selection;
        let listing = if self.is_near(query) {
            // One more row id than needed tells whether another page follows.
            let (row_ids, total) = read.beginning(self.view, selection, PREFIX + 1, selection.is_tallied()).await?;
            Listing { row_ids, total, is_whole: false }
        } else {
            let row_ids = read.numbers(self.view, selection).await?;
            Listing { total: row_ids.len() as u64, row_ids, is_whole: true }
        };
        let listing = Arc::new(listing);
        self.all_bytes.fetch_add(listing_bytes(&listing), Relaxed);
        let listings = &mut lock(&self.kept).listings;
        if listings.len() == MAX_LISTINGS {
            listings.clear();
        }
        listings.insert(selection.clone(), listing.clone());
        Ok(listing)
    }

    /// The index at which the page begins.
    async fn start(&self, read: &mut Read, row_ids: &[i64], query: &AssetQuery) -> Result<usize, ListError> {
        let (created_at, id) = match &query.start {
            Start::Offset(offset) => {
                let offset = usize::try_from(*offset).unwrap_or(usize::MAX);
                return Ok(if query.overlap { offset.saturating_sub(1) } else { offset });
            }
            Start::After { created_at, id } => (created_at, id),
        };
        let descending = query.selection.order.direction == Direction::Descending;
        // A binary search. The listing has only row ids, so each step reads one asset for its creation time and id.
        let (mut least, mut most) = (0, row_ids.len());
        while least < most {
            let middle = usize::midpoint(least, most);
            let assets = read.assets_by_row_id(self.view, &row_ids[middle..=middle]).await?;
            let is_before = assets.first().is_some_and(|asset| {
                let order = (asset.asset.created_at.0, &asset.id).cmp(&(*created_at, id));
                let order = if descending { order.reverse() } else { order };
                order.is_lt() || (order.is_eq() && !query.overlap)
            });
            if is_before { least = middle + 1 } else { most = middle }
        }
        Ok(least)
    }

    /// Reads and renders the assets with these row ids, in this order.
    async fn rows(
        &self,
        read: &mut Read,
        list: &AssetList,
        row_ids: &[i64],
        origin: Option<&str>,
    ) -> Result<Vec<Arc<Row>>, ListError> {
        let assets = read.assets_by_row_id(self.view, row_ids).await?;
        let workspace = &self.key.workspace;
        let row = |asset| Arc::new(list.row(asset, self.view.provider, workspace, self.variants, origin));
        let mut found: HashMap<_, _> = assets.iter().map(|asset| (asset.seq, row(asset))).collect();
        Ok(row_ids.iter().filter_map(|row_id| found.remove(row_id)).collect())
    }

    /// Whether the page may have to scan a large collection: it needs a whole listing that is not cached, or the first
    /// matches of a filter that may match few assets.
    pub(super) fn reads_much(&self, query: &AssetQuery) -> bool {
        let is_long = self.key.collection_version.tallied && !(self.is_near(query) && query.selection.is_tallied());
        is_long && !(self.guard.is_current() && self.cached_listing(query).is_some())
    }

    /// Whether the page lies within the first [`PREFIX`] assets of a large collection's listing, and needs no total or
    /// one that is known without reading the rest.
    fn is_near(&self, query: &AssetQuery) -> bool {
        let Start::Offset(offset) = query.start else { return false };
        let total_is_known = !query.counted || query.selection.is_tallied();
        let is_near = offset.saturating_add(u64::from(query.limit)) <= PREFIX;
        self.key.collection_version.tallied && total_is_known && !query.overlap && is_near
    }
}

fn listing_bytes(listing: &Listing) -> usize {
    size_of_val(&*listing.row_ids) + size_of::<Selection>() + ENTRY
}

fn response_bytes(query: &str, response: &CachedResponse) -> usize {
    response.rendered.body.len() + size_of::<CachedResponse>() + query.len() + ENTRY
}

/// Locks a table even if another thread panicked while it held the lock: an entry that this left out is read again.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
