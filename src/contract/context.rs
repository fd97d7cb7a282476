//! What an answer of a vendor may depend on besides the request's own parameters.

use crate::clock::Micros;
use crate::contract::quota::Counts;
use crate::contract::variant::Variants;
use crate::library::key::Key;

/// What an answer may depend on besides the request's own parameters.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The current instant.
    pub now: Micros,
    /// This request's share of randomness, for request ids.
    pub entropy: u128,
    /// The key, once it is known to be live.
    pub key: Option<&'a Key>,
    /// The key's quotas, this request included; empty before the key is known.
    pub counts: &'a Counts,
    /// The chosen variants: those of the key's workspace, or the server's own where the key is not known.
    pub variants: Variants,
}

impl Context<'_> {
    /// The workspace of the key; empty before the key is known.
    pub fn workspace(&self) -> &str {
        self.key.map_or("", |key| &key.workspace)
    }
}
