//! Saves the whole state under a name, restores it and deletes it. Collections are shared, so saving and restoring
//! copy one row for each workspace, however much the workspaces hold.

use sqlx::{AssertSqlSafe, Row};

use super::error::StoreError;
use super::versions::Invalidation;
use super::write::Write;
use crate::clock::Micros;

/// The keys of the workspace `w` as a fixture has them, except that null stands where a fixture leaves a field out.
const KEYS: &str = "(SELECT json_group_array(json_object('provider', k.provider, 'key', k.key, 'user', k.user,\n\
                    'scopes', json(k.scopes), 'revoked', json(iif(k.revoked, 'true', 'false')),\n\
                    'expires_at', k.expires_at, 'limits', json(k.limits), 'refresh', json(k.refresh)) ORDER BY k.id) FROM key k WHERE k.workspace_id = w.id)";

impl Write {
    /// Saves the state as a snapshot, in place of one with the same name. [`Write::restore`] returns `steering` again.
    pub async fn save(&mut self, name: &str, steering: &str, now: Micros) -> Result<(), StoreError> {
        self.released = true;
        sqlx::query("DELETE FROM snapshot WHERE name = ?").bind(name).execute(&mut *self.tx).await?;
        sqlx::query("INSERT INTO snapshot (name, made_at, steering) VALUES (?, ?, ?)")
            .bind(name)
            .bind(now)
            .bind(steering)
            .execute(&mut *self.tx)
            .await?;
        let sql = format!(
            "INSERT INTO saved_workspace (snapshot, id, name, collection, origin, origin_keys, keys,\n\
             variants, origin_variants, uploads, origin_uploads)\n\
             SELECT ?, w.id, w.name, w.collection, w.origin, w.origin_keys, {KEYS},\n\
             w.variants, w.origin_variants, w.uploads, w.origin_uploads FROM workspace w ORDER BY w.seq"
        );
        sqlx::query(AssertSqlSafe(sql)).bind(name).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Replaces everything with the state of a snapshot, and returns the `steering` that was saved with it.
    pub async fn restore(&mut self, name: &str) -> Result<String, StoreError> {
        self.invalidation = Invalidation::Everything;
        self.resets = Invalidation::Everything;
        self.changes_counts = true;
        self.released = true;
        let found = sqlx::query("SELECT steering FROM snapshot WHERE name = ?").bind(name);
        let found = found.fetch_optional(&mut *self.tx).await?;
        let steering = found.ok_or_else(|| StoreError::missing("snapshot", name))?.try_get(0)?;
        sqlx::query("DELETE FROM workspace").execute(&mut *self.tx).await?;
        sqlx::query(
            "INSERT INTO workspace (id, name, collection, origin, origin_keys, variants, origin_variants, uploads, origin_uploads)\n\
             SELECT id, name, collection, origin, origin_keys, variants, origin_variants, uploads, origin_uploads\n\
             FROM saved_workspace WHERE snapshot = ? ORDER BY seq",
        )
        .bind(name)
        .execute(&mut *self.tx)
        .await?;
        sqlx::query(
            "INSERT INTO key (workspace_id, provider, key, user, scopes, revoked, expires_at, limits, refresh)\n\
             SELECT w.id, k.value ->> 'provider', k.value ->> 'key', k.value ->> 'user', NULLIF(k.value -> 'scopes', 'null'),\n\
             k.value ->> 'revoked', k.value ->> 'expires_at', k.value -> 'limits', NULLIF(k.value -> 'refresh', 'null')\n\
             FROM saved_workspace w JOIN json_each(w.keys) k WHERE w.snapshot = ? ORDER BY w.seq, k.id",
        )
        .bind(name)
        .execute(&mut *self.tx)
        .await?;
        Ok(steering)
    }

    /// Deletes a snapshot.
    pub async fn forget(&mut self, name: &str) -> Result<(), StoreError> {
        self.released = true;
        let gone = sqlx::query("DELETE FROM snapshot WHERE name = ?").bind(name).execute(&mut *self.tx).await?;
        if gone.rows_affected() == 0 { Err(StoreError::missing("snapshot", name)) } else { Ok(()) }
    }
}
