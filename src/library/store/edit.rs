//! Changes what a workspace holds: assets, users, projects and folders.

use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite, SqliteConnection};

use super::blob_rows::BlobSummary;
use super::blobs::blob_of_asset;
use super::error::{Missing, StoreError};
use super::export;
use super::folder;
use super::handle::Store;
use super::kind_counts::KindCounts;
use super::load::{self, COLUMNS, NewAsset, bind_asset, id_columns};
use super::rows::{Rows, json};
use super::write::Write;
use crate::clock::Micros;
use crate::library::asset::Asset;
use crate::library::key::CollectionVersion;
use crate::library::workspace;

impl Store {
    /// The asset that has this public id at any provider, with all of its public ids.
    pub async fn asset(&self, workspace: &str, id: &str, providers: &[&'static str]) -> Result<Asset, StoreError> {
        let mut read = self.read().await?;
        let collection = collection_of(&mut read, workspace).await?;
        let asset = export::assets(&mut read, collection, providers, &known_as(providers), Some(id)).await?.pop();
        asset.map(|(_, asset)| asset).ok_or_else(|| StoreError::missing("asset", id))
    }

    /// The asset that has this public id at one provider, with all of its public ids, and the bytes that it was given.
    pub async fn asset_of_provider(
        &self,
        workspace: &str,
        provider: &'static str,
        id: &str,
        providers: &[&'static str],
    ) -> Result<(Asset, Option<BlobSummary>), StoreError> {
        let mut read = self.read().await?;
        let collection = collection_of(&mut read, workspace).await?;
        let asset = export::assets(&mut read, collection, providers, &known_as(&[provider]), Some(id)).await?.pop();
        let (seq, asset) = asset.ok_or_else(|| StoreError::missing("asset", id))?;
        Ok((asset, blob_of_asset(&mut read, seq).await?))
    }

    /// Up to `limit` assets in order of insertion, with all of their public ids, and whether more follow. There are
    /// fewer if they are long. The list begins after the asset with the public id `after`: row ids change when a
    /// workspace gets its own copy of a collection.
    pub async fn assets(
        &self,
        workspace: &str,
        after: Option<&str>,
        limit: u32,
        providers: &[&'static str],
    ) -> Result<(Vec<Asset>, bool), StoreError> {
        let mut read = self.read().await?;
        let collection = collection_of(&mut read, workspace).await?;
        let after = match after {
            Some(id) => {
                find(&mut read, collection, id, providers).await?.ok_or_else(|| StoreError::missing("asset", id))?
            }
            None => 0,
        };
        let and = format!("AND a.seq > {after} ORDER BY a.seq LIMIT {limit}");
        let mut assets = export::assets(&mut read, collection, providers, &and, None).await?;
        assets.truncate(limit as usize);
        let last = assets.last().map_or(after, |(seq, _)| *seq);
        let more = "SELECT EXISTS (SELECT 1 FROM asset WHERE collection = ? AND seq > ?)";
        let more = sqlx::query(more).bind(collection).bind(last).fetch_one(&mut *read).await?.try_get(0)?;
        Ok((assets.into_iter().map(|(_, asset)| asset).collect(), more))
    }

    /// Whether there is a workspace with this id.
    pub async fn has_workspace(&self, id: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM workspace WHERE id = ?";
        Ok(sqlx::query(sql).bind(id).fetch_optional(&mut *self.read().await?).await?.is_some())
    }

    /// The users, projects and folders of a workspace; no keys and no assets.
    pub async fn workspace_without_assets(&self, workspace: &str) -> Result<workspace::Workspace, StoreError> {
        Ok(export::workspace_without_assets(&mut *self.read().await?, workspace).await?.1)
    }
}

pub(super) async fn collection_of(connection: &mut SqliteConnection, workspace: &str) -> Result<i64, StoreError> {
    let row =
        sqlx::query("SELECT collection FROM workspace WHERE id = ?").bind(workspace).fetch_optional(&mut *connection);
    Ok(row.await?.ok_or_else(|| Missing::workspace(workspace))?.try_get(0)?)
}

/// The condition that an asset of the collection `?1` has the public id `?2` at any provider. Each provider's ids are
/// looked up in their own index: with `OR` between the conditions, SQLite reads the whole collection.
fn known_as(providers: &[&'static str]) -> String {
    let of = |provider| format!("SELECT seq FROM asset WHERE collection = ?1 AND {provider}_id = ?2");
    format!("AND seq IN ({})", providers.iter().map(of).collect::<Vec<_>>().join(" UNION ALL "))
}

/// The row id of the asset that has this public id at any provider.
async fn find(
    connection: &mut SqliteConnection,
    collection: i64,
    id: &str,
    providers: &[&'static str],
) -> Result<Option<i64>, StoreError> {
    let sql = format!("SELECT seq FROM asset WHERE +collection = ?1 {}", known_as(providers));
    let row = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(id).fetch_optional(&mut *connection).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

impl Write {
    /// Adds assets to a workspace. Of those created at the same instant, the last one is the newest. Returns the row id of
    /// the last one.
    pub async fn add_assets(&mut self, workspace: &str, assets: Vec<NewAsset>) -> Result<i64, StoreError> {
        let CollectionVersion { collection, tallied, .. } =
            self.writable_collection(workspace, assets.len() as i64).await?;
        let mut tally = KindCounts::default();
        let counted = assets.into_iter().inspect(|(asset, _)| tally.add(asset));
        let numbered = counted.map(|asset| (collection, asset));
        let added = load::insert_assets(&mut self.tx, &self.providers, numbered).await;
        let last = added.map_err(StoreError::taken("asset", "with one of these ids"))?;
        if tallied {
            tally.join(&mut self.tx, collection).await?;
        }
        Ok(last)
    }

    /// A public id of these assets that an asset of the workspace already has, and its provider; `None` if there is
    /// none.
    pub async fn taken(
        &mut self,
        workspace: &str,
        assets: &[NewAsset],
    ) -> Result<Option<(&'static str, String)>, StoreError> {
        let collection = collection_of(&mut self.tx, workspace).await?;
        self.taken_by_another(collection, 0, assets).await
    }

    /// Like [`Write::taken`], but ignores the asset with the row id `seq`.
    async fn taken_by_another(
        &mut self,
        collection: i64,
        seq: i64,
        assets: &[NewAsset],
    ) -> Result<Option<(&'static str, String)>, StoreError> {
        for (index, provider) in self.providers.iter().enumerate() {
            let ids: Vec<&str> = assets.iter().map(|(_, ids)| &*ids[index]).collect();
            let sql = format!(
                "SELECT {provider}_id FROM asset WHERE collection = ? AND seq <> ? AND {provider}_id IN (SELECT value FROM json_each(?)) LIMIT 1"
            );
            let found = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(seq).bind(json(&ids));
            if let Some(row) = found.fetch_optional(&mut *self.tx).await? {
                return Ok(Some((provider, row.try_get(0)?)));
            }
        }
        Ok(None)
    }

    /// Changes one asset, found by any of its public ids. `change` receives it with all of them.
    pub async fn change_asset<E: From<StoreError>>(
        &mut self,
        workspace: &str,
        id: &str,
        change: impl FnOnce(Asset) -> Result<NewAsset, E>,
    ) -> Result<(), E> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let and = known_as(&self.providers);
        let found = export::assets(&mut self.tx, collection, &self.providers, &and, Some(id)).await;
        let found = found.map_err(StoreError::from)?.pop();
        let (seq, asset) = found.ok_or_else(|| StoreError::missing("asset", id))?;
        let before = asset.ids.clone();
        let changed = change(asset)?;
        let mut named = self.providers.iter().zip(&changed.1);
        let renamed = !named.all(|(provider, id)| before.get(*provider) == Some(id));
        if renamed && let Some((_, id)) = self.taken_by_another(collection, seq, std::slice::from_ref(&changed)).await?
        {
            return Err(StoreError::Taken { what: "asset", id }.into());
        }
        Ok(self.replace(seq, changed).await?)
    }

    /// Replaces the asset with this row id.
    async fn replace(&mut self, seq: i64, asset: NewAsset) -> Result<(), StoreError> {
        let columns = format!("{COLUMNS}{}", id_columns(&self.providers));
        let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(format!("UPDATE asset SET ({columns}) = ("));
        bind_asset(&mut sql.separated(", "), asset);
        sql.push(") WHERE seq = ").push_bind(seq);
        let replaced = sql.build().execute(&mut *self.tx).await;
        replaced.map(drop).map_err(StoreError::taken("asset", "with one of these ids"))
    }

    /// Removes assets, each found by any of its public ids. If one of them is missing, that is an error, and the
    /// change must not be committed.
    pub async fn remove_assets(&mut self, workspace: &str, ids: &[String]) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, -(ids.len() as i64)).await?.collection;
        for id in ids {
            let found = find(&mut self.tx, collection, id, &self.providers).await?;
            let seq = found.ok_or_else(|| StoreError::missing("asset", id))?;
            sqlx::query("DELETE FROM asset WHERE seq = ?").bind(seq).execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// Removes all assets of a workspace and returns how many there were. The workspace gets a collection without
    /// assets. The old one is removed with other collections that nothing refers to.
    pub async fn remove_all_assets(&mut self, workspace: &str) -> Result<u64, StoreError> {
        let before = collection_of(&mut self.tx, workspace).await?;
        let empty = self.copy_without_assets(before).await?;
        self.copy_all_parts(before, empty).await?;
        self.move_to(workspace, empty).await?;
        // A large collection stays one: assets that are added later still go into the counts.
        let sql = "UPDATE collection AS c SET tallied = o.tallied FROM collection o WHERE o.seq = ? AND c.seq = ?";
        sqlx::query(sql).bind(before).bind(empty).execute(&mut *self.tx).await?;
        Ok(self.asset_count(before).await?.unsigned_abs())
    }

    /// The users, projects and folders of a workspace; no keys and no assets.
    pub async fn workspace_without_assets(&mut self, workspace: &str) -> Result<workspace::Workspace, StoreError> {
        Ok(export::workspace_without_assets(&mut self.tx, workspace).await?.1)
    }

    /// Adds users, projects and folders. None of them may exist yet.
    pub async fn add_places(
        &mut self,
        workspace: &str,
        users: &[workspace::User],
        projects: &[workspace::Project],
        folders: &[workspace::Folder],
    ) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let users: Vec<_> = users.iter().map(|user| (collection, user.clone())).collect();
        let projects: Vec<_> = projects.iter().map(|project| (collection, project)).collect();
        let folders: Vec<_> = folders.iter().map(|folder| (collection, folder)).collect();
        Ok(Rows::default().users(&users).projects(&projects).folders(&folders).store(&mut self.tx).await?)
    }

    /// Adds a user.
    pub async fn add_user(&mut self, workspace: &str, user: &workspace::User) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let stored = Rows::default().users(&[(collection, user.clone())]).store(&mut self.tx).await;
        stored.map_err(StoreError::taken("user", &user.name))
    }

    /// Adds a user to a group, which is made if nobody is in it. A key can act as a user whom the workspace does not list;
    /// then the user is added.
    pub(super) async fn add_to_group(&mut self, workspace: &str, user: &str, group: &str) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let sql = "INSERT INTO user (collection, name, groups) VALUES (?1, ?2, json_array(?3))\n\
                   ON CONFLICT DO UPDATE SET groups = json_insert(groups, '$[#]', ?3)";
        sqlx::query(sql).bind(collection).bind(user).bind(group).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Removes a user whom no asset and no key names.
    pub async fn remove_user(&mut self, workspace: &str, name: &str) -> Result<(), StoreError> {
        let key = "SELECT 1 FROM key WHERE workspace_id = ? AND user = ?";
        let needed = sqlx::query(key).bind(workspace).bind(name).fetch_optional(&mut *self.tx).await?;
        if needed.is_some() {
            return Err(StoreError::InUse { what: "user", id: name.to_owned(), by: "a key" });
        }
        self.remove_named(workspace, Named { what: "user", id: name, column: "name", refers: &["uploader"] }).await
    }

    /// Adds a project, or replaces the one with this id.
    pub async fn put_project(&mut self, workspace: &str, project: &workspace::Project) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        self.delete("DELETE FROM project WHERE collection = ? AND id = ?", collection, &project.id).await?;
        Ok(Rows::default().projects(&[(collection, project)]).store(&mut self.tx).await?)
    }

    /// Adds a project that does not exist yet.
    pub(super) async fn add_project(
        &mut self,
        workspace: &str,
        project: &workspace::Project,
    ) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let added = Rows::default().projects(&[(collection, project)]).store(&mut self.tx).await;
        added.map_err(StoreError::taken("project", &project.id))
    }

    /// Records when a project last changed, which is not before it was made. It keeps its place among the others.
    pub(super) async fn touch_project(&mut self, workspace: &str, id: &str, now: Micros) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let sql = "UPDATE project SET updated_at = MAX(?1, COALESCE(created_at, ?1)) WHERE collection = ?2 AND id = ?3";
        sqlx::query(sql).bind(now).bind(collection).bind(id).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Removes a project that no asset is on.
    pub async fn remove_project(&mut self, workspace: &str, id: &str) -> Result<(), StoreError> {
        self.remove_named(workspace, Named { what: "project", id, column: "id", refers: &["project_id"] }).await
    }

    /// Adds a folder, or replaces the one with this id.
    pub async fn put_folder(&mut self, workspace: &str, folder: &workspace::Folder) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        self.delete("DELETE FROM folder WHERE collection = ? AND id = ?", collection, &folder.id).await?;
        Ok(Rows::default().folders(&[(collection, folder)]).store(&mut self.tx).await?)
    }

