//! Inserts rows into tables, several with each trip to SQLite's thread.

use sqlx::query_builder::Separated;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::folder;
use super::project;
use crate::library::workspace;

/// How many rows are inserted with one trip. Each trip costs a switch of threads, and each row costs time to prepare.
/// The default fixtures, 248 assets, are eight batches.
pub(super) const BATCH: usize = 31;

/// A row, to which values are bound.
pub(super) type Bind<'b> = Separated<'b, Sqlite, &'static str>;

/// The statement that inserts `items` into `table`, which also names the columns.
pub(super) fn insertion<T>(
    table: &str,
    items: impl IntoIterator<Item = T>,
    bind: impl Fn(&mut Bind<'_>, T),
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::default();
    push_insertion(&mut sql, table, items, bind);
    sql
}

fn push_insertion<T>(
    sql: &mut QueryBuilder<Sqlite>,
    table: &str,
    items: impl IntoIterator<Item = T>,
    bind: impl Fn(&mut Bind<'_>, T),
) {
    sql.push("INSERT INTO ").push(table).push(" ");
    sql.push_values(items, |mut row, item| bind(&mut row, item));
}

/// Rows of all tables but `asset`, to be inserted in this order.
#[derive(Default)]
pub(super) struct Rows(Vec<Batch>);

struct Batch {
    rows: usize,
    sql: QueryBuilder<Sqlite>,
}

impl Rows {
    /// Workspaces that refer to existing collections, with their keys.
    pub fn workspaces(self, workspaces: &[(&workspace::Workspace, i64)]) -> Rows {
        let table =
            "workspace (id, name, collection, origin, origin_keys, variants, origin_variants, uploads, origin_uploads)";
        let keys: Vec<_> = workspaces
            .iter()
            .flat_map(|(workspace, _)| workspace.keys.iter().map(|key| (&*workspace.id, workspace.first_user(), key)))
            .collect();
        let made = self.add(table, workspaces, |row, (workspace, collection)| {
            row.push_bind(workspace.id.clone())
                .push_bind(workspace.name.clone().unwrap_or_else(|| workspace.id.clone()))
                .push_bind(*collection)
                .push_bind(*collection)
                .push_bind(json(&workspace.keys))
                .push_bind(json(&workspace.variants))
                .push_bind(json(&workspace.variants))
                .push_bind(json(&workspace.uploads))
                .push_bind(json(&workspace.uploads));
        });
        made.keys(&keys)
    }

    /// Keys: each with its workspace, and with the user it acts as if it names none.
    pub fn keys(self, keys: &[(&str, &str, &workspace::Key)]) -> Rows {
        let table = "key (workspace_id, provider, key, user, scopes, revoked, expires_at, limits, refresh)";
        self.add(table, keys, |row, (workspace, user, key)| {
            row.push_bind((*workspace).to_owned())
                .push_bind(key.provider.clone())
                .push_bind(key.key.clone())
                .push_bind(key.user.as_deref().unwrap_or(user).to_owned())
                .push_bind(key.scopes.as_ref().map(json))
                .push_bind(key.revoked)
                .push_bind(key.expires_at.map(|at| at.0))
                .push_bind(json(&key.limits))
                .push_bind(key.refresh.as_ref().map(json));
        })
    }

    /// Users, each with the id of its collection.
    pub fn users(self, users: &[(i64, workspace::User)]) -> Rows {
        self.add("user (collection, name, password, groups)", users, |row, (collection, user)| {
            row.push_bind(*collection)
                .push_bind(user.name.clone())
                .push_bind(user.password.clone())
                .push_bind(json(&user.groups));
        })
    }

    /// Projects, each with the id of its collection.
    pub fn projects(self, projects: &[(i64, &workspace::Project)]) -> Rows {
        let table = format!("project (collection, {})", project::COLUMNS);
        self.add(&table, projects, |row, (collection, project)| {
            row.push_bind(*collection);
            project::bind(row, project);
        })
    }

    /// Folders, each with the id of its collection.
    pub fn folders(self, folders: &[(i64, &workspace::Folder)]) -> Rows {
        let table = format!("folder (collection, {})", folder::COLUMNS);
        self.add(&table, folders, |row, (collection, folder)| {
            row.push_bind(*collection);
            folder::bind(row, folder);
        })
    }

    /// Executes the statements.
    pub async fn store(self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        for Batch { mut sql, .. } in self.0 {
            sql.build().execute(&mut *connection).await?;
        }
        Ok(())
    }

    fn add<T>(mut self, table: &str, items: &[T], bind: impl Fn(&mut Bind<'_>, &T)) -> Rows {
        for some in items.chunks(BATCH) {
            match self.0.last_mut() {
                Some(last) if last.rows + some.len() <= BATCH => {
                    last.sql.push(";\n");
                    push_insertion(&mut last.sql, table, some, &bind);
                    last.rows += some.len();
                }
                _ => self.0.push(Batch { rows: some.len(), sql: insertion(table, some, &bind) }),
            }
        }
        self
    }
}

pub(super) fn json(value: &(impl serde::Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("lists and settings are always JSON")
}
