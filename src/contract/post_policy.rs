//! Forms that anyone may post within a limited time, in the form of the policy documents of Google Cloud Storage. The
//! policy says which fields the form has; the signature covers the provider, the path and the policy.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::{Micros, SECOND, read_written_rfc3339, utc, write_rfc3339};
use crate::contract::signed_url::COMPACT_TIME;
use crate::contract::signer::{SignatureProblem, Signer, UrlSigner, VerifiedRequest};

/// A form to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostPolicy {
    /// The path below the provider's prefix that the form is posted to, as [`fill`](crate::contract::path_template::fill)
    /// makes it.
    pub path: String,
    /// The name of the object that the file becomes.
    pub key: String,
    /// The content type of the file.
    pub content_type: String,
    /// When it was made, by the clock of its workspace.
    pub issued_at: Micros,
    /// How long it is valid.
    pub seconds: u32,
}

/// A signed form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedForm {
    /// The URL that it is posted to.
    pub url: String,
    /// Its fields but the file, which comes last.
    pub fields: Vec<(&'static str, String)>,
}

/// The field with the policy.
const POLICY: &str = "policy";
/// The field with the signature.
pub const SIGNATURE: &str = "x-goog-signature";

#[derive(Serialize, Deserialize)]
struct Document {
    conditions: Vec<Map<String, Value>>,
    expiration: String,
}

impl UrlSigner<'_> {
    /// The URL and the fields of the form.
    pub fn form(&self, policy: &PostPolicy) -> SignedForm {
        let at = utc(policy.issued_at);
        let mut fields = vec![
            ("Content-Type", policy.content_type.clone()),
            ("key", policy.key.clone()),
            ("x-goog-date", at.format(COMPACT_TIME).to_string()),
            ("x-goog-credential", format!("assetmock/{}/auto/storage/goog4_request", at.format("%Y%m%d"))),
            ("x-goog-algorithm", "GOOG4-HMAC-SHA256".to_owned()),
        ];
        let condition = |(name, value): &(&str, String)| Map::from_iter([((*name).to_owned(), value.clone().into())]);
        let expires_at = policy.issued_at.saturating_add(Micros::from(policy.seconds).saturating_mul(SECOND));
        let document =
            Document { conditions: fields.iter().map(condition).collect(), expiration: write_rfc3339(expires_at) };
        let document = serde_json::to_vec(&document).expect("the keys are texts");
        let coded = STANDARD.encode(document);
        let signature = self.signer.sign(&signed_parts(self.provider, &policy.path, &coded));
        fields.extend([(POLICY, coded), (SIGNATURE, signature)]);
        SignedForm { url: self.address(&policy.path), fields }
    }
}

/// What is signed. The first part tells a form from a URL.
fn signed_parts<'a>(provider: &'a str, path: &'a str, policy: &'a str) -> [&'a str; 4] {
    ["form", provider, path, policy]
}

/// Verifies that a form is one that was signed for this path. `fields` are all its fields but the file.
pub fn verify_form(
    provider: &'static str,
    path: &str,
    fields: &[(String, String)],
    signer: &Signer,
) -> Result<VerifiedRequest, SignatureProblem> {
    let (signature, policy) = (only(fields, SIGNATURE)?, only(fields, POLICY)?);
    if !signer.is_signature(signature, &signed_parts(provider, path, policy)) {
        return Err(SignatureProblem::Changed);
    }
    let document = STANDARD.decode(policy).ok().and_then(|json| serde_json::from_slice::<Document>(&json).ok());
    let document = document.ok_or(SignatureProblem::Changed)?;
    let conditions: Map<String, Value> = document.conditions.into_iter().flatten().collect();
    for (name, wanted) in &conditions {
        if Some(only(fields, name)?) != wanted.as_str() {
            return Err(SignatureProblem::Field(name.clone()));
        }
    }
    let is_known = |name: &str| name == POLICY || name == SIGNATURE || conditions.contains_key(name);
    if let Some((name, _)) = fields.iter().find(|(name, _)| !is_known(name)) {
        return Err(SignatureProblem::Field(name.clone()));
    }
    let expires_at = read_written_rfc3339(&document.expiration).ok_or(SignatureProblem::Changed)?;
    Ok(VerifiedRequest { params: fields.to_vec(), expires_at })
}

