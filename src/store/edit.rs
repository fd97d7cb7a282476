//! Changing what a workspace holds: assets, users, projects and folders, in the neutral shape.

use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite};

use super::load::{self, COLUMNS, NewAsset, bind_asset, id_columns};
use super::rows::{Rows, json};
use super::selection::seen;
use super::tally::Tally;
use super::{Asset, Changed, Edition, Missing, Seen, Step, Store, StoreError, Tx, Write, asset, export};
use crate::fixture;

/// The longest asset, in bytes of JSON, that is held after a change until somebody lists it: every workspace may have some.
const HELD: usize = 4096;

impl Store {
    /// One asset by any of its public ids, with all of them.
    pub async fn asset(
        &self,
        workspace: &str,
        id: &str,
        providers: &[&'static str],
    ) -> Result<fixture::Asset, StoreError> {
        let mut snapshot = self.pool.begin().await?;
        let collection = held(&mut snapshot, workspace).await?;
        let asset = export::assets(&mut snapshot, collection, providers, &known_as(providers), Some(id)).await?.pop();
        snapshot.commit().await?;
        asset.ok_or_else(|| StoreError::missing("asset", id))
    }
}

impl Store {
    /// Up to `limit` assets in order of insertion, with all their public ids, and whether more follow. They begin after the
    /// asset that has the public id `after`: the places of assets change when a workspace gets a copy of its own.
    pub async fn assets(
        &self,
        workspace: &str,
        after: Option<&str>,
        limit: u32,
        providers: &[&'static str],
    ) -> Result<(Vec<fixture::Asset>, bool), StoreError> {
        let mut snapshot = self.pool.begin().await?;
        let collection = held(&mut snapshot, workspace).await?;
        let after = match after {
            Some(id) => {
                find(&mut snapshot, collection, id, providers).await?.ok_or_else(|| StoreError::missing("asset", id))?
            }
            None => 0,
        };
        let places = sqlx::query("SELECT seq FROM asset WHERE collection = ? AND seq > ? ORDER BY seq LIMIT ?")
            .bind(collection)
            .bind(after)
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *snapshot)
            .await?;
        let places: Vec<i64> = places.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let shown = &places[..places.len().min(limit as usize)];
        let last = shown.last().copied().unwrap_or(after);
        let and = format!("AND a.seq > {after} AND a.seq <= {last}");
        let assets = export::assets(&mut snapshot, collection, providers, &and, None).await?;
        snapshot.commit().await?;
        Ok((assets, places.len() > shown.len()))
    }

