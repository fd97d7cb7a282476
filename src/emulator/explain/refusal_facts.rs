//! What the reason of a refusal is worded from, besides the failure itself.

use axum::http::{HeaderMap, Method};

use crate::clock::Micros;
use crate::contract::provider::Card;
use crate::contract::quota::Counts;
use crate::library::key::Key;

/// What is known of a refused request: as much as was known when it was refused.
#[derive(Debug, Clone, Copy)]
pub struct RefusalFacts<'a> {
    /// The provider that refuses.
    pub card: &'static Card,
    /// The method.
    pub method: &'a Method,
    /// The decoded path below the provider.
    pub path: &'a str,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The key that the request sends.
    pub sent_key: Option<&'a str>,
    /// The key that this text stands for at this provider, live or not.
    pub key: Option<&'a Key>,
    /// The provider whose key it is, if it is not this one's.
    pub owner: Option<&'static Card>,
    /// The project that the listing was narrowed to.
    pub project: Option<&'a str>,
    /// The key's quotas, this request included.
    pub counts: &'a Counts,
    /// The current instant.
    pub now: Micros,
}
