//! The header of FLORA's answers: the request id.

use crate::contract::context::Context;
use crate::http::reply::Reply;
use crate::random::{ALPHANUMERIC, random_id};

/// The same answer with the header of every answer. Documented: `req_`; inferred: 24 letters and digits.
pub fn complete(reply: Reply, cx: &Context) -> Reply {
    reply.header("request-id", random_id("req_", cx.entropy, 24, ALPHANUMERIC))
}
