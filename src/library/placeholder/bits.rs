//! Writes numbers of any width in bits, in the two orders that formats use.

/// Bits from the highest of each byte on, as in JPEG and H.264.
#[derive(Debug, Default)]
pub struct MsbFirstBits {
    bytes: Vec<u8>,
    held: u64,
    count: u32,
}

impl MsbFirstBits {
    /// Appends the low `width` bits of a number, at most 32.
    pub fn push(&mut self, number: u32, width: u32) {
        self.held = (self.held << width) | (u64::from(number) & ((1 << width) - 1));
        self.count += width;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.held >> self.count) as u8);
        }
    }

    /// The bytes. What is left of the last one is filled with ones or zeros.
    pub fn finish(mut self, with_ones: bool) -> Vec<u8> {
        if self.count > 0 {
            let left = 8 - self.count;
            self.push(if with_ones { 0xff } else { 0 }, left);
        }
        self.bytes
    }
}

/// Bits from the lowest of each byte on, as in GIF and WebP.
#[derive(Debug, Default)]
pub struct LsbFirstBits {
    bytes: Vec<u8>,
    held: u64,
    count: u32,
}

impl LsbFirstBits {
    /// Appends the low `width` bits of a number, at most 32.
    pub fn push(&mut self, number: u32, width: u32) {
        self.held |= (u64::from(number) & ((1 << width) - 1)) << self.count;
        self.count += width;
        while self.count >= 8 {
            self.bytes.push(self.held as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// Takes out the bytes that are whole.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// The bytes. What is left of the last one is zeros.
    pub fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.push(0, 8 - self.count);
        }
        self.bytes
    }
}
