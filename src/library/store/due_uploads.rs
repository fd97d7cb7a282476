//! Upload sessions whose time has come: of one that has ended the parts go, and later it is forgotten. That happens when a
//! request finds it, together with what is due of the assets (see [`due_assets`](super::due_assets)).

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::collection_hold::SLICE;
use super::edit::collection_of;
use super::error::StoreError;
use super::handle::Store;
use super::upload_session::{COLUMNS, session_from_row};
use super::write::Write;
use crate::clock::Micros;
use crate::library::upload_session::{UploadSession, UploadStatus};

/// How many sessions one transaction settles at most.
const SESSIONS: i64 = 100;

impl Store {
    /// Settles the sessions of a workspace that were due by `now`. Each slice is a change of its own. The loop ends, since
    /// each slice takes parts or sessions away, or makes sessions due later than now.
    pub(super) async fn settle_due_uploads(
        &self,
        workspace: &str,
        now: Micros,
        providers: &[&'static str],
    ) -> Result<(), StoreError> {
        // Each turn settles a slice of the sessions that are due, and none of them is due again.
        loop {
            let mut read = self.read().await?;
            let collection = collection_of(&mut read, workspace).await?;
            if due(&mut read, collection, now, 1).await?.is_empty() {
                return Ok(());
            }
            drop(read);
            let mut write = self.write_to(workspace, providers.to_vec()).await?;
            if !write.settle_upload_slice(workspace, now).await? {
                // Another request was faster. Without a commit nothing that is cached becomes outdated.
                return Ok(());
            }
            write.commit().await?;
        }
    }
}

/// The sessions that were due by this instant, the first one first.
async fn due(
    read: &mut SqliteConnection,
    collection: i64,
    now: Micros,
    limit: i64,
) -> Result<Vec<UploadSession>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM upload WHERE collection = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(now).bind(limit).fetch_all(read).await?;
    rows.iter().map(session_from_row).collect()
}

impl Write {
    /// Settles sessions that are due, but at most one slice of their parts. Returns whether there were any.
    async fn settle_upload_slice(&mut self, workspace: &str, now: Micros) -> Result<bool, StoreError> {
        // The collection may have to be copied, so the sessions are read afterwards.
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let sessions = due(&mut self.tx, collection, now, SESSIONS).await?;
        let mut left = SLICE as u64;
        for session in &sessions {
            if now >= session.forgotten_at() {
                left -= self.forget_upload(collection, &session.id, left).await?;
            } else if session.status(now) == UploadStatus::Active {
                self.set_due(collection, &session.id, session.expires_at).await?;
            } else {
                left -= self.release_parts(collection, session, left).await?;
            }
            if left == 0 {
                break;
            }
        }
        Ok(!sessions.is_empty())
    }

    /// Releases the bytes of so many parts of a session that has ended. Of a complete one the asset has them. Returns how
    /// many parts there were; fewer mean that it was all.
    async fn release_parts(&mut self, collection: i64, session: &UploadSession, most: u64) -> Result<u64, StoreError> {
        let sql = "UPDATE upload_part SET blob = NULL WHERE rowid IN (\n\
                   SELECT rowid FROM upload_part WHERE collection = ? AND upload = ? AND blob IS NOT NULL LIMIT ?)";
        let released = sqlx::query(sql).bind(collection).bind(&session.id).bind(most.cast_signed());
        let released = released.execute(&mut *self.tx).await?.rows_affected();
        if released < most {
            self.set_due(collection, &session.id, session.forgotten_at()).await?;
        }
        Ok(released)
    }

    /// Removes so many parts of a session, and if there are no more, the session itself. Returns how many parts there were.
    async fn forget_upload(&mut self, collection: i64, id: &str, most: u64) -> Result<u64, StoreError> {
        let sql = "DELETE FROM upload_part WHERE rowid IN (\n\
                   SELECT rowid FROM upload_part WHERE collection = ? AND upload = ? LIMIT ?)";
        let parts = sqlx::query(sql).bind(collection).bind(id).bind(most.cast_signed());
        let parts = parts.execute(&mut *self.tx).await?.rows_affected();
        if parts < most {
            let sql = "DELETE FROM upload WHERE collection = ? AND id = ?";
            sqlx::query(sql).bind(collection).bind(id).execute(&mut *self.tx).await?;
        }
        Ok(parts)
    }

    async fn set_due(&mut self, collection: i64, id: &str, at: Micros) -> Result<(), StoreError> {
        let sql = "UPDATE upload SET due_at = ? WHERE collection = ? AND id = ?";
        sqlx::query(sql).bind(at).bind(collection).bind(id).execute(&mut *self.tx).await?;
        Ok(())
    }
}
