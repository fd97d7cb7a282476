//! What is kept for one key.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::clock::Micros;
use crate::contract::asset_list::AssetList;
use crate::contract::page::{Page, Row};
use crate::contract::provider::Card;
use crate::contract::variant::Variants;
use crate::emulator::explain::{Cursors, JudgedPosition, OfferedPosition, Warning};
use crate::http::reply::RenderedPage;
use crate::library::key::Key;
use crate::library::seen_before::SeenBefore;
use crate::library::selection::{AssetQuery, Direction, Selection, Start};
use crate::library::store::{ListError, Read, VersionGuard, View};

/// The longest text that is kept, and the longest query string that a response is kept for, in bytes.
pub(super) const LONGEST: usize = 1024;

/// What an entry of a table costs besides its content, about.
const ENTRY: usize = 64;

/// How many listings are kept for one key: more than a client has filters.
const LISTINGS: usize = 128;

/// How many assets of a large listing are its prefix: pages in it do without the rest, which takes longer to read.
const PREFIX: u64 = 1000;

/// How much is kept of responses for one key, in bytes: some of the longest there are.
const RESPONSES: usize = 256 << 10;

/// A key, and what is kept of its workspace as its provider shows it.
#[derive(Debug)]
pub struct KeyCache {
    /// The provider whose key it is.
    pub(super) card: &'static Card,
    /// The key.
    pub key: Key,
    /// How the provider behaves for it.
    pub variants: Variants,
    pub(super) guard: VersionGuard,
    /// Held while something of this key is read that was not kept, now or in the entries that follow this one.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
    view: View,
    /// Whether a request has used it since the last time that room was made.
    pub(super) used: AtomicBool,
    listings: Mutex<HashMap<Selection, Arc<ListingIndex>>>,
    /// Assets as the provider writes them, by number.
    rows: Mutex<HashMap<i64, Arc<Row>>>,
    responses: Mutex<Responses>,
    /// What this entry takes, and what all of them do.
    bytes: AtomicUsize,
    all_bytes: Arc<AtomicUsize>,
}

/// The assets of a selection, in its order, or the first of them.
#[derive(Debug)]
struct ListingIndex {
    row_ids: Box<[i64]>,
    is_whole: bool,
    /// How many there are in all, if that can be told.
    total: u64,
    /// When the assets were created; read once somebody asks for what follows an instant.
    instants: OnceLock<Box<[Micros]>>,
}

impl ListingIndex {
    /// With the instants, whether or not they were read.
    fn bytes(&self) -> usize {
        2 * size_of_val(&*self.row_ids) + size_of::<Selection>() + 4 * ENTRY
    }
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

/// Responses by query string.
#[derive(Debug, Default)]
struct Responses {
    kept: HashMap<Box<str>, Arc<CachedResponse>>,
    /// The query strings that were asked lately.
    seen: SeenBefore,
}

impl CachedResponse {
    /// Whether the warnings would be the same now, and what the page offers is still remembered. (The page is made again
    /// otherwise, which remembers it.)
    pub fn is_valid(&self, cursors: &Cursors) -> bool {
        self.position.is_none_or(|position| cursors.agrees_with(&position))
            && self.offered.iter().all(|offered| cursors.has(offered))
    }

    fn bytes(&self) -> usize {
        self.rendered.body.len() + size_of::<CachedResponse>() + ENTRY
    }
}

impl KeyCache {
    pub(super) fn new(
        card: &'static Card,
        key: Key,
        variants: Variants,
        guard: VersionGuard,
        turn: Arc<tokio::sync::Mutex<()>>,
        all_bytes: Arc<AtomicUsize>,
    ) -> KeyCache {
        let entry = KeyCache {
            bytes: AtomicUsize::new(0),
            all_bytes,
            guard,
            turn,
            view: View { provider: card.name, collection_version: key.collection_version },
            used: AtomicBool::new(true),
            listings: Mutex::default(),
            rows: Mutex::default(),
            responses: Mutex::default(),
            card,
            key,
            variants,
        };
        entry.grow(size_of::<KeyCache>() + ENTRY + 8 * entry.key.key.len());
        entry
    }

