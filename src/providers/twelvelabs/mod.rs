//! TwelveLabs: numbered pages, arrays as repeated parameters or as JSON, and errors in one sentence.

mod array;
mod error;
mod facts;
mod import;
mod params;
mod variants;
mod view;

use axum::http::StatusCode;
use serde_json::value::RawValue;

use crate::clock::{Micros, seconds};
use crate::contract::client_env::ClientEnv;
use crate::contract::evidence::Evidence;
use crate::contract::failure::Failure;
use crate::contract::import::Unimportable;
use crate::contract::operation::{Action, Operation};
use crate::contract::operation::{Paging, Position};
use crate::contract::provider::{Auth, Card, Carrier, CheckOrder, Context, Methods, Page, Provider, QuotaScope, Slash};
use crate::contract::query::{self, Args, Unknown, Violation};
use crate::contract::variant::Variants;
use crate::http::reply::{RenderedPage, Reply, raw};
use crate::library::fixture;
use crate::library::store::{Asset, AssetQuery, Key};
use crate::random::{ALPHANUMERIC, HEX, random_id};

/// The provider.
#[derive(Debug)]
pub struct TwelveLabs;

/// What is fixed about it.
pub static CARD: Card = Card {
    name: "twelvelabs",
    title: "TwelveLabs",
    hosts: &["api.twelvelabs.io"],
    base: "/v1.3",
    client_env: ClientEnv { base_url: "TWELVELABS_BASE_URL", key: "TWELVE_LABS_API_KEY", evidence: Evidence::Client },
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

impl Provider for TwelveLabs {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn read(&self, query: &str, variants: Variants) -> Result<Args, Vec<Violation>> {
        let ignores = variants.is(variants::VARIANTS, "unknown_parameters", "ignore");
        let unknown = if ignores { Unknown::Ignored } else { CARD.unknown() };
        Ok(query::read(CARD.params(), unknown, query)?.under(variants))
    }

    fn plan(&self, args: &Args, _: &Key) -> Result<AssetQuery, Failure> {
        Ok(params::plan(args))
    }

    fn asset(&self, asset: &Asset, _: &str, _: Variants) -> Box<RawValue> {
        raw(&view::asset(asset))
    }

    fn page(&self, page: &Page, args: &Args) -> RenderedPage {
        view::page(page, args)
    }

    fn answer(&self, page: &RenderedPage, cx: &Context) -> Reply {
        error::rated(Reply::written(StatusCode::OK, page.body.clone()), cx).header("x-api-version", API_VERSION)
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        error::refusal(failure, cx).header("x-api-version", API_VERSION)
    }

    fn new_asset_id(&self, entropy: u128, created_at: Micros) -> String {
        let second = u32::try_from(seconds(created_at).max(0)).unwrap_or(u32::MAX);
        random_id(&format!("{second:08x}"), entropy, 16, HEX)
    }

    fn new_key(&self, [entropy, ..]: [u128; 3]) -> String {
        format!("tlk_{}", random_id("", entropy, 24, ALPHANUMERIC).to_uppercase())
    }

    fn import(&self, body: &str) -> Result<Vec<fixture::Asset>, Unimportable> {
        import::import(CARD.name, body)
    }
}

/// Inferred: the documentation calls the version this.
const API_VERSION: &str = "v1.3";
