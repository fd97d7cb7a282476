//! Decides by its name whether a header or parameter contains a secret.

use axum::http::{HeaderName, header};

use crate::contract::provider::Carrier;
use crate::providers;

/// A name that contains one of these words marks a secret: `X-Auth-Id`, `jwt`.
const WORDS: &[&str] =
    &["auth", "authentication", "authorization", "bearer", "credential", "credentials", "jwt", "pwd", "signature"];

/// A name with a word that ends in one of these marks a secret: `apiKey`, `x-functions-key`.
const ENDINGS: &[&str] = &["key", "token", "secret", "password", "passwd"];

/// Exceptions: names that contain such a word, but no secret.
const HARMLESS: &[&str] =
    &["access-control-allow-credentials", "idempotency-key", "x-idempotency-key", "sec-websocket-key"];

/// The headers in which a client may send a key to some provider.
pub fn carriers() -> impl Iterator<Item = &'static str> {
    let own = providers::ALL.iter().filter_map(|provider| match provider.card().auth.carrier {
        Carrier::Header(name) => Some(name),
        Carrier::Bearer => None,
    });
    ["authorization", "proxy-authorization", "x-api-key"].into_iter().chain(own)
}

/// Whether a header with this name contains a secret, for this or any other service.
pub(super) fn carries_key(name: &HeaderName) -> bool {
    carriers().any(|carrier| carrier == name.as_str()) || names_secret(name.as_str())
}

/// Whether a header with this name has a scheme such as `Bearer` before the key.
pub(super) fn carries_scheme(name: &HeaderName) -> bool {
    *name == header::AUTHORIZATION || *name == header::PROXY_AUTHORIZATION
}

/// Whether a parameter or JSON field with this name contains a secret. Parameters that a vendor documents do not: one
/// vendor's cursor is named `token`.
pub(super) fn is_secret_parameter(name: &str) -> bool {
    let is_documented = || providers::ALL.iter().any(|p| p.card().params().iter().any(|param| param.name == name));
    names_secret(name) && !is_documented()
}

fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
    let is_named_so = words().any(|word| WORDS.contains(&word) || ENDINGS.iter().any(|end| word.ends_with(end)));
    is_named_so && !HARMLESS.contains(&&*name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_decides_whether_the_value_is_secret() {
        for name in [
            "api-key",
            "X-Auth-Token",
            "token",
            "accessToken",
            "x-functions-key",
            "client_secret",
            "userPassword",
            "passwd",
            "x-jwt",
            "X-Auth-Id",
            "authentication",
            "x-authorization",
            "bearer",
            "credential",
            "aws.credentials",
            "pwd",
            "x-signature",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in [
            "host",
            "accept",
            "Access-Control-Allow-Credentials",
            "idempotency-key",
            "X-Idempotency-Key",
            "sec-websocket-key",
            "www-authenticate",
            "x-request-id",
            "author",
            "keys-of",
        ] {
            assert!(!names_secret(name), "{name}");
        }
        assert!(!is_secret_parameter("token"), "the cursor of a vendor");
    }
}
