//! Reads one upload session with its parts.

use super::query::Query;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::edit::collection_of;
use crate::library::store::handle::Store;
use crate::library::store::upload_session;
use crate::library::upload_session::{UploadPart, UploadSession};

/// Reads one session.
#[derive(Debug)]
pub struct ReadUpload {
    /// Its id.
    pub id: String,
}

impl Query for ReadUpload {
    /// The session, and those of its parts that were stored, in order.
    type Outcome = (UploadSession, Vec<UploadPart>);

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<Self::Outcome, CommandError> {
        let mut read = store.read().await?;
        let collection = collection_of(&mut read, caller.workspace).await?;
        let found = upload_session::find(&mut read, collection, caller.provider, &self.id).await?;
        let session = found.ok_or(CommandError::NoSuchUpload { id: self.id })?;
        let parts = upload_session::parts(&mut read, collection, &session.id).await?;
        Ok((session, parts))
    }
}
