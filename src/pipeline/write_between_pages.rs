//! A paging fault that changes the library between two pages, as other clients of a live account do.

use std::sync::Arc;

use crate::contract::asset_list::AssetList;
use crate::emulator::app::App;
use crate::emulator::cache::KeyCache;
use crate::emulator::faults::PagingFault;
use crate::library::asset::Asset;
use crate::library::model::Instant;
use crate::library::selection::{AssetQuery, Selection, Start};
use crate::library::store::{ListError, StoreError};
use crate::providers;

/// Inserts an asset before the first one that `plan` lists, or removes the first one, as `fault` says. An empty listing
/// stays empty.
pub async fn write_between_pages(
    fault: PagingFault,
    app: &App,
    list: &AssetList,
    entry: &Arc<KeyCache>,
    plan: &AssetQuery,
) -> Result<(), ListError> {
    let selection = Selection { project: None, ..plan.selection.clone() };
    let first = AssetQuery { selection, start: Start::Offset(0), overlap: false, limit: 1, counted: false };
    let listed = app.cache.page(&app.store, list, entry, None, |_| Ok::<_, ListError>(first.clone())).await?;
    match listed.page.rows.first() {
        Some(first) => write(fault, app, &entry.key.workspace, &first.id).await.or_else(not_written),
        None => Ok(()),
    }
}

async fn write(fault: PagingFault, app: &App, workspace: &str, first: &str) -> Result<(), StoreError> {
    let names = providers::names();
    if fault == PagingFault::Remove {
        let mut write = app.store.write_to(workspace, names).await?;
        write.remove_assets(workspace, &[first.to_owned()]).await?;
        return write.commit().await;
    }
    let first = app.store.asset(workspace, first, &names).await?;
    let mut write = app.store.write_to(workspace, names).await?;
    let entropy = app.rng.next_u128();
    // A microsecond newer and otherwise equal to the first asset, so that it passes the same filters.
    let newer = Instant(first.created_at.0.saturating_add(1));
    let ids = providers::ALL.iter().map(|provider| provider.new_asset_id(entropy, first.created_at.0)).collect();
    let copy = Asset { created_at: newer, imported_from: None, ids: Default::default(), ..first };
    write.add_assets(workspace, vec![(copy, ids)]).await?;
    write.commit().await
}

/// Ignores that the asset or its workspace is missing or taken: then another client has changed the listing since it
/// was read, which is what the fault is for.
fn not_written(error: StoreError) -> Result<(), ListError> {
    match error {
        StoreError::Database(error) => Err(ListError::Database(error)),
        StoreError::Replaced(error) => Err(ListError::Database(sqlx::Error::Io(std::io::Error::other(error)))),
        StoreError::Missing(_) | StoreError::Taken { .. } | StoreError::InUse { .. } => Ok(()),
    }
}
