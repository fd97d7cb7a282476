//! URLs for one kind of request, valid for a limited time, like S3's presigned URLs. The signature covers the provider,
//! the method, the path, all parameters and the content type, but not the host and the scheme, since clients reach the
//! same server under several, and not how parameters are ordered and encoded.

use std::borrow::Cow;

use axum::http::{HeaderMap, header};
use chrono::NaiveDateTime;
use form_urlencoded::Serializer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::clock::{Micros, SECOND, utc};
use crate::contract::signer::{SignatureProblem, Signer, UrlSigner, VerifiedRequest};

/// A URL to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUrl {
    /// The method that it is for.
    pub method: &'static str,
    /// The path below the provider's prefix, as [`fill`](crate::contract::path_template::fill) makes it.
    pub path: String,
    /// The vendor's own parameters, which the handler of the URL gets back.
    pub params: Vec<(&'static str, String)>,
    /// The content type that the request must have; `None`: any or none.
    pub content_type: Option<String>,
    /// When it was made, by the clock of its workspace. Its fraction of a second is dropped.
    pub issued_at: Micros,
    /// How long it is valid.
    pub seconds: u32,
}

/// A request to a signed URL.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The provider.
    pub provider: &'static str,
    /// The method.
    pub method: &'a str,
    /// The path below the provider's prefix, as a target has it.
    pub path: &'a str,
    /// The query string as it was sent.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
}

const ALGORITHM: &str = "X-Amz-Algorithm";
const CREDENTIAL: &str = "X-Amz-Credential";
const DATE: &str = "X-Amz-Date";
const EXPIRES: &str = "X-Amz-Expires";
const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";

/// The parameter with the signature.
pub const SIGNATURE: &str = "X-Amz-Signature";

/// Inferred, and not S3's: the content type is a parameter as well, so that a refusal can say which one was meant.
const CONTENT_TYPE: &str = "content-type";

/// The parameters that every signed URL may have. A vendor's own parameters have other names.
const OURS: &[&str] = &[ALGORITHM, CREDENTIAL, DATE, EXPIRES, SIGNED_HEADERS, CONTENT_TYPE];

/// The form of the time in [`DATE`].
pub(super) const COMPACT_TIME: &str = "%Y%m%dT%H%M%SZ";

/// The methods that a URL may have been signed for, to say which one it was.
const METHODS: &[&str] = &["PUT", "POST", "GET", "HEAD", "PATCH", "DELETE"];

/// What stays as it is in a path or query: the characters that RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What stays as it is in a path, in which `/` and `%` of its segments are encoded.
pub(super) const ENCODED_IN_PATH: &AsciiSet = &ENCODED.remove(b'/').remove(b'%');

impl UrlSigner<'_> {
    /// The URL, complete and signed.
    pub fn url(&self, url: &SignedUrl) -> String {
        let mut params: Vec<(&str, Cow<str>)> = vec![
            (ALGORITHM, "AWS4-HMAC-SHA256".into()),
            (CREDENTIAL, format!("assetmock/{}/us-east-1/s3/aws4_request", utc(url.issued_at).format("%Y%m%d")).into()),
            (DATE, utc(url.issued_at).format(COMPACT_TIME).to_string().into()),
            (EXPIRES, url.seconds.to_string().into()),
            (SIGNED_HEADERS, if url.content_type.is_some() { "content-type;host" } else { "host" }.into()),
        ];
        params.extend(url.content_type.as_deref().map(|text| (CONTENT_TYPE, text.into())));
        params.extend(url.params.iter().map(|(name, value)| (*name, value.as_str().into())));
        let query: Vec<_> =
            params.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let signature = self.signer.sign(&signed_parts(self.provider, url.method, &url.path, &canonical(&params)));
        format!("{}&{SIGNATURE}={signature}", self.address(&url.path) + "?" + &query.join("&"))
    }

    /// The URL of this path, without a query string.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}/{}{}", self.origin, self.provider, utf8_percent_encode(path, ENCODED_IN_PATH))
    }
}

fn encoded(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, ENCODED)
}

/// What is signed. The first part tells a URL from a form.
fn signed_parts<'a>(provider: &'a str, method: &'a str, path: &'a str, params: &'a str) -> [&'a str; 5] {
    ["url", provider, method, path, params]
}

