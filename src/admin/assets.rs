//! Routes for the assets of a workspace, in the format of fixtures.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::extract::State;
use axum::response::NoContent;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::answer::{BODY, Created, Json, Path, Refusal, RemovedCount};
use super::merge::{self, Patch, merged};
use super::strict_query::StrictQuery;
use super::workspaces::{WorkspacePath, existing};
use crate::emulator::app::App;
use crate::emulator::load_fixtures;
use crate::library::asset::Asset;
use crate::library::fixture::{self, Fixture, Problem};
use crate::library::model::Instant;
use crate::library::size;
use crate::library::store::{NewAsset, StoreError, Write};
use crate::library::workspace::Workspace;
use crate::providers;
use crate::random::Rng;

const ASSETS: &str = "Assets";

/// The routes.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/_emulator/workspaces/{workspace}/assets",
            get_with(list, |op| {
                op.id("list_assets").summary("List a workspace's assets in order of insertion").tag(ASSETS)
            })
            .post_with(add, |op| op.id("create_assets").summary("Add assets: all of them or none").tag(ASSETS))
            .delete_with(remove_many, |op| {
                op.id("delete_assets").summary("Remove assets: all of them or none").tag(ASSETS)
            }),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}/assets/{asset}",
            get_with(read, |op| op.id("get_asset").summary("Read an asset").tag(ASSETS))
                .patch_with(change, |op| op.id("update_asset").summary("Change an asset").tag(ASSETS))
                .delete_with(remove, |op| op.id("delete_asset").summary("Remove an asset").tag(ASSETS)),
        )
}

#[derive(Deserialize, JsonSchema)]
struct AssetPath {
    /// The workspace's id.
    workspace: String,
    /// The asset's public id at any provider.
    asset: String,
}

/// Which part of the list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AssetsQuery {
    /// The most assets to return, up to 1000. There may be fewer if they are large.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
    /// The `next` of the previous part: only assets after the one with this id.
    after: Option<String>,
}

fn hundred() -> u32 {
    100
}

/// Assets, in order of insertion.
#[derive(Serialize, JsonSchema)]
struct AssetPage {
    assets: Vec<AssetView>,
    /// The `after` of the next part: a public id of the last asset here; null at the end.
    next: Option<String>,
}

/// An asset in a response: fields that a fixture may leave out have the values that follow from the others.
#[derive(Serialize)]
#[serde(transparent)]
struct AssetView(Asset);

impl JsonSchema for AssetView {
    fn schema_name() -> Cow<'static, str> {
        "Asset".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Asset::json_schema(generator);
        schema.insert("required".to_owned(), json!(["created_at", "ids", "kind", "updated_at"]));
        schema
    }
}

/// The schema of a new asset, in which no field is required.
struct NewAssetSchema;

impl JsonSchema for NewAssetSchema {
    fn schema_name() -> Cow<'static, str> {
        "CreateAsset".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Asset::json_schema(generator);
        schema.remove("required");
        schema
    }
}

/// Assets to add. If several have the same creation time, later ones count as newer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateAssets {
    /// The assets. `created_at` is the current time of the workspace's clock if left out.
    #[serde(deserialize_with = "size::read_list")]
    #[schemars(with = "Vec<NewAssetSchema>", length(min = 1, max = size::MAX_ADDED_ASSETS))]
    assets: Vec<BTreeMap<String, Box<RawValue>>>,
}

/// Which assets to remove.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeleteAssets {
    /// Their public ids at any provider, up to 1000, separated by commas.
    ids: Option<String>,
    /// Remove every asset of the workspace.
    #[serde(default)]
    all: bool,
}

/// The most ids in one request to remove assets.
const MAX_REMOVED: usize = 1000;

async fn list(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
    StrictQuery(AssetsQuery { limit, after }): StrictQuery<AssetsQuery>,
) -> Result<Json<AssetPage>, Refusal> {
    if !(1..=1000).contains(&limit) {
        return Err(Refusal::invalid("limit", "`limit` is a number from 1 to 1000"));
    }
    let (assets, more) = app.store.assets(&workspace, after.as_deref(), limit, &providers::names()).await?;
    let last = assets.last().filter(|_| more);
    let next = last.and_then(|asset| asset.ids.values().next().cloned());
    Ok(Json(AssetPage { assets: assets.into_iter().map(AssetView).collect(), next }))
}

