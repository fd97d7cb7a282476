//! What FLORA takes: the types of files, and the size of images.

use crate::contract::query::{Problem, Violation};
use crate::library::asset::Asset;
use crate::library::fixture::LONGEST_NAME;
use crate::library::mime_words::essence;

/// The part of a form that is the file.
pub const FILE: &str = "file";

/// The types that are taken, as the SDK's documentation lists them.
const TYPES: [&str; 14] = [
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "image/avif",
    "image/heic",
    "image/heif",
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "audio/mpeg",
    "audio/wav",
    "audio/ogg",
    "application/pdf",
];

/// The most pixels of an image, as the SDK's documentation says.
const MOST_PIXELS: i64 = 150_000_000;

/// Inferred: the message for another type.
const OTHER_TYPE: &str = "Unsupported content type";

/// Inferred: the message of an upload that cannot be processed, since its bytes are a text. A PDF, which may be one too, is
/// recognised.
pub const IS_TEXT: &str = "The file is text, and no image, video, audio or PDF.";

/// Inferred: the message for an image with more pixels.
const TOO_MANY_PIXELS: &str = "Image exceeds 150 megapixels";

/// Checks the type that a client names.
pub fn check_type(mime_type: &str) -> Result<(), Problem> {
    match TYPES.contains(&&*essence(mime_type)) {
        true => Ok(()),
        false => Err(Problem::Malformed(OTHER_TYPE.to_owned())),
    }
}

/// Inferred: the message for a longer name.
const TOO_LONG: &str = "File name is too long";

/// What is wrong with the file of an asset. `field` is where the file came from. Inferred: that a 400 says it.
pub fn wrong_file(asset: &Asset, field: &'static str) -> Option<Violation> {
    let mime_type = asset.mime_type.as_deref().unwrap_or_default();
    let pixels = asset.width.unwrap_or_default().saturating_mul(asset.height.unwrap_or_default());
    let name = asset.name.as_deref().unwrap_or_default();
    if name.len() > LONGEST_NAME {
        Some(Violation::in_file(field, name, TOO_LONG))
    } else if check_type(mime_type).is_err() {
        Some(Violation::in_file(field, mime_type, OTHER_TYPE))
    } else if asset.kind() == "image" && pixels > MOST_PIXELS {
        Some(Violation::in_file(field, &format!("{pixels} pixels"), TOO_MANY_PIXELS))
    } else {
        None
    }
}
