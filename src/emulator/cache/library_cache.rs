//! The cache of all keys: how entries are looked up, read, replaced and evicted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::key_cache::{Kept, KeyCache, lock};
use crate::contract::asset_list::AssetList;
use crate::contract::choices;
use crate::contract::page::Page;
use crate::contract::provider::Card;
use crate::contract::variant::Variants;
use crate::library::key::Key;
use crate::library::model::Choices;
use crate::library::selection::AssetQuery;
use crate::library::store::{ListError, Read, Store, VersionGuard, View};

/// The size at which entries are evicted, in bytes. A listing of a million assets takes eight megabytes.
const MAX_BYTES: usize = 64 << 20;

/// The most unknown keys in the negative cache.
const MAX_UNKNOWN_KEYS: usize = 1024;

/// The longest unknown key that is cached, in bytes.
const MAX_UNKNOWN_LENGTH: usize = 1024;

/// The entries of one provider, by the text of the key.
type Keys = HashMap<Arc<str>, Arc<KeyCache>>;

/// The cache in front of the library.
#[derive(Debug, Default)]
pub struct Cache {
    keys: RwLock<HashMap<&'static str, Keys>>,
    unknown: Mutex<HashMap<String, UnknownKey>>,
    /// The size of all entries, in bytes. An upper bound: it grows with each addition, and `make_room` corrects it.
    bytes: Arc<AtomicUsize>,
    /// The variants that the server was started with. A workspace's own variants take precedence.
    server_choices: Choices,
}

/// A text that is not a key of the provider: a negative cache entry. Valid until anything in the library changes.
#[derive(Debug)]
struct UnknownKey {
    provider: &'static str,
    /// The other provider that the key belongs to, if any.
    owner: Option<String>,
    /// The library's change counter before the look-up.
    changes: u64,
}

/// A page, and the key and query with which it was read.
#[derive(Debug)]
pub struct PlannedPage {
    /// The key's entry, read in the same transaction as the page.
    pub entry: Arc<KeyCache>,
    /// The query that was planned for this key.
    pub query: AssetQuery,
    /// The page.
    pub page: Page,
}

impl Cache {
    /// A cache for a server that was started with these variants.
    pub fn new(server_choices: Choices) -> Cache {
        Cache { server_choices, ..Cache::default() }
    }

    /// The variants of a provider's behaviour in a workspace with these choices.
    pub fn variants(&self, card: &Card, workspace_choices: &Choices) -> Variants {
        choices::resolve(card, [&self.server_choices, workspace_choices])
    }

    /// The entry of the key with this text, cached or read from the library. `None` if there is no such key.
    pub async fn entry(
        &self,
        store: &Store,
        card: &'static Card,
        text: &str,
    ) -> Result<Option<Arc<KeyCache>>, sqlx::Error> {
        if let Some(entry) = self.current(card.name, text) {
            return Ok(Some(entry));
        }
        if self.unknown_key(store, card.name, text).is_some() {
            return Ok(None);
        }
        // Boxed, so that the future of a request whose entry is cached does not reserve space for this one.
        Box::pin(self.read_entry(store, card, text)).await
    }

    async fn read_entry(
        &self,
        store: &Store,
        card: &'static Card,
        text: &str,
    ) -> Result<Option<Arc<KeyCache>>, sqlx::Error> {
        // Requests that find the same entry outdated take turns: the first one reads it again, the others find it.
        let outdated = self.cached(card.name, text);
        let _turn = if let Some(entry) = &outdated { Some(entry.turn.lock().await) } else { None };
        if let Some(entry) = self.current(card.name, text) {
            return Ok(Some(entry));
        }
        // Taken before the read, so that a change during the read makes the negative entry outdated from the start.
        let changes = store.changes();
        let (entry, mut read) = self.reread(store, card, text).await?;
        if entry.is_none() && text.len() <= MAX_UNKNOWN_LENGTH {
            let owner = read.provider_of_key(text).await?;
            let mut unknown = lock(&self.unknown);
            if unknown.len() == MAX_UNKNOWN_KEYS {
                unknown.clear();
            }
            unknown.insert(text.to_owned(), UnknownKey { provider: card.name, owner, changes });
        }
        Ok(entry)
    }

