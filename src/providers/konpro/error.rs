//! KonPro's errors: `error` and `request_id` side by side. Codes are documented, and messages are the documented
//! descriptions. `reason` and `METHOD_NOT_ALLOWED` are ours (inferred).

use axum::http::StatusCode;
use serde::Serialize;

use super::variants::VARIANTS;
use crate::contract::context::Context;
use crate::contract::failure::{Failure, InjectedFailure};
use crate::contract::query::{Location, Problem, Violation};
use crate::http::reply::Reply;
use crate::random::{DIGITS, random_id};

#[derive(Serialize)]
struct Body<'a> {
    error: Error<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: &'static str,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

#[derive(Serialize)]
struct Details<'a> {
    field: &'a str,
    reason: String,
}

/// Inferred: the message of the 409 to a request during which the workspace was reset.
const RESET: &str = "Workspace was reset during the request";

/// Failures that only faults cause. Both 503 and `SERVICE_UNAVAILABLE` are documented; that they belong together is
/// inferred.
pub const INJECTED_FAILURES: &[InjectedFailure] = &[
    InjectedFailure::documented("invalid_body", 400, "INVALID_REQUEST", "The request body is invalid"),
    InjectedFailure::client("unprocessable", 422, "VALIDATION_ERROR", "Request validation failed"),
    InjectedFailure::client("asset_not_found", 404, "NOT_FOUND", "Asset not found"),
    InjectedFailure::inferred("unavailable", 503, "SERVICE_UNAVAILABLE", "Service temporarily unavailable"),
];

