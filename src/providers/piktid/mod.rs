//! PiktID: numbered pages, eleven parameters read as Pydantic reads them, and assets shared between teammates.

mod error;
mod facts;
mod grammar;
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
use crate::http::reply::{RenderedPage, Reply, raw};
use crate::library::fixture;
use crate::library::store::{Asset, AssetQuery, Key};
use crate::random::{ALPHANUMERIC, random_id};

/// The provider.
#[derive(Debug)]
pub struct PiktId;

/// What is fixed about it.
pub static CARD: Card = Card {
    name: "piktid",
    title: "PiktID",
    hosts: &["v2.api.piktid.com"],
    base: "",
    client_env: ClientEnv { base_url: "PIKTID_BASE_URL", key: "PIKTID_API_KEY", evidence: Evidence::Inferred },
    operations: OPERATIONS,
    slash: Slash::NotFound,               // inferred: its presumed framework
    methods: Methods::WithHeadAndOptions, // inferred: its presumed framework
    order: CheckOrder::RouteFirst,        // inferred
    counted: QuotaScope::Listings,        // inferred
    auth: Auth { carrier: Carrier::Bearer, looks_like: |key| key.starts_with("piktid_"), well_formed: |_| true },
    quotas: &[], // documented for other routes only
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

    fn page(&self, page: &Page, args: &Args) -> RenderedPage {
        view::page(page, args)
    }

    fn answer(&self, page: &RenderedPage, _: &Context) -> Reply {
        Reply::written(StatusCode::OK, page.body.clone())
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        error::refusal(failure, cx.variants)
    }

    /// Inferred: Flask answers OPTIONS by itself, before anyone asks for a key.
    fn options(&self, allow: &str) -> Reply {
        Reply::empty(StatusCode::OK).header("content-type", "text/html; charset=utf-8").header("allow", allow)
    }

    fn new_asset_id(&self, entropy: u128, _: Micros) -> String {
        uuid::Builder::from_random_bytes(entropy.to_be_bytes()).into_uuid().to_string()
    }

    fn new_key(&self, [entropy, ..]: [u128; 3]) -> String {
        random_id("piktid_", entropy, 24, ALPHANUMERIC)
    }

    fn import(&self, body: &str) -> Result<Vec<fixture::Asset>, Unimportable> {
        import::import(CARD.name, body)
    }
}
