//! xQR: `limit` and `offset`, scopes, and a rate limit that every answer counts down.

mod asset;
mod error;
mod facts;
mod headers;
mod import;
mod list;
mod upload;
mod variants;
mod view;
mod workspace;

use self::headers::BURST;
use crate::clock::Micros;
use crate::contract::client_env::ClientEnv;
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::{Documented, Inferred};
use crate::contract::failure::Failure;
use crate::contract::object_storage::Storage;
use crate::contract::operation::Operation;
use crate::contract::provider::{Auth, Card, Carrier, CheckOrder, Methods, Provider, QuotaScope, Slash};
use crate::contract::query::Unknown;
use crate::contract::quota::{Quota, Shape};
use crate::http::reply::Reply;
use crate::random::{HEX, random_id};

/// The provider.
#[derive(Debug)]
pub struct Xqr;

/// The data about it.
pub static CARD: Card = Card {
    name: "xqr",
    title: "xQR",
    hosts: &["xqr.co"],
    file_hosts: &["cdn.xqr.co"],
    base: "/api/v1",
    client_env: ClientEnv { base_url: "XQR_BASE_URL", key: "XQR_API_KEY", lookalikes: &[], evidence: Inferred },
    operations: OPERATIONS,
    slash: Slash::Redirected,        // inferred: what its presumed framework does
    methods: Methods::FirstRoute,    // inferred: its presumed framework answers HEAD and OPTIONS with 405
    order: CheckOrder::RouteFirst,   // inferred
    counted: QuotaScope::Everything, // inferred
    auth: Auth {
        carrier: Carrier::Bearer,
        looks_like: |key| key.starts_with("xqr_pk_"),
        well_formed: |key| key.starts_with("xqr_pk_"),
    },
    quotas: &[
        // The numbers are documented. That they apply to one minute is inferred from 10 a second and from resets on
        // whole minutes.
        Quota { name: "minute", requests: 600, seconds: 60, shape: Shape::Window, enforced: true, evidence: Inferred },
        Quota { name: BURST, requests: 10, seconds: 1, shape: Shape::Bucket, enforced: false, evidence: Documented },
    ],
    variants: variants::VARIANTS,
    injected_failures: error::INJECTED_FAILURES,
    facts: facts::FACTS,
    not_imitated: facts::NOT_IMITATED,
};

/// Its routes. Any other path or method is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    // Inferred: that unknown parameters are ignored.
    Operation::list("list_assets", &["/api/v1/assets"], Documented, &list::ASSETS)
        .scope("assets:read")
        .params(list::PARAMS, Unknown::Ignored)
        .varied(list::varied),
    Operation::run("get_asset", "GET", &["/api/v1/assets/{asset_id}"], Documented, &asset::GET).scope("assets:read"),
    Operation::run("presign_upload", "POST", &["/api/v1/assets/presign"], Documented, &upload::Presign)
        .scope("assets:write")
        .params(upload::PARAMS, Unknown::Ignored)
        .signs_urls(),
    Operation::run("put_upload", "PUT", &[upload::STORED], Documented, &upload::STORE)
        .for_signed_urls(Storage::S3)
        .empty_answer()
        .bytes(upload::LARGEST),
    // Documented: the first path in the heading of a page, and the second one in its examples.
    Operation::run(
        "confirm_upload",
        "POST",
        &["/api/v1/assets/{asset_id}/confirm", "/api/v1/assets/presign/{asset_id}/confirm"],
        Documented,
        &upload::CONFIRM,
    )
    .scope("assets:write"),
    Operation::run("publish_asset", "POST", &["/api/v1/assets/{asset_id}/publish"], Documented, &asset::PUBLISH)
        .scope("assets:write"),
    Operation::run("delete_asset", "DELETE", &["/api/v1/assets/{asset_id}"], Documented, &asset::DELETE)
        .scope("assets:write")
        .empty_answer(),
    Operation::run("get_workspace", "GET", &["/api/v1/workspace"], Documented, &workspace::GET).scope("workspace:read"),
    Operation::run("get_usage", "GET", &["/api/v1/workspace/usage"], Documented, &workspace::USAGE)
        .scope("workspace:read"),
    Operation::run("list_members", "GET", &["/api/v1/workspace/members"], Documented, &workspace::MEMBERS)
        .scope("workspace:read"),
];

impl Provider for Xqr {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        error::refusal(failure, cx)
    }

    fn framework_reply(&self, reply: Reply, cx: &Context) -> Reply {
        headers::complete(reply, headers::request_id(cx), cx)
    }

    fn new_asset_id(&self, entropy: u128, _: Micros) -> String {
        uuid::Builder::from_random_bytes(entropy.to_be_bytes()).into_uuid().to_string()
    }

    fn new_key(&self, [prefix, first, second]: [u128; 3]) -> String {
        let hex = |entropy, length| random_id("", entropy, length, HEX);
        format!("xqr_pk_{}.{}{}", hex(prefix, 8), hex(first, 32), hex(second, 32))
    }
}
