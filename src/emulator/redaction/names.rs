//! Which headers and parameters hold secrets, by their names.

use axum::http::{HeaderName, header};

use crate::contract::provider::Carrier;
use crate::providers;

/// A name with one of these words in it is a secret's: `X-Auth-Token`, `api-key`.
const WORDS: &[&str] =
    &["auth", "authentication", "authorization", "bearer", "credential", "credentials", "jwt", "pwd", "signature"];

/// A name that ends in one of these is a secret's, whatever is before it: `apiKey`, `x-functions-key`.
const ENDINGS: &[&str] = &["key", "token", "secret", "password", "passwd"];

/// Names that end so and hold nothing secret.
const HARMLESS: &[&str] =
    &["access-control-allow-credentials", "idempotency-key", "x-idempotency-key", "sec-websocket-key"];

/// The headers in which a key may travel, whichever provider asks for it there.
pub fn carriers() -> impl Iterator<Item = &'static str> {
    let own = providers::ALL.iter().filter_map(|provider| match provider.card().auth.carrier {
        Carrier::Header(name) => Some(name),
        Carrier::Bearer => None,
    });
    ["authorization", "proxy-authorization", "x-api-key"].into_iter().chain(own)
}

/// Whether a header of this name holds a key, whichever service it is meant for.
pub(super) fn carries_key(name: &HeaderName) -> bool {
    carriers().any(|carrier| carrier == name.as_str()) || is_secrets(name.as_str())
}

/// Whether a header of this name says how the key is sent before the key itself.
pub(super) fn carries_scheme(name: &HeaderName) -> bool {
    *name == header::AUTHORIZATION || *name == header::PROXY_AUTHORIZATION
}

/// Whether a parameter or field of this name holds a secret. Those that a vendor documents do not: one calls its cursor
/// `token`.
pub(super) fn is_secret_parameter(name: &str) -> bool {
    let is_documented = || providers::ALL.iter().any(|p| p.card().params().iter().any(|param| param.name == name));
    is_secrets(name) && !is_documented()
}

fn is_secrets(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
    let is_named_so = words().any(|word| WORDS.contains(&word) || ENDINGS.iter().any(|end| word.ends_with(end)));
    is_named_so && !HARMLESS.contains(&&*name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_whether_it_is_a_secrets() {
        for name in ["api-key", "X-Auth-Token", "token", "accessToken", "x-functions-key", "client_secret", "x-jwt"] {
            assert!(is_secrets(name), "{name}");
        }
        for name in [
            "host",
            "accept",
            "Access-Control-Allow-Credentials",
            "idempotency-key",
            "www-authenticate",
            "x-request-id",
            "author",
            "keys-of",
        ] {
            assert!(!is_secrets(name), "{name}");
        }
        assert!(!is_secret_parameter("token"), "the cursor of a vendor");
    }
}
