//! Turns a provider's answer into a response of the HTTP layer.

use std::sync::{PoisonError, RwLock};

use axum::body::Body;
use axum::http::header::DATE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use crate::clock::{Micros, seconds, utc};
use crate::http::response_body::ResponseBody;

/// Builds the response. Its date comes from the injected clock, so that the same request gets the same bytes.
pub fn respond(status: StatusCode, headers: HeaderMap, body: ResponseBody, now: Micros) -> Response {
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.headers_mut().extend(date(now).map(|date| (DATE, date)));
    response
}

/// The `Date` header; `None` if the clock's year cannot be written. Formatting a date takes longer than the rest of an
/// answer, so the last one is cached.
pub fn date(now: Micros) -> Option<HeaderValue> {
    static LAST: RwLock<Option<(i64, HeaderValue)>> = RwLock::new(None);
    let second = seconds(now);
    let last = LAST.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, date)) = last.filter(|(at, _)| *at == second) {
        return Some(date);
    }
    let date = HeaderValue::try_from(utc(now).format("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()?;
    *LAST.write().unwrap_or_else(PoisonError::into_inner) = Some((second, date.clone()));
    Some(date)
}
