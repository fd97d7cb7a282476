//! Reads and changes what becomes of the uploads of a workspace.

use sqlx::{Row, SqliteConnection};

use super::asset::from_json;
use super::error::{Missing, StoreError};
use super::rows::json;
use super::write::Write;
use crate::library::uploads::UploadSettings;

/// What becomes of the uploads of a workspace.
pub async fn settings(read: &mut SqliteConnection, workspace: &str) -> Result<UploadSettings, StoreError> {
    let row = sqlx::query("SELECT uploads FROM workspace WHERE id = ?").bind(workspace).fetch_optional(read).await?;
    Ok(from_json(row.ok_or_else(|| Missing::workspace(workspace))?.try_get(0)?)?)
}

/// How many bytes the assets and upload sessions of a collection have together in the library, without those of one blob.
/// The parts of a complete session are not counted beside its asset.
pub(super) async fn stored_bytes(
    read: &mut SqliteConnection,
    collection: i64,
    without: Option<i64>,
) -> Result<u64, sqlx::Error> {
    let sql = "SELECT COALESCE(SUM(size), 0) FROM blob\n\
               WHERE seq IN (SELECT blob FROM asset WHERE collection = ?1 AND blob IS NOT NULL\n\
               UNION SELECT p.blob FROM upload_part p JOIN upload u ON u.collection = p.collection AND u.id = p.upload\n\
               WHERE p.collection = ?1 AND p.blob IS NOT NULL AND u.completed_at IS NULL) AND seq IS NOT ?2";
    let sum: i64 = sqlx::query(sql).bind(collection).bind(without).fetch_one(read).await?.try_get(0)?;
    Ok(sum.unsigned_abs())
}

impl Write {
    /// Replaces the settings for the uploads of a workspace.
    pub async fn set_uploads(&mut self, workspace: &str, uploads: &UploadSettings) -> Result<(), StoreError> {
        self.invalidation.add(workspace);
        let sql = "UPDATE workspace SET uploads = ? WHERE id = ?";
        let set = sqlx::query(sql).bind(json(uploads)).bind(workspace).execute(&mut *self.tx).await?;
        if set.rows_affected() == 0 { Err(Missing::workspace(workspace)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::store::{DatabaseLocation, Store};
    use crate::library::workspace::Workspace;
    use crate::providers;

    #[tokio::test]
    async fn settings_are_read_back_as_they_were_set() {
        let store = Store::open(&DatabaseLocation::Memory, providers::ids()).await.unwrap();
        let given = UploadSettings { processing_seconds: Some(7), ..UploadSettings::default() };
        let workspace = Workspace { uploads: given.clone(), ..Workspace::empty("ws_a") };
        let write = store.write(providers::names()).await.unwrap();
        let (mut write, collection) = write.add_collection(&workspace, []).await.unwrap();
        write.add_workspace(&workspace, collection).await.unwrap();
        assert_eq!(settings(&mut write.tx, "ws_a").await.unwrap(), given);
        let other = UploadSettings { max_stored_bytes: Some(1), ..UploadSettings::default() };
        write.set_uploads("ws_a", &other).await.unwrap();
        assert_eq!(settings(&mut write.tx, "ws_a").await.unwrap(), other);
        write.reset_workspace("ws_a").await.unwrap();
        assert_eq!(settings(&mut write.tx, "ws_a").await.unwrap(), given);
        assert!(write.set_uploads("ws_b", &other).await.is_err());
    }
}
