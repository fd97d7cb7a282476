//! Changes the library: one transaction for each change, and one change at a time. A reader sees all of a change or
//! nothing.
//!
//! Workspaces, their origins and snapshots share collections. So making, resetting, saving and restoring workspaces
//! copies only the id of a collection, whatever its size. A change to a shared collection gets a copy from
//! [`Write::writable_collection`] first (see [`super::collections`]).

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use sqlx::Row;
use tokio::sync::{OwnedMutexGuard, OwnedRwLockWriteGuard};

use super::asset::from_json;
use super::collection_hold::CollectionHold;
use super::counts::ChangedCounts;
use super::error::{Missing, StoreError};
use super::export;
use super::handle::Store;
use super::key;
use super::load;
use super::read::Tx;
use super::rows::{Rows, json};
use super::snapshot::Snapshot;
use super::versions::Invalidation;
use crate::library::key::CollectionVersion;
use crate::library::model::Choices;
use crate::library::workspace;

/// A change in progress. Dropping it without a commit undoes it.
pub struct Write {
    // Fields are dropped in this order: the transaction must end before the next change or reader gets its turn.
    pub(super) tx: Tx<'static>,
    pub(super) store: Store,
    pub(super) providers: Vec<&'static str>,
    /// Whether a collection may have lost its last reference.
    pub(super) released: bool,
    /// The workspaces that this change affects.
    pub(super) invalidation: Invalidation,
    /// The workspaces that this change resets, restores or removes.
    pub(super) resets: Invalidation,
    /// Whether their numbers of keys or assets may have changed.
    pub(super) changes_counts: bool,
    /// The workspace whose collection this change may write to in place, and that collection.
    pub(super) owned: Option<(String, CollectionVersion)>,
    /// Holds on the collections that this change builds or copies.
    pub(super) holds: Vec<CollectionHold>,
    exclusive: Option<OwnedRwLockWriteGuard<()>>,
    /// SQLite takes one writer at a time. Waiting for this lock is fair and needs no retries.
    turn: OwnedMutexGuard<()>,
}

impl Store {
    /// Begins a change. `providers` are the card names of those for which assets have public ids.
    pub async fn write(&self, providers: Vec<&'static str>) -> Result<Write, StoreError> {
        let turn = self.writing.clone().lock_owned().await;
        self.check_file()?;
        self.index().await?;
        let exclusive = match &self.lock {
            Some(lock) => Some(lock.clone().write_owned().await),
            None => None,
        };
        let tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let mut write = Write {
            tx,
            store: self.clone(),
            providers,
            released: false,
            invalidation: Invalidation::Nothing,
            resets: Invalidation::Nothing,
            changes_counts: false,
            owned: None,
            holds: Vec::new(),
            exclusive,
            turn,
        };
        if !self.began.load(Relaxed) {
            write.save(Snapshot::BEGINNING, "", 0).await?;
        }
        Ok(write)
    }
}

