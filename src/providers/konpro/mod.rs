//! KonPro: opaque keyset tokens, folders, and times in Unix seconds.

mod asset;
mod error;
mod facts;
mod file_type;
mod import;
mod list;
mod page_token;
mod variants;
mod view;

use crate::clock::Micros;
use crate::contract::client_env::ClientEnv;
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::{Documented, Inferred};
use crate::contract::failure::Failure;
use crate::contract::operation::{Action, Operation};
use crate::contract::provider::{Auth, Card, Carrier, CheckOrder, Methods, Provider, QuotaScope, Slash};
use crate::contract::query::Unknown;
use crate::contract::quota::{Quota, Shape};
use crate::http::reply::Reply;
use crate::random::{ALPHANUMERIC, random_id};

/// The provider.
#[derive(Debug)]
pub struct KonPro;

/// What is fixed about it.
pub static CARD: Card = Card {
    name: "konpro",
    title: "KonPro",
    hosts: &["api.konpro.ai", "upload.konpro.ai"],
    base: "/v1",
    client_env: ClientEnv { base_url: "KONPRO_BASE_URL", key: "KONPRO_API_KEY", evidence: Inferred },
    operations: OPERATIONS,
    slash: Slash::Redirected,      // inferred: what its presumed framework does
    methods: Methods::FirstRoute,  // inferred: its presumed framework answers HEAD and OPTIONS with 405
    order: CheckOrder::RouteFirst, // inferred
    counted: QuotaScope::Listings, // inferred
    auth: Auth {
        carrier: Carrier::Header("x-api-key"),
        looks_like: |key| key.starts_with("konpro_"),
        well_formed: |_| true,
    },
    quotas: &[
        // One of three documented statements; off by default.
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

/// Its routes. What its documents do not name is a 404 or 405 of its framework.
static OPERATIONS: &[Operation] = &[
    Operation {
        name: "list_assets",
        method: "GET",
        paths: &["/v1/asset/list"],
        scope: Some("read"), // inferred; checked only of keys that have scopes
        params: list::PARAMS,
        unknown: Unknown::Ignored, // inferred
        varied: None,
        action: Action::List(&list::ASSETS),
        evidence: Documented,
    },
    Operation::absent("upload_asset", "POST", &["/v1/asset"], Documented),
    Operation {
        name: "delete_asset",
        method: "DELETE",
        paths: &["/v1/asset/{asset_id}"],
        scope: Some("write"), // inferred; checked only of keys that have scopes
        params: &[],
        unknown: Unknown::Ignored, // inferred
        varied: None,
        action: Action::Run(&asset::DELETE),
        evidence: Documented,
    },
    Operation::absent("list_folders", "GET", &["/v1/folders"], Documented),
    Operation::absent("create_folder", "POST", &["/v1/folders/create"], Documented),
    Operation::absent("rename_folder", "POST", &["/v1/folders/{folder_id}"], Documented),
    Operation::absent("trash_folder", "POST", &["/v1/folders/{folder_id}/trash"], Documented),
    Operation::absent("restore_folder", "POST", &["/v1/folders/{folder_id}/restore"], Documented),
    Operation::absent("validate_key", "POST", &["/v1/api-keys/validate", "/v1/api-keys/"], Documented),
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
