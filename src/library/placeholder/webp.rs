//! Lossless WebP in two colours. It is padded with a chunk that decoders skip.

use super::bits::LsbFirstBits;
use super::drawing::Drawing;
use super::layout::Layout;

/// The longest file: its length is written in 32 bits and is even.
const MAX_LENGTH: u64 = u32::MAX as u64 - 1;

pub fn draw(drawing: &Drawing) -> Layout {
    let picture = pixels(drawing);
    let data = picture.length() as u32;
    let [w0, w1, w2, _] = (drawing.width - 1).to_le_bytes();
    let [h0, h1, h2, _] = (drawing.height - 1).to_le_bytes();
    let chunks =
        [&b"WEBPVP8X\x0a\0\0\0\0\0\0\0"[..], &[w0, w1, w2, h0, h1, h2], &b"VP8L"[..], &data.to_le_bytes()].concat();
    // A chunk has a head of eight bytes, and an even length. An odd file ends with a byte of its own.
    let picture = picture.zeros(u64::from(data % 2));
    let least = 8 + chunks.len() as u64 + picture.length();
    let wanted = drawing.size.unwrap_or_default().min(MAX_LENGTH);
    let padding = wanted.saturating_sub(least) & !1;
    let padding = if padding < 8 { 0 } else { padding };
    let length = (least - 8 + padding) as u32;
    let layout = Layout::of([&b"RIFF"[..], &length.to_le_bytes(), &chunks].concat()).followed_by(picture);
    if padding == 0 {
        return layout;
    }
    layout.bytes([&b"PADD"[..], &(padding as u32 - 8).to_le_bytes()].concat()).zeros(padding - 8)
}

/// The picture in the lossless format: a palette, and eight pixels as one symbol.
fn pixels(drawing: &Drawing) -> Layout {
    let mut bits = LsbFirstBits::default();
    bits.push(0x2f, 8);
    bits.push(drawing.width - 1, 14);
    bits.push(drawing.height - 1, 14);
    bits.push(0, 4); // no alpha, version 0
    bits.push(0b111, 3); // a transform: the palette
    bits.push(1, 8); // of two colours
    push_palette(&mut bits, drawing.picture.colours);
    bits.push(0, 1); // no other transform
    bits.push(0, 2); // no cache of colours, one set of codes
    push_codes(&mut bits, [[0, 255], [0, 0], [0, 0], [255, 255]]);
    let mut layout = Layout::default();
    let mut y = 0;
    for height in drawing.row_heights().into_iter().filter(|height| *height > 0) {
        // The pixels of a symbol have the same colour.
        let row: Vec<bool> = (0..drawing.width).step_by(8).map(|x| drawing.pixel(x, y)).collect();
        layout = add_rows(layout, &mut bits, &row, height);
        y += height;
    }
    layout.bytes(bits.finish())
}

/// Adds the same row of symbols many times. Eight rows are a whole number of bytes. The first of these bytes begins with
/// what was written before, and from the second time on with the end of the row, so that these are one repeated piece.
fn add_rows(layout: Layout, bits: &mut LsbFirstBits, row: &[bool], count: u32) -> Layout {
    let mut push = |count: u32| {
        (0..count).for_each(|_| row.iter().for_each(|symbol| bits.push(u32::from(*symbol), 1)));
        bits.take_bytes()
    };
    let (eights, rest) = (count / 8, count % 8);
    let mut layout = layout;
    if eights > 0 {
        layout = layout.bytes(push(8));
    }
    if eights > 1 {
        let length = row.len() as u64;
        layout = layout.repeated(&push(8), length, u64::from(eights - 1) * length);
    }
    layout.bytes(push(rest))
}

/// Two pixels, the second as its difference from the first.
fn push_palette(bits: &mut LsbFirstBits, [first, second]: [[u8; 3]; 2]) {
    let channel = |index: usize| [first[index], second[index].wrapping_sub(first[index])];
    // Green comes first, then red, blue and alpha.
    let channels = [channel(1), channel(0), channel(2), [255, 0]];
    bits.push(0, 1); // no cache of colours
    push_codes(bits, channels);
    for index in 0..2 {
        for symbols in channels.iter().filter(|symbols| symbols[0] != symbols[1]) {
            // The smaller symbol has the code 0.
            bits.push(u32::from(symbols[index] > symbols[1 - index]), 1);
        }
    }
}

/// The codes of the four channels, of one symbol or two, and those of distances, which are not used.
fn push_codes(bits: &mut LsbFirstBits, channels: [[u8; 2]; 4]) {
    for [first, second] in channels.into_iter().chain([[0, 0]]) {
        let is_pair = first != second;
        bits.push(1, 1);
        bits.push(u32::from(is_pair), 1);
        bits.push(1, 1); // a symbol takes eight bits
        bits.push(u32::from(first), 8);
        if is_pair {
            bits.push(u32::from(second), 8);
        }
    }
}
