//! The tables and indexes of a database, new or old.
//!
//! Each provider has a column of public ids. The migrations add those of the providers that existed when they were
//! written. A newer provider gets its column when a database is opened, filled in for the assets that exist.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Row, SqlSafeStr};

use crate::clock::Micros;
use crate::random::Rng;

/// The providers, and how each makes the public id of an asset: from its name, randomness and the time of creation.
#[derive(Debug, Clone, Copy)]
pub struct ProviderIds {
    /// The providers' names.
    pub providers: &'static [&'static str],
    /// Makes a public id from the provider's name, randomness and the time of creation.
    pub new_id: fn(&str, u128, Micros) -> String,
}

/// Marks a file as ours: "asmk" as SQLite's application id.
pub const APPLICATION_ID: i32 = 0x6173_6d6b;

/// How many assets get an id of a new provider in one step.
const BATCH: i64 = 1000;

/// Commits to a file go through a write-ahead log, so that committed changes survive the end of the process, however
/// it ends. The setting is stored in the file.
pub const LOG: &str = "PRAGMA journal_mode = WAL";

/// The tables of a new database in memory: those that the migrations lead to, which take four times as long.
const TABLES: &str = include_str!("../../../migrations/tables.sql");

/// The indexes of a new database in memory. They are apart from the tables because they are made after the first load.
const INDEXES: &str = include_str!("../../../migrations/indexes.sql");

/// The statements that make the tables of a new database in memory.
fn new_tables(ids: ProviderIds) -> String {
    later_providers(ids).fold(TABLES.to_owned(), |script, provider| script + &column_of(provider))
}

/// The statements that make the indexes of a new database in memory.
pub fn new_indexes(ids: ProviderIds) -> String {
    later_providers(ids).fold(INDEXES.to_owned(), |script, provider| script + &index_of(provider))
}

/// The providers that have no column in the table of assets as it was written.
fn later_providers(ids: ProviderIds) -> impl Iterator<Item = &'static str> {
    ids.providers.iter().copied().filter(|provider| !TABLES.contains(&format!("    {provider}_id ")))
}

fn column_of(provider: &str) -> String {
    format!(
        "ALTER TABLE asset ADD COLUMN {provider}_id TEXT;
"
    )
}

fn index_of(provider: &str) -> String {
    format!(
        "CREATE UNIQUE INDEX asset_{provider}_id ON asset (collection, {provider}_id);
"
    )
}

/// The numbered files in `migrations/`, in order: version, name, text. A released one is never edited; a change is a new
/// file, a new line here, and the same change in `tables.sql` or `indexes.sql`.
const MIGRATIONS: [(i64, &str, &str); 21] = [
    (1, "library", include_str!("../../../migrations/0001_library.sql")),
    (2, "indexes", include_str!("../../../migrations/0002_indexes.sql")),
    (3, "tally", include_str!("../../../migrations/0003_tally.sql")),
    (4, "indexes", include_str!("../../../migrations/0004_indexes.sql")),
    (5, "tally", include_str!("../../../migrations/0005_tally.sql")),
    (6, "asset_count", include_str!("../../../migrations/0006_asset_count.sql")),
    (7, "indexes", include_str!("../../../migrations/0007_indexes.sql")),
    (8, "variants", include_str!("../../../migrations/0008_variants.sql")),
    (9, "asset_before", include_str!("../../../migrations/0009_asset_before.sql")),
    (10, "asset_json", include_str!("../../../migrations/0010_asset_json.sql")),
    (11, "asset_rows", include_str!("../../../migrations/0011_asset_rows.sql")),
    (12, "project", include_str!("../../../migrations/0012_project.sql")),
    (13, "log_in", include_str!("../../../migrations/0013_log_in.sql")),
    (14, "folder_times_and_sizes", include_str!("../../../migrations/0014_folder_times_and_sizes.sql")),
    (15, "stored_bytes", include_str!("../../../migrations/0015_stored_bytes.sql")),
    (16, "life", include_str!("../../../migrations/0016_life.sql")),
    (17, "signing_key_and_claims", include_str!("../../../migrations/0017_signing_key_and_claims.sql")),
    (18, "upload_sessions", include_str!("../../../migrations/0018_upload_sessions.sql")),
    (19, "indexes", include_str!("../../../migrations/0019_indexes.sql")),
    (20, "groups", include_str!("../../../migrations/0020_groups.sql")),
    (21, "due_uploads", include_str!("../../../migrations/0021_due_uploads.sql")),
];

/// The newest migration.
pub const SCHEMA: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

fn migrator() -> Migrator {
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.map(migration).into())
}

