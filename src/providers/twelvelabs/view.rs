//! TwelveLabs' page: `data` and `page_info`, and its asset.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock::{Micros, utc};
use crate::contract::page::Page;
use crate::contract::query::Args;
use crate::http::reply::RenderedPage;
use crate::library::asset::StoredAsset;
use crate::library::metadata::Metadata;
use crate::library::model::Status;

/// A page of a list, of assets or of what refers to one.
#[derive(Serialize)]
pub struct Body<D> {
    pub data: D,
    pub page_info: PageInfo,
}

#[derive(Serialize)]
pub struct Asset<'a> {
    _id: &'a str,
    method: &'a str,
    status: &'static str,
    filename: &'a str,
    file_type: &'a str,
    created_at: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    user_metadata: &'a Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<AssetError<'a>>,
}

/// Why an asset failed.
#[derive(Serialize)]
struct AssetError<'a> {
    message: &'a str,
}

#[derive(Serialize)]
pub struct PageInfo {
    limit_per_page: i64,
    page: i64,
    total_page: u64,
    total_results: u64,
}

impl PageInfo {
    /// What a page says of a list with this many items.
    pub fn of(args: &Args, total_results: u64) -> PageInfo {
        let limit = args.integer("page_limit");
        PageInfo {
            limit_per_page: limit,
            page: args.integer("page"),
            total_page: total_results.div_ceil(limit.unsigned_abs()),
            total_results,
        }
    }
}

/// Inferred: the type shown where no MIME type is stored.
const UNKNOWN_TYPE: &str = "application/octet-stream";

pub fn page(page: &Page, args: &Args) -> RenderedPage {
    RenderedPage::json(&Body { data: page.shown(), page_info: PageInfo::of(args, page.total) })
}

pub fn asset(stored: &StoredAsset) -> Asset<'_> {
    let StoredAsset { id, asset, .. } = stored;
    let failed = asset.status == Status::Failed;
    let error = asset.failure_message.as_deref().filter(|_| failed).map(|message| AssetError { message });
    Asset {
        _id: id,
        method: method(&asset.uploaded_via),
        status: status(asset.status),
        filename: asset.name.as_deref().unwrap_or(id),
        file_type: asset.mime_type.as_deref().unwrap_or(UNKNOWN_TYPE),
        created_at: time(asset.created_at.0),
        user_metadata: &asset.user_metadata,
        error,
    }
}

/// Inferred: this vendor has no word for an upload to a signed URL, which other vendors have, so it counts as direct.
fn method(uploaded_via: &str) -> &str {
    if uploaded_via == "signed_url" { "direct" } else { uploaded_via }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Pending | Status::Processing => "processing", // pending: inferred, there are only three
        Status::Ready => "ready",
        Status::Failed => "failed",
    }
}

/// Documented: whole seconds and `Z`.
pub fn time(at: Micros) -> String {
    utc(at).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
