//! The target of signed URLs to which clients `PUT` a file: a route that runs a command on the file, and answers as object
//! storage does.

use futures_util::future::BoxFuture;

use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall, Input, execute};
use crate::contract::object_storage::put_reply;
use crate::http::reply::Reply;
use crate::library::store::{Command, StagedFile, Store};

/// The target of signed URLs.
#[derive(Debug)]
pub struct PutTarget<C: Command> {
    /// What becomes of the file.
    pub command: fn(&Input, StagedFile, &Context) -> C,
}

// Not a `CommandHandler`: the answer has the MD5 of the file, which is not part of the outcome.
impl<C: Command> Handler for PutTarget<C> {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let file = call.input.body.file.clone();
            let file = file.ok_or_else(|| Failure::InvalidBody { reason: "there is no file".to_owned() })?;
            let md5 = file.md5.clone();
            execute((self.command)(call.input, file, &call.context), call, store).await?;
            Ok(put_reply(&md5, &call.context))
        })
    }
}
