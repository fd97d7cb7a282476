//! xQR's routes on a single asset: get, publish, delete. Inferred: pending assets are found too, as the list shows
//! them.

use axum::http::StatusCode;

use super::{CARD, headers, list, view};
use crate::contract::context::Context;
use crate::contract::handler::{CommandHandler, Input, QueryHandler};
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::selection::AssetSelector;
use crate::library::store::ReadAsset;
use crate::library::store::{DeleteAsset, PublishAsset};

/// Shows an asset.
pub static GET: QueryHandler<ReadAsset> =
    QueryHandler { query: |input, _| Ok(ReadAsset { asset: selector(input) }), reply: asset_reply };

/// Publishes an asset.
pub static PUBLISH: CommandHandler<PublishAsset> =
    CommandHandler { command: |input, _| Ok(PublishAsset { asset: selector(input) }), reply: asset_reply };

/// Deletes an asset.
pub static DELETE: CommandHandler<DeleteAsset> = CommandHandler {
    command: |input, _| Ok(DeleteAsset { asset: selector(input), force: true }),
    reply: |_, cx| delete_reply(cx),
};

/// Inferred: a malformed id is a 404, like an unknown one.
pub fn selector(input: &Input) -> AssetSelector {
    AssetSelector { id: input.path("asset_id").to_owned(), filters: Vec::new() }
}

pub fn asset_reply(stored: &StoredAsset, cx: &Context) -> Reply {
    view::single(&list::ASSETS.show(stored, CARD.name, cx), cx)
}

/// Documented: 204 without a body.
fn delete_reply(cx: &Context) -> Reply {
    headers::complete(Reply::empty(StatusCode::NO_CONTENT), headers::request_id(cx), cx)
}
