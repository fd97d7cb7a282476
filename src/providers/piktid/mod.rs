//! PiktID: numbered pages, eleven parameters read as Pydantic reads them, and assets shared between teammates.

mod api_token;
mod asset;
mod body;
mod error;
mod facts;
mod grammar;
mod group;
mod import;
mod list;
mod project;
mod session;
mod upload;
mod user;
mod variants;
mod view;

use axum::http::StatusCode;

use crate::clock::Micros;
use crate::contract::client_env::ClientEnv;
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::{Client, Documented, Inferred};
use crate::contract::failure::Failure;
use crate::contract::object_storage::Storage;
use crate::contract::operation::Operation;
use crate::contract::provider::{Auth, Card, Carrier, CheckOrder, Methods, Provider, QuotaScope, Slash};
use crate::contract::query::Unknown;
use crate::http::reply::Reply;
use crate::random::{ALPHANUMERIC, Rng, random_id};

/// The provider.
#[derive(Debug)]
pub struct PiktId;

/// The data about it.
pub static CARD: Card = Card {
    name: "piktid",
    title: "PiktID",
    hosts: &["v2.api.piktid.com"],
    file_hosts: &[view::MADE_UP_HOST],
    base: "",
    client_env: ClientEnv { base_url: "PIKTID_BASE_URL", key: "PIKTID_API_KEY", lookalikes: &[], evidence: Inferred },
    operations: OPERATIONS,
    slash: Slash::NotFound,               // inferred: its presumed framework
    methods: Methods::WithHeadAndOptions, // inferred: its presumed framework
    order: CheckOrder::RouteFirst,        // inferred
    counted: QuotaScope::Operations,      // inferred
    auth: Auth { carrier: Carrier::Bearer, looks_like: |key| key.starts_with("piktid_"), well_formed: |_| true },
    quotas: &[], // documented for other routes only
    variants: variants::VARIANTS,
    injected_failures: error::INJECTED_FAILURES,
    facts: facts::FACTS,
    not_imitated: facts::NOT_IMITATED,
};

/// Its routes. Any other path or method is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    // Inferred: unknown parameters are ignored, which is Pydantic's default.
    Operation::list("list_assets", &["/assets"], Documented, &list::ASSETS).params(list::PARAMS, Unknown::Ignored),
    Operation::run("delete_assets", "POST", &["/assets/bulk-delete"], Documented, &asset::DELETE).json(),
    Operation::run("get_asset", "GET", &["/assets/{asset_id}"], Documented, &asset::GET),
    Operation::run("log_in", "POST", &["/auth/login"], Documented, &session::LogIn).for_anyone(),
    Operation::run("refresh_token", "POST", &["/auth/refresh"], Documented, &session::RefreshToken).for_anyone().json(),
    Operation::run("create_token", "POST", &["/auth/token"], Documented, &api_token::CreateToken).json(),
    Operation::run("list_tokens", "GET", &["/auth/token"], Documented, &api_token::ListTokens)
        .params(api_token::PARAMS, Unknown::Ignored),
    Operation::run("get_current_user", "GET", &["/auth/me"], Documented, &user::GET_CURRENT),
    Operation::run("create_project", "POST", &["/project"], Client, &project::CREATE).json(),
    Operation::run("list_projects", "GET", &["/project"], Client, &project::ListAllProjects)
        .params(project::PARAMS, Unknown::Ignored),
    Operation::run("create_group", "POST", &["/groups"], Documented, &group::CREATE).json(),
    Operation::run("upload", "POST", &["/upload"], Documented, &upload::Upload).json().signs_urls(),
    Operation::run("put_upload", "PUT", &[upload::STORED], Documented, &upload::STORE)
        .for_signed_urls(Storage::S3)
        .empty_answer()
        .bytes(upload::LARGEST),
];

impl Provider for PiktId {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        error::refusal(failure, cx)
    }

    /// Inferred: Flask answers OPTIONS by itself, before the key is checked.
    fn options(&self, allow: &str) -> Reply {
        Reply::empty(StatusCode::OK).header("content-type", "text/html; charset=utf-8").header("allow", allow)
    }

    fn new_asset_id(&self, entropy: u128, _: Micros) -> String {
        new_uuid(entropy)
    }

    fn new_key(&self, [entropy, ..]: [u128; 3]) -> String {
        key(entropy)
    }
}

/// Inferred: the form of ids of assets.
fn new_uuid(entropy: u128) -> String {
    uuid::Builder::from_random_bytes(entropy.to_be_bytes()).into_uuid().to_string()
}

/// Makes the text of a token or a refresh token.
fn new_token(rng: &Rng) -> String {
    key(rng.next_u128())
}

/// Inferred: the form of keys, which clients need not know.
fn key(entropy: u128) -> String {
    random_id("piktid_", entropy, 24, ALPHANUMERIC)
}