/// Makes the tables of a private database. It is always new and ends with the process, so no schema version is stored.
/// Its indexes are made after the first load.
pub async fn prepare_private(connection: &mut SqliteConnection, ids: ProviderIds) -> Result<(), MigrateError> {
    // A script that begins a transaction goes to SQLite in one piece. Of any other script each statement is answered
    // by itself, which wakes this thread every time.
    let script = "BEGIN;\n".to_owned() + &new_tables(ids);
    Ok(connection.begin_with(AssertSqlSafe(script)).await?.commit().await?)
}

/// Brings the schema of a file up to date. The file is marked as ours before anything else is written, so that it is
/// recognized even if the process is killed meanwhile.
pub async fn prepare_file(connection: &mut SqliteConnection, ids: ProviderIds) -> Result<(), MigrateError> {
    if application_id(connection).await? != APPLICATION_ID {
        execute(connection, format!("PRAGMA application_id = {APPLICATION_ID}")).await?;
    }
    migrator().run(&mut *connection).await?;
    add_missing_columns(connection, ids).await?;
    execute(connection, "DROP TABLE IF EXISTS asset_before".to_owned()).await?;
    // A load that was killed at its very end has not turned the log on.
    if sqlx::query("SELECT 1 FROM world").fetch_optional(&mut *connection).await?.is_some() {
        execute(connection, LOG.to_owned()).await?;
    }
    Ok(())
}

