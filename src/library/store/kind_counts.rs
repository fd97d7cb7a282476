//! What a large collection holds, counted beforehand: how many assets there are of each kind, status, visibility and
//! uploader. The first page of a large listing tells a total, and need not read the listing for it.
//!
//! A collection gets its tally when it is made with many assets. From then on, the change that adds assets counts
//! them, and triggers update the tally when assets are changed or removed.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::rows::{BATCH, insertion};
use crate::library::asset::Asset;
use crate::library::model::{Status, Visibility};
use crate::library::selection::{Filter, Selection};

/// How many assets make a collection a large one: a listing of fewer is read in a few milliseconds. A migration has this
/// number too.
pub(super) const LARGE: u64 = 10_000;

/// How many assets there are of each sort.
#[derive(Debug, Default)]
pub(super) struct KindCounts {
    of: HashMap<Sort, i64>,
    pub(super) total: u64,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sort {
    kind: String,
    status: Status,
    visibility: Visibility,
    uploader: Option<String>,
}

impl KindCounts {
    /// Counts an asset.
    pub fn add(&mut self, asset: &Asset) {
        let sort = Sort {
            kind: asset.kind().to_owned(),
            status: asset.status,
            visibility: asset.visibility,
            uploader: asset.uploader.clone(),
        };
        *self.of.entry(sort).or_default() += 1;
        self.total += 1;
    }

    /// Stores how many assets a collection holds and, if it is large, how many of each sort.
    pub async fn store(
        self,
        connection: &mut SqliteConnection,
        collection: i64,
        large: u64,
    ) -> Result<(), sqlx::Error> {
        let is_large = self.total >= large;
        let counted = "UPDATE collection SET (assets, tallied) = (?, ?) WHERE seq = ?";
        let counted = sqlx::query(counted).bind(self.total.cast_signed()).bind(is_large).bind(collection);
        counted.execute(&mut *connection).await?;
        if is_large { self.join(connection, collection).await } else { Ok(()) }
    }

    /// Adds it to a collection's.
    pub async fn join(self, connection: &mut SqliteConnection, collection: i64) -> Result<(), sqlx::Error> {
        let sorts: Vec<_> = self.of.into_iter().collect();
        for some in sorts.chunks(BATCH) {
            let table = "tally (collection, kind, status, visibility, uploader, count)";
            let mut sql = insertion(table, some, |row, (sort, count)| {
                row.push_bind(collection)
                    .push_bind(sort.kind.clone())
                    .push_bind(sort.status.word())
                    .push_bind(sort.visibility.word())
                    .push_bind(sort.uploader.clone())
                    .push_bind(*count);
            });
            sql.push(" ON CONFLICT DO UPDATE SET count = count + excluded.count");
            sql.build().execute(&mut *connection).await?;
        }
        Ok(())
    }
}

impl Selection {
    /// Whether a tally tells how many assets there are of this selection.
    pub fn is_tallied(&self) -> bool {
        self.filters.iter().all(|filter| match filter {
            Filter::KindIn(_)
            | Filter::KindNotIn(_)
            | Filter::StatusIn(_)
            | Filter::Uploader(_)
            | Filter::Visibility(_)
            | Filter::VisibleTo(_)
            | Filter::ReadableBy(_) => true,
            Filter::IdIn(_)
            | Filter::NameContains(_)
            | Filter::NameOrDescriptionContains(_)
            | Filter::Mentions { .. }
            | Filter::HasTag(_)
            | Filter::LacksTag(_)
            | Filter::Project(_)
            | Filter::Folder(_)
            | Filter::NotTrashed
            | Filter::CreatedFrom(_)
            | Filter::CreatedTo(_) => false,
        })
    }
}
