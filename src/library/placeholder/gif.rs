//! GIF in two colours. It is padded with a comment.

use super::bits::LsbFirstBits;
use super::drawing::Drawing;
use super::layout::Layout;

/// The code that empties the table of sequences, and the one that ends the picture.
const CLEAR: u32 = 4;
const END: u32 = 5;

/// The most sequences.
const MAX_CODES: u32 = 4096;

/// The longest block of data, with its length in front.
const BLOCK: u64 = 256;

pub fn draw(drawing: &Drawing) -> Layout {
    let sides = [(drawing.width as u16).to_le_bytes(), (drawing.height as u16).to_le_bytes()].concat();
    let start = [&b"GIF89a"[..], &sides, &[0x80, 0, 0], &drawing.picture.colours.concat()].concat();
    let mut rest = [&b","[..], &[0; 4], &sides, &[0, 2]].concat();
    for block in codes(drawing).chunks(255) {
        rest.push(block.len() as u8);
        rest.extend_from_slice(block);
    }
    rest.extend_from_slice(&[0, b';']);
    let missing = drawing.missing(start.len() + rest.len());
    comment(Layout::of(start), missing).bytes(rest)
}

/// Adds a comment of this many bytes, or none if they are too few for one with content.
fn comment(layout: Layout, length: u64) -> Layout {
    let Some(blocks) = length.checked_sub(3).filter(|blocks| *blocks >= 2) else { return layout };
    let (mut whole, mut last) = (blocks / BLOCK * BLOCK, blocks % BLOCK);
    let mut layout = layout.bytes(vec![0x21, 0xfe]);
    if last == 1 {
        // A block of one byte would be an empty one, which ends the comment.
        whole -= BLOCK;
        last = BLOCK - 1;
        layout = layout.bytes(vec![1, 0]);
    }
    layout = layout.repeated(&[255], BLOCK, whole);
    if last > 0 {
        layout = layout.bytes(vec![last as u8 - 1]).zeros(last - 1);
    }
    layout.bytes(vec![0])
}

/// The pixels in LZW: codes for sequences of pixels, each one pixel longer than one before.
fn codes(drawing: &Drawing) -> Vec<u8> {
    let mut longer = vec![[0_u16; 2]; MAX_CODES as usize];
    let (mut bits, mut next, mut width) = (LsbFirstBits::default(), END + 1, 3);
    bits.push(CLEAR, width);
    let mut current = None;
    for y in 0..drawing.height {
        for x in 0..drawing.width {
            let pixel = usize::from(drawing.pixel(x, y));
            let Some(code) = current else {
                current = Some(pixel as u32);
                continue;
            };
            let known = longer[code as usize][pixel];
            if known > 0 {
                current = Some(u32::from(known));
                continue;
            }
            bits.push(code, width);
            if next < MAX_CODES {
                longer[code as usize][pixel] = next as u16;
                width += u32::from(next == 1 << width);
                next += 1;
            }
            current = Some(pixel as u32);
        }
    }
    bits.push(current.unwrap_or_default(), width);
    // The decoder counts a sequence after this code too.
    width += u32::from(next < MAX_CODES && next == 1 << width);
    bits.push(END, width);
    bits.finish()
}
