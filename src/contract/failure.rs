//! Why a request is refused, in nobody's words. Each provider's `error.rs` matches this enum without a catch-all arm, so
//! that a new reason makes the compiler ask every provider what it says.

use axum::http::StatusCode;

use crate::contract::evidence::Evidence;
use crate::contract::query::Violation;
use crate::contract::quota::Exceeded;

/// A reason to refuse a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The provider has no such route.
    NoSuchRoute,
    /// The route exists with other methods: those of an `Allow` header.
    WrongMethod(String),
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
    /// The asset does not exist, belongs to another workspace, or is not for this key to see: no client can tell these apart.
    NoSuchAsset {
        /// The public id that was asked for.
        id: String,
    },
    /// The asset has not arrived yet, or never will, and the route needs it whole.
    AssetNotReady {
        /// Its public id.
        id: String,
    },
    /// Parameters that break their own rules.
    Invalid(Vec<Violation>),
    /// A quota is used up.
    RateLimited(Exceeded),
    /// Our own fault; the cause is in the log and never in the answer.
    Internal,
    /// A failure that the vendor documents and this emulator never has a reason for by itself: a fault injects it.
    Injected(&'static InjectedFailure),
}

impl Failure {
    /// Whether it is the card's failure of this name.
    pub fn is_injected(&self, name: &str) -> bool {
        matches!(self, Failure::Injected(injected) if injected.name == name)
    }

    /// Whether it says that the request shows no live key. Nothing is counted then, and no quota is shown.
    pub fn is_about_the_key(&self) -> bool {
        match self {
            Failure::NoKey
            | Failure::MalformedKey
            | Failure::UnknownKey
            | Failure::RevokedKey
            | Failure::ExpiredKey => true,
            Failure::Injected(injected) => injected.status == StatusCode::UNAUTHORIZED.as_u16(),
            _ => false,
        }
    }
}

/// A failure that only a fault brings about: one line of a card's table, worn in the vendor's envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InjectedFailure {
    /// What a fault calls it.
    pub name: &'static str,
    /// The status.
    pub status: u16,
    /// The vendor's code; empty where its envelope has none.
    pub code: &'static str,
    /// The vendor's sentence.
    pub message: &'static str,
    /// How sure we are that the vendor answers with this status and code; the card's facts say which sentences are ours.
    pub evidence: Evidence,
}

impl InjectedFailure {
    /// A failure that the vendor's own pages show with this status and code.
    pub const fn documented(
        name: &'static str,
        status: u16,
        code: &'static str,
        message: &'static str,
    ) -> InjectedFailure {
        InjectedFailure { name, status, code, message, evidence: Evidence::Documented }
    }

    /// A failure that an official client knows.
    pub const fn client(name: &'static str, status: u16, code: &'static str, message: &'static str) -> InjectedFailure {
        InjectedFailure { name, status, code, message, evidence: Evidence::Client }
    }

    /// A failure of which the status, the code or the two together are a guess.
    pub const fn inferred(
        name: &'static str,
        status: u16,
        code: &'static str,
        message: &'static str,
    ) -> InjectedFailure {
        InjectedFailure { name, status, code, message, evidence: Evidence::Inferred }
    }

    /// The status, for an answer.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).expect("cards hold statuses from 400 to 599")
    }
}
