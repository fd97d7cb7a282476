//! Turns of requests with the same idempotency key, for work that comes before their commands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A turn, which one request has at a time.
pub(super) type Turn = tokio::sync::Mutex<()>;

/// The turns of requests that wait or work, by workspace, scope and key.
#[derive(Debug, Clone, Default)]
pub(super) struct ClaimTurns(Arc<Mutex<HashMap<[String; 3], Weak<Turn>>>>);

impl ClaimTurns {
    /// The turn of the requests with this workspace, scope and key.
    pub(super) fn of(&self, key: [String; 3]) -> Arc<Turn> {
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
