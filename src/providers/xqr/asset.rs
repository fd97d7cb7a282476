//! xQR's routes on a single asset: get, publish, delete. Whatever the workspace lists is found, pending assets too (inferred).

use axum::http::StatusCode;

use super::{CARD, headers, list, view};
use crate::contract::context::Context;
use crate::contract::handler::{CommandHandler, Input, QueryHandler};
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::selection::AssetSelector;
use crate::library::store::ReadAsset;
use crate::library::store::{DeleteAsset, PublishAsset};

/// Shows one.
pub static GET: QueryHandler<ReadAsset> =
    QueryHandler { query: |input, _| Ok(ReadAsset { asset: wanted(input) }), reply: shown };

/// Publishes one.
pub static PUBLISH: CommandHandler<PublishAsset> =
    CommandHandler { command: |input, _| Ok(PublishAsset { asset: wanted(input) }), reply: shown };

/// Deletes one.
pub static DELETE: CommandHandler<DeleteAsset> = CommandHandler {
    command: |input, _| Ok(DeleteAsset { asset: wanted(input), force: true }),
    reply: |_, cx| deleted(cx),
};

/// Inferred: an id that is none is that of no asset.
fn wanted(input: &Input) -> AssetSelector {
    AssetSelector { id: input.path("asset_id").to_owned(), filters: Vec::new() }
}

fn shown(stored: &StoredAsset, cx: &Context) -> Reply {
    view::single(&list::ASSETS.show(stored, CARD.name, cx), cx)
}

/// Documented: 204 without a body.
fn deleted(cx: &Context) -> Reply {
    headers::complete(Reply::empty(StatusCode::NO_CONTENT), headers::request_id(cx), cx)
}
