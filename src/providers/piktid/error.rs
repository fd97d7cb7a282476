//! PiktID's errors: a text in `error`, and `detail` for validation. The validation envelope is documented; everything
//! else is inferred.

use axum::http::StatusCode;
use serde::Serialize;

use super::variants::VARIANTS;
use crate::contract::context::Context;
use crate::contract::failure::{Failure, InjectedFailure};
use crate::contract::query::{Location, Problem, Violation};
use crate::http::reply::Reply;

#[derive(Serialize)]
struct Body<'a> {
    error: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    detail: Vec<Detail<'a>>,
}

#[derive(Serialize)]
struct Detail<'a> {
    /// Null where the whole body is wrong.
    field: Option<&'a str>,
    message: String,
    position: &'static str,
}

/// A client reads the id from the answer if it is there.
#[derive(Serialize)]
struct Taken<'a> {
    error: &'static str,
    project_id: &'a str,
}

/// Inferred: no client reads the text.
const PROJECT_EXISTS: &str = "Project already exists";

/// Inferred, like its status: that names are unique is documented. No other route here causes it.
const GROUP_EXISTS: &str = "Group already exists";

/// Inferred: the default of the authentication library that most Flask servers use.
const CHALLENGE: &str = "Bearer realm=\"Authentication Required\"";

/// Inferred, like its status: what the vendor says where a user has as many identities as there can be.
const TOO_MANY_TOKENS: &str = "Maximum tokens reached.";

/// Failures that only faults cause: those that clients have met on other routes, and a 503. The text of `conflict` is
/// inferred.
pub const INJECTED_FAILURES: &[InjectedFailure] = &[
    InjectedFailure::client("insufficient_credits", 402, NO_CODE, "Insufficient credits"),
    InjectedFailure::client("conflict", 409, NO_CODE, "Conflict"),
    InjectedFailure::client("maximum_identities_reached", 429, NO_CODE, "Maximum identities reached."),
    InjectedFailure::inferred("unavailable", 503, NO_CODE, "Service Unavailable"),
];

/// The envelope has a sentence but no code.
const NO_CODE: &str = "";

pub fn refusal(failure: &Failure, cx: &Context) -> Reply {
    match failure {
        Failure::NoSuchRoute | Failure::NoSuchProject | Failure::NoSuchFolder { .. } | Failure::NoSuchUpload { .. } => {
            say(StatusCode::NOT_FOUND, "Not Found")
        }
        Failure::NoSuchAsset { .. } => say(StatusCode::NOT_FOUND, "Asset not found"),
        Failure::StorageFull { .. } => say(StatusCode::INSUFFICIENT_STORAGE, "Insufficient Storage"),
        Failure::InvalidBody { .. } | Failure::MalformedDigest | Failure::WrongDigest { .. } => {
            say(StatusCode::BAD_REQUEST, "Bad Request")
        }
        // Inferred: the answer to a request during which the workspace was reset.
        Failure::WorkspaceReset => say(StatusCode::CONFLICT, "Conflict"),
        // Inferred; no route here causes these.
        Failure::AssetNotReady { .. }
        | Failure::AssetInUse { .. }
        | Failure::WrongStatus { .. }
        | Failure::UploadEnded { .. }
        | Failure::WrongPart { .. }
        | Failure::DuplicateIdempotencyKey { .. } => say(StatusCode::CONFLICT, "Conflict"),
        Failure::InvalidJson { reason } => {
            let message = format!("Invalid JSON: {reason}");
            invalid(vec![Detail { field: None, message, position: position(Location::Body) }], cx)
        }
        Failure::BodyTooLarge { .. } | Failure::FileTooLarge { .. } => {
            say(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
        }
        Failure::WrongMethod(allow) => say(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed").header("allow", allow),
        Failure::NoKey
        | Failure::MalformedKey
        | Failure::UnknownKey
        | Failure::RevokedKey
        | Failure::ExpiredKey
        | Failure::WrongPassword
        | Failure::BadRefreshToken { .. } => {
            say(StatusCode::UNAUTHORIZED, "Unauthorized").header("www-authenticate", CHALLENGE)
        }
        Failure::ProjectExists { id } => {
            Reply::json(StatusCode::CONFLICT, &Taken { error: PROJECT_EXISTS, project_id: id })
        }
        Failure::NameTaken { .. } => say(StatusCode::CONFLICT, GROUP_EXISTS),
        Failure::TooManyKeys { .. } => say(StatusCode::TOO_MANY_REQUESTS, TOO_MANY_TOKENS),
        Failure::MissingScope(_)
        | Failure::ForeignWorkspace
        | Failure::BadSignature(_)
        | Failure::ExpiredUrl { .. } => say(StatusCode::FORBIDDEN, "Forbidden"),
        Failure::Invalid(violations) => {
            let detail = violations.iter().map(|violation| Detail {
                field: Some(&*violation.param).filter(|param| !param.is_empty()),
                message: message(violation),
                position: position(violation.location),
            });
            invalid(detail.collect(), cx)
        }
        Failure::RateLimited(_) => say(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"),
        Failure::Internal => say(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        Failure::Injected(injected) => say(injected.status(), injected.message),
    }
}

fn invalid(detail: Vec<Detail<'_>>, cx: &Context) -> Reply {
    let is_422 = cx.variants.is(VARIANTS, "validation_status", "422");
    let status = if is_422 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
    Reply::json(status, &Body { error: "Invalid request", detail })
}

fn say(status: StatusCode, error: &'static str) -> Reply {
    Reply::json(status, &Body { error, detail: Vec::new() })
}

fn position(location: Location) -> &'static str {
    match location {
        Location::Path => "path",
        Location::Query => "query",
        Location::Body | Location::File => "body",
    }
}

/// The message in Pydantic v2's wording.
fn message(Violation { param, problem, .. }: &Violation) -> String {
    match problem {
        Problem::NotANumber | Problem::NotWhole(_) => {
            "Input should be a valid integer, unable to parse string as an integer".to_owned()
        }
        Problem::Below(min) => format!("Input should be greater than or equal to {min}"),
        Problem::Above(max) => format!("Input should be less than or equal to {max}"),
        Problem::NotOneOf(words) => format!("Input should be {}", listed(words)),
        Problem::Missing => "Field required".to_owned(),
        Problem::NotA(kind) => format!("Input should be {}", kind.replace("a ", "a valid ")),
        Problem::Malformed(reason) if param.starts_with("created_") => {
            format!("Input should be a valid datetime or date, {reason}")
        }
        Problem::Malformed(reason) => reason.clone(),
        Problem::Repeated | Problem::Object | Problem::Unknown => "Extra inputs are not permitted".to_owned(),
    }
}

/// Lists words in the form `'a'`, `'a' or 'b'`, `'a', 'b' or 'c'`.
fn listed(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
