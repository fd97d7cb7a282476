//! Counts of large collections: how many assets there are of each kind, status, visibility and uploader, and how many
//! bytes they have together. They are in the table `tally`. The first page of a large listing shows a total, and need
//! not read the whole listing for it.
//!
//! A collection gets counts if it is made with many assets. From then on, a change that adds assets adds to the
//! counts, and triggers update them when assets are changed or removed.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::rows::{BATCH, insertion};
use crate::library::asset::Asset;
use crate::library::model::{Status, Visibility};
use crate::library::selection::{Filter, Selection};

/// A collection with at least this many assets is large. A listing of fewer is read in a few milliseconds. A migration
/// has the same number.
pub(super) const LARGE: u64 = 10_000;

/// How many assets there are in each group.
#[derive(Debug, Default)]
pub(super) struct KindCounts {
    of: HashMap<Group, Count>,
    pub(super) total: u64,
}

/// How many assets a group has, and how many bytes they have together. That number may be beyond 64 bits, so it is in
/// two parts: `bytes_high` times 2^32, and `bytes_low`.
#[derive(Debug, Default)]
struct Count {
    assets: i64,
    bytes_high: i64,
    bytes_low: i64,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Group {
    kind: String,
    status: Status,
    visibility: Visibility,
    uploader: Option<String>,
}

impl KindCounts {
    /// Counts an asset.
    pub fn add(&mut self, asset: &Asset) {
        let group = Group {
            kind: asset.kind().to_owned(),
            status: asset.status,
            visibility: asset.visibility,
            uploader: asset.uploader.clone(),
        };
        let count = self.of.entry(group).or_default();
        count.assets += 1;
        let size = asset.size_bytes.unwrap_or_default();
        count.bytes_high += size >> 32;
        count.bytes_low += size & 0xffff_ffff;
        self.total += 1;
    }

    /// Stores how many assets a collection holds and, if it is large, how many are in each group.
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

    /// Adds these counts to those of a collection.
    pub async fn join(self, connection: &mut SqliteConnection, collection: i64) -> Result<(), sqlx::Error> {
        let groups: Vec<_> = self.of.into_iter().collect();
        for some in groups.chunks(BATCH) {
            let table = "tally (collection, kind, status, visibility, uploader, count, bytes_high, bytes_low)";
            let mut sql = insertion(table, some, |row, (group, count)| {
                row.push_bind(collection)
                    .push_bind(group.kind.clone())
                    .push_bind(group.status.word())
                    .push_bind(group.visibility.word())
                    .push_bind(group.uploader.clone())
                    .push_bind(count.assets)
                    .push_bind(count.bytes_high)
                    .push_bind(count.bytes_low);
            });
            sql.push(
                " ON CONFLICT DO UPDATE SET count = count + excluded.count,\n\
                 bytes_high = bytes_high + excluded.bytes_high, bytes_low = bytes_low + excluded.bytes_low",
            );
            sql.build().execute(&mut *connection).await?;
        }
        Ok(())
    }
}

impl Selection {
    /// Whether the counts tell how many assets this selection has. They do if it filters only by what the groups are
    /// made of.
    pub fn is_tallied(&self) -> bool {
        self.filters.iter().all(|filter| match filter {
            Filter::KindIn(_)
            | Filter::KindNotIn(_)
            | Filter::StatusIn(_)
            | Filter::Uploader(_)
            | Filter::Visibility(_)
            | Filter::SharedOrBy(_)
            | Filter::NotPrivateOrBy(_) => true,
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