/// All parameters, encoded and ordered in one way.
fn canonical(params: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    let mut sorted: Vec<_> = params.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    sorted.sort_unstable();
    Serializer::new(String::new()).extend_pairs(sorted).finish()
}

/// Verifies that a request is the one that its URL was signed for.
pub fn verify(request: &SignedRequest<'_>, signer: &Signer) -> Result<VerifiedRequest, SignatureProblem> {
    let mut params: Vec<(String, String)> = form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
    let place = params.iter().position(|(name, _)| name == SIGNATURE).ok_or(SignatureProblem::Missing)?;
    let (_, signature) = params.remove(place);
    let all = canonical(&params);
    let is_for = |method| signer.is_signature(&signature, &signed_parts(request.provider, method, request.path, &all));
    if !is_for(request.method) {
        let other = METHODS.iter().find(|method| is_for(method));
        return Err(other.map_or(SignatureProblem::Changed, |method| SignatureProblem::Method(method)));
    }
    if request.headers.contains_key(header::AUTHORIZATION) {
        return Err(SignatureProblem::Authorization);
    }
    let value = |wanted: &str| params.iter().find(|(name, _)| name == wanted).map(|(_, value)| &**value);
    if let Some(signed) = value(CONTENT_TYPE).filter(|signed| !has_content_type(request.headers, signed)) {
        return Err(SignatureProblem::ContentType(signed.to_owned()));
    }
    let expires_at = expiry(value(DATE), value(EXPIRES)).ok_or(SignatureProblem::Changed)?;
    params.retain(|(name, _)| !OURS.contains(&&**name));
    Ok(VerifiedRequest { params, expires_at })
}

/// Whether this is the one content type of the request.
fn has_content_type(headers: &HeaderMap, signed: &str) -> bool {
    let mut given = headers.get_all(header::CONTENT_TYPE).iter();
    let only = given.next().filter(|_| given.next().is_none()).and_then(|value| value.to_str().ok());
    only.is_some_and(|given| is_same_media_type(given, signed))
}

/// Compares media types and their parameters without case and the space around `;`.
fn is_same_media_type(one: &str, other: &str) -> bool {
    let parts = |text: &str| text.split(';').map(|part| part.trim().to_ascii_lowercase()).collect::<Vec<_>>();
    parts(one) == parts(other)
}

