//! Listing assets: filters, a total order, a window, a count. The page and the count share one `push_where`.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::asset::COLUMNS;
use super::{Asset, Key, Status, Store, Visibility, fold};
use crate::clock::Micros;

/// What a provider asks of the library on behalf of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetQuery {
    /// All of these must hold.
    pub filters: Vec<Filter>,
    /// A project that must exist; a listing narrowed to an unknown one is an error, not an empty page.
    pub project: Option<String>,
    /// The order.
    pub order: Order,
    /// Where the page begins.
    pub start: Start,
    /// Whether the page begins with the last asset before it, as if one more had come in front meanwhile. A page that
    /// has none before it is as it is.
    pub overlap: bool,
    /// How many assets a page holds.
    pub limit: u32,
    /// Whether the total of all pages is wanted.
    pub counted: bool,
}

impl AssetQuery {
    /// Whether an asset before the page is repeated on it: those on top have none before them.
    fn overlaps(&self) -> bool {
        self.overlap && self.start != Start::Offset(0)
    }
}

/// A total order: a value, then a unique tie-break in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Order {
    /// The value.
    pub by: SortBy,
    /// What decides between equals.
    pub tie: Tie,
    /// Which end comes first.
    pub direction: Direction,
}

/// The value assets are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// When they were created.
    Created,
    /// Their names, byte by byte; the public id stands in for a name that is not there.
    Name,
}

/// What decides between equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tie {
    /// The order of insertion.
    Inserted,
    /// The public id at the provider that asks.
    PublicId,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The least.
    Ascending,
    /// The greatest.
    Descending,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// After this many assets.
    Offset(u64),
    /// After this position in an order by creation and public id.
    After {
        /// When the last asset seen was created.
        created_at: Micros,
        /// The public id of the last asset seen.
        id: String,
    },
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Hash)]
pub enum Filter {
    /// Of one of these kinds.
    KindIn(Vec<String>),
    /// Of none of these kinds.
    KindNotIn(Vec<String>),
    /// In one of these states.
    StatusIn(Vec<Status>),
    /// With one of these public ids.
    IdIn(Vec<String>),
    /// With this text in the name, whatever the case.
    NameContains(String),
    /// With this text in the name or the description, whatever the case.
    NameOrDescriptionContains(String),
    /// With this text in the name, the project's name or one of the tags in `vocabulary`, whatever the case.
    Mentions {
        /// The text.
        text: String,
        /// The tags that count.
        vocabulary: Vec<String>,
    },
    /// With this tag.
    HasTag(String),
    /// Without this tag.
    LacksTag(String),
    /// On this project.
    Project(String),
    /// Directly in this folder.
    Folder(String),
    /// Not in a trashed folder, nor below one.
    NotTrashed,
    /// Brought by this user.
    Uploader(String),
    /// With this visibility.
    Visibility(Visibility),
    /// Brought by this user or shared with everyone in the workspace; not provided by the platform.
    VisibleTo(String),
    /// Created at this instant or later.
    CreatedFrom(Micros),
    /// Created at this instant or earlier.
    CreatedTo(Micros),
}

/// One page of a listing.
#[derive(Debug, Clone)]
pub struct Page {
    /// The assets, in order: what cursors and totals are made from. Views show [`Page::shown`].
    pub assets: Vec<Asset>,
    /// Whether the assets are left out of the view, while all that the page announces stands.
    pub hidden: bool,
    /// Whether more follow.
    pub more: bool,
    /// How many there are on all pages; 0 where that was not asked.
    pub total: u64,
}

impl Page {
    /// The page of the first `limit` rows; one row more says that more follow.
    fn of(rows: &[SqliteRow], limit: u32, total: u64) -> Result<Page, ListError> {
        let limit = limit as usize;
        let assets = rows.iter().take(limit).map(Asset::from_row).collect::<Result<_, _>>()?;
        Ok(Page { assets, hidden: false, more: rows.len() > limit, total })
    }

    /// The assets that a view lists.
    pub fn shown(&self) -> &[Asset] {
        if self.hidden { &[] } else { &self.assets }
    }
}

/// Why there is no page.
#[derive(Debug)]
pub enum ListError {
    /// The project to narrow to does not exist.
    NoSuchProject,
    /// The key that asks is gone or acts as another user by now: whoever read it has to read it again.
    Outdated,
    /// The database failed.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for ListError {
    fn from(error: sqlx::Error) -> ListError {
        ListError::Database(error)
    }
}

