//! What is kept for one key.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};

use super::rows::{CachedResponse, ResponseCache, RowCache};
use super::{ENTRY, lock};
use crate::clock::Micros;
use crate::provider::{Page, Provider, Row};
use crate::store::{AssetQuery, Direction, Key, ListError, Read, Selection, Start, VersionGuard, View};

/// How many listings are kept for one key, and how many prefixes of large ones: more than a client has filters.
const LISTINGS: usize = 128;

/// How many assets of a large listing are its prefix: pages in it do without the rest, which takes longer to read.
const PREFIX: u64 = 1000;

/// A key, and what is kept of its workspace as its provider shows it.
#[derive(Debug)]
pub struct KeyCache {
    /// The key.
    pub key: Key,
    pub(super) guard: VersionGuard,
    view: View,
    /// Whether a request has used it since the last time that room was made.
    pub(super) used: AtomicBool,
    listings: Listings,
    /// Of large listings, used until the whole is read.
    prefixes: Listings,
    rows: Mutex<RowCache>,
    responses: Mutex<ResponseCache>,
    /// What this entry takes, and what all of them do.
    bytes: AtomicUsize,
    all_bytes: Arc<AtomicUsize>,
}

type Listings = Mutex<HashMap<Selection, Arc<ListingIndex>>>;

/// The assets of a selection, in its order, or the first of them.
#[derive(Debug)]
struct ListingIndex {
    row_ids: Box<[i64]>,
    /// How many there are in all, if that can be told.
    total: u64,
    /// When the assets were created; read once somebody asks for what follows an instant.
    instants: OnceLock<Box<[Micros]>>,
}

impl ListingIndex {
    fn new(row_ids: Box<[i64]>, total: u64) -> Arc<ListingIndex> {
        Arc::new(ListingIndex { row_ids, total, instants: OnceLock::new() })
    }

    /// With the instants, whether or not they were read.
    fn bytes(&self) -> usize {
        2 * size_of_val(&*self.row_ids) + size_of::<Selection>() + 4 * ENTRY
    }

    /// The numbers on a page that begins at this index.
    fn slice(&self, start: usize, limit: u32) -> &[i64] {
        let end = start.saturating_add(limit as usize).min(self.row_ids.len());
        self.row_ids.get(start..end).unwrap_or_default()
    }

    fn page(&self, start: usize, rows: Vec<Arc<Row>>, query: &AssetQuery) -> Page {
        let more = start.saturating_add(query.limit as usize) < self.row_ids.len();
        let overlaps = query.overlap && query.start != Start::Offset(0);
        let total = if query.counted { self.total + u64::from(overlaps) } else { 0 };
        Page { rows, hidden: false, more, total }
    }
}

impl KeyCache {
    pub(super) fn new(provider: &'static str, key: Key, guard: VersionGuard, all_bytes: Arc<AtomicUsize>) -> KeyCache {
        let entry = KeyCache {
            bytes: AtomicUsize::new(0),
            all_bytes,
            guard,
            view: View { provider, edition: key.edition },
            used: AtomicBool::new(true),
            listings: Mutex::default(),
            prefixes: Mutex::default(),
            rows: Mutex::default(),
            responses: Mutex::default(),
            key,
        };
        entry.grow(size_of::<KeyCache>() + ENTRY + 8 * entry.key.key.len());
        entry
    }

    /// The response that this query string got.
    pub fn response(&self, query: &str) -> Option<Arc<CachedResponse>> {
        lock(&self.responses).get(query)
    }

    /// Keeps a response for the next request with this query string, if this is not the first.
    pub fn keep(&self, query: &str, response: Arc<CachedResponse>) {
        let mut responses = lock(&self.responses);
        let before = responses.bytes;
        responses.insert(query, response);
        self.resize(before, responses.bytes);
    }

