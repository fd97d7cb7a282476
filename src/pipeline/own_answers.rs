//! The emulator's own answers, for requests to which no vendor's answer would be correct.

use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;

use crate::contract::operation::Operation;
use crate::contract::provider::Card;
use crate::emulator::redaction::{SHORT, Secrets, clip};
use crate::http::reply::Reply;
use crate::providers::directory::{Described, describe};

#[derive(Serialize)]
struct NoProvider<'a> {
    error: Problem<'a>,
    providers: Vec<Described>,
}

#[derive(Serialize)]
struct OnlyProblem<'a> {
    error: Problem<'a>,
}

#[derive(Serialize)]
struct NotImitated<'a> {
    error: Problem<'a>,
    provider: &'static str,
    operation: &'static str,
}

#[derive(Serialize)]
struct Problem<'a> {
    code: &'a str,
    message: &'a str,
    at: &'a str,
}

/// The answer to a request that belongs to no provider.
pub fn no_provider(request: &Parts) -> Reply {
    let message = "no provider owns this address; use one of the base URLs below, a vendor's host name, or a vendor's exact path \
                   (where two vendors share it, with a key of the one you mean)";
    let error = Problem { code: "no_provider", message, at: request.uri.path() };
    Reply::json(StatusCode::NOT_FOUND, &NoProvider { error, providers: describe(request) })
}

/// The answer to a request whose `X-Emulator-Fault` header cannot be read.
pub fn no_such_fault(why: &str) -> Reply {
    let error = Problem { code: "no_such_fault", message: why, at: "X-Emulator-Fault" };
    Reply::json(StatusCode::BAD_REQUEST, &OnlyProblem { error })
}

/// The answer to a request for a route that the vendor has and the emulator does not imitate. It is not the vendor's
/// 404, because a client would take that to mean that an asset does not exist.
pub fn not_imitated(card: &Card, operation: &Operation) -> Reply {
    let Operation { name, method, .. } = operation;
    let at = format!("{method} {}", operation.path());
    let message = format!(
        "{} has this route, `{name}`, and assetmock does not imitate it; `assetmock providers {}` lists those it does",
        card.title, card.name
    );
    let error = Problem { code: "not_imitated", message: &message, at: &at };
    // Some vendors' SDKs retry after any 5xx unless this header forbids it.
    Reply::json(StatusCode::NOT_IMPLEMENTED, &NotImitated { error, provider: card.name, operation: name })
        .header("x-should-retry", "false")
}

/// The answer to a refused CONNECT request.
pub fn no_tunnel(request: &Parts, status: StatusCode, why: &str) -> Reply {
    let at = request.uri.to_string();
    let at = clip(&at, SHORT, &Secrets::of(None, &request.headers));
    let error = Problem { code: "no_tunnel", message: why, at: &at };
    Reply::json(status, &OnlyProblem { error }).header("connection", "close")
}

/// The answer to a request for a host that is neither a vendor's nor this server.
pub fn other_host(host: &str, why: &str) -> Reply {
    let error = Problem { code: "foreign_host", message: why, at: host };
    Reply::json(StatusCode::FORBIDDEN, &OnlyProblem { error })
}
