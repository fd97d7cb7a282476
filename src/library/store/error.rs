//! Why the library could not do what it was asked to.

use std::fmt;

use super::file::ReplacedFile;

/// Why the library could not do what it was asked to.
#[derive(Debug)]
pub enum StoreError {
    /// What was named is not there.
    Missing(Missing),
    /// The name is taken.
    Taken {
        /// Of what kind of thing: `workspace`, `key`, `asset` …
        what: &'static str,
        /// The name.
        id: String,
    },
    /// Something else needs it.
    InUse {
        /// What it is.
        what: &'static str,
        /// Its name.
        id: String,
        /// What needs it.
        by: &'static str,
    },
    /// The database file is no longer the one that was opened.
    Replaced(ReplacedFile),
    /// The database failed.
    Database(sqlx::Error),
}

/// Something that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What kind of thing: `workspace`, `key`, `asset` …
    pub what: &'static str,
    /// Its name.
    pub id: String,
}

impl Missing {
    /// A workspace that is not there.
    pub(super) fn workspace(id: &str) -> StoreError {
        StoreError::missing("workspace", id)
    }
}

impl StoreError {
    /// Something that is not there.
    pub fn missing(what: &'static str, id: &str) -> StoreError {
        StoreError::Missing(Missing { what, id: id.to_owned() })
    }

    /// Reads a broken uniqueness as a name that is taken.
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
