//! FLORA's uploads through a signed form: the form itself, completing the upload, and trying it again.

use futures_util::future::BoxFuture;

use super::asset::{checked_selector, selector};
use super::upload::PROCESSING_SECONDS;
use super::upload_file::{FILE, IS_TEXT, check_type, wrong_file};
use super::upload_view;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Handler, HandlerCall, execute};
use crate::contract::object_storage;
use crate::http::reply::Reply;
use crate::library::asset::{Asset, StoredAsset};
use crate::library::model::Status;
use crate::library::probe::{is_long_text, probe};
use crate::library::store::{CompleteUpload, Query, ReadAsset, RetryUpload, Store, StoreBytes};

/// The largest file that a form takes, in bytes: the largest object of Google Cloud Storage. Inferred: that FLORA has no
/// lower limit.
pub const LARGEST: u64 = 5 << 40;

/// Takes the file of a signed form. The answer has its MD5, which the library's outcome does not. Inferred: a file
/// replaces one that was sent before, until the upload is complete.
#[derive(Debug)]
pub struct StoreForm;

impl Handler for StoreForm {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let missing = || Failure::InvalidBody { reason: format!("it has no part `{FILE}`") };
            let file = call.input.body.file.clone().ok_or_else(missing)?;
            let reply = object_storage::post_reply(&file.md5);
            // An asset of a type that is not taken would be in no list.
            let keeps_type = file.probe().mime_type.is_some_and(|mime_type| check_type(&mime_type).is_err());
            let command = StoreBytes { asset: selector(call.input), file, keeps_type, only_pending: true };
            execute(command, call, store).await?;
            Ok(reply)
        })
    }
}

/// Completes an upload. The bytes must be of a file that FLORA takes, which its object storage does not check.
#[derive(Debug)]
pub struct Complete;

impl Handler for Complete {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let asset = checked_selector(call.input)?;
            let found = ReadAsset { asset: asset.clone() }.run(store, &call.caller()).await?;
            let command = CompleteUpload {
                asset,
                checked_blob: found.blob,
                can_be_repeated: false,
                failure: check_bytes(found, store).await?.map(str::to_owned),
                fails_at_once: false,
                processing_seconds: PROCESSING_SECONDS,
            };
            let completed = execute(command, call, store).await?;
            Ok(upload_view::changed(&completed, &call.context))
        })
    }
}

/// Refuses the bytes of a pending asset if they are recognised as something that FLORA does not take; their type may be
/// another than the asset's. Returns why they cannot be processed, if they are not recognised and are text. Documented:
/// that the processing of an upload can fail. Inferred: that it does here.
async fn check_bytes(stored: StoredAsset, store: &Store) -> Result<Option<&'static str>, Failure> {
    let (Status::Pending, Some(blob)) = (stored.asset.status, stored.blob) else { return Ok(None) };
    let head = store.read_blob(blob, 0).await?.unwrap_or_default();
    let recognised = probe(&head, None).mime_type;
    let failure = (recognised.is_none() && is_long_text(&head)).then_some(IS_TEXT);
    let mime_type = recognised.or(stored.asset.mime_type);
    match wrong_file(&Asset { mime_type, ..stored.asset }, FILE) {
        Some(violation) => Err(Failure::Invalid(vec![violation])),
        None => Ok(failure),
    }
}

/// Begins an upload again.
pub static RETRY: CommandHandler<RetryUpload> = CommandHandler {
    command: |input, cx| Ok(RetryUpload { asset: checked_selector(input)?, expiry: upload_view::expiry(cx.now) }),
    reply: upload_view::changed,
};
