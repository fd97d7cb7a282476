//! Signatures of the URLs and forms that upload a file: HMAC-SHA256 with a key that only this server knows.
//! [`signed_url`](super::signed_url) and [`post_policy`](super::post_policy) say what is signed.

use ring::hmac;

use crate::clock::Micros;
use crate::library::hex::hex;

/// Signs, and verifies what it signed.
#[derive(Debug, Clone)]
pub struct Signer(hmac::Key);

impl Signer {
    /// A signer with this secret.
    pub fn new(secret: &[u8]) -> Signer {
        Signer(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The signer of a server that was started with this seed: the same seed gives the same signatures.
    pub fn seeded(seed: u64) -> Signer {
        Signer::new(format!("assetmock {seed}").as_bytes())
    }

    /// The signature of these parts in lower-case hexadecimal digits.
    pub(super) fn sign(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            // With its length in front, no part can be taken for two, or two for one.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        hex(context.sign().as_ref())
    }

    /// Whether this is the signature of these parts. Compares in constant time: both texts are signed again, and `ring`
    /// compares the results.
    pub(super) fn is_signature(&self, given: &str, parts: &[&str]) -> bool {
        let right = hmac::sign(&self.0, self.sign(parts).as_bytes());
        hmac::verify(&self.0, given.as_bytes(), right.as_ref()).is_ok()
    }
}

/// Makes URLs and forms for uploads to one provider of this server.
#[derive(Debug, Clone)]
pub struct UrlSigner<'a> {
    /// The origin of this server as the client sees it. It is not signed: the same server has several.
    pub origin: String,
    /// The provider.
    pub provider: &'static str,
    /// The key.
    pub signer: &'a Signer,
}

/// A request whose signature is right. Whether it came in time is still to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRequest {
    /// What was signed besides the method, the path and the content type, in the order of the request: the vendor's own
    /// parameters of a URL, or the fields of a form.
    pub params: Vec<(String, String)>,
    /// When it expires, by the clock of its workspace.
    pub expires_at: Micros,
}

impl VerifiedRequest {
    /// Whether it comes too late. At the last instant it does not.
    pub fn has_expired(&self, now: Micros) -> bool {
        now > self.expires_at
    }
}

/// What is wrong with the signature of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureProblem {
    /// There is none.
    Missing,
    /// It is for this other method.
    Method(&'static str),
    /// The request has an `Authorization` header besides.
    Authorization,
    /// It is for this other content type.
    ContentType(String),
    /// The path, a parameter or the signature itself was changed.
    Changed,
    /// This field of the form was changed, left out, repeated or added.
    Field(String),
    /// The workspace that it is for is gone.
    NoWorkspace,
}
