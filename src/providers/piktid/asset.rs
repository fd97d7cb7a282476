//! PiktID's route on a single asset.

use axum::http::StatusCode;

use super::{CARD, list};
use crate::contract::context::Context;
use crate::contract::handler::{Input, ReadsAsset};
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::key::Key;
use crate::library::selection::{AssetSelector, Filter};

/// Shows one.
pub static GET: ReadsAsset = ReadsAsset { asset: |input, key| Ok(wanted(input, key)), reply: shown };

/// Whatever one of the three ownerships lists is found; inferred: what none lists, others' private assets, is not.
fn wanted(input: &Input, key: &Key) -> AssetSelector {
    let mut filters = list::held();
    filters.push(Filter::ReadableBy(key.user.clone()));
    AssetSelector { id: input.path("asset_id").to_owned(), filters }
}

/// Documented: the bare object.
fn shown(stored: &StoredAsset, cx: &Context) -> Reply {
    Reply::json(StatusCode::OK, &list::ASSETS.row(stored, CARD.name, cx.workspace(), cx.variants))
}
