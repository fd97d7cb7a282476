//! Receives what an operation takes of the body of a request: JSON, a form, or the bytes of a file. A file is stored
//! while it arrives, so that its size takes no memory.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use futures_util::{Stream, StreamExt};
use multer::{Constraints, Multipart, SizeLimit};

use super::body::{RequestBody, broke_off, no_room};
use crate::contract::failure::Failure;
use crate::contract::handler::Received;
use crate::contract::operation::{BodyKind, FormFile};
use crate::emulator::app::App;
use crate::http::request_body::BodyError;
use crate::library::mime_words::essence;
use crate::library::store::CHUNK;

/// The most parts of a form. No vendor has a form with more than a dozen.
const MAX_PARTS: usize = 100;

/// The most bytes of all of a form but its file.
const MAX_TEXT: u64 = 1 << 20;

/// How much memory a file takes while it arrives, in bytes: a chunk that is put together, one that is stored, and what
/// the HTTP layer has read.
const FILE_MEMORY: usize = 3 * CHUNK;

/// The type of a multipart form.
const MULTIPART: &str = "multipart/form-data";

/// The type of a form in one piece.
const URLENCODED: &str = "application/x-www-form-urlencoded";

/// Receives the body. `note` is told the reason of a failure that has no words for it.
pub async fn receive(
    app: &App,
    headers: &HeaderMap,
    body: Option<&mut RequestBody>,
    kind: BodyKind,
    note: impl FnOnce(&'static str),
) -> Result<Received, Failure> {
    let content_type = text(headers, header::CONTENT_TYPE);
    let is_multipart = || essence(&content_type) == MULTIPART;
    match (kind, body) {
        (BodyKind::Ignored, _) | (BodyKind::Json | BodyKind::FormOrJson(_), None) => Ok(Received::default()),
        (BodyKind::Bytes { .. }, None) => {
            let file = app.store.stage().finish(None, some(&content_type)).await.map_err(Failure::from)?;
            Ok(Received { file: Some(file), ..Received::default() })
        }
        (BodyKind::Form(_), None) => Ok(Received { form: Some(Vec::new()), ..Received::default() }),
        (BodyKind::Bytes { max }, Some(body)) => {
            reserve(app, body, note).await?;
            receive_bytes(app, body, max, some(&content_type)).await
        }
        (BodyKind::Form(file), Some(body)) => receive_form(app, body, file, &content_type, note).await,
        (BodyKind::FormOrJson(file), Some(body)) if is_multipart() => {
            receive_form(app, body, file, &content_type, note).await
        }
        (BodyKind::Json | BodyKind::FormOrJson(_), Some(body)) => {
            Ok(Received { json: body.json(app, note).await?, ..Received::default() })
        }
    }
}

async fn reserve(app: &App, body: &mut RequestBody, note: impl FnOnce(&'static str)) -> Result<(), Failure> {
    body.reserve(app, FILE_MEMORY).await.map_err(|error| match error {
        BodyError::NoRoom | BodyError::TooLarge | BodyError::Broken(_) => no_room(note),
    })
}

/// Stores the body as a file.
async fn receive_bytes(
    app: &App,
    body: &mut RequestBody,
    max: u64,
    content_type: Option<String>,
) -> Result<Received, Failure> {
    let too_large = || Failure::BodyTooLarge { max: usize::try_from(max).unwrap_or(usize::MAX) };
    if body.length() > max {
        return Err(too_large());
    }
    let mut parts = body.parts();
    let (mut writer, mut length) = (app.store.stage(), 0);
    while let Some(part) = parts.next().await {
        let part = part.map_err(|cause| Failure::InvalidForm { reason: broke_off(&cause) })?;
        length += part.len() as u64;
        if length > max {
            return Err(too_large());
        }
        writer.write(&part).await.map_err(Failure::from)?;
    }
    body.note_length(length);
    let file = writer.finish(None, content_type).await.map_err(Failure::from)?;
    Ok(Received { file: Some(file), ..Received::default() })
}

/// Receives a form. One without a content type is empty if its body is: some clients send such a request again.
async fn receive_form(
    app: &App,
    body: &mut RequestBody,
    file: FormFile,
    content_type: &str,
    note: impl FnOnce(&'static str),
) -> Result<Received, Failure> {
    let form = match &*essence(content_type) {
        MULTIPART => {
            reserve(app, body, note).await?;
            return receive_multipart(app, body, file, content_type).await;
        }
        URLENCODED => body.text(app, note).await?,
        _ if body.is_empty() => Bytes::new(),
        _ => return Err(Failure::InvalidForm { reason: format!("its content type is not `{MULTIPART}`") }),
    };
    let form = form_urlencoded::parse(&form).into_owned().collect();
    Ok(Received { form: Some(form), ..Received::default() })
}

async fn receive_multipart(
    app: &App,
    body: &mut RequestBody,
    file: FormFile,
    content_type: &str,
) -> Result<Received, Failure> {
    let invalid = |reason: String| Failure::InvalidForm { reason };
    let boundary = multer::parse_boundary(content_type).map_err(|error| invalid(error.to_string()))?;
    let whole = file.max.saturating_add(MAX_TEXT);
    let limits = SizeLimit::new().whole_stream(whole).per_field(MAX_TEXT).for_field(file.part, file.max);
    let received = Arc::new(AtomicU64::new(0));
    let parts = counted(body.parts(), received.clone());
    let mut form = Multipart::with_constraints(parts, boundary, Constraints::new().size_limit(limits));
    let failure = |error: multer::Error| form_failure(error, file.max);
    let (mut texts, mut staged, mut count) = (Vec::new(), None, 0);
    while let Some(mut part) = form.next_field().await.map_err(failure)? {
        count += 1;
        if count > MAX_PARTS {
            return Err(invalid(format!("it has more than {MAX_PARTS} parts")));
        }
        let name = part.name().map(str::to_owned).ok_or_else(|| invalid("a part has no name".to_owned()))?;
        if name != file.part {
            texts.push((name, part.text().await.map_err(failure)?));
            continue;
        }
        if staged.is_some() {
            return Err(invalid(format!("it has more than one part `{name}`")));
        }
        let mut writer = app.store.stage();
        while let Some(bytes) = part.chunk().await.map_err(failure)? {
            writer.write(&bytes).await.map_err(Failure::from)?;
        }
        let (name, kind) = (part.file_name().map(str::to_owned), part.content_type().map(ToString::to_string));
        staged = Some(writer.finish(name, kind).await.map_err(Failure::from)?);
    }
    drop(form);
    body.note_length(received.load(Relaxed));
    Ok(Received { json: None, form: Some(texts), file: staged })
}

/// The parts of a body, whose bytes are added up.
fn counted(
    parts: impl Stream<Item = Result<Bytes, axum::Error>> + Send,
    total: Arc<AtomicU64>,
) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send {
    parts.inspect(move |part| {
        total.fetch_add(part.as_ref().map_or(0, |part| part.len() as u64), Relaxed);
    })
}

fn form_failure(error: multer::Error, max: u64) -> Failure {
    match error {
        multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => {
            Failure::BodyTooLarge { max: usize::try_from(max).unwrap_or(usize::MAX) }
        }
        multer::Error::StreamReadFailed(cause) => Failure::InvalidForm { reason: broke_off(&*cause) },
        other => Failure::InvalidForm { reason: words(&other) },
    }
}

/// The message of an error, and of what caused it.
fn words(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
