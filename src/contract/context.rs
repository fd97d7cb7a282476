//! What an answer of a vendor may depend on besides the request's own parameters.

use crate::clock::Micros;
use crate::contract::quota::Counts;
use crate::contract::signer::UrlSigner;
use crate::contract::variant::Variants;
use crate::library::key::Key;

/// What an answer may depend on besides the request's own parameters. Everything is a value, so answers can be
/// reproduced.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The current instant.
    pub now: Micros,
    /// Random bits for this request, for its id.
    pub entropy: u128,
    /// The key of the request, once it is known to be active.
    pub key: Option<&'a Key>,
    /// The state of the key's quotas after this request was counted; empty until the key is known.
    pub counts: &'a Counts,
    /// The variants of the key's workspace, or the server's own while the key is not known.
    pub variants: Variants,
    /// The origin of our URLs for assets; `None`: the vendors' own form is shown.
    pub origin: Option<&'a str>,
    /// The workspace of a signed URL, once its signature is known to be right.
    pub signed_workspace: Option<&'a str>,
    /// Makes signed URLs, for an operation that does ([`Operation::signs`](crate::contract::operation::Operation)).
    pub url_signer: Option<&'a UrlSigner<'a>>,
}

impl Context<'_> {
    /// The workspace of the key or of the signed URL; empty before it is known.
    pub fn workspace(&self) -> &str {
        self.key.map_or(self.signed_workspace.unwrap_or_default(), |key| &key.workspace)
    }

    /// Makes signed URLs. The operation must be one that [signs](crate::contract::operation::Operation::signs_urls).
    pub fn url_signer(&self) -> &UrlSigner<'_> {
        self.url_signer.unwrap_or_else(|| panic!("the operation's line does not say `signs_urls()`"))
    }

    /// The user that the key acts as; empty before the key is known.
    pub fn user(&self) -> &str {
        self.key.map_or("", |key| &key.user)
    }
}
