//! FLORA's routes on a project's canvas: the nodes on it, and attaching an asset.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;

use super::list::{self, CURSOR, LIMIT};
use super::projects::wrong_project;
use super::view::Meta;
use super::{CARD, asset, cursor, headers, new_id};
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::Client;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Input, QueryHandler};
use crate::contract::query::Param;
use crate::http::reply::{Reply, raw};
use crate::library::asset::StoredAsset;
use crate::library::store::{AttachAsset, CanvasPage, ListCanvas};

/// The parameters of the query string, as the SDK has them.
pub const PARAMS: &[Param] = &[
    LIMIT.known(Client, "How many nodes to return."),
    CURSOR.known(Client, "Where the page begins: `next_cursor` of the page before."),
];

/// Lists the nodes of a canvas.
pub static NODES: QueryHandler<ListCanvas> = QueryHandler { query: canvas_query, reply: page_reply };

/// Puts an asset on a canvas.
pub static ATTACH: CommandHandler<AttachAsset> = CommandHandler { command: attach_command, reply: attach_reply };

/// A node, in the order of the SDK's types. Inferred: what has no value is left out, as in the list of assets.
#[derive(Serialize)]
struct Node<'a> {
    node_id: &'a str,
    r#type: &'a str,
    asset_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Body<'a> {
    nodes: Vec<Box<RawValue>>,
    meta: Meta<'a>,
}

/// The fields in the order of the SDK's types.
#[derive(Serialize)]
struct Attached<'a> {
    asset_id: &'a str,
    canvas_url: String,
    node_id: &'a str,
    project_id: &'a str,
}

fn canvas_query(input: &Input, _: &Context) -> Result<ListCanvas, Failure> {
    let project = input.path("projectId").to_owned();
    if let Some(violation) = wrong_project(&project) {
        return Err(Failure::Invalid(vec![violation]));
    }
    let (offset, limit) = (cursor::offset(&input.query), cursor::limit(&input.query));
    Ok(ListCanvas { project, filters: list::always_filtered(), offset, limit })
}

fn page_reply(page: &CanvasPage, cx: &Context) -> Reply {
    let nodes = page.assets.iter().map(|asset| node(asset, cx)).collect();
    let next = cursor::next(page.seen, page.total);
    let body = Body { nodes, meta: Meta { next_cursor: next.as_deref(), total_estimate: page.total } };
    headers::complete(Reply::json(StatusCode::OK, &body), cx)
}

/// Shows of an asset what the list of assets shows of it.
fn node(stored: &StoredAsset, cx: &Context) -> Box<RawValue> {
    let row = list::ASSETS.show(stored, CARD.name, cx);
    let listed: BTreeMap<String, &RawValue> =
        serde_json::from_str(row.json.get()).expect("the list shows each asset as an object");
    let value = |name: &str| listed.get(name).copied().filter(|value| value.get() != "null");
    raw(&Node {
        node_id: stored.asset.node.as_deref().unwrap_or_default(),
        r#type: node_type(stored.asset.kind()),
        asset_id: &stored.id,
        height: value("height"),
        label: value("name"),
        url: value("url"),
        width: value("width"),
    })
}

/// Inferred: the type of nodes that are neither image, video nor audio. There are only four types.
const OTHER_TYPE: &str = "text";

fn node_type(kind: &str) -> &str {
    if ["image", "video", "audio"].contains(&kind) { kind } else { OTHER_TYPE }
}

fn attach_command(input: &Input, cx: &Context) -> Result<AttachAsset, Failure> {
    let project = input.path("projectId").to_owned();
    let violations: Vec<_> = wrong_project(&project).into_iter().chain(asset::wrong_asset(input)).collect();
    if !violations.is_empty() {
        return Err(Failure::Invalid(violations));
    }
    // Other bits than those of the request id.
    let node = new_id("node_", cx.entropy.rotate_left(32));
    Ok(AttachAsset { project, asset: asset::selector(input), node })
}

fn attach_reply(stored: &StoredAsset, cx: &Context) -> Reply {
    let project_id = stored.asset.project.as_deref().unwrap_or_default();
    let body = Attached {
        asset_id: &stored.id,
        canvas_url: canvas_url(project_id),
        node_id: stored.asset.node.as_deref().unwrap_or_default(),
        project_id,
    };
    headers::complete(Reply::json(StatusCode::OK, &body), cx)
}

/// Inferred: no document shows the URL of a canvas. This one is on a host that nobody owns.
fn canvas_url(project: &str) -> String {
    format!("https://app.flora.example/projects/{project}")
}
