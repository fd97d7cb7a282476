//! Stores the files that the assets of fixtures name, in the transaction that loads the fixtures.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use sqlx::{Row, SqliteConnection};

use super::blob_rows::{self, CHUNK, NewChunk};
use super::stage_error::StageError;
use crate::library::hex::hex;

/// A file with the bytes of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// The index of the asset in its workspace.
    pub asset: usize,
    /// Where it is.
    pub path: PathBuf,
    /// How many bytes it has.
    pub size: u64,
    /// The field of the fixture that names it, for errors.
    pub named_at: String,
}

/// Why fixtures could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// A file could not be read or stored: the field that names it, and why.
    File(String, String),
    /// The database failed.
    Store(sqlx::Error),
}

impl From<sqlx::Error> for LoadError {
    fn from(error: sqlx::Error) -> LoadError {
        LoadError::Store(error)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::File(named_at, message) => write!(f, "{named_at}: {message}"),
            LoadError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

/// Stores files. A file that several assets name is stored once.
#[derive(Debug)]
pub(super) struct FileLoader<'f> {
    /// The most bytes of all blobs together.
    pub max: u64,
    /// The blobs of the files so far.
    pub blobs: HashMap<&'f Path, i64>,
}

impl<'f> FileLoader<'f> {
    /// Gives the assets of a collection the bytes of their files. The assets were just inserted in order, so their row
    /// ids follow one another.
    pub async fn load(
        &mut self,
        connection: &mut SqliteConnection,
        collection: i64,
        files: &'f [NewFile],
    ) -> Result<(), LoadError> {
        if files.is_empty() {
            return Ok(());
        }
        let first = "SELECT MIN(seq) FROM asset WHERE collection = ?";
        let first: i64 = sqlx::query(first).bind(collection).fetch_one(&mut *connection).await?.try_get(0)?;
        for file in files {
            let blob = match self.blobs.get(&*file.path) {
                Some(blob) => *blob,
                None => self.store(connection, file).await?,
            };
            let sql = "UPDATE asset SET blob = ? WHERE seq = ?";
            sqlx::query(sql).bind(blob).bind(first + file.asset as i64).execute(&mut *connection).await?;
        }
        Ok(())
    }

    async fn store(&mut self, connection: &mut SqliteConnection, file: &'f NewFile) -> Result<i64, LoadError> {
        let wrong = |message: String| LoadError::File(file.named_at.clone(), message);
        let unread = |error: io::Error| wrong(format!("cannot read `{}`: {error}", file.path.display()));
        let full = || wrong(StageError::Full { max: self.max }.to_string());
        if blob_rows::stored_bytes(connection).await? + file.size > self.max {
            return Err(full());
        }
        let mut source = File::open(&file.path).map_err(unread)?.take(file.size + 1);
        let blob = blob_rows::insert_blob(connection).await?;
        let (mut md5, mut size, mut chunk) = (Md5::new(), 0, Vec::new());
        while source.by_ref().take(CHUNK as u64).read_to_end(&mut chunk).map_err(unread)? > 0 {
            md5.update(&chunk);
            let (start, bytes) = (size, std::mem::take(&mut chunk));
            size += bytes.len() as u64;
            // There is room for the size that it had, so it can only have grown.
            if !NewChunk::new(blob, start, bytes, self.max)?.insert(connection).await? {
                return Err(full());
            }
        }
        if size != file.size {
            return Err(wrong(format!("`{}` changed while it was read", file.path.display())));
        }
        blob_rows::complete_blob(connection, blob, size, &hex(&md5.finalize())).await?;
        self.blobs.insert(&file.path, blob);
        Ok(blob)
    }
}
