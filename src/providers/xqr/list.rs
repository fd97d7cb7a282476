//! xQR's list of assets, with two parameters and neither filters nor a sort. Numbers are read as its presumed
//! framework reads them (inferred).

use super::variants::VARIANTS;
use super::{import, view};
use crate::contract::asset_list::{AssetList, MadeUpUrls, Paging, Position};
use crate::contract::evidence::Evidence::Documented;
use crate::contract::query::{Args, Param, Unknown, integers};
use crate::contract::variant::Variants;
use crate::http::reply::raw;
use crate::library::selection::{AssetQuery, Direction, Order, Selection, SortBy, Start, Tie};

/// The parameters of the query string.
pub const PARAMS: &[Param] = &[
    Param::integer("limit", integers::lax, 1, 200).or("50").known(Documented, "How many assets to return."),
    Param::integer("offset", integers::lax, 0, i64::MAX).or("0").known(Documented, "How many assets to skip."), // the least value is inferred
];

/// The same parameters, where a number out of range counts as the nearest one in range.
const CLAMPED: &[Param] = &[PARAMS[0].clamped(), PARAMS[1].clamped()];

/// How xQR lists its assets.
pub static ASSETS: AssetList = AssetList {
    paging: Paging { size: "limit", position: "offset", by: Position::Offset, total: false },
    plan: |args, _| Ok(plan(args)),
    made_up_urls: MadeUpUrls::All,
    asset: |asset, workspace, _| raw(&view::asset(asset, workspace)),
    page: view::page,
    answer: view::answer,
    import: import::import,
};

/// The parameters, and how others are treated, under the chosen variants.
pub fn varied(variants: Variants) -> (&'static [Param], Unknown) {
    let clamps = variants.is(VARIANTS, "out_of_range", "clamp");
    (if clamps { CLAMPED } else { PARAMS }, Unknown::Ignored)
}

/// Documented: newest first. Inferred: of assets created at the same instant, the one inserted later is first.
const ORDER: Order = Order { by: SortBy::Created, tie: Tie::Inserted, direction: Direction::Descending };

fn plan(args: &Args) -> AssetQuery {
    AssetQuery {
        selection: Selection { filters: Vec::new(), project: None, order: ORDER },
        start: Start::Offset(args.integer("offset").unsigned_abs()),
        overlap: false,
        limit: u32::try_from(args.integer("limit")).expect("its bounds are within 32 bits"),
        counted: false,
    }
}
