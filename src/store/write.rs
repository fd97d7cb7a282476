//! Changing the library: one transaction a change, one change at a time. A reader sees all of it or nothing.
//!
//! Workspaces, what they were made from and snapshots share collections, so making, resetting, saving and restoring move
//! a number from one row to another, whatever the size. Whoever changes what a shared collection holds asks [`Write::own`]
//! for it, which makes the copy.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{AssertSqlSafe, Row};
use tokio::sync::OwnedMutexGuard;

use super::load::{self, COLUMNS, NewAsset, NewWorkspace, id_columns};
use super::rows::{Rows, json};
use super::stamp::{Seen, Stamps, Step, Touched};
use super::{Edition, Missing, Snapshot, Store, StoreError, Tx, export, key};
use crate::fixture;
use crate::glimpsed::Glimpsed;

/// A change under way. What is not committed never happened.
pub struct Write {
    pub(super) tx: Tx<'static>,
    pub(super) providers: Vec<&'static str>,
    /// Set once the state in which this process began is saved.
    began: Arc<AtomicBool>,
    stamps: Arc<Stamps>,
    sources: Arc<Mutex<Glimpsed>>,
    /// A collection that is made with so many assets has a tally.
    large: u64,
    /// Whether somebody let go of a collection.
    pub(super) let_go: bool,
    /// The workspaces that are not what they were.
    pub(super) touched: Touched,
    /// SQLite takes one writer at a time; waiting here is in turn and wastes nothing.
    _turn: OwnedMutexGuard<()>,
}

/// What a workspace was made from lately.
pub struct Template {
    /// Its collection.
    pub collection: i64,
    /// The workspace it was, without assets.
    pub content: fixture::Workspace,
}

/// How many templates are kept; the oldest goes first.
const TEMPLATES: i64 = 32;

impl Store {
    /// Begins a change. `providers` are those whose public ids assets have, by card name.
    pub async fn write(&self, providers: Vec<&'static str>) -> Result<Write, StoreError> {
        let turn = self.writing.clone().lock_owned().await;
        self.check_file()?;
        self.index().await?;
        let tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let (began, stamps, sources) = (self.began.clone(), self.stamps.clone(), self.sources.clone());
        let mut write = Write {
            tx,
            providers,
            began,
            stamps,
            sources,
            large: self.large,
            let_go: false,
            touched: Touched::Nothing,
            _turn: turn,
        };
        if !self.began.load(Relaxed) {
            write.save(Snapshot::BEGINNING, "", 0).await?;
        }
        Ok(write)
    }
}