    /// The page that `query` asks for, if all of it is kept.
    pub(super) fn cached_page(&self, query: &AssetQuery) -> Option<Page> {
        let index = self.cached_index(query)?;
        let mut search = Search::of(&index, query)?;
        while let Some(middle) = search.middle() {
            search.narrow(middle, &lock(&self.rows).get(index.row_ids[middle])?.id);
        }
        let rows = self.cached_rows(index.slice(search.start, query.limit))?;
        Some(index.page(search.start, rows, query))
    }

    /// The page that `query` asks for. What is not kept is read, in the state of the library that the key was read in.
    pub(super) async fn read_page(
        &self,
        read: &mut Read,
        provider: &dyn Provider,
        query: &AssetQuery,
    ) -> Result<Page, ListError> {
        let index = match self.cached_index(query) {
            Some(index) => index,
            None => self.read_index(read, query).await?,
        };
        let mut search = match Search::of(&index, query) {
            Some(search) => search,
            None => {
                let instants = read.instants(self.view, &query.selection).await?;
                Search::among(index.instants.get_or_init(|| instants), query)
            }
        };
        while let Some(middle) = search.middle() {
            let row = self.read_rows(read, provider, &index.row_ids[middle..=middle]).await?.remove(0);
            search.narrow(middle, &row.id);
        }
        let rows = self.read_rows(read, provider, index.slice(search.start, query.limit)).await?;
        Ok(index.page(search.start, rows, query))
    }

    /// Whether a page needs a large listing as a whole, which is not kept.
    pub(super) fn reads_much(&self, query: &AssetQuery) -> bool {
        self.key.edition.tallied && !self.is_near(query) && self.cached_index(query).is_none()
    }

    /// The index of the listing that `query` asks for, as far as it needs it.
    fn cached_index(&self, query: &AssetQuery) -> Option<Arc<ListingIndex>> {
        let whole = lock(&self.listings).get(&query.selection).cloned();
        whole.or_else(|| self.is_near(query).then(|| lock(&self.prefixes).get(&query.selection).cloned())?)
    }

    async fn read_index(&self, read: &mut Read, query: &AssetQuery) -> Result<Arc<ListingIndex>, ListError> {
        let selection = &query.selection;
        if !self.is_near(query) {
            let row_ids = read.numbers(self.view, selection).await?;
            let total = row_ids.len() as u64;
            return Ok(self.keep_index(&self.listings, selection, ListingIndex::new(row_ids, total)));
        }
        // Many ask for no more than the first page, and what follows it may lie far behind.
        let is_first = query.start == Start::Offset(0);
        let length = if is_first { u64::from(query.limit) } else { PREFIX };
        // One more says whether any follow.
        let (row_ids, total) = read.beginning(self.view, selection, length + 1, selection.is_tallied()).await?;
        let follows = row_ids.len() as u64 > length;
        let index = ListingIndex::new(row_ids, total);
        // Some clients go on until a page is empty, so a first page that is known to be all is kept.
        Ok(if is_first && follows { index } else { self.keep_index(&self.prefixes, selection, index) })
    }

    /// Whether the page lies in the prefix of a large listing whose total is known without the rest.
    fn is_near(&self, query: &AssetQuery) -> bool {
        let Start::Offset(offset) = query.start else { return false };
        let total_is_known = !query.counted || query.selection.is_tallied();
        let is_near = offset.saturating_add(u64::from(query.limit)) <= PREFIX;
        self.key.edition.tallied && total_is_known && !query.overlap && is_near
    }

    fn keep_index(&self, among: &Listings, selection: &Selection, index: Arc<ListingIndex>) -> Arc<ListingIndex> {
        let mut listings = lock(among);
        if listings.len() == LISTINGS {
            self.shrink(listings.values().map(|index| index.bytes()).sum());
            listings.clear();
        }
        self.grow(index.bytes());
        if let Some(before) = listings.insert(selection.clone(), index.clone()) {
            self.shrink(before.bytes());
        }
        index
    }

