//! FLORA's route on a single asset. It shows other fields than the list: two fewer, one more, and the time as a text.

use super::{CARD, headers, list, view};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Input, Reads};
use crate::contract::query::Violation;
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::selection::AssetSelector;
use crate::library::store::ReadAsset;

/// Shows one.
pub static GET: Reads<ReadAsset> = Reads { query: |input, _| Ok(ReadAsset { asset: wanted(input)? }), reply: shown };

/// Documented: the pattern `^asset_\S+$`; inferred: what the error calls the parameter.
fn wanted(input: &Input) -> Result<AssetSelector, Failure> {
    let id = input.path("assetId");
    match list::prefixed("asset_", id) {
        Ok(_) => Ok(AssetSelector { id: id.to_owned(), filters: vec![list::held()] }),
        Err(problem) => Err(Failure::Invalid(vec![Violation::in_path("assetId", id, problem)])),
    }
}

fn shown(stored: &StoredAsset, cx: &Context) -> Reply {
    let listed = list::ASSETS.row(stored, CARD.name, cx.workspace(), cx.variants, cx.origin);
    headers::complete(view::single(&listed), cx)
}
