//! Finds responses that a browser will withhold from the page that sent the request (CORS).

use axum::http::request::Parts;

use crate::emulator::redaction::{SHORT, Secrets, clip};
use crate::emulator::warning::Warning;
use crate::http::cors::{AllowedOrigins, foreign_origin};

/// A warning if the request comes from a page of another origin that is not allowed. `key` is the key that the request
/// sends, which is masked if the origin contains it.
pub fn cross_origin(request: &Parts, allowed: Option<&AllowedOrigins>, key: Option<&str>) -> Option<Warning> {
    let origin = foreign_origin(request).filter(|origin| !allowed.is_some_and(|allowed| allowed.allows(origin)))?;
    let text = String::from_utf8_lossy(origin.as_bytes());
    let origin = clip(&text, SHORT, &Secrets::of(key, &request.headers)).into_owned();
    Some(Warning::CrossOrigin { origin, is_off: allowed.is_none() })
}