    /// The rows of these numbers, in this order, if all of them are kept.
    fn cached_rows(&self, numbers: &[i64]) -> Option<Vec<Arc<Row>>> {
        let rows = lock(&self.rows);
        numbers.iter().map(|number| rows.get(*number)).collect()
    }

    /// The rows of these numbers, in this order.
    async fn read_rows(
        &self,
        read: &mut Read,
        provider: &dyn Provider,
        numbers: &[i64],
    ) -> Result<Vec<Arc<Row>>, ListError> {
        if let Some(rows) = self.cached_rows(numbers) {
            return Ok(rows);
        }
        let mut rows: HashMap<i64, Arc<Row>> = {
            let kept = lock(&self.rows);
            numbers.iter().filter_map(|number| Some((*number, kept.get(*number)?))).collect()
        };
        let missing: Vec<_> = numbers.iter().copied().filter(|number| !rows.contains_key(number)).collect();
        let assets = read.assets_numbered(self.view, &missing).await?;
        let mut kept = lock(&self.rows);
        let before = kept.bytes;
        for asset in &assets {
            let row = Arc::new(Row::of(asset, provider, &self.key.workspace));
            kept.insert(asset.seq, row.clone());
            rows.insert(asset.seq, row);
        }
        self.resize(before, kept.bytes);
        Ok(numbers.iter().filter_map(|number| rows.get(number).cloned()).collect())
    }

    /// Drops rows and responses.
    pub(super) fn evict(&self) {
        let rows = std::mem::take(&mut *lock(&self.rows));
        let responses = std::mem::take(&mut *lock(&self.responses));
        self.shrink(rows.bytes + responses.bytes);
    }

    fn resize(&self, before: usize, after: usize) {
        self.shrink(before.saturating_sub(after));
        self.grow(after.saturating_sub(before));
    }

    fn grow(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Relaxed);
        self.all_bytes.fetch_add(bytes, Relaxed);
    }

    fn shrink(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Relaxed);
        self.all_bytes.fetch_sub(bytes, Relaxed);
    }
}

impl Drop for KeyCache {
    fn drop(&mut self) {
        self.all_bytes.fetch_sub(*self.bytes.get_mut(), Relaxed);
    }
}

/// The search for the index at which a page begins. Instants narrow it to the assets of one instant, whose ids decide.
struct Search<'q> {
    start: usize,
    end: usize,
    query: &'q AssetQuery,
}

impl<'q> Search<'q> {
    /// None if the search needs instants that were not read yet.
    fn of(index: &ListingIndex, query: &'q AssetQuery) -> Option<Search<'q>> {
        match &query.start {
            Start::Offset(offset) => {
                let offset = usize::try_from(*offset).unwrap_or(usize::MAX);
                let start = if query.overlap { offset.saturating_sub(1) } else { offset };
                Some(Search { start, end: start, query })
            }
            Start::After { .. } => Some(Search::among(index.instants.get()?, query)),
        }
    }

    fn among(instants: &[Micros], query: &'q AssetQuery) -> Search<'q> {
        let Start::After { created_at, .. } = &query.start else { return Search { start: 0, end: 0, query } };
        let descending = query.selection.order.direction == Direction::Descending;
        let before = |at: &Micros| if descending { at > created_at } else { at < created_at };
        let start = instants.partition_point(before);
        Search { start, end: instants.partition_point(|at| before(at) || at == created_at), query }
    }

    /// The index of the asset whose id decides next; none if the search is over.
    fn middle(&self) -> Option<usize> {
        (self.start < self.end).then(|| usize::midpoint(self.start, self.end))
    }

    fn narrow(&mut self, middle: usize, found: &str) {
        let Start::After { id, .. } = &self.query.start else { return };
        let descending = self.query.selection.order.direction == Direction::Descending;
        let order = if descending { id.as_str().cmp(found) } else { found.cmp(id) };
        if order.is_lt() || (order.is_eq() && !self.query.overlap) {
            self.start = middle + 1;
        } else {
            self.end = middle;
        }
    }
}
