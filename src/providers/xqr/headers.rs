//! The headers of xQR's answers: the request id, and what remains of the quotas.

use crate::clock::seconds;
use crate::contract::context::Context;
use crate::http::reply::Reply;
use crate::random::{HEX, random_id};

/// The burst quota's name.
pub const BURST: &str = "burst";

/// The same answer with the headers of every answer: the request id, and the counts once the key is known.
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

/// Documented: the Pro plan's calls in a month; the burst quota's 10 a second are that plan's too.
const CALLS_A_MONTH: u64 = 1000;

/// What a used-up month shows in place of the minute's numbers, on an answer that shows any. Documented: the total and
/// what remains of it, and no time of a reset.
pub fn of_the_month(reply: Reply) -> Reply {
    let mut reply = reply;
    if reply.headers.remove("x-ratelimit-reset").is_none() {
        return reply;
    }
    reply.headers.remove("x-ratelimit-limit");
    reply.headers.remove("x-ratelimit-remaining");
    reply.number("x-ratelimit-limit", CALLS_A_MONTH).number("x-ratelimit-remaining", 0u64)
}

/// Documented: `req_` and 16 hexadecimal digits.
pub fn request_id(cx: &Context) -> String {
    random_id("req_", cx.entropy, 16, HEX)
}