/// The value of a field that the form must have once.
fn only<'f>(fields: &'f [(String, String)], wanted: &str) -> Result<&'f str, SignatureProblem> {
    let mut values = fields.iter().filter(|(name, _)| name == wanted).map(|(_, value)| &**value);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (None, _) if wanted == SIGNATURE => Err(SignatureProblem::Missing),
        _ => Err(SignatureProblem::Field(wanted.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Micros = 1_774_094_400 * SECOND;

    type Fields = Vec<(String, String)>;

    fn fields() -> Fields {
        let signer = &Signer::seeded(7);
        let policy = PostPolicy {
            path: "/_uploads/ws/a".to_owned(),
            key: "api-uploads/cat.png".to_owned(),
            content_type: "image/png".to_owned(),
            issued_at: NOON,
            seconds: 900,
        };
        let form = UrlSigner { origin: "http://a".to_owned(), provider: "acme", signer }.form(&policy);
        assert_eq!(form.url, "http://a/acme/_uploads/ws/a");
        form.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn verified(fields: &[(String, String)]) -> Result<VerifiedRequest, SignatureProblem> {
        verify_form("acme", "/_uploads/ws/a", fields, &Signer::seeded(7))
    }

    #[test]
    fn a_form_has_the_fields_of_google_cloud_storage() {
        let fields = fields();
        let names: Vec<_> = fields.iter().map(|(name, _)| &**name).collect();
        let wanted = ["Content-Type", "key", "x-goog-date", "x-goog-credential", "x-goog-algorithm", POLICY, SIGNATURE];
        assert_eq!(names, wanted);
        let policy = STANDARD.decode(&fields[5].1).unwrap();
        assert_eq!(
            String::from_utf8(policy).unwrap(),
            r#"{"conditions":[{"Content-Type":"image/png"},{"key":"api-uploads/cat.png"},{"x-goog-date":"20260321T120000Z"},{"x-goog-credential":"assetmock/20260321/auto/storage/goog4_request"},{"x-goog-algorithm":"GOOG4-HMAC-SHA256"}],"expiration":"2026-03-21T12:15:00Z"}"#
        );
    }

    #[test]
    fn a_form_is_taken_as_it_was_given_in_any_order_until_it_expires() {
        let mut fields = fields();
        fields.reverse();
        let expires_at = NOON + 900 * SECOND;
        let verified = verified(&fields).unwrap();
        assert_eq!(verified.params, fields);
        assert_eq!((verified.has_expired(expires_at), verified.has_expired(expires_at + 1)), (false, true));
    }

    #[test]
    fn any_one_change_of_a_form_is_refused() {
        let right = fields();
        for place in 0..right.len() {
            let change = |change: fn(&mut Fields, usize)| {
                let mut fields = right.clone();
                change(&mut fields, place);
                assert!(verified(&fields).is_err(), "{fields:?}");
            };
            change(|fields, place| fields[place].1.push('x'));
            change(|fields, place| fields[place].0.push('x'));
            change(|fields, place| drop(fields.remove(place)));
            change(|fields, place| fields.push(fields[place].clone()));
        }
        let added = [right.clone(), vec![("acl".to_owned(), "public-read".to_owned())]].concat();
        assert_eq!(verified(&added), Err(SignatureProblem::Field("acl".to_owned())));
        assert_eq!(verified(&[]), Err(SignatureProblem::Missing));
        for (provider, path, seed) in
            [("other", "/_uploads/ws/a", 7), ("acme", "/_uploads/ws/b", 7), ("acme", "/_uploads/ws/a", 8)]
        {
            let problem = verify_form(provider, path, &right, &Signer::seeded(seed));
            assert_eq!(problem, Err(SignatureProblem::Changed), "{provider} {path} {seed}");
        }
    }
}
