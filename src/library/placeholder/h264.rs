//! Video in H.264 (ITU-T H.264, baseline profile): a picture of one colour, and pictures that repeat it.

use super::bits::MsbFirstBits;
use super::drawing::Drawing;

/// Quantization: a luma level is worth five steps of brightness then, and a chroma level five and a half.
const QP: i32 = 42;

/// How far the levels of a colour go from zero. Larger ones would need another form of code.
const MAX_LEVEL: i32 = 8;

/// Levels (table A-1): their number, and how many macroblocks a picture may have.
const LEVELS: [(u32, u32); 4] = [(30, 1620), (40, 8192), (51, 36864), (62, 139_264)];

/// What a decoder must know beforehand: a sequence and a picture parameter set.
pub struct ParameterSets {
    pub sequence: Vec<u8>,
    pub picture: Vec<u8>,
}

/// Width and height in macroblocks of sixteen by sixteen pixels.
fn macroblocks(drawing: &Drawing) -> (u32, u32) {
    (drawing.width.div_ceil(16), drawing.height.div_ceil(16))
}

pub fn parameter_sets(drawing: &Drawing) -> ParameterSets {
    let (columns, rows) = macroblocks(drawing);
    let level = LEVELS.iter().find(|(_, most)| columns * rows <= *most).map_or(62, |(level, _)| *level);
    let mut sps = Bits::default();
    // Constrained baseline profile.
    [(66, 8), (0xc0, 8), (level, 8)].into_iter().for_each(|(number, width)| sps.0.push(number, width));
    // Its id, frame numbers of four bits, pictures in order of display, one reference picture.
    [0, 0, 2, 1].into_iter().for_each(|number| sps.unsigned(number));
    sps.0.push(0, 1);
    sps.unsigned(columns - 1);
    sps.unsigned(rows - 1);
    sps.0.push(0b11, 2); // whole frames
    // What is cut off at the right and at the bottom, in units of two pixels.
    let cut = [(columns * 16 - drawing.width) / 2, (rows * 16 - drawing.height) / 2];
    sps.0.push(1, 1);
    [0, cut[0], 0, cut[1]].into_iter().for_each(|number| sps.unsigned(number));
    sps.0.push(0, 1);

    let mut pps = Bits::default();
    pps.unsigned(0);
    pps.unsigned(0);
    pps.0.push(0, 2); // codes of variable length
    (0..3).for_each(|_| pps.unsigned(0)); // one slice group, one reference picture
    pps.0.push(0, 3);
    pps.signed(QP - 26);
    pps.signed(0);
    pps.signed(0);
    pps.0.push(0b100, 3); // slices say how they are deblocked
    ParameterSets { sequence: sps.unit(0x67), picture: pps.unit(0x68) }
}

/// The first picture: a macroblock with the colour, and others that continue it.
pub fn first_picture(drawing: &Drawing) -> Vec<u8> {
    let (columns, rows) = macroblocks(drawing);
    let mut bits = Bits::default();
    [0, 7, 0].into_iter().for_each(|number| bits.unsigned(number)); // an intra slice
    bits.0.push(0, 4); // frame number
    bits.unsigned(0);
    bits.0.push(0, 2);
    bits.signed(0);
    bits.unsigned(1); // no deblocking
    let [y, cb, cr] = levels(drawing.picture.colours[1]);
    // Intra 16x16, predicted from the mean of its neighbours, with the first coefficients of luma and chroma.
    bits.unsigned(7);
    bits.unsigned(0);
    bits.signed(0);
    bits.coefficient(y, (1, 1), (0b000101, 6));
    bits.coefficient(cb, (1, 2), (0b000111, 6));
    bits.coefficient(cr, (1, 2), (0b000111, 6));
    for _ in 1..columns * rows {
        // The same without coefficients.
        bits.0.push(0b0010_0111, 8);
    }
    bits.unit(0x65)
}

/// A later picture, which skips all macroblocks and so repeats the one before.
pub fn repeated_picture(drawing: &Drawing, number: u32) -> Vec<u8> {
    let (columns, rows) = macroblocks(drawing);
    let mut bits = Bits::default();
    [0, 5, 0].into_iter().for_each(|number| bits.unsigned(number)); // a predicted slice
    bits.0.push(number % 16, 4);
    bits.0.push(0, 3);
    bits.signed(0);
    bits.unsigned(1); // no deblocking
    bits.unsigned(columns * rows);
    bits.unit(0x41)
}

/// The levels of luma and chroma that come closest to a colour. A level of one would need another form of code.
fn levels([r, g, b]: [u8; 3]) -> [i32; 3] {
    let [r, g, b] = [r, g, b].map(f64::from);
    let y = 0.299 * r + 0.587 * g + 0.114 * b;
    let steps = [(y - 128.0) / 5.0, (b - y) / 1.772 / 5.5, (r - y) / 1.402 / 5.5];
    steps.map(|steps| match steps.round().clamp(f64::from(-MAX_LEVEL), f64::from(MAX_LEVEL)) as i32 {
        -1..=1 => 0,
        level => level,
    })
}

/// Bits with the codes of H.264.
#[derive(Default)]
struct Bits(MsbFirstBits);

impl Bits {
    /// An unsigned Exp-Golomb code.
    fn unsigned(&mut self, number: u32) {
        let width = 32 - (number + 1).leading_zeros();
        self.0.push(0, width - 1);
        self.0.push(number + 1, width);
    }

    /// A signed Exp-Golomb code.
    fn signed(&mut self, number: i32) {
        self.unsigned(if number > 0 { number as u32 * 2 - 1 } else { number.unsigned_abs() * 2 });
    }

    /// A block whose first coefficient alone may be set: the codes (bits and their number) for none and for one
    /// coefficient, then its level, then that no zeros precede it.
    fn coefficient(&mut self, level: i32, none: (u32, u32), one: (u32, u32)) {
        if level == 0 {
            return self.0.push(none.0, none.1);
        }
        self.0.push(one.0, one.1);
        // Levels of one have a code of their own, so codes begin with two.
        let zeros = level.unsigned_abs() * 2 - 4 + u32::from(level < 0);
        self.0.push(1, zeros + 1);
        self.0.push(1, 1);
    }

    /// A unit of the stream: its type, and the bits with a one at the end. A byte of three keeps what looks like the
    /// beginning of a unit from being taken for one.
    fn unit(mut self, kind: u8) -> Vec<u8> {
        self.0.push(1, 1);
        let (mut unit, mut zeros) = (vec![kind], 0);
        for byte in self.0.finish(false) {
            if zeros == 2 && byte <= 3 {
                unit.push(3);
                zeros = 0;
            }
            unit.push(byte);
            zeros = if byte == 0 { zeros + 1 } else { 0 };
        }
        unit
    }
}
