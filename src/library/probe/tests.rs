//! What the placeholders of every type, and a few files by hand, are found to be; and that no bytes do harm.

use proptest::prelude::*;

use super::*;
use crate::library::placeholder::{Placeholder, PlaceholderFields};

fn placeholder(mime_type: &str) -> Vec<u8> {
    let fields = PlaceholderFields {
        seed: "a",
        mime_type: Some(mime_type),
        width: Some(90),
        height: Some(40),
        size_bytes: Some(5_000),
    };
    Placeholder::of(&fields).read(0..u64::MAX)
}

fn found(head: &[u8], name: &str) -> (Option<String>, Option<[i64; 2]>) {
    let probed = probe(head, Some(name));
    (probed.mime_type, probed.width.zip(probed.height).map(|(width, height)| [width, height]))
}

#[test]
fn placeholders_are_found_to_be_what_they_stand_for() {
    for (mime_type, sides) in [
        ("image/png", Some([90, 40])),
        ("image/jpeg", Some([90, 40])),
        ("image/gif", Some([90, 40])),
        ("image/webp", Some([90, 40])),
        ("image/svg+xml", None),
        ("image/avif", Some([64, 64])),
        ("image/heic", Some([64, 64])),
        ("video/mp4", Some([90, 40])),
        ("video/quicktime", Some([90, 40])),
        ("video/webm", None),
        ("audio/wav", None),
        ("audio/mpeg", None),
        ("audio/mp4", None),
        ("application/pdf", None),
    ] {
        let file = placeholder(mime_type);
        // No name says anything else.
        for name in ["a", "a.txt", "a.png", "a.mp4"] {
            assert_eq!(found(&file, name), (Some(mime_type.to_owned()), sides), "{mime_type} {name}");
        }
    }
}

#[test]
fn sides_are_those_of_the_header_however_absurd() {
    let mut png = placeholder("image/png");
    png[16..24].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    assert_eq!(found(&png, "a"), (Some("image/png".to_owned()), Some([4_294_967_295, 0])));
    assert_eq!(found(&png[..20], "a"), (Some("image/png".to_owned()), None));
}

/// What a camera writes has the headers of its tracks at the end.
#[test]
fn a_video_whose_headers_are_not_in_its_beginning_has_a_type_and_no_sides() {
    let mp4 = placeholder("video/mp4");
    let movie = mp4.windows(4).position(|bytes| bytes == b"moov").unwrap() - 4;
    assert_eq!(found(&mp4[..movie], "a"), (Some("video/mp4".to_owned()), None));
    let long = [&mp4[..movie], &[0, 0, 0, 1], b"free", &[0xff; 8], &mp4[movie..]].concat();
    assert_eq!(found(&long, "a"), (Some("video/mp4".to_owned()), None));
}

#[test]
fn formats_have_their_usual_names() {
    for (head, mime_type) in [
        (&b"fLaC\0\0\0\x22"[..], Some("audio/flac")),
        (b"OggS\0\x02\0\0", Some("audio/ogg")),
        (b"BM\x3a\0\0\0\0\0\0\0", Some("image/bmp")),
        (b"\0\0\0\x18ftypiso9\0\0\0\0iso9mp41", Some("video/mp4")),
        (b"\0\0\0\x14ftyp3gp4\0\0\0\0", Some("video/3gpp")),
        (b"PK\x03\x04\x14\0\0\0", Some("application/zip")),
        (b"\x01\x02\x03\xfe", None),
        (b"", None),
    ] {
        assert_eq!(probe(head, None).mime_type.as_deref(), mime_type, "{head:?}");
    }
}

#[test]
fn the_ending_of_a_name_tells_kinds_of_text_apart_and_nothing_else() {
    for (head, name, mime_type) in [
        (&b"BM, a report"[..], "a.txt", Some("text/plain")),
        (b"# BM", "notes.MD", Some("text/markdown")),
        (b"", "empty.txt", Some("text/plain")),
        (b"a", "a.png", None),
        (b"a", "png", None),
        (b"\xef\xbb\xbfa", "a.csv", Some("text/csv")),
        ("é".as_bytes().split_at(1).0, "cut-off.txt", Some("text/plain")),
        (b"caf\xe9 latin", "a.txt", None),
        (b"a\0b", "a.txt", None),
        (b"%PDF-1.4 all ASCII", "a.txt", Some("application/pdf")),
        (b"<!doctype html><p>", "a.txt", Some("text/html")),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "a", Some("image/svg+xml")),
        (b"<?xml version=\"1.0\"?>\n<!-- > --><svg>", "a.txt", Some("image/svg+xml")),
        (b"<?xml version=\"1.0\"?><rss>", "a", Some("text/xml")),
        (b"<svgx>", "a.txt", Some("text/plain")),
    ] {
        assert_eq!(found(head, name).0.as_deref(), mime_type, "{name}: {}", String::from_utf8_lossy(head));
    }
}

/// The first bytes of formats of which lengths and offsets follow.
const BEGINNINGS: &[&[u8]] = &[
    b"",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF89a",
    b"RIFF\0\0\0\0WEBPVP8",
    b"BM",
    b"8BPS",
    b"II*\0",
    b"II+\0\x08\0\0\0",
    b"MM\0*",
    b"\xff\x0a",
    b"\0\0\0\x0cJXL \r\n\x87\n",
    b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x20jxlp",
    b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\x40meta",
    b"\0\0\0\x10ftypavif\0\0\0\0",
    b"\0\0\0\x10ftypisom\0\0\0\0\0\0\xff\xffmoov\0\0\xff\xf0trak",
    b"\x1a\x45\xdf\xa3",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"<?xml",
];

const MADE: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/avif",
    "image/heic",
    "video/mp4",
    "video/webm",
    "application/pdf",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_bytes_do_no_harm(
        start in prop::sample::select(BEGINNINGS),
        rest in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        probe(&[start, &rest].concat(), Some("a.txt"));
    }

    #[test]
    fn truncated_and_damaged_files_do_no_harm(
        mime_type in prop::sample::select(MADE),
        length in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut file = placeholder(mime_type);
        file.truncate(length.index(file.len() + 1));
        let length = file.len();
        for (at, byte) in damage.into_iter().filter(|_| length > 0) {
            file[at.index(length)] = byte;
        }
        probe(&file, None);
    }
}