    /// The response that this query string got.
    pub fn response(&self, query: &str) -> Option<Arc<CachedResponse>> {
        lock(&self.responses).kept.get(query).cloned()
    }

    /// Keeps a response for the next request with this query string, if this is not the first. All that were kept before go
    /// if there is no room for it.
    pub fn keep(&self, query: &str, response: Arc<CachedResponse>) {
        let Responses { kept: responses, seen } = &mut *lock(&self.responses);
        if !seen.again(query) || query.len() > LONGEST || response.bytes() > RESPONSES {
            return;
        }
        let kept = responses.values().map(|response| response.bytes()).sum();
        if kept + response.bytes() > RESPONSES {
            responses.clear();
            self.shrink(kept);
        }
        self.grow(response.bytes());
        if let Some(before) = responses.insert(query.into(), response) {
            self.shrink(before.bytes());
        }
    }

    /// The page that `query` asks for. What is not kept is read, in the state of the library in which the key was read; with
    /// nothing to read from, that is an error.
    pub(super) async fn page(
        &self,
        mut read: Option<&mut Read>,
        list: &AssetList,
        query: &AssetQuery,
    ) -> Result<Page, ListError> {
        let index = match self.cached_index(query) {
            Some(index) => index,
            None => self.read_index(needed(&mut read)?, query).await?,
        };
        let start = self.start(&mut read, list, &index, query).await?;
        let end = start.saturating_add(query.limit as usize).min(index.row_ids.len());
        let rows = self.rows(&mut read, list, index.row_ids.get(start..end).unwrap_or_default()).await?;
        let overlaps = query.overlap && query.start != Start::Offset(0);
        let total = if query.counted { index.total + u64::from(overlaps) } else { 0 };
        Ok(Page { rows, hidden: false, more: end < index.row_ids.len(), total })
    }

    /// The index at which the page begins.
    async fn start(
        &self,
        read: &mut Option<&mut Read>,
        list: &AssetList,
        index: &ListingIndex,
        query: &AssetQuery,
    ) -> Result<usize, ListError> {
        let (created_at, id) = match &query.start {
            Start::Offset(offset) => {
                let offset = usize::try_from(*offset).unwrap_or(usize::MAX);
                return Ok(if query.overlap { offset.saturating_sub(1) } else { offset });
            }
            Start::After { created_at, id } => (created_at, id),
        };
        let instants = match index.instants.get() {
            Some(instants) => instants,
            None => {
                let instants = needed(read)?.instants(self.view, &query.selection).await?;
                index.instants.get_or_init(|| instants)
            }
        };
        let descending = query.selection.order.direction == Direction::Descending;
        let before = |at: &Micros| if descending { at > created_at } else { at < created_at };
        let (mut least, mut most) =
            (instants.partition_point(before), instants.partition_point(|at| before(at) || at == created_at));
        // Of those created at the same instant, what follows is found by their ids.
        while least < most {
            let middle = usize::midpoint(least, most);
            let row = self.rows(read, list, &index.row_ids[middle..=middle]).await?.remove(0);
            let order = if descending { id.as_str().cmp(&row.id) } else { (*row.id).cmp(id) };
            if order.is_lt() || (order.is_eq() && !query.overlap) { least = middle + 1 } else { most = middle }
        }
        Ok(least)
    }

    /// Whether a page may have to look at all of a large collection: it needs a listing as a whole that is not kept, or the
    /// first assets that match a filter of which there may be few.
    pub(super) fn reads_much(&self, query: &AssetQuery) -> bool {
        let is_long = self.key.collection_version.tallied && !(self.is_near(query) && query.selection.is_tallied());
        is_long && !(self.guard.is_current() && self.cached_index(query).is_some())
    }

