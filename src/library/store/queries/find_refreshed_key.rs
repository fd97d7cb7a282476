//! Finds the key that a refresh token belongs to.

use super::query::Query;
use crate::library::key::Key;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::handle::Store;

/// Finds the key of the caller's provider that has this refresh token.
#[derive(Debug)]
pub struct FindRefreshedKey {
    /// The refresh token.
    pub token: String,
}

impl Query for FindRefreshedKey {
    type Outcome = Option<Key>;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<Option<Key>, CommandError> {
        Ok(store.read().await?.key_refreshed_by(caller.provider, &self.token).await?)
    }
}
