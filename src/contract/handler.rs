//! Routes that are not lists: what a route of the action [`Run`](crate::contract::operation::Action::Run) consists of.
//! Each is data and two functions without side effects: what the request means, and how the outcome is worded.

use std::fmt::Debug;

use axum::http::HeaderMap;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tracing::error;

use crate::clock::Micros;
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::query::Args;
use crate::http::fetch::Fetcher;
use crate::http::reply::Reply;
use crate::library::store::{
    Caller, Claim, Command, CommandError, Query, StageError, StagedFile, Store, StoreError, VersionGuard,
};

/// What a request gives to an operation.
#[derive(Debug)]
pub struct Input<'a> {
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The decoded segments of the path, by the names in the operation's template.
    pub path: Vec<(&'static str, String)>,
    /// The parameters of the query string.
    pub query: Args,
    /// What the operation takes of the body.
    pub body: ReceivedBody,
    /// The idempotency key, if the operation takes one and the client sent one.
    pub claim: Option<Claim>,
    /// What was signed of a request to a signed URL or with a signed form: the vendor's own parameters or the fields.
    pub signed: Vec<(String, String)>,
}

/// What was received of a body.
#[derive(Debug, Default)]
pub struct ReceivedBody {
    /// The body, if it is JSON.
    pub json: Option<Value>,
    /// The names and texts of a form, in their order and without the file; `None` if the body is no form.
    pub form: Option<Vec<(String, String)>>,
    /// The file in the body, which is stored already and belongs to nobody yet.
    pub file: Option<StagedFile>,
}

impl Input<'_> {
    /// The text of the form's last part with this name.
    pub fn form_text(&self, name: &str) -> Option<&str> {
        let form = self.body.form.iter().flatten();
        form.filter(|(known, _)| known == name).map(|(_, text)| &**text).next_back()
    }

    /// The decoded segment of the path with this name in the template.
    pub fn path(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| &**text).unwrap_or_else(|| panic!("no path of this operation has `{{{name}}}` in it"))
    }

    /// The signed parameter or field with this name. What was signed is as this server wrote it.
    pub fn signed(&self, name: &str) -> Option<&str> {
        self.signed.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// The object in the body; `None` if there is no body.
    pub fn object(&self) -> Result<Option<&Map<String, Value>>, Failure> {
        let wrong = || Failure::InvalidJson { reason: "it is not an object".to_owned() };
        self.body.json.as_ref().map(|json| json.as_object().ok_or_else(wrong)).transpose()
    }
}

/// A request to an operation, and the values that the operation works with.
#[derive(Debug, Clone, Copy)]
pub struct HandlerCall<'a> {
    /// What the request gives.
    pub input: &'a Input<'a>,
    /// What the answer may depend on.
    pub context: Context<'a>,
    /// The provider.
    pub provider: &'static str,
    /// All providers: assets have a public id at each.
    pub providers: &'a [&'static str],
    /// The workspaces, for a route that needs no key.
    pub workspaces: &'a dyn Workspaces,
    /// Reads files at URLs; `None`: nothing is read.
    pub fetcher: Option<&'a Fetcher>,
    /// Tells whether the request's workspace was reset since the request began; `None` of a route without a workspace.
    pub reset_guard: Option<&'a VersionGuard>,
}

/// What a route needs of a workspace that it finds without a key.
pub trait Workspaces: Debug + Sync {
    /// The current instant by the clock of this workspace, to which the request belongs from now on.
    fn enter(&self, workspace: &str) -> Micros;
}

impl HandlerCall<'_> {
    /// Who asks.
    pub fn caller(&self) -> Caller<'_> {
        let Context { now, key, .. } = self.context;
        let (workspace, claim) = (self.context.workspace(), self.input.claim.as_ref());
        Caller { provider: self.provider, workspace, key, now, claim, reset_guard: self.reset_guard }
    }
}

