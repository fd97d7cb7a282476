//! Lists the upload sessions that take parts, the newest first.

use super::query::Query;
use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::edit::collection_of;
use crate::library::store::handle::Store;
use crate::library::store::upload_session;
use crate::library::upload_session::UploadSession;

/// Lists one page of sessions.
#[derive(Debug)]
pub struct ListUploads {
    /// How many sessions are on the pages before.
    pub offset: u64,
    /// How many sessions a page holds.
    pub limit: u32,
}

/// One page of sessions.
#[derive(Debug)]
pub struct UploadSessionPage {
    /// The sessions of this page.
    pub sessions: Vec<UploadSession>,
    /// How many sessions all pages have together.
    pub total: u64,
}

impl Query for ListUploads {
    type Outcome = UploadSessionPage;

    async fn run(self, store: &Store, caller: &Caller<'_>) -> Result<UploadSessionPage, CommandError> {
        let ListUploads { offset, limit } = self;
        let mut read = store.read().await?;
        let collection = collection_of(&mut read, caller.workspace).await?;
        let at = (caller.provider, caller.now);
        let (sessions, total) = upload_session::list_active(&mut read, collection, at, offset, limit).await?;
        Ok(UploadSessionPage { sessions, total })
    }
}
