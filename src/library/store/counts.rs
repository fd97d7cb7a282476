//! How much the library holds. The counts are kept in memory, so that a health check never waits for the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{Row, SqliteConnection};

use super::rows::json;
use super::versions::Invalidation;

/// How much the library holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "LibraryCounts")]
pub struct Counts {
    /// Workspaces.
    pub workspaces: i64,
    /// Keys, live or not.
    pub keys: i64,
    /// Assets. One that several workspaces share is counted in each of them.
    pub assets: i64,
}

/// The number of keys and of assets of each workspace, by its id.
type CountsByWorkspace = HashMap<String, (i64, i64)>;

/// The counts of every workspace as of the last commit.
#[derive(Debug, Clone, Default)]
pub(super) struct WorkspaceCounts(Arc<Mutex<(Counts, CountsByWorkspace)>>);

/// The counts of the workspaces that a change affects. An affected workspace that is not among them was removed.
#[derive(Debug)]
pub(super) struct ChangedCounts(CountsByWorkspace);

impl ChangedCounts {
    /// Counts the affected workspaces as this connection sees them.
    pub(super) async fn read(
        connection: &mut SqliteConnection,
        invalidation: &Invalidation,
    ) -> Result<ChangedCounts, sqlx::Error> {
        let ids = match invalidation {
            Invalidation::Nothing => return Ok(ChangedCounts(HashMap::new())),
            Invalidation::Workspaces(ids) => Some(json(ids)),
            Invalidation::Everything => None,
        };
        let which = if ids.is_some() { "WHERE w.id IN (SELECT value FROM json_each(?))" } else { "" };
        let sql = format!(
            "SELECT w.id, (SELECT COUNT(*) FROM key k WHERE k.workspace_id = w.id), c.assets\n\
             FROM workspace w JOIN collection c ON c.seq = w.collection {which}"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql));
        let query = if let Some(ids) = ids { query.bind(ids) } else { query };
        let mut found = HashMap::new();
        for row in query.fetch_all(connection).await? {
            found.insert(row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?));
        }
        Ok(ChangedCounts(found))
    }
}

impl WorkspaceCounts {
    pub(super) fn total(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The number of assets of a workspace; 0 if there is no such workspace.
    pub(super) fn assets(&self, workspace: &str) -> i64 {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1.get(workspace).map_or(0, |(_, assets)| *assets)
    }

    /// Replaces the counts of the affected workspaces. Call it once the change is committed.
    pub(super) fn apply(&self, invalidation: &Invalidation, ChangedCounts(found): ChangedCounts) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (total, workspaces) = &mut *state;
        // The old counts of the affected workspaces leave the total here; their new counts enter it below.
        match invalidation {
            Invalidation::Nothing => {}
            Invalidation::Workspaces(ids) => {
                for (keys, assets) in ids.iter().filter_map(|id| workspaces.remove(id)) {
                    total.add(-1, -keys, -assets);
                }
            }
            Invalidation::Everything => {
                workspaces.clear();
                *total = Counts::default();
            }
        }
        for (keys, assets) in found.values() {
            total.add(1, *keys, *assets);
        }
        workspaces.extend(found);
    }
}

impl Counts {
    fn add(&mut self, workspaces: i64, keys: i64, assets: i64) {
        self.workspaces += workspaces;
        self.keys += keys;
        self.assets += assets;
    }
}
