//! PiktID: numbered pages, eleven parameters read as Pydantic reads them, and assets shared between teammates.

mod error;
mod grammar;
mod import;
mod params;
mod view;

use axum::http::StatusCode;
use serde_json::value::RawValue;

use crate::clock::{ALPHANUMERIC, Micros, opaque};
use crate::contract::failure::Failure;
use crate::contract::import::Unimportable;
use crate::contract::operation::{Action, Operation};
use crate::contract::provider::{
    Auth, Card, Carrier, CheckOrder, Context, Evidence, Fact, Methods, Page, Paging, Position, Provider, QuotaScope,
    Slash,
};
use crate::contract::query::{Args, Unknown};
use crate::contract::variant::{Variant, VariantOption, Variants};
use crate::http::reply::{Rendered, Reply, raw};
use crate::library::fixture;
use crate::library::store::{Asset, AssetQuery, Key};

/// The provider.
#[derive(Debug)]
pub struct PiktId;

/// What is fixed about it.
pub static CARD: Card = Card {
    name: "piktid",
    title: "PiktID",
    hosts: &["v2.api.piktid.com"],
    base: "",
    operations: OPERATIONS,
    slash: Slash::NotFound,               // inferred: its presumed framework
    methods: Methods::WithHeadAndOptions, // inferred: its presumed framework
    order: CheckOrder::RouteFirst,        // inferred
    counted: QuotaScope::Listings,        // inferred
    auth: Auth { carrier: Carrier::Bearer, looks_like: |key| key.starts_with("piktid_"), well_formed: |_| true },
    quotas: &[], // documented for other routes only
    variants: VARIANTS,
    staged: error::STAGED,
    facts: &[
        Fact::documented(
            "`GET /assets` with `Authorization: Bearer <token>`; the eleven parameters with their types, bounds and defaults.",
        ),
        Fact::documented(
            "`pagination` (page, per_page, total, pages, has_next, has_prev), then `assets` with twelve fields in fixed order, absent ones null.",
        ),
        Fact::documented(
            "`include_tags` needs all of its tags, `exclude_tags` none; both know model, product, background, other.",
        ),
        Fact::documented(
            "Validation errors are `{\"error\":\"Invalid request\",\"detail\":[{field,message,position}]}`.",
        ),
        Fact::documented(
            "Visibility is private, shared with the group, or default for what the platform provides; `dimensions` is `[width, height]`.",
        ),
        Fact::client("401 for a token that is missing, malformed, unknown, revoked or expired."),
        Fact::inferred(
            "Validation is 400: the order of the documented responses says so. Messages, coercion and dates are Pydantic v2's.",
        ),
        Fact::inferred(
            "Of a repeated parameter the first counts; unknown ones are ignored; empty tag lists and an empty `created_by` filter nothing.",
        ),
        Fact::inferred(
            "A page below 1 counts as 1; a page beyond the end is 200 and empty; numbers of any length are echoed.",
        ),
        Fact::inferred(
            "Without `ownership`: one's own assets whatever their visibility, as `mine` has them, and shared ones; of the platform's, none that another brought. `shared` has one's own shared ones too.",
        ),
        Fact::inferred("Bounds of time are inclusive; times without an offset are UTC."),
        Fact::inferred(
            "`search` is one text anywhere in name, project name or the four tags, whatever the case; names sort byte by byte.",
        ),
        Fact::inferred("Equals are decided by `id`, in the direction of the sort. Only ready images are listed."),
        Fact::inferred(
            "`created_at` has six digits, none when they are zero, and `+00:00`, as Python's isoformat writes it.",
        ),
        Fact::inferred(
            "401 is `{\"error\":\"Unauthorized\"}` with `WWW-Authenticate`; 404, 405, 429 and 500 have the same shape.",
        ),
        Fact::inferred("Order of checks: route and method (404 and 405 need no key), key, rate limit, parameters."),
        Fact::inferred(
            "HEAD is answered like GET, OPTIONS with 200 and `Allow` and without a key, as Flask does; a slash behind the route is another route.",
        ),
        Fact::inferred("An asset without a name shows its id; one without a URL shows one on a host that nobody owns."),
        Fact::inferred(
            "Imported: an asset without `visibility` counts as shared; of equal times each is a microsecond after the one below it.",
        ),
        Fact::inferred(
            "Of the failures that only faults stage, the text of the 409 and the whole 503 are ours, and the 402 leaves out `required_credits`.",
        ),
    ],
    not_imitated: &[
        "A few oddities of Pydantic: two underscores in a row in a number, the year 0, numbers of more than 4,300 digits.",
    ],
};

/// Its routes. What its documents do not name is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    Operation {
        name: "list_assets",
        method: "GET",
        paths: &["/assets"],
        scope: None,
        params: params::ALL,
        unknown: Unknown::Ignored, // inferred: Pydantic's default
        action: Action::List(Paging { size: "per_page", position: "page", by: Position::Page, total: true }),
        evidence: Evidence::Documented,
    },
    Operation::absent("delete_assets", "POST", &["/assets/bulk-delete"], Evidence::Documented),
    Operation::absent("get_asset", "GET", &["/assets/{asset_id}"], Evidence::Documented),
    Operation::absent("upload", "POST", &["/upload"], Evidence::Documented),
    Operation::absent("log_in", "POST", &["/auth/login"], Evidence::Documented),
    Operation::absent("refresh_token", "POST", &["/auth/refresh"], Evidence::Documented),
    Operation::absent("create_token", "POST", &["/auth/token"], Evidence::Documented),
    Operation::absent("list_tokens", "GET", &["/auth/token"], Evidence::Documented),
    Operation::absent("get_current_user", "GET", &["/auth/me"], Evidence::Documented),
    Operation::absent("create_project", "POST", &["/project"], Evidence::Client),
    Operation::absent("list_projects", "GET", &["/project"], Evidence::Client),
    Operation::absent("create_group", "POST", &["/groups"], Evidence::Documented),
];

/// In which ways it may behave.
const VARIANTS: &[Variant] = &[Variant {
    name: "validation_status",
    options: &[
        VariantOption::new("400", Evidence::Inferred, "Invalid parameters are 400."),
        VariantOption::new(
            "422",
            Evidence::Inferred,
            "Invalid parameters are 422, as its presumed library may be set to.",
        ),
    ],
}];

impl Provider for PiktId {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, args: &Args, key: &Key) -> Result<AssetQuery, Failure> {
        Ok(params::plan(args, key))
    }

    fn asset(&self, asset: &Asset, _: &str, _: Variants) -> Box<RawValue> {
        raw(&view::asset(asset))
    }

    fn page(&self, page: &Page, args: &Args) -> Rendered {
        view::page(page, args)
    }

    fn answer(&self, page: &Rendered, _: &Context) -> Reply {
        Reply::written(StatusCode::OK, page.body.clone())
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        error::refusal(failure, cx.variants)
    }

    /// Inferred: Flask answers OPTIONS by itself, before anyone asks for a key.
    fn options(&self, allow: &str) -> Reply {
        Reply::empty(StatusCode::OK).header("content-type", "text/html; charset=utf-8").header("allow", allow)
    }

    fn mint(&self, entropy: u128, _: Micros) -> String {
        uuid::Builder::from_random_bytes(entropy.to_be_bytes()).into_uuid().to_string()
    }

    fn mint_key(&self, [entropy, ..]: [u128; 3]) -> String {
        opaque("piktid_", entropy, 24, ALPHANUMERIC)
    }

    fn import(&self, body: &str) -> Result<Vec<fixture::Asset>, Unimportable> {
        import::import(body)
    }
}
