//! xQR: `limit` and `offset`, scopes, and a rate limit that every answer counts down.

mod error;
mod import;
mod params;
mod view;

use serde_json::value::RawValue;

use crate::clock::{HEX, Micros, opaque, seconds};
use crate::contract::failure::Failure;
use crate::contract::import::Unimportable;
use crate::contract::operation::{Action, Operation};
use crate::contract::provider::{
    Auth, Card, Carrier, CheckOrder, Context, Evidence, Fact, Methods, Page, Paging, Position, Provider, QuotaScope,
    Slash,
};
use crate::contract::query::{self, Args, Unknown, Violation};
use crate::contract::variant::{Variant, VariantOption, Variants};
use crate::emulator::limits::{Quota, Shape};
use crate::http::reply::{Rendered, Reply, raw};
use crate::library::fixture;
use crate::library::store::{Asset, AssetQuery, Key};

/// The provider.
#[derive(Debug)]
pub struct Xqr;

/// What is fixed about it.
pub static CARD: Card = Card {
    name: "xqr",
    title: "xQR",
    hosts: &["xqr.co"],
    base: "/api/v1",
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
            name: BURST,
            requests: 10,
            seconds: 1,
            shape: Shape::Bucket,
            enforced: false,
            evidence: Evidence::Documented,
        },
    ],
    variants: VARIANTS,
    staged: error::STAGED,
    facts: &[
        Fact::documented(
            "`GET /api/v1/assets` with `Authorization: Bearer xqr_pk_…` lists every asset of the key's workspace, newest first.",
        ),
        Fact::documented(
            "Ten fields in fixed order; `public_url` is null unless the asset is public; times are whole seconds with `Z`.",
        ),
        Fact::documented(
            "`meta` holds `request_id` and `rate_limit` and no total; the `X-Request-Id` header repeats the id.",
        ),
        Fact::documented(
            "Errors are `{\"error\":{code,message,status},\"meta\":{request_id}}`; 401 tells `INVALID_API_KEY`, `REVOKED_API_KEY` and `EXPIRED_API_KEY` apart, 403 is `INSUFFICIENT_SCOPE`.",
        ),
        Fact::documented("Scopes match exactly; `*` stands for all."),
        Fact::documented(
            "The union of the documented `X-RateLimit-*` headers is sent: Limit, Remaining, Reset, Burst-Limit, Burst-Remaining. Names travel in lower case, as HTTP/2 has them.",
        ),
        Fact::documented(
            "429 carries `Retry-After` in whole seconds, but for that of the monthly quota, of which nobody says so (inferred).",
        ),
        Fact::inferred(
            "A 429 shows 0 as what remains of the quota that is used up, and `Retry-After` is the time to its reset, also when a fault stages it; that of the month shows the Pro plan's 1,000 calls and no reset. 401 shows no quota.",
        ),
        Fact::inferred(
            "The 600 requests are a fixed minute, aligned to the clock and counted per key; the request that shows a number is part of it.",
        ),
        Fact::inferred(
            "The burst bucket of 10 a second is counted and shown but refuses only keys with strict limits; the monthly quota is not counted.",
        ),
        Fact::inferred(
            "Every request with a live key is counted, refused or not, 404, 405 and redirects too; answers to one carry the headers.",
        ),
        Fact::inferred(
            "Order of checks: route and method (404, 405 and redirects need no key), key, scope, rate limit, parameters.",
        ),
        Fact::inferred(
            "Integers are what Pydantic's lax mode reads (`005`, ` 5 `, `+5`, `5.0`, `1_0`); those beyond 64 bits are beyond the end. `limit` and `offset` out of range or not integers, `offset` below 0 among them (that minimum is a guess), are 400 `VALIDATION_ERROR`; the code and all messages but the scope one are ours.",
        ),
        Fact::inferred("Of a repeated parameter the last counts; unknown ones are ignored."),
        Fact::inferred(
            "Equal creation times: the one inserted later comes first. Pending and failed assets are listed; both show as `pending`, since a failed one was never confirmed, and all others as `confirmed`.",
        ),
        Fact::inferred(
            "A missing key is `INVALID_API_KEY`; 404, 405 and 500 are `NOT_FOUND`, `METHOD_NOT_ALLOWED` and `INTERNAL_ERROR`; HEAD and OPTIONS are 405; a slash behind the route is 307 to the one without.",
        ),
        Fact::inferred(
            "An asset without a name shows its id, without a size 0, without a MIME type `application/octet-stream`.",
        ),
        Fact::inferred(
            "Of the failures that only faults stage, the messages are ours, and so are `CONFLICT`, `GONE` and `SERVICE_UNAVAILABLE`; that 409 and 410 exist is documented, 503 is not.",
        ),
    ],
    not_imitated: &[
        "The monthly quota and plan features (`PLAN_LIMIT_EXCEEDED`, `FEATURE_NOT_AVAILABLE`), unless a fault stages them.",
        "The other two shapes of `rate_limit` that the documentation shows elsewhere.",
    ],
};

/// The burst quota's name.
const BURST: &str = "burst";

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

/// In which ways it may behave.
const VARIANTS: &[Variant] = &[
    Variant {
        name: "out_of_range",
        options: &[
            VariantOption::new("refuse", Evidence::Inferred, "A `limit` or `offset` out of its range is refused."),
            VariantOption::new(
                "clamp",
                Evidence::Inferred,
                "A `limit` or `offset` out of its range counts as the nearest one in it; what is no number is refused.",
            ),
        ],
    },
    Variant {
        name: "validation_status",
        options: &[
            VariantOption::new("400", Evidence::Inferred, "Invalid parameters are 400."),
            VariantOption::new(
                "422",
                Evidence::Inferred,
                "Invalid parameters are 422, the default of its presumed framework.",
            ),
        ],
    },
];

impl Provider for Xqr {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn read(&self, query: &str, variants: Variants) -> Result<Args, Vec<Violation>> {
        let params = if variants.is(&CARD, "out_of_range", "clamp") { params::CLAMPED } else { params::ALL };
        Ok(query::read(params, CARD.unknown(), query)?.under(variants))
    }

    fn plan(&self, args: &Args, _: &Key) -> Result<AssetQuery, Failure> {
        Ok(params::plan(args))
    }

    fn asset(&self, asset: &Asset, workspace: &str, _: Variants) -> Box<RawValue> {
        raw(&view::asset(asset, workspace))
    }

    fn page(&self, page: &Page, _: &Args) -> Rendered {
        view::page(page)
    }

    fn answer(&self, page: &Rendered, cx: &Context) -> Reply {
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

    fn mint(&self, entropy: u128, _: Micros) -> String {
        uuid::Builder::from_random_bytes(entropy.to_be_bytes()).into_uuid().to_string()
    }

    fn mint_key(&self, [prefix, first, second]: [u128; 3]) -> String {
        format!("xqr_pk_{}.{}{}", opaque("", prefix, 8, HEX), opaque("", first, 32, HEX), opaque("", second, 32, HEX))
    }

    fn import(&self, body: &str) -> Result<Vec<fixture::Asset>, Unimportable> {
        import::import(body)
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
    if let Some(burst) = cx.counts.named(BURST) {
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
    opaque("req_", cx.entropy, 16, HEX)
}
