//! What is kept for one key.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use super::{ENTRY, LONGEST, lock};
use crate::clock::Micros;
use crate::explain::Warning;
use crate::glimpsed::Glimpsed;
use crate::provider::{Page, Provider, Row};
use crate::reply::Rendered;
use crate::store::{AssetQuery, Direction, Key, ListError, Selection, Stamp, Start, Step, Store, View};

/// How many listings one holder keeps, and how many beginnings of some: more than a client has filters.
const LISTINGS: usize = 128;

/// How much of a large listing is its beginning, in assets: pages in it do without the rest, which takes longer to read.
const BEGINNING: u64 = 1000;

/// How much one holder keeps of answers, in bytes: some of the longest there are.
const ANSWERS: usize = 128 << 10;

/// A key, and what is kept of its workspace as its provider shows it.
#[derive(Debug)]
pub struct Holder {
    /// The key.
    pub key: Key,
    pub(super) stamp: Stamp,
    pub(super) view: View,
    /// Whether somebody has asked since the last time that room was made.
    pub(super) asked: AtomicBool,
    listings: Listings,
    /// Of large ones, asked for until the whole is read.
    beginnings: Listings,
    rows: Mutex<Written>,
    /// Held by whoever reads rows: the others who miss the same ones then find them.
    reading: tokio::sync::Mutex<()>,
    answers: Mutex<Answers>,
    /// What this holder takes, and what all of them do.
    bytes: AtomicUsize,
    all_bytes: Arc<AtomicUsize>,
}

type Listings = Mutex<HashMap<Selection, Arc<OnceCell<Arc<Sequence>>>>>;

/// The assets of a selection, in its order, or the first of them.
#[derive(Debug)]
struct Sequence {
    numbers: Box<[i64]>,
    /// How many there are in all, if that can be told.
    total: u64,
    /// When the assets were created; read once somebody asks for what follows an instant.
    instants: OnceCell<Box<[Micros]>>,
}

impl Sequence {
    /// With the instants, whether or not they were read.
    fn bytes(&self) -> usize {
        2 * size_of_val(&*self.numbers) + size_of::<Selection>() + 4 * ENTRY
    }
}

/// Assets as the provider writes them, by number.
#[derive(Debug, Default)]
struct Written {
    of: HashMap<i64, Arc<Row>>,
    bytes: usize,
}

impl Written {
    fn insert(&mut self, number: i64, row: Row) {
        self.bytes += row.bytes() + ENTRY;
        if let Some(before) = self.of.insert(number, Arc::new(row)) {
            self.bytes -= before.bytes() + ENTRY;
        }
    }

    fn remove(&mut self, number: i64) {
        if let Some(row) = self.of.remove(&number) {
            self.bytes -= row.bytes() + ENTRY;
        }
    }
}

#[derive(Debug, Default)]
struct Answers {
    of: HashMap<Box<str>, Arc<Answer>>,
    bytes: usize,
    glimpsed: Glimpsed,
}

/// A page as it was answered, but for what every answer has of its own.
#[derive(Debug)]
pub struct Answer {
    /// What the provider made of the page.
    pub rendered: Rendered,
    /// What was probably not meant.
    pub warnings: Box<[Warning]>,
}

impl Holder {
    pub(super) fn new(provider: &'static str, key: Key, stamp: Stamp, all_bytes: Arc<AtomicUsize>) -> Holder {
        let view = View { provider, edition: key.edition };
        let holder = Holder {
            bytes: AtomicUsize::new(0),
            all_bytes,
            stamp,
            view,
            asked: AtomicBool::new(true),
            listings: Mutex::default(),
            beginnings: Mutex::default(),
            rows: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            answers: Mutex::default(),
            key,
        };
        holder.took(size_of::<Holder>() + ENTRY + 8 * holder.key.key.len());
        holder
    }

