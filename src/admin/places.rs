//! Routes for what assets refer to: users, projects and folders.

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::{delete_with, get_with, put_with};
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Created, Json, Path, Refusal};
use super::assets::check;
use super::workspaces::WorkspacePath;
use crate::emulator::app::App;
use crate::library::model::Instant;
use crate::library::workspace::{Folder, Project, User};
use crate::providers;

const PLACES: &str = "Users, projects and folders";

/// The routes.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/_emulator/workspaces/{workspace}/users",
            get_with(users, |op| op.id("list_users").summary("List a workspace's users").tag(PLACES))
                .post_with(add_user, |op| op.id("create_user").summary("Add a user").tag(PLACES)),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}/users/{name}",
            delete_with(remove_user, |op| op.id("delete_user").summary("Remove a user whom nothing names").tag(PLACES)),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}/projects",
            get_with(projects, |op| op.id("list_projects").summary("List a workspace's projects").tag(PLACES)),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}/projects/{name}",
            put_with(put_project, |op| op.id("put_project").summary("Add or change a project").tag(PLACES))
                .delete_with(remove_project, |op| {
                    op.id("delete_project").summary("Remove a project that no asset is on").tag(PLACES)
                }),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}/folders",
            get_with(folders, |op| op.id("list_folders").summary("List a workspace's folders").tag(PLACES)),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}/folders/{name}",
            put_with(put_folder, |op| op.id("put_folder").summary("Add or change a folder").tag(PLACES))
                .delete_with(remove_folder, |op| op.id("delete_folder").summary("Remove an empty folder").tag(PLACES)),
        )
}

#[derive(Deserialize, JsonSchema)]
struct PlacePath {
    /// The workspace's id.
    workspace: String,
    /// The name of a user, or the id of a project or folder.
    name: String,
}

#[derive(Serialize, JsonSchema)]
struct UserList {
    users: Vec<User>,
}

#[derive(Serialize, JsonSchema)]
struct ProjectList {
    projects: Vec<Project>,
}

#[derive(Serialize, JsonSchema)]
struct FolderList {
    folders: Vec<Folder>,
}

/// A project without its id, which is in the path.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProjectPut {
    /// Its name.
    name: String,
    /// How it was made: a word of the vendor's own, such as `api`.
    #[serde(default)]
    origin: Option<String>,
    /// When it was created; vendors show the beginning of 1970 if left out.
    #[serde(default)]
    created_at: Option<Instant>,
    /// When it, or what is on it, last changed.
    #[serde(default)]
    updated_at: Option<Instant>,
}

/// A folder without its id, which is in the path.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FolderPut {
    /// Its name.
    name: String,
    /// The id of the folder that it is in; the root if left out.
    #[serde(default)]
    parent: Option<String>,
    /// Whether it is in the trash.
    #[serde(default)]
    trashed: bool,
    /// When it was created; vendors show the beginning of 1970 if left out.
    #[serde(default)]
    created_at: Option<Instant>,
    /// When it last changed; the time of creation if left out.
    #[serde(default)]
    updated_at: Option<Instant>,
}

async fn users(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
) -> Result<Json<UserList>, Refusal> {
    Ok(Json(UserList { users: app.store.workspace_without_assets(&workspace).await?.users }))
}

async fn add_user(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
    Json(user): Json<User>,
) -> Result<Created<User>, Refusal> {
    Refusal::unless_short("name", &user.name)?;
    Refusal::unless_short("password", user.password.as_deref().unwrap_or_default())?;
    for group in &user.groups {
        Refusal::unless_short("groups", group)?;
    }
    let mut write = app.store.write_to(&workspace, providers::names()).await?;
    write.add_user(&workspace, &user).await?;
    write.commit().await?;
    Ok(Created(user))
}

async fn remove_user(
    State(app): State<Arc<App>>,
    Path(PlacePath { workspace, name }): Path<PlacePath>,
) -> Result<NoContent, Refusal> {
    let mut write = app.store.write_to(&workspace, providers::names()).await?;
    write.remove_user(&workspace, &name).await?;
    write.commit().await?;
    Ok(NoContent)
}

async fn projects(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
) -> Result<Json<ProjectList>, Refusal> {
    Ok(Json(ProjectList { projects: app.store.workspace_without_assets(&workspace).await?.projects }))
}

async fn put_project(
    State(app): State<Arc<App>>,
    Path(PlacePath { workspace, name: id }): Path<PlacePath>,
    Json(put): Json<ProjectPut>,
) -> Result<Json<Project>, Refusal> {
    Refusal::unless_short("id", &id)?;
    let ProjectPut { name, origin, created_at, updated_at } = put;
    Refusal::unless_short("name", &name)?;
    Refusal::unless_short("origin", origin.as_deref().unwrap_or_default())?;
    let project = Project { id, name, origin, created_at, updated_at };
    let mut write = app.store.write_to(&workspace, providers::names()).await?;
    write.put_project(&workspace, &project).await?;
    write.commit().await?;
    Ok(Json(project))
}

async fn remove_project(
    State(app): State<Arc<App>>,
    Path(PlacePath { workspace, name }): Path<PlacePath>,
) -> Result<NoContent, Refusal> {
    let mut write = app.store.write_to(&workspace, providers::names()).await?;
    write.remove_project(&workspace, &name).await?;
    write.commit().await?;
    Ok(NoContent)
}

async fn folders(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
) -> Result<Json<FolderList>, Refusal> {
    Ok(Json(FolderList { folders: app.store.workspace_without_assets(&workspace).await?.folders }))
}

async fn put_folder(
    State(app): State<Arc<App>>,
    Path(PlacePath { workspace, name: id }): Path<PlacePath>,
    Json(put): Json<FolderPut>,
) -> Result<Json<Folder>, Refusal> {
    let FolderPut { name, parent, trashed, created_at, updated_at } = put;
    let folder = Folder { id, name, parent, trashed, created_at, updated_at };
    let mut write = app.store.write_to(&workspace, providers::names()).await?;
    let mut around = write.workspace_without_assets(&workspace).await?;
    around.folders.retain(|other| other.id != folder.id);
    around.folders.push(folder.clone());
    let index = around.folders.len() - 1;
    check(around, &format!("folders[{index}]."))?;
    write.put_folder(&workspace, &folder).await?;
    write.commit().await?;
    Ok(Json(folder))
}

async fn remove_folder(
    State(app): State<Arc<App>>,
    Path(PlacePath { workspace, name }): Path<PlacePath>,
) -> Result<NoContent, Refusal> {
    let mut write = app.store.write_to(&workspace, providers::names()).await?;
    write.remove_folder(&workspace, &name).await?;
    write.commit().await?;
    Ok(NoContent)
}
