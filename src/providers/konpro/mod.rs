//! KonPro: opaque keyset tokens, folders, and times in Unix seconds.

mod asset;
mod error;
mod facts;
mod file_type;
mod folder;
mod import;
mod key;
mod list;
mod page_token;
mod upload;
mod variants;
mod view;

use crate::clock::Micros;
use crate::contract::client_env::ClientEnv;
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::{Client, Documented, Inferred};
use crate::contract::failure::Failure;
use crate::contract::operation::Operation;
use crate::contract::provider::{Auth, Card, Carrier, CheckOrder, Methods, Provider, QuotaScope, Slash};
use crate::contract::query::Unknown;
use crate::contract::quota::{Quota, Shape};
use crate::http::reply::Reply;
use crate::random::{ALPHANUMERIC, random_id};

/// The provider.
#[derive(Debug)]
pub struct KonPro;

/// The data about it.
pub static CARD: Card = Card {
    name: "konpro",
    title: "KonPro",
    hosts: &["api.konpro.ai", "upload.konpro.ai"],
    file_hosts: &[],
    base: "/v1",
    client_env: ClientEnv { base_url: "KONPRO_BASE_URL", key: "KONPRO_API_KEY", lookalikes: &[], evidence: Inferred },
    operations: OPERATIONS,
    slash: Slash::Redirected,        // inferred: what its presumed framework does
    methods: Methods::FirstRoute,    // inferred: its presumed framework answers HEAD and OPTIONS with 405
    order: CheckOrder::RouteFirst,   // inferred
    counted: QuotaScope::Operations, // inferred
    auth: Auth {
        carrier: Carrier::Header("x-api-key"),
        looks_like: |key| key.starts_with("konpro_"),
        well_formed: |_| true,
    },
    quotas: &[
        // One of three documented statements, which disagree; not enforced by default.
        Quota {
            name: "minute",
            requests: 100,
            seconds: 60,
            shape: Shape::Window,
            enforced: false,
            evidence: Documented,
        },
    ],
    variants: variants::VARIANTS,
    injected_failures: error::INJECTED_FAILURES,
    facts: facts::FACTS,
    not_imitated: facts::NOT_IMITATED,
};

/// Its routes. Any other path or method is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    // Inferred: that unknown parameters are ignored, and the scopes, which only keys that have any are checked for.
    Operation::list("list_assets", &["/v1/asset/list"], Documented, &list::ASSETS)
        .scope("read")
        .params(list::PARAMS, Unknown::Ignored),
    Operation::run("upload_asset", "POST", &["/v1/asset"], Documented, &upload::UPLOAD)
        .scope("write")
        .params(upload::PARAMS, Unknown::Ignored)
        .bytes(upload::LARGEST),
    Operation::run("delete_asset", "DELETE", &["/v1/asset/{asset_id}"], Documented, &asset::DELETE).scope("write"),
    Operation::run("list_folders", "GET", &["/v1/folders"], Documented, &folder::LIST)
        .scope("read")
        .params(folder::PARAMS, Unknown::Ignored),
    Operation::run("create_folder", "POST", &["/v1/folders/create"], Documented, &folder::CREATE).scope("write").json(),
    Operation::run("rename_folder", "POST", &["/v1/folders/{folder_id}"], Documented, &folder::RENAME)
        .scope("write")
        .json(),
    Operation::run("trash_folder", "POST", &["/v1/folders/{folder_id}/trash"], Documented, &folder::TRASH)
        .scope("write"),
    // That it can be restored is documented; the path is that of a relative of this API.
    Operation::run("restore_folder", "POST", &["/v1/folders/{folder_id}/restore"], Inferred, &folder::RESTORE)
        .scope("write"),
    Operation::run("validate_key", "POST", &["/v1/api-keys/validate"], Documented, &key::VALIDATE),
    // The SDK's form.
    Operation::run("validate_sdk_key", "POST", &["/v1/api-keys/"], Client, &key::VALIDATE_FOR_SDK),
];

impl Provider for KonPro {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        error::refusal(failure, cx)
    }

    fn new_asset_id(&self, entropy: u128, _: Micros) -> String {
        random_id(&random_id("asset_", entropy, 16, ALPHANUMERIC), entropy.rotate_left(64), 16, ALPHANUMERIC)
    }

    fn new_key(&self, [entropy, ..]: [u128; 3]) -> String {
        random_id("konpro_", entropy, 24, ALPHANUMERIC)
    }
}
