//! Draws a public id for an asset that is made later.

use super::query::Query;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::edit::collection_of;
use crate::library::store::handle::Store;
use crate::library::store::public_ids::draw_unused;
use crate::random::Rng;

/// Draws an id that nothing has at the caller's provider. Nothing is reserved.
#[derive(Debug)]
pub struct DrawAssetId<'r> {
    /// Makes an id in the vendor's form.
    pub new_id: fn(u128) -> String,
    /// Where the randomness comes from.
    pub rng: &'r Rng,
}

impl Query for DrawAssetId<'_> {
    type Outcome = String;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<String, CommandError> {
        let mut read = store.read().await?;
        let collection = collection_of(&mut read, caller.workspace).await?;
        let draw = || (self.new_id)(self.rng.next_u128());
        Ok(draw_unused(&mut read, collection, caller.provider, draw).await?)
    }
}
