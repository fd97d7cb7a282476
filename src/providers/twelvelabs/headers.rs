//! The headers of TwelveLabs' answers: its version, and what remains of a quota.

use crate::clock::seconds;
use crate::contract::context::Context;
use crate::http::reply::Reply;

/// Inferred: the documentation calls the version this.
const API_VERSION: &str = "v1.3";

/// The same answer with the header of every answer.
pub fn versioned(reply: Reply) -> Reply {
    reply.header("x-api-version", API_VERSION)
}

/// Documented for metered routes; here for keys with a limit of their own.
pub fn rated(reply: Reply, cx: &Context) -> Reply {
    let Some(count) = cx.counts.main() else { return reply };
    let limit = count.quota.requests;
    reply
        .number("x-ratelimit-limit", limit)
        .number("x-ratelimit-remaining", count.remaining)
        .number("x-ratelimit-used", count.used.min(limit))
        .number("x-ratelimit-reset", seconds(count.reset_at))
}
