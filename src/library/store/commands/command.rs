//! What all commands have in common.

use std::fmt::Debug;
use std::future::Future;

use sqlx::SqliteConnection;

use crate::clock::Micros;
use crate::library::asset::StoredAsset;
use crate::library::key::{Key, KeyState};
use crate::library::model::Status;
use crate::library::selection::AssetSelector;
use crate::library::store::claim::Claim;
use crate::library::store::edit::collection_of;
use crate::library::store::error::StoreError;
use crate::library::store::export;
use crate::library::store::handle::Store;
use crate::library::store::key;
use crate::library::store::selected_asset::select;
use crate::library::store::upload_session;
use crate::library::store::uploads;
use crate::library::store::versions::VersionGuard;
use crate::library::store::write::Write;
use crate::library::upload_session::{UploadSession, UploadStatus};
use crate::library::uploads::UploadSettings;
use crate::library::workspace::Workspace;

/// A change of the library: first it is decided what to change, by reading alone, and then that is changed.
///
/// A workspace shares its assets with others until it changes some, and gets a copy of them then. That a request is
/// refused, or that there is nothing to change, is decided before that copy is made.
pub trait Command: Debug + Send + Sync {
    /// What the answer is made from.
    type Outcome: Debug + Send;

    /// What is to be changed, complete.
    type Change: Debug + Send;

    /// Whether the change is to what the workspace shares: assets, projects or folders.
    const CHANGES_COLLECTION: bool = true;

    /// Decides what to change in the caller's workspace, whose collection has this id. It may be asked twice.
    fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> impl Future<Output = Result<Decision<Self::Outcome, Self::Change>, CommandError>> + Send;

    /// Makes the change in a transaction that the caller commits.
    fn apply(
        change: Self::Change,
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> impl Future<Output = Result<Self::Outcome, CommandError>> + Send;
}

/// What a command does, if nothing speaks against it.
#[derive(Debug)]
pub enum Decision<O, C> {
    /// There is nothing to change.
    Unchanged(O),
    /// This is to be changed.
    Change(C),
}

impl<O, C> Decision<O, C> {
    /// The same, with the change in another form.
    pub(super) fn map<D>(self, change: impl FnOnce(C) -> D) -> Decision<O, D> {
        match self {
            Decision::Unchanged(outcome) => Decision::Unchanged(outcome),
            Decision::Change(this) => Decision::Change(change(this)),
        }
    }
}

impl Store {
    /// Runs a command in a transaction of its own. `providers` are the card names of those for which assets have
    /// public ids.
    pub async fn execute<C: Command>(
        &self,
        command: C,
        caller: &Caller<'_>,
        providers: Vec<&'static str>,
    ) -> Result<C::Outcome, CommandError> {
        let mut read = self.read().await?;
        check_caller(&mut read, caller).await?;
        let collection = collection_of(&mut read, caller.workspace).await?;
        let decision = command.decide(&mut read, collection, caller).await?;
        drop(read);
        if let Decision::Unchanged(outcome) = decision {
            if caller.claim.is_some() {
                let mut write = self.write(providers).await?;
                claim_key(&mut write, caller).await?;
                write.commit().await?;
            }
            return Ok(outcome);
        }
        let (mut write, collection) = if C::CHANGES_COLLECTION {
            let mut write = self.write_to(caller.workspace, providers).await?;
            let own = write.writable_collection(caller.workspace, 0).await?.collection;
            (write, own)
        } else {
            (self.write(providers).await?, collection)
        };
        // Since then the library may have changed, and a copied asset has another row id.
        check_key(&mut write.tx, caller).await?;
        require_no_reset(caller)?;
        claim_key(&mut write, caller).await?;
        let outcome = match command.decide(&mut write.tx, collection, caller).await? {
            Decision::Unchanged(outcome) if caller.claim.is_none() => return Ok(outcome),
            Decision::Unchanged(outcome) => outcome,
            Decision::Change(change) => C::apply(change, &mut write, caller).await?,
        };
        write.commit().await?;
        Ok(outcome)
    }
}

/// Who runs a command or query.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The provider whose client sent the request. Public ids are this provider's.
    pub provider: &'static str,
    /// The workspace; empty if the request needs no key.
    pub workspace: &'a str,
    /// The key of the request.
    pub key: Option<&'a Key>,
    /// The current instant, by the workspace's clock.
    pub now: Micros,
    /// The idempotency key of the request, which a command claims.
    pub claim: Option<&'a Claim>,
    /// A guard that was taken when the request began: a command is refused if the workspace was reset since then.
    pub reset_guard: Option<&'a VersionGuard>,
}

impl Caller<'_> {
    /// The user that the key acts as; empty without a key.
    pub fn user(&self) -> &str {
        self.key.map_or("", |key| &key.user)
    }
}

/// Refuses a caller whose key ended, whose workspace was reset, or whose idempotency key an earlier request has claimed.
pub(super) async fn check_caller(read: &mut SqliteConnection, caller: &Caller<'_>) -> Result<(), CommandError> {
    check_key(read, caller).await?;
    require_no_reset(caller)?;
    require_unclaimed(read, caller).await
}

/// Fails unless the caller's key is still active and of this workspace. It was when the request came, but since then it
/// may have been revoked, or its workspace removed and made again, for example while the body arrived.
async fn check_key(read: &mut SqliteConnection, caller: &Caller<'_>) -> Result<(), CommandError> {
    let Some(key) = caller.key else { return Ok(()) };
    let current = key::find(read, &key.provider, &key.key).await?.filter(|current| current.workspace == key.workspace);
    match current.map(|current| current.state(caller.now)) {
        Some(KeyState::Active) => Ok(()),
        Some(KeyState::Revoked) => Err(CommandError::RevokedKey),
        Some(KeyState::Expired) => Err(CommandError::ExpiredKey),
        None => Err(CommandError::UnknownKey),
    }
}

