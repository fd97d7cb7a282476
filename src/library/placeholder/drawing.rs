//! What a file is to look like: its picture, the size of it in pixels, and the length of the file.

use super::picture::{CELLS, Picture};

/// The widest and highest picture that is drawn. Larger ones are drawn at this width or height.
const MAX_SIDE: i64 = 8192;

/// The width and height of pictures where an asset has none.
const DEFAULT_SIDES: [u32; 2] = [640, 480];

/// What a file is to look like.
pub struct Drawing {
    /// The picture.
    pub picture: Picture,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The length to pad to, in bytes.
    pub size: Option<u64>,
}

impl Drawing {
    /// A picture of this width and height, as far as they can be drawn.
    pub fn of(seed: &str, sides: [Option<i64>; 2], size: Option<u64>) -> Drawing {
        let side = |index: usize| match sides[index] {
            Some(side) if side > 0 => side.min(MAX_SIDE) as u32,
            _ => DEFAULT_SIDES[index],
        };
        Drawing { picture: Picture::of(seed), width: side(0), height: side(1), size }
    }

    /// Whether a pixel is in the second colour.
    pub fn pixel(&self, x: u32, y: u32) -> bool {
        self.picture.cell(x * CELLS / self.width, y * CELLS / self.height)
    }

    /// The widths of the columns of cells, in pixels. In narrow pictures, some are zero.
    pub fn column_widths(&self) -> [u32; CELLS as usize] {
        parts(self.width)
    }

    /// The heights of the rows of cells, in pixels. In low pictures, some are zero.
    pub fn row_heights(&self) -> [u32; CELLS as usize] {
        parts(self.height)
    }

    /// How many bytes of padding a file of this length needs.
    pub fn missing(&self, length: usize) -> u64 {
        self.size.unwrap_or_default().saturating_sub(length as u64)
    }
}

/// The lengths of the cells along a side.
fn parts(side: u32) -> [u32; CELLS as usize] {
    let start = |cell: usize| (cell as u32 * side).div_ceil(CELLS);
    std::array::from_fn(|cell| start(cell + 1) - start(cell))
}
