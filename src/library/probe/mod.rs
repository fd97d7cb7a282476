//! What bytes are: the MIME type, and the width and height of images and videos. Headers are read and nothing is decoded,
//! so that no file costs more than its length, whatever its header claims.

mod mp4;
mod text;

/// The most bytes from the beginning of a file that [`probe`] is meant to be given.
pub const HEAD: usize = 256 << 10;

/// What bytes were found to be. What was not recognised is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probed {
    /// The MIME type.
    pub mime_type: Option<String>,
    /// Width in pixels, as the header claims it.
    pub width: Option<i64>,
    /// Height in pixels, as the header claims it.
    pub height: Option<i64>,
}

/// Other names for what `infer` finds: those that vendors' documents and browsers use.
const USUAL_NAMES: &[(&str, &str)] = &[
    ("audio/m4a", "audio/mp4"),
    ("audio/opus", "audio/ogg"),
    ("audio/x-flac", "audio/flac"),
    ("audio/x-wav", "audio/wav"),
    ("image/heif", "image/heic"),
];

/// The MIME type, width and height of a file that begins with these bytes. The ending of its name counts only where the
/// bytes are text: many kinds of text look alike.
pub fn probe(head: &[u8], name: Option<&str>) -> Probed {
    let mime_type = match text::read(head) {
        Some(text) => text::mime_type(text, name),
        None => infer::get(head).map(|found| usual_name(found.mime_type())).or_else(|| mp4::mime_type(head)),
    };
    let sides = match mime_type {
        Some(found) if found.starts_with("image/") => image_sides(head),
        Some("video/mp4" | "video/x-m4v" | "video/quicktime" | "video/3gpp") => mp4::sides(head),
        _ => None,
    };
    let [width, height] = sides.map_or([None, None], |sides| sides.map(Some));
    Probed { mime_type: mime_type.map(str::to_owned), width, height }
}

/// Whether a file that begins with these bytes is a text of several lines, which no image, video or sound is. A single
/// line does not tell: clients of tests send a few words in place of a file.
pub fn is_long_text(head: &[u8]) -> bool {
    text::read(head).is_some_and(|text| text.trim_end().contains('\n'))
}

/// Other names of types, in which clients and documents say them, for [`contradicts`].
const OTHER_NAMES: &[(&str, &str)] = &[
    ("audio/mp3", "audio/mpeg"),
    ("audio/vnd.wave", "audio/wav"),
    ("audio/wave", "audio/wav"),
    ("audio/x-m4a", "audio/mp4"),
    ("image/jpg", "image/jpeg"),
    ("image/x-icon", "image/vnd.microsoft.icon"),
    ("image/x-ms-bmp", "image/bmp"),
    ("video/m4v", "video/x-m4v"),
];

/// Types of files that many other types are made of.
const CONTAINERS: &[&str] = &["application/octet-stream", "application/x-ole-storage", "application/zip", "text/xml"];

/// Whether bytes that were found to be of one type cannot be of another that somebody states for them, in lower case and
/// without parameters.
pub fn contradicts(stated: &str, found: &str) -> bool {
    let stated =
        USUAL_NAMES.iter().chain(OTHER_NAMES).find(|(other, _)| *other == stated).map_or(stated, |(_, usual)| usual);
    // Audio alone may be in a container of video.
    let subtype = |mime_type: &str| mime_type.split_once('/').map(|(_, subtype)| subtype.to_owned());
    let is_same = subtype(stated) == subtype(found);
    let is_generic = |mime_type: &str| CONTAINERS.contains(&mime_type);
    !(is_same || is_generic(stated) || is_generic(found))
}

fn usual_name(found: &'static str) -> &'static str {
    USUAL_NAMES.iter().find(|(other, _)| *other == found).map_or(found, |(_, usual)| usual)
}

fn image_sides(head: &[u8]) -> Option<[i64; 2]> {
    let size = imagesize::blob_size(head).ok()?;
    Some([i64::try_from(size.width).ok()?, i64::try_from(size.height).ok()?])
}

#[cfg(test)]
mod tests;
