//! FLORA's list of the workspaces that a key gives access to. Here it is always one.

use axum::http::StatusCode;
use serde::Serialize;

use super::headers;
use crate::contract::context::Context;
use crate::contract::handler::QueryHandler;
use crate::http::reply::Reply;
use crate::library::store::ReadWorkspace;
use crate::library::workspace::Workspace;

/// Lists the key's workspace.
pub static LIST: QueryHandler<ReadWorkspace> = QueryHandler { query: |_, _| Ok(ReadWorkspace), reply: list_reply };

#[derive(Serialize)]
struct Body<'a> {
    workspaces: [WorkspaceView<'a>; 1],
}

/// The fields in the order of the OpenAPI document.
#[derive(Serialize)]
struct WorkspaceView<'a> {
    workspace_id: &'a str,
    name: &'a str,
    created_at: Option<i64>,
    role: &'static str,
}

/// Inferred: no document names a role.
const ROLE: &str = "owner";

fn list_reply(workspace: &Workspace, cx: &Context) -> Reply {
    let name = workspace.name.as_deref().unwrap_or(&workspace.id);
    // The library does not know when a workspace was made. The field can be null.
    let listed = WorkspaceView { workspace_id: &workspace.id, name, created_at: None, role: ROLE };
    headers::complete(Reply::json(StatusCode::OK, &Body { workspaces: [listed] }), cx)
}
