//! Placeholders of every type have the stated length and are read in any ranges. `tests/bytes` looks at them with other
//! programs.

use proptest::prelude::*;

use super::*;

const TYPES: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/svg+xml",
    "image/avif",
    "image/heic",
    "video/mp4",
    "video/quicktime",
    "video/webm",
    "audio/wav",
    "audio/mpeg",
    "audio/mp4",
    "application/pdf",
    "text/plain",
    "application/zip",
];

/// Numbers of bytes of padding from which on it takes another form.
const EDGES: &[i64] = &[
    0,
    256,
    65_537,
    131_074,
    16 * 65_537,
    1 << 31,
    (1 << 31) + 11,
    1 << 32,
    1 << 56,
    (1 << 56) + 7,
    i64::MAX - 30,
    i64::MAX,
];

fn fields(mime_type: &'static str, size_bytes: Option<i64>) -> PlaceholderFields<'static> {
    PlaceholderFields { seed: "asset_1", mime_type: Some(mime_type), width: Some(90), height: Some(40), size_bytes }
}

fn whole(placeholder: &Placeholder) -> Vec<u8> {
    placeholder.read(0..placeholder.length())
}

/// The chunks of a PNG: name, length, and whether the checksum is right. Data of more than a megabyte is taken for zeros.
fn chunks(png: &Placeholder) -> Vec<(Vec<u8>, u64, bool)> {
    let (mut at, mut chunks) = (8, Vec::new());
    while at < png.length() {
        let head = png.read(at..at + 8);
        let length = u64::from(u32::from_be_bytes(head[..4].try_into().unwrap()));
        let stored = png.read(at + 8 + length..at + 12 + length);
        let computed = match length > 1 << 20 {
            true => crc::Crc::of(&head[4..]).zeros(length),
            false => crc::Crc::of(&png.read(at + 4..at + 8 + length)),
        };
        let is_right = stored == computed.value().to_be_bytes();
        chunks.push((head[4..].to_vec(), length, is_right));
        at += 12 + length;
    }
    assert_eq!(at, png.length());
    chunks
}

proptest! {
    #[test]
    fn the_length_is_the_stated_one(index in 0..TYPES.len(), size in 0_i64..300_000) {
        let placeholder = Placeholder::of(&fields(TYPES[index], Some(size)));
        prop_assert_eq!(placeholder.length(), size as u64);
        prop_assert_eq!(whole(&placeholder).len() as i64, size);
    }

    /// Lengths around those at which the padding takes another form.
    #[test]
    fn the_length_is_the_stated_one_at_the_edges(
        index in 0..TYPES.len(), base in prop::sample::select(EDGES), off in 0_i64..40,
    ) {
        let least = Placeholder::of(&fields(TYPES[index], None)).length() as i64;
        let size = least.saturating_add(base).saturating_add(off);
        let placeholder = Placeholder::of(&fields(TYPES[index], Some(size)));
        prop_assert_eq!(placeholder.length() as i64, size);
        prop_assert!(placeholder.memory() < 100_000, "{} bytes", placeholder.memory());
    }

    #[test]
    fn ranges_put_together_are_the_whole(
        index in 0..TYPES.len(), size in 0_i64..300_000, cuts in prop::collection::vec(0_u64..310_000, 0..20),
    ) {
        let placeholder = Placeholder::of(&fields(TYPES[index], Some(size)));
        let mut cuts = [cuts, vec![0, 310_000]].concat();
        cuts.sort_unstable();
        let parts: Vec<_> = cuts.windows(2).flat_map(|two| placeholder.read(two[0]..two[1])).collect();
        prop_assert!(parts == whole(&placeholder));
    }
}

#[test]
fn any_range_of_five_gigabytes_takes_little_memory_however_large_the_picture() {
    const SIZE: u64 = 5_000_000_000;
    for mime_type in TYPES {
        let sides = PlaceholderFields { width: Some(8192), height: Some(8192), ..fields(mime_type, Some(SIZE as i64)) };
        let placeholder = Placeholder::of(&sides);
        assert_eq!(placeholder.length(), SIZE, "{mime_type}");
        assert!(placeholder.memory() < 1_000_000, "{mime_type}: {} bytes", placeholder.memory());
        for start in [0, 1, 2_147_483_640, 4_294_967_290, SIZE - 65_536] {
            assert_eq!(placeholder.read(start..start + 65_536).len(), 65_536, "{mime_type} from {start}");
        }
        assert_eq!(placeholder.read(SIZE - 1..SIZE + 9).len(), 1, "{mime_type}");
        assert!(placeholder.read(SIZE..SIZE + 9).is_empty(), "{mime_type}");
    }
}

#[test]
fn the_checksums_of_a_png_are_right_whatever_its_padding() {
    let least = Placeholder::of(&fields("image/png", None)).length() as i64;
    for more in [0, 12, 13, 1000, 1_000_000] {
        let png = Placeholder::of(&fields("image/png", Some(least + more)));
        assert!(chunks(&png).iter().all(|(_, _, is_right)| *is_right), "{more}");
    }
    // A chunk holds at most 2^31 - 1 bytes.
    let names: Vec<_> = chunks(&Placeholder::of(&fields("image/png", Some(5_000_000_000)))).into_iter().collect();
    let names: Vec<_> = names.iter().map(|(name, _, _)| &name[..]).collect();
    assert_eq!(names, [&b"IHDR"[..], b"PLTE", b"IDAT", b"paDd", b"paDd", b"paDd", b"IEND"]);
}

/// The greatest size that an asset can have made the server take all memory, since each two gigabytes took some.
#[test]
fn a_png_of_any_size_is_chunks_with_their_checksums_to_its_end() {
    const LONGEST: u64 = (1 << 31) + 11;
    let least = Placeholder::of(&fields("image/png", None)).length();
    for (more, count) in [(0, 0), (12, 1), (LONGEST - 1, 1), (LONGEST, 1), (LONGEST + 1, 2), (5 * LONGEST + 3, 6)] {
        let png = Placeholder::of(&fields("image/png", Some((least + more) as i64)));
        let chunks = chunks(&png);
        assert_eq!(chunks.iter().filter(|(name, ..)| name == b"paDd").count(), count, "{more}");
        assert!(chunks.iter().all(|(_, _, is_right)| *is_right), "{more}");
    }
    let most = Placeholder::of(&fields("image/png", Some(i64::MAX)));
    assert_eq!(most.length(), i64::MAX as u64);
    assert!(most.read(i64::MAX as u64 - 12..u64::MAX).ends_with(b"IEND\xae\x42\x60\x82"));
}

#[test]
fn a_file_that_is_too_small_for_its_type_is_cut_off() {
    for mime_type in TYPES {
        let least = whole(&Placeholder::of(&fields(mime_type, None)));
        let cut = whole(&Placeholder::of(&fields(mime_type, Some(4))));
        let same = least.len().min(4);
        assert_eq!(cut[..same], least[..same], "{mime_type}");
        assert!(whole(&Placeholder::of(&fields(mime_type, Some(0)))).is_empty(), "{mime_type}");
    }
}

#[test]
fn a_type_that_nobody_knows_is_zeros_and_a_size_that_nobody_knows_the_least() {
    assert_eq!(whole(&Placeholder::of(&fields("application/zip", Some(3)))), [0, 0, 0]);
    assert_eq!(Placeholder::of(&fields("application/zip", None)).length(), 0);
    assert!(Placeholder::of(&fields("IMAGE/PNG; a=b", None)).read(0..4) == b"\x89PNG");
}

#[test]
fn assets_have_pictures_of_their_own_and_the_same_one_each_time() {
    let of = |seed| Placeholder::of(&PlaceholderFields { seed, ..fields("image/png", Some(5000)) });
    assert_eq!(of("a"), of("a"));
    assert_ne!(of("a"), of("b"));
}

#[test]
fn a_thumbnail_is_a_small_png_of_the_same_shape_and_sides_are_drawn_up_to_a_limit() {
    let sides = |png: Placeholder| png.read(16..24);
    let of =
        |width, height| PlaceholderFields { width: Some(width), height: Some(height), ..fields("image/png", None) };
    let written = |width: u32, height: u32| [width.to_be_bytes(), height.to_be_bytes()].concat();
    assert_eq!(sides(Placeholder::thumbnail(&of(1080, 1920))), written(144, 256));
    assert_eq!(sides(Placeholder::thumbnail(&of(9000, 1))), written(256, 1));
    assert_eq!(sides(Placeholder::of(&of(10_000, 0))), written(8192, 480));
}
