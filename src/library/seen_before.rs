//! Tells what was asked for lately from what is asked for the first time, which is not worth keeping: most of it never comes
//! again.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many things are remembered.
const MEMORY: usize = 64;

/// What was seen once, lately. Only hashes are kept: of two things with the same, the later seems to come again.
#[derive(Debug, Default)]
pub struct SeenBefore(VecDeque<u64>);

impl SeenBefore {
    /// Whether this was seen before; from now on it was.
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
