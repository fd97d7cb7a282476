//! PiktID's list of assets, with eleven parameters.

use super::{grammar, import, view};
use crate::contract::asset_list::{AssetList, MadeUpUrls, Paging, Position};
use crate::contract::evidence::Evidence::Documented;
use crate::contract::query::{Args, Empty, Param, Repeated, integers};
use crate::http::reply::raw;
use crate::library::key::Key;
use crate::library::model::{Status, Visibility};
use crate::library::selection::{AssetQuery, Direction, Filter, Order, Selection, SortBy, Start, Tie};

/// Documented, like the next two: what all lists with pages share.
pub const PAGE: Param =
    Param::parsed("page", grammar::page).or("1").repeated(FIRST).known(Documented, "Which page, from 1.");

/// How many items a page holds.
pub const PER_PAGE: Param = Param::integer("per_page", integers::lax, 1, 100)
    .or("20")
    .repeated(FIRST)
    .known(Documented, "How many assets a page holds.");

/// The direction of the sort.
pub const ORDER: Param =
    Param::one_of("order", &["asc", "desc"]).or("desc").repeated(FIRST).known(Documented, "The direction of the sort.");

/// The parameters of the query string.
pub const PARAMS: &[Param] = &[
    PAGE,
    PER_PAGE,
    ORDER,
    // Inferred: an empty value is no filter.
    Param::text("created_by").empty(Empty::Absent).repeated(FIRST).known(Documented, "Only assets of this user."),
    Param::parsed("created_after", grammar::instant)
        .repeated(FIRST)
        .known(Documented, "Only assets created then or later."),
    Param::parsed("created_before", grammar::instant)
        .repeated(FIRST)
        .known(Documented, "Only assets created then or earlier."),
    Param::one_of("sort_by", &["filename", "created_at"])
        .or("created_at")
        .repeated(FIRST)
        .known(Documented, "What to sort by."),
    Param::text("search").repeated(FIRST).known(Documented, "Text in tags, name or project name."),
    Param::one_of("ownership", &["mine", "shared", "default"]).repeated(FIRST).known(Documented, "Whose assets."),
    Param::parsed("include_tags", grammar::tags)
        .repeated(FIRST)
        .known(Documented, "Only assets with all of these tags."),
    Param::parsed("exclude_tags", grammar::tags)
        .repeated(FIRST)
        .known(Documented, "Only assets with none of these tags."),
];

/// How PiktID lists its assets.
pub static ASSETS: AssetList = AssetList {
    paging: Paging { size: "per_page", position: "page", by: Position::Page, total: true },
    plan: |args, key| Ok(plan(args, key)),
    made_up_urls: MadeUpUrls::All,
    asset: |asset, _, _| raw(&view::asset(asset)),
    page: view::page,
    answer: |page, _| page.reply(),
    import: import::import,
};

/// Inferred: its presumed framework uses the first value.
pub const FIRST: Repeated = Repeated::First;

/// What PiktID holds of a workspace.
pub fn always_filtered() -> Vec<Filter> {
    vec![Filter::KindIn(vec!["image".to_owned()]), Filter::StatusIn(vec![Status::Ready])]
}

fn plan(args: &Args, key: &Key) -> AssetQuery {
    let mut filters = always_filtered();
    filters.push(owned(args, key));
    filters.extend(args.text("created_by").map(|name| Filter::Uploader(name.to_owned())));
    filters.extend(args.instant("created_after").map(Filter::CreatedFrom)); // inferred: inclusive
    filters.extend(args.instant("created_before").map(Filter::CreatedTo));
    filters.extend(args.text("search").filter(|text| !text.is_empty()).map(|text| Filter::Mentions {
        text: text.to_owned(),
        vocabulary: grammar::TAGS.iter().map(|tag| (*tag).to_owned()).collect(),
    }));
    filters.extend(args.list("include_tags").into_iter().flatten().cloned().map(Filter::HasTag));
    filters.extend(args.list("exclude_tags").into_iter().flatten().cloned().map(Filter::LacksTag));
    let limit = args.integer("per_page");
    AssetQuery {
        selection: Selection { filters, project: None, order: order(args) },
        start: Start::Offset((grammar::page_number(args) - 1).saturating_mul(limit.unsigned_abs())),
        overlap: false,
        limit: u32::try_from(limit).expect("its bounds are within 32 bits"),
        counted: true,
    }
}

fn owned(args: &Args, key: &Key) -> Filter {
    match args.text("ownership") {
        Some("mine") => Filter::Uploader(key.user.clone()),
        Some("shared") => Filter::Visibility(Visibility::Shared),
        Some(_) => Filter::Visibility(Visibility::Default),
        None => Filter::SharedOrBy(key.user.clone()),
    }
}

fn order(args: &Args) -> Order {
    Order {
        by: if args.text("sort_by") == Some("filename") { SortBy::Name } else { SortBy::Created },
        tie: Tie::PublicId, // inferred
        direction: if args.text("order") == Some("asc") { Direction::Ascending } else { Direction::Descending },
    }
}
