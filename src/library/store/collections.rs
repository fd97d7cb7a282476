//! Collections: making, copying and removing what workspaces hold, whatever its size.
//!
//! Work that grows with the number of assets is cut into slices of [`SLICE`] assets, each in a transaction of its own,
//! so that other changes and readers get their turn in between. A slice adds to, copies or removes a collection that
//! no workspace refers to, so no reader sees half of it. The size of a request bounds all work that is not sliced.

use sqlx::{AssertSqlSafe, Row};

use super::collection_hold::{CollectionHold, SLICE};
use super::error::{Missing, StoreError};
use super::folder;
use super::handle::Store;
use super::kind_counts::KindCounts;
use super::load::{self, COLUMNS, NewAsset, id_columns};
use super::project;
use super::upload_session;
use super::write::Write;
use crate::library::key::CollectionVersion;
use crate::library::workspace;

/// How often a copy in slices is tried before the copy is made in one transaction. A copy in slices is useless if the
/// workspace moved to another collection meanwhile.
const COPY_TRIES: usize = 3;

/// The condition that nothing refers to a collection `c`. Its one parameter is the ids of held collections, as JSON.
const RELEASED: &str = "c.seq NOT IN (\n\
    SELECT collection FROM workspace UNION SELECT origin FROM workspace UNION SELECT collection FROM template\n\
    UNION SELECT collection FROM saved_workspace UNION SELECT origin FROM saved_workspace\n\
    UNION SELECT value FROM json_each(?))";

/// The condition that nothing but one workspace refers to the collection `it`. Its one parameter is the ids of held
/// collections, as JSON.
const OWN: &str = "(SELECT COUNT(*) FROM workspace WHERE collection = it) = 1\n\
    AND NOT EXISTS (SELECT 1 FROM workspace WHERE origin = it)\n\
    AND NOT EXISTS (SELECT 1 FROM template WHERE collection = it)\n\
    AND NOT EXISTS (SELECT 1 FROM saved_workspace WHERE collection = it OR origin = it)\n\
    AND NOT EXISTS (SELECT 1 FROM json_each(?) WHERE value = it)";

impl Store {
    /// Begins a change to what a workspace holds. If many assets or parts of uploads have to be copied first, they are
    /// copied in slices.
    pub async fn write_to(&self, workspace: &str, providers: Vec<&'static str>) -> Result<Write, StoreError> {
        for _ in 0..COPY_TRIES {
            let mut write = self.write(providers.clone()).await?;
            if write.try_own(workspace).await? {
                return Ok(write);
            }
            let shared = write.collection_of(workspace).await?.ok_or_else(|| Missing::workspace(workspace))?;
            if write.asset_count(shared).await? <= SLICE as i64 && !write.has_many_parts(shared).await? {
                return Ok(write);
            }
            write = write.copy_in_slices(workspace, shared).await?;
            if write.try_own(workspace).await? {
                return Ok(write);
            }
            // The copy is not used. The commit removes it with other collections that nothing refers to.
            write.commit().await?;
        }
        self.write(providers).await
    }

    /// Removes unreferenced collections in slices, including those that a killed process left behind.
    pub(super) async fn remove_released(self) {
        let _turn = self.removing.lock().await;
        let removed: Result<(), StoreError> = async {
            loop {
                let mut write = self.write(Vec::new()).await?;
                let is_more_left = write.remove_released_slice().await? || write.remove_blob_slice().await?;
                write.commit_slice().await?;
                if !is_more_left {
                    return Ok(());
                }
            }
        }
        .await;
        if let Err(error) = removed {
            tracing::debug!(%error, "unreferenced collections could not be removed; the next removal tries again");
        }
    }
}

