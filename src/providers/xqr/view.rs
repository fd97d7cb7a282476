//! xQR's page: `data` and `meta`.

use axum::http::StatusCode;
use serde::Serialize;

use super::headers;
use crate::clock::{Micros, seconds, utc};
use crate::contract::context::Context;
use crate::contract::page::{Page, Rows};
use crate::contract::query::Args;
use crate::http::reply::{RenderedPage, Reply, write};
use crate::http::response_body::ResponseBody;
use crate::library::asset::StoredAsset;
use crate::library::model::Status;
use crate::library::url_name::base_name;

#[derive(Serialize)]
struct Body<'a> {
    data: Rows<'a>,
}

#[derive(Serialize)]
struct Single<'a, T> {
    data: &'a T,
}

#[derive(Serialize)]
pub struct Asset<'a> {
    id: &'a str,
    filename: &'a str,
    mime_type: &'a str,
    file_size: i64,
    status: &'static str,
    is_public: bool,
    public_url: Option<String>,
    tags: &'a [String],
    created_at: String,
    updated_at: String,
}

#[derive(Serialize)]
struct Meta<'a> {
    request_id: &'a str,
    rate_limit: Option<RateLimit>,
}

#[derive(Serialize)]
struct RateLimit {
    limit: u64,
    remaining: u64,
    reset: i64,
}

/// Documented as the default for an upload without a content type. Inferred: it is shown for one too.
pub const UNKNOWN_TYPE: &str = "application/octet-stream";

/// The body without `meta`, which differs in every answer and comes last.
pub fn page(page: &Page, _: &Args) -> RenderedPage {
    RenderedPage::json(&Body { data: page.shown() })
}

/// The answer that shows something other than a page of assets, in the same envelope.
pub fn single<T: Serialize>(data: &T, cx: &Context) -> Reply {
    answer(&RenderedPage::json(&Single { data }), cx)
}

/// How many headers the answer to an active key has, including `date`.
const HEADERS: usize = 8;

pub fn answer(page: &RenderedPage, cx: &Context) -> Reply {
    let id = headers::request_id(cx);
    let rate_limit = cx.counts.main().map(|count| RateLimit {
        limit: count.quota.requests,
        remaining: count.remaining,
        reset: seconds(count.reset_at),
    });
    let open = page.body.slice(..page.body.len() - 1);
    let mut end = Vec::with_capacity(128);
    end.extend_from_slice(b",\"meta\":");
    write(&mut end, &Meta { request_id: &id, rate_limit });
    end.push(b'}');
    let reply = Reply::with_room(StatusCode::OK, ResponseBody::of(open, end.into()), HEADERS);
    headers::complete(reply, id, cx)
}

pub fn asset<'a>(stored: &'a StoredAsset, workspace: &str) -> Asset<'a> {
    let StoredAsset { id, asset, .. } = stored;
    Asset {
        id,
        filename: asset.name.as_deref().unwrap_or(id),
        mime_type: asset.mime_type.as_deref().unwrap_or(UNKNOWN_TYPE),
        file_size: asset.size_bytes.unwrap_or(0),
        status: status(asset.status),
        is_public: asset.is_public,
        public_url: asset
            .is_public
            .then(|| asset.public_url.clone().unwrap_or_else(|| published_at(stored, workspace))),
        tags: &asset.tags,
        created_at: time(asset.created_at.0),
        updated_at: time(asset.updated_at().0),
    }
}

/// Documented: the two words. Inferred: a failed upload was never confirmed.
fn status(status: Status) -> &'static str {
    match status {
        Status::Pending | Status::Failed => "pending",
        Status::Processing | Status::Ready => "confirmed",
    }
}

/// Documented: where published originals are. Inferred: the extension is that of the name without its folders.
fn published_at(stored: &StoredAsset, workspace: &str) -> String {
    let short = stored.id.get(..8).unwrap_or(&stored.id);
    let extension = stored
        .asset
        .name
        .as_deref()
        .and_then(base_name)
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, extension)| format!(".{extension}"))
        .unwrap_or_default();
    format!("https://cdn.xqr.co/tenants/{workspace}/originals/{short}{extension}")
}

pub fn time(at: Micros) -> String {
    utc(at).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
