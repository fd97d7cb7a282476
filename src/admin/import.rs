//! The route that imports assets from a vendor's JSON: the body of a list response of the real service.

use std::collections::BTreeSet;
use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::post_with;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::answer::{Created, Json, Path, Refusal};
use super::assets::{check, completed};
use super::workspaces;
use crate::emulator::app::App;
use crate::library::asset::Asset;
use crate::library::model::Visibility;
use crate::library::size;
use crate::library::workspace::{Folder, Project, User, Workspace};
use crate::providers;

/// The routes.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new().api_route(
        "/_emulator/workspaces/{workspace}/import/{provider}",
        post_with(import, |op| {
            op.id("import_assets").summary("Import what the real service answered")
                .description(
                    "The body is the whole answer of the vendor's list route. The same provider gives the same objects back, \
                     byte for byte. Users, projects and folders that they name are made; if some are private, the workspace's \
                     keys of this provider act as their owner from now on, whose list it was.",
                )
                .tag("Assets")
        }),
    )
}

#[derive(Deserialize, JsonSchema)]
struct ImportPath {
    /// The workspace's id.
    workspace: String,
    /// The provider whose response it is.
    provider: String,
}

/// The body of the vendor's list response.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("minProperties" = 1))]
struct ListResponse(#[schemars(with = "serde_json::Map<String, serde_json::Value>")] Box<RawValue>);

#[derive(Serialize, JsonSchema)]
struct ImportResult {
    /// How many assets were imported.
    imported: usize,
    /// The user that the workspace's keys for this provider act as from now on, if the list had private assets.
    acts_as: Option<String>,
}

async fn import(
    State(app): State<Arc<App>>,
    Path(ImportPath { workspace, provider: name }): Path<ImportPath>,
    Json(ListResponse(body)): Json<ListResponse>,
) -> Result<Created<ImportResult>, Refusal> {
    let card = workspaces::provider(&name)?.card();
    let assets = size::parse_aside(body.get().len(), || (card.asset_list().import)(card.name, body.get()))
        .map_err(|why| Refusal::invalid(if why.at.is_empty() { "body".to_owned() } else { why.at }, why.message))?;
    let imported = assets.len();
    let private = |asset: &&Asset| asset.visibility == Visibility::Private;
    let acts_as = assets.iter().filter(private).find_map(|asset| asset.uploader.clone());
    let mut write = app.store.write_to(&workspace, providers::names()).await?;
    let around = write.workspace_without_assets(&workspace).await?;
    let lacking = MissingPlaces::of(&assets, &around)?;
    write.add_places(&workspace, &lacking.users, &lacking.projects, &lacking.folders).await?;
    let around = check(Workspace { assets, ..write.workspace_without_assets(&workspace).await? }, "")?;
    let assets = completed(&app, &mut write, around).await?;
    write.add_assets(&workspace, assets).await?;
    if let Some(user) = &acts_as {
        write.let_keys_act_as(&workspace, &name, user).await?;
    }
    write.commit().await?;
    Ok(Created(ImportResult { imported, acts_as }))
}

/// The users, projects and folders that assets refer to and a workspace does not have.
struct MissingPlaces {
    users: Vec<User>,
    projects: Vec<Project>,
    folders: Vec<Folder>,
}

impl MissingPlaces {
    fn of(assets: &[Asset], around: &Workspace) -> Result<MissingPlaces, Refusal> {
        let named = |what: fn(&Asset) -> &Option<String>| -> BTreeSet<String> {
            assets.iter().filter_map(|asset| what(asset).clone()).collect()
        };
        let mut folders = named(|asset| &asset.folder);
        if let Some(folder) = around.folders.iter().find(|folder| folder.trashed && folders.contains(&folder.id)) {
            let message = format!(
                "the folder `{}` is in the trash here, which would hide its assets; take it out first",
                folder.id
            );
            return Err(Refusal::invalid("folder", message));
        }
        let mut projects = named(|asset| &asset.project);
        let mut users = named(|asset| &asset.uploader);
        for known in &around.users {
            users.remove(&known.name);
        }
        for known in &around.projects {
            projects.remove(&known.id);
        }
        for known in &around.folders {
            folders.remove(&known.id);
        }
        Ok(MissingPlaces {
            users: users.into_iter().map(User::new).collect(),
            projects: projects.into_iter().map(|id| Project::new(&id, &id)).collect(),
            folders: folders.into_iter().map(|id| Folder::new(&id, &id)).collect(),
        })
    }
}
