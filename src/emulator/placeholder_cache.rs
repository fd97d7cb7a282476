//! Placeholders that were read lately, since clients read one file in many ranges.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::library::placeholder::Placeholder;

/// The most bytes of all cached placeholders together. The largest is a JPEG of 400 kilobytes.
const MAX_BYTES: usize = 1 << 20;

/// A small cache of placeholders. The oldest are evicted first.
#[derive(Debug, Default)]
pub struct PlaceholderCache(Mutex<VecDeque<(u64, Arc<Placeholder>)>>);

impl PlaceholderCache {
    /// The cached placeholder with this key.
    pub fn get(&self, key: u64) -> Option<Arc<Placeholder>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().find(|(other, _)| *other == key).map(|(_, placeholder)| placeholder.clone())
    }

    /// Caches a placeholder, unless it is larger than the cache or was cached meanwhile by another request.
    pub fn keep(&self, key: u64, placeholder: Arc<Placeholder>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if placeholder.memory() > MAX_BYTES || held.iter().any(|(other, _)| *other == key) {
            return;
        }
        held.push_back((key, placeholder));
        let mut bytes: usize = held.iter().map(|(_, placeholder)| placeholder.memory()).sum();
        while bytes > MAX_BYTES {
            bytes -= held.pop_front().map_or(bytes, |(_, oldest)| oldest.memory());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::placeholder::PlaceholderFields;

    /// A JPEG takes the more memory the wider it is.
    fn of_width(width: i64) -> Arc<Placeholder> {
        let (mime_type, width, height) = (Some("image/jpeg"), Some(width), Some(8192));
        Arc::new(Placeholder::of(&PlaceholderFields { seed: "a", mime_type, width, height, size_bytes: None }))
    }

    #[test]
    fn the_oldest_are_evicted_and_none_is_held_twice() {
        let (cache, large) = (PlaceholderCache::default(), of_width(8192));
        assert!(large.memory() > MAX_BYTES / 3 && large.memory() <= MAX_BYTES, "{}", large.memory());
        cache.keep(1, large.clone());
        let (again, small) = (Arc::new((*large).clone()), of_width(8));
        cache.keep(1, again);
        cache.keep(2, small.clone());
        assert!(cache.get(1).is_some_and(|held| Arc::ptr_eq(&held, &large)), "the first is kept");
        for key in 3..6 {
            cache.keep(key, large.clone());
        }
        assert_eq!([1, 2, 5].map(|key| cache.get(key).is_some()), [false, false, true]);
    }
}