async fn add(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
    Json(CreateAssets { assets }): Json<CreateAssets>,
) -> Result<Created<AssetPage>, Refusal> {
    if assets.is_empty() {
        return Err(Refusal::invalid("assets", "send at least one asset"));
    }
    // `get_or_create` would create state for a workspace that does not exist.
    existing(&app, &workspace).await?;
    let now = app.workspace_states.get_or_create(&workspace).now(&app.clock);
    let assets = assets.into_iter().enumerate().map(|(index, fields)| {
        with_creation_time(fields, now).map_err(|refusal| within_field(refusal, &format!("assets[{index}]")))
    });
    let assets = assets.collect::<Result<Vec<Asset>, Refusal>>()?;
    let mut write = app.store.write_to(&workspace, providers::names()).await?;
    let around = write.workspace_without_assets(&workspace).await?;
    let around = check(Workspace { assets, ..around }, "")?;
    let new = completed(&app, &mut write, around).await?;
    let shown = new.iter().cloned().map(|asset| AssetView(written_out(asset))).collect();
    write.add_assets(&workspace, new).await?;
    write.commit().await?;
    Ok(Created(AssetPage { assets: shown, next: None }))
}

fn with_creation_time(mut fields: BTreeMap<String, Box<RawValue>>, now: i64) -> Result<Asset, Refusal> {
    fields.entry("created_at".to_owned()).or_insert_with(|| to_raw_value(&Instant(now)).expect("an instant is JSON"));
    merge::read(&fields)
}

fn within_field(refusal: Refusal, within: &str) -> Refusal {
    let at = refusal.at.as_deref().filter(|at| *at != BODY).map(|at| format!("{within}.{at}"));
    refusal.at(at.unwrap_or_else(|| within.to_owned()))
}

/// Fills in the uploaders and public ids of the new assets in `around`. Unlike in a fixture, ids are random, so adding
/// the same asset twice makes two assets. With `--seed`, random ids can be in use already, because the sequence of a
/// workspace starts again after a copy, a snapshot or a restart; then new ones are drawn. Fails if an id in the request
/// is in use.
pub async fn completed(app: &App, write: &mut Write, around: Workspace) -> Result<Vec<NewAsset>, StoreError> {
    // Each attempt uses one seed of this sequence, so retries do not change the workspace's own sequence.
    let rng = Rng::seeded(app.workspace_states.get_or_create(&around.id).rng.next_u64());
    loop {
        let new = with_ids(&around, rng.next_u64());
        let given = |(provider, id): &(&str, String)| new.iter().any(|(asset, _)| asset.ids.get(*provider) == Some(id));
        match write.taken(&around.id, &new).await? {
            None => return Ok(new),
            Some(taken) if given(&taken) => return Err(StoreError::Taken { what: "asset", id: taken.1 }),
            Some(_) => {}
        }
    }
}

fn with_ids(around: &Workspace, seed: u64) -> Vec<NewAsset> {
    load_fixtures::identified_by(around, around.assets.iter().cloned(), seed).collect()
}

/// The asset as responses show it.
fn written_out((asset, ids): NewAsset) -> Asset {
    asset.completed(providers::names().into_iter().map(str::to_owned).zip(ids).collect())
}

/// The asset without the values that follow from its other fields, so that they follow from the changed fields.
fn without_derived_values(asset: Asset) -> Asset {
    let follows = Asset { kind: None, ..asset.clone() }.kind() == asset.kind();
    Asset {
        kind: asset.kind.filter(|_| !follows),
        updated_at: asset.updated_at.filter(|at| *at != asset.created_at),
        imported_from: None, // The imported JSON would not show the change.
        ..asset
    }
}

