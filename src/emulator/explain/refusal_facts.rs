//! The input of the reason for a refusal, besides the failure itself.

use axum::http::{HeaderMap, Method};

use crate::clock::Micros;
use crate::contract::operation::Operation;
use crate::contract::provider::Card;
use crate::contract::quota::Counts;
use crate::contract::variant::Variants;
use crate::library::key::Key;

/// A refused request, and what the stages before the refusal found out.
#[derive(Debug, Clone, Copy)]
pub struct RefusalFacts<'a> {
    /// The provider that refuses the request.
    pub card: &'static Card,
    /// The operation that the request was routed to, if it is one.
    pub operation: Option<&'static Operation>,
    /// The chosen variants of the provider's behaviour.
    pub variants: Variants,
    /// The method.
    pub method: &'a Method,
    /// The decoded path below the provider's prefix.
    pub path: &'a str,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The text of the key that the request sends.
    pub sent_key: Option<&'a str>,
    /// The provider's key with this text, which may be revoked or expired.
    pub key: Option<&'a Key>,
    /// The other provider that the key belongs to, if any.
    pub owner: Option<&'static Card>,
    /// The project that the listing was limited to.
    pub project: Option<&'a str>,
    /// The key's quotas, this request included.
    pub counts: &'a Counts,
    /// The current instant.
    pub now: Micros,
}
