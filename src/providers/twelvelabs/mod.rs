//! TwelveLabs: numbered pages, arrays as repeated parameters or as JSON, and errors in one sentence.

mod array;
mod asset;
mod chunk;
mod create_asset;
mod error;
mod facts;
mod fields;
mod headers;
mod import;
mod list;
mod references;
mod upload_session;
mod upload_status;
mod user_metadata;
mod variants;
mod view;

use crate::clock::{Micros, seconds};
use crate::contract::client_env::ClientEnv;
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::{Client, Documented};
use crate::contract::failure::Failure;
use crate::contract::handler::Handler;
use crate::contract::object_storage::Storage;
use crate::contract::operation::{Operation, VariedParams};
use crate::contract::provider::{Auth, Card, Carrier, CheckOrder, Methods, Provider, QuotaScope, Slash};
use crate::contract::query::{Param, Unknown};
use crate::http::reply::Reply;
use crate::random::{ALPHANUMERIC, HEX, random_id};

/// The provider.
#[derive(Debug)]
pub struct TwelveLabs;

/// The data about it.
pub static CARD: Card = Card {
    name: "twelvelabs",
    title: "TwelveLabs",
    hosts: &["api.twelvelabs.io"],
    file_hosts: &[],
    base: "/v1.3",
    client_env: ClientEnv {
        base_url: "TWELVELABS_BASE_URL",
        key: "TWELVE_LABS_API_KEY",
        lookalikes: &["TWELVELABS_API_KEY", "TWELVE_LABS_BASE_URL"],
        evidence: Client,
    },
    operations: OPERATIONS,
    slash: Slash::NotFound,          // inferred
    methods: Methods::WithHead,      // inferred
    order: CheckOrder::KeyFirst,     // inferred
    counted: QuotaScope::Operations, // inferred
    auth: Auth {
        carrier: Carrier::Header("x-api-key"),
        looks_like: |key| key.starts_with("tlk_"),
        well_formed: |_| true,
    },
    quotas: &[], // documented: limits exist; whether this route has one is open
    variants: variants::VARIANTS,
    injected_failures: error::INJECTED_FAILURES,
    facts: facts::FACTS,
    not_imitated: facts::NOT_IMITATED,
};

/// Its routes. Any other path or method is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    strict(Operation::list("list_assets", &["/v1.3/assets"], Documented, &list::ASSETS), list::PARAMS, list::varied),
    strict(
        Operation::run("create_asset", "POST", &["/v1.3/assets"], Documented, &create_asset::CREATE)
            .form(create_asset::FILE, create_asset::LARGEST),
        &[],
        asset::varied,
    ),
    session("list_multipart_uploads", "GET", UPLOADS, &upload_status::ListIncomplete)
        .params(upload_status::PARAMS, Unknown::Refused)
        .varied(upload_status::varied),
    session("create_multipart_upload", "POST", UPLOADS, &upload_session::Create).json().signs_urls(),
    session("get_multipart_upload", "GET", UPLOAD, &upload_status::GetUpload)
        .params(upload_status::PARAMS, Unknown::Refused)
        .varied(upload_status::varied),
    session("report_chunks", "POST", UPLOAD, &chunk::Report).json().signs_urls(),
    session("create_presigned_urls", "POST", URLS, &upload_session::MoreUrls).json().signs_urls(),
    strict(
        Operation::run("get_asset", "GET", &["/v1.3/assets/{asset_id}"], Documented, &asset::GET),
        &[],
        asset::varied,
    ),
    strict(
        Operation::run("delete_asset", "DELETE", &["/v1.3/assets/{asset_id}"], Documented, &asset::DELETE),
        asset::DELETE_PARAMS,
        asset::varied_delete,
    )
    .empty_answer(),
    metadata("update_user_metadata", "PATCH", &user_metadata::UPDATE).json(),
    metadata("replace_user_metadata", "PUT", &user_metadata::REPLACE).json(),
    metadata("delete_user_metadata", "DELETE", &user_metadata::DELETE),
    Operation::absent("get_transcription", "GET", &["/v1.3/assets/{asset_id}/transcription"], Client),
    referring("list_indexed_assets", &["/v1.3/assets/{asset_id}/indexed-assets"], &references::INDEXED_ASSETS),
    referring("list_entities", &["/v1.3/assets/{asset_id}/entities"], &references::ENTITIES),
    Operation::run("upload_chunk", "PUT", &[upload_session::CHUNKS], Client, &chunk::STORE)
        .for_signed_urls(Storage::S3)
        .empty_answer()
        .bytes(chunk::LARGEST),
];

/// The paths of uploads in chunks.
const UPLOADS: &[&str] = &["/v1.3/assets/multipart-uploads"];
const UPLOAD: &[&str] = &["/v1.3/assets/multipart-uploads/{upload_id}"];
const URLS: &[&str] = &["/v1.3/assets/multipart-uploads/{upload_id}/presigned-urls"];

/// A route on uploads in chunks.
const fn session(
    name: &'static str,
    method: &'static str,
    paths: &'static [&'static str],
    handler: &'static dyn Handler,
) -> Operation {
    strict(Operation::run(name, method, paths, Documented, handler), &[], asset::varied)
}

/// An operation with these parameters. Documented: unknown parameters are an error. Inferred: on each of these routes.
const fn strict(operation: Operation, params: &'static [Param], varied: VariedParams) -> Operation {
    operation.params(params, Unknown::Refused).varied(varied)
}

/// A list of what refers to an asset.
const fn referring(name: &'static str, paths: &'static [&'static str], handler: &'static dyn Handler) -> Operation {
    strict(Operation::run(name, "GET", paths, Client, handler), references::PARAMS, references::varied)
}

/// A route on the metadata of an asset.
const fn metadata(name: &'static str, method: &'static str, handler: &'static dyn Handler) -> Operation {
    let paths = &["/v1.3/assets/{asset_id}/user-metadata"];
    strict(Operation::run(name, method, paths, Client, handler), &[], asset::varied).empty_answer()
}

/// An id of an asset or an upload. Live: it begins with the second of creation.
fn new_id(entropy: u128, created_at: Micros) -> String {
    let second = u32::try_from(seconds(created_at).max(0)).unwrap_or(u32::MAX);
    random_id(&format!("{second:08x}"), entropy, 16, HEX)
}

impl Provider for TwelveLabs {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        headers::versioned(error::refusal(failure, cx))
    }

    fn new_asset_id(&self, entropy: u128, created_at: Micros) -> String {
        new_id(entropy, created_at)
    }

    fn new_key(&self, [entropy, ..]: [u128; 3]) -> String {
        format!("tlk_{}", random_id("", entropy, 24, ALPHANUMERIC).to_uppercase())
    }
}
