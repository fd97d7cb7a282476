//! Folders: their columns, and whether there is one.

use serde::Deserialize;
use sqlx::query_builder::Separated;
use sqlx::{Row, Sqlite, SqliteConnection};

use super::asset;
use crate::clock::Micros;
use crate::library::model::Instant;
use crate::library::workspace::Folder;

/// The columns of a folder except for its collection, in the order of [`bind`].
pub(super) const COLUMNS: &str = "id, name, parent_id, trashed, created_at, updated_at";

/// Binds the values of the columns in [`COLUMNS`].
pub(super) fn bind(row: &mut Separated<'_, Sqlite, &'static str>, folder: &Folder) {
    row.push_bind(folder.id.clone())
        .push_bind(folder.name.clone())
        .push_bind(folder.parent.clone())
        .push_bind(folder.trashed)
        .push_bind(folder.created_at.map(|at| at.0))
        .push_bind(folder.updated_at.map(|at| at.0));
}

/// Whether a collection has the folder with this id.
pub(super) async fn exists(read: &mut SqliteConnection, collection: i64, id: &str) -> Result<bool, sqlx::Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM folder WHERE collection = ? AND id = ?)";
    sqlx::query(sql).bind(collection).bind(id).fetch_one(read).await?.try_get(0)
}

/// Reads folders from a list of lists with the columns in [`COLUMNS`]. The instants and `trashed` are numbers there.
pub(super) fn from_json(json: &str) -> Result<Vec<Folder>, sqlx::Error> {
    #[derive(Deserialize)]
    struct Stored(String, String, Option<String>, u8, Option<Micros>, Option<Micros>);
    let folder = |Stored(id, name, parent, trashed, created_at, updated_at)| Folder {
        id,
        name,
        parent,
        trashed: trashed != 0,
        created_at: created_at.map(Instant),
        updated_at: updated_at.map(Instant),
    };
    Ok(asset::from_json::<Vec<Stored>>(json)?.into_iter().map(folder).collect())
}