    /// Replaces a folder. It keeps its place among the others.
    pub(super) async fn replace_folder(
        &mut self,
        workspace: &str,
        folder: &workspace::Folder,
    ) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(format!("UPDATE folder SET ({}) = (", folder::COLUMNS));
        folder::bind(&mut sql.separated(", "), folder);
        sql.push(") WHERE collection = ").push_bind(collection).push(" AND id = ").push_bind(folder.id.clone());
        sql.build().execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Removes a folder that holds no asset and no folder.
    pub async fn remove_folder(&mut self, workspace: &str, id: &str) -> Result<(), StoreError> {
        let collection = self.writable_collection(workspace, 0).await?.collection;
        let child = "SELECT 1 FROM folder WHERE collection = ? AND parent_id = ?";
        let needed = sqlx::query(child).bind(collection).bind(id).fetch_optional(&mut *self.tx).await?;
        if needed.is_some() {
            return Err(StoreError::InUse { what: "folder", id: id.to_owned(), by: "a folder" });
        }
        self.remove_named(workspace, Named { what: "folder", id, column: "id", refers: &["folder_id"] }).await
    }

    async fn remove_named(&mut self, workspace: &str, named: Named<'_>) -> Result<(), StoreError> {
        let Named { what, id, column, refers } = named;
        let collection = self.writable_collection(workspace, 0).await?.collection;
        for reference in refers {
            let sql = format!("SELECT 1 FROM asset WHERE collection = ? AND {reference} = ? LIMIT 1");
            let needed =
                sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(id).fetch_optional(&mut *self.tx).await?;
            if needed.is_some() {
                return Err(StoreError::InUse { what, id: id.to_owned(), by: "an asset" });
            }
        }
        let sql = format!("DELETE FROM {what} WHERE collection = ? AND {column} = ?");
        if self.delete(&sql, collection, id).await? == 0 { Err(StoreError::missing(what, id)) } else { Ok(()) }
    }

    async fn delete(&mut self, sql: &str, collection: i64, id: &str) -> Result<u64, StoreError> {
        let query = sqlx::query(AssertSqlSafe(sql.to_owned())).bind(collection).bind(id);
        Ok(query.execute(&mut *self.tx).await?.rows_affected())
    }
}

/// A user, project or folder. `what` is also the name of its table.
struct Named<'a> {
    what: &'static str,
    id: &'a str,
    column: &'static str,
    /// The columns of `asset` that may refer to it.
    refers: &'static [&'static str],
}
