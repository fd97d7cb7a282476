//! The secrets of a request, and the masks that replace them.

use std::borrow::Cow;
use std::sync::OnceLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::find::{SecretFinder, SecretMatch, is_shaped};
use super::names::{carries_key, carries_scheme, is_secret_parameter};

/// Replaces hidden characters.
const HIDDEN: &str = "…";
/// How many of the last characters a mask shows.
const TAIL: usize = 4;
/// The fewest characters that a mask hides. Of a text that is too short for that, nothing is shown.
const BODY: usize = 8;
/// The longest prefix of keys, and the longest scheme.
const PREFIX: usize = 12;
/// Shorter secrets are masked where a key is expected, and not searched for elsewhere. `Bearer null` is a common
/// mistake, and must not mask every `null` in the response.
pub(super) const SHORTEST: usize = 6;
/// The most secrets of one request that are searched for, its key first. This bounds the cost of showing an entry.
const MOST: usize = 64;

/// Masks a key: the prefix of the vendor's keys and the last characters stay, as in `acme_pk_…0000`. Of a short key
/// nothing stays.
pub fn mask(key: &str) -> String {
    let ends = key.bytes().take(PREFIX).enumerate().filter(|(_, byte)| *byte == b'_').map(|(at, _)| at + 1);
    let prefix = ends.into_iter().find(|end| is_shaped(&key[..*end])).unwrap_or(0);
    let long_enough = |from: &usize| key[*from..].chars().nth(BODY + TAIL - 1).is_some();
    match [prefix, 0].into_iter().find(long_enough) {
        Some(prefix) => {
            let tail = key.char_indices().nth_back(TAIL - 1).map_or(0, |(at, _)| at);
            format!("{}{HIDDEN}{}", &key[..prefix], &key[tail..])
        }
        None if key.is_empty() => String::new(),
        None => HIDDEN.to_owned(),
    }
}

/// Masks the secrets in a header of a request or a response.
pub fn mask_header(name: &HeaderName, value: &str) -> String {
    if *name == header::COOKIE || *name == header::SET_COOKIE {
        mask_cookies(name, value)
    } else if carries_scheme(name) {
        match value.split_once(' ') {
            Some((scheme, key)) if is_scheme(scheme) => format!("{scheme} {}", mask(key.trim())),
            _ => mask(value),
        }
    } else if carries_key(name) {
        mask(value)
    } else if let Some((_, host)) = value.rsplit_once('@').filter(|_| *name == header::HOST) {
        format!("{HIDDEN}@{host}")
    } else {
        value.to_owned()
    }
}

/// Whether a word looks like a scheme such as `Bearer`, and not like the beginning of a secret.
pub fn is_scheme(word: &str) -> bool {
    !word.is_empty() && word.len() <= PREFIX && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
}

/// Masks the values of cookies: `a=…; b=…`. The attributes in a `Set-Cookie` header stay.
fn mask_cookies(name: &HeaderName, value: &str) -> String {
    let secret = if *name == header::COOKIE { usize::MAX } else { 1 };
    let pairs = value.split(';').enumerate().map(|(place, pair)| match pair.split_once('=') {
        _ if place >= secret => pair.to_owned(),
        Some((name, value)) => format!("{name}={}", mask(value)),
        None => mask(pair),
    });
    pairs.collect::<Vec<_>>().join(";")
}

/// The secrets of one request: its key, and the values of headers, parameters and fields that usually contain a key.
/// Words that look like a vendor's key are masked too, wherever they are.
#[derive(Debug, Default)]
pub struct Secrets {
    texts: Vec<Vec<u8>>,
    /// Built at the first search.
    finder: OnceLock<SecretFinder>,
}

