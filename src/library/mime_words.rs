//! MIME types by words for them: the ending of a file's name, or a kind of asset.

/// The words, in lower case.
const MIME_TYPES: &[(&str, &str)] = &[
    ("image", "image/png"),
    ("video", "video/mp4"),
    ("audio", "audio/mpeg"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("svg", "image/svg+xml"),
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("mp3", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("ogg", "audio/ogg"),
    ("m4a", "audio/mp4"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
];

/// The MIME type that says nothing, which clients send for files whose type they do not know.
pub const UNKNOWN: &str = "application/octet-stream";

/// A MIME type in lower case and without parameters.
pub fn essence(mime_type: &str) -> String {
    mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The MIME type that is meant by a word, in any case.
pub fn of_word(word: &str) -> Option<&'static str> {
    MIME_TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, mime_type)| *mime_type)
}

/// The most probable MIME type of a file: by the ending of its name, else by its kind.
pub fn of_file(name: Option<&str>, kind: Option<&str>) -> Option<&'static str> {
    let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    ending.and_then(of_word).or_else(|| kind.and_then(of_word))
}
