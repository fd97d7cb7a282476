//! FLORA: opaque cursors over an offset, a filter by project canvas, and objects in the key order of its reference page.

mod cursor;
mod error;
mod facts;
mod import;
mod params;
mod variants;
mod view;

use axum::http::StatusCode;
use serde_json::value::RawValue;

use crate::clock::Micros;
use crate::contract::client_env::ClientEnv;
use crate::contract::evidence::Evidence;
use crate::contract::failure::Failure;
use crate::contract::import::Unimportable;
use crate::contract::operation::{Action, Operation};
use crate::contract::operation::{Paging, Position};
use crate::contract::provider::{Auth, Card, Carrier, CheckOrder, Context, Methods, Page, Provider, QuotaScope, Slash};
use crate::contract::query::{Args, Unknown};
use crate::contract::variant::Variants;
use crate::http::reply::{RenderedPage, Reply};
use crate::library::fixture;
use crate::library::store::{Asset, AssetQuery, Key};
use crate::random::{ALPHANUMERIC, random_id};

/// The provider.
#[derive(Debug)]
pub struct Flora;

/// What is fixed about it.
pub static CARD: Card = Card {
    name: "flora",
    title: "FLORA",
    hosts: &["app.flora.ai"],
    base: "/api/v1",
    client_env: ClientEnv { base_url: "FLORA_BASE_URL", key: "FLORA_API_KEY", evidence: Evidence::Client },
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
    variants: variants::VARIANTS,
    staged: error::STAGED,
    facts: facts::FACTS,
    not_imitated: facts::NOT_IMITATED,
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

    fn page(&self, page: &Page, args: &Args) -> RenderedPage {
        view::page(page, args)
    }

    fn answer(&self, page: &RenderedPage, cx: &Context) -> Reply {
        Reply::written(StatusCode::OK, page.body.clone()).header("request-id", request_id(cx))
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        error::refusal(failure, cx.variants).header("request-id", request_id(cx))
    }

    fn new_asset_id(&self, entropy: u128, _: Micros) -> String {
        random_id(&random_id("asset_", entropy, 16, ALPHANUMERIC), entropy.rotate_left(64), 16, ALPHANUMERIC)
    }

    fn new_key(&self, [entropy, ..]: [u128; 3]) -> String {
        random_id("sk_test_", entropy, 24, ALPHANUMERIC)
    }

    fn import(&self, body: &str) -> Result<Vec<fixture::Asset>, Unimportable> {
        import::import(CARD.name, body)
    }
}

/// Documented: `req_`; inferred: 24 letters and digits.
fn request_id(cx: &Context) -> String {
    random_id("req_", cx.entropy, 24, ALPHANUMERIC)
}
