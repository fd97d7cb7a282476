//! The whole state under a name. Since collections are shared, saving and restoring copy a row a workspace, whatever the
//! workspaces hold.

use sqlx::{AssertSqlSafe, Row};

use super::versions::Affects;
use super::{Store, StoreError, Write};
use crate::clock::Micros;

/// A snapshot, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub made_at: Micros,
    /// How many workspaces it holds.
    pub workspaces: i64,
    /// How many assets they hold.
    pub assets: i64,
}

impl Snapshot {
    /// The name of the state in which the process began. Nobody else can have it.
    pub const BEGINNING: &'static str = "";
}

/// The keys of the workspace `w` as a fixture has them, except for what is left out there: that becomes null.
const KEYS: &str = "(SELECT json_group_array(json_object('provider', k.provider, 'key', k.key, 'user', k.user,\n\
                    'scopes', json(k.scopes), 'revoked', json(iif(k.revoked, 'true', 'false')),\n\
                    'expires_at', k.expires_at, 'limits', json(k.limits)) ORDER BY k.id) FROM key k WHERE k.workspace_id = w.id)";

impl Store {
    /// The snapshots there are, oldest first, but for the one without a name.
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>, StoreError> {
        let sql = "SELECT s.name, s.made_at, (SELECT COUNT(*) FROM saved_workspace w WHERE w.snapshot = s.name),\n\
                   (SELECT COALESCE(SUM(c.assets), 0) FROM saved_workspace w JOIN collection c ON c.seq = w.collection WHERE w.snapshot = s.name)\n\
                   FROM snapshot s WHERE s.name <> '' ORDER BY s.rowid";
        let rows = sqlx::query(sql).fetch_all(&mut *self.read().await?).await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(Snapshot {
                name: row.try_get(0)?,
                made_at: row.try_get(1)?,
                workspaces: row.try_get(2)?,
                assets: row.try_get(3)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

impl Write {
    /// Saves the state under a name, in place of what had this name. `steering` is kept with it and given back.
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
            "INSERT INTO saved_workspace (snapshot, id, name, collection, origin, origin_keys, keys, variants, origin_variants)\n\
             SELECT ?, w.id, w.name, w.collection, w.origin, w.origin_keys, {KEYS}, w.variants, w.origin_variants FROM workspace w ORDER BY w.seq"
        );
        sqlx::query(AssertSqlSafe(sql)).bind(name).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Puts everything back to what it was when the snapshot was made, and gives the steering kept with it.
    pub async fn restore(&mut self, name: &str) -> Result<String, StoreError> {
        self.affects = Affects::Everything;
        self.recounts = true;
        self.released = true;
        let found = sqlx::query("SELECT steering FROM snapshot WHERE name = ?").bind(name);
        let found = found.fetch_optional(&mut *self.tx).await?;
        let steering = found.ok_or_else(|| StoreError::missing("snapshot", name))?.try_get(0)?;
        sqlx::query("DELETE FROM workspace").execute(&mut *self.tx).await?;
        sqlx::query(
            "INSERT INTO workspace (id, name, collection, origin, origin_keys, variants, origin_variants)\n\
             SELECT id, name, collection, origin, origin_keys, variants, origin_variants FROM saved_workspace WHERE snapshot = ? ORDER BY seq",
        )
        .bind(name)
        .execute(&mut *self.tx)
        .await?;
        sqlx::query(
            "INSERT INTO key (workspace_id, provider, key, user, scopes, revoked, expires_at, limits)\n\
             SELECT w.id, k.value ->> 'provider', k.value ->> 'key', k.value ->> 'user', NULLIF(k.value -> 'scopes', 'null'),\n\
             k.value ->> 'revoked', k.value ->> 'expires_at', k.value -> 'limits'\n\
             FROM saved_workspace w JOIN json_each(w.keys) k WHERE w.snapshot = ? ORDER BY w.seq, k.id",
        )
        .bind(name)
        .execute(&mut *self.tx)
        .await?;
        Ok(steering)
    }

    /// Forgets a snapshot.
    pub async fn forget(&mut self, name: &str) -> Result<(), StoreError> {
        self.released = true;
        let gone = sqlx::query("DELETE FROM snapshot WHERE name = ?").bind(name).execute(&mut *self.tx).await?;
        if gone.rows_affected() == 0 { Err(StoreError::missing("snapshot", name)) } else { Ok(()) }
    }
}
