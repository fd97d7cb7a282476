//! TwelveLabs' routes on a single asset: get and delete.

use axum::http::StatusCode;

use super::headers::{rated, versioned};
use super::variants::VARIANTS;
use super::{CARD, array, list};
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::Documented;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Input, QueryHandler};
use crate::contract::query::{Param, Problem, Repeated, Unknown, Violation};
use crate::contract::variant::Variants;
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::selection::AssetSelector;
use crate::library::store::DeleteAsset;
use crate::library::store::ReadAsset;

/// Shows an asset.
pub static GET: QueryHandler<ReadAsset> = QueryHandler {
    query: |input, _| Ok(ReadAsset { asset: selector(input)? }),
    reply: |stored, cx| shown(StatusCode::OK, stored, cx),
};

/// Deletes an asset.
pub static DELETE: CommandHandler<DeleteAsset> = CommandHandler {
    command: |input, _| Ok(DeleteAsset { asset: selector(input)?, force: input.query.text("force") == Some("true") }),
    reply: |_, cx| no_content(cx),
};

/// The parameters of a deletion's query string. Inferred: the two words, and that the first counts.
pub const DELETE_PARAMS: &[Param] = &[Param::one_of("force", &["true", "false"])
    .or("false")
    .repeated(Repeated::First)
    .known(Documented, "Whether to delete it even if indexes refer to it.")];

/// The parameters of an operation that has none, and how others are treated, under the chosen variants.
pub fn varied(variants: Variants) -> (&'static [Param], Unknown) {
    (&[], unknown(variants))
}

/// The same for a deletion.
pub fn varied_delete(variants: Variants) -> (&'static [Param], Unknown) {
    (DELETE_PARAMS, unknown(variants))
}

/// How parameters that an operation does not have are treated under the chosen variants.
pub fn unknown(variants: Variants) -> Unknown {
    if variants.is(VARIANTS, "unknown_parameters", "ignore") { Unknown::Ignored } else { Unknown::Refused }
}

/// Inferred: a malformed id is an invalid parameter, as in `asset_ids`, and upper case does not matter.
pub fn selector(input: &Input) -> Result<AssetSelector, Failure> {
    let given = input.path("asset_id");
    if array::is_id(given) {
        return Ok(AssetSelector { id: given.to_ascii_lowercase(), filters: list::always_filtered() });
    }
    Err(Failure::Invalid(vec![Violation::in_path("asset_id", given, Problem::malformed())]))
}

/// Documented: 204 without a body.
pub fn no_content(cx: &Context) -> Reply {
    versioned(rated(Reply::empty(StatusCode::NO_CONTENT), cx))
}

/// An asset, as the list shows it.
pub fn shown(status: StatusCode, stored: &StoredAsset, cx: &Context) -> Reply {
    let listed = list::ASSETS.show(stored, CARD.name, cx);
    versioned(rated(Reply::json(status, &listed), cx))
}
