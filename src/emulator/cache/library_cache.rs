//! What is kept of the library: the entries of all keys, and how they are read, found, replaced and dropped.

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

/// How much is kept, in bytes. Listings of a million assets take eight megabytes each.
const BOUND: usize = 64 << 20;

/// How many texts are known to be no keys.
const UNKNOWN_KEYS: usize = 1024;

/// The longest of them, in bytes.
const LONGEST: usize = 1024;

/// The entries of one provider, by the text of the key.
type Keys = HashMap<Arc<str>, Arc<KeyCache>>;

/// What is kept of the library.
#[derive(Debug, Default)]
pub struct Cache {
    keys: RwLock<HashMap<&'static str, Keys>>,
    unknown: Mutex<HashMap<String, UnknownKey>>,
    /// What was kept since room was last made, and what was left then.
    bytes: Arc<AtomicUsize>,
    /// The variants that the server was started with: what is kept is written under them where the workspace has none.
    server_choices: Choices,
}

/// A text that is no key of a provider's, as long as nothing changes anywhere.
#[derive(Debug)]
struct UnknownKey {
    to: &'static str,
    /// The provider whose key it is.
    owner: Option<String>,
    changes: u64,
}

/// A page, and what it was read with.
#[derive(Debug)]
pub struct PlannedPage {
    /// The key, of the same state of the library as the page.
    pub entry: Arc<KeyCache>,
    /// What that key asked for.
    pub query: AssetQuery,
    /// The page.
    pub page: Page,
}

impl Cache {
    /// A cache for a server that was started with these variants.
    pub fn new(server_choices: Choices) -> Cache {
        Cache { server_choices, ..Cache::default() }
    }

    /// How a provider behaves in a workspace that has these variants of its own.
    pub fn variants(&self, card: &Card, workspace_choices: &Choices) -> Variants {
        choices::resolve(card, [&self.server_choices, workspace_choices])
    }

    /// The entry of the key of this text.
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
        // In a box of its own, so that the many requests that find their entry do not carry room for this.
        Box::pin(self.read_entry(store, card, text)).await
    }

    async fn read_entry(
        &self,
        store: &Store,
        card: &'static Card,
        text: &str,
    ) -> Result<Option<Arc<KeyCache>>, sqlx::Error> {
        // Of requests that find the same entry outdated, one reads it while the others wait and find it.
        let outdated = self.kept(card.name, text);
        let _turn = if let Some(entry) = &outdated { Some(entry.turn.lock().await) } else { None };
        if let Some(entry) = self.current(card.name, text) {
            return Ok(Some(entry));
        }
        let changes = store.changes();
        let (entry, mut read) = self.reread(store, card, text).await?;
        if entry.is_none() && text.len() <= LONGEST {
            let owner = read.provider_of_key(text).await?;
            let mut unknown = lock(&self.unknown);
            if unknown.len() == UNKNOWN_KEYS {
                unknown.clear();
            }
            unknown.insert(text.to_owned(), UnknownKey { to: card.name, owner, changes });
        }
        Ok(entry)
    }

    /// The entry of a key as the library has it now, and the state of it in which the key was read.
    async fn reread(
        &self,
        store: &Store,
        card: &'static Card,
        text: &str,
    ) -> Result<(Option<Arc<KeyCache>>, Read), sqlx::Error> {
        let mut workspace = self.kept(card.name, text).map(|entry| entry.key.workspace.clone()).unwrap_or_default();
        loop {
            let guard = store.guard(&workspace);
            let mut read = store.read().await?;
            let current = self.current(card.name, text);
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
            // The guard is another workspace's: the key is new, or was removed and made again.
            workspace = key.workspace;
        }
    }

    /// The page of this list that `plan` makes of the entry's key. The key is read again with it, and `plan` says what that key may see,
    /// or why it may not.
    pub async fn page<E: From<ListError>>(
        &self,
        store: &Store,
        list: &AssetList,
        entry: &KeyCache,
        mut plan: impl FnMut(&Key) -> Result<AssetQuery, E>,
    ) -> Result<PlannedPage, E> {
        let _large = if entry.reads_much(&plan(&entry.key)?) { Some(store.large_read().await) } else { None };
        let reread = self.reread(store, entry.card, &entry.key.key).await;
        let (entry, mut read) = reread.map_err(ListError::from)?;
        let entry = entry.ok_or(ListError::NoSuchKey)?;
        let query = plan(&entry.key)?;
        let page = entry.page(&mut read, list, &query).await?;
        drop(read);
        self.make_room();
        Ok(PlannedPage { entry, query, page })
    }

    /// Of a text that was found to be no key of `provider`'s, the provider whose key it is.
    pub fn unknown_key(&self, store: &Store, provider: &str, text: &str) -> Option<Option<String>> {
        let unknown = lock(&self.unknown);
        let found = unknown.get(text).filter(|found| found.to == provider && found.changes == store.changes())?;
        Some(found.owner.clone())
    }

    /// The entry of a key, if nothing has changed since it was made.
    pub fn current(&self, provider: &str, text: &str) -> Option<Arc<KeyCache>> {
        self.kept(provider, text).filter(|entry| entry.guard.is_current())
    }

    fn kept(&self, provider: &str, text: &str) -> Option<Arc<KeyCache>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(provider)?.get(text).cloned()
    }

    /// Keeps a key under a guard that was taken before it was read.
    fn keep(&self, card: &'static Card, key: Key, guard: VersionGuard) -> Arc<KeyCache> {
        let entry = Arc::new(KeyCache {
            variants: self.variants(card, &key.choices),
            turn: self.kept(card.name, &key.key).map(|outdated| outdated.turn.clone()).unwrap_or_default(),
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
        drop(keys);
        drop(before);
        self.make_room();
        entry
    }

    /// Drops what no request will be answered from any more.
    pub fn sweep(&self) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.values_mut().for_each(|of_provider| of_provider.retain(|_, entry| entry.guard.is_current()));
    }

    /// Drops what is outdated once there may be no room, and everything if that is not enough.
    fn make_room(&self) {
        if self.bytes.load(Relaxed) <= BOUND {
            return;
        }
        self.sweep();
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let mut left = keys.values().flat_map(HashMap::values).map(|entry| entry.bytes()).sum();
        if left > BOUND / 2 {
            keys.clear();
            left = 0;
        }
        self.bytes.store(left, Relaxed);
    }
}