impl Write {
    /// Stores the content of a workspace in slices. Returns the change that contains the last slice, and the id of the
    /// new collection. Nothing refers to the collection until that change is committed.
    pub async fn add_collection(
        mut self,
        workspace: &workspace::Workspace,
        assets: impl IntoIterator<Item = NewAsset, IntoIter: Send>,
    ) -> Result<(Write, i64), StoreError> {
        let collection = load::insert_collections(&mut self.tx, &[workspace]).await?[0];
        self.holds.push(CollectionHold::new(&self.store, collection));
        let mut tally = KindCounts::default();
        let mut assets = assets.into_iter().inspect(|(asset, _)| tally.add(asset)).peekable();
        loop {
            let slice = assets.by_ref().take(SLICE).map(|asset| (collection, asset));
            let stored = load::insert_assets(&mut self.tx, &self.providers, slice).await;
            stored.map_err(StoreError::taken("asset", ""))?;
            if assets.peek().is_none() {
                break;
            }
            self = self.next_slice().await?;
        }
        drop(assets);
        tally.store(&mut self.tx, collection, self.store.large).await?;
        Ok((self, collection))
    }

    /// Removes unreferenced collections, but at most one slice of their assets and of the parts of their uploads. Returns
    /// whether there may be more to remove.
    pub(super) async fn remove_released_slice(&mut self) -> Result<bool, StoreError> {
        let sql =
            format!("SELECT json_group_array(seq) FROM (SELECT c.seq FROM collection c WHERE {RELEASED} LIMIT ?)");
        let released = sqlx::query(AssertSqlSafe(sql)).bind(self.store.holds.json()).bind(SLICE as i64);
        let released: String = released.fetch_one(&mut *self.tx).await?.try_get(0)?;
        if released == "[]" {
            return Ok(false);
        }
        // Clearing `tallied` keeps the triggers from updating the counts for each asset that is removed.
        let uncounted = "UPDATE collection SET tallied = 0 WHERE tallied AND seq IN (SELECT value FROM json_each(?))";
        sqlx::query(uncounted).bind(&released).execute(&mut *self.tx).await?;
        let assets = "DELETE FROM asset WHERE seq IN (\n\
                      SELECT a.seq FROM json_each(?) r CROSS JOIN asset a ON a.collection = r.value LIMIT ?)";
        sqlx::query(assets).bind(&released).bind(SLICE as i64).execute(&mut *self.tx).await?;
        let parts = "DELETE FROM upload_part WHERE rowid IN (\n\
                     SELECT p.rowid FROM json_each(?) r CROSS JOIN upload_part p ON p.collection = r.value LIMIT ?)";
        sqlx::query(parts).bind(&released).bind(SLICE as i64).execute(&mut *self.tx).await?;
        let emptied = "DELETE FROM collection AS c WHERE seq IN (SELECT value FROM json_each(?))\n\
                       AND NOT EXISTS (SELECT 1 FROM asset a WHERE a.collection = c.seq)\n\
                       AND NOT EXISTS (SELECT 1 FROM upload_part p WHERE p.collection = c.seq)";
        sqlx::query(emptied).bind(&released).execute(&mut *self.tx).await?;
        let sql = format!("SELECT EXISTS (SELECT 1 FROM collection c WHERE {RELEASED})");
        let left = sqlx::query(AssertSqlSafe(sql)).bind(self.store.holds.json());
        Ok(left.fetch_one(&mut *self.tx).await?.try_get(0)?)
    }

    pub(super) async fn asset_count(&mut self, collection: i64) -> Result<i64, StoreError> {
        let count = sqlx::query("SELECT assets FROM collection WHERE seq = ?").bind(collection);
        Ok(count.fetch_one(&mut *self.tx).await?.try_get(0)?)
    }

    /// Lets this change write to the workspace's collection in place if only that workspace uses it. Returns whether
    /// it may.
    async fn try_own(&mut self, workspace: &str) -> Result<bool, StoreError> {
        if self.owned.as_ref().is_some_and(|(id, _)| id == workspace) {
            return Ok(true);
        }
        let sql = format!(
            "WITH held (it) AS (SELECT collection FROM workspace WHERE id = ?)\n\
             UPDATE collection SET version = version + 1 FROM held WHERE seq = it AND {OWN}\n\
             RETURNING seq, version, tallied"
        );
        let own = sqlx::query(AssertSqlSafe(sql)).bind(workspace).bind(self.store.holds.json());
        let Some(row) = own.fetch_optional(&mut *self.tx).await? else { return Ok(false) };
        let own = CollectionVersion { collection: row.try_get(0)?, version: row.try_get(1)?, tallied: row.try_get(2)? };
        self.invalidation.add(workspace);
        self.owned = Some((workspace.to_owned(), own));
        Ok(true)
    }

