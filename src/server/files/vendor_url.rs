//! URLs on the vendors' hosts of files. A client that comes through this server as a proxy, or names such a host, gets the
//! asset that is listed with that URL: one that is stored, or one that a vendor's view makes up.

use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::contract::provider::Provider;
use crate::contract::variant::Variants;
use crate::emulator::app::App;
use crate::library::asset::{Asset, StoredAsset};
use crate::library::store::{StoreError, WorkspaceAsset};
use crate::providers::directory;

/// The shortest part of an id by which assets are looked for: the shortest that a vendor puts into its URLs.
const MIN_ID: usize = 8;

/// An asset: its workspace, the provider and the public id there, and whether its thumbnail is meant.
pub struct FoundAsset {
    pub workspace: String,
    pub provider: &'static str,
    pub id: String,
    pub is_thumbnail: bool,
}

/// Finds the asset that has the URL of a request on a vendor's host of files.
pub async fn find(app: &App, request: &Parts) -> Result<Option<FoundAsset>, StoreError> {
    let Some((provider, host)) = directory::file_host(request) else { return Ok(None) };
    let name = provider.card().name;
    let path = percent_decode_str(request.uri.path()).decode_utf8_lossy();
    let decoded = format!("{host}{path}");
    let stem = path.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default();
    if stem.len() >= MIN_ID {
        let is_it = |found: &WorkspaceAsset| makes_up(provider, &found.stored, &found.workspace, &decoded);
        if let Some(WorkspaceAsset { workspace, stored }) = app.store.asset_with_id_prefix(name, stem, is_it).await? {
            return Ok(Some(FoundAsset { workspace, provider: name, id: stored.id, is_thumbnail: false }));
        }
    }
    // A stored URL may have a query string, which is part of it then.
    let with_query = format!("{host}{}", request.uri.path_and_query().map_or("", |path| path.as_str()));
    let as_sent = format!("{host}{}", request.uri.path());
    let addresses = [with_query, as_sent, decoded];
    let is_it = |WorkspaceAsset { stored, .. }: &WorkspaceAsset| {
        has_one(&addresses, file_urls(&stored.asset)) || has_one(&addresses, thumbnail_urls(&stored.asset))
    };
    let found = app.store.asset_with_address(name, &addresses, is_it).await?;
    Ok(found.map(|WorkspaceAsset { workspace, stored }| {
        let is_thumbnail = has_one(&addresses, thumbnail_urls(&stored.asset));
        FoundAsset { workspace, provider: name, id: stored.id, is_thumbnail }
    }))
}

fn file_urls(asset: &Asset) -> [&Option<String>; 2] {
    [&asset.url, &asset.public_url]
}

fn thumbnail_urls(asset: &Asset) -> [&Option<String>; 2] {
    [&asset.thumbnail_big, &asset.thumbnail_small]
}

/// Whether one of these URLs has one of these addresses.
fn has_one(addresses: &[String], urls: [&Option<String>; 2]) -> bool {
    urls.into_iter()
        .flatten()
        .any(|url| url.split_once("://").is_some_and(|(_, address)| addresses.iter().any(|wanted| wanted == address)))
}

/// Whether the provider's view makes this address up for an asset.
fn makes_up(provider: &dyn Provider, stored: &StoredAsset, workspace: &str, address: &str) -> bool {
    let card = provider.card();
    let row = card.asset_list().row(stored, card.name, workspace, Variants::default(), None);
    row.json.get().contains(&format!("://{address}\""))
}
