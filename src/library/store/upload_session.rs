//! Upload sessions and their parts: their columns, and what commands and queries read and change of them.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::asset::from_json;
use super::rows::json;
use super::write::Write;
use crate::clock::Micros;
use crate::library::store::error::StoreError;
use crate::library::upload_session::{UploadPart, UploadSession};

/// The columns of a session except for its collection.
pub(super) const COLUMNS: &str =
    "id, provider, asset_id, asset, size, part_size, created_at, updated_at, expires_at, completed_at, due_at";

/// The columns of a part except for its collection.
pub(super) const PART_COLUMNS: &str = "upload, number, blob, size, md5, stored_at, reported_at";

/// The session with this id at this provider; `None` if there is none.
pub(super) async fn find(
    read: &mut SqliteConnection,
    collection: i64,
    provider: &str,
    id: &str,
) -> Result<Option<UploadSession>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM upload WHERE collection = ? AND id = ? AND provider = ?");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(id).bind(provider).fetch_optional(read).await?;
    row.as_ref().map(session_from_row).transpose()
}

/// One page of the sessions that take parts at this instant, the newest first, and how many there are on all pages. Of
/// those made at the same instant, the one with the greater id is first.
pub(super) async fn list_active(
    read: &mut SqliteConnection,
    collection: i64,
    (provider, now): (&str, Micros),
    offset: u64,
    limit: u32,
) -> Result<(Vec<UploadSession>, u64), sqlx::Error> {
    let active = "FROM upload WHERE collection = ?1 AND provider = ?2 AND completed_at IS NULL AND expires_at > ?3";
    let count = sqlx::query(AssertSqlSafe(format!("SELECT COUNT(*) {active}")));
    let count = count.bind(collection).bind(provider).bind(now).fetch_one(&mut *read).await?;
    let sql = format!("SELECT {COLUMNS} {active} ORDER BY created_at DESC, id DESC LIMIT ?4 OFFSET ?5");
    let page = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(provider).bind(now).bind(limit);
    let page = page.bind(i64::try_from(offset).unwrap_or(i64::MAX)).fetch_all(read).await?;
    let sessions = page.iter().map(session_from_row).collect::<Result<_, _>>()?;
    Ok((sessions, count.try_get::<i64, _>(0)?.unsigned_abs()))
}

/// All parts of a session that were stored, in order.
pub(super) async fn parts(
    read: &mut SqliteConnection,
    collection: i64,
    upload: &str,
) -> Result<Vec<UploadPart>, sqlx::Error> {
    let sql = format!("SELECT {PART_COLUMNS} FROM upload_part WHERE collection = ? AND upload = ? ORDER BY number");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(upload).fetch_all(read).await?;
    rows.iter().map(part_from_row).collect()
}

/// Those of these parts that were stored, in order.
pub(super) async fn numbered_parts(
    read: &mut SqliteConnection,
    collection: i64,
    upload: &str,
    numbers: &[u64],
) -> Result<Vec<UploadPart>, sqlx::Error> {
    let sql = format!(
        "SELECT {PART_COLUMNS} FROM upload_part WHERE collection = ? AND upload = ?\n\
         AND number IN (SELECT value FROM json_each(?)) ORDER BY number"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(upload).bind(json(numbers));
    rows.fetch_all(read).await?.iter().map(part_from_row).collect()
}

/// The blob of a part; `None` if the part was not stored yet.
pub(super) async fn blob_of_part(
    read: &mut SqliteConnection,
    collection: i64,
    upload: &str,
    number: u64,
) -> Result<Option<i64>, sqlx::Error> {
    let sql = "SELECT blob FROM upload_part WHERE collection = ? AND upload = ? AND number = ?";
    let row = sqlx::query(sql).bind(collection).bind(upload).bind(number.cast_signed()).fetch_optional(read).await?;
    row.map_or(Ok(None), |row| row.try_get(0))
}

/// How many parts of a session were reported.
pub(super) async fn count_reported(
    read: &mut SqliteConnection,
    collection: i64,
    upload: &str,
) -> Result<u64, sqlx::Error> {
    let sql = "SELECT COUNT(*) FROM upload_part WHERE collection = ? AND upload = ? AND reported_at IS NOT NULL";
    let row = sqlx::query(sql).bind(collection).bind(upload).fetch_one(read).await?;
    Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
}

/// The row ids of the blobs of all parts of a session, in order, as JSON. They tell whether a part was replaced: no row id
/// is used twice.
pub(super) async fn blobs_of_parts(
    read: &mut SqliteConnection,
    collection: i64,
    upload: &str,
) -> Result<String, sqlx::Error> {
    let sql = "SELECT json_group_array(blob) FROM\n\
               (SELECT blob FROM upload_part WHERE collection = ? AND upload = ? ORDER BY number)";
    sqlx::query(sql).bind(collection).bind(upload).fetch_one(read).await?.try_get(0)
}

pub(super) fn session_from_row(row: &SqliteRow) -> Result<UploadSession, sqlx::Error> {
    let number = |column| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)?.unsigned_abs());
    Ok(UploadSession {
        id: row.try_get("id")?,
        asset_id: row.try_get("asset_id")?,
        asset: from_json(row.try_get("asset")?)?,
        size: number("size")?,
        part_size: number("part_size")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        expires_at: row.try_get("expires_at")?,
        completed_at: row.try_get("completed_at")?,
    })
}