impl Write {
    /// Makes the change visible, and durable where there is a file. The commit is a task of its own, so that it
    /// completes even if the request that asked for it is dropped. Otherwise the change could be in the library while
    /// the version guards of the caches are still current.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let is_more_collections = self.released && self.remove_released_slice().await?;
        let is_more_released = is_more_collections || self.has_unreferenced_blobs().await?;
        let invalidation = std::mem::take(&mut self.invalidation);
        let resets = std::mem::take(&mut self.resets);
        let changed_counts =
            if self.changes_counts { Some(ChangedCounts::read(&mut self.tx, &invalidation).await?) } else { None };
        let Write { tx, store, holds, exclusive, turn, .. } = self;
        let committing = tokio::spawn(async move {
            let committed = tx.commit().await;
            if committed.is_ok() {
                holds.into_iter().for_each(CollectionHold::settle);
                store.versions.invalidate(&invalidation);
                changed_counts.into_iter().for_each(|changed_counts| store.counts.apply(&invalidation, changed_counts));
                store.began.store(true, Relaxed);
            } else {
                // The change may or may not be in the database, so nothing that was read before counts as current.
                store.versions.invalidate(&Invalidation::Everything);
            }
            // A commit that failed may have been a reset all the same.
            store.resets.invalidate(&resets);
            // The locks go last: while a reader holds the lock of a private database, a current guard must be about
            // the state that it reads.
            drop((exclusive, turn));
            if is_more_released {
                tokio::spawn(store.remove_released());
            }
            committed
        });
        Ok(committing.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))?)
    }

    /// Commits one slice of a collection that no workspace refers to. No guard becomes outdated by it.
    pub(super) async fn commit_slice(self) -> Result<Vec<CollectionHold>, StoreError> {
        let Write { tx, store, holds, exclusive, turn, .. } = self;
        tx.commit().await?;
        store.began.store(true, Relaxed);
        drop((exclusive, turn));
        Ok(holds)
    }

    /// Commits the work so far and goes on in a new transaction, after the changes and readers that are already
    /// waiting.
    pub(super) async fn next_slice(self) -> Result<Write, StoreError> {
        let (store, providers) = (self.store.clone(), self.providers.clone());
        let holds = self.commit_slice().await?;
        Ok(Write { holds, ..store.write(providers).await? })
    }

    /// Records that a workspace may hold more or fewer keys or assets than before.
    pub(super) fn affect(&mut self, workspace: &str) {
        self.invalidation.add(workspace);
        self.changes_counts = true;
    }

    /// The current collection of a workspace, to be shared, and the workspace with nothing but its users and
    /// settings.
    pub async fn shared(&mut self, id: &str) -> Result<(workspace::Workspace, i64), StoreError> {
        let row = sqlx::query("SELECT collection, variants, uploads FROM workspace WHERE id = ?").bind(id);
        let row = row.fetch_optional(&mut *self.tx).await?.ok_or_else(|| Missing::workspace(id))?;
        self.users_only(id, row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?)).await
    }

    /// The collection from which the first workspace at the start of the process was made, to be shared, whatever
    /// became of that workspace; an empty collection if there was none.
    pub async fn first_origin(&mut self) -> Result<(workspace::Workspace, i64), StoreError> {
        let first = sqlx::query(
            "SELECT id, origin, origin_variants, origin_uploads FROM saved_workspace WHERE snapshot = ? ORDER BY seq LIMIT 1",
        );
        match first.bind(Snapshot::BEGINNING).fetch_optional(&mut *self.tx).await? {
            Some(row) => self.users_only(row.try_get(0)?, row.try_get(1)?, (row.try_get(2)?, row.try_get(3)?)).await,
            None => {
                let empty = workspace::Workspace::empty("ws_empty");
                let collection = load::insert_collections(&mut self.tx, &[&empty]).await?[0];
                Ok((empty, collection))
            }
        }
    }

    async fn users_only(
        &mut self,
        id: &str,
        collection: i64,
        (variants, uploads): (&str, &str),
    ) -> Result<(workspace::Workspace, i64), StoreError> {
        let users = export::users(&mut self.tx, collection).await?;
        let (variants, uploads) = (from_json(variants)?, from_json(uploads)?);
        Ok((workspace::Workspace { users, variants, uploads, ..workspace::Workspace::empty(id) }, collection))
    }

    /// Adds a workspace that refers to an existing collection, with the keys that it lists.
    pub async fn add_workspace(&mut self, workspace: &workspace::Workspace, collection: i64) -> Result<(), StoreError> {
        if self.has_workspace(&workspace.id).await? {
            return Err(StoreError::Taken { what: "workspace", id: workspace.id.clone() });
        }
        self.affect(&workspace.id);
        let made = Rows::default().workspaces(&[(workspace, collection)]).store(&mut self.tx).await;
        self.name_taken_key(made, &workspace.keys).await
    }

    /// If keys could not be stored because one of them exists already, names that one in the error.
    async fn name_taken_key(
        &mut self,
        stored: Result<(), sqlx::Error>,
        keys: &[workspace::Key],
    ) -> Result<(), StoreError> {
        match stored.map_err(StoreError::taken("key", "")) {
            Err(StoreError::Taken { what, .. }) => {
                Err(StoreError::Taken { what, id: self.held_key(keys).await?.unwrap_or_default() })
            }
            other => other,
        }
    }

    /// How many workspaces there are.
    pub async fn workspaces(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) FROM workspace").fetch_one(&mut *self.tx).await?;
        Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
    }

    /// Whether there is a workspace with this id.
    pub async fn has_workspace(&mut self, id: &str) -> Result<bool, StoreError> {
        Ok(self.collection_of(id).await?.is_some())
    }

    /// Whether any of these keys exists already.
    pub async fn has_any_of(&mut self, keys: &[workspace::Key]) -> Result<bool, StoreError> {
        Ok(self.held_key(keys).await?.is_some())
    }

    /// The first of these keys that exists already.
    async fn held_key(&mut self, keys: &[workspace::Key]) -> Result<Option<String>, StoreError> {
        let texts: Vec<_> = keys.iter().map(|key| (&key.provider, &key.key)).collect();
        let sql = "SELECT old.key FROM json_each(?) AS new\n\
                   CROSS JOIN key AS old ON old.provider = new.value ->> 0 AND old.key = new.value ->> 1";
        let held = sqlx::query(sql).bind(json(&texts)).fetch_optional(&mut *self.tx).await?;
        Ok(held.map(|row| row.try_get(0)).transpose()?)
    }

    /// Removes a workspace and what only it uses.
    pub async fn remove_workspace(&mut self, id: &str) -> Result<(), StoreError> {
        self.affect(id);
        self.resets.add(id);
        self.released = true;
        let gone = sqlx::query("DELETE FROM workspace WHERE id = ?").bind(id).execute(&mut *self.tx).await?;
        if gone.rows_affected() == 0 { Err(Missing::workspace(id)) } else { Ok(()) }
    }

    /// Resets a workspace to what it was made from, its keys included, and forgets its idempotency keys.
    pub async fn reset_workspace(&mut self, id: &str) -> Result<(), StoreError> {
        self.affect(id);
        self.resets.add(id);
        self.released = true;
        let sql = "UPDATE workspace SET collection = origin, variants = origin_variants, uploads = origin_uploads\n\
                   WHERE id = ? RETURNING origin_keys";
        let row = sqlx::query(sql).bind(id).fetch_optional(&mut *self.tx).await?;
        let keys = row.ok_or_else(|| Missing::workspace(id))?.try_get::<String, _>(0)?;
        self.release_claims(id).await?;
        self.put_keys(id, &keys).await
    }

    /// Changes the variants of a workspace. With `None` in place of an option, the server's own choice applies again.
    pub async fn change_variants(
        &mut self,
        workspace: &str,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<(), StoreError> {
        self.invalidation.add(workspace);
        let row = sqlx::query("SELECT variants FROM workspace WHERE id = ?").bind(workspace);
        let row = row.fetch_optional(&mut *self.tx).await?.ok_or_else(|| Missing::workspace(workspace))?;
        let mut choices: Choices = from_json(row.try_get(0)?)?;
        for (name, option) in changes {
            match option {
                Some(option) => choices.insert(name.clone(), option.clone()),
                None => choices.remove(name),
            };
        }
        sqlx::query("UPDATE workspace SET variants = ? WHERE id = ?")
            .bind(json(&choices))
            .bind(workspace)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The row ids of the keys of a workspace, by which requests are counted.
    pub async fn key_numbers(&mut self, workspace: &str) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT id FROM key WHERE workspace_id = ?";
        let rows = sqlx::query(sql).bind(workspace).fetch_all(&mut *self.tx).await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    /// Replaces the keys of a workspace with these, the JSON of a fixture's keys.
    pub(super) async fn put_keys(&mut self, workspace: &str, keys: &str) -> Result<(), StoreError> {
        let keys: Vec<workspace::Key> = from_json(keys)?;
        sqlx::query("DELETE FROM key WHERE workspace_id = ?").bind(workspace).execute(&mut *self.tx).await?;
        self.add_keys(workspace, &keys).await
    }

    /// Adds keys to a workspace. A key without a user acts as the first one.
    pub async fn add_keys(&mut self, workspace: &str, keys: &[workspace::Key]) -> Result<(), StoreError> {
        self.affect(workspace);
        let first = self.first_user(workspace).await?;
        let named: Vec<_> = keys.iter().map(|key| (workspace, &*first, key)).collect();
        let stored = Rows::default().keys(&named).store(&mut self.tx).await;
        self.name_taken_key(stored, keys).await
    }

    async fn first_user(&mut self, workspace: &str) -> Result<String, StoreError> {
        let collection = self.collection_of(workspace).await?.ok_or_else(|| Missing::workspace(workspace))?;
        let first = sqlx::query("SELECT name FROM user WHERE collection = ? ORDER BY rowid LIMIT 1").bind(collection);
        let first = first.fetch_optional(&mut *self.tx).await?;
        Ok(first.map_or(Ok(workspace::OWNER.to_owned()), |row| row.try_get(0))?)
    }

    /// Changes a key of a workspace, except for its text and provider. Without a user it acts as the first one.
    pub async fn change_key<E: From<StoreError>>(
        &mut self,
        workspace: &str,
        provider: &str,
        text: &str,
        change: impl FnOnce(workspace::Key) -> Result<workspace::Key, E>,
    ) -> Result<(), E> {
        self.invalidation.add(workspace);
        let keys = key::of_workspace(&mut self.tx, workspace).await.map_err(StoreError::from)?;
        let found = keys.into_iter().find(|key| key.provider == provider && key.key == text);
        let mut key = change(found.ok_or_else(|| StoreError::missing("key", text))?)?;
        if key.user.is_none() {
            key.user = Some(self.first_user(workspace).await?);
        }
        Ok(self.replace_key(&key).await.map_err(StoreError::from)?)
    }

    async fn replace_key(&mut self, key: &workspace::Key) -> Result<(), sqlx::Error> {
        let sql = "UPDATE key SET user = ?, scopes = ?, revoked = ?, expires_at = ?, limits = ?, refresh = ?\n\
                   WHERE provider = ? AND key = ?";
        sqlx::query(sql)
            .bind(&key.user)
            .bind(key.scopes.as_ref().map(json))
            .bind(key.revoked)
            .bind(key.expires_at.map(|at| at.0))
            .bind(json(&key.limits))
            .bind(key.refresh.as_ref().map(json))
            .bind(&key.provider)
            .bind(&key.key)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Makes a workspace's keys of this provider act as this user.
    pub async fn let_keys_act_as(&mut self, workspace: &str, provider: &str, user: &str) -> Result<(), StoreError> {
        self.invalidation.add(workspace);
        sqlx::query("UPDATE key SET user = ? WHERE workspace_id = ? AND provider = ?")
            .bind(user)
            .bind(workspace)
            .bind(provider)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Removes a key from a workspace, and returns its row id.
    pub async fn remove_key(&mut self, workspace: &str, provider: &str, text: &str) -> Result<i64, StoreError> {
        self.affect(workspace);
        let sql = "DELETE FROM key WHERE workspace_id = ? AND provider = ? AND key = ? RETURNING id";
        let gone = sqlx::query(sql).bind(workspace).bind(provider).bind(text).fetch_optional(&mut *self.tx).await?;
        Ok(gone.ok_or_else(|| StoreError::missing("key", text))?.try_get(0)?)
    }

    /// The id of the collection of a workspace; `None` if there is no such workspace.
    pub(super) async fn collection_of(&mut self, workspace: &str) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT collection FROM workspace WHERE id = ?";
        let row = sqlx::query(sql).bind(workspace).fetch_optional(&mut *self.tx).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }
}
