//! Routes for fault rules.

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Created, Json, Path, Refusal, RemovedCount};
use super::fault_warnings::add_warning;
use super::strict_query::StrictQuery;
use super::workspaces::existing;
use crate::clock::Micros;
use crate::emulator::app::App;
use crate::emulator::faults::{ListedRule, Match, Problem, Rule, UnfiredFault};
use crate::emulator::journal::Filter;
use crate::library::key::Key;

const TAG: &str = "Faults";

/// The routes.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/_emulator/faults",
            post_with(add, |op| op.id("create_fault").summary("Set up a fault").tag(TAG))
                .get_with(list, |op| op.id("list_faults").summary("List the faults and how often they struck").tag(TAG))
                .delete_with(remove_all, |op| op.id("delete_faults").summary("Take faults back").tag(TAG)),
        )
        .api_route(
            "/_emulator/faults/{fault}",
            get_with(read, |op| op.id("get_fault").summary("Read a fault").tag(TAG))
                .delete_with(remove, |op| op.id("delete_fault").summary("Take a fault back").tag(TAG)),
        )
}

#[derive(Deserialize, JsonSchema)]
struct FaultPath {
    /// The fault's id.
    fault: u64,
}

/// Which faults.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FaultSelector {
    /// Only the faults for this workspace; all if left out.
    workspace: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct FaultList {
    faults: Vec<ListedRule>,
}

async fn add(State(app): State<Arc<App>>, Json(rule): Json<Rule>) -> Result<Created<ListedRule>, Refusal> {
    if let Some(workspace) = &rule.matches.workspace {
        existing(&app, workspace).await?;
    }
    let now = now(&app, &rule);
    let id = app.faults.add(rule, now).map_err(|Problem { at, message }| Refusal::invalid(at, message))?;
    let mut listed = app.faults.get(id, now).ok_or_else(|| missing(id))?;
    add_warning(&app, &mut listed).await;
    if let Some(warning) = &listed.warning {
        tracing::warn!("fault {id} will not strike as things are: {warning}");
    }
    Ok(Created(listed))
}

/// The current instant for a rule, by the clock of its workspace if it is for one.
fn now(app: &App, rule: &Rule) -> Micros {
    rule.matches
        .workspace
        .as_ref()
        .map_or_else(|| app.clock.now(), |id| app.workspace_states.get_or_create(id).now(&app.clock))
}

/// The rules for a workspace, or all rules. Whether a rule is active is decided by the clock of its workspace.
pub fn listed(app: &App, workspace: Option<&str>) -> Vec<ListedRule> {
    let all = app.faults.list(workspace, app.clock.now());
    all.into_iter().filter_map(|listed| app.faults.get(listed.id, now(app, &listed.rule))).collect()
}

/// The rules that could be applied to requests in a scope and were not.
pub async fn unfired(app: &App, scope: &Filter) -> Result<Vec<UnfiredFault>, Refusal> {
    let compatible = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    let mut rules = listed(app, None);
    rules.retain(|ListedRule { rule: Rule { matches, .. }, .. }| {
        compatible(&scope.workspace, &matches.workspace)
            && compatible(&scope.provider, &matches.provider)
            && compatible(&scope.key, &matches.key)
    });
    if scope.key.is_some() || rules.iter().any(|it| it.rule.matches.key.is_some()) {
        let keys = match &scope.workspace {
            Some(workspace) => app.store.keys_of(workspace).await?,
            None => app.store.keys().await?,
        };
        rules.retain(|it| can_meet_by_key(scope, &it.rule.matches, &keys));
    }
    Ok(rules.iter().filter_map(ListedRule::unfired).collect())
}

/// Whether a request can be in the scope and match the rule, judged by the keys. A key belongs to one provider and one
/// workspace, so the scope and the rule can exclude each other.
fn can_meet_by_key(scope: &Filter, matches: &Match, keys: &[Key]) -> bool {
    let is = |wanted: &Option<String>, given: &str| wanted.as_ref().is_none_or(|wanted| wanted == given);
    let known = keys.iter().any(|key| {
        is(&scope.workspace, &key.workspace)
            && is(&matches.workspace, &key.workspace)
            && is(&scope.provider, &key.provider)
            && is(&matches.provider, &key.provider)
            && is(&scope.key, &key.key)
            && is(&matches.key, &key.key)
    });
    // An unknown key belongs to no workspace, and can be sent to any provider.
    let named = scope.key.as_ref().or(matches.key.as_ref());
    let is_unknown = named.is_none_or(|text| !keys.iter().any(|key| *key.key == **text));
    known || (is_unknown && scope.workspace.is_none() && matches.workspace.is_none()) || named.is_none()
}

async fn list(
    State(app): State<Arc<App>>,
    StrictQuery(FaultSelector { workspace }): StrictQuery<FaultSelector>,
) -> Json<FaultList> {
    let mut faults = listed(&app, workspace.as_deref());
    for fault in &mut faults {
        add_warning(&app, fault).await;
    }
    Json(FaultList { faults })
}

async fn remove_all(
    State(app): State<Arc<App>>,
    StrictQuery(FaultSelector { workspace }): StrictQuery<FaultSelector>,
) -> Json<RemovedCount> {
    Json(RemovedCount { removed: app.faults.remove_all(workspace.as_deref()) as u64 })
}

async fn read(
    State(app): State<Arc<App>>,
    Path(FaultPath { fault }): Path<FaultPath>,
) -> Result<Json<ListedRule>, Refusal> {
    let found = app.faults.get(fault, app.clock.now()).and_then(|it| app.faults.get(fault, now(&app, &it.rule)));
    let mut found = found.ok_or_else(|| missing(fault))?;
    add_warning(&app, &mut found).await;
    Ok(Json(found))
}

async fn remove(State(app): State<Arc<App>>, Path(FaultPath { fault }): Path<FaultPath>) -> Result<NoContent, Refusal> {
    if app.faults.remove(fault) { Ok(NoContent) } else { Err(missing(fault)) }
}

fn missing(id: u64) -> Refusal {
    let message = format!("there is no fault {id}; `GET /_emulator/faults` lists those there are");
    Refusal::new(StatusCode::NOT_FOUND, "not_found", message).at(id.to_string())
}
