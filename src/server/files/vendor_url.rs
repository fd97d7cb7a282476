//! URLs on the vendors' hosts of files. A client that comes through this server as a proxy, or names such a host, gets the
//! asset that is listed with that URL: one that is stored, or one that a vendor's view makes up.

use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::contract::provider::Provider;
use crate::contract::variant::Variants;
use crate::emulator::app::App;
use crate::library::asset::{Asset, StoredAsset};
use crate::library::store::StoreError;
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
        for (workspace, stored) in app.store.assets_with_id_prefix(name, stem).await? {
            if makes_up(provider, &stored, &workspace, &decoded) {
                return Ok(Some(FoundAsset { workspace, provider: name, id: stored.id, is_thumbnail: false }));
            }
        }
    }
    // A stored URL may have a query string, which is part of it then.
    let (plain, whole) = (format!("{host}{}", request.uri.path()), request.uri.path_and_query());
    let wanted = [format!("{host}{}", whole.map_or("", |path| path.as_str())), plain, decoded];
    for (workspace, stored) in app.store.assets_with_text(name, [&wanted[1], &wanted[2]]).await? {
        let is_it = |url: &&Option<String>| {
            let address = url.as_deref().and_then(|url| url.split_once("://"));
            address.is_some_and(|(_, address)| wanted.iter().any(|wanted| wanted == address))
        };
        let Asset { url, public_url, thumbnail_big, thumbnail_small, .. } = &stored.asset;
        let is_thumbnail = [thumbnail_big, thumbnail_small].iter().any(is_it);
        if is_thumbnail || [url, public_url].iter().any(is_it) {
            return Ok(Some(FoundAsset { workspace, provider: name, id: stored.id, is_thumbnail }));
        }
    }
    Ok(None)
}

/// Whether the provider's view makes this address up for an asset.
fn makes_up(provider: &dyn Provider, stored: &StoredAsset, workspace: &str, address: &str) -> bool {
    let card = provider.card();
    let row = card.asset_list().row(stored, card.name, workspace, Variants::default(), None);
    row.json.get().contains(&format!("://{address}\""))
}
