//! Projects: their columns, and what the vendors' routes read of them.

use serde::Deserialize;
use sqlx::query_builder::Separated;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, Sqlite, SqliteConnection};

use super::asset::{self, fold};
use crate::clock::Micros;
use crate::library::model::Instant;
use crate::library::workspace::Project;

/// The columns of a project except for its collection, in the order of [`bind`].
pub(super) const COLUMNS: &str = "id, name, name_folded, origin, created_at, updated_at";

/// Binds the values of the columns in [`COLUMNS`].
pub(super) fn bind(row: &mut Separated<'_, Sqlite, &'static str>, project: &Project) {
    row.push_bind(project.id.clone())
        .push_bind(project.name.clone())
        .push_bind(fold(&project.name))
        .push_bind(project.origin.clone())
        .push_bind(project.created_at.map(|at| at.0))
        .push_bind(project.updated_at.map(|at| at.0));
}

/// Reads projects from a list of lists: id, name, origin and the two instants, which are numbers here.
pub(super) fn from_json(json: &str) -> Result<Vec<Project>, sqlx::Error> {
    #[derive(Deserialize)]
    struct Stored(String, String, Option<String>, Option<Micros>, Option<Micros>);
    let project = |Stored(id, name, origin, created_at, updated_at)| Project {
        id,
        name,
        origin,
        created_at: created_at.map(Instant),
        updated_at: updated_at.map(Instant),
    };
    Ok(asset::from_json::<Vec<Stored>>(json)?.into_iter().map(project).collect())
}

fn from_row(row: &SqliteRow) -> Result<Project, sqlx::Error> {
    Ok(Project {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        origin: row.try_get("origin")?,
        created_at: row.try_get::<Option<Micros>, _>("created_at")?.map(Instant),
        updated_at: row.try_get::<Option<Micros>, _>("updated_at")?.map(Instant),
    })
}

/// A project of a collection; `None` if there is none with this id.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    collection: i64,
    id: &str,
) -> Result<Option<Project>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM project WHERE collection = ? AND id = ?");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(from_row).transpose()
}

/// One page of the projects whose name contains a text, those that changed last first, and how many there are on all
/// pages. Of those that changed at the same instant, the one that was added later is first.
pub(super) async fn list(
    connection: &mut SqliteConnection,
    collection: i64,
    text: &str,
    offset: u64,
    limit: u32,
) -> Result<(Vec<Project>, u64), sqlx::Error> {
    let wanted = "FROM project WHERE collection = ?1 AND instr(name_folded, ?2) > 0";
    let count = sqlx::query(AssertSqlSafe(format!("SELECT COUNT(*) {wanted}"))).bind(collection).bind(fold(text));
    let total: i64 = count.fetch_one(&mut *connection).await?.try_get(0)?;
    let sql = format!(
        "SELECT {COLUMNS} {wanted}\n\
         ORDER BY COALESCE(updated_at, created_at, 0) DESC, rowid DESC LIMIT ?3 OFFSET ?4"
    );
    // An offset beyond 63 bits is beyond the end too.
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let page = sqlx::query(AssertSqlSafe(sql)).bind(collection).bind(fold(text)).bind(limit).bind(offset);
    let projects = page.fetch_all(connection).await?.iter().map(from_row).collect::<Result<_, _>>()?;
    Ok((projects, total.unsigned_abs()))
}