/// The action of a route that is not a list.
pub trait Handler: Debug + Sync {
    /// Runs the action and words the outcome.
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>>;
}

/// A route that reads from the library.
#[derive(Debug)]
pub struct QueryHandler<Q: Query> {
    /// What the request means.
    pub query: fn(&Input, &Context) -> Result<Q, Failure>,
    /// How the outcome is worded.
    pub reply: fn(&Q::Outcome, &Context) -> Reply,
}

impl<Q: Query> Handler for QueryHandler<Q> {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let query = (self.query)(call.input, &call.context)?;
            let outcome = query.run(store, &call.caller()).await?;
            Ok((self.reply)(&outcome, &call.context))
        })
    }
}

/// A route that changes the library.
#[derive(Debug)]
pub struct CommandHandler<C: Command> {
    /// What the request means.
    pub command: fn(&Input, &Context) -> Result<C, Failure>,
    /// How the outcome is worded.
    pub reply: fn(&C::Outcome, &Context) -> Reply,
}

impl<C: Command> Handler for CommandHandler<C> {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let command = (self.command)(call.input, &call.context)?;
            let outcome = execute(command, call, store).await?;
            Ok((self.reply)(&outcome, &call.context))
        })
    }
}

/// Runs a command, for a handler whose answer needs more than the outcome.
pub async fn execute<C: Command>(command: C, call: HandlerCall<'_>, store: &Store) -> Result<C::Outcome, Failure> {
    Ok(store.execute(command, &call.caller(), call.providers.to_vec()).await?)
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Failure {
        match error {
            CommandError::UnknownKey => Failure::UnknownKey,
            CommandError::RevokedKey => Failure::RevokedKey,
            CommandError::ExpiredKey => Failure::ExpiredKey,
            CommandError::NoSuchAsset { id } => Failure::NoSuchAsset { id },
            CommandError::AssetNotReady { id } => Failure::AssetNotReady { id },
            CommandError::AssetInUse { id, by } => Failure::AssetInUse { id, by },
            CommandError::WrongStatus { id, status } => Failure::WrongStatus { id, status },
            CommandError::StorageFull { max } => Failure::StorageFull { max },
            CommandError::NoSuchUpload { id } => Failure::NoSuchUpload { id },
            CommandError::UploadEnded { id, status } => Failure::UploadEnded { id, status },
            CommandError::WrongPart { number } => Failure::WrongPart { number },
            CommandError::NoSuchProject => Failure::NoSuchProject,
            CommandError::NoSuchFolder { id } => Failure::NoSuchFolder { id },
            CommandError::ProjectExists { id } => Failure::ProjectExists { id },
            CommandError::TooManyKeys { most } => Failure::TooManyKeys { most },
            CommandError::NameTaken { name } => Failure::NameTaken { name },
            CommandError::DuplicateIdempotencyKey { key } => Failure::DuplicateIdempotencyKey { key },
            CommandError::WorkspaceReset => Failure::WorkspaceReset,
            CommandError::Store(error) => error.into(),
        }
    }
}

/// The one place where a failure of the library is logged. The client sees no more than that something failed.
impl From<StoreError> for Failure {
    fn from(cause: StoreError) -> Failure {
        match cause {
            // The workspace was removed, and its key with it, after the key was checked.
            StoreError::Missing(missing) if missing.what == "workspace" => Failure::UnknownKey,
            cause => {
                error!(%cause, "the library failed");
                Failure::Internal
            }
        }
    }
}

/// The one place where a failure to store a file is logged.
impl From<StageError> for Failure {
    fn from(error: StageError) -> Failure {
        match error {
            StageError::Full { max } => Failure::StorageFull { max },
            cause @ (StageError::DiskFull | StageError::Store(_)) => {
                error!(%cause, "a file could not be stored");
                Failure::Internal
            }
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(cause: sqlx::Error) -> Failure {
        StoreError::from(cause).into()
    }
}