/// Adds the columns of providers that are newer than the file, or newer than the migrations that replaced its table of
/// assets. Those migrations know no newer providers, so their ids are copied from the old table.
async fn add_missing_columns(connection: &mut SqliteConnection, ids: ProviderIds) -> Result<(), sqlx::Error> {
    for provider in missing_columns(connection, ids).await? {
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        execute(&mut tx, column_of(provider)).await?;
        let id = format!("{provider}_id");
        if columns(&mut tx, "asset_before").await?.contains(&id) {
            let kept = format!("UPDATE asset AS a SET {id} = b.{id} FROM asset_before b WHERE b.seq = a.seq");
            execute(&mut tx, kept).await?;
        }
        while fill_in(&mut tx, provider, ids).await? {}
        execute(&mut tx, index_of(provider)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The providers that have no column in this database yet.
pub async fn missing_columns(
    connection: &mut SqliteConnection,
    ids: ProviderIds,
) -> Result<Vec<&'static str>, sqlx::Error> {
    let columns = columns(connection, "asset").await?;
    let is_missing = |provider: &&&str| !columns.contains(&format!("{provider}_id"));
    Ok(ids.providers.iter().filter(is_missing).copied().collect())
}

/// The columns of a table; none if there is no such table.
async fn columns(connection: &mut SqliteConnection, table: &str) -> Result<Vec<String>, sqlx::Error> {
    let names = sqlx::query("SELECT name FROM pragma_table_info(?)").bind(table).fetch_all(connection).await?;
    names.iter().map(|row| row.try_get(0)).collect()
}

/// Gives the next assets that have no public id at this provider one, the same in every run. Returns whether there
/// were any.
async fn fill_in(connection: &mut SqliteConnection, provider: &str, ids: ProviderIds) -> Result<bool, sqlx::Error> {
    let without = format!("SELECT seq, created_at FROM asset WHERE {provider}_id IS NULL LIMIT {BATCH}");
    let rows = sqlx::query(AssertSqlSafe(without)).fetch_all(&mut *connection).await?;
    for row in &rows {
        let (seq, created_at): (i64, Micros) = (row.try_get(0)?, row.try_get(1)?);
        let id = (ids.new_id)(provider, Rng::named(&format!("{provider} {seq}")).next_u128(), created_at);
        let update = AssertSqlSafe(format!("UPDATE asset SET {provider}_id = ? WHERE seq = ?"));
        sqlx::query(update).bind(id).bind(seq).execute(&mut *connection).await?;
    }
    Ok(!rows.is_empty())
}

async fn execute(connection: &mut SqliteConnection, script: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(script)).execute(connection).await.map(drop)
}

pub async fn application_id(connection: &mut SqliteConnection) -> Result<i32, sqlx::Error> {
    sqlx::query("PRAGMA application_id").fetch_one(connection).await?.try_get(0)
}

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions, Row};

    use super::*;

    const OLD: ProviderIds = ProviderIds { providers: &["xqr"], new_id: |_, _, _| unreachable!() };
    const NEW: ProviderIds = ProviderIds {
        providers: &["xqr", "acme"],
        new_id: |provider, entropy, created_at| format!("{provider}_{created_at}_{entropy:032x}"),
    };

    async fn database(ids: ProviderIds) -> SqliteConnection {
        let options: sqlx::sqlite::SqliteConnectOptions = "sqlite::memory:".parse().unwrap();
        let mut connection = options.connect().await.unwrap();
        prepare_private(&mut connection, ids).await.unwrap();
        execute(&mut connection, new_indexes(ids)).await.unwrap();
        connection
    }

    async fn add_assets(connection: &mut SqliteConnection, count: i64) {
        execute(connection, "INSERT INTO collection (seq) VALUES (1)".to_owned()).await.unwrap();
        let columns = "collection, kind, status, tags, created_at, uploader, visibility, json";
        for at in 0..count {
            let values = format!("1, 'image', 'ready', '[]', {at}, 'u', 'private', '{{}}'");
            let sql = format!("INSERT INTO asset ({columns}) VALUES ({values})");
            execute(connection, sql).await.unwrap();
        }
    }

    async fn acme_ids(connection: &mut SqliteConnection) -> Vec<String> {
        let rows = sqlx::query("SELECT acme_id FROM asset ORDER BY seq").fetch_all(connection).await.unwrap();
        rows.iter().map(|row| row.try_get(0).unwrap()).collect()
    }

    #[tokio::test]
    async fn a_provider_that_came_later_gets_ids_for_the_assets_that_are_there() {
        let mut first = Vec::new();
        for _ in 0..2 {
            let mut connection = database(OLD).await;
            add_assets(&mut connection, BATCH + 5).await;
            assert_eq!(missing_columns(&mut connection, NEW).await.unwrap(), ["acme"]);
            add_missing_columns(&mut connection, NEW).await.unwrap();
            assert_eq!(missing_columns(&mut connection, NEW).await.unwrap(), [""; 0]);
            let ids = acme_ids(&mut connection).await;
            assert!(ids[7].starts_with("acme_7_"), "{}", ids[7]);
            assert_eq!(ids.len() as i64, BATCH + 5);
            let same = "UPDATE asset SET acme_id = (SELECT acme_id FROM asset WHERE seq = 1) WHERE seq = 2";
            assert!(execute(&mut connection, same.to_owned()).await.is_err(), "they are unique");
            add_missing_columns(&mut connection, NEW).await.unwrap();
            assert_eq!(acme_ids(&mut connection).await, ids, "and stay");
            first.push(ids);
        }
        assert_eq!(first[0], first[1], "they are the same in every run");
    }

    #[tokio::test]
    async fn ids_of_a_provider_that_the_migrations_do_not_know_stay() {
        let options: sqlx::sqlite::SqliteConnectOptions = "sqlite::memory:".parse().unwrap();
        let mut connection = options.connect().await.unwrap();
        let mut before = migrator();
        before.migrations.to_mut().truncate(8);
        before.run(&mut connection).await.unwrap();
        let rows = "INSERT INTO collection (seq) VALUES (1);
            ALTER TABLE asset ADD COLUMN acme_id TEXT;
            INSERT INTO asset (seq, collection, kind, status, is_public, tags, created_at, updated_at, uploader, visibility,
                uploaded_via, acme_id)
            VALUES (7, 1, 'image', 'ready', 0, '[]', 0, 0, 'u', 'private', 'url', 'given'),
                (9, 1, 'image', 'ready', 0, '[]', 0, 0, 'u', 'private', 'url', 'another');";
        execute(&mut connection, rows.to_owned()).await.unwrap();
        prepare_file(&mut connection, NEW).await.unwrap();
        assert_eq!(acme_ids(&mut connection).await, ["given", "another"]);
        assert_eq!(columns(&mut connection, "asset_before").await.unwrap(), [""; 0]);
    }

    /// What the migrations lead to is written down once more for databases in memory.
    #[tokio::test]
    async fn a_private_database_has_the_tables_and_indexes_of_a_file() {
        // The statements as they were given, but for white space.
        async fn objects(connection: &mut SqliteConnection) -> Vec<(String, String)> {
            let sql = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE '%sql%' ORDER BY name";
            let rows = sqlx::query(sql).fetch_all(connection).await.unwrap();
            rows.iter().map(|row| (row.get(0), row.get::<&str, _>(1).split_whitespace().collect())).collect()
        }
        async fn first_rows(connection: &mut SqliteConnection) -> i64 {
            sqlx::query("SELECT total FROM stored_bytes").fetch_one(connection).await.unwrap().get(0)
        }
        for ids in [OLD, NEW] {
            let options: sqlx::sqlite::SqliteConnectOptions = "sqlite::memory:".parse().unwrap();
            let mut file = options.connect().await.unwrap();
            prepare_file(&mut file, ids).await.unwrap();
            let mut private = database(ids).await;
            assert_eq!(objects(&mut private).await, objects(&mut file).await);
            assert_eq!(first_rows(&mut private).await, first_rows(&mut file).await);
        }
    }

    #[tokio::test]
    async fn a_new_database_has_a_column_and_an_index_for_each_provider() {
        let mut connection = database(NEW).await;
        assert_eq!(missing_columns(&mut connection, NEW).await.unwrap(), [""; 0]);
        let index = "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('asset_acme_id', 'asset_xqr_id')";
        let count: i64 = sqlx::query(index).fetch_one(&mut connection).await.unwrap().try_get(0).unwrap();
        assert_eq!(count, 2);
    }
}
