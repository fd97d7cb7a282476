//! Turns of requests with the same idempotency key, for work that comes before their commands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

/// A turn, which one request has at a time.
type Turn = tokio::sync::Mutex<()>;

/// The turns of requests that wait or work, by workspace, scope and key.
#[derive(Debug, Clone, Default)]
pub(super) struct ClaimTurns(Arc<Mutex<HashMap<[String; 3], Weak<Turn>>>>);

impl ClaimTurns {
    /// Waits until no other request with this workspace, scope and key has the turn, and takes it until the guard is
    /// dropped. `None` if that takes longer than `longest`.
    pub(super) async fn take(&self, key: [String; 3], longest: Duration) -> Option<OwnedMutexGuard<()>> {
        timeout(longest, self.of(key).lock_owned()).await.ok()
    }

    fn of(&self, key: [String; 3]) -> Arc<Turn> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(&key).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.insert(key, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_waits_for_one_with_an_equal_key_but_not_for_ever() {
        const SHORT: Duration = Duration::from_millis(20);
        const LONG: Duration = Duration::from_secs(60);
        let turns = ClaimTurns::default();
        let key = |key: &str| ["ws_a", "upload", key].map(str::to_owned);
        let first = turns.take(key("a"), LONG).await.expect("nobody has the turn");
        assert!(turns.take(key("b"), LONG).await.is_some(), "another key has another turn");
        assert!(turns.take(key("a"), SHORT).await.is_none(), "the first request still has the turn");
        let second = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take(key("a"), LONG).await.is_some() }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(second.await.expect("it does not panic"), "the second request gets the turn of the first");
    }
}