    /// The holder of the edition to which these steps lead. It takes what it can from this one, which nobody is answered
    /// out of any more: requests still under way find it empty, ask the database for an edition that is gone, and begin anew.
    pub(super) fn followed(&self, provider: &dyn Provider, stamp: Stamp, steps: &[Arc<Step>]) -> Option<Holder> {
        let key = Key { edition: steps.last()?.to, ..self.key.clone() };
        let next = Holder::new(self.view.provider, key, stamp, self.all_bytes.clone());
        let unseen = |selection: &Selection| !steps.iter().any(|step| selection.sees(step.seen));
        let listings = std::mem::take(&mut *lock(&self.listings)).into_iter();
        let listings: HashMap<_, _> =
            listings.filter(|(selection, listing)| listing.initialized() && unseen(selection)).collect();
        let mut rows = std::mem::take(&mut *lock(&self.rows));
        self.gave(rows.bytes);
        for step in steps {
            step.changed.iter().for_each(|number| rows.remove(*number));
            if let Some(asset) = step.now.as_ref().and_then(|changed| changed.seen_by(self.view.provider)) {
                rows.insert(asset.seq, Row::of(&asset, provider, &self.key.workspace));
            }
        }
        next.took(
            rows.bytes + listings.values().filter_map(|listing| listing.get()).map(|all| all.bytes()).sum::<usize>(),
        );
        lock(&next.answers).glimpsed = std::mem::take(&mut lock(&self.answers).glimpsed);
        *lock(&next.listings) = listings;
        *lock(&next.rows) = rows;
        Some(next)
    }

    /// The answer that this query string got.
    pub fn answer(&self, query: &str) -> Option<Arc<Answer>> {
        lock(&self.answers).of.get(query).cloned()
    }

    /// Keeps an answer for the next request with this query string, if this is not the first.
    pub fn keep(&self, query: &str, answer: Arc<Answer>) {
        let bytes = answer.rendered.body.len() + query.len() + size_of::<Answer>() + ENTRY;
        let mut answers = lock(&self.answers);
        if !answers.glimpsed.again(query) {
            return;
        }
        if answers.bytes + bytes > ANSWERS {
            self.gave(answers.bytes);
            *answers = Answers::default();
        }
        if bytes <= ANSWERS && query.len() <= LONGEST && answers.of.insert(query.into(), answer).is_none() {
            answers.bytes += bytes;
            self.took(bytes);
        }
    }

    /// The page that `query` asks for, of the edition that the key opens.
    pub(super) async fn page(
        &self,
        store: &Store,
        provider: &dyn Provider,
        query: &AssetQuery,
    ) -> Result<Page, ListError> {
        let sequence = self.sequence(store, query).await?;
        let (start, numbers) = (self.start(store, provider, &sequence, query).await?, &sequence.numbers);
        let end = start.saturating_add(query.limit as usize).min(numbers.len());
        let rows = self.rows(store, provider, numbers.get(start..end).unwrap_or_default()).await?;
        let overlaps = query.overlap && query.start != Start::Offset(0);
        let total = if query.counted { sequence.total + u64::from(overlaps) } else { 0 };
        Ok(Page { rows, hidden: false, more: end < numbers.len(), total })
    }

    /// The assets of the listing that `query` asks for, as far as it needs them. What is kept is read by the first who asks
    /// for it while the others wait.
    async fn sequence(&self, store: &Store, query: &AssetQuery) -> Result<Arc<Sequence>, ListError> {
        let selection = &query.selection;
        let whole = self.listing(&self.listings, selection);
        if whole.initialized() || !self.is_near(query) {
            let read = || async {
                let numbers = store.numbers(self.view, selection).await?;
                Ok(self.kept(Sequence { total: numbers.len() as u64, numbers, instants: OnceCell::new() }))
            };
            return whole.get_or_try_init(read).await.cloned();
        }
        let first = async |length| {
            // One more says whether any follow.
            let (numbers, total) = store.beginning(self.view, selection, length + 1, selection.is_tallied()).await?;
            Ok::<_, ListError>(Sequence { numbers, total, instants: OnceCell::new() })
        };
        let beginning = self.listing(&self.beginnings, selection);
        if query.start == Start::Offset(0) && !beginning.initialized() {
            // Many ask for no more than the first page, and what follows it may lie far behind. Some go on until a page is
            // empty, so what is known to be all is kept.
            let page = first(u64::from(query.limit)).await?;
            let follows = page.numbers.len() > query.limit as usize;
            return Ok(if follows {
                Arc::new(page)
            } else {
                beginning.get_or_init(async || self.kept(page)).await.clone()
            });
        }
        let read = || async { Ok(self.kept(first(BEGINNING).await?)) };
        beginning.get_or_try_init(read).await.cloned()
    }

    fn kept(&self, sequence: Sequence) -> Arc<Sequence> {
        self.took(sequence.bytes());
        Arc::new(sequence)
    }

