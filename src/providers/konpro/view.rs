//! KonPro's page: `assets`, `token`, `has_more`.

use axum::http::StatusCode;
use serde::Serialize;

use super::{CARD, token};
use crate::clock::seconds;
use crate::import::Shown;
use crate::provider::Reply;
use crate::store;

#[derive(Serialize)]
struct Body<'a> {
    assets: Vec<Shown<'a, Asset<'a>>>,
    token: Option<&'a str>,
    has_more: bool,
}

#[derive(Serialize)]
struct Asset<'a> {
    id: &'a str,
    name: &'a str,
    file_type: &'a str,
    folder_id: &'a str,
    created_ts: i64,
    url: Option<&'a str>,
}

pub fn page(page: &store::Page) -> Reply {
    let token = page.assets.last().filter(|_| page.more).map(token::write);
    let assets = page.shown().iter().map(|stored| Shown::of(stored, CARD.name, asset)).collect();
    Reply::json(StatusCode::OK, &Body { assets, token: token.as_deref(), has_more: page.more }).offering(token)
}

fn asset(stored: &store::Asset) -> Asset<'_> {
    Asset {
        id: &stored.id,
        name: stored.name.as_deref().unwrap_or(&stored.id), // inferred: a relative of this API names assets so
        file_type: &stored.kind,
        folder_id: stored.folder.as_deref().unwrap_or(""),
        created_ts: seconds(stored.created_at),
        url: stored.url.as_deref(),
    }
}
