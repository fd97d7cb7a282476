//! The bytes of assets, below `/_assets/`: neither in a vendor's format nor behind the checks of the emulator's own API,
//! and not in the journal. A browser shows them, and a client downloads them, without a key.

mod body;
mod headers;
mod range;
mod record;
mod vendor_url;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use self::body::{FileBody, FileBytes};
use self::range::{RangeResult, evaluate};
use self::record::record;
use self::vendor_url::FoundAsset;
use crate::contract::asset_url::{self, AssetPath, PREFIX, THUMBNAIL};
use crate::emulator::app::App;
use crate::emulator::due_assets;
use crate::http::cors;
use crate::http::reply::Reply;
use crate::http::respond::{date, respond};
use crate::library::asset::Asset;
use crate::library::model::Status;
use crate::library::placeholder::{Placeholder, PlaceholderFields};
use crate::library::store::{BlobSummary, StoreError};
use crate::providers::{self, directory};

/// All headers that a response may have. A browser that answers a request for a range from its cache shows those that the
/// cached response exposed, so each exposes all of them.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "accept-ranges, allow, content-disposition, content-length, content-range, content-security-policy, date, etag, \
     x-content-type-options",
);

/// Bytes, and what is said about them.
struct File {
    bytes: FileBytes,
    /// The type that they are sent with.
    mime_type: String,
    /// The strong entity tag, with its quotation marks.
    tag: String,
    /// The name under which a download is stored.
    name: Option<String>,
}

/// Why there are no bytes: the status, a word for programs, and a sentence.
struct NoFile(StatusCode, &'static str, String);

#[derive(Serialize)]
struct Problem<'a> {
    error: ProblemFields<'a>,
}

#[derive(Serialize)]
struct ProblemFields<'a> {
    code: &'a str,
    message: &'a str,
    at: &'a str,
}

/// Whether a request is for the bytes of an asset: by its path, unless it is for another server, or since it names a
/// vendor's host of files.
pub fn is_file_request(app: &App, request: &Parts) -> bool {
    let is_ours = || request.uri.host().is_none_or(|host| app.settings.answers_for(host));
    request.uri.path().starts_with(PREFIX) && is_ours() || directory::file_host(request).is_some()
}

/// Answers a request for the bytes of an asset.
pub async fn answer(app: Arc<App>, request: Request) -> Response {
    let (request, _) = request.into_parts();
    let mut response = match app.settings.cors.as_ref().filter(|_| cors::is_preflight(&request)) {
        Some(allowed) => of_reply(&app, allowed.preflight_reply(&request.headers)),
        None => serve_or_refuse(&app, &request).await,
    };
    if let Some(allowed) = &app.settings.cors {
        allowed.add_headers(&request, response.headers_mut());
        if let Some(exposed) = response.headers_mut().get_mut(header::ACCESS_CONTROL_EXPOSE_HEADERS) {
            *exposed = EXPOSED;
        }
    }
    response
}

async fn serve_or_refuse(app: &App, request: &Parts) -> Response {
    let (response, why) = match find(app, request).await {
        Ok(file) => (serve(app, request, file), None),
        Err(none) => (refuse(app, request, &none), Some(none.2)),
    };
    record(app, request, response.status(), why.as_deref());
    response
}

fn of_reply(app: &App, reply: Reply) -> Response {
    respond(reply.status, reply.headers, reply.body, app.clock.now())
}

fn refuse(app: &App, request: &Parts, NoFile(status, code, message): &NoFile) -> Response {
    let reply = Reply::json(*status, &Problem { error: ProblemFields { code, message, at: request.uri.path() } });
    let is_method = *status == StatusCode::METHOD_NOT_ALLOWED;
    of_reply(app, if is_method { reply.header("allow", "GET, HEAD") } else { reply })
}

/// Finds the file that a request names.
async fn find(app: &App, request: &Parts) -> Result<File, NoFile> {
    if ![Method::GET, Method::HEAD].contains(&request.method) {
        let message = "the bytes of an asset are read with GET or HEAD".to_owned();
        return Err(NoFile(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message));
    }
    let FoundAsset { workspace, provider, id, is_thumbnail } = find_address(app, request).await?;
    due_assets::settle(app, &workspace).await;
    let found = app.store.asset_of_provider(&workspace, provider, &id, &providers::names()).await;
    let (asset, stored) = found.map_err(not_found)?;
    file_of(app, asset, stored.filter(|_| !is_thumbnail), is_thumbnail).await
}

