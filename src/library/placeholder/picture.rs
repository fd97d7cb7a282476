//! The picture that an asset shows: eight by eight cells in two colours, the same on both sides, so that assets can be
//! told apart in a gallery.

/// How many cells a row and a column have.
pub const CELLS: u32 = 8;

/// Two colours and a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// The background and the colour of the cells that are set, as red, green and blue.
    pub colours: [[u8; 3]; 2],
    /// The cells that are set, a byte for each row.
    rows: [u8; CELLS as usize],
}

impl Picture {
    /// The picture for a text.
    pub fn of(seed: &str) -> Picture {
        let number = hash(seed);
        let [a, b, c, d, e, f, ..] = number.to_be_bytes();
        // A light background and a dark pattern.
        let colours = [[a, b, c].map(|part| 192 + part / 4), [d, e, f].map(|part| part / 2)];
        let pattern = mixed(number).to_be_bytes();
        Picture { colours, rows: pattern.map(|half| (half & 0xf0) | (half & 0xf0).reverse_bits()) }
    }

    /// Whether a cell is set.
    pub fn cell(&self, column: u32, row: u32) -> bool {
        self.rows[row as usize] >> (CELLS - 1 - column) & 1 == 1
    }
}

/// A number that differs from that of every similar text (FNV-1a, mixed).
pub fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    mixed(text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

/// Spreads what differs between two numbers over all bits (the last step of SplitMix64).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