    /// Reads a key from the library. Returns its entry, and the transaction in which the key was read.
    async fn reread(
        &self,
        store: &Store,
        card: &'static Card,
        text: &str,
    ) -> Result<(Option<Arc<KeyCache>>, Read), sqlx::Error> {
        let mut workspace = self.cached(card.name, text).map(|entry| entry.key.workspace.clone()).unwrap_or_default();
        loop {
            // Taken before the read, so that a change during the read makes the guard outdated.
            let guard = store.guard(&workspace);
            let mut read = store.read().await?;
            let current = self.current(card.name, text);
            // While a locked read is open no change can be committed, so the current entry is of this very state.
            if current.is_some() && read.is_locked() {
                return Ok((current, read));
            }
            let Some(key) = read.key(card.name, text).await? else { return Ok((None, read)) };
            if let Some(current) = current.filter(|current| current.key == key) {
                return Ok((Some(current), read));
            }
            if key.workspace == workspace {
                return Ok((Some(self.keep(card, key, guard)), read));
            }
            // The guard is for another workspace, since the key is new or has moved: read again with the right one.
            workspace = key.workspace;
        }
    }

    /// Reads a page of this list. `plan` makes the query for a key, or refuses it. The page is read in the same
    /// transaction as the key, and `plan` is called with that key, so what the key may see is decided by the state that
    /// is shown. `origin` is that of our URLs on the page.
    pub async fn page<E: From<ListError>>(
        &self,
        store: &Store,
        list: &AssetList,
        entry: &KeyCache,
        origin: Option<&str>,
        mut plan: impl FnMut(&Key) -> Result<AssetQuery, E>,
    ) -> Result<PlannedPage, E> {
        let _large = if entry.reads_much(&plan(&entry.key)?) { Some(store.large_read().await) } else { None };
        let reread = self.reread(store, entry.card, &entry.key.key).await;
        let (entry, mut read) = reread.map_err(ListError::from)?;
        let entry = entry.ok_or(ListError::NoSuchKey)?;
        let query = plan(&entry.key)?;
        let page = entry.page(&mut read, list, &query, origin).await?;
        drop(read);
        self.make_room();
        Ok(PlannedPage { entry, query, page })
    }

    /// Whether `text` is cached as an unknown key of `provider`: `Some` with the other provider that has it, if any.
    pub fn unknown_key(&self, store: &Store, provider: &str, text: &str) -> Option<Option<String>> {
        let unknown = lock(&self.unknown);
        let found = unknown.get(text).filter(|found| found.provider == provider && found.changes == store.changes())?;
        Some(found.owner.clone())
    }

    /// The cached entry of a key, if its workspace has not changed since.
    pub fn current(&self, provider: &str, text: &str) -> Option<Arc<KeyCache>> {
        self.cached(provider, text).filter(|entry| entry.guard.is_current())
    }

    /// The cached entry of a key, current or outdated.
    fn cached(&self, provider: &str, text: &str) -> Option<Arc<KeyCache>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(provider)?.get(text).cloned()
    }

    /// Adds an entry for a key. `guard` must have been taken before the key was read.
    fn keep(&self, card: &'static Card, key: Key, guard: VersionGuard) -> Arc<KeyCache> {
        let entry = Arc::new(KeyCache {
            variants: self.variants(card, &key.choices),
            turn: self.cached(card.name, &key.key).map(|outdated| outdated.turn.clone()).unwrap_or_default(),
            guard,
            view: View { provider: card.name, collection_version: key.collection_version },
            kept: Mutex::new(Kept::default()),
            all_bytes: self.bytes.clone(),
            card,
            key,
        });
        self.bytes.fetch_add(entry.bytes(), Relaxed);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let before = keys.entry(card.name).or_default().insert(entry.key.key.clone(), entry.clone());
        // The lock is released first: freeing a large entry takes a while.
        drop(keys);
        drop(before);
        self.make_room();
        entry
    }

    /// Evicts outdated entries.
    pub fn sweep(&self) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.values_mut().for_each(|of_provider| of_provider.retain(|_, entry| entry.guard.is_current()));
    }

    /// At [`MAX_BYTES`], evicts outdated entries, and then all entries if the rest still takes more than half of that.
    fn make_room(&self) {
        if self.bytes.load(Relaxed) <= MAX_BYTES {
            return;
        }
        self.sweep();
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let mut left = keys.values().flat_map(HashMap::values).map(|entry| entry.bytes()).sum();
        if left > MAX_BYTES / 2 {
            keys.clear();
            left = 0;
        }
        self.bytes.store(left, Relaxed);
    }
}
