//! The header that every FLORA answer has: the request id.

use crate::contract::context::Context;
use crate::http::reply::Reply;
use crate::random::{ALPHANUMERIC, random_id};

/// Adds that header. Documented: `req_`. Inferred: 24 letters and digits.
pub fn complete(reply: Reply, cx: &Context) -> Reply {
    reply.header("request-id", random_id("req_", cx.entropy, 24, ALPHANUMERIC))
}
