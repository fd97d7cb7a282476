//! The assets that get their next status at an instant. No timer runs: a request that reads a workspace first compares
//! the earliest such instant with the time, and makes the changes that are due. Upload sessions that end are part of it
//! (see [`due_uploads`](super::due_uploads)).

use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite, SqliteConnection};

use super::asset::from_json;
use super::collection_hold::SLICE;
use super::earliest_due::{EARLIEST, earliest_due};
use super::edit::collection_of;
use super::error::StoreError;
use super::handle::Store;
use super::rows::json;
use super::write::Write;
use crate::clock::Micros;
use crate::library::asset::Asset;

/// Which assets get their next status.
enum Which<'a> {
    /// Those that were due by this instant.
    DueBy(Micros),
    /// Those that follow a read, of these public ids at a provider. The ids are a list as JSON.
    Shown(&'static str, &'a str),
}

impl Store {
    /// When the next asset or upload session of a workspace is due; `None` if none will be, or there is no such workspace.
    pub async fn earliest_due(&self, workspace: &str) -> Result<Option<Micros>, StoreError> {
        let sql =
            format!("SELECT {EARLIEST} FROM workspace w JOIN collection c ON c.seq = w.collection WHERE w.id = ?");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(workspace).fetch_optional(&mut *self.read().await?).await?;
        Ok(row.map_or(Ok(None), |row| earliest_due(&row, 0))?)
    }

    /// Gives the assets of a workspace that were due by `now` their next status, and settles the upload sessions that were.
    pub async fn settle_due_assets(
        &self,
        workspace: &str,
        now: Micros,
        providers: &[&'static str],
    ) -> Result<(), StoreError> {
        self.settle(workspace, &Which::DueBy(now), now, providers).await?;
        self.settle_due_uploads(workspace, now, providers).await
    }

    /// Gives those assets of a workspace their next status for which it follows a read, if their public id at
    /// `provider` is among `shown`. `provider` is a card's name, never a client's text.
    pub async fn settle_shown_assets(
        &self,
        workspace: &str,
        (provider, shown): (&'static str, &[&str]),
        now: Micros,
        providers: &[&'static str],
    ) -> Result<(), StoreError> {
        self.settle(workspace, &Which::Shown(provider, &json(shown)), now, providers).await
    }

    /// Each slice is a change of its own, so that other changes and readers get their turn in between.
    async fn settle(
        &self,
        workspace: &str,
        which: &Which<'_>,
        now: Micros,
        providers: &[&'static str],
    ) -> Result<(), StoreError> {
        while is_any(&mut *self.read().await?, workspace, which).await? {
            let mut write = self.write_to(workspace, providers.to_vec()).await?;
            if !write.settle_slice(workspace, which, now).await? {
                // Another request was faster. Without a commit nothing that is cached becomes outdated.
                return Ok(());
            }
            write.commit().await?;
        }
        Ok(())
    }
}

impl Write {
    /// Gives the first of these assets their next status. Returns whether there were any.
    async fn settle_slice(&mut self, workspace: &str, which: &Which<'_>, now: Micros) -> Result<bool, StoreError> {
        // The row ids change if the collection has to be copied, so the assets are read afterwards.
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let mut sql = QueryBuilder::new("SELECT seq, json FROM asset");
        push_where(&mut sql, collection, which);
        sql.push(" ORDER BY due_at, seq LIMIT ").push_bind(SLICE as i64);
        let mut settled = Vec::new();
        for row in sql.build().fetch_all(&mut *self.tx).await? {
            let mut asset: Asset = from_json(row.try_get(1)?)?;
            asset.settle(now);
            settled.push((row.try_get::<i64, _>(0)?, asset.status.word(), json(&asset)));
        }
        // One statement, since each costs a switch of threads. It writes only the columns that a next status changes,
        // from the JSON, so that few indexes are touched.
        let update = "UPDATE asset AS a SET status = n.value ->> 1, due_at = NULL, json = n.value ->> 2\n\
                      FROM json_each(?) n WHERE a.seq = n.value ->> 0";
        sqlx::query(update).bind(json(&settled)).execute(&mut *self.tx).await?;
        Ok(!settled.is_empty())
    }
}

async fn is_any(read: &mut SqliteConnection, workspace: &str, which: &Which<'_>) -> Result<bool, StoreError> {
    let collection = collection_of(read, workspace).await?;
    let mut sql = QueryBuilder::new("SELECT EXISTS (SELECT 1 FROM asset");
    push_where(&mut sql, collection, which);
    Ok(sql.push(")").build().fetch_one(read).await?.try_get(0)?)
}

fn push_where(sql: &mut QueryBuilder<Sqlite>, collection: i64, which: &Which<'_>) {
    sql.push(" WHERE collection = ").push_bind(collection);
    match which {
        Which::DueBy(now) => sql.push(" AND due_at <= ").push_bind(*now),
        // The plus makes SQLite look the ids up in the provider's index, however many assets have a next status.
        Which::Shown(provider, ids) => sql
            .push(" AND +due_at IS NOT NULL AND json ->> '$.next_status.follows_read'")
            .push(format!(" AND {provider}_id IN (SELECT value FROM json_each("))
            .push_bind((*ids).to_owned())
            .push("))"),
    };
}
