//! Receives what an operation takes of the body of a request: JSON, a form, or the bytes of a file. A file is stored
//! while it arrives, so that its size takes no memory.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;

use super::body::{RequestBody, broke_off, no_room};
use super::multipart::{MAX_TEXT, receive_multipart};
use super::signed::SignedCall;
use crate::contract::failure::Failure;
use crate::contract::handler::ReceivedBody;
use crate::contract::operation::{BodyKind, FormFile};
use crate::emulator::app::App;
use crate::http::request_body::BodyError;
use crate::library::mime_words::essence;
use crate::library::store::CHUNK;

/// How much memory a file takes while it arrives, in bytes: the first chunk, which tells the type, one that is put
/// together, one that is stored, and what the HTTP layer has read.
const FILE_MEMORY: usize = 4 * CHUNK;

/// How much memory a form with a file takes, in bytes.
const FORM_MEMORY: usize = FILE_MEMORY + MAX_TEXT;

/// The type of a multipart form.
const MULTIPART: &str = "multipart/form-data";

/// The type of a form in one piece.
const URLENCODED: &str = "application/x-www-form-urlencoded";

/// Receives the body. `signed` is the form to verify, if it has to be signed. `note` is told the reason of a failure
/// that has no words for it.
pub async fn receive(
    app: &App,
    headers: &HeaderMap,
    body: Option<&mut RequestBody>,
    kind: BodyKind,
    signed: Option<&mut SignedCall<'_>>,
    note: impl FnOnce(&'static str),
) -> Result<ReceivedBody, Failure> {
    let content_type = text(headers, header::CONTENT_TYPE);
    let is_multipart = || essence(&content_type) == MULTIPART;
    match (kind, body) {
        (BodyKind::Ignored, _) | (BodyKind::Json | BodyKind::FormOrJson(_), None) => Ok(ReceivedBody::default()),
        (BodyKind::Bytes { .. }, None) => {
            let file = app.store.stage().finish(None, some(&content_type)).await.map_err(Failure::from)?;
            Ok(ReceivedBody { file: Some(file), ..ReceivedBody::default() })
        }
        (BodyKind::Form(_), None) => Ok(ReceivedBody { form: Some(Vec::new()), ..ReceivedBody::default() }),
        (BodyKind::Bytes { max }, Some(body)) if body.length() > max => Err(Failure::FileTooLarge { max }),
        (BodyKind::Bytes { .. }, Some(body)) if body.length() > app.store.max_stored_bytes => {
            Err(Failure::StorageFull { max: app.store.max_stored_bytes })
        }
        (BodyKind::Bytes { max }, Some(body)) => {
            reserve(app, body, FILE_MEMORY, note).await?;
            receive_bytes(app, body, max, some(&content_type)).await
        }
        (BodyKind::Form(file), Some(body)) => receive_form(app, body, file, &content_type, signed, note).await,
        (BodyKind::FormOrJson(file), Some(body)) if is_multipart() => {
            receive_form(app, body, file, &content_type, signed, note).await
        }
        (BodyKind::Json | BodyKind::FormOrJson(_), Some(body)) => {
            Ok(ReceivedBody { json: body.json(app, note).await?, ..ReceivedBody::default() })
        }
    }
}

async fn reserve(
    app: &App,
    body: &mut RequestBody,
    bytes: usize,
    note: impl FnOnce(&'static str),
) -> Result<(), Failure> {
    body.reserve(app, bytes).await.map_err(|error| match error {
        BodyError::NoRoom | BodyError::TooLarge | BodyError::Broken(_) => no_room(note),
    })
}

/// Stores the body as a file.
async fn receive_bytes(
    app: &App,
    body: &mut RequestBody,
    max: u64,
    content_type: Option<String>,
) -> Result<ReceivedBody, Failure> {
    body.begin().await;
    let mut parts = body.parts();
    let (mut writer, mut length) = (app.store.stage(), 0);
    while let Some(part) = parts.next().await {
        let part = part.map_err(|cause| invalid_body(broke_off(&cause)))?;
        length += part.len() as u64;
        if length > max {
            return Err(Failure::FileTooLarge { max });
        }
        writer.write(&part).await.map_err(Failure::from)?;
    }
    body.note_length(length);
    let file = writer.finish(None, content_type).await.map_err(Failure::from)?;
    Ok(ReceivedBody { file: Some(file), ..ReceivedBody::default() })
}

/// Receives a form. One without a content type is empty if its body is: some clients send such a request again.
async fn receive_form(
    app: &App,
    body: &mut RequestBody,
    file: FormFile,
    content_type: &str,
    signed: Option<&mut SignedCall<'_>>,
    note: impl FnOnce(&'static str),
) -> Result<ReceivedBody, Failure> {
    let form = match &*essence(content_type) {
        MULTIPART => {
            reserve(app, body, FORM_MEMORY, note).await?;
            body.begin().await;
            return receive_multipart(app, body, file, content_type, signed).await;
        }
        URLENCODED => body.text(app, invalid_body, note).await?,
        _ if body.is_known_empty().await => Bytes::new(),
        _ => return Err(invalid_body(format!("its content type is not `{MULTIPART}`"))),
    };
    let form = form_urlencoded::parse(&form).into_owned().collect();
    Ok(ReceivedBody { form: Some(form), ..ReceivedBody::default() })
}

fn invalid_body(reason: String) -> Failure {
    Failure::InvalidBody { reason }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
