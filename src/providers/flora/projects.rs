//! FLORA's routes on projects: list, create, get. The list has a paging of its own and needs a `workspace_id`.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value as Json;

use super::list::{self, CURSOR, LIMIT, QUERY, WORKSPACE};
use super::view::{Meta, milliseconds};
use super::{cursor, headers, new_id};
use crate::contract::context::Context;
use crate::contract::evidence::Evidence::Documented;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Input, QueryHandler};
use crate::contract::query::{Param, Problem, Violation};
use crate::http::reply::Reply;
use crate::library::fixture::LONGEST_NAME;
use crate::library::model::Instant;
use crate::library::store::{CreateProject, ListProjects, ProjectPage, ReadProject};
use crate::library::workspace::Project;

/// The parameters of the list's query string, in the order of the OpenAPI document.
pub const PARAMS: &[Param] = &[
    LIMIT.known(Documented, "How many projects to return."),
    CURSOR,
    QUERY,
    WORKSPACE.required().known(Documented, "The workspace whose projects are listed."),
];

/// Lists projects, by recent activity.
pub static LIST: QueryHandler<ListProjects> = QueryHandler { query: list_query, reply: page_reply };

/// Makes a project.
pub static CREATE: CommandHandler<CreateProject> = CommandHandler {
    command: create_command,
    reply: |project, cx| headers::complete(Reply::json(StatusCode::CREATED, &project_view(project, cx)), cx),
};

/// Shows a project.
pub static GET: QueryHandler<ReadProject> = QueryHandler {
    query: |input, _| read_query(input.path("projectId")),
    reply: |project, cx| headers::complete(Reply::json(StatusCode::OK, &project_view(project, cx)), cx),
};

/// The fields in the order of the OpenAPI document.
#[derive(Serialize)]
struct ProjectView<'a> {
    project_id: &'a str,
    name: &'a str,
    workspace_id: &'a str,
    origin: Option<&'a str>,
    last_modified: Option<i64>,
    created_at: i64,
}

#[derive(Serialize)]
struct Body<'a> {
    projects: Vec<ProjectView<'a>>,
    meta: Meta<'a>,
}

/// Inferred: shown for a project whose time of creation is not known, since the field is never null.
const UNKNOWN_TIME: Instant = Instant(0);

/// The sample value of the OpenAPI document. Inferred: that projects made by this API have it.
const ORIGIN: &str = "api";

fn project_view<'a>(project: &'a Project, cx: &'a Context) -> ProjectView<'a> {
    ProjectView {
        project_id: &project.id,
        name: &project.name,
        workspace_id: cx.workspace(),
        origin: project.origin.as_deref(),
        last_modified: project.updated_at.map(|at| milliseconds(at.0)),
        created_at: milliseconds(project.created_at.unwrap_or(UNKNOWN_TIME).0),
    }
}

fn list_query(Input { query, .. }: &Input, cx: &Context) -> Result<ListProjects, Failure> {
    if query.text("workspace_id") != Some(cx.workspace()) {
        return Err(Failure::ForeignWorkspace);
    }
    let name_contains = query.text("query").unwrap_or_default().to_owned();
    Ok(ListProjects { name_contains, offset: cursor::offset(query), limit: cursor::limit(query) })
}

fn page_reply(page: &ProjectPage, cx: &Context) -> Reply {
    let projects = page.projects.iter().map(|project| project_view(project, cx)).collect();
    let next = cursor::next(page.seen, page.total);
    let body = Body { projects, meta: Meta { next_cursor: next.as_deref(), total_estimate: page.total } };
    headers::complete(Reply::json(StatusCode::OK, &body), cx)
}

fn read_query(id: &str) -> Result<ReadProject, Failure> {
    match wrong_project(id) {
        Some(violation) => Err(Failure::Invalid(vec![violation])),
        None => Ok(ReadProject { id: id.to_owned() }),
    }
}

/// What is wrong with a project's id in the path. Documented: its pattern; inferred: what the error calls it.
pub fn wrong_project(id: &str) -> Option<Violation> {
    let problem = list::prefixed("prj_", id).err()?;
    Some(Violation::in_path("projectId", id, problem))
}

fn create_command(input: &Input, cx: &Context) -> Result<CreateProject, Failure> {
    let fields = input.object()?.ok_or_else(|| Failure::InvalidJson { reason: "there is none".to_owned() })?;
    let violation = |name, check: fn(&str) -> Result<(), Problem>| {
        let given = fields.get(name);
        let checked = match given {
            None => Err(Problem::Missing),
            Some(Json::String(text)) => check(text),
            Some(_) => Err(Problem::NotA("a string")),
        };
        checked.err().map(|problem| Violation::in_body(name, given, problem))
    };
    let known = |name: &&String| ["workspace_id", "name"].contains(&name.as_str());
    let unknown = fields.keys().filter(|name| !known(name));
    let unknown = unknown.map(|name| Violation::in_body(name.clone(), fields.get(name), Problem::Unknown));
    let violations: Vec<_> = violation("workspace_id", |id| list::prefixed("ws_", id).map(drop))
        .into_iter()
        .chain(violation("name", check_name))
        .chain(unknown)
        .collect();
    if !violations.is_empty() {
        return Err(Failure::Invalid(violations));
    }
    let text = |name: &str| fields.get(name).and_then(Json::as_str).unwrap_or_default();
    if text("workspace_id") != cx.workspace() {
        return Err(Failure::ForeignWorkspace);
    }
    // Other bits than those of the request id.
    let mut project = Project::new(&new_id("prj_", cx.entropy.rotate_left(32)), text("name"));
    project.origin = Some(ORIGIN.to_owned());
    project.created_at = Some(Instant(cx.now));
    Ok(CreateProject { project, has_unique_name: false })
}

/// Documented: a name has at least one character. Inferred: the messages, and that it has no more bytes than a fixture
/// may give it.
pub fn check_name(name: &str) -> Result<(), Problem> {
    match name.len() {
        0 => Err(Problem::Malformed("String must contain at least 1 character(s)".to_owned())),
        1..=LONGEST_NAME => Ok(()),
        _ => Err(Problem::Malformed(format!("String must contain at most {LONGEST_NAME} character(s)"))),
    }
}
