//! What is kept of the library: the entries of all keys, and how they are read, found, replaced and dropped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::key_cache::{KeyCache, LONGEST, lock};
use crate::contract::asset_list::AssetList;
use crate::contract::choices;
use crate::contract::page::Page;
use crate::contract::provider::Card;
use crate::contract::variant::Variants;
use crate::library::key::Key;
use crate::library::model::Choices;
use crate::library::selection::AssetQuery;
use crate::library::store::{ListError, Read, Store, VersionGuard};

/// How much is kept, in bytes. Listings of a million assets take eight megabytes each.
const BOUND: usize = 64 << 20;

/// How many texts are known to be no keys.
const UNKNOWN_KEYS: usize = 1024;

/// The entries of one provider, by the text of the key.
type Keys = HashMap<Arc<str>, Arc<KeyCache>>;

/// What is kept of the library.
#[derive(Debug, Default)]
pub struct Cache {
    keys: RwLock<HashMap<&'static str, Keys>>,
    unknown: Mutex<HashMap<String, UnknownKey>>,
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
        if self.unknown(store, card.name, text, |_| ()).is_some() {
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
        let provider = card.name;
        let outdated = self.kept(provider, text);
        let _turn = if let Some(entry) = &outdated { Some(entry.turn.lock().await) } else { None };
        if let Some(entry) = self.current(provider, text) {
            return Ok(Some(entry));
        }
        let changes = store.changes();
        let workspace = match &outdated {
            Some(entry) => entry.key.workspace.to_string(),
            None => store.read().await?.workspace_of_key(provider, text).await?.unwrap_or_default(),
        };
        let (entry, mut read) = self.reread(store, card, text, &workspace).await?;
        if entry.is_none() {
            let owner = read.provider_of_key(text).await?;
            self.remember_unknown(text, UnknownKey { to: provider, owner, changes });
        }
        Ok(entry)
    }

    /// The entry of a key as the library has it now, and the state of it in which the key was read.
    async fn reread(
        &self,
        store: &Store,
        card: &'static Card,
        text: &str,
        workspace: &str,
    ) -> Result<(Option<Arc<KeyCache>>, Read), sqlx::Error> {
        let provider = card.name;
        let guard = store.guard(workspace);
        let mut read = store.read().await?;
        if let Some(current) = self.current(provider, text).filter(|_| read.is_locked()) {
            return Ok((Some(current), read));
        }
        let Some(key) = read.key(provider, text).await? else { return Ok((None, read)) };
        if let Some(current) = self.current(provider, text).filter(|current| current.key == key) {
            return Ok((Some(current), read));
        }
        // The guard says nothing of a key that was removed and made again in another workspace.
        let guard = if *key.workspace == *workspace { guard } else { VersionGuard::outdated() };
        Ok((Some(self.keep(card, key, guard)), read))
    }

    /// The page of this list that `plan` makes of the entry's key. If something of it has to be read, the key is read again
    /// with it, and `plan` says what that key may see, or why it may not.
    pub async fn page<E: From<ListError>>(
        &self,
        store: &Store,
        list: &AssetList,
        entry: &Arc<KeyCache>,
        mut plan: impl FnMut(&Key) -> Result<AssetQuery, E>,
    ) -> Result<PlannedPage, E> {
        let (card, text) = (entry.card, &*entry.key.key);
        let query = plan(&entry.key)?;
        if let Ok(page) = entry.page(None, list, &query).await {
            return Ok(PlannedPage { entry: entry.clone(), query, page });
        }
        // Of requests that lack the same thing, one reads it while the others wait and find it.
        let _turn = entry.turn.lock().await;
        if let Some(entry) = self.current(card.name, text) {
            let query = plan(&entry.key)?;
            if let Ok(page) = entry.page(None, list, &query).await {
                return Ok(PlannedPage { entry, query, page });
            }
        }
        let _large = if entry.reads_much(&query) { Some(store.large_read().await) } else { None };
        let reread = self.reread(store, card, text, &entry.key.workspace).await;
        let (entry, mut read) = reread.map_err(ListError::from)?;
        let entry = entry.ok_or(ListError::NoSuchKey)?;
        let query = plan(&entry.key)?;
        let page = entry.page(Some(&mut read), list, &query).await?;
        drop(read);
        self.make_room();
        Ok(PlannedPage { entry, query, page })
    }

    /// The provider that has the key of this text, which was found to be no key of `provider`'s.
    pub fn owner(&self, store: &Store, provider: &str, text: &str) -> Option<String> {
        self.unknown(store, provider, text, |unknown| unknown.owner.clone()).flatten()
    }

    fn unknown<T>(&self, store: &Store, provider: &str, text: &str, see: impl FnOnce(&UnknownKey) -> T) -> Option<T> {
        let unknown = lock(&self.unknown);
        let found = unknown.get(text)?;
        (found.to == provider && found.changes == store.changes()).then(|| see(found))
    }

    fn remember_unknown(&self, text: &str, key: UnknownKey) {
        if text.len() > LONGEST {
            return;
        }
        let mut unknown = lock(&self.unknown);
        if unknown.len() == UNKNOWN_KEYS {
            unknown.clear();
        }
        unknown.insert(text.to_owned(), key);
    }

    /// The entry of a key, if nothing has changed since it was made.
    fn current(&self, provider: &str, text: &str) -> Option<Arc<KeyCache>> {
        let entry = self.kept(provider, text).filter(|entry| entry.guard.is_current())?;
        entry.used.store(true, Relaxed);
        Some(entry)
    }

    fn kept(&self, provider: &str, text: &str) -> Option<Arc<KeyCache>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(provider)?.get(text).cloned()
    }

    /// Keeps a key under a guard that was taken before it was read.
    fn keep(&self, card: &'static Card, key: Key, guard: VersionGuard) -> Arc<KeyCache> {
        let variants = self.variants(card, &key.choices);
        let turn = self.kept(card.name, &key.key).map(|outdated| outdated.turn.clone()).unwrap_or_default();
        let entry = Arc::new(KeyCache::new(card, key, variants, guard, turn, self.bytes.clone()));
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

    /// Drops what there is no room for.
    fn make_room(&self) {
        if self.bytes.load(Relaxed) <= BOUND {
            return;
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        for of_provider in keys.values_mut() {
            of_provider.retain(|_, entry| entry.guard.is_current() && entry.used.swap(false, Relaxed));
        }
        let all = || keys.values().flat_map(HashMap::values);
        if self.bytes.load(Relaxed) > BOUND {
            all().for_each(|entry| entry.evict());
        }
        if self.bytes.load(Relaxed) > BOUND {
            keys.clear();
        }
    }
}