    /// Copy on write: returns a collection that only this workspace uses. A shared one is copied first. `more` assets
    /// are about to be added, or removed if it is negative.
    pub(super) async fn writable_collection(
        &mut self,
        workspace: &str,
        more: i64,
    ) -> Result<CollectionVersion, StoreError> {
        if !self.try_own(workspace).await? {
            let shared = self.collection_of(workspace).await?.ok_or_else(|| Missing::workspace(workspace))?;
            let copy = self.copy_without_assets(shared).await?;
            self.copy_all_parts(shared, copy).await?;
            self.copy_assets(shared, copy, None).await?;
            self.finish_copy(shared, copy).await?;
            self.move_to(workspace, copy).await?;
            self.try_own(workspace).await?;
        }
        let (_, own) = self.owned.as_ref().ok_or_else(|| Missing::workspace(workspace))?;
        let own = *own;
        if more != 0 {
            self.affect(workspace);
            let sql = "UPDATE collection SET assets = assets + ? WHERE seq = ?";
            sqlx::query(sql).bind(more).bind(own.collection).execute(&mut *self.tx).await?;
        }
        Ok(own)
    }

    /// Makes a workspace refer to another collection.
    pub(super) async fn move_to(&mut self, workspace: &str, collection: i64) -> Result<(), StoreError> {
        self.affect(workspace);
        self.owned = None;
        self.released = true;
        let moved = "UPDATE workspace SET collection = ? WHERE id = ?";
        sqlx::query(moved).bind(collection).bind(workspace).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Copies the workspace's collection `from` in slices and makes the workspace refer to the copy. Returns the
    /// change that contains the last slice. If the workspace refers to another collection by then, it keeps that one.
    async fn copy_in_slices(mut self, workspace: &str, from: i64) -> Result<Write, StoreError> {
        self.holds.push(CollectionHold::new(&self.store, from));
        let to = self.copy_without_assets(from).await?;
        self.holds.push(CollectionHold::new(&self.store, to));
        let mut last = 0;
        while let Some(seq) = self.copy_assets(from, to, Some(last)).await? {
            last = seq;
            self = self.next_slice().await?;
        }
        let mut last = (String::new(), 0);
        while let Some(part) = self.copy_parts(from, to, &last).await? {
            last = part;
            self = self.next_slice().await?;
        }
        self.finish_copy(from, to).await?;
        if self.collection_of(workspace).await? == Some(from) {
            self.move_to(workspace, to).await?;
        }
        self.holds.clear();
        Ok(self)
    }

    /// Whether a collection has more parts of uploads than one slice.
    async fn has_many_parts(&mut self, collection: i64) -> Result<bool, StoreError> {
        let beyond = "SELECT 1 FROM upload_part WHERE collection = ? LIMIT 1 OFFSET ?";
        let beyond = sqlx::query(beyond).bind(collection).bind(SLICE as i64).fetch_optional(&mut *self.tx).await?;
        Ok(beyond.is_some())
    }

    /// Makes a collection with the users, projects, folders and upload sessions of another one, but not with the parts of
    /// those, and returns its id.
    pub(super) async fn copy_without_assets(&mut self, from: i64) -> Result<i64, StoreError> {
        let row = sqlx::query("INSERT INTO collection DEFAULT VALUES RETURNING seq").fetch_one(&mut *self.tx).await?;
        let to: i64 = row.try_get(0)?;
        for (table, columns) in [
            ("user", "name, password, groups"),
            ("project", project::COLUMNS),
            ("folder", folder::COLUMNS),
            ("upload", upload_session::COLUMNS),
        ] {
            self.copy_rows(table, columns, from, to).await?;
        }
        Ok(to)
    }

    async fn copy_rows(&mut self, table: &str, columns: &str, from: i64, to: i64) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO {table} (collection, {columns}) SELECT ?, {columns} FROM {table} WHERE collection = ? ORDER BY rowid"
        );
        sqlx::query(AssertSqlSafe(sql)).bind(to).bind(from).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Copies all assets, or one slice of those after the row id `after`. Returns the row id of the last asset if more
    /// may follow.
    async fn copy_assets(&mut self, from: i64, to: i64, after: Option<i64>) -> Result<Option<i64>, StoreError> {
        let columns = format!("{COLUMNS}, blob{}", id_columns(&self.providers));
        let Some(after) = after else {
            self.copy_rows("asset", &columns, from, to).await?;
            return Ok(None);
        };
        let last = "SELECT seq FROM asset WHERE collection = ? AND seq > ? ORDER BY seq LIMIT 1 OFFSET ?";
        let last = sqlx::query(last).bind(from).bind(after).bind(SLICE as i64 - 1);
        let last: Option<i64> = last.fetch_optional(&mut *self.tx).await?.map(|row| row.try_get(0)).transpose()?;
        let sql = format!(
            "INSERT INTO asset (collection, {columns}) SELECT ?, {columns} FROM asset\n\
             WHERE collection = ? AND seq > ? AND seq <= ? ORDER BY seq"
        );
        let copied = sqlx::query(AssertSqlSafe(sql)).bind(to).bind(from).bind(after).bind(last.unwrap_or(i64::MAX));
        copied.execute(&mut *self.tx).await?;
        Ok(last)
    }