fn part_from_row(row: &SqliteRow) -> Result<UploadPart, sqlx::Error> {
    let number = |column| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)?.unsigned_abs());
    Ok(UploadPart {
        number: number("number")?,
        blob: row.try_get("blob")?,
        size: number("size")?,
        md5: row.try_get("md5")?,
        stored_at: row.try_get("stored_at")?,
        reported_at: row.try_get("reported_at")?,
    })
}

impl Write {
    /// Adds a session.
    pub(super) async fn add_upload(
        &mut self,
        workspace: &str,
        provider: &str,
        session: &UploadSession,
    ) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let sql = format!("INSERT INTO upload (collection, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(&session.id).bind(provider);
        let row = row.bind(&session.asset_id).bind(json(&session.asset));
        let row = row.bind(session.size.cast_signed()).bind(session.part_size.cast_signed());
        let row = row.bind(session.created_at).bind(session.updated_at).bind(session.expires_at);
        row.bind(session.completed_at).bind(session.expires_at).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Stores a part, in place of one with the same number, which is not reported then.
    pub(super) async fn put_part(
        &mut self,
        workspace: &str,
        upload: &str,
        part: &UploadPart,
    ) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let before = "DELETE FROM upload_part WHERE collection = ? AND upload = ? AND number = ?";
        let before = sqlx::query(before).bind(collection).bind(upload).bind(part.number.cast_signed());
        before.execute(&mut *self.tx).await?;
        let sql = format!("INSERT INTO upload_part (collection, {PART_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(upload).bind(part.number.cast_signed());
        let row = row.bind(part.blob).bind(part.size.cast_signed()).bind(&part.md5);
        row.bind(part.stored_at).bind(part.reported_at).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Records that these parts were reported.
    pub(super) async fn report_parts(
        &mut self,
        workspace: &str,
        upload: &str,
        numbers: &[u64],
        now: Micros,
    ) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let parts = "UPDATE upload_part SET reported_at = ? WHERE collection = ? AND upload = ?\n\
                     AND number IN (SELECT value FROM json_each(?))";
        let parts = sqlx::query(parts).bind(now).bind(collection).bind(upload).bind(json(numbers));
        parts.execute(&mut *self.tx).await?;
        let session = "UPDATE upload SET updated_at = ? WHERE collection = ? AND id = ?";
        sqlx::query(session).bind(now).bind(collection).bind(upload).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Records that a session is complete, and which id its asset got. That makes it due: its parts can go.
    pub(super) async fn complete_upload(
        &mut self,
        workspace: &str,
        session: &UploadSession,
        now: Micros,
    ) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let sql = "UPDATE upload SET asset_id = ?, completed_at = ?, due_at = ? WHERE collection = ? AND id = ?";
        let complete = sqlx::query(sql).bind(&session.asset_id).bind(session.completed_at).bind(now);
        complete.bind(collection).bind(&session.id).execute(&mut *self.tx).await?;
        Ok(())
    }
}
