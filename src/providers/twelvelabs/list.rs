//! TwelveLabs' list of assets, with five parameters.

use super::headers::{rated, versioned};
use super::variants::VARIANTS;
use super::{array, import, view};
use crate::contract::asset_list::{AssetList, MadeUpUrls, Paging, Position};
use crate::contract::evidence::Evidence::{Client, Documented};
use crate::contract::query::{Args, Empty, Param, Repeated, Unknown, integers};
use crate::contract::variant::Variants;
use crate::http::reply::raw;
use crate::library::selection::{AssetQuery, Direction, Filter, Order, Selection, SortBy, Start, Tie};

/// Which page. Inferred: the minimum, and that numbers are read as Go reads them.
pub const PAGE: Param = Param::integer("page", integers::atoi, 1, i64::MAX)
    .or("1")
    .repeated(Repeated::First)
    .known(Documented, "Which page, from 1.");

/// The size of a page. Inferred: as for the page.
pub const PAGE_LIMIT: Param = Param::integer("page_limit", integers::atoi, 1, 50)
    .or("10")
    .repeated(Repeated::First)
    .known(Documented, "How many assets a page holds.");

/// The parameters of the query string.
pub const PARAMS: &[Param] = &[
    PAGE,
    PAGE_LIMIT,
    Param::parsed("asset_ids", array::ids)
        .repeated(Repeated::All)
        .known(Documented, "Only assets with one of these ids."),
    Param::parsed("asset_types", array::types)
        .repeated(Repeated::All)
        .known(Documented, "Only assets of one of these types."),
    Param::text("filename")
        .empty(Empty::Absent)
        .repeated(Repeated::First)
        .known(Client, "Only assets with this text in their name."),
];

/// How TwelveLabs lists its assets.
pub static ASSETS: AssetList = AssetList {
    paging: Paging { size: "page_limit", position: "page", by: Position::Page, total: true },
    plan: |args, _| Ok(plan(args)),
    made_up_urls: MadeUpUrls::None,
    asset: |asset, _, _| raw(&view::asset(asset)),
    page: view::page,
    answer: |page, cx| versioned(rated(page.reply(), cx)),
    import: import::import,
};

/// The parameters, and how others are treated, under the chosen variants.
pub fn varied(variants: Variants) -> (&'static [Param], Unknown) {
    let ignores = variants.is(VARIANTS, "unknown_parameters", "ignore");
    (PARAMS, if ignores { Unknown::Ignored } else { Unknown::Refused })
}

/// Documented: newest first. Inferred: of assets created at the same instant, the one with the greater id is first.
const ORDER: Order = Order { by: SortBy::Created, tie: Tie::PublicId, direction: Direction::Descending };

/// What TwelveLabs holds of a workspace.
pub fn always_filtered() -> Vec<Filter> {
    vec![Filter::KindIn(array::TYPES.iter().map(|kind| (*kind).to_owned()).collect())]
}

fn plan(args: &Args) -> AssetQuery {
    let wanted = args.list("asset_types").filter(|types| !types.is_empty());
    let kinds = array::TYPES
        .iter()
        .map(|kind| (*kind).to_owned())
        .filter(|kind| wanted.is_none_or(|types| types.contains(kind)));
    let mut filters = vec![Filter::KindIn(kinds.collect())];
    filters.extend(args.list("asset_ids").filter(|ids| !ids.is_empty()).map(|ids| Filter::IdIn(ids.to_vec())));
    filters.extend(args.text("filename").map(|text| Filter::NameContains(text.to_owned())));
    let limit = args.integer("page_limit");
    AssetQuery {
        selection: Selection { filters, project: None, order: ORDER },
        start: Start::Offset((args.integer("page") - 1).saturating_mul(limit).unsigned_abs()),
        overlap: false,
        limit: u32::try_from(limit).expect("its bounds are within 32 bits"),
        counted: true,
    }
}
