//! The pixels of PNG, GIF and WebP in sizes of every kind, decoded as the formats say, are those of the picture.

use miniz_oxide::inflate::decompress_to_vec_zlib;
use proptest::prelude::*;

use super::*;

/// Sizes at which a picture has a single pixel, a single row or column, cells of different widths, more rows than are drawn,
/// and more codes than a GIF's table holds. `tests/bytes` has larger ones, which take long to decode here.
const SIDES: &[[i64; 2]] =
    &[[1, 1], [1, 8192], [8192, 1], [8, 8193], [7, 9], [255, 257], [641, 33], [2047, 2049], [8192, 200]];

/// Width, height, and a number for the colour of each pixel, row by row.
type Pixels = (usize, usize, Vec<u8>);

fn file(seed: &str, mime_type: &str, [width, height]: [i64; 2]) -> Vec<u8> {
    let (mime_type, width, height) = (Some(mime_type), Some(width), Some(height));
    Placeholder::of(&PlaceholderFields { seed, mime_type, width, height, size_bytes: None }).read(0..u64::MAX)
}

/// The picture in the stated size, where this many pixels beside one another share a colour.
fn expected(seed: &str, sides: [i64; 2], shared: u32) -> Pixels {
    let drawing = Drawing::of(seed, sides.map(Some), None);
    let cells = picture::CELLS;
    let row = |y: u32| (0..drawing.width).map(move |x| (x / shared * shared, y));
    let colour = |(x, y)| drawing.picture.cell(x * cells / drawing.width, y);
    let rows: Vec<Vec<u8>> = (0..cells).map(|y| row(y).map(|at| u8::from(colour(at))).collect()).collect();
    let pixels = (0..drawing.height).flat_map(|y| &rows[(y * cells / drawing.height) as usize]).copied().collect();
    (drawing.width as usize, drawing.height as usize, pixels)
}

fn assert_drawn(seed: &str, sides: [i64; 2]) {
    // Not `assert_eq`, which would print all pixels.
    assert!(gif(&file(seed, "image/gif", sides)) == expected(seed, sides, 1), "GIF: {seed} {sides:?}");
    assert!(png(&file(seed, "image/png", sides)) == expected(seed, sides, 1), "PNG: {seed} {sides:?}");
    assert!(webp(&file(seed, "image/webp", sides)) == expected(seed, sides, 8), "WebP: {seed} {sides:?}");
}

#[test]
fn pictures_of_every_shape_have_their_pixels() {
    SIDES.iter().for_each(|sides| assert_drawn("asset_1", *sides));
}

/// With some of these widths, the codes of a GIF get wider at its end.
#[test]
fn pictures_of_any_length_end_where_they_should() {
    (1..100).for_each(|width| assert_drawn("asset_1", [width, 1]));
}

proptest! {
    #[test]
    fn small_pictures_have_their_pixels(seed in "[a-z]{1,8}", width in 1_i64..300, height in 1_i64..300) {
        assert_drawn(&seed, [width, height]);
    }
}

/// Reads numbers from the lowest bit of each byte on.
struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Bits<'_> {
    fn read(&mut self, width: usize) -> usize {
        let bit = |at: usize| usize::from(self.bytes[at / 8] >> (at % 8) & 1);
        let number = (0..width).map(|place| bit(self.at + place) << place).sum();
        self.at += width;
        number
    }
}

fn gif(file: &[u8]) -> Pixels {
    let side = |at: usize| usize::from(u16::from_le_bytes([file[at], file[at + 1]]));
    // The head, the palette and the descriptor of the picture, and the width of codes for colours.
    assert_eq!((file[19], file[29]), (b',', 2));
    let (mut at, mut data) = (30, Vec::new());
    while file[at] > 0 {
        let end = at + 1 + usize::from(file[at]);
        data.extend_from_slice(&file[at + 1..end]);
        at = end;
    }
    assert_eq!(&file[at..], b"\0;");
    (side(6), side(8), lzw(&data))
}

