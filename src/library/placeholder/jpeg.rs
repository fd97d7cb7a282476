//! JPEG whose blocks of sixteen by sixteen pixels have one colour each. It is padded with comments, and with zeros after
//! its end where it would need too many.

use super::bits::MsbFirstBits;
use super::drawing::Drawing;
use super::layout::Layout;

/// The longest segment after its marker, length included, and with the marker.
const MAX_SEGMENT: u64 = 65535;
const MAX_COMMENT: u64 = MAX_SEGMENT + 2;

/// The shortest comment: marker and length.
const MIN_COMMENT: u64 = 4;

/// The most comments of the greatest length. `file` gives up on files with more than some thirty to fifty segments, while
/// all decoders ignore what follows the end of the picture.
const MAX_COMMENTS: u64 = 16;

/// Quantization, the same for all coefficients: eight times the mean of a block is its first coefficient.
const QUANTIZATION: u8 = 8;

pub fn draw(drawing: &Drawing) -> Layout {
    let start = [&b"\xff\xd8"[..], &segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")].concat();
    let rest = [header(drawing), blocks(drawing), b"\xff\xd9".to_vec()].concat();
    let missing = drawing.missing(start.len() + rest.len()).min(MAX_COMMENTS * MAX_COMMENT);
    comments(Layout::of(start), missing).bytes(rest)
}

/// Adds this many bytes of comments, or none if they are too few for one.
fn comments(layout: Layout, length: u64) -> Layout {
    if length < MIN_COMMENT {
        return layout;
    }
    let mut last = length % MAX_COMMENT;
    let (mut whole, mut layout) = (length - last, layout);
    if (1..MIN_COMMENT).contains(&last) {
        // The last comment would be too short, so it takes over some of a whole one.
        whole -= MAX_COMMENT;
        last += MAX_COMMENT - MIN_COMMENT;
        layout = layout.bytes(vec![0xff, 0xfe, 0, 2]);
    }
    layout = layout.repeated(&[0xff, 0xfe, 0xff, 0xff], MAX_COMMENT, whole);
    if last == 0 {
        return layout;
    }
    let [high, low] = ((last - 2) as u16).to_be_bytes();
    layout.bytes(vec![0xff, 0xfe, high, low]).zeros(last - MIN_COMMENT)
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let [high, low] = (data.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker, high, low], data].concat()
}

/// The tables. The codes of first coefficients have lengths from 1 to 9; of the others there is only "no more".
fn header(drawing: &Drawing) -> Vec<u8> {
    let ([h1, h0], [w1, w0]) = ((drawing.height as u16).to_be_bytes(), (drawing.width as u16).to_be_bytes());
    let quantization = [&[0][..], &[QUANTIZATION; 64]].concat();
    // Three components: luma at full, both chromas at half the resolution.
    let frame = [8, h1, h0, w1, w0, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0];
    let first = [&[0x00][..], &[1; 9], &[0; 7], &[0, 1, 2, 3, 4, 5, 6, 7, 8]].concat();
    let others = [&[0x10, 1][..], &[0; 15], &[0]].concat();
    [
        segment(0xdb, &quantization),
        segment(0xc0, &frame),
        segment(0xc4, &first),
        segment(0xc4, &others),
        segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
    ]
    .concat()
}

fn blocks(drawing: &Drawing) -> Vec<u8> {
    let colours = drawing.picture.colours.map(coefficients);
    let mut bits = MsbFirstBits::default();
    let mut before = [0; 3];
    for y in (0..drawing.height).step_by(16) {
        for x in (0..drawing.width).step_by(16) {
            let colour = colours[usize::from(drawing.pixel(x, y))];
            if colour == before {
                // A difference of zero takes two bits, and a block has six.
                bits.push(0, 12);
                continue;
            }
            push_coefficient(&mut bits, colour[0] - before[0]);
            (0..3).for_each(|_| push_coefficient(&mut bits, 0));
            push_coefficient(&mut bits, colour[1] - before[1]);
            push_coefficient(&mut bits, colour[2] - before[2]);
            before = colour;
        }
    }
    let bytes = bits.finish(true);
    bytes.into_iter().flat_map(|byte| [Some(byte), (byte == 0xff).then_some(0)]).flatten().collect()
}

/// A block with the difference of its first coefficient to that of the block before, and no others.
fn push_coefficient(bits: &mut MsbFirstBits, difference: i32) {
    let size = 32 - difference.unsigned_abs().leading_zeros();
    // As many ones as the size says, and a zero.
    bits.push((1 << (size + 1)) - 2, size + 1);
    let value = if difference < 0 { difference - 1 } else { difference };
    bits.push(value as u32, size);
    bits.push(0, 1);
}

/// Luma and chroma around zero (ITU-T T.871).
fn coefficients([r, g, b]: [u8; 3]) -> [i32; 3] {
    let [r, g, b] = [r, g, b].map(f64::from);
    let y = 0.299 * r + 0.587 * g + 0.114 * b;
    [y - 128.0, (b - y) / 1.772, (r - y) / 1.402].map(|value| value.round().clamp(-128.0, 127.0) as i32)
}