pub fn refusal(failure: &Failure, cx: &Context) -> Reply {
    let say = |status, code, message| envelope(status, code, message, None, cx);
    let chosen = |variant, option| cx.variants.is(VARIANTS, variant, option);
    let invalid_key = || say(StatusCode::UNAUTHORIZED, "INVALID_API_KEY", "API key is invalid or expired");
    match failure {
        Failure::NoSuchRoute
        | Failure::NoSuchProject
        | Failure::NoSuchAsset { .. }
        | Failure::NoSuchFolder { .. }
        | Failure::NoSuchUpload { .. } => {
            let is_short = chosen("not_found_code", "NOT_FOUND");
            let code = if is_short { "NOT_FOUND" } else { "RESOURCE_NOT_FOUND" };
            say(StatusCode::NOT_FOUND, code, "Requested resource doesn't exist")
        }
        // Inferred; no route here causes it.
        Failure::AssetNotReady { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Asset is not ready"),
        Failure::AssetInUse { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Asset is in use"),
        Failure::WrongStatus { .. } | Failure::UploadEnded { .. } | Failure::WrongPart { .. } => {
            say(StatusCode::CONFLICT, "CONFLICT", "Asset is not ready")
        }
        Failure::StorageFull { .. } => say(StatusCode::INSUFFICIENT_STORAGE, "PROCESSING_ERROR", "Storage is full"),
        Failure::InvalidBody { .. }
        | Failure::InvalidJson { .. }
        | Failure::MalformedDigest
        | Failure::WrongDigest { .. } => say(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "The request body is invalid"),
        Failure::BodyTooLarge { .. } | Failure::FileTooLarge { .. } => {
            say(StatusCode::PAYLOAD_TOO_LARGE, "INVALID_REQUEST", "The request body is too large")
        }
        Failure::WrongMethod(allow) => {
            say(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Method not allowed").header("allow", allow)
        }
        Failure::NoKey if chosen("missing_key_code", "INVALID_API_KEY") => invalid_key(),
        Failure::NoKey => say(StatusCode::UNAUTHORIZED, "MISSING_API_KEY", "No API key provided"),
        Failure::MalformedKey
        | Failure::UnknownKey
        | Failure::RevokedKey
        | Failure::ExpiredKey
        | Failure::WrongPassword
        | Failure::BadRefreshToken { .. } => invalid_key(),
        Failure::ProjectExists { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Project exists already"),
        Failure::TooManyKeys { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Too many keys"),
        // Inferred; no route here causes it.
        Failure::DuplicateIdempotencyKey { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Request was made already"),
        Failure::WorkspaceReset => say(StatusCode::CONFLICT, "CONFLICT", RESET),
        Failure::MissingScope(_)
        | Failure::ForeignWorkspace
        | Failure::BadSignature(_)
        | Failure::ExpiredUrl { .. } => {
            say(StatusCode::FORBIDDEN, "INSUFFICIENT_PERMISSIONS", "API key lacks required scopes")
        }
        Failure::Invalid(violations) => {
            let location = violations.first().map_or(Location::Query, |violation| violation.location);
            let details =
                violations.first().map(|violation| Details { field: &violation.param, reason: reason(violation) });
            invalid(location, details, cx)
        }
        // Documented: that names are unique. Inferred: how it is said.
        Failure::NameTaken { .. } => {
            let reason = "Folder name must be unique within the same parent".to_owned();
            invalid(Location::Body, Some(Details { field: "name", reason }), cx)
        }
        Failure::RateLimited(exceeded) => {
            say(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "Too many requests")
                .number("retry-after", exceeded.retry_after)
        }
        Failure::Internal => say(StatusCode::INTERNAL_SERVER_ERROR, "PROCESSING_ERROR", "Server processing error"),
        Failure::Injected(injected) => say(injected.status(), injected.code, injected.message),
    }
}

/// Documented: for the body, a code and message of its own, with these details. Inferred: the SDK's 422 has no such
/// code.
fn invalid(location: Location, details: Option<Details<'_>>, cx: &Context) -> Reply {
    let is_422 = cx.variants.is(VARIANTS, "validation_status", "422");
    match location {
        Location::Body if !is_422 => {
            envelope(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "The request body is invalid", details, cx)
        }
        Location::Body | Location::Path | Location::Query | Location::File => {
            let status = if is_422 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
            envelope(status, "VALIDATION_ERROR", "Request validation failed", details, cx)
        }
    }
}

fn envelope(
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    details: Option<Details<'_>>,
    cx: &Context,
) -> Reply {
    let id = request_id(cx);
    let (beside, inside) = match () {
        () if cx.variants.is(VARIANTS, "error_request_id", "inside") => (None, Some(id)),
        () if cx.variants.is(VARIANTS, "error_request_id", "both") => (Some(id.clone()), Some(id)),
        () => (Some(id), None),
    };
    Reply::json(status, &Body { error: Error { code, message, details, request_id: inside }, request_id: beside })
}

fn reason(violation: &Violation) -> String {
    if violation.location == Location::Body {
        return reason_in_body(violation);
    }
    match &violation.problem {
        Problem::Below(_) | Problem::Above(_) => "Limit must be between 0 and 100".to_owned(),
        Problem::NotANumber | Problem::NotWhole(_) => "Limit must be an integer".to_owned(),
        Problem::Malformed(message) if violation.location == Location::File => message.clone(),
        Problem::Malformed(_) => "Invalid pagination token".to_owned(),
        Problem::Missing
        | Problem::NotA(_)
        | Problem::NotOneOf(_)
        | Problem::Repeated
        | Problem::Object
        | Problem::Unknown => "Invalid value".to_owned(),
    }
}

/// Documented for a missing field: `avatar_id` is `Avatar ID is required`.
fn reason_in_body(Violation { param, problem, .. }: &Violation) -> String {
    let words: Vec<_> = param.split('_').map(|word| if word == "id" { "ID" } else { word }).collect();
    let words = words.join(" ");
    let field = words[..1].to_uppercase() + &words[1..];
    match problem {
        Problem::Missing => format!("{field} is required"),
        Problem::NotA(kind) => format!("{field} must be {kind}"),
        Problem::NotOneOf(words) => format!("{field} must be one of {}", words.join(", ")),
        _ => format!("{field} is invalid"),
    }
}

/// Inferred from a sample: `req-` and six digits.
fn request_id(cx: &Context) -> String {
    random_id("req-", cx.entropy, 6, DIGITS)
}
