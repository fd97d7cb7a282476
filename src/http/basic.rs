//! The scheme `Basic` of the header `Authorization` (RFC 7617).

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The name and the password that a request sends. A name has no colon, and a password may have some.
pub fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    let (scheme, coded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    text.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_password_are_read_or_nothing() {
        let read = |value: &'static str| {
            credentials(&HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().expect("the tests send ASCII"))]))
        };
        let pair = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        assert_eq!(read("Basic YWRhOmE6Yg=="), pair("ada", "a:b"));
        assert_eq!(read("basic  em/Dqzo="), pair("zo\u{eb}", ""));
        assert_eq!(read("BASIC em/rOg=="), None, "these bytes are Latin-1");
        assert_eq!(read("Basic Og=="), pair("", ""));
        for value in ["Basic", "Basic ", "Basic YWRh", "Basic !", "Bearer YWRhOmE6Yg==", ""] {
            assert_eq!(read(value), None, "{value}");
        }
        assert_eq!(credentials(&HeaderMap::new()), None);
    }
}
