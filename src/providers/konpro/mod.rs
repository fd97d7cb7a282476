//! KonPro: opaque keyset tokens, folders, and times in Unix seconds.

mod error;
mod import;
mod params;
mod token;
mod view;

use axum::http::StatusCode;
use serde_json::value::RawValue;

use crate::clock::{ALPHANUMERIC, DIGITS, Micros, opaque};
use crate::contract::failure::Failure;
use crate::contract::import::Unimportable;
use crate::contract::operation::{Action, Operation};
use crate::contract::provider::{
    Auth, Card, Carrier, CheckOrder, Context, Evidence, Fact, Methods, Page, Paging, Position, Provider, QuotaScope,
    Slash,
};
use crate::contract::query::{Args, Unknown};
use crate::contract::variant::{Variant, VariantOption, Variants};
use crate::emulator::limits::{Quota, Shape};
use crate::http::reply::{Rendered, Reply, raw};
use crate::library::fixture;
use crate::library::store::{Asset, AssetQuery, Key};

/// The provider.
#[derive(Debug)]
pub struct KonPro;

/// What is fixed about it.
pub static CARD: Card = Card {
    name: "konpro",
    title: "KonPro",
    hosts: &["api.konpro.ai", "upload.konpro.ai"],
    base: "/v1",
    operations: OPERATIONS,
    slash: Slash::Redirected,      // inferred: what its presumed framework does
    methods: Methods::FirstRoute,  // inferred: its presumed framework answers HEAD and OPTIONS with 405
    order: CheckOrder::RouteFirst, // inferred
    counted: QuotaScope::Listings, // inferred
    auth: Auth {
        carrier: Carrier::Header("x-api-key"),
        looks_like: |key| key.starts_with("konpro_"),
        well_formed: |_| true,
    },
    quotas: &[
        // One of three documented statements; off by default.
        Quota {
            name: "minute",
            requests: 100,
            seconds: 60,
            shape: Shape::Window,
            enforced: false,
            evidence: Evidence::Documented,
        },
    ],
    variants: VARIANTS,
    staged: error::STAGED,
    facts: &[
        Fact::documented(
            "`GET /v1/asset/list` with `x-api-key`; filters `folder_id` and `file_type`; pages by `token` and `limit` up to 100.",
        ),
        Fact::documented(
            "`assets`, `token`, `has_more`; six fields in fixed order; `folder_id` is `\"\"` at the root; `created_ts` is in Unix seconds; `url` is null unless stored.",
        ),
        Fact::documented("On the last page `token` is null."),
        Fact::documented("Errors are `{\"error\":{code,message,details?},\"request_id\"}`."),
        Fact::client("A missing key is `MISSING_API_KEY`, any other that is not live `INVALID_API_KEY`."),
        Fact::inferred(
            "A token is base64url without padding of the position in the listing, and holds no filters: those of the current request apply.",
        ),
        Fact::inferred("`has_more` is decided by looking one asset ahead, so a full last page announces nothing."),
        Fact::inferred(
            "Only the maximum of `limit` is documented. The default page holds 100, as in a sibling list; `limit=0` means the default; above 100, below 0 or not an integer as Pydantic's lax mode reads it (`005`, ` 5 `, `+5`, `5.0`, `1_0`) is 400 `VALIDATION_ERROR`.",
        ),
        Fact::inferred(
            "Empty parameters count as absent, of repeated ones the last counts, unknown ones are ignored; an unknown folder or type finds nothing.",
        ),
        Fact::inferred(
            "Newest first, of equals the greater id; only what is ready is listed, and no documents; what is in or below a trashed folder is hidden.",
        ),
        Fact::inferred(
            "Only the first bad parameter is reported, in the order of the table; the `reason` sentences are ours.",
        ),
        Fact::inferred("Request ids are `req-` and six digits; the scope is `read`, only for keys that have scopes."),
        Fact::inferred(
            "Order of checks: route and method (404, 405 and redirects need no key), key, scope, rate limit, parameters.",
        ),
        Fact::inferred(
            "404 and 405 wear the envelope; a slash behind the route is 307 to the one without, with the scheme that a proxy on this machine or in a private network forwards; HEAD and OPTIONS are 405.",
        ),
        Fact::inferred(
            "The 100 a minute of the overview page are enforced only for keys with strict limits; 429 carries `Retry-After`, which is ours.",
        ),
        Fact::inferred(
            "Imported: any `file_type` is listed, since the documents end their list with `etc.`, but for `document` and `other`, which are refused; the MIME type that other vendors show follows from the name where it agrees with the type.",
        ),
        Fact::inferred(
            "Of the failures that only faults stage, 503 is documented and so is `SERVICE_UNAVAILABLE`, but not that they belong together; 422 and `NOT_FOUND` are the SDK's.",
        ),
    ],
    not_imitated: &[
        "`upload.konpro.ai` takes uploads and lists nothing; here it answers as `api.konpro.ai` does, whose route the list is.",
        "The bare answers of its framework (422 and `detail`) and the other envelopes its SDK knows.",
    ],
};

