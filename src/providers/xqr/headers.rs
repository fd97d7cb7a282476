//! The headers of xQR's answers: the request id, and the state of the quotas.

use crate::clock::seconds;
use crate::contract::context::Context;
use crate::http::reply::Reply;
use crate::random::{HEX, random_id};

/// The name of the burst quota.
pub const BURST: &str = "burst";

/// Adds the headers that every answer has: the request id and, once the key is known, the quotas.
pub fn complete(reply: Reply, request_id: String, cx: &Context) -> Reply {
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

/// Documented: how many calls a month the Pro plan has. The burst quota of 10 a second is that plan's as well.
const CALLS_A_MONTH: u64 = 1000;

/// Replaces the numbers of the minute with those of a used-up month, in an answer that shows any. Documented: the
/// total and the remaining calls, but no time of a reset.
pub fn of_the_month(reply: Reply) -> Reply {
    let mut reply = reply;
    if reply.headers.remove("x-ratelimit-reset").is_none() {
        return reply;
    }
    reply.headers.remove("x-ratelimit-limit");
    reply.headers.remove("x-ratelimit-remaining");
    reply.number("x-ratelimit-limit", CALLS_A_MONTH).number("x-ratelimit-remaining", 0u64)
}

/// Makes a request id. Documented: `req_` and 16 hexadecimal digits.
pub fn request_id(cx: &Context) -> String {
    random_id("req_", cx.entropy, 16, HEX)
}
