//! xQR: `limit` and `offset`, scopes, and a rate limit that every answer counts down.

mod asset;
mod error;
mod facts;
mod headers;
mod import;
mod list;
mod variants;
mod view;

use self::headers::BURST;
use crate::clock::Micros;
use crate::contract::client_env::ClientEnv;
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::{Documented, Inferred};
use crate::contract::failure::Failure;
use crate::contract::handler::Handler;
use crate::contract::operation::{Action, Operation};
use crate::contract::provider::{Auth, Card, Carrier, CheckOrder, Methods, Provider, QuotaScope, Slash};
use crate::contract::query::Unknown;
use crate::contract::quota::{Quota, Shape};
use crate::http::reply::Reply;
use crate::random::{HEX, random_id};

/// The provider.
#[derive(Debug)]
pub struct Xqr;

/// What is fixed about it.
pub static CARD: Card = Card {
    name: "xqr",
    title: "xQR",
    hosts: &["xqr.co"],
    base: "/api/v1",
    client_env: ClientEnv { base_url: "XQR_BASE_URL", key: "XQR_API_KEY", evidence: Inferred },
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
        // The numbers are documented; that they are a minute's window is inferred from 10 a second and resets on whole minutes.
        Quota { name: "minute", requests: 600, seconds: 60, shape: Shape::Window, enforced: true, evidence: Inferred },
        Quota { name: BURST, requests: 10, seconds: 1, shape: Shape::Bucket, enforced: false, evidence: Documented },
    ],
    variants: variants::VARIANTS,
    injected_failures: error::INJECTED_FAILURES,
    facts: facts::FACTS,
    not_imitated: facts::NOT_IMITATED,
};

/// Its routes. What its documents do not name is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    Operation {
        name: "list_assets",
        method: "GET",
        paths: &["/api/v1/assets"],
        scope: Some("assets:read"),
        params: list::PARAMS,
        unknown: Unknown::Ignored, // inferred
        varied: Some(list::varied),
        action: Action::List(&list::ASSETS),
        evidence: Documented,
    },
    of_asset("get_asset", "GET", "assets:read", &["/api/v1/assets/{asset_id}"], &asset::GET),
    Operation::absent("presign_upload", "POST", &["/api/v1/assets/presign"], Documented),
    Operation::absent(
        "confirm_upload",
        "POST",
        &["/api/v1/assets/{asset_id}/confirm", "/api/v1/assets/presign/{asset_id}/confirm"],
        Documented,
    ),
    of_asset("publish_asset", "POST", "assets:write", &["/api/v1/assets/{asset_id}/publish"], &asset::PUBLISH),
    of_asset("delete_asset", "DELETE", "assets:write", &["/api/v1/assets/{asset_id}"], &asset::DELETE),
    Operation::absent("get_workspace", "GET", &["/api/v1/workspace"], Documented),
    Operation::absent("get_usage", "GET", &["/api/v1/workspace/usage"], Documented),
    Operation::absent("list_members", "GET", &["/api/v1/workspace/members"], Documented),
];

/// A documented route on a single asset. None has a parameter in its query string; those of clients are ignored (inferred).
const fn of_asset(
    name: &'static str,
    method: &'static str,
    scope: &'static str,
    paths: &'static [&'static str],
    handler: &'static dyn Handler,
) -> Operation {
    let scope = Some(scope);
    let (params, unknown, varied) = (&[], Unknown::Ignored, None);
    Operation {
        name,
        method,
        paths,
        scope,
        params,
        unknown,
        varied,
        action: Action::Run(handler),
        evidence: Documented,
    }
}

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
