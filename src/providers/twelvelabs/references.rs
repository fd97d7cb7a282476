//! TwelveLabs' lists of what refers to an asset: indexed assets, and entities.

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::asset::{selector, unknown};
use super::headers::{rated, versioned};
use super::list::{PAGE, PAGE_LIMIT};
use super::view::{Body, PageInfo};
use crate::contract::evidence::Evidence::Client;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall};
use crate::contract::query::{Param, Unknown};
use crate::contract::variant::Variants;
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::store::{Query, ReadAsset, Store};
use crate::random::{HEX, Rng, random_id};

/// A list of what refers to an asset.
#[derive(Debug)]
pub struct References {
    /// All of it. The text is the id of the workspace.
    found: fn(&StoredAsset, &str) -> Vec<IndexedAsset>,
}

/// The assets of indexes that are made from this one: one for each index that refers to it.
pub static INDEXED_ASSETS: References = References { found: indexed_assets };

/// The entities that have it: there are none here.
pub static ENTITIES: References = References { found: |_, _| Vec::new() };

/// The parameters of the query string.
pub const PARAMS: &[Param] =
    &[PAGE.known(Client, "Which page, from 1."), PAGE_LIMIT.known(Client, "How many items a page holds.")];

/// The parameters, and how others are treated, under the chosen variants.
pub fn varied(variants: Variants) -> (&'static [Param], Unknown) {
    (PARAMS, unknown(variants))
}

#[derive(Debug, Serialize)]
struct IndexedAsset {
    _id: String,
    index: Index,
}

#[derive(Debug, Serialize)]
struct Index {
    _id: String,
    name: String,
}

// By hand, because the answer shows the page that was asked for, which is not part of what is read.
impl Handler for References {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let (args, cx) = (&call.input.query, &call.context);
            let stored = ReadAsset { asset: selector(call.input)? }.run(store, &call.caller()).await?;
            let found = (self.found)(&stored, cx.workspace());
            let page_info = PageInfo::of(args, found.len() as u64);
            let limit = usize::try_from(args.integer("page_limit")).unwrap_or(usize::MAX);
            let before = usize::try_from(args.integer("page") - 1).unwrap_or(usize::MAX).saturating_mul(limit);
            let data: Vec<_> = found.into_iter().skip(before).take(limit).collect();
            Ok(versioned(rated(Reply::json(StatusCode::OK, &Body { data, page_info }), cx)))
        })
    }
}

/// Inferred: the ids, which follow from the names, and that the order is that of the asset's field.
fn indexed_assets(stored: &StoredAsset, workspace: &str) -> Vec<IndexedAsset> {
    let id = |of: &str, name: &str| random_id("", Rng::named(&format!("{workspace} {of} {name}")).next_u128(), 24, HEX);
    let names = stored.asset.referenced_by.iter();
    let indexed = names.map(|name| IndexedAsset {
        _id: id(&stored.id, name),
        index: Index { _id: id("index", name), name: name.clone() },
    });
    indexed.collect()
}
