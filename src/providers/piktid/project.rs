//! PiktID's routes on projects, as far as its clients use them: create and list. Its documents have no page on them.

use axum::http::StatusCode;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::view::{Pagination, pagination};
use super::{body, grammar, list};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Handler, HandlerCall, Input};
use crate::contract::query::{Param, Violation};
use crate::http::reply::Reply;
use crate::library::fixture::LONGEST_NAME;
use crate::library::model::Instant;
use crate::library::store::{CreateProject, ListProjects, Query, Store};
use crate::library::workspace::Project;
use crate::random::{ALPHANUMERIC, random_id};

/// The parameters of the list. A client sends `per_page`; inferred: `page` is there as in all other lists.
pub const PARAMS: &[Param] = &[list::PAGE, list::PER_PAGE];

/// Makes a project.
pub static CREATE: CommandHandler<CreateProject> =
    CommandHandler { command: create_command, reply: |project, _| create_reply(project) };

#[derive(Serialize)]
struct Created<'a> {
    project_id: &'a str,
    project_name: &'a str,
}

/// Inferred: the numbers of the page.
#[derive(Serialize)]
struct Page<'a> {
    projects: Vec<ProjectView<'a>>,
    pagination: Pagination,
}

/// The fields that a client reads.
#[derive(Serialize)]
struct ProjectView<'a> {
    project_text: &'a str,
    project_key: &'a str,
}

/// A client expects a conflict if the name exists. Inferred: a name may be empty, and is at most as long as in
/// fixtures.
fn create_command(input: &Input, cx: &Context) -> Result<CreateProject, Failure> {
    let name = body::required_text(input, "project_name")?;
    if name.len() > LONGEST_NAME {
        return Err(Failure::Invalid(vec![Violation::in_body("project_name", None, body::too_long(LONGEST_NAME))]));
    }
    let mut project = Project::new(&random_id("prj_", cx.entropy, 16, ALPHANUMERIC), &name);
    project.created_at = Some(Instant(cx.now));
    Ok(CreateProject { project, has_unique_name: true })
}

/// A client takes 200 and 201. Inferred: 201.
fn create_reply(project: &Project) -> Reply {
    Reply::json(StatusCode::CREATED, &Created { project_id: &project.id, project_name: &project.name })
}

/// Lists projects. Inferred: those that changed last first, and those of all users of the workspace.
#[derive(Debug)]
pub struct ListAllProjects;

impl Handler for ListAllProjects {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let args = &call.input.query;
            let per_page = args.integer("per_page").unsigned_abs();
            let query = ListProjects {
                name_contains: String::new(),
                offset: (grammar::page_number(args) - 1).saturating_mul(per_page),
                limit: u32::try_from(per_page).unwrap_or(u32::MAX),
            };
            let page = query.run(store, &call.caller()).await?;
            let views = page
                .projects
                .iter()
                .map(|Project { id, name, .. }| ProjectView { project_text: name, project_key: id });
            let projects = views.collect();
            Ok(Reply::json(StatusCode::OK, &Page { projects, pagination: pagination(args, page.total) }))
        })
    }
}
