//! What is kept of the library in memory, so that a page that was asked for before, or lies beside one, costs no question to
//! the database. SQLite stays the one source of truth: everything here can be dropped at any moment and is made again.
//!
//! **What is kept**, for each key that was seen lately (its [`Holder`]):
//!
//! - the key itself, and which edition of its workspace it opens;
//! - *listings*: the numbers of all assets of a selection, in order. An offset is an index, a count is a length, so the last
//!   page costs what the first does;
//! - *rows*: assets as the provider writes them. A page is some of them side by side;
//! - *answers*: whole pages by query string, from the second time it was asked on.
//!
//! Texts that are no keys are kept too, a thousand of them, until anything changes anywhere.
//!
//! **When it is dropped.** A holder carries a [`Stamp`] on its workspace. Whatever changes the workspace or one of its keys
//! ends the stamp, after it is committed and before it is acknowledged; from then on nobody is answered out of the holder,
//! and the next request makes a new one. If nothing but assets has changed meanwhile ([`Step`]), the new one takes over the
//! rows of all others, and the listings that do not look at what has changed; else it begins empty. What is read from the
//! database on behalf of a holder names the holder's edition, and comes only if that is still there. So an answer is of one
//! state of the library, and a request that begins after a change was acknowledged sees it.
//!
//! **How much is kept** is bounded by [`BOUND`]. Beyond it, holders go that nobody has asked for since the last time; if that
//! does not do, all rows and answers go; if that does not do, everything does. What requests under way still use is
//! freed with them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::OnceCell;

use crate::clock::Micros;
use crate::explain::Warning;
use crate::glimpsed::Glimpsed;
use crate::provider::{Page, Provider, Rendered, Row};
use crate::store::{AssetQuery, Direction, Key, ListError, Selection, Stamp, Start, Step, Store, View};

/// How much is kept, in bytes. Listings of a million assets take eight megabytes each.
const BOUND: usize = 64 << 20;

/// How many listings one holder keeps: more than a client has filters.
const LISTINGS: usize = 128;

/// How much one holder keeps of answers, in bytes: some of the longest there are.
const ANSWERS: usize = 128 << 10;

/// How many texts are known to be no keys.
const STRANGERS: usize = 1024;

/// The longest text that is kept, and the longest query string that an answer is kept for, in bytes.
const LONGEST: usize = 1024;

/// What an entry of a table costs besides its content, about.
const ENTRY: usize = 64;

/// What is kept of the library.
#[derive(Debug, Default)]
pub struct Cache {
    /// Held by whoever makes a holder: the others who ask for the same one then find it.
    making: tokio::sync::Mutex<()>,
    holders: RwLock<HashMap<&'static str, HashMap<String, Arc<Holder>>>>,
    strangers: Mutex<HashMap<String, Stranger>>,
    bytes: Arc<AtomicUsize>,
}

/// A text that is no key of a provider's, as long as nothing changes anywhere.
#[derive(Debug)]
struct Stranger {
    to: &'static str,
    /// The provider whose key it is.
    owner: Option<String>,
    changes: u64,
}

/// A key, and what is kept of its workspace as its provider shows it.
#[derive(Debug)]
pub struct Holder {
    /// The key.
    pub key: Key,
    stamp: Stamp,
    view: View,
    /// Whether somebody has asked since the last time that room was made.
    asked: AtomicBool,
    listings: Mutex<HashMap<Selection, Arc<OnceCell<Sequence>>>>,
    rows: Mutex<Written>,
    /// Held by whoever reads rows: the others who miss the same ones then find them.
    reading: tokio::sync::Mutex<()>,
    answers: Mutex<Answers>,
    /// What this holder takes, and what all of them do.
    bytes: AtomicUsize,
    all_bytes: Arc<AtomicUsize>,
}

/// The assets of a selection, in its order.
#[derive(Debug)]
struct Sequence {
    numbers: Box<[i64]>,
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
    pub warnings: Vec<Warning>,
}

