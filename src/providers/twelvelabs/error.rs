//! TwelveLabs' errors: `code` and `message` at the top level, from the published list of codes.

use axum::http::StatusCode;
use serde::Serialize;

use super::headers;
use crate::clock::utc;
use crate::contract::context::Context;
use crate::contract::failure::{Failure, InjectedFailure};
use crate::contract::query::{Problem, Violation};
use crate::contract::quota::Exceeded;
use crate::http::reply::Reply;

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
}

const KEY_INVALID: &str = "API Key is either invalid or expired. Please check your API key or generate a new one from the dashboard and try again.";

/// Inferred: the code of 409, a status that both clients know.
const CONFLICT: &str = "resource_conflict";

/// Inferred: the message of the 409 to a request during which the workspace was reset.
const RESET: &str = "The workspace was reset during the request.";

/// Inferred: the message where something refers to an asset, put together from the sentence in the published document.
const REFERENCED: &str = "The platform cannot delete this asset because one or more indexed assets are referencing it. Set the force query parameter to true to override.";

/// Failures that only faults cause. Codes and messages are published, except for the last one's. Their statuses are
/// inferred, except for those of `resource_not_exist` and `parameter_not_provided`.
pub const INJECTED_FAILURES: &[InjectedFailure] = &[
    InjectedFailure::documented(
        "resource_not_exist",
        404,
        "resource_not_exist",
        "Resource with id 000000000000000000000000 does not exist in assets.",
    ),
    InjectedFailure::documented(
        "parameter_not_provided",
        400,
        "parameter_not_provided",
        "The asset_ids parameter is required but was not provided.",
    ),
    InjectedFailure::inferred(
        "unauthorized",
        401,
        "unauthorized",
        "Authentication failed. Please check your credentials and try again.",
    ),
    InjectedFailure::inferred(
        "api_allowed_for_paid_plan",
        403,
        "api_allowed_for_paid_plan",
        "API is allowed for paid plan only. Please upgrade to a paid plan to continue using the API.",
    ),
    InjectedFailure::inferred(
        "region_not_allowed",
        403,
        "region_not_allowed",
        "Twelve Labs API is not available in your region. Please refer to https://twelvelabs.io/terms-of-use",
    ),
    InjectedFailure::inferred(
        "request_canceled_or_timed_out",
        408,
        "request_canceled_or_timed_out",
        "Request canceled.",
    ),
    InjectedFailure::inferred("unavailable", 503, "service_unavailable", "The service is temporarily unavailable."),
];

