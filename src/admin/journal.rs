//! Routes of the request journal: search, wait, verify, export and clear; and the warnings of a workspace.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Json, Path, Refusal, RemovedCount};
use super::faults::unfired;
use super::json_stream::{JsonOrLines, JsonStream};
use super::strict_query::StrictQuery;
use super::workspaces::{WorkspacePath, existing};
use crate::clock::write_rfc3339;
use crate::emulator::app::App;
use crate::emulator::journal::{
    EntryView, Expectations, ExpectedFaults, Filter, Har, InvalidFilter, JournalEntry, Stats, StatusIs, VerifyResult,
};
use crate::library::strict_object;

const TAG: &str = "Journal";

/// The routes.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/_emulator/journal",
            get_with(read, |op| {
                op.id("read_journal").summary("Read the journal, or wait for what it does not hold yet").tag(TAG)
            })
            .delete_with(clear, |op| op.id("clear_journal").summary("Forget entries").tag(TAG)),
        )
        .api_route(
            "/_emulator/journal/search",
            post_with(search, |op| op.id("search_journal").summary("The same with a filter in the body").tag(TAG)),
        )
        .api_route(
            "/_emulator/journal/verify",
            post_with(verify, |op| op.id("verify_journal").summary("Hold expectations against the journal").tag(TAG)),
        )
        .api_route(
            "/_emulator/journal/har",
            get_with(har, |op| op.id("export_journal").summary("Export the journal as HAR 1.2").tag(TAG)),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}/warnings",
            get_with(warnings, |op| op.id("list_warnings").summary("List what was probably not meant").tag(TAG)),
        )
}

/// The format of the entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum JournalFormat {
    #[default]
    Json,
    Text,
}

/// Which entries, in a query string.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct JournalQuery {
    /// The provider's name.
    provider: Option<String>,
    /// The operation, such as `list_assets`: `assetmock providers NAME` lists them.
    operation: Option<String>,
    /// The workspace's id.
    workspace: Option<String>,
    /// The whole key that the request sent, valid or not.
    key: Option<String>,
    /// The method: one of those that HTTP registers, in any case.
    method: Option<String>,
    /// The response's status: a number, or a class such as `4xx`.
    status: Option<StatusIs>,
    /// The decoded path. A `*` at its end matches any text.
    path: Option<String>,
    /// A fault that applied: its name, such as `rate_limited` or `insert`, or its kind, such as `failure` or `paging`.
    fault: Option<String>,
    /// Whether the entry has warnings.
    warnings: Option<bool>,
    /// Only entries with a greater number.
    after: Option<u64>,
    /// The most entries to return.
    #[serde(default = "hundred")]
    limit: usize,
    /// How many milliseconds to wait if no entry matches yet, up to 60000.
    #[serde(default)]
    #[schemars(range(max = 60_000))]
    wait_ms: u64,
    /// `json`, or `text` for one line for each entry, as in the log.
    #[serde(default)]
    format: JournalFormat,
}

fn hundred() -> usize {
    100
}

impl From<JournalQuery> for JournalSearch {
    fn from(query: JournalQuery) -> JournalSearch {
        let filter = Filter {
            provider: query.provider,
            operation: query.operation,
            workspace: query.workspace,
            key: query.key,
            method: query.method,
            status: query.status,
            path: query.path,
            fault: query.fault,
            warnings: query.warnings,
            after: query.after,
            limit: Some(query.limit),
            ..Filter::default()
        };
        JournalSearch { filter, wait_ms: query.wait_ms }
    }
}

/// Which entries.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct JournalSearch {
    /// The conditions for entries.
    #[serde(default, deserialize_with = "strict_object::read")]
    filter: Filter,
    /// How many milliseconds to wait if no entry matches yet, up to 60000.
    #[serde(default)]
    #[schemars(range(max = 60_000))]
    wait_ms: u64,
}

/// The longest wait, in milliseconds.
const LONGEST_WAIT: u64 = 60_000;

#[derive(Serialize, JsonSchema)]
struct JournalEntries {
    /// The entries, the newest last.
    entries: Vec<EntryView>,
    /// The size of the journal, and its losses.
    journal: Stats,
}

async fn read(
    State(app): State<Arc<App>>,
    StrictQuery(query): StrictQuery<JournalQuery>,
) -> Result<JsonOrLines<JournalEntries>, Refusal> {
    let format = query.format;
    let search = JournalSearch::from(query);
    check(&app, &search.filter, "").await?;
    match format {
        JournalFormat::Json => Ok(JsonOrLines::Json(look_up(app, search).await?)),
        JournalFormat::Text => {
            let (_, numbers) = search_numbers(&app, search).await?;
            Ok(JsonOrLines::lines(entries(app, numbers).map(|entry| line(&entry))))
        }
    }
}

/// An entry as a line of the log, with the time of its workspace's clock.
fn line(entry: &JournalEntry) -> String {
    format!("{} {:>5} {entry}", write_rfc3339(entry.at), entry.diagnostics().level())
}

async fn search(
    State(app): State<Arc<App>>,
    Json(search): Json<JournalSearch>,
) -> Result<JsonStream<JournalEntries>, Refusal> {
    check(&app, &search.filter, "filter.").await?;
    look_up(app, search).await
}