    /// Copies all parts of uploads.
    pub(super) async fn copy_all_parts(&mut self, from: i64, to: i64) -> Result<(), StoreError> {
        self.copy_rows("upload_part", upload_session::PART_COLUMNS, from, to).await
    }

    /// Copies one slice of the parts of uploads, of those after the part with this session and number. Returns the last one
    /// if more may follow.
    async fn copy_parts(
        &mut self,
        from: i64,
        to: i64,
        after: &(String, i64),
    ) -> Result<Option<(String, i64)>, StoreError> {
        let columns = upload_session::PART_COLUMNS;
        let sql = format!(
            "INSERT INTO upload_part (collection, {columns}) SELECT ?, {columns} FROM upload_part\n\
             WHERE collection = ? AND (upload, number) > (?, ?) ORDER BY upload, number LIMIT ? RETURNING upload, number"
        );
        let copied = sqlx::query(AssertSqlSafe(sql)).bind(to).bind(from).bind(&after.0).bind(after.1);
        let copied = copied.bind(SLICE as i64).fetch_all(&mut *self.tx).await?;
        let copied = copied.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let copied = copied.collect::<Result<Vec<(String, i64)>, sqlx::Error>>()?;
        Ok(if copied.len() == SLICE { copied.into_iter().max() } else { None })
    }

    /// Copies the counts of a collection.
    async fn finish_copy(&mut self, from: i64, to: i64) -> Result<(), StoreError> {
        self.copy_rows("tally", "kind, status, visibility, uploader, count, bytes_high, bytes_low", from, to).await?;
        let sql = "UPDATE collection AS c SET (tallied, assets) = (o.tallied, o.assets) FROM collection o\n\
                   WHERE o.seq = ? AND c.seq = ?";
        sqlx::query(sql).bind(from).bind(to).execute(&mut *self.tx).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::load_fixtures;
    use crate::emulator::workspace;
    use crate::library::fixture::{Generator, GeneratorConfig};
    use crate::library::store::DatabaseLocation;
    use crate::providers;

    async fn assets(store: &Store) -> i64 {
        store.rows().await.unwrap().into_iter().find(|(table, _)| *table == "asset").unwrap().1
    }

    /// Neither one large collection nor many small ones are removed in one piece.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_slice_removes_so_many_assets_and_no_more() {
        let store = Store::open(&DatabaseLocation::Memory, providers::ids()).await.unwrap();
        for count in [2_500, 900, 900] {
            let generated = Generator::new(GeneratorConfig::new(count, 1, workspace::until()));
            let made = Generator::workspace("ws_a");
            let write = store.write(providers::names()).await.unwrap();
            let (write, _) = write.add_collection(&made, load_fixtures::identified(&made, generated)).await.unwrap();
            write.commit().await.unwrap();
        }
        let mut left = vec![assets(&store).await];
        loop {
            let mut write = store.write(Vec::new()).await.unwrap();
            let is_more_left = write.remove_released_slice().await.unwrap();
            write.commit_slice().await.unwrap();
            left.push(assets(&store).await);
            if !is_more_left {
                break;
            }
        }
        assert_eq!(left, [4_300, 3_300, 2_300, 1_300, 300, 0]);
    }
}
