//! CORS (<https://fetch.spec.whatwg.org/#http-cors-protocol>): a browser shows an answer to a page of another origin
//! only if headers of the answer allow it, and may ask first with a preflight. The functions here only compute
//! headers; the pipeline decides when to send them. A layer of `tower-http` does not fit: it would answer preflights
//! without the journal, and it exposes only headers that are listed beforehand.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_TYPE, EXPIRES, HOST, LAST_MODIFIED, ORIGIN, PRAGMA, VARY,
};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::http::reply::Reply;

/// The origins whose pages may read answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// All of them.
    Any,
    /// Only these origins, written as browsers write them.
    List(Vec<String>),
}

impl AllowedOrigins {
    /// Reads origins separated by commas, or `*`. The error is a message for the user.
    pub fn read(text: &str) -> Result<AllowedOrigins, String> {
        if text == "*" {
            return Ok(AllowedOrigins::Any);
        }
        let listed: Result<Vec<_>, _> = text.split(',').map(|origin| read_origin(origin.trim())).collect();
        listed.map(AllowedOrigins::List)
    }

    /// Whether pages of this origin may read answers.
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        match self {
            AllowedOrigins::Any => true,
            AllowedOrigins::List(listed) => listed.iter().any(|one| one.as_bytes() == origin.as_bytes()),
        }
    }

    /// The answer to a preflight, which allows the requested method and headers. [`AllowedOrigins::add_headers`] adds
    /// the headers that every answer has.
    pub fn preflight_reply(&self, request: &HeaderMap) -> Reply {
        let reply = Reply::empty(StatusCode::NO_CONTENT);
        if !request.get(ORIGIN).is_some_and(|origin| self.allows(origin)) {
            return reply;
        }
        let asked = [
            ("access-control-allow-methods", ACCESS_CONTROL_REQUEST_METHOD),
            ("access-control-allow-headers", ACCESS_CONTROL_REQUEST_HEADERS),
        ];
        asked.into_iter().fold(reply, |reply, (allow, asks)| match request.get(asks) {
            Some(value) => reply.header(allow, value.clone()),
            None => reply,
        })
    }

    /// Adds the headers that let a page read an answer with all of its headers. A header that the answer already has
    /// stays, because a fault may have set it.
    pub fn add_headers(&self, request: &Parts, answer: &mut HeaderMap) {
        let allowed = match (self, request.headers.get(ORIGIN)) {
            (AllowedOrigins::Any, _) => Some(HeaderValue::from_static("*")),
            (AllowedOrigins::List(_), origin) => origin.filter(|origin| self.allows(origin)).cloned(),
        };
        if let Some(allowed) = allowed {
            let exposed = (!is_preflight(request)).then(|| exposed(answer)).flatten();
            answer.entry(ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(allowed);
            if let AllowedOrigins::List(_) = self {
                answer.entry(ACCESS_CONTROL_ALLOW_CREDENTIALS).or_insert(HeaderValue::from_static("true"));
            }
            if let Some(exposed) = exposed {
                answer.entry(ACCESS_CONTROL_EXPOSE_HEADERS).or_insert(exposed);
            }
        }
        if let AllowedOrigins::List(_) = self {
            answer.append(VARY, HeaderValue::from_static("Origin"));
        }
    }
}

/// Headers that a page may always read.
const SAFE: [HeaderName; 7] =
    [CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, EXPIRES, LAST_MODIFIED, PRAGMA];

/// The names of an answer's other headers. They are listed one by one, since `*` has no meaning for requests with
/// credentials.
fn exposed(answer: &HeaderMap) -> Option<HeaderValue> {
    let is_hidden =
        |name: &&HeaderName| !SAFE.contains(name) && *name != VARY && !name.as_str().starts_with("access-control-");
    let names: Vec<_> = answer.keys().filter(is_hidden).map(HeaderName::as_str).collect();
    HeaderValue::try_from(names.join(", ")).ok().filter(|names| !names.is_empty())
}

