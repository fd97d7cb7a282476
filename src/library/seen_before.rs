//! Remembers what was asked for recently. Most things are asked for only once, so callers cache a thing only when it
//! is asked for a second time.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many hashes are remembered.
const MEMORY: usize = 64;

/// The hashes of what was seen recently. If two things have the same hash, the second one is cached a request too
/// early, which does no harm.
#[derive(Debug, Default)]
pub struct SeenBefore(VecDeque<u64>);

impl SeenBefore {
    /// Whether this was seen recently. If not, it is remembered from now on.
    pub fn again(&mut self, thing: &(impl Hash + ?Sized)) -> bool {
        let mut hasher = DefaultHasher::new();
        thing.hash(&mut hasher);
        let hash = hasher.finish();
        let again = self.0.contains(&hash);
        if !again {
            self.0.drain(..(self.0.len() + 1).saturating_sub(MEMORY));
            self.0.push_back(hash);
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_seen_lately_comes_again() {
        let mut seen_before = SeenBefore::default();
        assert_eq!(["a", "b", "a"].map(|thing| seen_before.again(thing)), [false, false, true]);
        (0..MEMORY).for_each(|number| assert!(!seen_before.again(&number)));
        assert!(!seen_before.again("a"));
    }
}
