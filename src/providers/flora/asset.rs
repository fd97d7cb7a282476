//! FLORA's route on a single asset. It shows other fields than the list: two fewer, one more, and the time as a text.

use super::{CARD, headers, list, view};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Input, ReadsAsset};
use crate::contract::query::Violation;
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::selection::AssetSelector;

/// Shows one.
pub static GET: ReadsAsset = ReadsAsset { asset: |input, _| wanted(input), reply: shown };

/// Documented: the pattern `^asset_\S+$`; inferred: what the error calls the parameter.
fn wanted(input: &Input) -> Result<AssetSelector, Failure> {
    let id = input.path("assetId");
    match list::prefixed("asset_", id) {
        Ok(_) => Ok(AssetSelector { id: id.to_owned(), filters: vec![list::held()] }),
        Err(problem) => {
            let violation = Violation { param: "assetId".into(), given: id.to_owned(), problem, position: 0 };
            Err(Failure::Invalid(vec![violation]))
        }
    }
}

fn shown(stored: &StoredAsset, cx: &Context) -> Reply {
    let listed = list::ASSETS.row(stored, CARD.name, cx.workspace(), cx.variants);
    headers::complete(view::single(&listed), cx)
}