/// The asset that the address of a request names, which may not exist.
async fn find_address(app: &App, request: &Parts) -> Result<FoundAsset, NoFile> {
    if let Some(path) = request.uri.path_and_query().and_then(AssetPath::read)
        && let Some(provider) = providers::named(&path.provider)
    {
        let AssetPath { workspace, id, is_thumbnail, .. } = path;
        return Ok(FoundAsset { workspace, provider: provider.card().name, id, is_thumbnail });
    }
    let message = match request.uri.path().starts_with(PREFIX) {
        true if asset_url::is_thumbnail(request.uri.path()) => {
            format!("the only thumbnail of an asset is `{THUMBNAIL}`")
        }
        true => format!("the address of an asset is `{PREFIX}<workspace>/<provider>/<id>/<name>`"),
        false => match vendor_url::find(app, request).await.map_err(not_found)? {
            Some(found) => return Ok(found),
            None => "no asset is listed with this URL".to_owned(),
        },
    };
    Err(NoFile(StatusCode::NOT_FOUND, "no_such_file", message))
}

fn not_found(error: StoreError) -> NoFile {
    let message = error.to_string();
    match error {
        StoreError::Missing(_) => NoFile(StatusCode::NOT_FOUND, "no_such_file", message),
        _ => {
            tracing::error!(%message, "the library failed");
            NoFile(StatusCode::INTERNAL_SERVER_ERROR, "library_failed", message)
        }
    }
}

/// The bytes of an asset: those that it was given, or else a placeholder.
async fn file_of(app: &App, asset: Asset, stored: Option<BlobSummary>, is_thumbnail: bool) -> Result<File, NoFile> {
    if [Status::Pending, Status::Failed].contains(&asset.status) {
        let message = format!("the asset is {}, so it has no bytes", asset.status.word());
        return Err(NoFile(StatusCode::NOT_FOUND, "no_bytes", message));
    }
    let fields = PlaceholderFields::of(&asset);
    // A thumbnail does not depend on what the file is like otherwise, but changes with it.
    let key = fields.fingerprint() ^ u64::from(is_thumbnail);
    let mime_type = if is_thumbnail { "image/png" } else { fields.mime_type.unwrap_or("application/octet-stream") };
    let mime_type = mime_type.to_owned();
    if let Some(BlobSummary { blob, size, md5 }) = stored {
        let bytes = FileBytes::Stored { store: app.store.clone(), blob, size };
        return Ok(File { bytes, mime_type, tag: format!("\"{md5}\""), name: asset.name });
    }
    let bytes = match app.placeholders.get(key) {
        Some(cached) => cached,
        None => draw_placeholder(app, key, asset.clone(), is_thumbnail).await?,
    };
    let (bytes, tag) = (FileBytes::Placeholder(bytes), format!("\"{key:016x}\""));
    Ok(File { bytes, mime_type, tag, name: asset.name })
}

/// Draws a placeholder, which takes some milliseconds if it is large, and caches it.
async fn draw_placeholder(app: &App, key: u64, asset: Asset, is_thumbnail: bool) -> Result<Arc<Placeholder>, NoFile> {
    let draw = move || match is_thumbnail {
        true => Placeholder::thumbnail(&PlaceholderFields::of(&asset)),
        false => Placeholder::of(&PlaceholderFields::of(&asset)),
    };
    let placeholder = tokio::task::spawn_blocking(draw).await.map_err(|_| {
        let message = "a placeholder could not be drawn; please report it".to_owned();
        NoFile(StatusCode::INTERNAL_SERVER_ERROR, "not_drawn", message)
    })?;
    let placeholder = Arc::new(placeholder);
    app.placeholders.keep(key, placeholder.clone());
    Ok(placeholder)
}

/// Answers with the file, or with the part of it that the request asks for.
fn serve(app: &App, request: &Parts, file: File) -> Response {
    let length = file.bytes.length();
    let result = evaluate(&request.method, &request.headers, &file.tag, length);
    let mut headers = HeaderMap::new();
    let mut add = |name, value: String| headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
    add(header::ETAG, file.tag.clone());
    add(header::ACCEPT_RANGES, "bytes".to_owned());
    let (status, range) = match result {
        RangeResult::Whole => (StatusCode::OK, 0..length),
        RangeResult::Part(range) => {
            add(header::CONTENT_RANGE, format!("bytes {}-{}/{length}", range.start, range.end - 1));
            (StatusCode::PARTIAL_CONTENT, range)
        }
        RangeResult::Unsatisfiable => {
            add(header::CONTENT_RANGE, format!("bytes */{length}"));
            (StatusCode::RANGE_NOT_SATISFIABLE, 0..0)
        }
        RangeResult::NotModified => (StatusCode::NOT_MODIFIED, 0..0),
        RangeResult::Failed => (StatusCode::PRECONDITION_FAILED, 0..0),
    };
    if status.is_success() {
        add(header::CONTENT_LENGTH, (range.end - range.start).to_string());
        headers.extend(headers::of_content(&file.mime_type, request.uri.query(), file.name.as_deref()));
    }
    headers.extend(date(app.clock.now()).map(|date| (header::DATE, date)));
    let range = if request.method == Method::HEAD { 0..0 } else { range };
    let mut response = Response::new(Body::new(FileBody::new(file.bytes, range)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
