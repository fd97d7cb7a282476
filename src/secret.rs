//! Keys, as far as they may be shown: never whole. Whatever leaves the journal or goes to the log passes through here;
//! nothing does on the way of a request that is answered and not looked at.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::provider::Carrier;
use crate::providers;

/// What stands for what is not shown.
const HIDDEN: &str = "…";
/// A mask shows this many of the last characters.
const TAIL: usize = 4;
/// A mask hides at least this many characters, or shows nothing at all.
const BODY: usize = 8;
/// A prefix is no longer than this.
const PREFIX: usize = 12;
/// Shorter texts are masked where a key is expected, and not searched for elsewhere: `Bearer null` is a common mistake,
/// and must not make every `null` of the answer unreadable.
pub(crate) const SHORTEST: usize = 6;

/// A key as it is shown: its prefix in words and its last characters, `acme_pk_…0000`; of a short one nothing.
pub fn mask(key: &str) -> String {
    let beginnings = key.bytes().take(PREFIX).take_while(|byte| byte.is_ascii_lowercase() || *byte == b'_').enumerate();
    let prefixes = beginnings.filter(|(_, byte)| *byte == b'_').map(|(at, _)| at + 1);
    let long_enough = |from: &usize| key[*from..].chars().nth(BODY + TAIL - 1).is_some();
    match std::iter::once(0).chain(prefixes).filter(long_enough).last() {
        Some(prefix) => {
            let tail = key.char_indices().nth_back(TAIL - 1).map_or(0, |(at, _)| at);
            format!("{}{HIDDEN}{}", &key[..prefix], &key[tail..])
        }
        None if key.is_empty() => String::new(),
        None => HIDDEN.to_owned(),
    }
}

/// A header as it is shown, whoever sent it.
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
    } else {
        value.to_owned()
    }
}

/// The headers in which a key may travel, whichever provider asks for it there.
pub fn carriers() -> impl Iterator<Item = &'static str> {
    let own = providers::ALL.iter().filter_map(|provider| match provider.card().auth.carrier {
        Carrier::Header(name) => Some(name),
        Carrier::Bearer => None,
    });
    ["authorization", "proxy-authorization", "x-api-key"].into_iter().chain(own)
}

fn carries_key(name: &HeaderName) -> bool {
    carriers().any(|carrier| carrier == name.as_str())
}

fn carries_scheme(name: &HeaderName) -> bool {
    *name == header::AUTHORIZATION || *name == header::PROXY_AUTHORIZATION
}

/// Whether a word is a scheme such as `Bearer`, and not the first word of a secret.
pub(crate) fn is_scheme(word: &str) -> bool {
    !word.is_empty() && word.len() <= PREFIX && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
}

/// `a=…; b=…`; of what a server sets, the attributes stay.
fn mask_cookies(name: &HeaderName, value: &str) -> String {
    let secret = if *name == header::COOKIE { usize::MAX } else { 1 };
    let pairs = value.split(';').enumerate().map(|(place, pair)| match pair.split_once('=') {
        _ if place >= secret => pair.to_owned(),
        Some((name, value)) => format!("{name}={}", mask(value)),
        None => mask(pair),
    });
    pairs.collect::<Vec<_>>().join(";")
}

/// The secrets of one request: its key, and whatever else stands where a key may stand.
#[derive(Debug, Default)]
pub struct Secrets(Vec<Secret>);

/// A secret as it is; what is shown of it is made only where it stands.
#[derive(Debug, PartialEq)]
struct Secret(Vec<u8>);

