//! xQR: `limit` and `offset`, scopes, and a rate limit that every answer counts down.

mod error;
mod facts;
mod import;
mod params;
mod variants;
mod view;

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
use crate::contract::quota::{Quota, Shape};
use crate::contract::variant::Variants;
use crate::http::reply::{RenderedPage, Reply, raw};
use crate::library::fixture;
use crate::library::store::{Asset, AssetQuery, Key};
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
    client_env: ClientEnv { base_url: "XQR_BASE_URL", key: "XQR_API_KEY", evidence: Evidence::Inferred },
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
        Quota {
            name: "minute",
            requests: 600,
            seconds: 60,
            shape: Shape::Window,
            enforced: true,
            evidence: Evidence::Inferred,
        },
        Quota {
            name: error::BURST,
            requests: 10,
            seconds: 1,
            shape: Shape::Bucket,
            enforced: false,
            evidence: Evidence::Documented,
        },
    ],
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
        scope: Some("assets:read"),
        params: params::ALL,
        unknown: Unknown::Ignored, // inferred
        action: Action::List(Paging { size: "limit", position: "offset", by: Position::Offset, total: false }),
        evidence: Evidence::Documented,
    },
    Operation::absent("get_asset", "GET", &["/api/v1/assets/{asset_id}"], Evidence::Documented),
    Operation::absent("presign_upload", "POST", &["/api/v1/assets/presign"], Evidence::Documented),
    Operation::absent(
        "confirm_upload",
        "POST",
        &["/api/v1/assets/{asset_id}/confirm", "/api/v1/assets/presign/{asset_id}/confirm"],
        Evidence::Documented,
    ),
    Operation::absent("publish_asset", "POST", &["/api/v1/assets/{asset_id}/publish"], Evidence::Documented),
    Operation::absent("delete_asset", "DELETE", &["/api/v1/assets/{asset_id}"], Evidence::Documented),
    Operation::absent("get_workspace", "GET", &["/api/v1/workspace"], Evidence::Documented),
    Operation::absent("get_usage", "GET", &["/api/v1/workspace/usage"], Evidence::Documented),
    Operation::absent("list_members", "GET", &["/api/v1/workspace/members"], Evidence::Documented),
];

impl Provider for Xqr {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn read(&self, query: &str, variants: Variants) -> Result<Args, Vec<Violation>> {
        let params =
            if variants.is(variants::VARIANTS, "out_of_range", "clamp") { params::CLAMPED } else { params::ALL };
        Ok(query::read(params, CARD.unknown(), query)?.under(variants))
    }

    fn plan(&self, args: &Args, _: &Key) -> Result<AssetQuery, Failure> {
        Ok(params::plan(args))
    }

    fn asset(&self, asset: &Asset, workspace: &str, _: Variants) -> Box<RawValue> {
        raw(&view::asset(asset, workspace))
    }

    fn page(&self, page: &Page, _: &Args) -> RenderedPage {
        view::page(page)
    }

    fn answer(&self, page: &RenderedPage, cx: &Context) -> Reply {
        let id = request_id(cx);
        let reply = view::answer(page, &id, cx);
        dressed(reply, id, cx)
    }

    fn refusal(&self, failure: &Failure, cx: &Context) -> Reply {
        let id = request_id(cx);
        let reply = error::refusal(failure, &id, cx.variants);
        let reply = dressed(reply, id, cx);
        if failure.is_staged(error::MONTHLY) { of_the_month(reply) } else { reply }
    }

    fn framework_reply(&self, reply: Reply, cx: &Context) -> Reply {
        dressed(reply, request_id(cx), cx)
    }

    fn new_asset_id(&self, entropy: u128, _: Micros) -> String {
        uuid::Builder::from_random_bytes(entropy.to_be_bytes()).into_uuid().to_string()
    }

    fn new_key(&self, [prefix, first, second]: [u128; 3]) -> String {
        format!(
            "xqr_pk_{}.{}{}",
            random_id("", prefix, 8, HEX),
            random_id("", first, 32, HEX),
            random_id("", second, 32, HEX)
        )
    }

    fn import(&self, body: &str) -> Result<Vec<fixture::Asset>, Unimportable> {
        import::import(CARD.name, body)
    }
}

/// The headers of every answer: the request id, and the counts once the key is known.
fn dressed(reply: Reply, request_id: String, cx: &Context) -> Reply {
    let mut reply = reply.header("x-request-id", request_id);
    if let Some(count) = cx.counts.main() {
        reply = reply
            .number("x-ratelimit-limit", count.quota.requests)
            .number("x-ratelimit-remaining", count.remaining)
            .number("x-ratelimit-reset", seconds(count.reset_at));
    }
    if let Some(burst) = cx.counts.named(error::BURST) {
        reply = reply
            .number("x-ratelimit-burst-limit", burst.quota.requests)
            .number("x-ratelimit-burst-remaining", burst.remaining);
    }
    reply
}

/// Documented: the Pro plan's calls in a month; the burst quota's 10 a second are that plan's too.
const CALLS_A_MONTH: u64 = 1000;

/// What a used-up month shows in place of the minute's numbers, on an answer that shows any. Documented: the total and
/// what remains of it, and no time of a reset.
fn of_the_month(reply: Reply) -> Reply {
    let mut reply = reply;
    if reply.headers.remove("x-ratelimit-reset").is_none() {
        return reply;
    }
    reply.headers.remove("x-ratelimit-limit");
    reply.headers.remove("x-ratelimit-remaining");
    reply.number("x-ratelimit-limit", CALLS_A_MONTH).number("x-ratelimit-remaining", 0u64)
}

/// Documented: `req_` and 16 hexadecimal digits.
fn request_id(cx: &Context) -> String {
    random_id("req_", cx.entropy, 16, HEX)
}
