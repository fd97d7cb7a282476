//! TwelveLabs' uploads in parts, which it calls chunks: how one begins, and the URLs that take the chunks.

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::array::is_id;
use super::create_asset::with_kind;
use super::fields::{Fields, file_name, flag, metadata, number, word};
use super::headers::{rated, versioned};
use super::new_id;
use super::view::time;
use crate::clock::{Micros, SECOND};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall, Input, execute};
use crate::contract::path_template::fill;
use crate::contract::query::{Problem, Violation};
use crate::contract::signed_url::SignedUrl;
use crate::http::reply::Reply;
use crate::library::asset::Asset;
use crate::library::mime_words::of_file;
use crate::library::store::{CheckRoom, CreateUpload, Query, ReadUpload, Store};
use crate::library::upload_session::{UploadSession, UploadStatus};
use crate::random::Rng;

/// The length of every chunk but the last, in bytes. Documented as an example. Inferred: that it is the same for files of
/// every length.
pub const CHUNK_SIZE: u64 = 5_242_880;

/// The longest file, in bytes. Documented: 10 GB; inferred: that these are 2^30 bytes each.
const LARGEST_FILE: u64 = 10 << 30;

/// How many chunks have a URL when the session begins. Inferred: documented is only that these may not be all.
const FIRST_URLS: u64 = 20;

/// How many URLs one request can ask for. Documented.
const MOST_URLS: u64 = 50;

/// How long a URL is valid, in seconds. Documented.
const URL_SECONDS: u32 = 3600;

/// How long a session takes chunks, in seconds. Documented. Inferred: that it is forgotten after the same time again.
const SESSION_SECONDS: i64 = 24 * 3600;

/// The path to which chunks are sent, without the id of the session.
pub const CHUNKS: &str = "/_uploads/{workspace}/{upload_id}";

/// The parameter of a chunk's URL with its number, as S3 has it.
pub const NUMBER: &str = "partNumber";

/// The kinds of files that can be sent in parts. Client: `audio` and `image`.
const KINDS: &[&str] = &["video", "audio", "image"];

/// The field with the length of the file.
const TOTAL_SIZE: &str = "total_size";

/// The fields of a body that begins a session.
const FIELDS: &[&str] = &["filename", "type", TOTAL_SIZE, "enable_hls", "enable_thumbnail", "user_metadata"];

/// Begins a session.
#[derive(Debug)]
pub struct Create;

/// Makes more URLs.
#[derive(Debug)]
pub struct MoreUrls;

#[derive(Serialize)]
struct Created<'a> {
    upload_id: &'a str,
    asset_id: &'a str,
    upload_urls: Vec<ChunkUrl>,
    upload_headers: UploadHeaders,
    chunk_size: u64,
    total_chunks: u64,
    expires_at: String,
}

/// The headers that a client sends with a chunk. Inferred: this is the one that the official clients send.
#[derive(Serialize)]
struct UploadHeaders {
    #[serde(rename = "Content-Type")]
    content_type: &'static str,
}

#[derive(Serialize)]
struct ChunkUrl {
    chunk_index: u64,
    url: String,
    expires_at: String,
}

#[derive(Serialize)]
struct Urls<'a> {
    upload_id: &'a str,
    start_index: u64,
    count: usize,
    upload_urls: Vec<ChunkUrl>,
    generated_at: String,
    expires_at: String,
}

// By hand, because the limit of the server is not part of what the command decides.
impl Handler for Create {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let create = command(call.input, &call.context)?;
            require_size(create.size, store.max_stored_bytes)?;
            CheckRoom { bytes: create.size }.run(store, &call.caller()).await?;
            let session = execute(create, call, store).await?;
            Ok(created(&session, &call.context))
        })
    }
}

/// Refuses a file that this server can never store, before its chunks are sent. Inferred: it is refused like one that is
/// longer than documented.
fn require_size(size: u64, max: u64) -> Result<(), Failure> {
    if size <= max {
        return Ok(());
    }
    let problem = Problem::Above(i64::try_from(max).unwrap_or(i64::MAX));
    Err(Failure::Invalid(vec![Violation::in_body(TOTAL_SIZE, Some(&size.into()), problem)]))
}

