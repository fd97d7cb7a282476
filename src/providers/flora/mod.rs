//! FLORA: opaque cursors over an offset, a filter by project canvas, and objects in the key order of its reference page.

mod cursor;
mod error;
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
use crate::http::reply::{Rendered, Reply};
use crate::library::fixture;
use crate::library::store::{Asset, AssetQuery, Key};

/// The provider.
#[derive(Debug)]
pub struct Flora;

/// What is fixed about it.
pub static CARD: Card = Card {
    name: "flora",
    title: "FLORA",
    hosts: &["app.flora.ai"],
    base: "/api/v1",
    operations: OPERATIONS,
    slash: Slash::Tolerated, // inferred: its presumed framework takes it, and its SDK emits it for an empty id
    methods: Methods::WithHead, // inferred
    order: CheckOrder::KeyFirst, // inferred
    counted: QuotaScope::Listings, // inferred
    auth: Auth {
        carrier: Carrier::Bearer,
        looks_like: |key| key.starts_with("sk_"),
        well_formed: |key| key.starts_with("sk_"),
    },
    quotas: &[], // documented: a limit exists, its size nowhere
    variants: VARIANTS,
    staged: error::STAGED,
    facts: &[
        Fact::documented(
            "`GET /api/v1/assets` with `Authorization: Bearer sk_…`; filters `project_id`, `workspace_id`, `query`; pages by `cursor` and `limit` 1 to 100.",
        ),
        Fact::documented(
            "Fifteen fields in the key order of the reference page; ten of them can be null; `node_id` and `project_id` are optional.",
        ),
        Fact::documented(
            "A cursor is base64url without padding of `{\"offset\":N}`; `next_cursor` is null on the last page.",
        ),
        Fact::documented(
            "Errors are `{\"error\":{code,message,fields?}}` with the reference page's codes and messages.",
        ),
        Fact::documented("Every answer has a `request-id` header."),
        Fact::client(
            "An empty page or a null `next_cursor` ends the SDK's iteration; the SDK appends `cursor` and keeps the other parameters.",
        ),
        Fact::inferred(
            "A trailing slash reaches the list, as its presumed framework does; the SDK sends one for an empty id. HEAD is answered like GET, OPTIONS is a wrong method.",
        ),
        Fact::inferred(
            "`created_at` is in milliseconds, as in the vendor's webhooks; `content_type` is the modality (`image`, `video`, `audio`, `document`), as the vendor measured.",
        ),
        Fact::inferred("The default page holds 20, as in the sample cursor and the sibling lists."),
        Fact::inferred(
            "Newest first, of equals the one inserted later; every status is listed, `processing` as `pending_upload`.",
        ),
        Fact::inferred("`query` finds text in name and description, whatever the case."),
        Fact::inferred("`total_estimate` is sent and exact."),
        Fact::inferred(
            "400 messages follow zod 3, numbers follow JavaScript's `Number()`; several bad fields: all in `fields`, the first in `message`. A number that is wrong in two ways (`1000.5`, `Infinity`) has both messages, that about the integer first.",
        ),
        Fact::inferred(
            "Names can have brackets, as oRPC reads them: `limit[]=5` and `limit[0]=5` are arrays of one, which `Number()` takes for 5; longer arrays (a repeated name makes one too) and objects (`limit[a]=5`) are no numbers, and none of them is a text.",
        ),
        Fact::inferred(
            "A cursor that is not one is 400 `Invalid cursor.`; padding and the standard alphabet are accepted.",
        ),
        Fact::inferred(
            "A `workspace_id` that is not the key's is 403, an unknown `project_id` 404; validation comes first.",
        ),
        Fact::inferred(
            "No or an empty bearer is `unauthorized`; anything else that is not a live key is `invalid_api_key`, both with `Invalid API key.`.",
        ),
        Fact::inferred(
            "Order of checks: key (a request without a live one is 401 whatever its route and method), route, method, parameters, workspace, project.",
        ),
        Fact::inferred(
            "A wrong method is 405 with the `not_found` envelope and `Allow`; request ids are `req_` and 24 letters and digits.",
        ),
        Fact::inferred(
            "Where no URL is stored, a ready asset shows one, in the form in which others have seen the vendor's, on a host that nobody owns.",
        ),
        Fact::inferred(
            "Imported: a `content_type` that is a MIME type counts as its modality, one without any as `document`; what has no `asset_id` or no `created_at`, which the schema allows, is refused.",
        ),
        Fact::inferred(
            "Of the failures that only faults stage, the first three have the reference page's messages; those of the others are ours.",
        ),
    ],
    not_imitated: &[
        "Keys that reach several workspaces; canvas items without an asset id.",
        "402, 409 and the 500 that malformed ids cause on other routes, unless a fault stages them.",
    ],
};

