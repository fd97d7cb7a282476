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
//! Of a large library, a listing takes a moment to read. Until somebody goes far into it, its first page is read by itself,
//! and then its beginning, which is kept likewise; with a total that is counted beforehand.
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

mod holder;

pub use holder::{Answer, Holder};

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::provider::{Page, Provider};
use crate::store::{AssetQuery, ListError, Store};

/// How much is kept, in bytes. Listings of a million assets take eight megabytes each.
const BOUND: usize = 64 << 20;

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
        let page = holder.page(store, provider, query).await;
        self.make_room();
        page
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
