//! The public ids of one provider in a collection: which are in use, and the search for one that is not.

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::error::StoreError;

/// How many ids are drawn at most. With a seed and a database file, a server that is started again draws the ids of its
/// earlier runs again, so this is how often it can be started.
const DRAWS: usize = 1000;

/// Whether an asset has this id. `provider` is a card's name, never a client's text.
pub(super) async fn is_of_asset(
    read: &mut SqliteConnection,
    collection: i64,
    provider: &'static str,
    id: &str,
) -> Result<bool, sqlx::Error> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM asset WHERE collection = ? AND {provider}_id = ?)");
    sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(id).fetch_one(read).await?.try_get(0)
}

/// Whether an upload session has this id, or reserves it for its asset.
async fn is_of_upload(
    read: &mut SqliteConnection,
    collection: i64,
    provider: &'static str,
    id: &str,
) -> Result<bool, sqlx::Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM upload WHERE collection = ?1 AND id = ?2)\n\
               OR EXISTS (SELECT 1 FROM upload WHERE collection = ?1 AND asset_id = ?2 AND provider = ?3)";
    sqlx::query(sql).bind(collection).bind(id).bind(provider).fetch_one(read).await?.try_get(0)
}

/// An id that is not in use, of those that `draw` makes.
pub(super) async fn draw_unused(
    read: &mut SqliteConnection,
    collection: i64,
    provider: &'static str,
    mut draw: impl FnMut() -> String + Send,
) -> Result<String, StoreError> {
    let mut id = draw();
    for _ in 1..DRAWS {
        let is_used = is_of_asset(read, collection, provider, &id).await?
            || is_of_upload(read, collection, provider, &id).await?;
        if !is_used {
            return Ok(id);
        }
        id = draw();
    }
    Err(StoreError::Taken { what: "asset", id })
}
