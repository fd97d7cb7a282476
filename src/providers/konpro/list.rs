//! KonPro's list of assets, with four parameters, all of them strings in its documentation.

use super::{file_type, import, page_token, view};
use crate::contract::asset_list::{AssetList, MadeUpUrls, Paging, Position};
use crate::contract::evidence::Evidence::Documented;
use crate::contract::query::{Args, Empty, Param, integers};
use crate::http::reply::raw;
use crate::library::model::Status;
use crate::library::selection::{AssetQuery, Direction, Filter, Order, Selection, SortBy, Start, Tie};

/// How many to return. The maximum is documented. The minimum, the default and the grammar (that of its presumed
/// framework) are inferred.
pub const LIMIT: Param = Param::integer("limit", integers::lax, 0, 100).or("100").empty(Empty::Absent);

/// Where a page begins.
pub const TOKEN: Param = Param::parsed("token", page_token::read)
    .empty(Empty::Absent)
    .known(Documented, "Where the page begins: `token` of the page before.");

/// The parameters of the query string.
pub const PARAMS: &[Param] = &[
    Param::text("folder_id").empty(Empty::Absent).known(Documented, "Only assets directly in this folder."),
    Param::text("file_type").empty(Empty::Absent).known(Documented, "Only assets of this type, such as `image`."),
    LIMIT.known(Documented, "How many assets to return; 0 stands for the default."),
    TOKEN,
];

/// How KonPro lists its assets.
pub static ASSETS: AssetList = AssetList {
    paging: Paging { size: "limit", position: "token", by: Position::Keyset, total: false },
    plan: |args, _| Ok(plan(args)),
    made_up_urls: MadeUpUrls::WithBytes,
    asset: |asset, _, _| raw(&view::asset(asset)),
    page: |page, args| view::page(page, args.variants),
    answer: |page, _| page.reply(),
    import: import::import,
};

/// Inferred: the page size if `limit` is absent or 0.
const DEFAULT_LIMIT: u32 = 100;

/// Inferred: newest first. Of assets created at the same instant, the one with the greater id is first.
const ORDER: Order = Order { by: SortBy::Created, tie: Tie::PublicId, direction: Direction::Descending };

/// What KonPro holds of a workspace.
pub fn always_filtered() -> Vec<Filter> {
    let kinds = file_type::NOT_HELD.iter().map(|kind| (*kind).to_owned()).collect();
    vec![Filter::KindNotIn(kinds), Filter::StatusIn(vec![Status::Ready])]
}

fn plan(args: &Args) -> AssetQuery {
    let mut filters = always_filtered();
    filters.push(Filter::NotTrashed);
    filters.extend(args.text("file_type").map(|kind| Filter::KindIn(vec![kind.to_owned()])));
    filters.extend(args.text("folder_id").map(|folder| Filter::Folder(folder.to_owned())));
    let start = match args.position("token") {
        Some((created_at, id)) => Start::After { created_at, id: id.to_owned() },
        None => Start::Offset(0),
    };
    let limit = limit(args);
    let selection = Selection { filters, project: None, order: ORDER };
    AssetQuery { selection, start, overlap: false, limit, counted: false }
}

/// How many to return.
pub fn limit(args: &Args) -> u32 {
    match u32::try_from(args.integer("limit")).expect("its bounds are within 32 bits") {
        0 => DEFAULT_LIMIT,
        limit => limit,
    }
}
