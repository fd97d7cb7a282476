//! PNG with a palette of two colours. It is padded with chunks that decoders skip.

use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params};

use super::crc::Crc;
use super::drawing::Drawing;
use super::layout::Layout;
use super::picture::CELLS;

/// The most data that a chunk holds.
const MAX_CHUNK: u64 = (1 << 31) - 1;

/// What a chunk has besides data: length, name, checksum.
const CHUNK_OVERHEAD: u64 = 12;

/// The name of a chunk that decoders skip and editors may copy.
const PADDING: &[u8; 4] = b"paDd";

/// The filter by which a row is the differences from the row above.
const UP: u8 = 2;

pub fn draw(drawing: &Drawing) -> Layout {
    let mut head = b"\x89PNG\r\n\x1a\n".to_vec();
    // One bit a pixel, with a palette.
    let sides = [drawing.width.to_be_bytes(), drawing.height.to_be_bytes()].concat();
    push_chunk(&mut head, b"IHDR", &[&sides[..], &[1, 3, 0, 0, 0]].concat());
    push_chunk(&mut head, b"PLTE", &drawing.picture.colours.concat());
    push_chunk(&mut head, b"IDAT", &pixels(drawing));
    let mut end = Vec::new();
    push_chunk(&mut end, b"IEND", &[]);
    let missing = drawing.missing(head.len() + end.len());
    pad(Layout::of(head), missing).bytes(end)
}

/// Adds chunks of this many bytes together, or none if they are too few for one. All that are as long as can be are one
/// repeated piece, so that no size takes more memory.
fn pad(layout: Layout, length: u64) -> Layout {
    const LONGEST: u64 = CHUNK_OVERHEAD + MAX_CHUNK;
    let (mut longest, mut rest) = (length / LONGEST, length % LONGEST);
    let mut layout = layout;
    if (1..CHUNK_OVERHEAD).contains(&rest) {
        if longest == 0 {
            return layout;
        }
        // The last chunk would be too short, so it takes over some of a longest one.
        longest -= 1;
        layout = pad_with_one(layout, MAX_CHUNK - CHUNK_OVERHEAD);
        rest += CHUNK_OVERHEAD;
    }
    if longest > 0 {
        let [start, checksum] = around_padding(MAX_CHUNK);
        // The unit is a checksum and the chunk after it without its own.
        let unit = [&checksum[..], &start].concat();
        layout = layout.bytes(start).zeros(MAX_CHUNK).repeated(&unit, LONGEST, (longest - 1) * LONGEST).bytes(checksum);
    }
    if rest > 0 { pad_with_one(layout, rest - CHUNK_OVERHEAD) } else { layout }
}

/// Adds a chunk of zeros.
fn pad_with_one(layout: Layout, length: u64) -> Layout {
    let [start, checksum] = around_padding(length);
    layout.bytes(start).zeros(length).bytes(checksum)
}

/// What precedes and follows the zeros of a chunk of padding.
fn around_padding(length: u64) -> [Vec<u8>; 2] {
    let start = [&(length as u32).to_be_bytes()[..], PADDING].concat();
    [start, Crc::of(PADDING).zeros(length).value().to_be_bytes().to_vec()]
}

fn push_chunk(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    let body = [name, data].concat();
    file.extend_from_slice(&(data.len() as u32).to_be_bytes());
    file.extend_from_slice(&body);
    file.extend_from_slice(&Crc::of(&body).value().to_be_bytes());
}

/// The compressed rows. They are compressed one by one, since all of them can take eight megabytes. A row that is like the
/// one above is zeros in the filter "Up", so that even the fastest level makes little of them.
fn pixels(drawing: &Drawing) -> Vec<u8> {
    // Level 1, in a zlib stream.
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(1, 1, 0));
    let mut compressed = Vec::new();
    let mut push = |bytes: &[u8], flush| {
        compress_to_output(&mut compressor, bytes, flush, |part| {
            compressed.extend_from_slice(part);
            true
        });
    };
    let mut same = vec![0; row_length(drawing)];
    same[0] = UP;
    for (row, height) in (0..).zip(drawing.row_heights()) {
        if height > 0 {
            push(&row_of_cells(drawing, row), TDEFLFlush::None);
        }
        (1..height).for_each(|_| push(&same, TDEFLFlush::None));
    }
    push(&[], TDEFLFlush::Finish);
    compressed
}

/// The length of a row: a byte for the filter, and eight pixels a byte.
fn row_length(drawing: &Drawing) -> usize {
    1 + drawing.width.div_ceil(8) as usize
}

/// A row of pixels that is not filtered.
fn row_of_cells(drawing: &Drawing, row: u32) -> Vec<u8> {
    let mut bytes = vec![0; row_length(drawing)];
    for x in 0..drawing.width {
        if drawing.picture.cell(x * CELLS / drawing.width, row) {
            bytes[1 + x as usize / 8] |= 0x80 >> (x % 8);
        }
    }
    bytes
}
