//! Idempotency keys: of the requests with the same one, only the first that succeeds is executed. The key is claimed in
//! the transaction of the command, so that a command that fails claims nothing.

use std::time::Duration;

use sqlx::SqliteConnection;
use tokio::sync::OwnedMutexGuard;

use super::handle::Store;
use super::write::Write;
use crate::clock::Micros;

/// The idempotency key of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What the key is for, within the workspace: requests with another scope may have the same key.
    pub scope: String,
    /// The key.
    pub key: String,
    /// Until when no other request may have it, by the clock of the workspace.
    pub expires_at: Micros,
}

/// How long a request waits for others with the same key: a little longer than one may take to read a file at a URL.
const LONGEST_TURN: Duration = Duration::from_secs(35);

/// How many expired claims of the workspace a new one removes at most.
const SWEPT: i64 = 100;

impl Claim {
    /// Whether an earlier request to this workspace has claimed the key.
    pub(super) async fn is_taken(
        &self,
        read: &mut SqliteConnection,
        workspace: &str,
        now: Micros,
    ) -> Result<bool, sqlx::Error> {
        let sql = "SELECT 1 FROM claim WHERE workspace = ? AND scope = ? AND key = ? AND expires_at > ?";
        let found = sqlx::query(sql).bind(workspace).bind(&self.scope).bind(&self.key).bind(now);
        Ok(found.fetch_optional(read).await?.is_some())
    }
}

impl Store {
    /// Waits until no other request with this idempotency key has the turn, and takes it until the guard is dropped. `None`
    /// if that takes too long: then the request goes on without, since the claim itself is made by the command.
    pub async fn claim_turn(&self, workspace: &str, claim: &Claim) -> Option<OwnedMutexGuard<()>> {
        let key = [workspace.to_owned(), claim.scope.clone(), claim.key.clone()];
        self.claim_turns.take(key, LONGEST_TURN).await
    }
}

impl Write {
    /// Claims a key that is not taken.
    pub(super) async fn claim(&mut self, claim: &Claim, workspace: &str, now: Micros) -> Result<(), sqlx::Error> {
        let expired = "DELETE FROM claim WHERE (workspace, scope, key) IN (\n\
                       SELECT workspace, scope, key FROM claim WHERE workspace = ? AND expires_at <= ? LIMIT ?)";
        sqlx::query(expired).bind(workspace).bind(now).bind(SWEPT).execute(&mut *self.tx).await?;
        // An expired claim of the same key may be beyond the limit.
        let insert = "INSERT INTO claim (workspace, scope, key, expires_at) VALUES (?, ?, ?, ?)\n\
                      ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at";
        sqlx::query(insert)
            .bind(workspace)
            .bind(&claim.scope)
            .bind(&claim.key)
            .bind(claim.expires_at)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Releases all keys of a workspace.
    pub(super) async fn release_claims(&mut self, workspace: &str) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM claim WHERE workspace = ?").bind(workspace).execute(&mut *self.tx).await?;
        Ok(())
    }
}
