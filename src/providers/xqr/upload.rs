//! xQR's uploads: presign announces an asset, its bytes are put to a signed URL, and confirm completes it.

use axum::http::HeaderValue;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::{asset, view};
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::Documented;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Handler, HandlerCall, Input, execute};
use crate::contract::path_template::fill;
use crate::contract::put_target::PutTarget;
use crate::contract::query::{Empty, Param, Problem, Value, integers};
use crate::contract::signed_url::SignedUrl;
use crate::http::reply::Reply;
use crate::library::asset::{Asset, StoredAsset};
use crate::library::model::Status;
use crate::library::store::{CheckRoom, CompleteUpload, CreateAsset, Query, Store, StoreBytes};

/// Documented: the largest file, in bytes. Inferred: the object storage refuses a larger one too.
pub const LARGEST: u64 = 26_214_400;

/// The path of the object storage.
pub const STORED: &str = "/_uploads/{workspace}/{asset_id}";

/// Inferred: how long a signed URL is valid, in seconds.
const URL_SECONDS: u32 = 3600;

/// Inferred: a confirmed asset is not processed.
const PROCESSING_SECONDS: u32 = 0;

/// The parameters of presign. Inferred: an empty one counts as left out, numbers are read as in the list, and a file has
/// at least one byte. A name keeps its folders: the presumed framework gives parameters as they were sent.
pub const PARAMS: &[Param] = &[
    Param::text("filename").empty(Empty::Absent).required().known(Documented, "The file's name, with its extension."),
    Param::parsed("content_type", content_type)
        .empty(Empty::Absent)
        .or(view::UNKNOWN_TYPE)
        .known(Documented, "The file's MIME type."),
    Param::integer("file_size", integers::lax, 1, LARGEST.cast_signed())
        .required()
        .known(Documented, "The file's size in bytes."),
];

/// Announces an asset, and gives the URL for its bytes.
#[derive(Debug)]
pub struct Presign;

/// Stores the bytes. Inferred: as long as the URL is valid, it can be put to again, after confirm too. The new bytes
/// replace the old ones, and the asset's size follows them while its type and status stay.
pub static STORE: PutTarget<StoreBytes> = PutTarget {
    command: |input, file, _| StoreBytes { asset: asset::selector(input), file, keeps_type: true, only_pending: false },
};

/// Completes an upload. Inferred: 409 before any bytes have arrived, and the asset as it is when it is confirmed already.
/// One that is to fail was never confirmed, and fails at once: no document shows an asset that was `confirmed` as
/// `pending` again.
pub static CONFIRM: CommandHandler<CompleteUpload> = CommandHandler {
    command: |input, _| {
        Ok(CompleteUpload {
            asset: asset::selector(input),
            checked_blob: None,
            can_be_repeated: true,
            failure: None,
            fails_at_once: true,
            processing_seconds: PROCESSING_SECONDS,
        })
    },
    reply: asset::asset_reply,
};

#[derive(Serialize)]
struct Presigned<'a> {
    asset_id: &'a str,
    upload_url: String,
    method: &'static str,
    headers: Headers<'a>,
}

/// The headers that a client sends with the bytes.
#[derive(Serialize)]
struct Headers<'a> {
    #[serde(rename = "Content-Type")]
    content_type: &'a str,
}

// By hand, because what is checked first is not part of what the command decides.
impl Handler for Presign {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let asset = announced(call.input, &call.context);
            CheckRoom { bytes: asset.size_bytes.unwrap_or_default().unsigned_abs() }.run(store, &call.caller()).await?;
            let entropy = call.context.entropy;
            let create = CreateAsset { asset, id: None, entropy, file: None, processing_seconds: None };
            let created = execute(create, call, store).await?;
            Ok(presign_reply(&created, &call.context))
        })
    }
}

fn announced(input: &Input, cx: &Context) -> Asset {
    let text = |name| input.query.text(name).map(str::to_owned);
    Asset {
        name: text("filename"),
        mime_type: text("content_type"),
        size_bytes: Some(input.query.integer("file_size")),
        status: Status::Pending,
        uploaded_via: "signed_url".to_owned(),
        ..Asset::new(cx.now)
    }
}

/// Documented: 200 and the fields in their order.
fn presign_reply(StoredAsset { id, asset, .. }: &StoredAsset, cx: &Context) -> Reply {
    let content_type = asset.mime_type.as_deref().unwrap_or(view::UNKNOWN_TYPE);
    let url = SignedUrl {
        method: "PUT",
        path: fill(STORED, &[("workspace", cx.workspace()), ("asset_id", id)]),
        params: Vec::new(),
        content_type: Some(content_type.to_owned()),
        issued_at: cx.now,
        seconds: URL_SECONDS,
    };
    let upload_url = cx.url_signer().url(&url);
    view::single(&Presigned { asset_id: id, upload_url, method: url.method, headers: Headers { content_type } }, cx)
}

/// Inferred: the client sends the type as a header, so it must be one.
fn content_type(text: &str) -> Result<Value, Problem> {
    match HeaderValue::from_str(text) {
        Ok(_) => Ok(Value::Text(text.to_owned())),
        Err(_) => Err(Problem::malformed()),
    }
}
