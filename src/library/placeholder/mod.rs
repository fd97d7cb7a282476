//! The bytes of an asset that nobody gave any: a small valid file of its type, padded to its size.
//!
//! A placeholder is a function of the asset and not a file: [`Placeholder::read`] computes any range of it, and only the
//! small file at its beginning is held in memory. `FIDELITY.md` says where a placeholder is not quite what the asset's
//! fields say.

mod audio;
mod bits;
mod crc;
mod document;
mod drawing;
mod embedded;
mod gif;
mod h264;
mod jpeg;
mod layout;
mod lzw;
mod mp4;
mod picture;
mod png;
mod webp;

use std::ops::Range;

use self::drawing::Drawing;
use self::layout::Layout;
use self::picture::hash;
use crate::library::asset::Asset;
use crate::library::mime_words::{essence, of_file};

/// The longer side of thumbnails, in pixels.
const THUMBNAIL_SIDE: u32 = 256;

/// What the bytes of an asset follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlaceholderFields<'a> {
    /// Decides the colours and the pattern. Text that no other asset has, such as a public id.
    pub seed: &'a str,
    /// The MIME type. If an asset has none, that of its name's ending, else of its kind.
    pub mime_type: Option<&'a str>,
    /// Width in pixels.
    pub width: Option<i64>,
    /// Height in pixels.
    pub height: Option<i64>,
    /// The size in bytes; if it is not set, the file is as small as it can be.
    pub size_bytes: Option<i64>,
}

impl<'a> PlaceholderFields<'a> {
    /// What the bytes of an asset follow from. The seed is the first of its public ids, which every stored asset has.
    pub fn of(asset: &'a Asset) -> PlaceholderFields<'a> {
        PlaceholderFields {
            seed: asset.ids.values().next().map_or("", String::as_str),
            mime_type: asset.mime_type.as_deref().or_else(|| of_file(asset.name.as_deref(), asset.kind.as_deref())),
            width: asset.width,
            height: asset.height,
            size_bytes: asset.size_bytes,
        }
    }

    /// A number that changes with the bytes. Another version of this program may make other bytes.
    pub fn fingerprint(&self) -> u64 {
        hash(&format!("{} {self:?}", env!("CARGO_PKG_VERSION")))
    }
}

/// The bytes of an asset that nobody gave any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    layout: Layout,
}

impl Placeholder {
    /// The file that an asset stands for.
    pub fn of(fields: &PlaceholderFields<'_>) -> Placeholder {
        let size = fields.size_bytes.map(i64::unsigned_abs);
        let drawing = Drawing::of(fields.seed, [fields.width, fields.height], size);
        let mut layout = draw(&essence(fields.mime_type.unwrap_or_default()), &drawing);
        if let Some(size) = size {
            layout.fit(size);
        }
        Placeholder { layout }
    }

    /// A small picture of the same file, as PNG.
    pub fn thumbnail(fields: &PlaceholderFields<'_>) -> Placeholder {
        let drawing = Drawing::of(fields.seed, [fields.width, fields.height], None);
        let longer = drawing.width.max(drawing.height);
        let scaled = |side: u32| (side * THUMBNAIL_SIDE / longer).max(1);
        let small = Drawing { width: scaled(drawing.width), height: scaled(drawing.height), ..drawing };
        Placeholder { layout: png::draw(&small) }
    }

    /// The length in bytes.
    pub fn length(&self) -> u64 {
        self.layout.length()
    }

    /// The bytes of a range. What lies beyond the end is left out.
    pub fn read(&self, range: Range<u64>) -> Vec<u8> {
        self.layout.read(range)
    }

    /// How much memory it takes, in bytes.
    pub fn memory(&self) -> usize {
        self.layout.memory()
    }
}

fn draw(mime_type: &str, drawing: &Drawing) -> Layout {
    match mime_type {
        "image/png" => png::draw(drawing),
        "image/jpeg" | "image/jpg" => jpeg::draw(drawing),
        "image/gif" => gif::draw(drawing),
        "image/webp" => webp::draw(drawing),
        "image/svg+xml" => document::svg(drawing),
        "image/avif" => embedded::avif(drawing),
        "image/heic" | "image/heif" => embedded::heic(drawing),
        "video/mp4" | "video/x-m4v" => mp4::draw(drawing, *b"isom"),
        "video/quicktime" => mp4::draw(drawing, *b"qt  "),
        "video/webm" => embedded::webm(drawing),
        "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => audio::wav(drawing),
        "audio/mpeg" | "audio/mp3" => audio::mp3(drawing),
        "audio/mp4" | "audio/x-m4a" => embedded::m4a(drawing),
        "application/pdf" => document::pdf(drawing),
        _ if mime_type.starts_with("text/") => document::text(drawing),
        _ => Layout::default(),
    }
}

#[cfg(test)]
mod pixel_tests;
#[cfg(test)]
mod tests;