pub fn refusal(failure: &Failure, cx: &Context) -> Reply {
    match failure {
        Failure::NoSuchRoute | Failure::NoSuchProject | Failure::NoSuchFolder { .. } => {
            say(StatusCode::NOT_FOUND, "not_found", "The specified resource does not exist.")
        }
        Failure::NoSuchAsset { id } => {
            let message = format!("Resource with id {id} does not exist in assets.");
            say(StatusCode::NOT_FOUND, "resource_not_exist", &message)
        }
        // Inferred; no route here causes it.
        Failure::AssetNotReady { .. } => say(StatusCode::CONFLICT, CONFLICT, "The asset is not ready."),
        // Inferred: the name of the collection, and what is said of a session that has ended.
        Failure::NoSuchUpload { id } => {
            let message = format!("Resource with id {id} does not exist in multipart-uploads.");
            say(StatusCode::NOT_FOUND, "resource_not_exist", &message)
        }
        Failure::UploadEnded { status, .. } => {
            let message = format!("The upload_id parameter is invalid. The upload session is {}.", status.word());
            say(StatusCode::BAD_REQUEST, "parameter_invalid", &message)
        }
        Failure::WrongPart { .. } => {
            say(StatusCode::BAD_REQUEST, "parameter_invalid", "The completed_chunks parameter is invalid.")
        }
        Failure::AssetInUse { .. } => say(StatusCode::CONFLICT, CONFLICT, REFERENCED),
        Failure::NameTaken { .. } => say(StatusCode::CONFLICT, CONFLICT, "The name is taken."),
        Failure::WrongStatus { .. } => say(StatusCode::CONFLICT, CONFLICT, "The asset is not ready."),
        Failure::StorageFull { .. } => {
            say(StatusCode::INSUFFICIENT_STORAGE, "parameter_invalid", "The storage is full.")
        }
        Failure::DuplicateIdempotencyKey { .. } => say(StatusCode::CONFLICT, CONFLICT, "The request was made already."),
        Failure::WorkspaceReset => say(StatusCode::CONFLICT, CONFLICT, RESET),
        Failure::InvalidBody { .. }
        | Failure::InvalidJson { .. }
        | Failure::MalformedDigest
        | Failure::WrongDigest { .. } => {
            say(StatusCode::BAD_REQUEST, "parameter_invalid", "The request body is invalid.")
        }
        Failure::BodyTooLarge { .. } | Failure::FileTooLarge { .. } => {
            say(StatusCode::PAYLOAD_TOO_LARGE, "parameter_invalid", "The request body is too large.")
        }
        Failure::WrongMethod(allow) => say(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "The method is not allowed for the requested resource.",
        )
        .header("allow", allow),
        Failure::NoKey
        | Failure::MalformedKey
        | Failure::UnknownKey
        | Failure::RevokedKey
        | Failure::ExpiredKey
        | Failure::WrongPassword
        | Failure::BadRefreshToken { .. } => say(StatusCode::UNAUTHORIZED, "api_key_invalid", KEY_INVALID),
        Failure::ProjectExists { .. } => say(StatusCode::CONFLICT, CONFLICT, "The project exists."),
        Failure::TooManyKeys { .. } => say(StatusCode::CONFLICT, "resource_conflict", "There are too many keys."),
        Failure::MissingScope(_)
        | Failure::ForeignWorkspace
        | Failure::BadSignature(_)
        | Failure::ExpiredUrl { .. } => say(StatusCode::FORBIDDEN, "api_not_allowed", "API is not allowed to use."),
        Failure::Invalid(violations) => invalid(violations),
        Failure::RateLimited(exceeded) => {
            let reply = say(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", &too_many(exceeded));
            headers::rated(reply, cx).number("retry-after", exceeded.retry_after)
        }
        Failure::Internal => {
            say(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error", "An internal server error occurred.")
        }
        Failure::Injected(injected) => say(injected.status(), injected.code, injected.message),
    }
}

fn say(status: StatusCode, code: &str, message: &str) -> Reply {
    Reply::json(status, &Body { code, message })
}

/// Inferred: what the two placeholders of the published message stand for.
fn too_many(exceeded: &Exceeded) -> String {
    let window = match exceeded.quota.seconds {
        60 => "1min".to_owned(),
        3600 => "1h".to_owned(),
        seconds => format!("{seconds}s"),
    };
    let after = utc(exceeded.reset_at).format("%Y-%m-%dT%H:%M:%SZ");
    format!(
        "You have exceeded the rate limit ({}req/{window}). Please try again later after {after}.",
        exceeded.quota.requests
    )
}

/// Unknown parameters are reported before missing ones, and those before invalid ones, each group in the order of the
/// request (inferred).
fn invalid(violations: &[Violation]) -> Reply {
    let mut violations: Vec<_> = violations.iter().collect();
    violations.sort_by_key(|violation| violation.position);
    let with = |problem: Problem| -> Vec<&str> {
        let such = violations.iter().filter(|violation| violation.problem == problem);
        such.map(|violation| &*violation.param).collect()
    };
    let (code, message) = match (&with(Problem::Unknown)[..], &with(Problem::Missing)[..], &violations[..]) {
        ([one], _, _) => ("parameter_unknown", format!("The {one} parameter is unknown.")),
        (many @ [_, ..], _, _) => {
            ("parameter_unknown", format!("The following parameters are unknown: {}.", many.join(", ")))
        }
        ([], [one], _) => ("parameter_not_provided", format!("The {one} parameter is required but was not provided.")),
        ([], many @ [_, ..], _) => {
            let many = many.join(", ");
            ("parameter_not_provided", format!("The following required parameters were not provided: {many}."))
        }
        ([], [], [one]) => {
            ("parameter_invalid", format!("The {} parameter is invalid.{}", one.param, advice(&one.problem)))
        }
        ([], [], many) => {
            let names: Vec<_> = many.iter().map(|violation| &*violation.param).collect();
            ("parameter_invalid", format!("The following parameters are invalid: {}.", names.join(", ")))
        }
    };
    say(StatusCode::BAD_REQUEST, code, &message)
}

/// Live: for a bad enum value the answer lists the accepted ones. No other problem gets a reason.
fn advice(problem: &Problem) -> String {
    match problem {
        Problem::NotOneOf(words) => format!(" You should use one of the following values: {}.", words.join(", ")),
        Problem::NotANumber
        | Problem::NotWhole(_)
        | Problem::Below(_)
        | Problem::Above(_)
        | Problem::Repeated
        | Problem::Object
        | Problem::Unknown
        | Problem::Missing
        | Problem::NotA(_)
        | Problem::Malformed(_) => String::new(),
    }
}