impl Secrets {
    /// The secrets of a request with this key and these headers.
    pub fn of(key: Option<&str>, headers: &HeaderMap) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(key.unwrap_or_default().as_bytes());
        secrets.and_in_headers(headers)
    }

    /// Adds the secrets in other headers, such as the response's.
    pub fn and_in_headers(mut self, headers: &HeaderMap) -> Secrets {
        for (_, value) in headers.iter().filter(|(name, _)| carries_key(name)) {
            let value = value.as_bytes().trim_ascii();
            self.add(value);
            let Some(end) = value.iter().position(|byte| *byte == b' ') else { continue };
            let credentials = value[end..].trim_ascii();
            self.add(credentials);
            if value[..end].eq_ignore_ascii_case(b"basic") {
                let decoded = STANDARD.decode(credentials).unwrap_or_default();
                decoded.split(|byte| *byte == b':').for_each(|part| self.add(part));
            }
        }
        self
    }

    /// Adds the values in a query string or form that look like a key or have a name such as `api_key`, since clients
    /// put keys there by mistake.
    pub fn and_in_query(mut self, query: &str) -> Secrets {
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if is_shaped(&value) || is_secret_parameter(&name) {
                self.add(value.as_bytes());
            }
        }
        self
    }

    /// Adds the strings in a JSON object with names such as `api_key`.
    pub fn and_in_json(mut self, body: &[u8]) -> Secrets {
        let fields = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body).unwrap_or_default();
        for (_, value) in fields.iter().filter(|(name, _)| is_secret_parameter(name)) {
            self.add(value.as_str().unwrap_or_default().as_bytes());
        }
        self
    }

    fn add(&mut self, whole: &[u8]) {
        let known = self.texts.iter().any(|secret| secret == whole);
        if whole.len() >= SHORTEST && !known && self.texts.len() < MOST {
            self.texts.push(whole.to_owned());
            self.finder = OnceLock::new();
        }
    }

    /// Masks the secrets in a text: plain, percent-encoded, escaped as in JSON, or within base64.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.hide_in_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Like [`hide`](Secrets::hide), for bytes that need not be UTF-8.
    pub fn hide_in_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let finder = self.finder.get_or_init(|| SecretFinder::new(&self.texts));
        let places = finder.places(bytes);
        if places.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let masked = replace_matches(bytes, &places, |secret| mask(&String::from_utf8_lossy(secret)));
        // What a mask shows can form another secret together with the text next to it. Then the masks show nothing.
        let has_secrets = !finder.places(&masked).is_empty();
        Cow::Owned(if has_secrets { replace_matches(bytes, &places, |_| HIDDEN.to_owned()) } else { masked })
    }

    /// Masks the secrets in a header.
    pub fn header(&self, name: &HeaderName, value: &HeaderValue) -> String {
        let masked = mask_header(name, &String::from_utf8_lossy(value.as_bytes()));
        self.hide(&masked).into_owned()
    }

    /// Masks a method, unless it is a short word: a client that sends a malformed request may have put a key there.
    pub fn method(&self, method: &Method) -> String {
        let text = method.as_str();
        let is_word = text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
        if is_word { self.hide(text).into_owned() } else { mask(text) }
    }

    /// Masks the secrets in a target, including the user and password of a URL and parameters with names such as
    /// `api_key`.
    pub fn target(&self, target: &str) -> String {
        let (address, query) = target.split_once('?').unwrap_or((target, ""));
        let mut shown = without_password(address);
        if target.len() > address.len() {
            let pairs = query.split('&').map(|pair| match pair.split_once('=') {
                Some((name, value)) if is_secret_parameter(name) => Cow::Owned(format!("{name}={}", mask(value))),
                _ => Cow::Borrowed(pair),
            });
            shown = format!("{shown}?{}", pairs.collect::<Vec<_>>().join("&"));
        }
        self.hide(&shown).into_owned()
    }

    /// Masks the secrets in the decoded value of a parameter.
    pub fn parameter(&self, name: &str, value: &str) -> String {
        if is_secret_parameter(name) { mask(value) } else { self.hide(value).into_owned() }
    }
}

/// An address with `…@` in place of `user:password@`.
fn without_password(address: &str) -> String {
    let parts = address.split_once("://").filter(|(scheme, _)| !scheme.contains('/')).and_then(|(scheme, rest)| {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Some((scheme, authority.rsplit_once('@')?, path))
    });
    match parts {
        Some((scheme, (_, host), path)) => format!("{scheme}://{HIDDEN}@{host}{path}"),
        None => address.to_owned(),
    }
}

