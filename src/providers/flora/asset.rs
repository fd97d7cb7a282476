//! FLORA's route on a single asset. It shows other fields than the list: two fewer, one more, and the time as a text.

use super::{CARD, headers, list, view};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Input, QueryHandler};
use crate::contract::query::Violation;
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::selection::AssetSelector;
use crate::library::store::ReadAsset;

/// Shows an asset.
pub static GET: QueryHandler<ReadAsset> =
    QueryHandler { query: |input, _| Ok(ReadAsset { asset: checked_selector(input)? }), reply: asset_reply };

/// The asset that the path names, if what it has can be an id.
pub fn checked_selector(input: &Input) -> Result<AssetSelector, Failure> {
    match wrong_asset(input) {
        Some(violation) => Err(Failure::Invalid(vec![violation])),
        None => Ok(selector(input)),
    }
}

/// What is wrong with an asset's id in the path. Documented: the pattern `^asset_\S+$`; inferred: what the error calls
/// the parameter.
pub fn wrong_asset(input: &Input) -> Option<Violation> {
    let id = input.path("assetId");
    let problem = list::prefixed("asset_", id).err()?;
    Some(Violation::in_path("assetId", id, problem))
}

/// The asset that the path names.
pub fn selector(input: &Input) -> AssetSelector {
    AssetSelector { id: input.path("assetId").to_owned(), filters: list::always_filtered() }
}

fn asset_reply(stored: &StoredAsset, cx: &Context) -> Reply {
    let listed = list::ASSETS.show(stored, CARD.name, cx);
    headers::complete(view::single(&listed, stored.asset.failure_message.as_deref()), cx)
}
