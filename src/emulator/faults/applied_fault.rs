//! A fault that was chosen for one request.

use super::effect::Effect;
use super::rule::{Id, RetryAfter};

/// A fault that applies to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct AppliedFault {
    /// The rule; `None` if the request asked for it by its header.
    pub id: Option<Id>,
    /// What it does.
    pub effect: Effect,
    /// The `Retry-After` to send.
    pub retry_after: Option<RetryAfter>,
}
