//! One at a time for the same thing, in the order in which they came; different things do not wait for each other.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use tokio::sync::OwnedMutexGuard;

use super::lock;

/// Above so many entries, those that a request left behind when it was dropped are looked for.
const MANY: usize = 1024;

/// Who reads what at the moment, by the hash of the thing.
#[derive(Debug, Default)]
pub struct Turns(Mutex<HashMap<u64, Arc<tokio::sync::Mutex<()>>>>);

/// The turn to read a thing, until it is dropped.
#[derive(Debug)]
pub struct Turn<'t> {
    turns: &'t Turns,
    hash: u64,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for those who came before with the same thing.
    pub async fn take(&self, thing: &impl Hash) -> Turn<'_> {
        let mut hasher = DefaultHasher::new();
        thing.hash(&mut hasher);
        let hash = hasher.finish();
        let mutex = {
            let mut turns = lock(&self.0);
            if turns.len() > MANY {
                turns.retain(|_, mutex| Arc::strong_count(mutex) > 1);
            }
            turns.entry(hash).or_default().clone()
        };
        Turn { turns: self, hash, held: Some(mutex.lock_owned().await) }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = lock(&self.turns.0);
        self.held = None;
        if turns.get(&self.hash).is_some_and(|mutex| Arc::strong_count(mutex) == 1) {
            turns.remove(&self.hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn the_same_thing_is_waited_for_and_another_is_not() {
        let turns = Turns::default();
        let first = turns.take(&"a").await;
        assert!(turns.take(&"b").now_or_never().is_some());
        let mut second = Box::pin(turns.take(&"a"));
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        drop(second.await);
        assert!(lock(&turns.0).is_empty());
    }
}
