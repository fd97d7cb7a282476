//! PiktID's page: `pagination` and `assets`.

use serde::Serialize;
use serde_json::value::RawValue;

use super::grammar::{self, TAGS};
use crate::clock::{Micros, utc};
use crate::contract::page::{Page, Rows};
use crate::contract::query::Args;
use crate::http::reply::RenderedPage;
use crate::library::asset::StoredAsset;

#[derive(Serialize)]
struct Body<'a> {
    pagination: Pagination,
    assets: Rows<'a>,
}

#[derive(Serialize)]
pub struct Pagination {
    page: Box<RawValue>,
    per_page: i64,
    total: u64,
    pages: u64,
    has_next: bool,
    has_prev: bool,
}

#[derive(Serialize)]
pub struct Asset<'a> {
    id: &'a str,
    filename: &'a str,
    url: String,
    created_at: String,
    created_by: &'a str,
    tags: Vec<&'a str>,
    visibility: &'static str,
    thumbnail_big: Option<&'a str>,
    thumbnail_small: Option<&'a str>,
    styling_note: Option<&'a str>,
    detected: Option<&'a RawValue>,
    dimensions: Option<[i64; 2]>,
}

pub fn page(page: &Page, args: &Args) -> RenderedPage {
    RenderedPage::json(&Body { pagination: pagination(args, page.total), assets: page.shown() })
}

/// The numbers of a page of so many items in all.
pub fn pagination(args: &Args, total: u64) -> Pagination {
    let digits = grammar::page_digits(args);
    let per_page = args.integer("per_page");
    let pages = total.div_ceil(per_page.unsigned_abs());
    Pagination {
        page: RawValue::from_string(digits.to_owned()).expect("canonical digits are JSON"),
        per_page,
        total,
        pages,
        has_next: grammar::page_number(args) < pages,
        has_prev: grammar::page_number(args) > 1,
    }
}

pub fn asset(stored: &StoredAsset) -> Asset<'_> {
    let StoredAsset { id, asset, .. } = stored;
    Asset {
        id,
        filename: asset.name.as_deref().unwrap_or(id),
        url: asset.url.clone().unwrap_or_else(|| url(id, asset.name.as_deref())),
        created_at: time(asset.created_at.0),
        created_by: asset.uploader(),
        tags: asset.tags.iter().map(String::as_str).filter(|tag| TAGS.contains(tag)).collect(),
        visibility: asset.visibility.word(),
        thumbnail_big: asset.thumbnail_big.as_deref(),
        thumbnail_small: asset.thumbnail_small.as_deref(),
        styling_note: asset.styling_note.as_deref(),
        detected: asset.detected.as_deref(),
        dimensions: asset.width.zip(asset.height).map(|(width, height)| [width, height]),
    }
}

/// Inferred: the host of URLs that are made up, which nobody owns.
pub const MADE_UP_HOST: &str = "cdn.piktid.example";

/// Inferred: every asset has a URL. Where none is stored, this one is shown.
pub fn url(id: &str, name: Option<&str>) -> String {
    let extension = name.and_then(|name| name.rsplit_once('.')).map_or("bin", |(_, extension)| extension);
    format!("https://{MADE_UP_HOST}/{id}.{extension}")
}

/// Inferred: Python's `isoformat()` in UTC, which leaves out a fraction that is zero.
pub fn time(at: Micros) -> String {
    let format = if at % crate::clock::SECOND == 0 { "%Y-%m-%dT%H:%M:%S+00:00" } else { "%Y-%m-%dT%H:%M:%S%.6f+00:00" };
    utc(at).format(format).to_string()
}
