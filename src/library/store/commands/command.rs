//! What all commands have in common.

use std::fmt::Debug;
use std::future::Future;

use crate::clock::Micros;
use crate::library::key::Key;
use crate::library::selection::AssetSelector;
use crate::library::store::error::StoreError;
use crate::library::store::handle::Store;
use crate::library::store::write::Write;

/// A change of the library.
pub trait Command: Debug + Send {
    /// What the answer is made from.
    type Outcome: Debug + Send;

    /// Finds out before the transaction whether what the command names exists. A transaction that changes assets first
    /// copies a collection that the workspace shares with others, and a request that is refused should not cost that.
    fn check(&self, _: &Store, _: &Caller<'_>) -> impl Future<Output = Result<(), CommandError>> + Send {
        async { Ok(()) }
    }

    /// Makes the change in a transaction that the caller commits.
    fn run(
        self,
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> impl Future<Output = Result<Self::Outcome, CommandError>> + Send;
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
}

impl Caller<'_> {
    /// The user that the key acts as; empty without a key.
    pub fn user(&self) -> &str {
        self.key.map_or("", |key| &key.user)
    }
}

/// Fails if the caller cannot see the asset, by a read outside the transaction.
pub(super) async fn check_asset(store: &Store, caller: &Caller<'_>, asset: &AssetSelector) -> Result<(), CommandError> {
    match store.selected_asset(caller.workspace, caller.provider, asset).await? {
        Some(_) => Ok(()),
        None => Err(CommandError::NoSuchAsset { id: asset.id.clone() }),
    }
}

/// Fails if the workspace does not have the folder, by a read outside the transaction.
pub(super) async fn check_folder(store: &Store, caller: &Caller<'_>, id: &str) -> Result<(), CommandError> {
    let folders = store.workspace_without_assets(caller.workspace).await?.folders;
    match folders.iter().any(|folder| folder.id == id) {
        true => Ok(()),
        false => Err(CommandError::NoSuchFolder { id: id.to_owned() }),
    }
}

/// Why a command or query failed. A command that fails changes nothing.
#[derive(Debug)]
pub enum CommandError {
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
