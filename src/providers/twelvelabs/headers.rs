//! The headers of TwelveLabs' answers: the version of the API, and the state of a quota.

use crate::clock::seconds;
use crate::contract::context::Context;
use crate::http::reply::Reply;

/// Inferred: the version as the documentation names it.
const API_VERSION: &str = "v1.3";

/// Adds the header that every answer has.
pub fn versioned(reply: Reply) -> Reply {
    reply.header("x-api-version", API_VERSION)
}

/// Adds the quota's headers, for keys with a limit of their own. They are documented for metered routes.
pub fn rated(reply: Reply, cx: &Context) -> Reply {
    let Some(count) = cx.counts.main() else { return reply };
    let limit = count.quota.requests;
    reply
        .number("x-ratelimit-limit", limit)
        .number("x-ratelimit-remaining", count.remaining)
        .number("x-ratelimit-used", count.used.min(limit))
        .number("x-ratelimit-reset", seconds(count.reset_at))
}