/// The bytes with every secret replaced by what `show` makes of it.
fn replace_matches(bytes: &[u8], places: &[SecretMatch], show: impl Fn(&[u8]) -> String) -> Vec<u8> {
    let mut shown = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for SecretMatch { at, secret } in places {
        shown.extend_from_slice(&bytes[copied..at.start]);
        shown.extend_from_slice(secret.as_deref().map_or_else(|| HIDDEN.to_owned(), &show).as_bytes());
        copied = at.end;
    }
    shown.extend_from_slice(&bytes[copied..]);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_prefix_and_end_of_a_long_key_and_nothing_of_a_short_one() {
        for (key, masked) in [
            (&*format!("xqr_pk_00000000.{}", "0".repeat(64)), "xqr_pk_…0000"),
            ("sk_live_abcdefghijkl", "sk_…ijkl"),
            ("sk_live_abcdefgh", "sk_…efgh"),
            ("aB3_xyzQ9_0123456789", "…6789"),
            ("tlk_demo", "…"),
            ("", ""),
            ("schlüssel_größe_ÄÖÜß", "…ÄÖÜß"),
        ] {
            assert_eq!(mask(key), masked, "{key}");
        }
    }

    #[test]
    fn a_secret_is_found_however_it_is_encoded() {
        let secrets = Secrets::of(Some(r#"sk_a"b\c d/+%"#), &HeaderMap::new());
        for spelled in [
            r#"sk_a"b\c d/+%"#,
            "sk_a%22b%5Cc%20d%2F%2B%25",
            "sk_a%22b%5cc+d/%2B%25",
            r#"sk_a\"b\\c d/+%"#,
            r#"\u0073k_a\u0022b\\c d\/+%"#,
        ] {
            assert_eq!(secrets.hide(&format!("<{spelled}>")), "<…d/+%>", "{spelled}");
        }
    }

    #[test]
    fn a_key_in_a_query_string_is_a_secret_although_no_header_shows_it() {
        let query = "limit=5&api_key=sk_test_01234567%389abc&name=linen";
        let secrets = Secrets::default().and_in_query(query);
        assert_eq!(secrets.hide(query), "limit=5&api_key=sk_…9abc&name=linen");
        // By their shape or by their name, and not long enough to be recognised elsewhere.
        let secrets = Secrets::default().and_in_query("cursor=sk_ab12&api_key=plain-text&name=linen-shirt");
        assert_eq!(secrets.hide("sk_ab12, plain-text, linen-shirt"), "…, …, linen-shirt");
    }

    #[test]
    fn a_mask_that_looks_like_a_key_together_with_what_follows_shows_nothing() {
        let secrets = Secrets::of(Some("plain-textsk_a"), &HeaderMap::new());
        assert_eq!(secrets.hide("plain-textsk_a, and more"), "…sk_a, and more");
        assert_eq!(secrets.hide("plain-textsk_a0123456789abcd"), "…0123456789abcd");
    }

    #[test]
    fn of_secrets_that_overlap_nothing_is_shown() {
        let headers = [("x-api-key", "first-secret-key"), ("x-auth-token", "secret-key-and-last")];
        let headers = headers.map(|(name, key)| (HeaderName::from_static(name), HeaderValue::from_static(key)));
        let secrets = Secrets::of(None, &HeaderMap::from_iter(headers));
        assert_eq!(secrets.hide("<first-secret-key-and-last>"), "<…>");
    }

    #[test]
    fn a_secret_that_is_added_after_a_search_is_found() {
        let secrets = Secrets::of(Some("first-key"), &HeaderMap::new());
        assert_eq!(secrets.hide("first-key, other-key"), "…, other-key");
        assert_eq!(secrets.and_in_json(br#"{"apiKey": "other-key"}"#).hide("first-key, other-key"), "…, …");
    }

    #[test]
    fn the_number_of_secrets_that_are_searched_for_has_a_bound() {
        let query: Vec<_> = (0..2 * MOST).map(|number| format!("key{number}_key=secret-{number:03}")).collect();
        assert_eq!(Secrets::of(Some("own-key"), &HeaderMap::new()).and_in_query(&query.join("&")).texts.len(), MOST);
    }

    #[test]
    fn a_method_that_is_no_word_is_masked_and_a_word_searched() {
        let secrets = Secrets::of(Some("WORD-KEY"), &HeaderMap::new());
        let shown = |method: &str| secrets.method(&Method::from_bytes(method.as_bytes()).unwrap());
        assert_eq!(["GET", "M-SEARCH", "WORD-KEY", "Zq0AbCdEfGh01234"].map(shown), ["GET", "M-SEARCH", "…", "…1234"]);
    }

    #[test]
    fn masks_that_touch_other_text_do_not_spell_the_key_again() {
        let secrets = Secrets::of(Some(&"0".repeat(14)), &HeaderMap::new());
        for length in 14..60 {
            assert!(!secrets.hide(&"0".repeat(length)).contains(&"0".repeat(14)), "{length}");
        }
    }

    #[test]
    fn headers_that_carry_keys_are_masked_and_others_searched() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer sk_live_abcdefghijkl"));
        let secrets = Secrets::of(None, &headers);
        let shown = |name: &'static str, value: &'static str| {
            secrets.header(&HeaderName::from_static(name), &HeaderValue::from_static(value))
        };
        assert_eq!(shown("authorization", "Bearer sk_live_abcdefghijkl"), "Bearer sk_…ijkl");
        assert_eq!(shown("authorization", "sk_live_abcdefghijkl"), "sk_…ijkl");
        assert_eq!(shown("proxy-authorization", "Basic dXNlcjpwYXNzd29yZA=="), "Basic …ZA==");
        assert_eq!(shown("x-api-key", "short"), "…");
        assert_eq!(shown("cookie", "sid=0123456789abcdef; lang=en"), "sid=…cdef; lang=…");
        assert_eq!(shown("set-cookie", "sid=0123456789abcdef; Path=/"), "sid=…cdef; Path=/");
        assert_eq!(shown("host", "user:hunter2@example.com:443"), "…@example.com:443");
        // The scheme is none of a vendor's, and the secret has no shape.
        headers.insert("authorization", HeaderValue::from_static("Token plain-secret-text"));
        let secrets = Secrets::of(None, &headers);
        assert_eq!(secrets.hide("a plain-secret-text"), "a …text");
        assert_eq!(shown("referer", "/?key=sk_live_abcdefghijkl"), "/?key=sk_…ijkl");
    }
}
