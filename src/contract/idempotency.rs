//! The header in which a client names a request, so that the vendor does not execute it twice.

use axum::http::HeaderMap;

use crate::clock::{Micros, SECOND};
use crate::library::store::Claim;

/// How an operation takes an idempotency key. A request whose key an earlier one had, in the same workspace and to the
/// same operation and path, is refused, unless the earlier one failed.
#[derive(Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The header with the key.
    pub header: &'static str,
    /// How long a key is remembered, in seconds of the workspace's clock.
    pub seconds: u32,
}

impl Idempotency {
    /// The key of a request, if it has one. `scope` names the provider, the operation and the path.
    pub fn claim(&self, headers: &HeaderMap, scope: impl FnOnce() -> String, now: Micros) -> Option<Claim> {
        let key = headers.get(self.header).filter(|value| !value.is_empty())?;
        let expires_at = now.saturating_add(Micros::from(self.seconds).saturating_mul(SECOND));
        Some(Claim { scope: scope(), key: String::from_utf8_lossy(key.as_bytes()).into_owned(), expires_at })
    }
}