fn expiry(date: Option<&str>, seconds: Option<&str>) -> Option<Micros> {
    let issued_at = NaiveDateTime::parse_from_str(date?, COMPACT_TIME).ok()?.and_utc().timestamp_micros();
    Some(issued_at.saturating_add(seconds?.parse::<Micros>().ok()?.saturating_mul(SECOND)))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, Uri};
    use proptest::prelude::*;

    use super::*;

    const NOON: Micros = 1_774_094_400 * SECOND;

    fn signer() -> Signer {
        Signer::seeded(7)
    }

    fn sample(path: &str, params: &[(&'static str, &str)], content_type: Option<&str>) -> SignedUrl {
        SignedUrl {
            method: "PUT",
            path: path.to_owned(),
            params: params.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            content_type: content_type.map(str::to_owned),
            issued_at: NOON,
            seconds: 900,
        }
    }

    /// The parameters of the URL, decoded.
    fn params_of(url: &SignedUrl, origin: &str) -> Vec<(String, String)> {
        let text = UrlSigner { origin: origin.to_owned(), provider: "acme", signer: &signer() }.url(url);
        let uri: Uri = text.parse().unwrap();
        form_urlencoded::parse(uri.query().unwrap().as_bytes()).into_owned().collect()
    }

    fn query(params: &[(String, String)]) -> String {
        params.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
    }

    fn verified(
        method: &str,
        path: &str,
        query: &str,
        content_types: &[&str],
    ) -> Result<VerifiedRequest, SignatureProblem> {
        let mut map = HeaderMap::new();
        map.extend(content_types.iter().map(|text| (header::CONTENT_TYPE, HeaderValue::from_str(text).unwrap())));
        verify(&SignedRequest { provider: "acme", method, path, query, headers: &map }, &signer())
    }

    #[test]
    fn a_url_looks_like_one_of_s3() {
        let url = sample("/_uploads/ws 1/a", &[("partNumber", "1")], Some("image/png"));
        let text =
            UrlSigner { origin: "http://localhost:4750".to_owned(), provider: "acme", signer: &signer() }.url(&url);
        let (all, signature) = text.split_once("&X-Amz-Signature=").unwrap();
        assert_eq!(
            all,
            "http://localhost:4750/acme/_uploads/ws%201/a?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=assetmock%2F20260321%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260321T120000Z\
             &X-Amz-Expires=900&X-Amz-SignedHeaders=content-type%3Bhost&content-type=image%2Fpng&partNumber=1"
        );
        assert!(
            signature.len() == 64 && signature.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
            "{signature}"
        );
    }

    #[test]
    fn a_request_is_in_time_until_the_last_instant() {
        let params = params_of(&sample("/p", &[("n", "1")], None), "http://a");
        let verified = verified("PUT", "/p", &query(&params), &[]).unwrap();
        let expires_at = NOON + 900 * SECOND;
        assert_eq!(verified.params, [("n".to_owned(), "1".to_owned())]);
        assert_eq!((verified.has_expired(expires_at), verified.has_expired(expires_at + 1)), (false, true));
    }

    #[test]
    fn a_refusal_says_what_the_url_is_for() {
        let signed = query(&params_of(&sample("/p", &[], Some("image/png")), "http://a"));
        assert_eq!(verified("POST", "/p", &signed, &["image/png"]), Err(SignatureProblem::Method("PUT")));
        let other = Err(SignatureProblem::ContentType("image/png".to_owned()));
        for types in [&["image/jpeg"][..], &[], &["image/png", "image/png"], &["image/png; charset=utf-8"]] {
            assert_eq!(verified("PUT", "/p", &signed, types), other, "{types:?}");
        }
        assert!(verified("PUT", "/p", &signed, &["Image/PNG"]).is_ok());
        assert_eq!(verified("PUT", "/p", "", &["image/png"]), Err(SignatureProblem::Missing));
        assert_eq!(verified("PUT", "/q", &signed, &["image/png"]), Err(SignatureProblem::Changed));
    }

    #[test]
    fn a_signature_is_of_one_server_and_one_provider() {
        let signed = query(&params_of(&sample("/p", &[], None), "http://a"));
        let request =
            SignedRequest { provider: "other", method: "PUT", path: "/p", query: &signed, headers: &HeaderMap::new() };
        assert_eq!(verify(&request, &signer()), Err(SignatureProblem::Changed));
        let request = SignedRequest { provider: "acme", ..request };
        assert!(verify(&request, &signer()).is_ok());
        assert_eq!(verify(&request, &Signer::seeded(8)), Err(SignatureProblem::Changed));
    }

    proptest! {
        #[test]
        fn any_one_change_is_refused(
            path in "/[a-z %+/&=]{0,8}", own in "[ -~é]{0,8}", with in "[ -~é]{0,4}", place in 0_usize..8, change in 0..5,
        ) {
            let mut params = params_of(&sample(&path, &[("own", &own)], Some("image/png")), "http://a");
            let place = place % params.len();
            let before = params.clone();
            match change {
                0 => params[place].1 += "x",
                1 => params[place].0 += "x",
                2 => drop(params.remove(place)),
                3 => params.insert(place, (with.clone(), with)),
                _ => params.insert(place, params[place].clone()),
            }
            prop_assert!(verified("PUT", &path, &query(&before), &["image/png"]).is_ok());
            prop_assert!(verified("PUT", &path, &query(&params), &["image/png"]).is_err());
            prop_assert!(verified("PUT", &(path + "/"), &query(&before), &["image/png"]).is_err());
        }

        #[test]
        fn the_order_the_encoding_and_the_origin_do_not_matter(own in "[ -~é]{0,8}", turn in 0_usize..8) {
            let url = sample("/p", &[("own", &own)], None);
            let mut params = params_of(&url, "http://a");
            prop_assert_eq!(&params, &params_of(&url, "https://b:1/"));
            let turn = turn % params.len();
            params.rotate_left(turn);
            let every_byte = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
            let spelt_out: Vec<_> = params.iter().map(|(name, value)| every_byte(name) + "=" + &every_byte(value)).collect();
            let as_form = Serializer::new(String::new()).extend_pairs(&params).finish();
            for query in [query(&params), spelt_out.join("&"), as_form] {
                let verified = verified("PUT", "/p", &query, &[]).unwrap();
                prop_assert_eq!(verified.params, vec![("own".to_owned(), own.clone())]);
            }
        }
    }
}
