//! Lossless WebP in two colours. It is padded with a chunk that decoders skip.

use super::bits::LsbFirstBits;
use super::drawing::Drawing;
use super::layout::Layout;

/// The longest file: its length is written in 32 bits and is even.
const MAX_LENGTH: u64 = u32::MAX as u64 - 1;

pub fn draw(drawing: &Drawing) -> Layout {
    let mut picture = pixels(drawing);
    let data = picture.len() as u32;
    picture.resize(picture.len().next_multiple_of(2), 0);
    let [w0, w1, w2, _] = (drawing.width - 1).to_le_bytes();
    let [h0, h1, h2, _] = (drawing.height - 1).to_le_bytes();
    let chunks =
        [&b"WEBPVP8X\x0a\0\0\0\0\0\0\0"[..], &[w0, w1, w2, h0, h1, h2], &b"VP8L"[..], &data.to_le_bytes(), &picture]
            .concat();
    let least = 8 + chunks.len() as u64;
    // A chunk has a head of eight bytes, and an even length. An odd file ends with a byte of its own.
    let wanted = drawing.size.unwrap_or_default().min(MAX_LENGTH);
    let padding = wanted.saturating_sub(least) & !1;
    let padding = if padding < 8 { 0 } else { padding };
    let length = (least - 8 + padding) as u32;
    let layout = Layout::of([&b"RIFF"[..], &length.to_le_bytes(), &chunks].concat());
    if padding == 0 {
        return layout;
    }
    layout.bytes([&b"PADD"[..], &(padding as u32 - 8).to_le_bytes()].concat()).zeros(padding - 8)
}

/// The picture in the lossless format: a palette, and eight pixels as one symbol.
fn pixels(drawing: &Drawing) -> Vec<u8> {
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
    for y in 0..drawing.height {
        // The pixels of a symbol have the same colour.
        (0..drawing.width).step_by(8).for_each(|x| bits.push(u32::from(drawing.pixel(x, y)), 1));
    }
    bits.finish()
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