/// Checks a workspace like a fixture, for example that its assets refer to existing users and folders. `strip` is
/// removed from the beginning of the path in an error.
pub fn check(workspace: Workspace, strip: &str) -> Result<Workspace, Refusal> {
    let mut fixture = Fixture { schema: None, workspaces: vec![workspace], files: Vec::new() };
    fixture::check(&fixture, providers::known_names(), &mut fixture::UsedIds::default()).map_err(
        |Problem { path, message }| {
            let path = path.strip_prefix("workspaces[0].").unwrap_or(&path);
            Refusal::invalid(path.strip_prefix(strip).unwrap_or(path), message)
        },
    )?;
    Ok(fixture.workspaces.remove(0))
}

async fn read(
    State(app): State<Arc<App>>,
    Path(AssetPath { workspace, asset }): Path<AssetPath>,
) -> Result<Json<AssetView>, Refusal> {
    Ok(Json(AssetView(app.store.asset(&workspace, &asset, &providers::names()).await?)))
}

async fn change(
    State(app): State<Arc<App>>,
    Path(AssetPath { workspace, asset: id }): Path<AssetPath>,
    Json(patch): Json<Patch<Asset>>,
) -> Result<Json<AssetView>, Refusal> {
    // A change discards what the asset was imported from, so it cannot be set here.
    patch.refuse(&["imported_from", "told"])?;
    let mut write = app.store.write_to(&workspace, providers::names()).await?;
    let around = write.workspace_without_assets(&workspace).await?;
    let workspace_state = app.workspace_states.get_or_create(&workspace);
    let mut shown = None;
    write
        .change_asset(&workspace, &id, |asset| {
            let (ids, was_public) = (asset.ids.clone(), asset.is_public);
            let mut asset = Asset { imported_from: None, ..merged(&without_derived_values(asset), &patch)? };
            if asset.is_public && !was_public && !patch.names("updated_at") {
                // Publishing changes `updated_at` at vendors too.
                asset.updated_at = Some(Instant(workspace_state.now(&app.clock).max(asset.created_at.0)));
            }
            if patch.names("status") && !patch.names("next_status") {
                asset.next_status = None; // A status that is set stays.
            }
            if !asset.ids.is_empty() {
                asset.ids = ids.into_iter().chain(asset.ids).collect();
            }
            let around = check(Workspace { assets: vec![asset], ..around }, "assets[0].")?;
            let changed = with_ids(&around, workspace_state.rng.next_u64()).remove(0);
            shown = Some(written_out(changed.clone()));
            Ok::<_, Refusal>(changed)
        })
        .await?;
    write.commit().await?;
    Ok(Json(AssetView(shown.ok_or_else(|| StoreError::missing("asset", &id))?)))
}

async fn remove(
    State(app): State<Arc<App>>,
    Path(AssetPath { workspace, asset }): Path<AssetPath>,
) -> Result<NoContent, Refusal> {
    let mut write = app.store.write_to(&workspace, providers::names()).await?;
    write.remove_assets(&workspace, &[asset]).await?;
    write.commit().await?;
    Ok(NoContent)
}

async fn remove_many(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
    StrictQuery(DeleteAssets { ids, all }): StrictQuery<DeleteAssets>,
) -> Result<Json<RemovedCount>, Refusal> {
    let (write, removed) = match (ids, all) {
        (Some(ids), false) => {
            let ids: Vec<_> = ids.split(',').map(|id| id.trim().to_owned()).collect();
            if ids.len() > MAX_REMOVED {
                return Err(Refusal::invalid(
                    "ids",
                    format!("these are more than {MAX_REMOVED} ids; send several requests"),
                ));
            }
            let mut write = app.store.write_to(&workspace, providers::names()).await?;
            write.remove_assets(&workspace, &ids).await?;
            (write, ids.len() as u64)
        }
        (None, true) => {
            let mut write = app.store.write(providers::names()).await?;
            let removed = write.remove_all_assets(&workspace).await?;
            (write, removed)
        }
        _ => return Err(Refusal::invalid("query", "say which: `?ids=ID,ID` or `?all=true`")),
    };
    write.commit().await?;
    Ok(Json(RemovedCount { removed }))
}
