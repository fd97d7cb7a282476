//! GIF in two colours. It is padded with a comment.

use super::drawing::Drawing;
use super::layout::Layout;
use super::lzw::LzwEncoder;

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

/// The compressed pixels.
fn codes(drawing: &Drawing) -> Vec<u8> {
    let mut encoder = LzwEncoder::new();
    for (row, height) in (0..).zip(drawing.row_heights()) {
        for _ in 0..height {
            for (column, width) in (0..).zip(drawing.column_widths()) {
                encoder.push(drawing.picture.cell(column, row), width);
            }
        }
    }
    encoder.finish()
}