fn command(input: &Input, cx: &Context) -> Result<CreateUpload, Failure> {
    let mut fields = Fields::of_json(input, cx, FIELDS)?;
    let name = fields.required("filename", file_name);
    let kind = fields.required("type", word(KINDS));
    let size = fields.required(TOTAL_SIZE, number(1, LARGEST_FILE));
    // Inferred: the two flags are checked, and make no difference.
    fields.optional("enable_hls", flag);
    fields.optional("enable_thumbnail", flag);
    let user_metadata = fields.optional("user_metadata", metadata).unwrap_or_default();
    let (name, kind, size) = fields.finish(name.zip(kind).zip(size).map(|((name, kind), size)| (name, kind, size)))?;
    // Inferred: an ending that is known tells the kind, and only otherwise what the client says.
    let mime_type = of_file(Some(&name), None).map(str::to_owned);
    let kind = mime_type.is_none().then(|| kind.to_owned());
    let asset = Asset { name: Some(name), mime_type, kind, user_metadata, ..Asset::new(cx.now) };
    Ok(CreateUpload {
        asset: with_kind(Asset { uploaded_via: "multipart".to_owned(), ..asset }),
        size,
        part_size: CHUNK_SIZE,
        expires_at: after(cx.now, SESSION_SECONDS),
        new_id: |rng: &Rng, now| new_id(rng.next_u128(), now),
        entropy: cx.entropy,
    })
}

/// Documented: 201, and the first URLs.
fn created(session: &UploadSession, cx: &Context) -> Reply {
    let body = Created {
        upload_id: &session.id,
        asset_id: &session.asset_id,
        upload_urls: chunk_urls(session, 1, FIRST_URLS, cx),
        upload_headers: UploadHeaders { content_type: "application/octet-stream" },
        chunk_size: session.part_size,
        total_chunks: session.parts(),
        expires_at: time(session.expires_at),
    };
    versioned(rated(Reply::json(StatusCode::CREATED, &body), cx))
}

// By hand, because the answer shows the place that was asked for, which is not part of what is read.
impl Handler for MoreUrls {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let cx = &call.context;
            let id = upload_id(call.input)?;
            let mut fields = Fields::of_json(call.input, cx, &["start", "count"])?;
            let start = fields.required("start", number(1, u64::MAX));
            let count = fields.required("count", number(1, MOST_URLS));
            let (start, count) = fields.finish(start.zip(count))?;
            let (session, _) = ReadUpload { id }.run(store, &call.caller()).await?;
            let status = session.status(cx.now);
            if status != UploadStatus::Active {
                return Err(Failure::UploadEnded { id: session.id, status });
            }
            if start > session.parts() {
                let problem = Problem::Above(i64::try_from(session.parts()).unwrap_or(i64::MAX));
                return Err(Failure::Invalid(vec![Violation::in_body("start", Some(&start.into()), problem)]));
            }
            let upload_urls = chunk_urls(&session, start, count, cx);
            let body = Urls {
                upload_id: &session.id,
                start_index: start,
                count: upload_urls.len(),
                upload_urls,
                generated_at: time(cx.now),
                expires_at: time(after(cx.now, URL_SECONDS.into())),
            };
            Ok(versioned(rated(Reply::json(StatusCode::OK, &body), cx)))
        })
    }
}

/// The URLs of so many chunks from this one on. Inferred: at the end of the file there are fewer.
fn chunk_urls(session: &UploadSession, start: u64, count: u64, cx: &Context) -> Vec<ChunkUrl> {
    let last = session.parts().min(start.saturating_add(count - 1));
    let url = |number: u64| SignedUrl {
        method: "PUT",
        path: fill(CHUNKS, &[("workspace", cx.workspace()), ("upload_id", &session.id)]),
        params: vec![(NUMBER, number.to_string())],
        content_type: None,
        issued_at: cx.now,
        seconds: URL_SECONDS,
    };
    let expires_at = time(after(cx.now, URL_SECONDS.into()));
    let urls = (start..=last).map(|number| ChunkUrl {
        chunk_index: number,
        url: cx.url_signer().url(&url(number)),
        expires_at: expires_at.clone(),
    });
    urls.collect()
}

fn after(now: Micros, seconds: i64) -> Micros {
    now.saturating_add(seconds.saturating_mul(SECOND))
}

/// The id of a session in the path. Inferred: as for assets, a malformed one is an invalid parameter, and upper case does
/// not matter.
pub fn upload_id(input: &Input) -> Result<String, Failure> {
    let given = input.path("upload_id");
    if is_id(given) {
        return Ok(given.to_ascii_lowercase());
    }
    Err(Failure::Invalid(vec![Violation::in_path("upload_id", given, Problem::malformed())]))
}