    /// The index of the listing that `query` asks for, as far as it needs it.
    fn cached_index(&self, query: &AssetQuery) -> Option<Arc<ListingIndex>> {
        let kept = lock(&self.listings).get(&query.selection).cloned();
        kept.filter(|index| index.is_whole || self.is_near(query))
    }

    async fn read_index(&self, read: &mut Read, query: &AssetQuery) -> Result<Arc<ListingIndex>, ListError> {
        let selection = &query.selection;
        let index =
            |row_ids, total, is_whole| Arc::new(ListingIndex { row_ids, is_whole, total, instants: OnceLock::new() });
        if !self.is_near(query) {
            let row_ids = read.numbers(self.view, selection).await?;
            let total = row_ids.len() as u64;
            return Ok(self.keep_index(selection, index(row_ids, total, true)));
        }
        // Many ask for no more than the first page, and what follows it may lie far behind.
        let is_first = query.start == Start::Offset(0);
        let length = if is_first { u64::from(query.limit) } else { PREFIX };
        // One more says whether any follow.
        let (row_ids, total) = read.beginning(self.view, selection, length + 1, selection.is_tallied()).await?;
        let follows = row_ids.len() as u64 > length;
        let index = index(row_ids, total, false);
        // Some clients go on until a page is empty, so a first page that is known to be all is kept.
        Ok(if is_first && follows { index } else { self.keep_index(selection, index) })
    }

    /// Whether the page lies in the prefix of a large listing whose total is known without the rest.
    fn is_near(&self, query: &AssetQuery) -> bool {
        let Start::Offset(offset) = query.start else { return false };
        let total_is_known = !query.counted || query.selection.is_tallied();
        let is_near = offset.saturating_add(u64::from(query.limit)) <= PREFIX;
        self.key.collection_version.tallied && total_is_known && !query.overlap && is_near
    }

    fn keep_index(&self, selection: &Selection, index: Arc<ListingIndex>) -> Arc<ListingIndex> {
        let mut listings = lock(&self.listings);
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

    /// The rows of these numbers, in this order.
    async fn rows(
        &self,
        read: &mut Option<&mut Read>,
        list: &AssetList,
        numbers: &[i64],
    ) -> Result<Vec<Arc<Row>>, ListError> {
        let kept: Vec<_> = {
            let rows = lock(&self.rows);
            numbers.iter().map(|number| rows.get(number).cloned()).collect()
        };
        let missing = || numbers.iter().zip(&kept).filter(|(_, row)| row.is_none()).map(|(number, _)| *number);
        if missing().next().is_none() {
            return Ok(kept.into_iter().flatten().collect());
        }
        let assets = needed(read)?.assets_numbered(self.view, &missing().collect::<Vec<_>>()).await?;
        let row = |asset| Arc::new(list.row(asset, self.view.provider, &self.key.workspace, self.variants));
        let found: HashMap<_, _> = assets.iter().map(|asset| (asset.seq, row(asset))).collect();
        self.grow(found.values().map(|row| row.bytes() + ENTRY).sum());
        lock(&self.rows).extend(found.iter().map(|(number, row)| (*number, row.clone())));
        Ok(numbers.iter().zip(kept).filter_map(|(number, row)| row.or_else(|| found.get(number).cloned())).collect())
    }

    /// Drops rows and responses.
    pub(super) fn evict(&self) {
        let rows = std::mem::take(&mut *lock(&self.rows));
        let Responses { kept: responses, .. } = std::mem::take(&mut *lock(&self.responses));
        self.shrink(rows.values().map(|row| row.bytes() + ENTRY).sum());
        self.shrink(responses.values().map(|response| response.bytes()).sum());
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

/// What to read from, if there is something.
fn needed<'r>(read: &'r mut Option<&mut Read>) -> Result<&'r mut Read, ListError> {
    read.as_deref_mut().ok_or(ListError::NotCached)
}

/// Locks a table, even if a thread panicked while it held the lock: whatever is missing from it is read again.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
