//! What all commands have in common.

use std::fmt::Debug;
use std::future::Future;

use crate::clock::Micros;
use crate::library::store::{StoreError, Write};

/// A change of the library.
pub trait Command: Debug + Send {
    /// What came of it.
    type Outcome: Debug + Send;

    /// Does it, in a transaction that the caller commits.
    fn run(
        self,
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> impl Future<Output = Result<Self::Outcome, CommandError>> + Send;
}

/// On whose behalf a command runs.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The provider whose client asks: public ids are this one's.
    pub provider: &'static str,
    /// The workspace.
    pub workspace: &'a str,
    /// The instant, by the workspace's clock.
    pub now: Micros,
}

/// Why a command changed nothing.
#[derive(Debug)]
pub enum CommandError {
    /// The asset is not there.
    NoSuchAsset {
        /// The public id that was asked for.
        id: String,
    },
    /// The asset has not arrived yet, or never will.
    AssetNotReady {
        /// Its public id.
        id: String,
    },
    /// The library refused.
    Store(StoreError),
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> CommandError {
        CommandError::Store(error)
    }
}