    /// Whether the page lies in the beginning of a large listing whose total is known without the rest.
    fn is_near(&self, query: &AssetQuery) -> bool {
        let Start::Offset(offset) = query.start else { return false };
        let told = !query.counted || query.selection.is_tallied();
        let is_near = offset.saturating_add(u64::from(query.limit)) <= BEGINNING;
        self.key.edition.tallied && told && !query.overlap && is_near
    }

    fn listing(&self, among: &Listings, selection: &Selection) -> Arc<OnceCell<Arc<Sequence>>> {
        let mut listings = lock(among);
        if let Some(listing) = listings.get(selection) {
            return listing.clone();
        }
        if listings.len() == LISTINGS {
            self.gave(listings.values().filter_map(|listing| listing.get()).map(|sequence| sequence.bytes()).sum());
            listings.clear();
        }
        listings.entry(selection.clone()).or_default().clone()
    }

    /// The index at which the page begins.
    async fn start(
        &self,
        store: &Store,
        provider: &dyn Provider,
        sequence: &Sequence,
        query: &AssetQuery,
    ) -> Result<usize, ListError> {
        match &query.start {
            Start::Offset(offset) => {
                let offset = usize::try_from(*offset).unwrap_or(usize::MAX);
                Ok(if query.overlap { offset.saturating_sub(1) } else { offset })
            }
            Start::After { created_at, id } => {
                let read = || store.instants(self.view, &query.selection);
                let instants = sequence.instants.get_or_try_init(read).await?;
                let descending = query.selection.order.direction == Direction::Descending;
                let before = |at: &Micros| if descending { at > created_at } else { at < created_at };
                let (mut least, mut most) =
                    (instants.partition_point(before), instants.partition_point(|at| before(at) || at == created_at));
                // Of those created at the same instant, what follows is found by their ids.
                while least < most {
                    let middle = usize::midpoint(least, most);
                    let row = self.rows(store, provider, &sequence.numbers[middle..=middle]).await?.remove(0);
                    let order = if descending { id.as_str().cmp(&row.id) } else { (*row.id).cmp(id) };
                    if order.is_lt() || (order.is_eq() && !query.overlap) { least = middle + 1 } else { most = middle }
                }
                Ok(least)
            }
        }
    }

    /// The rows of these numbers, in this order.
    async fn rows(&self, store: &Store, provider: &dyn Provider, numbers: &[i64]) -> Result<Vec<Arc<Row>>, ListError> {
        if let Some(rows) = self.kept_rows(numbers) {
            return Ok(rows);
        }
        let _turn = self.reading.lock().await;
        if let Some(rows) = self.kept_rows(numbers) {
            return Ok(rows);
        }
        let missing: Vec<_> = {
            let rows = lock(&self.rows);
            numbers.iter().copied().filter(|number| !rows.of.contains_key(number)).collect()
        };
        let assets = store.assets_numbered(self.view, &missing).await?;
        let workspace = &self.key.workspace;
        let read: Vec<_> = assets.iter().map(|asset| (asset.seq, Row::of(asset, provider, workspace))).collect();
        let mut rows = lock(&self.rows);
        let before = rows.bytes;
        read.into_iter().for_each(|(number, row)| rows.insert(number, row));
        self.took(rows.bytes - before);
        let found: Option<Vec<_>> = numbers.iter().map(|number| rows.of.get(number).cloned()).collect();
        found.ok_or(ListError::Outdated)
    }

    /// The rows of these numbers, if all of them are kept.
    fn kept_rows(&self, numbers: &[i64]) -> Option<Vec<Arc<Row>>> {
        let rows = lock(&self.rows);
        numbers.iter().map(|number| rows.of.get(number).cloned()).collect()
    }

    /// Drops rows and answers.
    pub(super) fn shed(&self) {
        let rows = std::mem::take(&mut *lock(&self.rows));
        let answers = std::mem::take(&mut *lock(&self.answers));
        self.gave(rows.bytes + answers.bytes);
    }

    fn took(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Relaxed);
        self.all_bytes.fetch_add(bytes, Relaxed);
    }

    fn gave(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Relaxed);
        self.all_bytes.fetch_sub(bytes, Relaxed);
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.all_bytes.fetch_sub(*self.bytes.get_mut(), Relaxed);
    }
}
