//! Why a request is refused, in vendor-neutral terms. Each provider's `error.rs` matches this enum without a catch-all
//! arm, so that a new reason makes the compiler ask every provider for its answer.

use axum::http::StatusCode;

use crate::clock::Micros;
use crate::contract::evidence::Evidence;
use crate::contract::query::Violation;
use crate::contract::quota::Exceeded;
use crate::contract::signer::SignatureProblem;
use crate::library::model::Status;
use crate::library::upload_session::UploadStatus;

/// A reason to refuse a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The provider has no such route.
    NoSuchRoute,
    /// The path exists, but not with this method. The text is the value of the `Allow` header.
    WrongMethod(String),
    /// The request has no key where the provider expects one.
    NoKey,
    /// The key cannot be one of this provider's.
    MalformedKey,
    /// The key has a valid form, but no workspace has it.
    UnknownKey,
    /// The key was revoked.
    RevokedKey,
    /// The key has expired.
    ExpiredKey,
    /// The key is active but does not have this scope.
    MissingScope(&'static str),
    /// The key is active but gives no access to the workspace that the request names.
    ForeignWorkspace,
    /// The workspace does not have the project that the request names.
    NoSuchProject,
    /// The asset does not exist, belongs to another workspace, or is not visible to this key. Clients cannot tell
    /// which.
    NoSuchAsset {
        /// The public id that was asked for.
        id: String,
    },
    /// The route needs the asset's file, which has not arrived yet or never will.
    AssetNotReady {
        /// Its public id.
        id: String,
    },
    /// The asset cannot be deleted, because something refers to it.
    AssetInUse {
        /// Its public id.
        id: String,
        /// The names of what refers to it.
        by: Vec<String>,
    },
    /// The folder does not exist in the workspace.
    NoSuchFolder {
        /// The id that was asked for.
        id: String,
    },
    /// Something in the same place has this name already.
    NameTaken {
        /// The name.
        name: String,
    },
    /// The name or password is wrong.
    WrongPassword,
    /// No key has this refresh token, or it has expired.
    BadRefreshToken {
        /// When it expired; `None` if there is no such token.
        expired_at: Option<Micros>,
    },
    /// The workspace has a project with this name.
    ProjectExists {
        /// Its id.
        id: String,
    },
    /// The user has as many active keys as the vendor allows.
    TooManyKeys {
        /// How many those are.
        most: usize,
    },
    /// The body is not JSON, or not the kind of JSON that the operation takes.
    InvalidJson {
        /// What is wrong, for the explanation.
        reason: String,
    },
    /// The body, without a file in it, is larger than the operation takes.
    BodyTooLarge {
        /// The largest accepted body, in bytes.
        max: usize,
    },
    /// The file in the body is larger than the operation takes.
    FileTooLarge {
        /// The largest accepted file, in bytes.
        max: u64,
    },
    /// The body is not a form, not the kind of form that the operation takes, or it broke off.
    InvalidBody {
        /// What is wrong, for the explanation.
        reason: String,
    },
    /// The stored bytes of all workspaces, or of this one, have reached their limit.
    StorageFull {
        /// The limit in bytes.
        max: u64,
    },
    /// The asset's status does not allow the request.
    WrongStatus {
        /// Its public id.
        id: String,
        /// Its status.
        status: Status,
    },
    /// The upload session does not exist.
    NoSuchUpload {
        /// The id that was asked for.
        id: String,
    },
    /// The upload session takes no parts any more.
    UploadEnded {
        /// Its id.
        id: String,
        /// What became of it.
        status: UploadStatus,
    },
    /// A part of an upload is not one of the file's, or was not stored as the request says.
    WrongPart {
        /// Its number.
        number: u64,
    },
    /// Parameters that break the rules of the operation's table.
    Invalid(Vec<Violation>),
    /// The signature of a URL or form is missing, or is for another request.
    BadSignature(SignatureProblem),
    /// The `Content-MD5` of a file is not the base64 of an MD5.
    MalformedDigest,
    /// The file is not the one whose `Content-MD5` the client sent.
    WrongDigest {
        /// The MD5 of the bytes that arrived, in hexadecimal digits.
        found: String,
    },
    /// The URL or form was signed for a time that is over.
    ExpiredUrl {
        /// When that time ended, by the clock of the workspace.
        expired_at: Micros,
    },
    /// An earlier request that succeeded had the same idempotency key.
    DuplicateIdempotencyKey {
        /// The key.
        key: String,
    },
    /// The workspace was reset, restored or removed while the request was on its way.
    WorkspaceReset,
    /// A quota is used up.
    RateLimited(Exceeded),
    /// An error of the emulator. Its cause is logged and never in the answer.
    Internal,
    /// A failure that the vendor documents but the emulator has no reason for. Only a fault causes it.
    Injected(&'static InjectedFailure),
}

impl Failure {
    /// Whether this is the card's injected failure with this name.
    pub fn is_injected(&self, name: &str) -> bool {
        matches!(self, Failure::Injected(injected) if injected.name == name)
    }

    /// Whether the failure means that the request has no active key. Such a request is not counted, and its answer
    /// shows no quota.
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

/// A failure that only a fault causes: one line of a card's table, sent in the vendor's envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InjectedFailure {
    /// Its name in faults.
    pub name: &'static str,
    /// The status.
    pub status: u16,
    /// The vendor's error code; empty if its envelope has none.
    pub code: &'static str,
    /// The vendor's error message.
    pub message: &'static str,
    /// How sure we are of the status and the code. The card's facts say which messages are ours.
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

    /// A failure that an official client expects.
    pub const fn client(name: &'static str, status: u16, code: &'static str, message: &'static str) -> InjectedFailure {
        InjectedFailure { name, status, code, message, evidence: Evidence::Client }
    }

    /// A failure whose status, code or combination of the two is a guess.
    pub const fn inferred(
        name: &'static str,
        status: u16,
        code: &'static str,
        message: &'static str,
    ) -> InjectedFailure {
        InjectedFailure { name, status, code, message, evidence: Evidence::Inferred }
    }

    /// The status as a [`StatusCode`].
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).expect("cards hold statuses from 400 to 599")
    }
}
