//! Stores one part of a file that is sent in parts.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_active_upload, uploads_with_room};
use crate::library::store::blobs::StagedFile;
use crate::library::store::upload_session;
use crate::library::store::write::Write;
use crate::library::upload_session::UploadPart;

/// Stores one part, in place of one with the same number.
#[derive(Debug)]
pub struct StorePart {
    /// The session.
    pub upload: String,
    /// The number of the part, from 1.
    pub number: u64,
    /// Its bytes.
    pub file: StagedFile,
}

impl Command for StorePart {
    /// The part.
    type Outcome = UploadPart;

    type Change = StorePart;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<UploadPart, StorePart>, CommandError> {
        let session = find_active_upload(read, collection, caller, &self.upload).await?;
        if session.part_length(self.number).is_none() {
            return Err(CommandError::WrongPart { number: self.number });
        }
        let StorePart { upload, number, file } = self;
        let replaced = upload_session::blob_of_part(read, collection, upload, *number).await?;
        uploads_with_room(read, collection, caller, file.size, replaced).await?;
        Ok(Decision::Change(StorePart { upload: upload.clone(), number: *number, file: file.clone() }))
    }

    async fn apply(
        StorePart { upload, number, file }: StorePart,
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> Result<UploadPart, CommandError> {
        let part = UploadPart {
            number,
            blob: Some(file.blob()),
            size: file.size,
            md5: file.md5.clone(),
            stored_at: caller.now,
            reported_at: None,
        };
        write.put_part(caller.workspace, &upload, &part).await?;
        Ok(part)
    }
}
