//! xQR's two parameters. There are no filters and no sort. Numbers are read as its presumed framework does (inferred).

use crate::contract::evidence::Evidence::Documented;
use crate::contract::query::{Args, Param, integers};
use crate::library::store::{AssetQuery, Direction, Order, Selection, SortBy, Start, Tie};

pub const ALL: &[Param] = &[
    Param::integer("limit", integers::lax, 1, 200).or("50").known(Documented, "How many assets to return."),
    Param::integer("offset", integers::lax, 0, i64::MAX).or("0").known(Documented, "How many assets to skip."), // the least value is inferred
];

/// The same, for a vendor that takes numbers out of range for the nearest ones in it.
pub const CLAMPED: &[Param] = &[ALL[0].clamped(), ALL[1].clamped()];

/// Documented: newest first. Inferred: of equals, the one inserted later.
const ORDER: Order = Order { by: SortBy::Created, tie: Tie::Inserted, direction: Direction::Descending };

pub fn plan(args: &Args) -> AssetQuery {
    AssetQuery {
        selection: Selection { filters: Vec::new(), project: None, order: ORDER },
        start: Start::Offset(args.integer("offset").unsigned_abs()),
        overlap: false,
        limit: u32::try_from(args.integer("limit")).expect("its bounds are within 32 bits"),
        counted: false,
    }
}