impl Secrets {
    /// The secrets of a request that shows this key and has these headers.
    pub fn of(key: Option<&str>, headers: &HeaderMap) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(key.unwrap_or_default().as_bytes());
        for (name, value) in headers.iter().filter(|(name, _)| carries_key(name)) {
            let value = value.as_bytes().trim_ascii();
            secrets.add(value);
            let words = value.iter().position(|byte| *byte == b' ').filter(|_| carries_scheme(name));
            secrets.add(words.map_or(&[], |end| value[end..].trim_ascii()));
        }
        secrets
    }

    /// These, and every value of a query string that has the shape of a key: that is where clients put them by mistake.
    pub fn and_in_query(mut self, query: &str) -> Secrets {
        let shaped = |text: &str| providers::ALL.iter().any(|provider| (provider.card().auth.looks_like)(text));
        for (_, value) in form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| shaped(value)) {
            self.add(value.as_bytes());
        }
        self
    }

    fn add(&mut self, whole: &[u8]) {
        let known = self.0.iter().any(|secret| secret.0 == whole);
        if whole.len() >= SHORTEST && !known {
            self.0.push(Secret(whole.to_owned()));
        }
    }

    /// A text without the secrets, however they are spelled in it: as they are, percent-encoded or escaped as in JSON.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.hide_in_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// The same for bytes of any kind.
    pub fn hide_in_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut shown = Cow::Borrowed(bytes);
        // What a mask shows may complete another secret with what stands beside it. Masks are shorter, so this ends.
        while let Some(replaced) = self.replaced(&shown) {
            shown = Cow::Owned(replaced);
        }
        shown
    }

    /// A header as it is shown.
    pub fn header(&self, name: &HeaderName, value: &HeaderValue) -> String {
        let masked = mask_header(name, &String::from_utf8_lossy(value.as_bytes()));
        self.hide(&masked).into_owned()
    }

    /// The bytes with every secret masked; `None` if there is none.
    fn replaced(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut shown = Vec::new();
        let (mut copied, mut at) = (0, 0);
        while at < bytes.len() {
            match self.0.iter().find_map(|secret| Some((secret, spelled_at(&bytes[at..], &secret.0)?))) {
                Some((secret, length)) => {
                    shown.extend_from_slice(&bytes[copied..at]);
                    shown.extend_from_slice(mask(&String::from_utf8_lossy(&secret.0)).as_bytes());
                    at += length;
                    copied = at;
                }
                None => at += 1,
            }
        }
        (copied > 0).then(|| [&shown, &bytes[copied..]].concat())
    }
}

/// How many bytes the secret takes where `bytes` begin; `None` if it is not there.
fn spelled_at(bytes: &[u8], secret: &[u8]) -> Option<usize> {
    let plain = bytes.starts_with(secret).then_some(secret.len());
    plain.or_else(|| spelled_in(bytes, secret, percent)).or_else(|| spelled_in(bytes, secret, json))
}

fn spelled_in(bytes: &[u8], secret: &[u8], next: fn(&[u8]) -> Option<(u8, usize)>) -> Option<usize> {
    secret.iter().try_fold(0, |at, wanted| {
        let (byte, length) = next(&bytes[at..])?;
        (byte == *wanted || (byte == b'+' && *wanted == b' ')).then_some(at + length)
    })
}

/// The next byte of percent-encoded text, and the length of its spelling.
fn percent(bytes: &[u8]) -> Option<(u8, usize)> {
    match bytes {
        [b'%', high, low, ..] => Some(hex(*high, *low).map_or((b'%', 1), |byte| (byte, 3))),
        _ => bytes.first().map(|byte| (*byte, 1)),
    }
}

/// The next byte of a JSON text, and the length of its spelling.
fn json(bytes: &[u8]) -> Option<(u8, usize)> {
    match bytes {
        [b'\\', b'u', b'0', b'0', high, low, ..] => Some((hex(*high, *low)?, 6)),
        [b'\\', escaped, ..] => Some((*escaped, 2)),
        _ => bytes.first().map(|byte| (*byte, 1)),
    }
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_prefix_and_end_of_a_long_key_and_nothing_of_a_short_one() {
        for (key, masked) in [
            (&*format!("xqr_pk_00000000.{}", "0".repeat(64)), "xqr_pk_…0000"),
            ("sk_live_abcdefghijkl", "sk_live_…ijkl"),
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
    fn a_secret_is_found_however_it_is_spelled() {
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
        assert_eq!(secrets.hide(query), "limit=5&api_key=sk_test_…9abc&name=linen");
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
        assert_eq!(shown("authorization", "Bearer sk_live_abcdefghijkl"), "Bearer sk_live_…ijkl");
        assert_eq!(shown("authorization", "sk_live_abcdefghijkl"), "sk_live_…ijkl");
        assert_eq!(shown("proxy-authorization", "Basic dXNlcjpwYXNzd29yZA=="), "Basic …ZA==");
        assert_eq!(shown("x-api-key", "short"), "…");
        assert_eq!(shown("cookie", "sid=0123456789abcdef; lang=en"), "sid=…cdef; lang=…");
        assert_eq!(shown("set-cookie", "sid=0123456789abcdef; Path=/"), "sid=…cdef; Path=/");
        assert_eq!(shown("referer", "/?key=sk_live_abcdefghijkl"), "/?key=sk_live_…ijkl");
    }
}
