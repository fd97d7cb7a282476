//! PiktID's route on a single asset.

use axum::http::StatusCode;

use super::{CARD, list};
use crate::contract::context::Context;
use crate::contract::handler::{Input, Reads};
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::selection::{AssetSelector, Filter};
use crate::library::store::ReadAsset;

/// Shows one.
pub static GET: Reads<ReadAsset> =
    Reads { query: |input, cx| Ok(ReadAsset { asset: wanted(input, cx) }), reply: shown };

/// Whatever one of the three ownerships lists is found; inferred: what none lists, others' private assets, is not.
fn wanted(input: &Input, cx: &Context) -> AssetSelector {
    let mut filters = list::held();
    filters.push(Filter::ReadableBy(cx.user().to_owned()));
    AssetSelector { id: input.path("asset_id").to_owned(), filters }
}

/// Documented: the bare object.
fn shown(stored: &StoredAsset, cx: &Context) -> Reply {
    Reply::json(StatusCode::OK, &list::ASSETS.row(stored, CARD.name, cx.workspace(), cx.variants, cx.origin))
}
