//! Why a request is refused, in nobody's words. Each provider's `error.rs` matches this enum without a catch-all arm, so
//! that a new reason makes the compiler ask every provider what it says.

use crate::limits::Exceeded;
use crate::query::Violation;

/// A reason to refuse a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The provider has no such route.
    NoSuchRoute,
    /// The route exists, the method on it does not.
    WrongMethod,
    /// No credential where the provider expects one.
    NoKey,
    /// A credential that cannot be one of this provider's keys.
    MalformedKey,
    /// A well-formed key that nobody holds.
    UnknownKey,
    /// A key that was revoked.
    RevokedKey,
    /// A key whose time is over.
    ExpiredKey,
    /// A live key without this scope.
    MissingScope(&'static str),
    /// A live key that may not see the workspace it asked for.
    ForeignWorkspace,
    /// The project a listing was narrowed to does not exist in the workspace.
    NoSuchProject,
    /// Parameters that break their own rules.
    Invalid(Vec<Violation>),
    /// A quota is used up.
    RateLimited(Exceeded),
    /// Our own fault; the cause is in the log and never in the answer.
    Internal,
}
