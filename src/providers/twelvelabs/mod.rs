//! TwelveLabs: numbered pages, arrays as repeated parameters or as JSON, and errors in one sentence.

mod array;
mod error;
mod import;
mod params;
mod view;

use axum::http::StatusCode;
use serde_json::value::RawValue;

use crate::clock::{ALPHANUMERIC, HEX, Micros, opaque, seconds};
use crate::contract::failure::Failure;
use crate::contract::import::Unimportable;
use crate::contract::operation::{Action, Operation};
use crate::contract::provider::{
    Auth, Card, Carrier, CheckOrder, Context, Evidence, Fact, Methods, Page, Paging, Position, Provider, QuotaScope,
    Slash,
};
use crate::contract::query::{self, Args, Unknown, Violation};
use crate::contract::variant::{Variant, VariantOption, Variants};
use crate::http::reply::{Rendered, Reply, raw};
use crate::library::fixture;
use crate::library::store::{Asset, AssetQuery, Key};

/// The provider.
#[derive(Debug)]
pub struct TwelveLabs;

/// What is fixed about it.
pub static CARD: Card = Card {
    name: "twelvelabs",
    title: "TwelveLabs",
    hosts: &["api.twelvelabs.io"],
    base: "/v1.3",
    operations: OPERATIONS,
    slash: Slash::NotFound,        // inferred
    methods: Methods::WithHead,    // inferred
    order: CheckOrder::KeyFirst,   // inferred
    counted: QuotaScope::Listings, // inferred
    auth: Auth {
        carrier: Carrier::Header("x-api-key"),
        looks_like: |key| key.starts_with("tlk_"),
        well_formed: |_| true,
    },
    quotas: &[], // documented: limits exist; whether this route has one is open
    variants: VARIANTS,
    staged: error::STAGED,
    facts: &[
        Fact::documented(
            "`GET /v1.3/assets` with `x-api-key`; newest first; `page` from 1, `page_limit` 10 and at most 50.",
        ),
        Fact::documented(
            "Six fields in fixed order, then `page_info` of `limit_per_page`, `page`, `total_page`, `total_results`.",
        ),
        Fact::documented(
            "`asset_ids` and `asset_types` are arrays; the JSON-array string of the generated samples is read too.",
        ),
        Fact::documented(
            "Errors are flat `{code,message}`: `parameter_invalid`, `parameter_unknown`, `api_key_invalid`, `too_many_requests` with their published sentences.",
        ),
        Fact::documented("Times are whole seconds with `Z`; every answer has `X-Api-Version`."),
        Fact::client("Arrays are repeated parameters; `page=1` is always sent by the Python client."),
        Fact::client("A page beyond the end is 200 and empty: both clients iterate until one comes."),
        Fact::client(
            "The newer `filename` filter (text anywhere in the name, whatever the case) is read; documents are listed and the type `document` selects them, as the current clients know it, beside the three documented types.",
        ),
        Fact::live(
            "Ids are 24 hexadecimal digits of which the first 8 are the second of creation; a bad enum value is answered with the list of good ones.",
        ),
        Fact::inferred(
            "Filters combine with AND; ids of the wrong shape are `parameter_invalid`, unknown ones find nothing; upper-case ids are read.",
        ),
        Fact::inferred(
            "Integers are what Go's `Atoi` reads (`005`, `+5`): out of range, below 1 and beyond 64 bits included, or no integer is `parameter_invalid`; unknown parameters are told before invalid ones, several in the order of the request.",
        ),
        Fact::inferred(
            "Of a repeated `page`, `page_limit` or `filename` the first counts; an empty `filename` is no filter.",
        ),
        Fact::inferred("Equal creation times: the greater `_id` first. An empty library has `total_page` 0."),
        Fact::inferred(
            "Documents are what has one of the three MIME types that the current clients name; pending assets show as `processing`, `signed_url` as `direct`.",
        ),
        Fact::inferred(
            "A missing key is `api_key_invalid`; rate-limit headers are sent only for keys with a limit of their own, on 200 and 429, with `Retry-After`.",
        ),
        Fact::inferred("`page` and `page_limit` begin at 1; only the maximum of `page_limit` is documented."),
        Fact::inferred(
            "HEAD is answered like GET, OPTIONS is a wrong method; a slash behind the route is another route.",
        ),
        Fact::inferred(
            "Order of checks: key (a request without a live one is 401 whatever its route and method), route, method, rate limit, parameters.",
        ),
        Fact::inferred(
            "`X-Api-Version` is `v1.3`; 404, 405 and 500 are `not_found`, `method_not_allowed` and `internal_server_error`.",
        ),
        Fact::inferred("An asset without a name shows its id, without a MIME type `application/octet-stream`."),
        Fact::inferred(
            "Imported: a `file_type` that tells neither image, video, audio nor document counts as video, so that it is listed.",
        ),
        Fact::inferred(
            "Of the failures that only faults stage, codes and sentences are published, statuses mostly are not; the 503 is ours altogether.",
        ),
    ],
    not_imitated: &[
        "Fields of later versions (`user_metadata`, `hls`, `thumbnail`, `technical_metadata`, `size`, `duration`, `error`).",
        "Plans, regions and the metered limits.",
    ],
};