/// Where each sequence begins in the pixels, and its length: it is the one before with one pixel more.
fn lzw(data: &[u8]) -> Vec<u8> {
    const CLEAR: usize = 4;
    const END: usize = 5;
    const MOST: usize = 4096;
    let (mut bits, mut pixels) = (Bits { bytes: data, at: 0 }, Vec::new());
    assert_eq!(bits.read(3), CLEAR);
    let (mut sequences, mut width, mut before) = (Vec::new(), 3, None);
    // It ends with the data at the latest: beyond that, `read` panics.
    loop {
        let code = bits.read(width);
        let start = pixels.len();
        match code {
            0 | 1 => pixels.push(code as u8),
            END => break,
            _ => {
                let known =
                    sequences.get(code - END - 1).copied().or(before.map(|(start, length)| (start, length + 1)));
                let (start, length): (usize, usize) = known.unwrap();
                (start..start + length).for_each(|from| pixels.push(pixels[from]));
            }
        }
        if let Some((start, length)) = before.filter(|_| sequences.len() + END + 1 < MOST) {
            sequences.push((start, length + 1));
        }
        before = Some((start, pixels.len() - start));
        let next = sequences.len() + END + 1;
        width = if next >= MOST { 12 } else { (next.ilog2() + 1) as usize };
    }
    assert_eq!(bits.at.div_ceil(8), data.len());
    pixels
}

/// A bit a pixel, with rows that are not filtered or the differences from the row above.
fn png(file: &[u8]) -> Pixels {
    let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let (width, height) = (number(16), number(20));
    // IHDR is followed by a palette of two colours and the rows.
    let at = 8 + 25 + 18;
    assert_eq!(&file[at + 4..at + 8], b"IDAT");
    let mut rows = decompress_to_vec_zlib(&file[at + 8..at + 8 + number(at)]).unwrap();
    let length = 1 + width.div_ceil(8);
    assert_eq!(rows.len(), height * length);
    let mut pixels = Vec::new();
    for y in 0..height {
        let (above, row) = rows.split_at_mut(y * length);
        let row = &mut row[..length];
        match row[0] {
            0 => {}
            2 => row[1..]
                .iter_mut()
                .zip(&above[(y - 1) * length + 1..])
                .for_each(|(byte, above)| *byte = byte.wrapping_add(*above)),
            filter => panic!("the filter {filter}"),
        }
        pixels.extend((0..width).map(|x| row[1 + x / 8] >> (7 - x % 8) & 1));
    }
    (width, height, pixels)
}

/// A palette of two colours, and eight pixels of one colour as one symbol.
fn webp(file: &[u8]) -> Pixels {
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!((&file[..4], number(4) + 8, &file[30..34]), (&b"RIFF"[..], file.len(), &b"VP8L"[..]));
    assert_eq!(38 + number(34).next_multiple_of(2), file.len());
    let mut bits = Bits { bytes: &file[38..38 + number(34)], at: 8 };
    let (width, height) = (bits.read(14) + 1, bits.read(14) + 1);
    assert_eq!([bits.read(4), bits.read(3), bits.read(8), bits.read(1)], [0, 0b111, 1, 0]);
    let pairs = codes_with_two_symbols(&mut bits);
    bits.read(2 * pairs);
    assert_eq!(bits.read(3), 0);
    assert_eq!(codes_with_two_symbols(&mut bits), 1);
    let mut pixels = Vec::new();
    for _ in 0..height {
        let row: Vec<u8> = (0..width.div_ceil(8)).map(|_| bits.read(1) as u8).collect();
        pixels.extend((0..width).map(|x| row[x / 8]));
    }
    assert_eq!(bits.at.div_ceil(8), number(34));
    (width, height, pixels)
}

/// Reads the five codes of a picture, and says how many of them take a bit a symbol.
fn codes_with_two_symbols(bits: &mut Bits<'_>) -> usize {
    let mut pairs = 0;
    for _ in 0..5 {
        let [_, is_pair, _] = [bits.read(1), bits.read(1), bits.read(1)];
        bits.read(8 + 8 * is_pair);
        pairs += is_pair;
    }
    pairs
}
