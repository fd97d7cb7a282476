//! Receives a multipart form, of which at most one part is a file. The file is stored while it arrives. Everything else
//! of the form is kept in memory, and so is limited.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::BoxError;
use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_DISPOSITION;
use bytes::BytesMut;
use futures_util::{Stream, StreamExt, stream};
use multer::{Field, Multipart};

use super::body::{RequestBody, broke_off};
use super::signed::SignedCall;
use crate::contract::failure::Failure;
use crate::contract::handler::ReceivedBody;
use crate::contract::operation::FormFile;
use crate::emulator::app::App;
use crate::library::store::StagedFile;

/// The most parts of a form. No vendor has a form with more than a dozen.
const MAX_PARTS: usize = 100;

/// The most bytes that the names and texts of all parts have together, without the file.
pub const MAX_TEXT: usize = 1 << 20;

/// The most bytes that are read while the parser finds nothing: before the first part, and of the head of a part. The
/// HTTP layer hands out up to half a mebibyte at once.
const MAX_SEARCHED: u64 = MAX_TEXT as u64 + (64 << 10);

/// The fewest bytes that the parser is given at once. It searches all that it holds each time, so that a head that
/// arrives byte by byte would take long.
const PIECE: usize = 16 << 10;

/// Receives the form. One that has to be signed is verified when its file begins, so that no bytes of others are
/// stored.
pub async fn receive_multipart(
    app: &App,
    body: &mut RequestBody,
    file: FormFile,
    content_type: &str,
    mut signed: Option<&mut SignedCall<'_>>,
) -> Result<ReceivedBody, Failure> {
    let boundary = multer::parse_boundary(content_type).map_err(|error| invalid(error.to_string()))?;
    let counts = Arc::new(Counts::default());
    let mut form = Multipart::new(pieces(body.parts(), counts.clone()), boundary);
    let (mut texts, mut staged, mut text_left) = (Vec::new(), None, MAX_TEXT);
    for _ in 0..=MAX_PARTS {
        let Some(mut part) = form.next_field().await.map_err(failure)? else {
            drop(form);
            body.note_length(counts.received.load(Relaxed));
            return Ok(ReceivedBody { json: None, form: Some(texts), file: staged });
        };
        counts.note_found();
        require_closed_quotes(&part)?;
        let name = part.name().map(str::to_owned).ok_or_else(|| invalid("a part has no name".to_owned()))?;
        if name != file.part {
            if staged.is_some() && signed.is_some() {
                return Err(invalid(format!("the part `{name}` comes after the file, which has to be the last")));
            }
            text_left = subtract(text_left, name.len())?;
            let text = receive_text(&mut part, &counts, &mut text_left).await?;
            texts.push((name, text));
        } else if staged.is_none() {
            if let Some(signed) = &mut signed {
                signed.verify_form(&texts).await?;
            }
            staged = Some(receive_file(app, part, &counts, file.max).await?);
        } else {
            return Err(invalid(format!("it has more than one part `{name}`")));
        }
    }
    Err(invalid(format!("it has more than {MAX_PARTS} parts")))
}

/// Refuses a part whose `Content-Disposition` has a quotation mark that is not closed. The parser would take it for a part
/// without a name, or a file without one.
fn require_closed_quotes(part: &Field<'_>) -> Result<(), Failure> {
    let disposition = part.headers().get(CONTENT_DISPOSITION).map_or(&[][..], HeaderValue::as_bytes);
    // Some clients escape a quotation mark, and others write folders with backslashes, of which one may be the last.
    if has_open_quote(disposition, true) && has_open_quote(disposition, false) {
        return Err(invalid("a quotation mark in the head of a part is not closed".to_owned()));
    }
    Ok(())
}

/// Whether a quotation mark is not closed. `escapes`: whether a backslash between them makes the next byte count as text.
fn has_open_quote(text: &[u8], escapes: bool) -> bool {
    let (mut is_open, mut is_escaped) = (false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_open && escapes => is_escaped = true,
            b'"' => is_open = !is_open,
            _ => {}
        }
    }
    is_open
}

/// Receives the text of a part. `left` is how many bytes of text the form may still have.
async fn receive_text(part: &mut Field<'_>, counts: &Counts, left: &mut usize) -> Result<String, Failure> {
    let mut text = Vec::new();
    while let Some(bytes) = part.chunk().await.map_err(failure)? {
        counts.note_found();
        *left = subtract(*left, bytes.len())?;
        text.extend_from_slice(&bytes);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn subtract(left: usize, length: usize) -> Result<usize, Failure> {
    left.checked_sub(length).ok_or(Failure::BodyTooLarge { max: MAX_TEXT })
}

/// Stores the file of a part.
async fn receive_file(app: &App, mut part: Field<'_>, counts: &Counts, max: u64) -> Result<StagedFile, Failure> {
    let (mut writer, mut length) = (app.store.stage(), 0);
    while let Some(bytes) = part.chunk().await.map_err(failure)? {
        counts.note_found();
        length += bytes.len() as u64;
        if length > max {
            return Err(Failure::FileTooLarge { max });
        }
        writer.write(&bytes).await.map_err(Failure::from)?;
    }
    let (name, kind) = (part.file_name().map(str::to_owned), part.content_type().map(ToString::to_string));
    writer.finish(name, kind).await.map_err(Failure::from)
}

/// How many bytes of a form were read.
#[derive(Debug, Default)]
struct Counts {
    /// All of them.
    received: AtomicU64,
    /// Those since the parser last found something.
    searched: AtomicU64,
}

impl Counts {
    /// Notes that the parser found the head of a part, or bytes of its content.
    fn note_found(&self) {
        self.searched.store(0, Relaxed);
    }
}

/// A form in which more bytes than [`MAX_SEARCHED`] come before anything is found.
#[derive(Debug)]
struct NothingFound;

impl fmt::Display for NothingFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MAX_SEARCHED} bytes have no part, or the head of one has no end")
    }
}

impl Error for NothingFound {}

/// The form in pieces of at least [`PIECE`] bytes. It fails once the parser has been given too many in which it finds
/// nothing.
fn pieces(
    parts: impl Stream<Item = Result<Bytes, axum::Error>> + Send + Unpin,
    counts: Arc<Counts>,
) -> impl Stream<Item = Result<Bytes, BoxError>> + Send {
    stream::try_unfold((parts, counts), |(mut parts, counts)| async move {
        // The parser takes pieces until it has to wait. So it has to after each one: then it looks at what it has.
        tokio::task::yield_now().await;
        let mut piece = BytesMut::new();
        while piece.len() < PIECE {
            let Some(part) = parts.next().await else { break };
            piece.extend_from_slice(&part?);
        }
        let length = piece.len() as u64;
        counts.received.fetch_add(length, Relaxed);
        if counts.searched.fetch_add(length, Relaxed) + length > MAX_SEARCHED {
            return Err(NothingFound.into());
        }
        Ok((length > 0).then(|| (piece.freeze(), (parts, counts))))
    })
}

fn failure(error: multer::Error) -> Failure {
    invalid(match error {
        multer::Error::StreamReadFailed(cause) if cause.is::<NothingFound>() => cause.to_string(),
        multer::Error::StreamReadFailed(cause) => broke_off(&*cause),
        other => words(&other),
    })
}

fn invalid(reason: String) -> Failure {
    Failure::InvalidBody { reason }
}

/// The message of an error, and of what caused it.
fn words(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
