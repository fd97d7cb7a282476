//! How a vendor lists its assets: what an operation with the action [`List`](crate::contract::operation::Action::List)
//! consists of.

use serde_json::value::RawValue;

use crate::contract::asset_url;
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

/// A list of assets: data, and pure functions. A request goes through them from top to bottom: `plan` makes a query to
/// the library, `asset` writes each asset that the query finds, `page` puts the assets on a page, and `answer` turns
/// the page into an answer.
///
/// Implementers keep three conventions. `plan` reads every parameter that the operation's table declares. `asset` and
/// `page` do not decide which assets are shown. `asset` and `page` depend on nothing but their arguments, because the
/// cache shows their results again; whatever differs between answers, such as the id of the request, is added by
/// `answer`.
#[derive(Debug)]
pub struct AssetList {
    /// How pages are asked for.
    pub paging: Paging,
    /// The query to the library, in vendor-neutral terms.
    pub plan: fn(&Args, &Key) -> Result<AssetQuery, Failure>,
    /// Which assets without a URL of their own it shows with one.
    pub made_up_urls: MadeUpUrls,
    /// Writes an asset as a page shows it. The text is the id of the workspace.
    pub asset: fn(&StoredAsset, &str, Variants) -> Box<RawValue>,
    /// Writes a page.
    pub page: fn(&Page, &Args) -> RenderedPage,
    /// Makes the answer that shows a page.
    pub answer: fn(&RenderedPage, &Context) -> Reply,
    /// Reads the assets of a list response of the real service, oldest insertion first. The name is this provider's.
    /// Once the assets are stored, the list shows the same objects in the same order, byte for byte except for white
    /// space between tokens. An object that the list would never show is an error, so that it is not lost silently.
    /// The assets may name users, projects and folders that do not exist yet.
    pub import: fn(&'static str, &str) -> Result<Vec<Asset>, Unimportable>,
}

impl AssetList {
    /// An asset as this provider shows it in this workspace: the JSON that was imported from this provider, or else the
    /// JSON that the view writes. `origin` is that of our URLs for assets without one; `None`: the view makes one up.
    pub fn row(
        &self,
        stored: &StoredAsset,
        provider: &str,
        workspace: &str,
        variants: Variants,
        origin: Option<&str>,
    ) -> Row {
        let words = stored.asset.words(provider).map(ToOwned::to_owned);
        let json = words.unwrap_or_else(|| match origin.filter(|_| self.made_up_urls.includes(stored)) {
            Some(origin) => {
                let with_urls = asset_url::with_urls(stored, origin, provider, workspace);
                (self.asset)(&with_urls, workspace, variants)
            }
            None => (self.asset)(stored, workspace, variants),
        });
        Row { id: stored.id.as_str().into(), created_at: stored.asset.created_at.0, json }
    }

    /// An asset as this provider shows it to the caller, for an answer that is not a page of the list.
    pub fn show(&self, stored: &StoredAsset, provider: &str, cx: &Context) -> Row {
        self.row(stored, provider, cx.workspace(), cx.variants, cx.origin)
    }
}

/// Which assets get a made-up URL if they have none of their own: ours, or with `--asset-urls vendor` one that the view
/// makes up. The view shows the fields `url`, `public_url` or thumbnails of the asset then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeUpUrls {
    /// None.
    None,
    /// Those that were given bytes, and only with our URL.
    WithBytes,
    /// All that have arrived.
    All,
}

impl MadeUpUrls {
    fn includes(self, stored: &StoredAsset) -> bool {
        match self {
            MadeUpUrls::None => false,
            MadeUpUrls::WithBytes => stored.blob.is_some(),
            MadeUpUrls::All => true,
        }
    }
}

/// How a client asks for pages.
#[derive(Debug, Clone, Copy)]
pub struct Paging {
    /// The parameter that says how many assets a page holds.
    pub size: &'static str,
    /// The parameter that says where a page starts.
    pub position: &'static str,
    /// What that parameter contains.
    pub by: Position,
    /// Whether a page shows the total number of assets.
    pub total: bool,
}

/// What a parameter contains that says where a page starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The number of assets before it.
    Offset,
    /// The number of the page, from 1.
    Page,
    /// An opaque cursor that contains an offset.
    OffsetCursor,
    /// An opaque cursor that contains the position of the last asset on the page before.
    Keyset,
}
