//! Access to the emulator's own API. Clients in the network are trusted, but web pages are not: a page in a user's
//! browser must not reach the API, neither with a cross-origin request nor through a DNS name that resolves to this
//! machine (DNS rebinding).

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};

use super::answer::Refusal;
use super::{authority, health};
use crate::emulator::app::Settings;
use crate::http::local_names::{is_local, name_of};

/// Allows a request or returns the reason why not. The health and authority routes are open to everyone, since their
/// clients, such as container probes, rarely have a token or can choose the host name.
pub fn check(settings: &Settings, request: &Request) -> Result<(), Refusal> {
    if [health::PATH, authority::PATH].contains(&request.uri().path()) {
        return Ok(());
    }
    let authority = request.uri().authority().map(|authority| authority.as_str());
    check_headers(request.headers(), authority, settings)
}

fn check_headers(headers: &HeaderMap, authority: Option<&str>, settings: &Settings) -> Result<(), Refusal> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).or(authority).unwrap_or_default();
    let shown = text(header::AUTHORIZATION).and_then(bearer);
    // The token is checked first, so that test tools and proxies can send any `Origin`. A page of another origin cannot
    // use this: its browser first sends a preflight for the `Authorization` header, which fails here.
    if settings.admin_token.as_deref().zip(shown).is_some_and(|(token, shown)| are_equal(shown, token)) {
        return Ok(());
    }
    if let Some(origin) = text(header::ORIGIN)
        && origin.split_once("://").map(|(_, origin)| origin) != Some(host)
    {
        let message = "requests from web pages of other origins are refused here";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "foreign_origin", message).at("Origin"));
    }
    match &settings.admin_token {
        Some(_) => {
            let message = "send the token given with `--admin-token` as `Authorization: Bearer TOKEN`";
            Err(Refusal::new(StatusCode::UNAUTHORIZED, "no_token", message).at("Authorization"))
        }
        None if is_local(host) || settings.names.iter().any(|name| *name == name_of(host)) => Ok(()),
        None => {
            let message = format!(
                "`{host}` is not a local name; use an IP address, `localhost`, a name without dots or one that nobody can register (`.local`, `.internal`, `.test`), or start with `--tls-name` and the name, or with `--admin-token`"
            );
            Err(Refusal::new(StatusCode::FORBIDDEN, "foreign_host", message).at("Host"))
        }
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Compares in constant time for tokens of equal length, so that timing does not reveal a prefix.
fn are_equal(shown: &str, token: &str) -> bool {
    shown.len() == token.len() && shown.bytes().zip(token.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_another_origin_is_refused_even_from_here() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "localhost:4750".parse().unwrap());
        assert!(check_headers(&headers, None, &Settings::default()).is_ok());
        for (origin, good) in [("http://localhost:4750", true), ("http://localhost:3000", false), ("null", false)] {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            assert_eq!(check_headers(&headers, None, &Settings::default()).is_ok(), good, "{origin}");
        }
    }

    fn with_token(token: &str) -> Settings {
        Settings { admin_token: Some(token.to_owned()), ..Settings::default() }
    }

    #[test]
    fn a_name_from_tls_name_is_local() {
        let settings = Settings { names: vec!["mock.example.com".to_owned()], ..Settings::default() };
        let mut headers = HeaderMap::new();
        for (host, good) in
            [("mock.example.com", true), ("MOCK.example.com.:4750", true), ("a.mock.example.com", false)]
        {
            headers.insert(header::HOST, host.parse().unwrap());
            assert_eq!(check_headers(&headers, None, &settings).is_ok(), good, "{host}");
        }
    }

    #[test]
    fn with_a_token_the_token_decides_whatever_the_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "emulator.example".parse().unwrap());
        let abc = with_token("abc");
        assert_eq!(check_headers(&headers, None, &abc).unwrap_err().code, "no_token");
        headers.insert(header::AUTHORIZATION, "bearer abc".parse().unwrap());
        assert!(check_headers(&headers, None, &abc).is_ok());
        assert_eq!(check_headers(&headers, None, &with_token("abd")).unwrap_err().code, "no_token");
    }
}
