//! A file as a list of pieces, of which long ones are computed when they are read.

use std::ops::Range;

/// The pieces of a file, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// These bytes.
    Bytes(Box<[u8]>),
    /// A unit again and again, the last one cut off: some bytes, and zeros up to the length of a unit.
    Repeated { start: Box<[u8]>, unit: u64, length: u64 },
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Repeated { length, .. } => *length,
        }
    }

    /// Cuts the piece to a smaller length.
    fn cut(&mut self, to: u64) {
        match self {
            Piece::Bytes(bytes) => *bytes = bytes[..to as usize].into(),
            Piece::Repeated { length, .. } => *length = to,
        }
    }

    /// Appends a range of the piece.
    fn read(&self, range: Range<u64>, into: &mut Vec<u8>) {
        match self {
            Piece::Bytes(bytes) => into.extend_from_slice(&bytes[range.start as usize..range.end as usize]),
            Piece::Repeated { start, unit, .. } => {
                let first = into.len();
                let fill = if *unit == 1 { start[0] } else { 0 };
                into.resize(first + (range.end - range.start) as usize, fill);
                if *unit == 1 {
                    return;
                }
                let out = &mut into[first..];
                let mut at = range.start - range.start % unit;
                while at < range.end {
                    copy_overlap(start, at, out, range.start);
                    at += unit;
                }
            }
        }
    }
}

/// Copies bytes that stand at `at` into a part of the file that begins at `out_at`, as far as they overlap.
fn copy_overlap(bytes: &[u8], at: u64, out: &mut [u8], out_at: u64) {
    let start = at.max(out_at);
    let end = (at + bytes.len() as u64).min(out_at + out.len() as u64);
    if start < end {
        let from = &bytes[(start - at) as usize..(end - at) as usize];
        out[(start - out_at) as usize..(end - out_at) as usize].copy_from_slice(from);
    }
}

impl Layout {
    /// A file of these bytes.
    pub fn of(bytes: Vec<u8>) -> Layout {
        Layout::default().bytes(bytes)
    }

    /// Adds bytes.
    pub fn bytes(mut self, bytes: Vec<u8>) -> Layout {
        self.pieces.push(Piece::Bytes(bytes.into()));
        self
    }

    /// Adds all pieces of another file.
    pub fn followed_by(mut self, other: Layout) -> Layout {
        self.pieces.extend(other.pieces);
        self
    }

    /// Adds a unit that is repeated up to this length: these bytes, and zeros if they are fewer than `unit`.
    pub fn repeated(mut self, start: &[u8], unit: u64, length: u64) -> Layout {
        self.pieces.push(Piece::Repeated { start: start.into(), unit, length });
        self
    }

    /// Adds zeros.
    pub fn zeros(self, length: u64) -> Layout {
        self.repeated(&[], u64::MAX, length)
    }

    /// The length of the file.
    pub fn length(&self) -> u64 {
        self.pieces.iter().map(Piece::length).sum()
    }

    /// How much memory the pieces take, in bytes.
    pub fn memory(&self) -> usize {
        let held = |piece: &Piece| match piece {
            Piece::Bytes(bytes) => bytes.len(),
            Piece::Repeated { start, .. } => start.len(),
        };
        size_of::<Layout>() + self.pieces.iter().map(|piece| size_of::<Piece>() + held(piece)).sum::<usize>()
    }

    /// Cuts the file to this length, or adds zeros up to it.
    pub fn fit(&mut self, length: u64) {
        let mut left = length;
        for piece in &mut self.pieces {
            if piece.length() > left {
                piece.cut(left);
            }
            left -= piece.length();
        }
        if left > 0 {
            self.pieces.push(Piece::Repeated { start: Box::default(), unit: u64::MAX, length: left });
        }
    }

    /// The bytes of a range, as far as the file has them.
    pub fn read(&self, range: Range<u64>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut at = 0;
        for piece in &self.pieces {
            let end = at + piece.length();
            let (from, to) = (range.start.max(at), range.end.min(end));
            if from < to {
                piece.read(from - at..to - at, &mut bytes);
            }
            at = end;
        }
        bytes
    }
}
