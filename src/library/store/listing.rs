//! Lists assets in two steps: filters and an order give row ids, and row ids give assets. [`crate::emulator::cache`]
//! stores the row ids, picks those of a page and counts them.

use sqlx::{QueryBuilder, Row, Sqlite};

use super::asset::{self, fold};
use super::handle::Store;
use super::read::Read;
use crate::library::asset::StoredAsset;
use crate::library::key::CollectionVersion;
use crate::library::selection::{Direction, Filter, Order, Selection, SortBy, Tie};

/// Why a listing failed.
#[derive(Debug)]
pub enum ListError {
    /// The project to narrow to does not exist.
    NoSuchProject,
    /// The key does not exist any more.
    NoSuchKey,
    /// The database failed.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for ListError {
    fn from(error: sqlx::Error) -> ListError {
        ListError::Database(error)
    }
}

/// A collection version as one provider shows it. `provider` becomes part of a column's name in SQL, so it must be a
/// card's name and never a client's text.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The name of the provider.
    pub provider: &'static str,
    /// The collection version.
    pub collection_version: CollectionVersion,
}

/// What to read of the selected assets.
struct ListingQuery {
    column: &'static str,
    /// How many assets to read; `None`: all.
    first: Option<u64>,
    /// Whether to count all selected assets, with the table `tally`.
    counted: bool,
}

impl Read {
    /// The row ids of all selected assets, in the selection's order. They come as one text, because a row for each
    /// would take several times as long.
    pub async fn numbers(&mut self, view: View, selection: &Selection) -> Result<Box<[i64]>, ListError> {
        let Order { by, tie, .. } = selection.order;
        if view.collection_version.tallied && by == SortBy::Created && tie == Tie::PublicId {
            return self.large_listing(view, selection).await;
        }
        Ok(self.listed(ListingQuery { column: "a.seq", first: None, counted: false }, view, selection).await?.0)
    }

    /// The row ids of a large selection that is ordered by creation and public id. Looking up public ids takes
    /// longest, since they are not in the index that serves all else. So the listing is read in order of creation and
    /// insertion, and only assets whose times look equal are sorted by public id afterwards.
    async fn large_listing(&mut self, view: View, selection: &Selection) -> Result<Box<[i64]>, ListError> {
        // The low 16 bits of `created_at` are stored below each row id. Neighbours in which these bits are the same
        // are sorted again. If their times differ after all, sorting by time and public id leaves them in their order.
        const END: i64 = 0xffff;
        let column = "(a.seq << 16) | (a.created_at & 0xffff)";
        let by_instant = selection.in_order_of_insertion();
        let (mut numbers, _) =
            self.listed(ListingQuery { column, first: None, counted: false }, view, &by_instant).await?;
        let alike = |place: usize| numbers.get(place..=place + 1).is_some_and(|two| (two[0] ^ two[1]) & END == 0);
        let places: Vec<_> = (0..numbers.len()).filter(|&at| alike(at) || (at > 0 && alike(at - 1))).collect();
        numbers.iter_mut().for_each(|number| *number >>= END.count_ones());
        let equals: Vec<_> = places.iter().map(|&place| numbers[place]).collect();
        let ordered = self.ordered(view, selection.order, &equals).await?;
        places.iter().zip(ordered).for_each(|(&place, number)| numbers[place] = number);
        Ok(numbers)
    }

    /// These row ids, sorted.
    async fn ordered(&mut self, view: View, order: Order, numbers: &[i64]) -> Result<Box<[i64]>, ListError> {
        if numbers.is_empty() {
            return Ok(Box::default());
        }
        let mut sql = QueryBuilder::new("SELECT group_concat(value) FROM (SELECT a.seq AS value FROM json_each(");
        sql.push_bind(serde_json::to_string(numbers).expect("numbers are always JSON"));
        sql.push(") n CROSS JOIN asset a ON a.seq = n.value\n WHERE ");
        push_collection(&mut sql, view.collection_version);
        push_order(&mut sql, view.provider, order);
        sql.push(")");
        let row = sql.build().fetch_one(&mut **self).await?;
        Ok(numbers_in(row.try_get::<Option<&str>, _>(0)?))
    }

    /// The first row ids of a selection and, if `counted`, how many there are according to the table `tally`.
    pub async fn beginning(
        &mut self,
        view: View,
        selection: &Selection,
        first: u64,
        counted: bool,
    ) -> Result<(Box<[i64]>, u64), ListError> {
        self.listed(ListingQuery { column: "a.seq", first: Some(first), counted }, view, selection).await
    }

