//! KonPro's page: `assets`, `token`, `has_more`.

use serde::Serialize;

use super::page_token;
use super::variants::VARIANTS;
use crate::clock::{Micros, seconds, utc};
use crate::contract::page::{Page, Rows};
use crate::contract::variant::Variants;
use crate::http::reply::RenderedPage;
use crate::library::asset::StoredAsset;

#[derive(Serialize)]
struct Body<'a> {
    assets: Rows<'a>,
    token: Option<&'a str>,
    has_more: bool,
}

#[derive(Serialize)]
pub struct Asset<'a> {
    id: &'a str,
    name: &'a str,
    file_type: &'a str,
    folder_id: &'a str,
    created_ts: i64,
    url: Option<&'a str>,
}

pub fn page(page: &Page, variants: Variants) -> RenderedPage {
    let token = page.rows.last().filter(|_| page.more).map(|last| page_token::write(last.created_at, &last.id));
    let none = variants.is(VARIANTS, "last_token", "empty").then_some("");
    let body = Body { assets: page.shown(), token: token.as_deref().or(none), has_more: page.more };
    RenderedPage::json(&body).offering(token)
}

pub fn asset(stored: &StoredAsset) -> Asset<'_> {
    let StoredAsset { id, asset, .. } = stored;
    Asset {
        id,
        name: asset.name.as_deref().unwrap_or(id), // inferred: a relative of this API names assets so
        file_type: asset.kind(),
        folder_id: asset.folder.as_deref().unwrap_or(""),
        created_ts: seconds(asset.created_at.0),
        url: asset.url.as_deref(),
    }
}

/// Documented: times are whole seconds, except for those of assets in a list.
pub fn time(at: Micros) -> String {
    utc(at).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
