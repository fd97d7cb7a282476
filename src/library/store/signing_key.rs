//! The key that signs the URLs of uploads.

use sqlx::{Row, SqliteConnection};

use super::error::StoreError;
use super::handle::Store;

impl Store {
    /// The stored key, or this one from now on if none is stored.
    pub async fn signing_key(&self, new: &[u8]) -> Result<Vec<u8>, StoreError> {
        if let Some(stored) = find(&mut *self.read().await?).await? {
            return Ok(stored);
        }
        let mut write = self.write(Vec::new()).await?;
        let insert = "INSERT INTO signing_key (seq, secret) VALUES (1, ?) ON CONFLICT DO NOTHING";
        sqlx::query(insert).bind(new).execute(&mut *write.tx).await?;
        let stored = find(&mut write.tx).await?;
        write.commit().await?;
        Ok(stored.unwrap_or_else(|| new.to_vec()))
    }
}

async fn find(connection: &mut SqliteConnection) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let row = sqlx::query("SELECT secret FROM signing_key").fetch_optional(connection).await?;
    row.map(|row| row.try_get(0)).transpose()
}