/// Whose assets are listed.
#[derive(Clone, Copy)]
enum Whose<'a> {
    Workspace(&'a str),
    /// Those of the key's workspace, as long as the key stands.
    Key(&'a Key),
}

impl Store {
    /// The page that `query` asks for, of one workspace, with the public ids of one provider.
    ///
    /// `provider` is a card's name, never a client's text: it names a column.
    pub async fn list(&self, provider: &'static str, workspace: &str, query: &AssetQuery) -> Result<Page, ListError> {
        self.page(provider, Whose::Workspace(workspace), query).await
    }

    /// The same for a key that was read before. The page is of a state in which the key is what it was then: a request must
    /// not be answered out of two states when a snapshot is restored in between, or a workspace goes. Numbers of keys are
    /// never used again, so a key that stands at the end has stood all the time.
    pub async fn list_for(&self, key: &Key, provider: &'static str, query: &AssetQuery) -> Result<Page, ListError> {
        let listed = self.page(provider, Whose::Key(key), query).await;
        let nothing = match &listed {
            Ok(page) => page.assets.is_empty(),
            Err(error) => matches!(error, ListError::NoSuchProject),
        };
        // Assets are only found through the key, so there is nothing to ask where there are some.
        if nothing && !self.stands(key).await? { Err(ListError::Outdated) } else { listed }
    }

    async fn page(&self, provider: &'static str, whose: Whose<'_>, query: &AssetQuery) -> Result<Page, ListError> {
        let mut page = QueryBuilder::new("");
        push_page(&mut page, provider, whose, query);
        if query.project.is_none() && !query.counted {
            return Page::of(&page.build().fetch_all(&self.pool).await?, query.limit, 0);
        }
        // What more than one statement says is read from one snapshot.
        let mut snapshot = self.pool.begin().await?;
        if let Some(project) = &query.project {
            let mut known = QueryBuilder::new("SELECT 1 FROM project WHERE collection = ");
            push_collection(&mut known, whose);
            known.push(" AND id = ").push_bind(project.clone());
            known.build().fetch_optional(&mut *snapshot).await?.ok_or(ListError::NoSuchProject)?;
        }
        let rows = page.build().fetch_all(&mut *snapshot).await?;
        let mut total = 0;
        if query.counted {
            let mut count = QueryBuilder::new("SELECT COUNT(*) FROM asset a");
            push_where(&mut count, provider, whose, query);
            let counted = count.build().fetch_one(&mut *snapshot).await?.try_get::<i64, _>(0)?;
            total = counted.unsigned_abs() + u64::from(query.overlaps());
        }
        snapshot.commit().await?;
        Page::of(&rows, query.limit, total)
    }

    /// SQLite's plan for a page, one step a line: for checks that a listing is served by an index.
    pub async fn explain(
        &self,
        provider: &'static str,
        workspace: &str,
        query: &AssetQuery,
    ) -> Result<Vec<String>, sqlx::Error> {
        let mut plan = QueryBuilder::new("EXPLAIN QUERY PLAN ");
        push_page(&mut plan, provider, Whose::Workspace(workspace), query);
        plan.build().fetch_all(&self.pool).await?.iter().map(|row| row.try_get(3)).collect()
    }
}

/// One asset more than the page holds: that is how we know whether more follow.
fn push_page(sql: &mut QueryBuilder<Sqlite>, provider: &'static str, whose: Whose, query: &AssetQuery) {
    sql.push(format!("SELECT a.{provider}_id, {COLUMNS} FROM asset a"));
    push_where(sql, provider, whose, query);
    if let Start::After { created_at, id } = &query.start {
        let beyond = match query.order.direction {
            Direction::Descending if query.overlap => "<=",
            Direction::Descending => "<",
            Direction::Ascending if query.overlap => ">=",
            Direction::Ascending => ">",
        };
        sql.push(format!("\n AND (a.created_at, a.{provider}_id) {beyond} ("));
        sql.push_bind(*created_at).push(", ").push_bind(id.clone()).push(")");
    }
    push_order(sql, provider, query.order);
    sql.push("\n LIMIT ").push_bind(i64::from(query.limit) + 1);
    if let Start::Offset(offset) = query.start {
        let offset = offset - u64::from(query.overlaps());
        sql.push(" OFFSET ").push_bind(i64::try_from(offset).unwrap_or(i64::MAX));
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

fn push_where(sql: &mut QueryBuilder<Sqlite>, provider: &'static str, whose: Whose, query: &AssetQuery) {
    sql.push("\n WHERE a.collection = ");
    push_collection(sql, whose);
    for filter in &query.filters {
        sql.push("\n AND ");
        push_filter(sql, provider, whose, filter);
    }
}

/// What the workspace holds at this moment.
fn push_collection(sql: &mut QueryBuilder<Sqlite>, whose: Whose) {
    match whose {
        Whose::Workspace(id) => sql.push("(SELECT collection FROM workspace WHERE id = ").push_bind(id.to_owned()),
        Whose::Key(key) => sql
            .push("(SELECT w.collection FROM key k JOIN workspace w ON w.id = k.workspace_id WHERE k.id = ")
            .push_bind(key.id)
            .push(" AND k.user = ")
            .push_bind(key.user.clone()),
    };
    sql.push(")");
}

fn push_filter(sql: &mut QueryBuilder<Sqlite>, provider: &'static str, whose: Whose, filter: &Filter) {
    match filter {
        Filter::KindIn(kinds) => push_in(sql, "a.kind IN", kinds),
        Filter::KindNotIn(kinds) => push_in(sql, "a.kind NOT IN", kinds),
        Filter::StatusIn(states) => {
            push_in(sql, "a.status IN", &states.iter().map(|status| status.word()).collect::<Vec<_>>())
        }
        Filter::IdIn(ids) => push_in(sql, &format!("a.{provider}_id IN"), ids),
        Filter::NameContains(text) => push_contains(sql, "a.name_folded", text),
        Filter::NameOrDescriptionContains(text) => {
            sql.push("(");
            push_contains(sql, "a.name_folded", text);
            sql.push(" OR ");
            push_contains(sql, "a.description_folded", text);
            sql.push(")");
        }
        Filter::Mentions { text, vocabulary } => push_mentions(sql, text, vocabulary),
        Filter::HasTag(tag) => push_tagged(sql, "IN", tag),
        Filter::LacksTag(tag) => push_tagged(sql, "NOT IN", tag),
        Filter::Project(project) => push_is(sql, "a.project_id = ", project),
        Filter::Folder(folder) => push_is(sql, "a.folder_id = ", folder),
        Filter::NotTrashed => push_not_trashed(sql, whose),
        Filter::Uploader(name) => push_is(sql, "a.uploader = ", name),
        Filter::Visibility(visibility) => push_is(sql, "a.visibility = ", visibility.word()),
        Filter::VisibleTo(name) => {
            push_is(sql, "a.visibility <> 'default' AND (a.visibility = 'shared' OR a.uploader = ", name);
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

/// A list travels as one JSON array, so that its length neither changes the statement nor meets SQLite's limit of variables.
fn push_in<T: serde::Serialize>(sql: &mut QueryBuilder<Sqlite>, column_in: &str, items: &[T]) {
    let array = serde_json::to_string(items).expect("a list of texts is always JSON");
    sql.push(column_in).push(" (SELECT value FROM json_each(").push_bind(array).push("))");
}

/// `instr` has no wildcards, so `%` and `_` mean themselves.
fn push_contains(sql: &mut QueryBuilder<Sqlite>, column: &str, text: &str) {
    sql.push(format!("instr({column}, ")).push_bind(fold(text)).push(") > 0");
}

/// Not `EXISTS`: SQLite turns it into a join, and then an offset counts an asset once for each matching tag.
fn push_tagged(sql: &mut QueryBuilder<Sqlite>, is_in: &str, tag: &str) {
    sql.push_bind(tag.to_owned()).push(format!(" {is_in} (SELECT value FROM json_each(a.tags))"));
}

fn push_mentions(sql: &mut QueryBuilder<Sqlite>, text: &str, vocabulary: &[String]) {
    let matching: Vec<_> = vocabulary.iter().filter(|tag| fold(tag).contains(&fold(text))).collect();
    sql.push("(");
    push_contains(sql, "a.name_folded", text);
    sql.push(" OR EXISTS (SELECT 1 FROM json_each(a.tags) WHERE ");
    push_in(sql, "value IN", &matching);
    sql.push(") OR EXISTS (SELECT 1 FROM project p WHERE p.collection = a.collection AND p.id = a.project_id AND ");
    push_contains(sql, "p.name_folded", text);
    sql.push("))");
}

fn push_not_trashed(sql: &mut QueryBuilder<Sqlite>, whose: Whose) {
    sql.push("(a.folder_id IS NULL OR a.folder_id NOT IN (WITH RECURSIVE here (number) AS (SELECT ");
    push_collection(sql, whose);
    sql.push("), trash (id) AS (SELECT id FROM folder JOIN here ON collection = number WHERE trashed");
    sql.push(" UNION SELECT f.id FROM here JOIN folder f ON f.collection = number JOIN trash t ON f.parent_id = t.id)");
    sql.push(" SELECT id FROM trash))");
}
