//! Routes that are no lists: what a route of the action [`Run`](crate::contract::operation::Action::Run) consists of. Each is
//! data and two pure functions: what the request means, and how the outcome is worded.

use std::fmt::Debug;

use futures_util::future::BoxFuture;
use tracing::error;

use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::query::Args;
use crate::http::reply::Reply;
use crate::library::asset::StoredAsset;
use crate::library::commands::{Caller, Command, CommandError};
use crate::library::key::Key;
use crate::library::selection::AssetSelector;
use crate::library::store::{Store, StoreError};

/// What a request gives an operation.
#[derive(Debug)]
pub struct Input {
    /// What stands in the path for the names in the operation's template.
    pub path: Vec<(&'static str, String)>,
    /// The parameters of the query string.
    pub query: Args,
}

impl Input {
    /// The decoded text that stands in the path for a name of the template.
    pub fn path(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| &**text).unwrap_or_else(|| panic!("no path of this operation has `{{{name}}}` in it"))
    }
}

/// A request on its way through an operation: what it gives, and what the operation works with.
#[derive(Debug, Clone, Copy)]
pub struct HandlerCall<'a> {
    /// What the request gives.
    pub input: &'a Input,
    /// The live key that it shows.
    pub key: &'a Key,
    /// What its answer may depend on.
    pub context: Context<'a>,
    /// The provider.
    pub provider: &'static str,
    /// All providers, which assets have public ids of.
    pub providers: &'a [&'static str],
}

/// What a route that is no list does.
pub trait Handler: Debug + Sync {
    /// Does it, and words what came of it.
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>>;
}

/// A route that shows one asset.
#[derive(Debug)]
pub struct ReadsAsset {
    /// Which one the request asks for.
    pub asset: fn(&Input, &Key) -> Result<AssetSelector, Failure>,
    /// The answer that shows it.
    pub reply: fn(&StoredAsset, &Context) -> Reply,
}

impl Handler for ReadsAsset {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let wanted = (self.asset)(call.input, call.key)?;
            let found = store.selected_asset(&call.key.workspace, call.provider, &wanted).await?;
            let stored = found.ok_or(Failure::NoSuchAsset { id: wanted.id })?;
            Ok((self.reply)(&stored, &call.context))
        })
    }
}

/// A route that changes the library.
#[derive(Debug)]
pub struct Writes<C: Command> {
    /// What the request means.
    pub command: fn(&Input, &Key) -> Result<C, Failure>,
    /// How the outcome is worded.
    pub reply: fn(&C::Outcome, &Context) -> Reply,
}

impl<C: Command> Handler for Writes<C> {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let command = (self.command)(call.input, call.key)?;
            let workspace = &*call.key.workspace;
            let caller = Caller { provider: call.provider, workspace, now: call.context.now };
            let mut write = store.write_to(workspace, call.providers.to_vec()).await?;
            let outcome = command.run(&mut write, &caller).await?;
            write.commit().await?;
            Ok((self.reply)(&outcome, &call.context))
        })
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Failure {
        match error {
            CommandError::NoSuchAsset { id } => Failure::NoSuchAsset { id },
            CommandError::AssetNotReady { id } => Failure::AssetNotReady { id },
            CommandError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(cause: StoreError) -> Failure {
        match cause {
            // The key went with its workspace, between its check and the work.
            StoreError::Missing(missing) if missing.what == "workspace" => Failure::UnknownKey,
            cause => {
                error!(%cause, "the library failed");
                Failure::Internal
            }
        }
    }
}
