//! Why a file could not be stored.

use std::fmt;

use super::error::StoreError;

/// Why a file could not be stored.
#[derive(Debug)]
pub enum StageError {
    /// All stored bytes together would exceed the limit.
    Full {
        /// The limit in bytes.
        max: u64,
    },
    /// The disk has hardly any space left.
    DiskFull,
    /// The store failed.
    Store(StoreError),
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StageError::Full { max } => {
                write!(f, "the stored bytes would exceed {max}; `--max-stored-bytes` sets that limit")
            }
            StageError::DiskFull => {
                f.write_str("the disk of the database has less than 4 MiB left, which are kept for other changes")
            }
            StageError::Store(error) => error.fmt(f),
        }
    }
}

impl From<StoreError> for StageError {
    fn from(error: StoreError) -> StageError {
        StageError::Store(error)
    }
}

impl From<sqlx::Error> for StageError {
    fn from(error: sqlx::Error) -> StageError {
        StageError::Store(error.into())
    }
}
