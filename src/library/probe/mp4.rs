//! MP4 and QuickTime files: the width and height at which a track is displayed, from its header `moov/trak/tkhd`.
//!
//! Crates that parse these files were tried: they add 110 to 240 kB to the program for two numbers, and refuse a file of
//! which they are given the head only.

/// Where a box ends that says it reaches to the end of the file.
const TO_THE_END: u64 = 0;

/// Stands for a size that follows in 64 bits.
const LONG: u64 = 1;

/// The MIME type of a file that begins with the header of this family, for brands that `infer` does not know.
pub fn mime_type(head: &[u8]) -> Option<&'static str> {
    let brand = head.get(4..12)?.strip_prefix(b"ftyp")?;
    match brand {
        [b'3', b'g', ..] => Some("video/3gpp"),
        [b'i', b's', b'o', _] => Some("video/mp4"),
        _ => None,
    }
}

/// Width and height in pixels of the first track that has any. `None` if the headers of the tracks are not among these
/// bytes: files that are not made for streaming have them at the end.
pub fn sides(head: &[u8]) -> Option<[i64; 2]> {
    let mut tracks = boxes(head).filter(|(kind, _)| kind == b"moov").flat_map(|(_, movie)| boxes(movie));
    tracks.find_map(|(kind, track)| {
        let header = (kind == *b"trak").then(|| boxes(track).find(|(kind, _)| kind == b"tkhd"))??.1;
        // Version 1 has times in 64 bits.
        let at = if *header.first()? == 1 { 88 } else { 76 };
        let sides = [whole(header.get(at..at + 4)?)?, whole(header.get(at + 4..at + 8)?)?];
        sides.iter().all(|side| *side > 0).then_some(sides)
    })
}

/// The part before the point of a number of 16 and 16 bits.
fn whole(number: &[u8]) -> Option<i64> {
    Some(i64::from(u16::from_be_bytes(number.get(..2)?.try_into().ok()?)))
}

/// The boxes one after another, each with its kind and its contents, cut off where the bytes end.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let kind = bytes.get(4..8)?.try_into().ok()?;
        let short = u64::from(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?));
        let (header, size) = match short {
            LONG => (16, u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?)),
            TO_THE_END => (8, bytes.len() as u64),
            _ => (8, short),
        };
        // A box is at least its header, so each step moves on.
        let end = usize::try_from(size).unwrap_or(usize::MAX).min(bytes.len());
        let contents = bytes.get(header..end)?;
        bytes = &bytes[end..];
        Some((kind, contents))
    })
}
