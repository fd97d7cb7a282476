//! KonPro's route on a single asset: delete. It has none that shows one.

use axum::http::StatusCode;
use serde::Serialize;

use super::{list, view};
use crate::contract::context::Context;
use crate::contract::handler::{CommandHandler, Input};
use crate::http::reply::Reply;
use crate::library::selection::AssetSelector;
use crate::library::store::DeleteAsset;

#[derive(Serialize)]
struct Deleted<'a> {
    asset_id: &'a str,
    status: &'static str,
    message: &'static str,
    deleted_at: String,
}

/// Deletes an asset.
pub static DELETE: CommandHandler<DeleteAsset> = CommandHandler {
    command: |input, _| Ok(DeleteAsset { asset: selector(input), force: true }),
    reply: |id, cx| delete_reply(id, cx),
};

/// Inferred: an asset in a trashed folder can be deleted; one that has not arrived is a 404.
fn selector(input: &Input) -> AssetSelector {
    AssetSelector { id: input.path("asset_id").to_owned(), filters: list::always_filtered() }
}

fn delete_reply(id: &str, cx: &Context) -> Reply {
    let message = "Asset successfully deleted";
    Reply::json(StatusCode::OK, &Deleted { asset_id: id, status: "deleted", message, deleted_at: view::time(cx.now) })
}
