//! FLORA: opaque cursors that contain an offset, a filter by project, and objects in the key order of its reference
//! page.

mod asset;
mod canvas;
mod cursor;
mod error;
mod facts;
mod headers;
mod import;
mod list;
mod projects;
mod reservation;
mod upload;
mod upload_fields;
mod upload_file;
mod upload_view;
mod variants;
mod view;
mod workspaces;

use crate::clock::Micros;
use crate::contract::client_env::ClientEnv;
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::{Client, Documented};
use crate::contract::failure::Failure;
use crate::contract::idempotency::Idempotency;
use crate::contract::object_storage::Storage;
use crate::contract::operation::Operation;
use crate::contract::provider::{Auth, Card, Carrier, CheckOrder, Methods, Provider, QuotaScope, Slash};
use crate::contract::query::Unknown;
use crate::http::reply::Reply;
use crate::random::{ALPHANUMERIC, random_id};

/// The provider.
#[derive(Debug)]
pub struct Flora;

/// The data about it.
pub static CARD: Card = Card {
    name: "flora",
    title: "FLORA",
    hosts: &["app.flora.ai"],
    file_hosts: &["media.flora.ai", view::MADE_UP_HOST],
    base: "/api/v1",
    client_env: ClientEnv { base_url: "FLORA_BASE_URL", key: "FLORA_API_KEY", lookalikes: &[], evidence: Client },
    operations: OPERATIONS,
    slash: Slash::Tolerated, // inferred: its presumed framework takes it, and its SDK emits it for an empty id
    methods: Methods::WithHead, // inferred
    order: CheckOrder::KeyFirst, // inferred
    counted: QuotaScope::Operations, // inferred
    auth: Auth {
        carrier: Carrier::Bearer,
        looks_like: |key| key.starts_with("sk_"),
        well_formed: |key| key.starts_with("sk_"),
    },
    quotas: &[], // documented: a limit exists, its size nowhere
    variants: variants::VARIANTS,
    injected_failures: error::INJECTED_FAILURES,
    facts: facts::FACTS,
    not_imitated: facts::NOT_IMITATED,
};

/// Its routes. Any other path or method is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    // Inferred: that unknown parameters are ignored.
    Operation::list("list_assets", &["/api/v1/assets"], Documented, &list::ASSETS)
        .params(list::PARAMS, Unknown::Ignored),
    Operation::run("upload_asset", "POST", &["/api/v1/assets"], Documented, &upload::UPLOAD)
        .form_or_json(upload_file::FILE, upload::LARGEST_DIRECT)
        .signs_urls()
        .idempotency(&IDEMPOTENCY),
    Operation::run("get_asset", "GET", &["/api/v1/assets/{assetId}"], Documented, &asset::GET),
    Operation::run(
        "complete_asset_upload",
        "POST",
        &["/api/v1/assets/{assetId}/complete"],
        Documented,
        &reservation::Complete,
    )
    .signs_urls()
    .idempotency(&IDEMPOTENCY),
    Operation::run("retry_asset_upload", "POST", &["/api/v1/assets/{assetId}/retry"], Documented, &reservation::RETRY)
        .signs_urls()
        .idempotency(&IDEMPOTENCY),
    Operation::run("list_workspaces", "GET", &["/api/v1/workspaces"], Documented, &workspaces::LIST),
    Operation::run("list_projects", "GET", &["/api/v1/projects"], Documented, &projects::LIST)
        .params(projects::PARAMS, Unknown::Ignored),
    Operation::run("create_project", "POST", &["/api/v1/projects"], Documented, &projects::CREATE)
        .json()
        .idempotency(&IDEMPOTENCY),
    Operation::run("get_project", "GET", &["/api/v1/projects/{projectId}"], Client, &projects::GET),
    Operation::run("list_nodes", "GET", &["/api/v1/projects/{projectId}/nodes"], Client, &canvas::NODES)
        .params(canvas::PARAMS, Unknown::Ignored),
    Operation::run(
        "attach_asset",
        "POST",
        &["/api/v1/projects/{projectId}/assets/{assetId}/attach"],
        Client,
        &canvas::ATTACH,
    )
    .idempotency(&IDEMPOTENCY),
    // Inferred: the path. The vendor's form goes to its object storage, which is on another host.
    Operation::run("post_upload", "POST", &[upload_view::FORM_PATH], Client, &reservation::StoreForm)
        .for_signed_forms(Storage::Gcs)
        .empty_answer()
        .form(upload_file::FILE, reservation::LARGEST),
];

/// Documented: the header and the two hours. Routes that change something take it.
const IDEMPOTENCY: Idempotency = Idempotency { header: "idempotency-key", seconds: 2 * 60 * 60 };

impl Provider for Flora {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        headers::complete(error::refusal(failure, cx.variants), cx)
    }

    fn new_asset_id(&self, entropy: u128, _: Micros) -> String {
        new_id("asset_", entropy)
    }

    fn new_key(&self, [entropy, ..]: [u128; 3]) -> String {
        random_id("sk_test_", entropy, 24, ALPHANUMERIC)
    }
}

/// A new id: a prefix, and 32 letters and digits.
fn new_id(prefix: &str, entropy: u128) -> String {
    random_id(&random_id(prefix, entropy, 16, ALPHANUMERIC), entropy.rotate_left(64), 16, ALPHANUMERIC)
}