    /// The users, projects and folders of a workspace; no keys and no assets.
    pub async fn surroundings(&self, workspace: &str) -> Result<fixture::Workspace, StoreError> {
        let mut snapshot = self.pool.begin().await?;
        let (_, found) = export::surroundings(&mut snapshot, workspace).await?;
        snapshot.commit().await?;
        Ok(found)
    }
}

async fn held(tx: &mut Tx<'_>, workspace: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT collection FROM workspace WHERE id = ?").bind(workspace).fetch_optional(&mut **tx);
    Ok(row.await?.ok_or_else(|| Missing::workspace(workspace))?.try_get(0)?)
}

/// The condition on the asset whose public id at any provider is the second argument.
fn known_as(providers: &[&'static str]) -> String {
    let any = providers.iter().map(|provider| format!("{provider}_id = ?2")).collect::<Vec<_>>().join(" OR ");
    format!("AND ({any})")
}

/// The place of the asset that has this public id at any provider.
async fn find(
    tx: &mut Tx<'_>,
    collection: i64,
    id: &str,
    providers: &[&'static str],
) -> Result<Option<i64>, StoreError> {
    let sql = format!("SELECT seq FROM asset WHERE collection = ?1 {}", known_as(providers));
    let row = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(id).fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

impl Write {
    /// Adds assets to a workspace, the last one newest of those created at the same instant.
    pub async fn add_assets(&mut self, workspace: &str, assets: Vec<NewAsset>) -> Result<(), StoreError> {
        let (Edition { collection, tallied, .. }, step) = self.own_edition(workspace).await?;
        let mut tally = Tally::default();
        let counted = assets.into_iter().inspect(|(asset, _)| tally.add(asset));
        let numbered = counted.map(|asset| (collection, asset));
        let added = load::insert_assets(&mut self.tx, &self.providers, numbered).await;
        added.map_err(StoreError::taken("asset", "with one of these ids"))?;
        if tallied {
            tally.join(&mut self.tx, collection).await?;
        }
        self.step(workspace, step);
        Ok(())
    }

    /// A provider and a public id of one of these that an asset of the workspace has already.
    pub async fn taken(
        &mut self,
        workspace: &str,
        assets: &[NewAsset],
    ) -> Result<Option<(&'static str, String)>, StoreError> {
        let collection = held(&mut self.tx, workspace).await?;
        self.taken_by_another(collection, 0, assets).await
    }

    /// The same of all assets but the one at this place.
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

    /// Changes one asset, found by any of its public ids. `change` gets it with all of them.
    pub async fn change_asset<E: From<StoreError>>(
        &mut self,
        workspace: &str,
        id: &str,
        change: impl FnOnce(fixture::Asset) -> Result<NewAsset, E>,
    ) -> Result<(), E> {
        let (Edition { collection, .. }, step) = self.own_edition(workspace).await?;
        let and = known_as(&self.providers);
        let found = export::numbered_assets(&mut self.tx, collection, &self.providers, &and, Some(id)).await;
        let found = found.map_err(StoreError::from)?.pop();
        let (seq, asset) = found.ok_or_else(|| StoreError::missing("asset", id))?;
        let before = asset.clone();
        let changed = change(asset)?;
        let mut named = self.providers.iter().zip(&changed.1);
        let renamed = !named.all(|(provider, id)| before.ids.get(*provider) == Some(id));
        if renamed && let Some((_, id)) = self.taken_by_another(collection, seq, std::slice::from_ref(&changed)).await?
        {
            return Err(StoreError::Taken { what: "asset", id }.into());
        }
        let seen = if renamed { Seen::Anything } else { seen(&before, &changed.0) };
        let short = json(&changed.0).len() <= HELD;
        let now = Some(self.replace(seq, changed).await?).filter(|_| short);
        self.step(workspace, step.map(|step| Step { changed: vec![seq], now, seen, ..step }));
        Ok(())
    }

    /// Puts an asset in the place of another, and gives it as it is read back.
    async fn replace(&mut self, seq: i64, asset: NewAsset) -> Result<Changed, StoreError> {
        let columns = format!("{COLUMNS}{}", id_columns(&self.providers));
        let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(format!("UPDATE asset SET ({columns}) = ("));
        bind_asset(&mut sql.separated(", "), asset);
        sql.push(") WHERE seq = ").push_bind(seq);
        sql.push(format!(" RETURNING '', {}{}", asset::COLUMNS, id_columns(&self.providers)));
        let row = sql.build().fetch_one(&mut *self.tx).await;
        let row = row.map_err(StoreError::taken("asset", "with one of these ids"))?;
        let ids = export::public_ids(&row, &self.providers)?.collect();
        Ok(Changed { asset: Asset::from_row(&row)?, ids })
    }

    /// Removes assets, each found by any of its public ids: all of them or none.
    pub async fn remove_assets(&mut self, workspace: &str, ids: &[String]) -> Result<(), StoreError> {
        let (Edition { collection, .. }, step) = self.own_edition(workspace).await?;
        let mut gone = Vec::new();
        for id in ids {
            let found = find(&mut self.tx, collection, id, &self.providers).await?;
            let seq = found.ok_or_else(|| StoreError::missing("asset", id))?;
            sqlx::query("DELETE FROM asset WHERE seq = ?").bind(seq).execute(&mut *self.tx).await?;
            gone.push(seq);
        }
        self.step(workspace, step.map(|step| Step { changed: gone, ..step }));
        Ok(())
    }

    /// Removes every asset of a workspace, and says how many there were.
    pub async fn remove_all_assets(&mut self, workspace: &str) -> Result<u64, StoreError> {
        let collection = self.own(workspace).await?;
        let gone =
            sqlx::query("DELETE FROM asset WHERE collection = ?").bind(collection).execute(&mut *self.tx).await?;
        Ok(gone.rows_affected())
    }

    /// The users, projects and folders of a workspace; no keys and no assets.
    pub async fn surroundings(&mut self, workspace: &str) -> Result<fixture::Workspace, StoreError> {
        Ok(export::surroundings(&mut self.tx, workspace).await?.1)
    }

    /// Adds a user.
    pub async fn add_user(&mut self, workspace: &str, name: &str) -> Result<(), StoreError> {
        let collection = self.own(workspace).await?;
        Rows::default().users(&[(collection, name)]).store(&mut self.tx).await.map_err(StoreError::taken("user", name))
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

    /// Adds a project, or changes the one of this id.
    pub async fn put_project(&mut self, workspace: &str, project: &fixture::Project) -> Result<(), StoreError> {
        let collection = self.own(workspace).await?;
        self.delete("DELETE FROM project WHERE collection = ? AND id = ?", collection, &project.id).await?;
        Ok(Rows::default().projects(&[(collection, project)]).store(&mut self.tx).await?)
    }

    /// Removes a project that no asset is on.
    pub async fn remove_project(&mut self, workspace: &str, id: &str) -> Result<(), StoreError> {
        self.remove_named(workspace, Named { what: "project", id, column: "id", refers: &["project_id"] }).await
    }

    /// Adds a folder, or changes the one of this id.
    pub async fn put_folder(&mut self, workspace: &str, folder: &fixture::Folder) -> Result<(), StoreError> {
        let collection = self.own(workspace).await?;
        self.delete("DELETE FROM folder WHERE collection = ? AND id = ?", collection, &folder.id).await?;
        Ok(Rows::default().folders(&[(collection, folder)]).store(&mut self.tx).await?)
    }

    /// Removes a folder that holds no asset and no folder.
    pub async fn remove_folder(&mut self, workspace: &str, id: &str) -> Result<(), StoreError> {
        let collection = self.own(workspace).await?;
        let child = "SELECT 1 FROM folder WHERE collection = ? AND parent_id = ?";
        let needed = sqlx::query(child).bind(collection).bind(id).fetch_optional(&mut *self.tx).await?;
        if needed.is_some() {
            return Err(StoreError::InUse { what: "folder", id: id.to_owned(), by: "a folder" });
        }
        self.remove_named(workspace, Named { what: "folder", id, column: "id", refers: &["folder_id"] }).await
    }

    async fn remove_named(&mut self, workspace: &str, named: Named<'_>) -> Result<(), StoreError> {
        let Named { what, id, column, refers } = named;
        let collection = self.own(workspace).await?;
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

/// Something with a name of its own in a workspace, its table called like its kind.
struct Named<'a> {
    what: &'static str,
    id: &'a str,
    column: &'static str,
    /// The columns of assets that may name it.
    refers: &'static [&'static str],
}
