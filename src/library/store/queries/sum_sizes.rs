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
    /// The sum in bytes. One that 64 bits cannot hold is the largest number that they can.
    type Outcome = i64;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<i64, CommandError> {
        let mut read = store.read().await?;
        let collection =
            "SELECT c.seq, c.tallied FROM workspace w JOIN collection c ON c.seq = w.collection WHERE w.id = ?";
        let row = sqlx::query(collection).bind(caller.workspace).fetch_optional(&mut *read).await?;
        let row = row.ok_or_else(|| Missing::workspace(caller.workspace))?;
        // Reading every asset of a large collection would take seconds; it has its sums in `tally`.
        // Both add up the multiples of 2^32 and the rests, neither of which gets too large.
        let sizes = match row.try_get(1)? {
            true => "SUM(bytes_high), SUM(bytes_low) FROM tally",
            false => "SUM((json ->> 'size_bytes') >> 32), SUM((json ->> 'size_bytes') & 0xffffffff) FROM asset",
        };
        let sum = format!("SELECT {sizes} WHERE collection = ? AND status IN (SELECT value FROM json_each(?))");
        let sum = sqlx::query(AssertSqlSafe(sum)).bind(row.try_get::<i64, _>(0)?).bind(json(&self.statuses));
        let sum = sum.fetch_one(&mut *read).await?;
        let part = |index| Ok::<_, sqlx::Error>(i128::from(sum.try_get::<Option<i64>, _>(index)?.unwrap_or_default()));
        Ok(i64::try_from((part(0)? << 32) + part(1)?).unwrap_or(i64::MAX))
    }
}