/// Refuses a caller whose workspace was reset, restored or removed since the request began. What was begun before a reset
/// must not appear after it. Within a change the answer is final, since a reset is a change, too.
fn require_no_reset(caller: &Caller<'_>) -> Result<(), CommandError> {
    if caller.reset_guard.is_none_or(VersionGuard::is_current) { Ok(()) } else { Err(CommandError::WorkspaceReset) }
}

/// Refuses a caller whose idempotency key an earlier request has claimed.
async fn require_unclaimed(read: &mut SqliteConnection, caller: &Caller<'_>) -> Result<(), CommandError> {
    match caller.claim {
        Some(claim) if claim.is_taken(read, caller.workspace, caller.now).await? => {
            Err(CommandError::DuplicateIdempotencyKey { key: claim.key.clone() })
        }
        _ => Ok(()),
    }
}

/// Claims the caller's idempotency key, if there is one.
async fn claim_key(write: &mut Write, caller: &Caller<'_>) -> Result<(), CommandError> {
    require_unclaimed(&mut write.tx, caller).await?;
    match caller.claim {
        Some(claim) => Ok(write.claim(claim, caller.workspace, caller.now).await?),
        None => Ok(()),
    }
}

/// The asset that the caller asks for.
pub(super) async fn find_asset(
    read: &mut SqliteConnection,
    collection: i64,
    caller: &Caller<'_>,
    asset: &AssetSelector,
) -> Result<StoredAsset, CommandError> {
    let found = select(read, caller.provider, collection, asset).await?;
    found.ok_or_else(|| CommandError::NoSuchAsset { id: asset.id.clone() })
}

/// The upload session that the caller asks for.
pub(super) async fn find_upload(
    read: &mut SqliteConnection,
    collection: i64,
    caller: &Caller<'_>,
    id: &str,
) -> Result<UploadSession, CommandError> {
    let found = upload_session::find(read, collection, caller.provider, id).await?;
    found.ok_or_else(|| CommandError::NoSuchUpload { id: id.to_owned() })
}

/// The same, if it takes parts.
pub(super) async fn find_active_upload(
    read: &mut SqliteConnection,
    collection: i64,
    caller: &Caller<'_>,
    id: &str,
) -> Result<UploadSession, CommandError> {
    let session = find_upload(read, collection, caller, id).await?;
    match session.status(caller.now) {
        UploadStatus::Active => Ok(session),
        status => Err(CommandError::UploadEnded { id: session.id, status }),
    }
}

/// What becomes of the uploads of the caller's workspace. Fails if it may not store so many bytes more, in place of those
/// of the blob that they replace.
pub(super) async fn uploads_with_room(
    read: &mut SqliteConnection,
    collection: i64,
    caller: &Caller<'_>,
    more: u64,
    replaced: Option<i64>,
) -> Result<UploadSettings, CommandError> {
    let settings = uploads::settings(read, caller.workspace).await?;
    match settings.max_stored_bytes {
        Some(max) if uploads::stored_bytes(read, collection, replaced).await?.saturating_add(more) > max => {
            Err(CommandError::StorageFull { max })
        }
        _ => Ok(settings),
    }
}

/// The projects and folders of the caller's workspace.
pub(super) async fn places(read: &mut SqliteConnection, caller: &Caller<'_>) -> Result<Workspace, CommandError> {
    Ok(export::workspace_without_assets(read, caller.workspace).await?.1)
}

/// The id that something new gets: this one or, while that is taken, the same with a zero more. With a seed and a
/// database file, a server that is started again draws the ids of its last run again.
pub(super) fn unused_id(mut id: String, is_taken: impl Fn(&str) -> bool) -> String {
    while is_taken(&id) {
        id.push('0');
    }
    id
}

/// Why a command or query failed. A command that fails changes nothing.
#[derive(Debug)]
pub enum CommandError {
    /// The caller's key is not there any more.
    UnknownKey,
    /// The caller's key was revoked.
    RevokedKey,
    /// The caller's key has expired.
    ExpiredKey,
    /// The asset does not exist, or the caller cannot see it.
    NoSuchAsset {
        /// The public id that was asked for.
        id: String,
    },
    /// The asset has not arrived yet, or never will.
    AssetNotReady {
        /// Its public id.
        id: String,
    },
    /// Something refers to the asset.
    AssetInUse {
        /// Its public id.
        id: String,
        /// The names of what refers to it.
        by: Vec<String>,
    },
    /// The asset's status does not allow the change.
    WrongStatus {
        /// Its public id.
        id: String,
        /// Its status.
        status: Status,
    },
    /// The stored bytes of the workspace have reached their limit.
    StorageFull {
        /// The limit in bytes.
        max: u64,
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
    /// The project does not exist.
    NoSuchProject,
    /// The folder does not exist.
    NoSuchFolder {
        /// The id that was asked for.
        id: String,
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
    /// Another one in the same place has this name.
    NameTaken {
        /// The name.
        name: String,
    },
    /// An earlier request that succeeded had the same idempotency key.
    DuplicateIdempotencyKey {
        /// The key.
        key: String,
    },
    /// The workspace was reset, restored or removed since the request began.
    WorkspaceReset,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> CommandError {
        CommandError::Store(error)
    }
}

impl From<sqlx::Error> for CommandError {
    fn from(error: sqlx::Error) -> CommandError {
        CommandError::Store(error.into())
    }
}