    async fn listed(
        &mut self,
        ListingQuery { column, first, counted }: ListingQuery,
        view: View,
        selection: &Selection,
    ) -> Result<(Box<[i64]>, u64), ListError> {
        let mut sql = QueryBuilder::new("SELECT ");
        match &selection.project {
            Some(project) => {
                sql.push("EXISTS (SELECT 1 FROM project WHERE collection = ")
                    .push_bind(view.collection_version.collection);
                sql.push(" AND id = ").push_bind(project.clone()).push(")");
            }
            None => drop(sql.push("1")),
        }
        sql.push(", (SELECT group_concat(value) FROM (");
        push_selection(&mut sql, column, view, selection);
        if let Some(first) = first {
            sql.push("\n LIMIT ").push_bind(first.cast_signed());
        }
        sql.push("))");
        if counted {
            sql.push(", (SELECT SUM(a.count) FROM tally a\n WHERE ");
            push_conditions(&mut sql, view, selection);
            sql.push(")");
        }
        let row = sql.build().fetch_one(&mut **self).await?;
        if !row.try_get::<bool, _>(0)? {
            return Err(ListError::NoSuchProject);
        }
        let count = if counted { row.try_get::<Option<i64>, _>(2)? } else { None };
        Ok((numbers_in(row.try_get(1)?), count.unwrap_or_default().unsigned_abs()))
    }

    /// How many assets a selection has. The count comes from the table `tally` if that has it.
    pub async fn count(&mut self, view: View, selection: &Selection) -> Result<u64, sqlx::Error> {
        let is_tallied = view.collection_version.tallied && selection.is_tallied();
        let table = if is_tallied { "SUM(a.count) FROM tally a" } else { "COUNT(*) FROM asset a" };
        let mut sql = QueryBuilder::new(format!("SELECT {table}\n WHERE "));
        push_conditions(&mut sql, view, selection);
        let row = sql.build().fetch_one(&mut **self).await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.unwrap_or_default().unsigned_abs())
    }

    /// The assets with these row ids, in no particular order, with the public ids of one provider.
    pub async fn assets_by_row_id(&mut self, view: View, numbers: &[i64]) -> Result<Vec<StoredAsset>, ListError> {
        let assets = asset::as_json(&format!("{}_id", view.provider));
        let mut sql = QueryBuilder::new(format!("SELECT {assets} FROM asset a\n WHERE "));
        push_in(&mut sql, "a.seq IN", numbers);
        sql.push("\n AND ");
        push_collection(&mut sql, view.collection_version);
        Ok(asset::from_json(sql.build().fetch_one(&mut **self).await?.try_get(0)?)?)
    }
}

impl Store {
    /// SQLite's plan for a selection, one step a line. Tests check with it that an index serves a listing.
    pub async fn explain(&self, view: View, selection: &Selection) -> Result<Vec<String>, sqlx::Error> {
        let mut plan = QueryBuilder::new("EXPLAIN QUERY PLAN ");
        push_selection(&mut plan, "a.seq", view, selection);
        let mut read = self.read().await?;
        // Explaining a statement does not show SQLite that another connection has made an index; running one does.
        sqlx::query("SELECT 1 FROM collection").fetch_optional(&mut *read).await?;
        plan.build().persistent(false).fetch_all(&mut *read).await?.iter().map(|row| row.try_get(3)).collect()
    }
}

/// Parses numbers with commas between them; none if there is no text.
fn numbers_in(text: Option<&str>) -> Box<[i64]> {
    let number = |digits: &str| digits.parse().expect("SQLite writes whole numbers in digits");
    text.unwrap_or_default().split(',').filter(|digits| !digits.is_empty()).map(number).collect()
}

fn push_selection(sql: &mut QueryBuilder<Sqlite>, column: &str, view: View, selection: &Selection) {
    sql.push("SELECT ").push(column).push(" AS value FROM asset a\n WHERE ");
    push_conditions(sql, view, selection);
    push_order(sql, view.provider, selection.order);
}

/// The condition that assets with known row ids are in a collection. The plus keeps SQLite from reading the whole
/// collection by its index: the row ids are the way to find them.
fn push_collection(sql: &mut QueryBuilder<Sqlite>, collection_version: CollectionVersion) {
    sql.push("+a.collection = ").push_bind(collection_version.collection);
}

fn push_conditions(sql: &mut QueryBuilder<Sqlite>, view: View, selection: &Selection) {
    sql.push("a.collection = ").push_bind(view.collection_version.collection);
    for filter in &selection.filters {
        sql.push("\n AND ");
        push_filter(sql, view, filter);
    }
}

fn push_order(sql: &mut QueryBuilder<Sqlite>, provider: &'static str, order: Order) {
    let by = match order.by {
        SortBy::Created => "a.created_at".to_owned(),
        SortBy::Name => format!("COALESCE(a.name, a.{provider}_id)"),
    };
    let tie = match order.tie {
        Tie::Inserted => "seq".to_owned(),
        Tie::PublicId => format!("{provider}_id"),
    };
    let direction = match order.direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    sql.push(format!("\n ORDER BY {by} {direction}, a.{tie} {direction}"));
}

