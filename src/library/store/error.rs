//! The errors of the library.

use std::fmt;

use super::file::ReplacedFile;

/// Why an operation of the library failed.
#[derive(Debug)]
pub enum StoreError {
    /// Something that was named does not exist.
    Missing(Missing),
    /// The name exists already.
    Taken {
        /// The kind of thing: `workspace`, `key`, `asset` …
        what: &'static str,
        /// The name.
        id: String,
    },
    /// Something cannot be removed because something else refers to it.
    InUse {
        /// The kind of thing to remove.
        what: &'static str,
        /// Its name.
        id: String,
        /// What refers to it, such as `an asset`.
        by: &'static str,
    },
    /// The database file is no longer the one that was opened.
    Replaced(ReplacedFile),
    /// The database failed.
    Database(sqlx::Error),
}

/// Something that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The kind of thing: `workspace`, `key`, `asset` …
    pub what: &'static str,
    /// Its name.
    pub id: String,
}

impl Missing {
    /// The error for a workspace that does not exist.
    pub(super) fn workspace(id: &str) -> StoreError {
        StoreError::missing("workspace", id)
    }
}

impl StoreError {
    /// The error for something that does not exist.
    pub fn missing(what: &'static str, id: &str) -> StoreError {
        StoreError::Missing(Missing { what, id: id.to_owned() })
    }

    /// Turns a broken unique constraint into [`StoreError::Taken`].
    pub(super) fn taken(what: &'static str, id: &str) -> impl FnOnce(sqlx::Error) -> StoreError {
        move |error| match error.as_database_error() {
            Some(database) if database.is_unique_violation() => StoreError::Taken { what, id: id.to_owned() },
            _ => StoreError::Database(error),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Missing(Missing { what, id }) => write!(f, "there is no {what} `{id}`"),
            StoreError::Taken { what, id } => write!(f, "the {what} `{id}` exists already"),
            StoreError::InUse { what, id, by } => write!(f, "the {what} `{id}` cannot go: {by} needs it"),
            StoreError::Replaced(error) => error.fmt(f),
            StoreError::Database(error) => write!(f, "the database failed: {error}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        StoreError::Database(error)
    }
}