/// Whether a request is a preflight, with which a browser asks whether it may send another request.
pub fn is_preflight(request: &Parts) -> bool {
    let has = |name| request.headers.contains_key(name);
    request.method == Method::OPTIONS && has(ORIGIN) && has(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The origin of the page that sent a request, if it differs from the origin that the request is for.
pub fn foreign_origin(request: &Parts) -> Option<&HeaderValue> {
    let origin = request.headers.get(ORIGIN)?;
    let page = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = request.uri.authority().map(|host| host.as_str().as_bytes());
    let host = host.or_else(|| request.headers.get(HOST).map(HeaderValue::as_bytes));
    let is_own = page.is_some_and(|(_, page)| host == Some(page.as_bytes()));
    (!is_own).then_some(origin)
}

/// Normalizes an origin as browsers write it: in lower case, without the default port of its scheme.
fn read_origin(text: &str) -> Result<String, String> {
    match text {
        "" => return Err("an origin is empty; leave the option out to send no CORS headers".to_owned()),
        "*" => return Err("`*` stands for every origin, so it stands alone".to_owned()),
        "null" => {
            return Err(
                "`null` is what files and sandboxed frames of all sites send, so it names none; `*` lets them in"
                    .to_owned(),
            );
        }
        _ => {}
    }
    let wrong = |why: &str| format!("`{text}` is not an origin such as `http://localhost:3000`: {why}");
    let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
    if !is_scheme(scheme) {
        return Err(wrong("its scheme is not valid"));
    }
    if rest.contains(['/', '?', '#']) {
        return Err(wrong("nothing follows host and port, not even a slash"));
    }
    if !rest.is_ascii() {
        return Err(wrong("browsers send such a name in its ASCII form, `xn--…`"));
    }
    let authority: Authority = rest.parse().map_err(|_| wrong("its host or port is not valid"))?;
    let host = authority.host();
    if host.is_empty() || host.contains('*') || rest.contains('@') {
        return Err(wrong("name one host, without `*` and without a user"));
    }
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    match (authority.port_u16(), &*scheme) {
        (None, _) if rest.len() > host.len() => Err(wrong("its port is not valid")),
        (None, _) | (Some(80), "http") | (Some(443), "https") => Ok(format!("{scheme}://{host}")),
        (Some(port), _) => Ok(format!("{scheme}://{host}:{port}")),
    }
}

fn is_scheme(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Parts {
        let request = Request::builder().method(method);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn origins_are_read_as_browsers_write_them() {
        for (text, read) in [
            ("http://localhost:3000", "http://localhost:3000"),
            ("HTTP://LocalHost:80", "http://localhost"),
            ("https://app.example.com:443", "https://app.example.com"),
            ("http://app.example.com:443", "http://app.example.com:443"),
            ("http://[::1]:5173", "http://[::1]:5173"),
            ("http://[::1]", "http://[::1]"),
            ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
        ] {
            assert_eq!(AllowedOrigins::read(text), Ok(AllowedOrigins::List(vec![read.to_owned()])), "{text}");
        }
        assert_eq!(AllowedOrigins::read("*"), Ok(AllowedOrigins::Any));
        let two = ["http://a.test", "http://b.test:1"].map(str::to_owned);
        assert_eq!(AllowedOrigins::read("http://a.test, http://b.test:1"), Ok(AllowedOrigins::List(two.into())));
    }

    #[test]
    fn what_no_browser_sends_is_refused_in_a_sentence() {
        for (text, why) in [
            ("", "an origin is empty"),
            ("http://a.test,", "an origin is empty"),
            ("*,http://a.test", "so it stands alone"),
            ("null", "so it names none"),
            ("localhost:3000", "it has no scheme"),
            ("://localhost", "its scheme is not valid"),
            ("http://localhost:3000/", "not even a slash"),
            ("http://localhost/page?a=b", "not even a slash"),
            ("http://", "is not an origin"),
            ("http://:80", "is not an origin"),
            ("http://a.test:", "its port is not valid"),
            ("http://a.test:70000", "is not an origin"),
            ("http://a b.test", "its host or port is not valid"),
            ("http://*.example.com", "without `*`"),
            ("http://me@a.test", "without a user"),
            ("http://bücher.example", "`xn--…`"),
        ] {
            let said = AllowedOrigins::read(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn a_preflight_is_asked_with_options_an_origin_and_a_method() {
        let (origin, method) = (("origin", "http://a.test"), ("access-control-request-method", "GET"));
        assert!(is_preflight(&request("OPTIONS", &[origin, method])));
        for (name, headers) in [("OPTIONS", vec![origin]), ("OPTIONS", vec![method]), ("GET", vec![origin, method])] {
            assert!(!is_preflight(&request(name, &headers)), "{name} {headers:?}");
        }
    }

    #[test]
    fn a_page_is_foreign_unless_it_came_from_the_host_that_it_asks() {
        for (origin, is_foreign) in [
            ("http://localhost:4750", false),
            ("https://localhost:4750", false),
            ("http://localhost:3000", true),
            ("http://127.0.0.1:4750", true),
            ("null", true),
            ("", true),
        ] {
            let request = request("GET", &[("host", "localhost:4750"), ("origin", origin)]);
            assert_eq!(foreign_origin(&request).is_some(), is_foreign, "{origin}");
        }
        assert_eq!(foreign_origin(&request("GET", &[("host", "localhost")])), None);
    }

    #[test]
    fn every_header_that_is_not_safe_is_exposed_and_none_is_replaced() {
        let request = request("GET", &[("origin", "http://a.test")]);
        let mut answer = HeaderMap::new();
        for (name, value) in [("content-type", "a/b"), ("x-any", "1"), ("retry-after", "2"), ("vary", "Accept")] {
            answer.insert(name, value.parse().unwrap());
        }
        let mut own = answer.clone();
        own.insert(ACCESS_CONTROL_ALLOW_ORIGIN, "http://b.test".parse().unwrap());
        let allowed = AllowedOrigins::read("http://a.test").unwrap();
        allowed.add_headers(&request, &mut answer);
        allowed.add_headers(&request, &mut own);
        assert_eq!(answer[ACCESS_CONTROL_EXPOSE_HEADERS], "x-any, retry-after");
        assert_eq!(answer.get_all(VARY).iter().collect::<Vec<_>>(), ["Accept", "Origin"]);
        assert_eq!(own[ACCESS_CONTROL_ALLOW_ORIGIN], "http://b.test");
    }
}
