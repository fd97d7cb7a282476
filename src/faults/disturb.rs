//! Writing to the library between two pages of a client's walk, as other clients of a live account do.

use super::Torture;
use crate::fixture::{self, Instant};
use crate::provider::Card;
use crate::providers;
use crate::store::{AssetQuery, Key, ListError, Start, Store, StoreError};

/// Makes an asset in front of what `plan` lists, or removes the first one there. An empty listing stays empty.
pub async fn disturb(
    torture: Torture,
    store: &Store,
    card: &Card,
    key: &Key,
    plan: &AssetQuery,
    entropy: u128,
) -> Result<(), StoreError> {
    let first = AssetQuery { start: Start::Offset(0), limit: 1, counted: false, project: None, ..plan.clone() };
    let listed = store.list(card.name, &key.workspace, &first).await.map_err(|error| match error {
        ListError::Database(error) => StoreError::Database(error),
        ListError::NoSuchProject => StoreError::missing("project", ""),
        ListError::Outdated => StoreError::missing("key", &key.key),
    })?;
    let Some(first) = listed.assets.into_iter().next() else { return Ok(()) };
    let mut write = store.write(providers::names()).await?;
    if torture == Torture::Remove {
        write.remove_assets(&key.workspace, &[first.id]).await?;
    } else {
        let ids = providers::ALL.iter().map(|provider| provider.mint(entropy, first.created_at)).collect();
        // A moment newer, and otherwise the same, so that whatever filter lists the one lists the other.
        let newer = Instant(first.created_at.saturating_add(1));
        let twin = fixture::Asset { created_at: newer, told: None, ..fixture::Asset::from(first) };
        write.add_assets(&key.workspace, vec![(twin, ids)]).await?;
    }
    write.commit().await
}