/// Checks that all names in a filter exist. `at` is the path of the filter in the request.
async fn check(app: &App, filter: &Filter, at: &str) -> Result<(), Refusal> {
    filter.check(at)?;
    require_workspaces(app, filter.workspace.as_deref()).await
}

/// Checks that the workspaces exist, or that the journal has recorded requests of them: restoring a snapshot removes
/// workspaces and keeps the journal.
async fn require_workspaces(app: &App, ids: impl IntoIterator<Item = &str>) -> Result<(), Refusal> {
    for id in ids {
        if !app.journal.knows(id) {
            existing(app, id).await?;
        }
    }
    Ok(())
}

impl From<InvalidFilter> for Refusal {
    fn from(InvalidFilter { at, message }: InvalidFilter) -> Refusal {
        Refusal::invalid(at, message)
    }
}

async fn look_up(app: Arc<App>, search: JournalSearch) -> Result<JsonStream<JournalEntries>, Refusal> {
    let (journal, numbers) = search_numbers(&app, search).await?;
    let empty = JournalEntries { entries: Vec::new(), journal };
    Ok(JsonStream::new(&empty, entries(app, numbers).map(|entry| EntryView::of(&entry))))
}

/// Searches the journal, after waiting for a match if `wait_ms` is set. Returns the numbers of the entries.
async fn search_numbers(
    app: &App,
    JournalSearch { filter, wait_ms }: JournalSearch,
) -> Result<(Stats, Vec<u64>), Refusal> {
    if wait_ms > LONGEST_WAIT {
        return Err(Refusal::invalid("wait_ms", format!("`wait_ms` is at most {LONGEST_WAIT}")));
    }
    if wait_ms > 0 {
        // The result is not used, since the search below also returns the statistics. A timeout is not an error.
        app.journal.wait(&filter, Duration::from_millis(wait_ms)).await;
    }
    Ok(app.journal.numbers(&filter))
}

/// The entries with these numbers, each read when the response needs it. Entries evicted by then are left out.
fn entries(app: Arc<App>, numbers: Vec<u64>) -> impl Iterator<Item = Arc<JournalEntry>> {
    numbers.into_iter().filter_map(move |seq| app.journal.entry(seq))
}

/// Which entries.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct JournalSelector {
    /// Only entries of this workspace; all if left out.
    workspace: Option<String>,
}

async fn clear(
    State(app): State<Arc<App>>,
    StrictQuery(JournalSelector { workspace }): StrictQuery<JournalSelector>,
) -> Json<RemovedCount> {
    app.faults.count_anew(workspace.as_deref());
    Json(RemovedCount { removed: app.journal.clear(workspace.as_deref()) as u64 })
}

/// The most expectations in a request, since each is checked against every entry.
const MAX_EXPECTATIONS: usize = 200;

async fn verify(
    State(app): State<Arc<App>>,
    Json(expectations): Json<Expectations>,
) -> Result<Json<VerifyResult>, Refusal> {
    if expectations.requests.len() > MAX_EXPECTATIONS {
        let message = format!("these are more than {MAX_EXPECTATIONS} expectations; send several requests");
        return Err(Refusal::invalid("requests", message));
    }
    expectations.check()?;
    require_workspaces(&app, expectations.workspaces()).await?;
    let unfired = match expectations.faults {
        Some(ExpectedFaults::AllFired) => unfired(&app, &expectations.scope).await?,
        None => Vec::new(),
    };
    let verdict = tokio::task::block_in_place(|| app.journal.verify(&expectations));
    Ok(Json(verdict.with_unfired(unfired)))
}

async fn har(
    State(app): State<Arc<App>>,
    StrictQuery(JournalSelector { workspace }): StrictQuery<JournalSelector>,
) -> Result<JsonStream<Har>, Refusal> {
    require_workspaces(&app, workspace.as_deref()).await?;
    let (_, numbers) = app.journal.numbers(&Filter { workspace, ..Filter::default() });
    Ok(JsonStream::new(&Har::of(&[]), entries(app, numbers).map(|entry| Har::entry(&entry))))
}

#[derive(Serialize, JsonSchema)]
struct WarningList {
    /// The number of warnings since the workspace was created or reset.
    count: u64,
    /// The requests with warnings that are still in the journal.
    requests: Vec<RequestWarnings>,
}

#[derive(Serialize, JsonSchema)]
struct RequestWarnings {
    /// The number of the entry in the journal.
    seq: u64,
    provider: Option<&'static str>,
    /// The method and the target.
    request: String,
    warnings: Vec<String>,
}

async fn warnings(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
) -> Result<Json<WarningList>, Refusal> {
    existing(&app, &workspace).await?;
    let count = app.workspace_states.get_or_create(&workspace).warned.load(Relaxed);
    let found = app.journal.find(&Filter { workspace: Some(workspace), warnings: Some(true), ..Filter::default() });
    Ok(Json(WarningList { count, requests: found.iter().map(|entry| warned(entry)).collect() }))
}

fn warned(entry: &JournalEntry) -> RequestWarnings {
    let secrets = entry.secrets();
    let (method, target) = (secrets.method(&entry.method), secrets.target(&entry.heads.target().to_string()));
    RequestWarnings {
        seq: entry.seq,
        provider: entry.provider,
        request: format!("{method} {target}"),
        warnings: entry
            .diagnostics()
            .warnings
            .iter()
            .map(|warning| secrets.hide(&warning.to_string()).into_owned())
            .collect(),
    }
}
