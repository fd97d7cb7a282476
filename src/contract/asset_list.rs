//! How a vendor lists its assets: what a route of the action [`List`](crate::contract::operation::Action::List) consists of.

use serde_json::value::RawValue;

use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::import::Unimportable;
use crate::contract::page::{Page, Row};
use crate::contract::query::Args;
use crate::contract::variant::Variants;
use crate::http::reply::{RenderedPage, Reply};
use crate::library::asset::Asset;
use crate::library::asset::StoredAsset;
use crate::library::key::Key;
use crate::library::selection::AssetQuery;

/// A list of assets: data, and pure functions that take values and return values. A request goes through them from top to
/// bottom: `plan` says what is asked of the library, `asset` shows each asset that it gives, `page` puts them on a page,
/// and `answer` makes an answer of the page.
///
/// Implementers keep three conventions: `plan` reads every parameter that the operation's table declares; `asset` and `page`
/// decide nothing about which assets are shown; and since what these two give is kept and shown again, it depends on nothing
/// but their arguments. What every answer has of its own, such as the id of the request, is added by `answer`.
#[derive(Debug)]
pub struct AssetList {
    /// How pages are asked for.
    pub paging: Paging,
    /// What the request asks of the library, in neutral terms.
    pub plan: fn(&Args, &Key) -> Result<AssetQuery, Failure>,
    /// An asset of the workspace with this id, as a page shows it.
    pub asset: fn(&StoredAsset, &str, Variants) -> Box<RawValue>,
    /// What a page looks like.
    pub page: fn(&Page, &Args) -> RenderedPage,
    /// The answer that shows a page.
    pub answer: fn(&RenderedPage, &Context) -> Reply,
    /// The assets of a list response of the real service, oldest insertion first, as the provider of this name gives them.
    /// Once they are stored, the list gives the same objects back in the same order, byte for byte but for white space
    /// between tokens. What it would never show is refused, not lost. Users, projects and folders that the assets name may
    /// have to be made first.
    pub import: fn(&'static str, &str) -> Result<Vec<Asset>, Unimportable>,
}

impl AssetList {
    /// An asset as the provider of this name shows it in this workspace: in the words that it was imported in from that
    /// provider, else in those that the view makes of it.
    pub fn row(&self, stored: &StoredAsset, provider: &str, workspace: &str, variants: Variants) -> Row {
        let words = stored.asset.words(provider).map(ToOwned::to_owned);
        let json = words.unwrap_or_else(|| (self.asset)(stored, workspace, variants));
        Row { id: stored.id.as_str().into(), created_at: stored.asset.created_at.0, json }
    }
}

/// How pages are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Paging {
    /// The parameter that says how many assets a page holds.
    pub size: &'static str,
    /// The parameter that says where a page begins.
    pub position: &'static str,
    /// What that parameter holds.
    pub by: Position,
    /// Whether a page says how many assets there are in all.
    pub total: bool,
}

/// What says where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// How many assets come before it.
    Offset,
    /// Its number, from 1.
    Page,
    /// An opaque text that holds an offset.
    OffsetCursor,
    /// An opaque text that holds the place of the last asset seen.
    Keyset,
}
