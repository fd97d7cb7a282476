//! FLORA's errors: one `error` object, with `fields` only for invalid parameters. Codes and top-level messages are
//! those of the reference page. The messages of fields are zod 3's (inferred).

use axum::http::StatusCode;
use serde::Serialize;

use super::variants::VARIANTS;
use crate::contract::failure::{Failure, InjectedFailure};
use crate::contract::query::{Problem, Violation};
use crate::contract::variant::Variants;
use crate::http::reply::Reply;

#[derive(Serialize)]
struct Body<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field<'a>>,
}

#[derive(Serialize)]
struct Field<'a> {
    field: &'a str,
    message: String,
}

/// Documented, for a key that an earlier request had.
const DUPLICATE_KEY: &str = "Duplicate idempotency key.";

/// Failures that faults cause. Only the second has another cause here as well. The first three are on the reference page.
/// Of the others it has at most the codes, and their messages are inferred.
pub const INJECTED_FAILURES: &[InjectedFailure] = &[
    InjectedFailure::documented("insufficient_credits", 402, "insufficient_credits", "Insufficient credits."),
    InjectedFailure::documented("idempotency_duplicate", 409, "idempotency_duplicate", DUPLICATE_KEY),
    InjectedFailure::documented("unknown_error", 500, "unknown_error", "An unknown error occurred."),
    InjectedFailure::documented("invalid_json", 400, "invalid_json", "Invalid JSON."),
    InjectedFailure::documented("conflict", 409, "conflict", "Conflict."),
    InjectedFailure::documented("idempotency_conflict", 422, "idempotency_conflict", "Idempotency key reused."),
    InjectedFailure::documented("internal_error", 500, "internal_error", "An internal error occurred."),
    InjectedFailure::documented("unavailable", 503, "service_unavailable", "Service unavailable."),
];

pub fn refusal(failure: &Failure, variants: Variants) -> Reply {
    let invalid_key = || say(StatusCode::UNAUTHORIZED, "invalid_api_key", "Invalid API key.");
    match failure {
        Failure::NoSuchRoute
        | Failure::NoSuchProject
        | Failure::NoSuchAsset { .. }
        | Failure::NoSuchFolder { .. }
        | Failure::NoSuchUpload { .. } => say(StatusCode::NOT_FOUND, "not_found", "Not found."),
        // Documented: the code, for assets in a state that the route does not take. Inferred: the message.
        Failure::AssetNotReady { .. } => say(StatusCode::CONFLICT, "conflict", "Conflict."),
        // Inferred; no route here causes these.
        Failure::AssetInUse { .. } | Failure::NameTaken { .. } => say(StatusCode::CONFLICT, "conflict", "Conflict."),
        // Inferred: the answer to a request during which the workspace was reset.
        Failure::WorkspaceReset => say(StatusCode::CONFLICT, "conflict", "Conflict."),
        Failure::WrongStatus { .. } | Failure::UploadEnded { .. } | Failure::WrongPart { .. } => {
            say(StatusCode::CONFLICT, "conflict", "Conflict.")
        }
        Failure::StorageFull { .. } => say(StatusCode::INSUFFICIENT_STORAGE, "unknown_error", "Storage is full."),
        Failure::InvalidBody { .. } | Failure::MalformedDigest | Failure::WrongDigest { .. } => {
            say(StatusCode::BAD_REQUEST, "input_validation_error", "Invalid form data.")
        }
        Failure::DuplicateIdempotencyKey { .. } => say(StatusCode::CONFLICT, "idempotency_duplicate", DUPLICATE_KEY),
        Failure::InvalidJson { .. } => say(StatusCode::BAD_REQUEST, "invalid_json", "Invalid JSON."),
        // Inferred: a file that is too large is a wrong field; anything else that is too large is JSON.
        Failure::FileTooLarge { .. } => {
            say(StatusCode::PAYLOAD_TOO_LARGE, "input_validation_error", "Request body is too large.")
        }
        Failure::BodyTooLarge { .. } => {
            say(StatusCode::PAYLOAD_TOO_LARGE, "invalid_json", "Request body is too large.")
        }
        Failure::WrongMethod(allow) => {
            say(StatusCode::METHOD_NOT_ALLOWED, "not_found", "Not found.").header("allow", allow)
        }
        Failure::MalformedKey if variants.is(VARIANTS, "malformed_key", "invalid_api_key") => invalid_key(),
        Failure::NoKey | Failure::MalformedKey => say(StatusCode::UNAUTHORIZED, "unauthorized", "Invalid API key."),
        Failure::UnknownKey
        | Failure::RevokedKey
        | Failure::ExpiredKey
        | Failure::WrongPassword
        | Failure::BadRefreshToken { .. } => invalid_key(),
        Failure::ProjectExists { .. } | Failure::TooManyKeys { .. } => {
            say(StatusCode::CONFLICT, "conflict", "Conflict.")
        }
        Failure::MissingScope(_)
        | Failure::ForeignWorkspace
        | Failure::BadSignature(_)
        | Failure::ExpiredUrl { .. } => say(StatusCode::FORBIDDEN, "forbidden", "Forbidden."),
        Failure::Invalid(violations) => invalid(violations),
        Failure::RateLimited(exceeded) => say(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Rate limit exceeded.")
            .number("retry-after", exceeded.retry_after),
        Failure::Internal => say(StatusCode::INTERNAL_SERVER_ERROR, "unknown_error", "An unknown error occurred."),
        Failure::Injected(injected) => say(injected.status(), injected.code, injected.message),
    }
}

fn say(status: StatusCode, code: &'static str, message: &str) -> Reply {
    Reply::json(status, &Body { error: Error { code, message, fields: Vec::new() } })
}

fn invalid(violations: &[Violation]) -> Reply {
    let fields: Vec<_> =
        violations.iter().map(|violation| Field { field: &violation.param, message: message(violation) }).collect();
    let first = fields.first().map(|first| format!("{}: {}", first.field, first.message)).unwrap_or_default();
    let error = Error { code: "input_validation_error", message: &first, fields };
    Reply::json(StatusCode::BAD_REQUEST, &Body { error })
}

fn message(Violation { param, given, problem, .. }: &Violation) -> String {
    match problem {
        Problem::Below(min) => format!("Number must be greater than or equal to {min}"),
        Problem::Above(max) => format!("Number must be less than or equal to {max}"),
        Problem::NotWhole(_) => "Expected integer, received float".to_owned(),
        Problem::NotANumber => "Expected number, received nan".to_owned(),
        Problem::Repeated | Problem::Object if param == "limit" => "Expected number, received nan".to_owned(),
        Problem::Repeated => "Expected string, received array".to_owned(),
        Problem::Object => "Expected string, received object".to_owned(),
        Problem::Missing => "Required".to_owned(),
        Problem::NotA(kind) => format!("Expected {}, received {}", kind.trim_start_matches("a "), json_type(given)),
        Problem::Malformed(_) if param == "cursor" => "Invalid cursor.".to_owned(),
        Problem::Malformed(message) if !message.is_empty() => message.clone(),
        Problem::Malformed(_) | Problem::NotOneOf(_) => "Invalid".to_owned(),
        Problem::Unknown => format!("Unrecognized key(s) in object: '{param}'"),
    }
}

/// The type of a JSON text, as zod names it.
fn json_type(json: &str) -> &'static str {
    match json.bytes().next() {
        Some(b'"') => "string",
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}