impl Write {
    /// Makes the change visible, and lasting where there is a file. Once begun it goes through, whether or not somebody
    /// still waits for it: a change that is visible while its stamps stand would never be seen.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if self.let_go {
            self.sweep().await?;
        }
        let Write { tx, began, stamps, touched, _turn: turn, .. } = self;
        let committing = tokio::spawn(async move {
            let committed = tx.commit().await;
            // Of a commit that failed nobody knows what came of it, so nothing is taken over from before it.
            stamps.end(if committed.is_ok() { touched } else { Touched::All });
            began.fetch_or(committed.is_ok(), Relaxed);
            drop(turn);
            committed
        });
        Ok(committing.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))?)
    }

    /// What was made from this source lately.
    pub async fn template(&mut self, source: &str) -> Result<Option<Template>, StoreError> {
        let sql = "SELECT collection, content FROM template WHERE source = ?";
        let Some(row) = sqlx::query(sql).bind(source).fetch_optional(&mut *self.tx).await? else { return Ok(None) };
        let content = serde_json::from_str(row.try_get(1)?).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(Some(Template { collection: row.try_get(0)?, content }))
    }

    /// Keeps what was made from a source for the next one who asks for it, if this is not the first: what is made from a
    /// source that never comes again goes with its workspace.
    pub async fn remember(
        &mut self,
        source: &str,
        content: &fixture::Workspace,
        collection: i64,
    ) -> Result<(), StoreError> {
        if !self.sources.lock().unwrap_or_else(PoisonError::into_inner).again(source) {
            return Ok(());
        }
        sqlx::query("INSERT INTO template (source, content, collection) VALUES (?, ?, ?)")
            .bind(source)
            .bind(json(content))
            .bind(collection)
            .execute(&mut *self.tx)
            .await?;
        self.let_go = true;
        let old = "DELETE FROM template WHERE seq <= (SELECT MAX(seq) FROM template) - ?";
        sqlx::query(old).bind(TEMPLATES).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// What a workspace holds at this moment, to be shared: the workspace with its users only, and the collection.
    pub async fn shared(&mut self, id: &str) -> Result<(fixture::Workspace, i64), StoreError> {
        let collection = self.collection_of(id).await?.ok_or_else(|| Missing::workspace(id))?;
        self.bare(id, collection).await
    }

    /// What the first workspace of the beginning was made from, to be shared, whatever became of it since; an empty
    /// collection if there was none.
    pub async fn first_origin(&mut self) -> Result<(fixture::Workspace, i64), StoreError> {
        let first = sqlx::query("SELECT id, origin FROM saved_workspace WHERE snapshot = ? ORDER BY seq LIMIT 1");
        match first.bind(Snapshot::BEGINNING).fetch_optional(&mut *self.tx).await? {
            Some(row) => self.bare(row.try_get(0)?, row.try_get(1)?).await,
            None => {
                let empty = fixture::Workspace::empty("ws_empty");
                let collection = self.add_collection(&empty, []).await?;
                Ok((empty, collection))
            }
        }
    }

    async fn bare(&mut self, id: &str, collection: i64) -> Result<(fixture::Workspace, i64), StoreError> {
        let users = export::users(&mut self.tx, collection).await?;
        Ok((fixture::Workspace { users, ..fixture::Workspace::empty(id) }, collection))
    }

    /// Stores what a workspace holds, and gives the collection's number.
    pub async fn add_collection(
        &mut self,
        workspace: &fixture::Workspace,
        assets: impl IntoIterator<Item = NewAsset, IntoIter: Send>,
    ) -> Result<i64, StoreError> {
        let new = NewWorkspace { workspace, providers: &self.providers, assets: &mut assets.into_iter() };
        let made = load::insert_collections(&mut self.tx, &mut [new], self.large).await;
        Ok(made.map_err(StoreError::taken("asset", ""))?[0])
    }

    /// Makes a workspace over a collection that is there, with the keys it names.
    pub async fn add_workspace(&mut self, workspace: &fixture::Workspace, collection: i64) -> Result<(), StoreError> {
        let keys = workspace.keys.iter().map(|key| &*key.key).collect::<Vec<_>>().join("` or `");
        if self.has_workspace(&workspace.id).await? {
            return Err(StoreError::Taken { what: "workspace", id: workspace.id.clone() });
        }
        let made = Rows::default().workspaces(&[(workspace, collection)]).store(&mut self.tx).await;
        made.map_err(StoreError::taken("key", &keys))
    }

    /// How many workspaces there are.
    pub async fn workspaces(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) FROM workspace").fetch_one(&mut *self.tx).await?;
        Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
    }

    /// Whether there is a workspace of this id.
    pub async fn has_workspace(&mut self, id: &str) -> Result<bool, StoreError> {
        Ok(self.collection_of(id).await?.is_some())
    }

    /// Whether somebody has one of these keys.
    pub async fn has_any_of(&mut self, keys: &[fixture::Key]) -> Result<bool, StoreError> {
        let texts: Vec<_> = keys.iter().map(|key| (&key.provider, &key.key)).collect();
        let sql = "SELECT 1 FROM json_each(?) AS new\n\
                   CROSS JOIN key AS old ON old.provider = new.value ->> 0 AND old.key = new.value ->> 1";
        let held = sqlx::query(sql).bind(json(&texts));
        Ok(held.fetch_optional(&mut *self.tx).await?.is_some())
    }

    /// Removes a workspace with all that is its own.
    pub async fn remove_workspace(&mut self, id: &str) -> Result<(), StoreError> {
        self.touched.add(id);
        self.let_go = true;
        let gone = sqlx::query("DELETE FROM workspace WHERE id = ?").bind(id).execute(&mut *self.tx).await?;
        if gone.rows_affected() == 0 { Err(Missing::workspace(id)) } else { Ok(()) }
    }

    /// Puts a workspace back to what it was made from, keys included.
    pub async fn reset_workspace(&mut self, id: &str) -> Result<(), StoreError> {
        self.touched.add(id);
        self.let_go = true;
        let sql = "UPDATE workspace SET collection = origin WHERE id = ? RETURNING origin_keys";
        let row = sqlx::query(sql).bind(id).fetch_optional(&mut *self.tx).await?;
        let keys = row.ok_or_else(|| Missing::workspace(id))?.try_get::<String, _>(0)?;
        self.put_keys(id, &keys).await
    }

    /// The numbers by which the keys of a workspace are counted.
    pub async fn key_numbers(&mut self, workspace: &str) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT id FROM key WHERE workspace_id = ?";
        let rows = sqlx::query(sql).bind(workspace).fetch_all(&mut *self.tx).await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    /// Replaces the keys of a workspace by those in a fixture's words.
    pub(super) async fn put_keys(&mut self, workspace: &str, keys: &str) -> Result<(), StoreError> {
        let keys: Vec<fixture::Key> =
            serde_json::from_str(keys).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        sqlx::query("DELETE FROM key WHERE workspace_id = ?").bind(workspace).execute(&mut *self.tx).await?;
        self.add_keys(workspace, &keys).await
    }

    /// Gives a workspace keys. A key without a user acts as the first one.
    pub async fn add_keys(&mut self, workspace: &str, keys: &[fixture::Key]) -> Result<(), StoreError> {
        let first = self.first_user(workspace).await?;
        let named: Vec<_> = keys.iter().map(|key| (workspace, &*first, key)).collect();
        let names = keys.iter().map(|key| &*key.key).collect::<Vec<_>>().join("` or `");
        Rows::default().keys(&named).store(&mut self.tx).await.map_err(StoreError::taken("key", &names))
    }

    async fn first_user(&mut self, workspace: &str) -> Result<String, StoreError> {
        let collection = self.collection_of(workspace).await?.ok_or_else(|| Missing::workspace(workspace))?;
        let first = sqlx::query("SELECT name FROM user WHERE collection = ? ORDER BY rowid LIMIT 1").bind(collection);
        let first = first.fetch_optional(&mut *self.tx).await?;
        Ok(first.map_or(Ok(fixture::OWNER.to_owned()), |row| row.try_get(0))?)
    }

    /// Changes a key of a workspace; its text and provider stay. Without a user it acts as the first one.
    pub async fn change_key<E: From<StoreError>>(
        &mut self,
        workspace: &str,
        provider: &str,
        text: &str,
        change: impl FnOnce(fixture::Key) -> Result<fixture::Key, E>,
    ) -> Result<(), E> {
        self.touched.add(workspace);
        let keys = key::of_workspace(&mut self.tx, workspace).await.map_err(StoreError::from)?;
        let found = keys.into_iter().find(|key| key.provider == provider && key.key == text);
        let mut key = change(found.ok_or_else(|| StoreError::missing("key", text))?)?;
        if key.user.is_none() {
            key.user = Some(self.first_user(workspace).await?);
        }
        Ok(self.replace_key(&key).await.map_err(StoreError::from)?)
    }

    async fn replace_key(&mut self, key: &fixture::Key) -> Result<(), sqlx::Error> {
        let sql = "UPDATE key SET user = ?, scopes = ?, revoked = ?, expires_at = ?, limits = ?\n\
                   WHERE provider = ? AND key = ?";
        sqlx::query(sql)
            .bind(&key.user)
            .bind(key.scopes.as_ref().map(json))
            .bind(key.revoked)
            .bind(key.expires_at.map(|at| at.0))
            .bind(json(&key.limits))
            .bind(&key.provider)
            .bind(&key.key)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Lets a workspace's keys of this provider act as this user.
    pub async fn let_keys_act_as(&mut self, workspace: &str, provider: &str, user: &str) -> Result<(), StoreError> {
        self.touched.add(workspace);
        sqlx::query("UPDATE key SET user = ? WHERE workspace_id = ? AND provider = ?")
            .bind(user)
            .bind(workspace)
            .bind(provider)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Takes a key from a workspace, and gives the number by which it was counted.
    pub async fn remove_key(&mut self, workspace: &str, provider: &str, text: &str) -> Result<i64, StoreError> {
        self.touched.add(workspace);
        let sql = "DELETE FROM key WHERE workspace_id = ? AND provider = ? AND key = ? RETURNING id";
        let gone = sqlx::query(sql).bind(workspace).bind(provider).bind(text).fetch_optional(&mut *self.tx).await?;
        Ok(gone.ok_or_else(|| StoreError::missing("key", text))?.try_get(0)?)
    }

    /// The number of what a workspace holds at this moment.
    pub(super) async fn collection_of(&mut self, workspace: &str) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT collection FROM workspace WHERE id = ?";
        let row = sqlx::query(sql).bind(workspace).fetch_optional(&mut *self.tx).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// The number of a collection that is this workspace's alone, so that it may be changed.
    pub(super) async fn own(&mut self, workspace: &str) -> Result<i64, StoreError> {
        Ok(self.own_edition(workspace).await?.0.collection)
    }

    /// The same, with the step that begins with this change, if it is the first of this transaction and no copy had to be
    /// made. Whoever changes nothing but assets completes it and calls [`Write::step`].
    pub(super) async fn own_edition(&mut self, workspace: &str) -> Result<(Edition, Option<Step>), StoreError> {
        let is_first = matches!(self.touched, Touched::Nothing);
        self.touched.add(workspace);
        let sql = "WITH held (it) AS (SELECT collection FROM workspace WHERE id = ?)\n\
                   UPDATE collection SET version = version + 1 FROM held WHERE seq = it\n\
                   AND (SELECT COUNT(*) FROM workspace WHERE collection = it) = 1\n\
                   AND NOT EXISTS (SELECT 1 FROM workspace WHERE origin = it)\n\
                   AND NOT EXISTS (SELECT 1 FROM template WHERE collection = it)\n\
                   AND NOT EXISTS (SELECT 1 FROM saved_workspace WHERE collection = it OR origin = it)\n\
                   RETURNING seq, version, tallied";
        if let Some(row) = sqlx::query(sql).bind(workspace).fetch_optional(&mut *self.tx).await? {
            let to = Edition { collection: row.try_get(0)?, version: row.try_get(1)?, tallied: row.try_get(2)? };
            let step = Step { to, changed: Vec::new(), now: None, seen: Seen::Anything };
            return Ok((to, is_first.then_some(step)));
        }
        let held = self.collection_of(workspace).await?.ok_or_else(|| Missing::workspace(workspace))?;
        self.let_go = true;
        let own = self.copy(held).await?;
        let moved = "UPDATE workspace SET collection = ? WHERE id = ?";
        sqlx::query(moved).bind(own.collection).bind(workspace).execute(&mut *self.tx).await?;
        Ok((own, None))
    }

    /// Says that this is all that the transaction changes of the workspace, and of any other.
    pub(super) fn step(&mut self, workspace: &str, step: Option<Step>) {
        if let Some(step) = step {
            self.touched = Touched::Assets(workspace.to_owned(), Arc::new(step));
        }
    }

    async fn copy(&mut self, from: i64) -> Result<Edition, StoreError> {
        let row = sqlx::query("INSERT INTO collection DEFAULT VALUES RETURNING seq").fetch_one(&mut *self.tx).await?;
        let to: i64 = row.try_get(0)?;
        let asset = format!("{COLUMNS}{}", id_columns(&self.providers));
        let tables = [
            ("user", "name"),
            ("project", "id, name, name_folded"),
            ("folder", "id, name, parent_id, trashed"),
            ("asset", &asset),
            ("tally", "kind, status, visibility, uploader, count"),
        ];
        for (table, columns) in tables {
            let sql = format!(
                "INSERT INTO {table} (collection, {columns}) SELECT ?, {columns} FROM {table} WHERE collection = ? ORDER BY rowid"
            );
            sqlx::query(AssertSqlSafe(sql)).bind(to).bind(from).execute(&mut *self.tx).await?;
        }
        let sql = "UPDATE collection SET tallied = (SELECT tallied FROM collection WHERE seq = ?) WHERE seq = ?\n\
                   RETURNING version, tallied";
        let row = sqlx::query(sql).bind(from).bind(to).fetch_one(&mut *self.tx).await?;
        Ok(Edition { collection: to, version: row.try_get(0)?, tallied: row.try_get(1)? })
    }

    /// Removes collections that nobody refers to any more.
    async fn sweep(&mut self) -> Result<(), StoreError> {
        let sql = "DELETE FROM collection WHERE seq NOT IN (\n\
                   SELECT collection FROM workspace UNION SELECT origin FROM workspace UNION SELECT collection FROM template\n\
                   UNION SELECT collection FROM saved_workspace UNION SELECT origin FROM saved_workspace)";
        sqlx::query(sql).execute(&mut *self.tx).await?;
        Ok(())
    }
}
