//! PiktID's routes on assets besides the list: get, and delete in bulk.

use axum::http::StatusCode;
use serde::Serialize;

use super::{CARD, body, list};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Input, QueryHandler};
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::selection::{AssetSelector, Filter};
use crate::library::store::{DeleteAssets, DeletedAssets, ReadAsset};

/// Shows an asset.
pub static GET: QueryHandler<ReadAsset> =
    QueryHandler { query: |input, cx| Ok(ReadAsset { asset: selector(input, cx) }), reply: asset_reply };

/// Deletes assets.
pub static DELETE: CommandHandler<DeleteAssets> =
    CommandHandler { command: delete_command, reply: |deleted, _| delete_reply(deleted) };

/// Documented: how many assets one request can delete.
const MOST_DELETED: usize = 100;

#[derive(Serialize)]
struct Deleted<'a> {
    deleted_count: usize,
    failed_ids: &'a [String],
}

/// An asset is found if any of the three ownerships lists it. Teammates' private assets are not (inferred).
fn selector(input: &Input, cx: &Context) -> AssetSelector {
    let mut filters = list::always_filtered();
    filters.push(Filter::NotPrivateOrBy(cx.user().to_owned()));
    AssetSelector { id: input.path("asset_id").to_owned(), filters }
}

/// Documented: the bare object.
fn asset_reply(stored: &StoredAsset, cx: &Context) -> Reply {
    Reply::json(StatusCode::OK, &list::ASSETS.show(stored, CARD.name, cx))
}

/// Documented: only the uploader can delete an asset. Inferred: an id that is given twice counts once, and an image
/// that is not ready is not found.
fn delete_command(input: &Input, cx: &Context) -> Result<DeleteAssets, Failure> {
    let mut ids: Vec<String> = Vec::new();
    for id in body::required_texts(input, "asset_ids", MOST_DELETED)? {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut filters = list::always_filtered();
    filters.push(Filter::Uploader(cx.user().to_owned()));
    Ok(DeleteAssets { ids, filters })
}

/// Documented: ids that are not found are no error. Inferred: the status.
fn delete_reply(DeletedAssets { deleted, not_found }: &DeletedAssets) -> Reply {
    Reply::json(StatusCode::OK, &Deleted { deleted_count: *deleted, failed_ids: not_found })
}