/// Its routes. What its documents do not name is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    Operation {
        name: "list_assets",
        method: "GET",
        paths: &["/v1/asset/list"],
        scope: Some("read"), // inferred; checked only of keys that have scopes
        params: params::ALL,
        unknown: Unknown::Ignored, // inferred
        action: Action::List(Paging { size: "limit", position: "token", by: Position::Keyset, total: false }),
        evidence: Evidence::Documented,
    },
    Operation::absent("upload_asset", "POST", &["/v1/asset"], Evidence::Documented),
    Operation::absent("delete_asset", "DELETE", &["/v1/asset/{asset_id}"], Evidence::Documented),
    Operation::absent("list_folders", "GET", &["/v1/folders"], Evidence::Documented),
    Operation::absent("create_folder", "POST", &["/v1/folders/create"], Evidence::Documented),
    Operation::absent("rename_folder", "POST", &["/v1/folders/{folder_id}"], Evidence::Documented),
    Operation::absent("trash_folder", "POST", &["/v1/folders/{folder_id}/trash"], Evidence::Documented),
    Operation::absent("restore_folder", "POST", &["/v1/folders/{folder_id}/restore"], Evidence::Documented),
    Operation::absent("validate_key", "POST", &["/v1/api-keys/validate", "/v1/api-keys/"], Evidence::Documented),
];

/// In which ways it may behave.
const VARIANTS: &[Variant] = &[
    Variant {
        name: "last_token",
        options: &[
            VariantOption::new("null", Evidence::Documented, "On the last page `token` is null."),
            VariantOption::new("empty", Evidence::Documented, "On the last page `token` is an empty text."),
        ],
    },
    Variant {
        name: "validation_status",
        options: &[
            VariantOption::new("400", Evidence::Documented, "Invalid parameters are 400."),
            VariantOption::new("422", Evidence::Client, "Invalid parameters are 422, as the SDK expects."),
        ],
    },
    Variant {
        name: "error_request_id",
        options: &[
            VariantOption::new("top", Evidence::Documented, "The `request_id` of a refusal is beside `error`."),
            VariantOption::new("inside", Evidence::Client, "It is inside `error`, where the SDK reads it."),
            VariantOption::new("both", Evidence::Inferred, "It is in both places."),
        ],
    },
    Variant {
        name: "not_found_code",
        options: &[
            VariantOption::new("RESOURCE_NOT_FOUND", Evidence::Documented, "The code of 404 is `RESOURCE_NOT_FOUND`."),
            VariantOption::new("NOT_FOUND", Evidence::Client, "The code of 404 is `NOT_FOUND`, as the SDK expects."),
        ],
    },
    Variant {
        name: "missing_key_code",
        options: &[
            VariantOption::new("MISSING_API_KEY", Evidence::Client, "A request without a key is `MISSING_API_KEY`."),
            VariantOption::new(
                "INVALID_API_KEY",
                Evidence::Documented,
                "It is `INVALID_API_KEY`, the one code that the documents have for 401.",
            ),
        ],
    },
];

impl Provider for KonPro {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, args: &Args, _: &Key) -> Result<AssetQuery, Failure> {
        Ok(params::plan(args))
    }

    fn asset(&self, asset: &Asset, _: &str, _: Variants) -> Box<RawValue> {
        raw(&view::asset(asset))
    }

    fn page(&self, page: &Page, args: &Args) -> Rendered {
        view::page(page, args.variants)
    }

    fn answer(&self, page: &Rendered, _: &Context) -> Reply {
        Reply::written(StatusCode::OK, page.body.clone())
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        error::refusal(failure, cx)
    }

    fn mint(&self, entropy: u128, _: Micros) -> String {
        opaque(&opaque("asset_", entropy, 16, ALPHANUMERIC), entropy.rotate_left(64), 16, ALPHANUMERIC)
    }

    fn mint_key(&self, [entropy, ..]: [u128; 3]) -> String {
        opaque("konpro_", entropy, 24, ALPHANUMERIC)
    }

    fn import(&self, body: &str) -> Result<Vec<fixture::Asset>, Unimportable> {
        import::import(body)
    }
}

/// Inferred from a sample: `req-` and six digits.
fn request_id(cx: &Context) -> String {
    opaque("req-", cx.entropy, 6, DIGITS)
}
