//! The listing of a provider for a request without parameters: its filters, its page size, and how many assets of a
//! workspace it has.

use std::collections::BTreeMap;

use crate::contract::provider::Provider;
use crate::contract::variant::Variants;
use crate::emulator::app::App;
use crate::emulator::due_assets;
use crate::emulator::listed_counts::CountedListing;
use crate::library::key::{CollectionVersion, Key, KeyState};
use crate::library::limits::KeyLimits;
use crate::library::model::Choices;
use crate::library::selection::{AssetQuery, Filter, Selection};
use crate::library::store::{StoreError, Summary, View};
use crate::providers;

/// A workspace and how many assets each provider lists for a client with its first live key.
pub struct CountedWorkspace {
    /// The workspace's summary.
    pub summary: Summary,
    /// The first live key for each provider that has one, by provider.
    pub keys: BTreeMap<String, Key>,
    /// How many assets each of these keys is shown, by provider.
    pub counts: BTreeMap<&'static str, u64>,
}

/// Reads a workspace and counts the assets that each provider lists, in one read transaction.
pub async fn read(app: &App, id: &str) -> Result<CountedWorkspace, StoreError> {
    let _turn = if app.store.is_large(id) { Some(app.store.large_read().await) } else { None };
    let mut read = app.store.read().await?;
    let (mut summary, mut all_keys) = read.workspace(id).await?;
    let now = app.workspace_states.get_or_create(&summary.id).now(&app.clock);
    if all_keys.iter().any(|key| key.due_at.is_some_and(|at| at <= now)) {
        drop(read);
        due_assets::settle_due_by(app, id, now).await;
        read = app.store.read().await?;
        (summary, all_keys) = read.workspace(id).await?;
    }
    let mut keys = BTreeMap::new();
    for key in all_keys.into_iter().filter(|key| key.state(now) == KeyState::Active) {
        keys.entry(key.provider.clone()).or_insert(key);
    }
    let mut counts = BTreeMap::new();
    for provider in providers::ALL {
        let name = provider.card().name;
        let Some((key, selection)) = keys.get(name).and_then(|key| Some((key, selection(*provider, key)?))) else {
            continue;
        };
        let CollectionVersion { collection, version, .. } = key.collection_version;
        let listing = CountedListing { collection, version, provider: name, selection };
        let cached = app.listed.get(&listing);
        let count = match cached {
            Some(count) => count,
            None => {
                let view = View { provider: name, collection_version: key.collection_version };
                let count = read.count(view, &listing.selection).await?;
                app.listed.keep(listing, count);
                count
            }
        };
        counts.insert(name, count);
    }
    Ok(CountedWorkspace { summary, keys, counts })
}

/// The filters of this provider's listing for a request without parameters, with a key of this user.
pub fn filters(provider: &dyn Provider, user: &str) -> Vec<Filter> {
    let key = Key {
        id: 0,
        provider: provider.card().name.to_owned(),
        key: "".into(),
        workspace: "".into(),
        user: user.to_owned(),
        scopes: None,
        revoked: false,
        expires_at: None,
        limits: KeyLimits::Default,
        refresh: None,
        due_at: None,
        waits_for_read: false,
        collection_version: CollectionVersion { collection: 0, version: 0, tallied: false },
        choices: Choices::default(),
    };
    selection(provider, &key).map(|selection| selection.filters).unwrap_or_default()
}

/// This provider's default page size.
pub fn page_size(provider: &dyn Provider, key: &Key) -> Option<u64> {
    query(provider, key).map(|query| query.limit.into())
}

fn selection(provider: &dyn Provider, key: &Key) -> Option<Selection> {
    query(provider, key).map(|query| query.selection)
}

fn query(provider: &dyn Provider, key: &Key) -> Option<AssetQuery> {
    let card = provider.card();
    let args = card.list_operation().read("", Variants::default()).ok()?;
    (card.asset_list().plan)(&args, key).ok()
}