/// Its routes. What its documents do not name is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    Operation {
        name: "list_assets",
        method: "GET",
        paths: &["/api/v1/assets"],
        scope: None,
        params: params::ALL,
        unknown: Unknown::Ignored, // inferred
        action: Action::List(Paging { size: "limit", position: "cursor", by: Position::OffsetCursor, total: true }),
        evidence: Evidence::Documented,
    },
    Operation::absent("upload_asset", "POST", &["/api/v1/assets"], Evidence::Documented),
    Operation::absent("get_asset", "GET", &["/api/v1/assets/{assetId}"], Evidence::Documented),
    Operation::absent("complete_asset_upload", "POST", &["/api/v1/assets/{assetId}/complete"], Evidence::Documented),
    Operation::absent("retry_asset_upload", "POST", &["/api/v1/assets/{assetId}/retry"], Evidence::Documented),
    Operation::absent("list_workspaces", "GET", &["/api/v1/workspaces"], Evidence::Client),
    Operation::absent("list_projects", "GET", &["/api/v1/projects"], Evidence::Documented),
    Operation::absent("create_project", "POST", &["/api/v1/projects"], Evidence::Client),
    Operation::absent("get_project", "GET", &["/api/v1/projects/{projectId}"], Evidence::Client),
    Operation::absent("list_nodes", "GET", &["/api/v1/projects/{projectId}/nodes"], Evidence::Client),
    Operation::absent(
        "attach_asset",
        "POST",
        &["/api/v1/projects/{projectId}/assets/{assetId}/attach"],
        Evidence::Client,
    ),
];

/// In which ways it may behave.
const VARIANTS: &[Variant] = &[
    Variant {
        name: "content_type",
        options: &[
            VariantOption::new(
                "modality",
                Evidence::Documented,
                "`content_type` is `image`, `video`, `audio` or `document`, as the vendor measured.",
            ),
            VariantOption::new("mime", Evidence::Client, "`content_type` is the MIME type, as in the SDK's own test."),
        ],
    },
    Variant {
        name: "key_order",
        options: &[
            VariantOption::new(
                "reference",
                Evidence::Documented,
                "Fields of an asset are in the order of the reference page.",
            ),
            VariantOption::new(
                "openapi",
                Evidence::Documented,
                "Fields of an asset are in the order of the OpenAPI document.",
            ),
        ],
    },
    Variant {
        name: "malformed_key",
        options: &[
            VariantOption::new(
                "unauthorized",
                Evidence::Documented,
                "A credential that cannot be a key is refused as a missing one is.",
            ),
            VariantOption::new(
                "invalid_api_key",
                Evidence::Documented,
                "A credential that cannot be a key is refused as an unknown key is.",
            ),
        ],
    },
];

impl Provider for Flora {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, args: &Args, key: &Key) -> Result<AssetQuery, Failure> {
        params::plan(args, key)
    }

    fn asset(&self, asset: &Asset, workspace: &str, variants: Variants) -> Box<RawValue> {
        view::asset(asset, workspace, variants)
    }

    fn page(&self, page: &Page, args: &Args) -> Rendered {
        view::page(page, args)
    }

    fn answer(&self, page: &Rendered, cx: &Context) -> Reply {
        Reply::written(StatusCode::OK, page.body.clone()).header("request-id", request_id(cx))
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        error::refusal(failure, cx.variants).header("request-id", request_id(cx))
    }

    fn mint(&self, entropy: u128, _: Micros) -> String {
        opaque(&opaque("asset_", entropy, 16, ALPHANUMERIC), entropy.rotate_left(64), 16, ALPHANUMERIC)
    }

    fn mint_key(&self, [entropy, ..]: [u128; 3]) -> String {
        opaque("sk_test_", entropy, 24, ALPHANUMERIC)
    }

    fn import(&self, body: &str) -> Result<Vec<fixture::Asset>, Unimportable> {
        import::import(body)
    }
}

/// Documented: `req_`; inferred: 24 letters and digits.
fn request_id(cx: &Context) -> String {
    opaque("req_", cx.entropy, 24, ALPHANUMERIC)
}