impl Cache {
    /// The holder of the key of this text.
    pub async fn holder(
        &self,
        store: &Store,
        provider: &dyn Provider,
        text: &str,
    ) -> Result<Option<Arc<Holder>>, sqlx::Error> {
        let name = provider.card().name;
        if let Some(holder) = self.kept(name, text) {
            return Ok(Some(holder));
        }
        if self.stranger(store, name, text, |_| ()).is_some() {
            return Ok(None);
        }
        // In a box of its own, so that the many requests that find their holder do not carry room for this.
        Box::pin(self.found(store, provider, text)).await
    }

    /// The holder, found in the library unless somebody else has just done so.
    async fn found(
        &self,
        store: &Store,
        provider: &dyn Provider,
        text: &str,
    ) -> Result<Option<Arc<Holder>>, sqlx::Error> {
        let name = provider.card().name;
        let _turn = self.making.lock().await;
        if let Some(holder) = self.kept(name, text) {
            return Ok(Some(holder));
        }
        if let Some(holder) = self.followed(store, provider, text) {
            return Ok(Some(holder));
        }
        loop {
            let changes = store.changes();
            let Some(key) = store.key(name, text).await? else {
                let owner = store.provider_of_key(text).await?;
                self.refuse(text, Stranger { to: name, owner, changes });
                return Ok(None);
            };
            let stamp = store.stamp(&key.workspace);
            if store.changes() == changes {
                return Ok(Some(self.keep(Holder::new(name, key, stamp, self.bytes.clone()))));
            }
        }
    }

    /// The holder that follows an outdated one over changes to assets.
    fn followed(&self, store: &Store, provider: &dyn Provider, text: &str) -> Option<Arc<Holder>> {
        let outdated = {
            let holders = self.holders.read().unwrap_or_else(PoisonError::into_inner);
            holders.get(provider.card().name)?.get(text)?.clone()
        };
        let (stamp, steps) = store.since(&outdated.key.workspace, outdated.key.edition)?;
        Some(self.keep(outdated.followed(provider, stamp, &steps)?))
    }

    /// The provider that has the key of this text, which was found to be no key of `provider`'s.
    pub fn owner(&self, store: &Store, provider: &str, text: &str) -> Option<String> {
        self.stranger(store, provider, text, |stranger| stranger.owner.clone()).flatten()
    }

    fn stranger<T>(&self, store: &Store, provider: &str, text: &str, see: impl FnOnce(&Stranger) -> T) -> Option<T> {
        let strangers = lock(&self.strangers);
        let found = strangers.get(text)?;
        (found.to == provider && found.changes == store.changes()).then(|| see(found))
    }

    fn refuse(&self, text: &str, stranger: Stranger) {
        if text.len() > LONGEST {
            return;
        }
        let mut strangers = lock(&self.strangers);
        if strangers.len() == STRANGERS {
            strangers.clear();
        }
        strangers.insert(text.to_owned(), stranger);
    }

    fn kept(&self, provider: &str, text: &str) -> Option<Arc<Holder>> {
        let holders = self.holders.read().unwrap_or_else(PoisonError::into_inner);
        let holder = holders.get(provider)?.get(text).filter(|holder| holder.stamp.is_current())?;
        holder.asked.store(true, Relaxed);
        Some(holder.clone())
    }

    fn keep(&self, holder: Holder) -> Arc<Holder> {
        let holder = Arc::new(holder);
        let mut holders = self.holders.write().unwrap_or_else(PoisonError::into_inner);
        let before =
            holders.entry(holder.view.provider).or_default().insert(holder.key.key.to_string(), holder.clone());
        drop(holders);
        drop(before);
        self.make_room();
        holder
    }

    /// The page that `query` asks for, of the edition that the holder knows.
    pub async fn page(
        &self,
        store: &Store,
        holder: &Holder,
        provider: &dyn Provider,
        query: &AssetQuery,
    ) -> Result<Page, ListError> {
        let listing = holder.listing(&query.selection);
        let listing = holder.sequence(store, &listing, &query.selection).await?;
        let start = holder.start(store, provider, listing, query).await?;
        let end = start.saturating_add(query.limit as usize).min(listing.numbers.len());
        let rows = holder.rows(store, provider, listing.numbers.get(start..end).unwrap_or_default()).await?;
        let overlaps = query.overlap && query.start != Start::Offset(0);
        let total = if query.counted { listing.numbers.len() as u64 + u64::from(overlaps) } else { 0 };
        let more = end < listing.numbers.len();
        self.make_room();
        Ok(Page { rows, hidden: false, more, total })
    }

