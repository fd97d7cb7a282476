//! Adds up the sizes of a workspace's assets.

use sqlx::{AssertSqlSafe, Row};

use super::query::Query;
use crate::library::model::Status;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::error::Missing;
use crate::library::store::handle::Store;
use crate::library::store::rows::json;

/// Adds up the sizes of the assets in the caller's workspace that have one of these statuses. An asset whose size is
/// not known adds nothing.
#[derive(Debug)]
pub struct SumSizes {
    /// The statuses.
    pub statuses: Vec<Status>,
}

impl Query for SumSizes {
    /// The sum in bytes. Beyond 2^53 it is rounded; a sum that 64 bits cannot hold is the largest number that they can.
    type Outcome = i64;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<i64, CommandError> {
        let mut read = store.read().await?;
        let collection =
            "SELECT c.seq, c.tallied FROM workspace w JOIN collection c ON c.seq = w.collection WHERE w.id = ?";
        let row = sqlx::query(collection).bind(caller.workspace).fetch_optional(&mut *read).await?;
        let row = row.ok_or_else(|| Missing::workspace(caller.workspace))?;
        // Reading every asset of a large collection would take seconds; it has its sums in `tally`.
        let sizes = if row.try_get(1)? {
            "bytes) AS INTEGER) FROM tally"
        } else {
            "json ->> 'size_bytes') AS INTEGER) FROM asset"
        };
        let sum =
            format!("SELECT CAST(TOTAL({sizes} WHERE collection = ? AND status IN (SELECT value FROM json_each(?))");
        let sum = sqlx::query(AssertSqlSafe(sum)).bind(row.try_get::<i64, _>(0)?).bind(json(&self.statuses));
        Ok(sum.fetch_one(&mut *read).await?.try_get(0)?)
    }
}
