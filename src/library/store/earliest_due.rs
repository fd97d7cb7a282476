//! When something in a collection is due next. It is read with every key, so that a request compares one integer.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::clock::Micros;

/// Two columns of a row with the collection `c`: when the first of its assets, and of its upload sessions, is due.
pub(super) const EARLIEST: &str = "(SELECT MIN(due_at) FROM asset WHERE collection = c.seq AND due_at IS NOT NULL),\n\
     (SELECT MIN(due_at) FROM upload WHERE collection = c.seq)";

/// The earlier one of the two instants of [`EARLIEST`], whose first column is this one.
pub(super) fn earliest_due(row: &SqliteRow, first: usize) -> Result<Option<Micros>, sqlx::Error> {
    let due: [Option<Micros>; 2] = [row.try_get(first)?, row.try_get(first + 1)?];
    Ok(due.into_iter().flatten().min())
}