/// Its routes. What its documents do not name is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    Operation {
        name: "list_assets",
        method: "GET",
        paths: &["/v1.3/assets"],
        scope: None,
        params: params::ALL,
        unknown: Unknown::Refused, // documented as an error, inferred for this route
        action: Action::List(Paging { size: "page_limit", position: "page", by: Position::Page, total: true }),
        evidence: Evidence::Documented,
    },
    Operation::absent("create_asset", "POST", &["/v1.3/assets"], Evidence::Documented),
    Operation::absent("list_multipart_uploads", "GET", &["/v1.3/assets/multipart-uploads"], Evidence::Documented),
    Operation::absent("create_multipart_upload", "POST", &["/v1.3/assets/multipart-uploads"], Evidence::Documented),
    Operation::absent(
        "get_multipart_upload",
        "GET",
        &["/v1.3/assets/multipart-uploads/{upload_id}"],
        Evidence::Documented,
    ),
    Operation::absent("report_chunks", "POST", &["/v1.3/assets/multipart-uploads/{upload_id}"], Evidence::Documented),
    Operation::absent(
        "create_presigned_urls",
        "POST",
        &["/v1.3/assets/multipart-uploads/{upload_id}/presigned-urls"],
        Evidence::Documented,
    ),
    Operation::absent("get_asset", "GET", &["/v1.3/assets/{asset_id}"], Evidence::Documented),
    Operation::absent("delete_asset", "DELETE", &["/v1.3/assets/{asset_id}"], Evidence::Documented),
    Operation::absent("update_user_metadata", "PATCH", &["/v1.3/assets/{asset_id}/user-metadata"], Evidence::Client),
    Operation::absent("replace_user_metadata", "PUT", &["/v1.3/assets/{asset_id}/user-metadata"], Evidence::Client),
    Operation::absent("delete_user_metadata", "DELETE", &["/v1.3/assets/{asset_id}/user-metadata"], Evidence::Client),
    Operation::absent("get_transcription", "GET", &["/v1.3/assets/{asset_id}/transcription"], Evidence::Client),
    Operation::absent("list_indexed_assets", "GET", &["/v1.3/assets/{asset_id}/indexed-assets"], Evidence::Client),
    Operation::absent("list_entities", "GET", &["/v1.3/assets/{asset_id}/entities"], Evidence::Client),
];

/// In which ways it may behave.
const VARIANTS: &[Variant] = &[Variant {
    name: "unknown_parameters",
    options: &[
        VariantOption::new(
            "refuse",
            Evidence::Inferred,
            "A parameter that is not in the table is 400 `parameter_unknown`, a code that the vendor publishes.",
        ),
        VariantOption::new("ignore", Evidence::Inferred, "A parameter that is not in the table is not looked at."),
    ],
}];

impl Provider for TwelveLabs {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn read(&self, query: &str, variants: Variants) -> Result<Args, Vec<Violation>> {
        let ignores = variants.is(&CARD, "unknown_parameters", "ignore");
        let unknown = if ignores { Unknown::Ignored } else { CARD.unknown() };
        Ok(query::read(CARD.params(), unknown, query)?.under(variants))
    }

    fn plan(&self, args: &Args, _: &Key) -> Result<AssetQuery, Failure> {
        Ok(params::plan(args))
    }

    fn asset(&self, asset: &Asset, _: &str, _: Variants) -> Box<RawValue> {
        raw(&view::asset(asset))
    }

    fn page(&self, page: &Page, args: &Args) -> Rendered {
        view::page(page, args)
    }

    fn answer(&self, page: &Rendered, cx: &Context) -> Reply {
        rated(Reply::written(StatusCode::OK, page.body.clone()), cx).header("x-api-version", API_VERSION)
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        error::refusal(failure, cx).header("x-api-version", API_VERSION)
    }

    fn mint(&self, entropy: u128, created_at: Micros) -> String {
        let second = u32::try_from(seconds(created_at).max(0)).unwrap_or(u32::MAX);
        opaque(&format!("{second:08x}"), entropy, 16, HEX)
    }

    fn mint_key(&self, [entropy, ..]: [u128; 3]) -> String {
        format!("tlk_{}", opaque("", entropy, 24, ALPHANUMERIC).to_uppercase())
    }

    fn import(&self, body: &str) -> Result<Vec<fixture::Asset>, Unimportable> {
        import::import(body)
    }
}

/// Inferred: the documentation calls the version this.
const API_VERSION: &str = "v1.3";

/// Documented for metered routes; here for keys with a limit of their own.
fn rated(reply: Reply, cx: &Context) -> Reply {
    let Some(count) = cx.counts.main() else { return reply };
    let limit = count.quota.requests;
    reply
        .number("x-ratelimit-limit", limit)
        .number("x-ratelimit-remaining", count.remaining)
        .number("x-ratelimit-used", count.used.min(limit))
        .number("x-ratelimit-reset", seconds(count.reset_at))
}
