//! Finds the workspace of a user who logs in.

use sqlx::Row;

use super::query::Query;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::handle::Store;

/// Finds the workspace that has a user with this name and this password: the first one that was made, if several have.
#[derive(Debug)]
pub struct FindUser {
    /// The user name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl Query for FindUser {
    /// The workspace's id; `None` if there is no such user.
    type Outcome = Option<String>;

    async fn run(self, store: &Store, _: &Caller<'_>) -> Result<Option<String>, CommandError> {
        let sql = "SELECT w.id FROM workspace w JOIN user u ON u.collection = w.collection\n\
                   WHERE u.name = ? AND u.password = ? ORDER BY w.seq LIMIT 1";
        let found = sqlx::query(sql).bind(self.name).bind(self.password);
        let found = found.fetch_optional(&mut *store.read().await?).await?;
        Ok(found.map(|row| row.try_get(0)).transpose()?)
    }
}
