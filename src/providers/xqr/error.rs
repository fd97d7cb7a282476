//! xQR's errors: `error` and `meta`. Documented: the codes of 401, 403 and 429, and the message about scopes. The
//! other codes and messages are inferred.

use axum::http::StatusCode;
use serde::Serialize;

use super::headers;
use super::variants::VARIANTS;
use crate::contract::context::Context;
use crate::contract::failure::{Failure, InjectedFailure};
use crate::contract::query::{Problem, Violation};
use crate::contract::variant::Variants;
use crate::http::reply::Reply;

#[derive(Serialize)]
struct Body<'a> {
    error: Error<'a>,
    meta: Meta<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: &'static str,
    message: &'a str,
    status: u16,
}

#[derive(Serialize)]
struct Meta<'a> {
    request_id: &'a str,
}

/// The name of the failure for a monthly quota that is used up.
pub const MONTHLY: &str = "quota_exceeded";

/// Failures that only faults cause. Their codes are documented except where a line says inferred; all messages are
/// inferred.
pub const INJECTED_FAILURES: &[InjectedFailure] = &[
    InjectedFailure::documented(
        "feature_not_available",
        403,
        "FEATURE_NOT_AVAILABLE",
        "This feature is not available on your plan.",
    ),
    InjectedFailure::documented(
        "plan_limit_exceeded",
        403,
        "PLAN_LIMIT_EXCEEDED",
        "Your plan's limit has been reached.",
    ),
    InjectedFailure::documented(MONTHLY, 429, "RATE_LIMIT_EXCEEDED", "Monthly quota exceeded."),
    InjectedFailure::documented("slug_taken", 409, "SLUG_TAKEN", "This slug is already taken."),
    InjectedFailure::inferred("conflict", 409, "CONFLICT", "The request conflicts with the state of the resource."),
    InjectedFailure::inferred("gone", 410, "GONE", "This endpoint is past its sunset date."),
    InjectedFailure::inferred("unavailable", 503, "SERVICE_UNAVAILABLE", "Service unavailable."),
];

/// Inferred: the message of the 409 to a request during which the workspace was reset.
const RESET: &str = "The workspace was reset during the request.";

pub fn refusal(failure: &Failure, cx: &Context) -> Reply {
    let id = headers::request_id(cx);
    let reply = headers::complete(worded(failure, &id, cx.variants), id, cx);
    if failure.is_injected(MONTHLY) { headers::of_the_month(reply) } else { reply }
}

fn worded(failure: &Failure, request_id: &str, variants: Variants) -> Reply {
    let say = |status, code, message: &str| envelope(status, code, message, request_id);
    match failure {
        Failure::NoSuchRoute | Failure::NoSuchProject | Failure::NoSuchFolder { .. } | Failure::NoSuchUpload { .. } => {
            say(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found.")
        }
        Failure::NoSuchAsset { .. } => say(StatusCode::NOT_FOUND, "NOT_FOUND", "Asset not found."),
        // To publish, it is not confirmed, and to confirm, its bytes have not arrived.
        Failure::AssetNotReady { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Asset upload is not complete."),
        Failure::WrongStatus { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Asset upload has failed."),
        // Inferred; no route here causes these.
        Failure::AssetInUse { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Asset is in use."),
        Failure::NameTaken { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Name is taken."),
        Failure::UploadEnded { .. } | Failure::WrongPart { .. } => {
            say(StatusCode::CONFLICT, "CONFLICT", "Asset is in another state.")
        }
        // Documented: the code; inferred: that this is a reason for it, and the message.
        Failure::StorageFull { .. } => {
            say(StatusCode::FORBIDDEN, "PLAN_LIMIT_EXCEEDED", "Your plan's limit has been reached.")
        }
        Failure::InvalidBody { .. }
        | Failure::InvalidJson { .. }
        | Failure::MalformedDigest
        | Failure::WrongDigest { .. } => say(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "Request body is invalid."),
        Failure::BadSignature(_) | Failure::ExpiredUrl { .. } => say(StatusCode::FORBIDDEN, "FORBIDDEN", "Forbidden."),
        Failure::DuplicateIdempotencyKey { .. } => {
            say(StatusCode::CONFLICT, "CONFLICT", "The request conflicts with an earlier one.")
        }
        Failure::WorkspaceReset => say(StatusCode::CONFLICT, "CONFLICT", RESET),
        Failure::BodyTooLarge { .. } | Failure::FileTooLarge { .. } => {
            say(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "Request is too large.")
        }
        Failure::WrongMethod(allow) => {
            say(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Method not allowed.").header("allow", allow)
        }
        Failure::ProjectExists { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Project exists already."),
        Failure::TooManyKeys { .. } => say(StatusCode::CONFLICT, "CONFLICT", "Too many API keys."),
        Failure::NoKey => say(StatusCode::UNAUTHORIZED, "INVALID_API_KEY", "Missing API key."),
        Failure::MalformedKey | Failure::UnknownKey | Failure::WrongPassword | Failure::BadRefreshToken { .. } => {
            say(StatusCode::UNAUTHORIZED, "INVALID_API_KEY", "Invalid API key.")
        }
        Failure::RevokedKey => say(StatusCode::UNAUTHORIZED, "REVOKED_API_KEY", "API key has been revoked."),
        Failure::ExpiredKey => say(StatusCode::UNAUTHORIZED, "EXPIRED_API_KEY", "API key has expired."),
        Failure::MissingScope(scope) => {
            say(StatusCode::FORBIDDEN, "INSUFFICIENT_SCOPE", &format!("This endpoint requires the {scope} scope."))
        }
        Failure::ForeignWorkspace => say(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found."),
        Failure::Invalid(violations) => {
            let is_422 = variants.is(VARIANTS, "validation_status", "422");
            let status = if is_422 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
            say(status, "VALIDATION_ERROR", &sentences(violations))
        }
        Failure::RateLimited(exceeded) => {
            let (code, message) = match exceeded.quota.name {
                headers::BURST => ("BURST_LIMIT_EXCEEDED", "Burst limit exceeded."),
                _ => ("RATE_LIMIT_EXCEEDED", "Rate limit exceeded."),
            };
            say(StatusCode::TOO_MANY_REQUESTS, code, message).number("retry-after", exceeded.retry_after)
        }
        Failure::Internal => say(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "An unexpected error occurred."),
        Failure::Injected(injected) => say(injected.status(), injected.code, injected.message),
    }
}

fn envelope(status: StatusCode, code: &'static str, message: &str, request_id: &str) -> Reply {
    let error = Error { code, message, status: status.as_u16() };
    Reply::json(status, &Body { error, meta: Meta { request_id } })
}

fn sentences(violations: &[Violation]) -> String {
    violations.iter().map(sentence).reduce(|said, next| said + " " + &next).unwrap_or_default()
}

fn sentence(Violation { param, problem, .. }: &Violation) -> String {
    match problem {
        Problem::Below(_) | Problem::Above(_) if param == "limit" => "limit must be between 1 and 200.".to_owned(),
        Problem::Below(min) => format!("{param} must be at least {min}."),
        Problem::Above(max) => format!("{param} must be at most {max}."),
        Problem::NotANumber | Problem::NotWhole(_) => format!("{param} must be an integer."),
        Problem::Missing => format!("{param} is required."),
        Problem::NotA(kind) => format!("{param} must be {kind}."),
        Problem::NotOneOf(_) | Problem::Repeated | Problem::Object | Problem::Unknown | Problem::Malformed(_) => {
            format!("{param} is invalid.")
        }
    }
}
