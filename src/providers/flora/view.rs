//! FLORA's page: `assets` and `meta`; and its single asset.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::Datelike;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::cursor;
use super::variants::VARIANTS;
use crate::clock::{Micros, utc};
use crate::contract::page::{Page, Row, Rows};
use crate::contract::query::Args;
use crate::contract::variant::Variants;
use crate::http::reply::{RenderedPage, Reply, raw};
use crate::library::asset::StoredAsset;
use crate::library::model::Status;

#[derive(Serialize)]
struct Body<'a> {
    assets: Rows<'a>,
    meta: Meta<'a>,
}

/// The fields in the order of the reference page, whose optional fields come last.
#[derive(Serialize)]
struct Asset<'a> {
    asset_id: &'a str,
    content_type: &'a str,
    created_at: i64,
    description: Option<&'a str>,
    height: Option<i64>,
    name: Option<&'a str>,
    size_bytes: Option<i64>,
    status: &'static str,
    upload_content_type: Option<&'a str>,
    uploaded_via: &'a str,
    url: Option<String>,
    width: Option<i64>,
    workspace_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<&'a str>,
}

/// The same fields in the order of the OpenAPI document.
#[derive(Serialize)]
struct OpenApiAsset<'a> {
    asset_id: &'a str,
    name: Option<&'a str>,
    description: Option<&'a str>,
    workspace_id: &'a str,
    url: Option<String>,
    content_type: &'a str,
    upload_content_type: Option<&'a str>,
    uploaded_via: &'a str,
    status: &'static str,
    width: Option<i64>,
    height: Option<i64>,
    size_bytes: Option<i64>,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<&'a str>,
}

/// What every list says of its pages.
#[derive(Serialize)]
pub struct Meta<'a> {
    /// The cursor of the next page, if there is one.
    pub next_cursor: Option<&'a str>,
    /// How many items all pages have together.
    pub total_estimate: u64,
}

pub fn page(page: &Page, args: &Args) -> RenderedPage {
    let seen = cursor::offset(args).saturating_add(page.rows.len() as u64);
    let next = page.more.then(|| cursor::write(seen));
    let meta = Meta { next_cursor: next.as_deref(), total_estimate: page.total };
    RenderedPage::json(&Body { assets: page.shown(), meta }).offering(next)
}

/// The fields of a single asset, in the order of the OpenAPI document. All are always there.
const SINGLE: [&str; 14] = [
    "asset_id",
    "name",
    "description",
    "workspace_id",
    "url",
    "content_type",
    "upload_content_type",
    "size_bytes",
    "uploaded_via",
    CREATED_AT,
    "status",
    FAILURE_MESSAGE,
    "width",
    "height",
];

const CREATED_AT: &str = "created_at";

const FAILURE_MESSAGE: &str = "failure_message";

/// A single asset: its fields as the list shows them, but for the time, which is a text here, and the message, which
/// the list lacks.
struct Single<'a> {
    listed: BTreeMap<String, &'a RawValue>,
    created_at: Micros,
    failure_message: Option<&'a str>,
}

impl Serialize for Single<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(SINGLE.iter().map(|name| match *name {
            CREATED_AT => (name, Some(raw(&date_time(self.created_at)))),
            FAILURE_MESSAGE => (name, self.failure_message.map(|message| raw(&message))),
            name_in_list => (name, self.listed.get(name_in_list).map(|value| (*value).to_owned())),
        }))
    }
}

/// The answer that shows one asset, as the list shows it and with its `failure_message`, which is null if it has none.
pub fn single(listed: &Row, failure_message: Option<&str>) -> Reply {
    let created_at = listed.created_at;
    let listed = serde_json::from_str(listed.json.get()).expect("the list shows each asset as an object");
    Reply::json(StatusCode::OK, &Single { listed, created_at, failure_message })
}

/// Inferred: with milliseconds, as JavaScript writes a time.
pub fn date_time(at: Micros) -> String {
    utc(at).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Inferred: the MIME type shown where none is stored, since the field is never null.
pub const UNKNOWN_TYPE: &str = "application/octet-stream";

pub fn asset(stored: &StoredAsset, workspace: &str, variants: Variants) -> Box<RawValue> {
    let mut asset = in_order_of_reference(stored, workspace);
    if variants.is(VARIANTS, "content_type", "mime") {
        asset.content_type = stored.asset.mime_type.as_deref().unwrap_or(UNKNOWN_TYPE);
    }
    match variants.is(VARIANTS, "key_order", "openapi") {
        true => raw(&in_order_of_openapi(asset)),
        false => raw(&asset),
    }
}

fn in_order_of_openapi(asset: Asset<'_>) -> OpenApiAsset<'_> {
    OpenApiAsset {
        asset_id: asset.asset_id,
        name: asset.name,
        description: asset.description,
        workspace_id: asset.workspace_id,
        url: asset.url,
        content_type: asset.content_type,
        upload_content_type: asset.upload_content_type,
        uploaded_via: asset.uploaded_via,
        status: asset.status,
        width: asset.width,
        height: asset.height,
        size_bytes: asset.size_bytes,
        created_at: asset.created_at,
        node_id: asset.node_id,
        project_id: asset.project_id,
    }
}

fn in_order_of_reference<'a>(stored: &'a StoredAsset, workspace: &'a str) -> Asset<'a> {
    let StoredAsset { id, asset, .. } = stored;
    Asset {
        asset_id: id,
        content_type: asset.kind(),
        created_at: milliseconds(asset.created_at.0),
        description: asset.description.as_deref(),
        height: asset.height,
        name: asset.name.as_deref(),
        size_bytes: asset.size_bytes,
        status: status(asset.status),
        upload_content_type: asset.mime_type.as_deref(),
        uploaded_via: &asset.uploaded_via,
        url: asset.url.clone().or_else(|| (asset.status == Status::Ready).then(|| url(stored))),
        width: asset.width,
        workspace_id: workspace,
        node_id: asset.node.as_deref(),
        project_id: asset.project.as_deref(),
    }
}

/// The word for a status.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Pending | Status::Processing => "pending_upload", // processing: inferred, there are only three
        Status::Ready => "ready",
        Status::Failed => "failed",
    }
}

/// Inferred: milliseconds, as in the vendor's other integer fields of that name.
pub fn milliseconds(at: Micros) -> i64 {
    at.div_euclid(1000)
}

/// Inferred: the host of URLs that are made up, which nobody owns.
pub const MADE_UP_HOST: &str = "media.flora.example";

/// Inferred: a URL in the form that clients have seen from the vendor.
pub fn url(stored: &StoredAsset) -> String {
    format!("https://{MADE_UP_HOST}/{}", object_name(stored))
}

/// The name of the object in the vendor's storage that has the bytes.
pub fn object_name(stored: &StoredAsset) -> String {
    let day = utc(stored.asset.created_at.0);
    let extension =
        stored.asset.name.as_deref().and_then(|name| name.rsplit_once('.')).map_or("bin", |(_, extension)| extension);
    format!("api-uploads/{}/{}/{}/{}.{extension}", day.year(), day.month(), day.day(), stored.id)
}
