//! What workspaces were made from recently, so that the next one of the same source shares its collection.

use std::sync::PoisonError;

use sqlx::Row;

use super::asset::from_json;
use super::error::StoreError;
use super::rows::json;
use super::write::Write;
use crate::library::workspace;

/// What a workspace was made from recently, for reuse.
pub struct Template {
    /// Its collection.
    pub collection: i64,
    /// The workspace that was made, without assets.
    pub content: workspace::Workspace,
}

/// How many templates are stored; the oldest is removed first.
const TEMPLATES: i64 = 32;

impl Write {
    /// The template of this source, if there is one.
    pub async fn template(&mut self, source: &str) -> Result<Option<Template>, StoreError> {
        let sql = "SELECT collection, content FROM template WHERE source = ?";
        let Some(row) = sqlx::query(sql).bind(source).fetch_optional(&mut *self.tx).await? else { return Ok(None) };
        let content = from_json(row.try_get(1)?)?;
        Ok(Some(Template { collection: row.try_get(0)?, content }))
    }

    /// Stores the template of a source, unless this is the first workspace from it: most sources are used only once.
    pub async fn remember(
        &mut self,
        source: &str,
        content: &workspace::Workspace,
        collection: i64,
    ) -> Result<(), StoreError> {
        if !self.store.sources.lock().unwrap_or_else(PoisonError::into_inner).again(source) {
            return Ok(());
        }
        sqlx::query("INSERT INTO template (source, content, collection) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(source)
            .bind(json(content))
            .bind(collection)
            .execute(&mut *self.tx)
            .await?;
        self.released = true;
        let old = "DELETE FROM template WHERE seq <= (SELECT MAX(seq) FROM template) - ?";
        sqlx::query(old).bind(TEMPLATES).execute(&mut *self.tx).await?;
        Ok(())
    }
}
