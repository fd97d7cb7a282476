//! A fault that was chosen for one request.

use super::effect::Effect;
use super::rule::{Id, RetryAfter};

/// A fault that applies to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct AppliedFault {
    /// The id of the rule; `None` if the request's own header asked for the fault.
    pub id: Option<Id>,
    /// The effect.
    pub effect: Effect,
    /// The `Retry-After` to send.
    pub retry_after: Option<RetryAfter>,
}
