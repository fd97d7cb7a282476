//! PiktID's uploads: a request for a signed URL, to which the bytes are put. The asset exists once they have arrived.

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::{CARD, body, new_uuid, view};
use crate::contract::asset_url;
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall, Input};
use crate::contract::path_template::fill;
use crate::contract::put_target::PutTarget;
use crate::contract::query::{Problem, Violation};
use crate::contract::signed_url::SignedUrl;
use crate::http::reply::Reply;
use crate::library::asset::Asset;
use crate::library::fixture::LONGEST_NAME;
use crate::library::mime_words;
use crate::library::store::{DrawAssetId, PutAsset, Query, StagedFile, Store};
use crate::random::Rng;

/// The largest file, in bytes. Inferred: no limit is documented, so only that of all stored bytes applies.
pub const LARGEST: u64 = u64::MAX;

/// The path of the object storage.
pub const STORED: &str = "/_uploads/{workspace}/{file_id}";

/// Inferred: how long a signed URL is valid, in seconds. Documented: it is short-lived.
const URL_SECONDS: u32 = 3600;

/// Inferred: the content type of a name whose ending is not known, and of one without an ending.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Inferred: an image is listed as soon as its bytes have arrived.
const PROCESSING_SECONDS: u32 = 0;

/// The signed parameters that the asset is made from. Inferred: S3 would take them as headers.
const FILENAME: &str = "x-amz-meta-filename";
const USER: &str = "x-amz-meta-user";

/// Gives the URL for the bytes of a file. Nothing is stored until they arrive.
#[derive(Debug)]
pub struct Upload;

/// Stores the bytes. Inferred: putting to the same URL again replaces them, and if the asset was deleted meanwhile, it is
/// there again.
pub static STORE: PutTarget<PutAsset> = PutTarget { command: put };

/// Documented: the fields and their order, all of them texts.
#[derive(Serialize)]
struct Target<'a> {
    upload_url: String,
    download_url: String,
    file_id: &'a str,
    filename: &'a str,
    content_type: &'static str,
}

// By hand, because the answer is made from the request, and the library is only asked which ids there are.
impl Handler for Upload {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let rng = Rng::named(&format!("{:032x} upload", call.context.entropy));
            let filename = filename(call.input)?.unwrap_or_else(|| new_uuid(rng.next_u128()));
            // Bytes that are put to an id in use would replace those of another asset.
            let file_id = DrawAssetId { new_id: new_uuid, rng: &rng }.run(store, &call.caller()).await?;
            Ok(reply(&file_id, &filename, &call.context))
        })
    }
}

/// Documented: optional, and null by default. Inferred: an empty name counts as none, and a name is at most as long as in
/// fixtures.
fn filename(input: &Input) -> Result<Option<String>, Failure> {
    let (problem, given) = match body::object(input)?.get("filename") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(name)) if name.len() > LONGEST_NAME => (body::too_long(LONGEST_NAME), None),
        Some(Value::String(name)) => return Ok(Some(name.clone()).filter(|name| !name.is_empty())),
        Some(given) => (Problem::NotA("a string"), Some(given)),
    };
    Err(Failure::Invalid(vec![Violation::in_body("filename", given, problem)]))
}

/// A client takes 200 only.
fn reply(file_id: &str, filename: &str, cx: &Context) -> Reply {
    let content_type = mime_words::of_file(Some(filename), None).unwrap_or(UNKNOWN_TYPE);
    let url = SignedUrl {
        method: "PUT",
        path: fill(STORED, &[("workspace", cx.workspace()), ("file_id", file_id)]),
        params: vec![(FILENAME, filename.to_owned()), (USER, cx.user().to_owned())],
        content_type: Some(content_type.to_owned()),
        issued_at: cx.now,
        seconds: URL_SECONDS,
    };
    let names = [cx.workspace(), CARD.name, file_id];
    let download_url = match cx.origin {
        Some(origin) => asset_url::url(origin, names, Some(filename)),
        None => view::url(file_id, Some(filename)),
    };
    let upload_url = cx.url_signer().url(&url);
    Reply::json(StatusCode::OK, &Target { upload_url, download_url, file_id, filename, content_type })
}

fn put(input: &Input, file: StagedFile, cx: &Context) -> PutAsset {
    let text = |name| input.signed(name).map(str::to_owned);
    let asset = Asset {
        name: text(FILENAME),
        uploader: text(USER),
        uploaded_via: "signed_url".to_owned(),
        ..Asset::new(cx.now)
    };
    let id = input.path("file_id").to_owned();
    PutAsset { id, asset, entropy: cx.entropy, file, processing_seconds: PROCESSING_SECONDS }
}
