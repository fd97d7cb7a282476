//! Randomness. The generator is passed in as an argument, so that with `--seed` the same requests get the same ids. All
//! random numbers come from this module, except the keys of TLS, which come from the operating system
//! ([`crate::http::connection::tls`]).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ring::rand::{SecureRandom, SystemRandom};

/// A secret key from the operating system.
pub fn secret() -> [u8; 32] {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).expect("operating systems do not run out of random bytes");
    bytes
}

/// A random number generator: SplitMix64. Its algorithm is fixed, so a seed gives the same sequence in every version,
/// and its state is one integer, so it needs no lock. Its numbers can be predicted: do not use it for secrets.
#[derive(Debug)]
pub struct Rng(AtomicU64);

impl Rng {
    /// A generator that gives the same sequence for the same seed.
    pub fn seeded(seed: u64) -> Rng {
        Rng(AtomicU64::new(seed))
    }

    /// A generator with a seed from the operating system: a different sequence each time.
    pub fn from_system() -> Rng {
        Rng::seeded(RandomState::new().build_hasher().finish())
    }

    /// A generator whose seed is a hash of `name` (FNV-1a): the same sequence for the same name on every platform.
    pub fn named(name: &str) -> Rng {
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Rng::seeded(hash)
    }

    /// The next 64 random bits.
    pub fn next_u64(&self) -> u64 {
        // The constants are those of the published SplitMix64. The state advances in one atomic addition, so two
        // threads never get the same number; no other memory depends on it, so `Relaxed` is enough.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next 128 random bits.
    pub fn next_u128(&self) -> u128 {
        u128::from(self.next_u64()) << 64 | u128::from(self.next_u64())
    }

    /// A number from 0 up to, but not including, 1.
    pub fn fraction(&self) -> f64 {
        // 53 bits, because that is the precision of an `f64`.
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from 0 to `end` - 1. `end` must not be 0.
    pub fn below(&self, end: u64) -> u64 {
        self.next_u64() % end
    }
}

/// `prefix` and then `length` characters of `alphabet`, for the vendors' opaque ids. The characters are the digits of
/// `entropy` in base `alphabet.len()`.
pub fn random_id(prefix: &str, mut entropy: u128, length: usize, alphabet: &[u8]) -> String {
    // A division of 128 bits is slow, so one of them takes off as many digits as fit into 64 bits.
    let base = alphabet.len() as u64;
    let digits = u64::MAX.ilog(base);
    let chunk = u128::from(base.pow(digits));
    let length = prefix.len() + length;
    let mut text = String::with_capacity(length);
    text.push_str(prefix);
    while text.len() < length {
        let mut word = (entropy % chunk) as u64;
        entropy /= chunk;
        for _ in 0..(digits as usize).min(length - text.len()) {
            text.push(char::from(alphabet[(word % base) as usize]));
            word /= base;
        }
    }
    text
}

/// Decimal digits.
pub const DIGITS: &[u8] = b"0123456789";
/// Lower-case hexadecimal digits.
pub const HEX: &[u8] = b"0123456789abcdef";
/// Decimal digits and lower-case letters.
pub const ALPHANUMERIC: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bits_as_the_published_splitmix64() {
        let rng = Rng::seeded(1_234_567);
        assert_eq!(rng.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn fractions_lie_between_0_and_1_and_are_spread_evenly() {
        let rng = Rng::seeded(7);
        let drawn: Vec<_> = (0..10_000).map(|_| rng.fraction()).collect();
        assert!(drawn.iter().all(|number| (0.0..1.0).contains(number)));
        let mean = drawn.iter().sum::<f64>() / 10_000.0;
        assert!((0.49..0.51).contains(&mean), "{mean}");
    }
}
