//! CRC-32 as in PNG, where the checksum of zeros is computed from their number.

/// The polynomial, lowest power first.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// x to the power of 0 and 1, lowest power first.
const ONE: u32 = 1 << 31;
const X: u32 = 1 << 30;

/// A checksum under way.
#[derive(Debug, Clone, Copy)]
pub struct Crc(u32);

impl Crc {
    /// The checksum of these bytes.
    pub fn of(bytes: &[u8]) -> Crc {
        let step = |crc: u32, byte: &u8| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 })
        };
        Crc(bytes.iter().fold(u32::MAX, step))
    }

    /// Appends zeros. Each multiplies the state by x^8, so any number of them takes a few multiplications.
    pub fn zeros(self, count: u64) -> Crc {
        let (mut power, mut square, mut left) = (ONE, X, u128::from(count) * 8);
        while left > 0 {
            if left & 1 == 1 {
                power = product(power, square);
            }
            square = product(square, square);
            left >>= 1;
        }
        Crc(product(power, self.0))
    }

    /// The value that is stored.
    pub fn value(self) -> u32 {
        !self.0
    }
}

/// The product of two polynomials modulo [`POLYNOMIAL`].
fn product(a: u32, mut b: u32) -> u32 {
    let mut sum = 0;
    for power in (0..32).rev() {
        if a >> power & 1 == 1 {
            sum ^= b;
        }
        b = (b >> 1) ^ if b & 1 == 1 { POLYNOMIAL } else { 0 };
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_counted_and_not_read() {
        assert_eq!(Crc::of(b"123456789").value(), 0xcbf4_3926);
        for count in [0, 1, 2, 7, 100, 4097] {
            let whole = [b"paDd".to_vec(), vec![0; count]].concat();
            assert_eq!(Crc::of(b"paDd").zeros(count as u64).value(), Crc::of(&whole).value(), "{count}");
        }
    }
}