    /// Drops what nobody will be answered out of any more.
    pub fn sweep(&self) {
        let mut holders = self.holders.write().unwrap_or_else(PoisonError::into_inner);
        holders.values_mut().for_each(|of_provider| of_provider.retain(|_, holder| holder.stamp.is_current()));
    }

    /// Drops what there is no room for.
    fn make_room(&self) {
        if self.bytes.load(Relaxed) <= BOUND {
            return;
        }
        let mut holders = self.holders.write().unwrap_or_else(PoisonError::into_inner);
        for of_provider in holders.values_mut() {
            of_provider.retain(|_, holder| holder.stamp.is_current() && holder.asked.swap(false, Relaxed));
        }
        let all = || holders.values().flat_map(HashMap::values);
        if self.bytes.load(Relaxed) > BOUND {
            all().for_each(|holder| holder.shed());
        }
        if self.bytes.load(Relaxed) > BOUND {
            holders.clear();
        }
    }
}

impl Holder {
    fn new(provider: &'static str, key: Key, stamp: Stamp, all_bytes: Arc<AtomicUsize>) -> Holder {
        let view = View { provider, edition: key.edition };
        let holder = Holder {
            bytes: AtomicUsize::new(0),
            all_bytes,
            stamp,
            view,
            asked: AtomicBool::new(true),
            listings: Mutex::default(),
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
    fn followed(&self, provider: &dyn Provider, stamp: Stamp, steps: &[Arc<Step>]) -> Option<Holder> {
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
            rows.bytes + listings.values().filter_map(|listing| listing.get()).map(Sequence::bytes).sum::<usize>(),
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

    fn listing(&self, selection: &Selection) -> Arc<OnceCell<Sequence>> {
        let mut listings = lock(&self.listings);
        if let Some(listing) = listings.get(selection) {
            return listing.clone();
        }
        if listings.len() == LISTINGS {
            self.gave(listings.values().filter_map(|listing| listing.get()).map(Sequence::bytes).sum());
            listings.clear();
        }
        listings.entry(selection.clone()).or_default().clone()
    }

    /// The assets of a listing, read by the first who asks for them while the others wait.
    async fn sequence<'l>(
        &self,
        store: &Store,
        listing: &'l OnceCell<Sequence>,
        selection: &Selection,
    ) -> Result<&'l Sequence, ListError> {
        let read = || async {
            let sequence = Sequence { numbers: store.numbers(self.view, selection).await?, instants: OnceCell::new() };
            self.took(sequence.bytes());
            Ok(sequence)
        };
        listing.get_or_try_init(read).await
    }

    /// The index at which the page begins.
    async fn start(
        &self,
        store: &Store,
        provider: &dyn Provider,
        listing: &Sequence,
        query: &AssetQuery,
    ) -> Result<usize, ListError> {
        match &query.start {
            Start::Offset(offset) => {
                let offset = usize::try_from(*offset).unwrap_or(usize::MAX);
                Ok(if query.overlap { offset.saturating_sub(1) } else { offset })
            }
            Start::After { created_at, id } => {
                let read = || store.instants(self.view, &query.selection);
                let instants = listing.instants.get_or_try_init(read).await?;
                let descending = query.selection.order.direction == Direction::Descending;
                let before = |at: &Micros| if descending { at > created_at } else { at < created_at };
                let (mut least, mut most) =
                    (instants.partition_point(before), instants.partition_point(|at| before(at) || at == created_at));
                // Of those created at the same instant, what follows is found by their ids.
                while least < most {
                    let middle = usize::midpoint(least, most);
                    let row = self.rows(store, provider, &listing.numbers[middle..=middle]).await?.remove(0);
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
    fn shed(&self) {
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
