//! Pages of other origins that a browser keeps an answer from.

use axum::http::request::Parts;

use super::warning::Warning;
use crate::emulator::redaction::{SHORT, Secrets, clip};
use crate::http::cors::{AllowedOrigins, foreign_origin};

/// What a page of another origin gets from its browser in place of the answer, unless its origin is allowed. `key` is the
/// key that it shows.
pub fn cross_origin(request: &Parts, allowed: Option<&AllowedOrigins>, key: Option<&str>) -> Option<Warning> {
    let origin = foreign_origin(request).filter(|origin| !allowed.is_some_and(|allowed| allowed.allows(origin)))?;
    let text = String::from_utf8_lossy(origin.as_bytes());
    let origin = clip(&text, SHORT, &Secrets::of(key, &request.headers)).into_owned();
    Some(Warning::CrossOrigin { origin, is_off: allowed.is_none() })
}