pub(super) fn push_filter(sql: &mut QueryBuilder<Sqlite>, view: View, filter: &Filter) {
    match filter {
        Filter::KindIn(kinds) => push_in(sql, "a.kind IN", kinds),
        Filter::KindNotIn(kinds) => push_in(sql, "a.kind NOT IN", kinds),
        Filter::StatusIn(states) => {
            push_in(sql, "a.status IN", &states.iter().map(|status| status.word()).collect::<Vec<_>>())
        }
        Filter::IdIn(ids) => push_in(sql, &format!("a.{}_id IN", view.provider), ids),
        Filter::NameContains(text) => push_contains(sql, "a.name_folded", text),
        Filter::NameOrDescriptionContains(text) => {
            sql.push("(");
            push_contains(sql, "a.name_folded", text);
            sql.push(" OR ");
            push_contains(sql, "a.description_folded", text);
            sql.push(")");
        }
        Filter::Mentions { text, vocabulary } => {
            push_mentions(sql, view.collection_version.collection, text, vocabulary)
        }
        Filter::HasTag(tag) => push_tagged(sql, tag),
        Filter::LacksTag(tag) => {
            sql.push("NOT ");
            push_tagged(sql, tag);
        }
        Filter::Project(project) => push_is(sql, "a.project_id = ", project),
        Filter::Folder(folder) => push_is(sql, "a.folder_id = ", folder),
        Filter::NotTrashed => push_not_trashed(sql, view.collection_version.collection),
        Filter::Uploader(name) => push_is(sql, "a.uploader = ", name),
        Filter::Visibility(visibility) => push_is(sql, "a.visibility = ", visibility.word()),
        Filter::SharedOrBy(name) => {
            push_is(sql, "(a.visibility = 'shared' OR a.uploader = ", name);
            sql.push(")");
        }
        Filter::NotPrivateOrBy(name) => {
            push_is(sql, "(a.visibility <> 'private' OR a.uploader = ", name);
            sql.push(")");
        }
        Filter::CreatedFrom(at) => {
            sql.push("a.created_at >= ").push_bind(*at);
        }
        Filter::CreatedTo(at) => {
            sql.push("a.created_at <= ").push_bind(*at);
        }
    }
}

fn push_is(sql: &mut QueryBuilder<Sqlite>, is: &str, text: &str) {
    sql.push(is).push_bind(text.to_owned());
}

/// A list is bound as one JSON array, so that its length neither changes the statement nor exceeds SQLite's limit on
/// parameters.
fn push_in<T: serde::Serialize>(sql: &mut QueryBuilder<Sqlite>, column_in: &str, items: &[T]) {
    let array = serde_json::to_string(items).expect("a list of texts is always JSON");
    sql.push(column_in).push(" (SELECT value FROM json_each(").push_bind(array).push("))");
}

/// `instr` has no wildcards, so `%` and `_` mean themselves.
fn push_contains(sql: &mut QueryBuilder<Sqlite>, column: &str, text: &str) {
    sql.push(format!("instr({column}, ")).push_bind(fold(text)).push(") > 0");
}

/// Within the JSON of a list, a tag is written as it would be alone. So searching for that text leaves only few lists
/// to parse.
fn push_tagged(sql: &mut QueryBuilder<Sqlite>, tag: &str) {
    let written = serde_json::to_string(tag).expect("a text is always JSON");
    sql.push("(instr(a.tags, ").push_bind(written).push(") > 0 AND ");
    sql.push_bind(tag.to_owned()).push(" IN (SELECT value FROM json_each(a.tags)))");
}

fn push_mentions(sql: &mut QueryBuilder<Sqlite>, collection: i64, text: &str, vocabulary: &[String]) {
    sql.push("(");
    push_contains(sql, "a.name_folded", text);
    for tag in vocabulary.iter().filter(|tag| fold(tag).contains(&fold(text))) {
        sql.push(" OR ");
        push_tagged(sql, tag);
    }
    sql.push(" OR a.project_id IN (SELECT id FROM project WHERE collection = ").push_bind(collection).push(" AND ");
    push_contains(sql, "name_folded", text);
    sql.push("))");
}

fn push_not_trashed(sql: &mut QueryBuilder<Sqlite>, collection: i64) {
    sql.push("(a.folder_id IS NULL OR a.folder_id NOT IN (WITH RECURSIVE trash (id) AS (");
    sql.push("SELECT id FROM folder WHERE collection = ").push_bind(collection).push(" AND trashed");
    // `CROSS JOIN` fixes the order of the tables. Otherwise SQLite would look at every folder for each one it finds.
    sql.push(" UNION SELECT f.id FROM trash t CROSS JOIN folder f ON f.parent_id = t.id WHERE f.collection = ");
    sql.push_bind(collection).push(") SELECT id FROM trash))");
}
