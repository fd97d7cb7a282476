//! LZW as in GIF, for pixels of two colours: codes for sequences of pixels, each one pixel longer than one before. Pixels
//! come in runs of one colour, so that a picture takes as many steps as it has runs and not as it has pixels.

use super::bits::LsbFirstBits;

/// The code that empties the table of sequences, and the one that ends the picture.
const CLEAR: u32 = 4;
const END: u32 = 5;

/// The most codes.
const MAX_CODES: usize = 4096;

/// Encodes runs of pixels. Each code is that of the longest sequence that is known.
#[derive(Debug)]
pub struct LzwEncoder {
    bits: LsbFirstBits,
    /// How many bits the next code has.
    width: u32,
    /// The sequences by their codes.
    sequences: Vec<Sequence>,
    /// The codes of sequences of which each is the one before and another pixel of the same colour. The first two chains
    /// are those of sequences in one colour alone.
    chains: Vec<Vec<u16>>,
    /// The code of the pixels that are not written yet.
    current: Option<u16>,
}

/// A sequence of pixels that has a code.
#[derive(Debug, Clone, Copy, Default)]
struct Sequence {
    /// The colour of the last pixel.
    colour: bool,
    /// Where its code is: in which chain, and where there.
    chain: usize,
    place: usize,
    /// The chain of the sequences that are this one and then pixels of the other colour.
    other: Option<usize>,
}

impl LzwEncoder {
    pub fn new() -> LzwEncoder {
        let of_one_pixel = |colour| Sequence { colour, chain: usize::from(colour), ..Sequence::default() };
        // Some codes of colours are not used, and two have another meaning.
        let mut sequences = vec![Sequence::default(); END as usize + 1];
        sequences[0] = of_one_pixel(false);
        sequences[1] = of_one_pixel(true);
        let mut bits = LsbFirstBits::default();
        bits.push(CLEAR, 3);
        LzwEncoder { bits, width: 3, sequences, chains: vec![vec![0], vec![1]], current: None }
    }

    /// Appends pixels of one colour.
    pub fn push(&mut self, colour: bool, pixels: u32) {
        let mut left = pixels as usize;
        // After a code is written, at least one pixel is taken.
        while left > 0 {
            let longer = self.longer(colour);
            let taken = longer.len().min(left);
            if taken > 0 {
                self.current = Some(longer[taken - 1]);
                left -= taken;
            } else {
                self.write_current(colour);
            }
        }
    }

    /// The codes of the current sequence and one, two, three and more pixels of a colour, as far as they are known.
    fn longer(&self, colour: bool) -> &[u16] {
        let Some(code) = self.current else { return &self.chains[usize::from(colour)] };
        let Sequence { colour: last, chain, place, other } = self.sequences[usize::from(code)];
        match other {
            _ if last == colour => &self.chains[chain][place + 1..],
            Some(chain) => &self.chains[chain],
            None => &[],
        }
    }

    /// Writes the current code. The sequence with the pixel after it gets a code of its own.
    fn write_current(&mut self, next_colour: bool) {
        let Some(code) = self.current.take() else { return };
        self.bits.push(code.into(), self.width);
        let new = self.sequences.len();
        if new == MAX_CODES {
            return;
        }
        self.width += u32::from(new == 1 << self.width);
        let Sequence { colour, chain, .. } = self.sequences[usize::from(code)];
        let chain = if colour == next_colour {
            chain
        } else {
            let chain = self.chains.len();
            self.chains.push(Vec::new());
            self.sequences[usize::from(code)].other = Some(chain);
            chain
        };
        let place = self.chains[chain].len();
        self.chains[chain].push(new as u16);
        self.sequences.push(Sequence { colour: next_colour, chain, place, other: None });
    }

    /// The bytes.
    pub fn finish(mut self) -> Vec<u8> {
        // A decoder counts a sequence after the last code too, whatever its pixel would be.
        self.write_current(false);
        self.bits.push(END, self.width);
        self.bits.finish()
    }
}
