//! Routes for workspaces. A test can create its own in milliseconds, with its own keys, and remove it afterwards.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::NoContent;
use futures_util::{StreamExt, TryStreamExt, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::answer::{BODY, Created, Json, Path, Refusal};
use super::json_stream::JsonStream;
use crate::contract::choices::{self};
use crate::contract::provider::{Card, Provider};
use crate::emulator::app::App;
use crate::emulator::listed::{self, CountedWorkspace};
use crate::emulator::workspace::{self, Origin, WorkspaceRequest, until};
use crate::http::origin::origin;
use crate::library::fixture::{self, GeneratorConfig};
use crate::library::model::Choices;
use crate::library::model::Instant;
use crate::library::model::Status;
use crate::library::store::{StoreError, Summary};
use crate::library::strict_object;
use crate::library::uploads::UploadSettings;
use crate::providers;
use crate::providers::directory::base_url;

/// The tag of routes on workspaces in the OpenAPI document.
pub const TAG: &str = "Workspaces";

/// The routes.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/_emulator/workspaces",
            post_with(make, |op| op.id("create_workspace").summary("Make a workspace").tag(TAG))
                .get_with(list, |op| op.id("list_workspaces").summary("List the workspaces").tag(TAG)),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}",
            get_with(read, |op| op.id("get_workspace").summary("Read a workspace").tag(TAG))
                .patch_with(change, |op| op.id("update_workspace").summary("Change a workspace").tag(TAG))
                .delete_with(remove, |op| {
                    op.id("delete_workspace").summary("Remove a workspace and all that is its own").tag(TAG)
                }),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}/reset",
            post_with(reset, |op| {
                op.id("reset_workspace").summary("Put a workspace back to what it was made from").tag(TAG)
            }),
        )
}

/// The workspace in the path.
#[derive(Deserialize, JsonSchema)]
pub struct WorkspacePath {
    /// Its id.
    pub workspace: String,
}

/// A new workspace. It is empty without `fixture`, `generate` and `copy`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateWorkspace {
    /// Its id: `ws_` and at least one more character, without white space, such as `ws_mine`; random if left out.
    #[serde(default)]
    #[schemars(regex(pattern = r"^ws_\S+$"))]
    id: Option<String>,
    /// Its display name; the id if left out.
    #[serde(default)]
    name: Option<String>,
    /// The built-in fixture `demo`, `docs` or `empty`, or a fixture as JSON.
    #[serde(default)]
    #[schemars(with = "Option<FixtureOrName>")]
    fixture: Option<Box<RawValue>>,
    /// The id of the workspace in the fixture; required only if the fixture has several.
    #[serde(default)]
    workspace: Option<String>,
    /// Generate assets.
    #[serde(default, deserialize_with = "strict_object::read_some")]
    generate: Option<GenerateAssets>,
    /// Copy the current contents of the workspace with this id.
    #[serde(default)]
    copy: Option<String>,
    /// Whether a warning makes the emulator exit with an error: see `--fail-on-warnings`.
    #[serde(default)]
    strict: bool,
    /// Variants of the vendors' behaviour: options by the name of the variant, such as `flora.content_type`.
    #[serde(default)]
    variants: Choices,
    /// What becomes of uploads; as in the fixture or the copied workspace if left out.
    #[serde(default, deserialize_with = "strict_object::read_some")]
    uploads: Option<UploadSettings>,
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used: the text is read as a fixture, which says where it is wrong")]
enum FixtureOrName {
    Name(String),
    Fixture(fixture::Fixture),
}

/// What to generate.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GenerateAssets {
    /// How many assets.
    #[schemars(range(max = 1_000_000))]
    count: u64,
    /// The same seed gives the same assets.
    #[serde(default = "one")]
    seed: u64,
    /// The latest creation time of an asset.
    #[serde(default)]
    until: Option<Instant>,
    /// Only assets of these kinds: `image`, `video`, `audio`, `document`, `other`; any if left out.
    #[serde(default)]
    kinds: Vec<String>,
    /// Only assets with these statuses; any if left out.
    #[serde(default)]
    statuses: Vec<Status>,
    /// Only assets that this provider lists by default.
    #[serde(default)]
    listed_by: Option<String>,
}

fn one() -> u64 {
    1
}

/// The most assets that one request can generate.
const MAX_GENERATED: u64 = 1_000_000;

/// A workspace.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Workspace")]
struct WorkspaceView {
    id: String,
    name: String,
    /// A live key for each provider that has one.
    keys: BTreeMap<String, String>,
    /// For each provider, the base URL to configure in a client in place of the vendor's.
    base_urls: BTreeMap<&'static str, String>,
    /// The number of its assets.
    assets: i64,
    /// How many of them each provider lists for a request without parameters.
    listed: BTreeMap<&'static str, u64>,
    /// Whether a warning makes the emulator exit with an error.
    strict: bool,
    /// The variants of the vendors' behaviour that are not the default: options by the name of the variant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    variants: BTreeMap<String, &'static str>,
    /// What becomes of uploads, if that was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    uploads: Option<UploadSettings>,
}

#[derive(Serialize, JsonSchema)]
struct WorkspaceList {
    workspaces: Vec<WorkspaceSummary>,
}

#[derive(Serialize, JsonSchema)]
struct WorkspaceSummary {
    id: String,
    name: String,
    /// The number of its assets.
    assets: i64,
    /// How many of them each provider lists for a request without parameters.
    listed: BTreeMap<&'static str, u64>,
}

/// Changes to a workspace.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
struct WorkspacePatch {
    /// Whether a warning makes the emulator exit with an error.
    #[serde(default)]
    strict: Option<bool>,
    /// Variants of the vendors' behaviour: options by the name of the variant, such as `flora.content_type`. Variants
    /// that are not named stay. Null restores the option that the server was started with.
    #[serde(default)]
    variants: BTreeMap<String, Option<String>>,
    /// What becomes of uploads. It replaces all that was set; null restores the default.
    #[serde(default, deserialize_with = "read_given")]
    #[schemars(with = "Option<UploadSettings>")]
    uploads: Option<Option<UploadSettings>>,
}

/// Reads a field that was given, which can be null.
fn read_given<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Option<UploadSettings>>, D::Error> {
    strict_object::read_some(json).map(Some)
}

impl CreateWorkspace {
    fn origin(&self) -> Result<Origin, Refusal> {
        if self.fixture.is_none() && self.workspace.is_some() {
            let message = "`workspace` chooses from a `fixture`, and there is none; `id` names the new workspace";
            return Err(Refusal::invalid("workspace", message));
        }
        match (&self.fixture, &self.generate, &self.copy) {
            (None, None, None) => Ok(Origin::BuiltIn("empty".to_owned())),
            (Some(fixture), None, None) => Ok(match serde_json::from_str(fixture.get()) {
                Ok(name) => Origin::BuiltIn(name),
                Err(_) => Origin::Inline(fixture.clone()),
            }),
            (None, Some(GenerateAssets { count, .. }), None) if *count > MAX_GENERATED => Err(Refusal::invalid(
                "generate.count",
                format!("{count} is more than {MAX_GENERATED}; `assetmock generate` makes more"),
            )),
            (None, Some(generate), None) => Ok(Origin::Generated(generate.spec()?)),
            (None, None, Some(id)) => Ok(Origin::CopyOf(id.clone())),
            _ => Err(Refusal::invalid("body", "send one of `fixture`, `generate` and `copy`")),
        }
    }
}

impl GenerateAssets {
    fn spec(&self) -> Result<GeneratorConfig, Refusal> {
        let newest = self.until.map_or_else(until, |at| at.0);
        let spec = GeneratorConfig::new(self.count, self.seed, newest);
        let which = (&*self.kinds, &*self.statuses, self.listed_by.as_deref());
        workspace::narrowed(spec, which).map_err(|(field, why)| Refusal::invalid(format!("generate.{field}"), why))
    }
}

async fn make(
    State(app): State<Arc<App>>,
    parts: Parts,
    Json(wanted): Json<CreateWorkspace>,
) -> Result<Created<WorkspaceView>, Refusal> {
    Refusal::unless_short("id", wanted.id.as_deref().unwrap_or_default())?;
    Refusal::unless_short("name", wanted.name.as_deref().unwrap_or_default())?;
    if let Some(id) = wanted.id.as_deref().filter(|id| !fixture::is_workspace_id(id)) {
        return Err(Refusal::invalid("id", fixture::not_a_workspace_id(id)));
    }
    known_variants(wanted.variants.iter().map(|(name, option)| (name, Some(option))))?;
    wanted.uploads.as_ref().map_or(Ok(()), consistent)?;
    let from = wanted.origin()?;
    let CreateWorkspace { id, name, workspace: which, variants, uploads, .. } = wanted;
    let made = workspace::make(&app, WorkspaceRequest { id, name, from, which, variants, uploads }).await?;
    app.workspace_states.get_or_create(&made.id).make(wanted.strict);
    Ok(Created(shown(&app, &parts, &made.id).await?))
}

/// Counting takes a while for each workspace, so they are read one by one while the response is sent. Workspaces that
/// are removed meanwhile are left out.
async fn list(State(app): State<Arc<App>>) -> Result<JsonStream<WorkspaceList>, Refusal> {
    let all = stream::iter(app.store.workspaces(None).await?);
    let counted = all.then(move |Summary { id, .. }| {
        let app = app.clone();
        async move { listed::read(&app, &id).await }
    });
    let still_there = counted.filter(|read| ready(!matches!(read, Err(StoreError::Missing(_)))));
    let shown = still_there.map_ok(|CountedWorkspace { summary: Summary { id, name, assets, .. }, counts, .. }| {
        WorkspaceSummary { id, name, assets, listed: counts }
    });
    Ok(JsonStream::read(&WorkspaceList { workspaces: Vec::new() }, shown))
}

async fn read(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
    parts: Parts,
) -> Result<Json<WorkspaceView>, Refusal> {
    Ok(Json(shown(&app, &parts, &workspace).await?))
}

async fn change(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
    parts: Parts,
    Json(change): Json<WorkspacePatch>,
) -> Result<Json<WorkspaceView>, Refusal> {
    existing(&app, &workspace).await?;
    if change.strict.is_none() && change.variants.is_empty() && change.uploads.is_none() {
        return Err(Refusal::invalid(BODY, "send `strict`, `variants` or `uploads`"));
    }
    known_variants(change.variants.iter().map(|(name, option)| (name, option.as_ref())))?;
    change.uploads.iter().flatten().try_for_each(consistent)?;
    if !change.variants.is_empty() || change.uploads.is_some() {
        let mut write = app.store.write(providers::names()).await?;
        write.change_variants(&workspace, &change.variants).await?;
        if let Some(uploads) = change.uploads {
            write.set_uploads(&workspace, &uploads.unwrap_or_default()).await?;
        }
        write.commit().await?;
    }
    if let Some(strict) = change.strict {
        app.workspace_states.get_or_create(&workspace).set_strict(strict);
    }
    Ok(Json(shown(&app, &parts, &workspace).await?))
}

/// Checks that the variants and their options exist. `None` as the option stands for the server's.
fn known_variants<'c>(named: impl Iterator<Item = (&'c String, Option<&'c String>)>) -> Result<(), Refusal> {
    let cards = providers::cards();
    for (name, option) in named {
        let option = option.map(String::as_str);
        if let Some(message) = choices::problem(&cards, name, option) {
            return Err(Refusal::invalid(format!("variants.{name}"), message));
        }
    }
    Ok(())
}

/// Checks that the settings for uploads do not contradict each other.
fn consistent(uploads: &UploadSettings) -> Result<(), Refusal> {
    Refusal::unless_short("uploads.message", uploads.message.as_deref().unwrap_or_default())?;
    let problem = uploads.problem();
    problem.map_or(Ok(()), |(field, message)| Err(Refusal::invalid(format!("uploads.{field}"), message)))
}

async fn remove(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
) -> Result<NoContent, Refusal> {
    let mut write = app.store.write(providers::names()).await?;
    let keys = write.key_numbers(&workspace).await?;
    write.remove_workspace(&workspace).await?;
    write.commit().await?;
    app.forget(&workspace, &keys);
    Ok(NoContent)
}

async fn reset(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
    parts: Parts,
) -> Result<Json<WorkspaceView>, Refusal> {
    let mut write = app.store.write(providers::names()).await?;
    let keys = write.key_numbers(&workspace).await?;
    write.reset_workspace(&workspace).await?;
    write.commit().await?;
    let strict = app.workspace_states.get_or_create(&workspace).made_strict.load(Relaxed);
    app.forget(&workspace, &keys);
    app.workspace_states.get_or_create(&workspace).make(strict);
    Ok(Json(shown(&app, &parts, &workspace).await?))
}

/// The provider with this name, or an error.
pub fn provider(name: &str) -> Result<&'static dyn Provider, Refusal> {
    let known = || format!("there is no provider `{name}`; there are {}", providers::names().join(", "));
    providers::named(name).ok_or_else(|| Refusal::invalid("provider", known()))
}

/// The workspace with this id, or an error.
pub async fn existing(app: &App, id: &str) -> Result<Summary, Refusal> {
    let found = app.store.workspaces(Some(id)).await?.pop();
    Ok(found.ok_or_else(|| StoreError::missing("workspace", id))?)
}

async fn shown(app: &App, parts: &Parts, id: &str) -> Result<WorkspaceView, Refusal> {
    let CountedWorkspace { summary: Summary { id, name, assets, choices, uploads }, keys, counts: listed } =
        listed::read(app, id).await?;
    let keys = keys.into_iter().map(|(provider, key)| (provider, key.key.to_string())).collect();
    let origin = origin(parts);
    let base_urls = providers::ALL.iter().map(|provider| provider.card());
    let base_urls = base_urls.map(|card| (card.name, base_url(&origin, card))).collect();
    let strict = app.workspace_states.get_or_create(&id).strict.load(Relaxed);
    let changed = |card: &'static Card| choices::changed(app.cache.variants(card, &choices), card);
    let variants = providers::cards().into_iter().flat_map(changed).collect();
    let uploads = Some(uploads).filter(|set| *set != UploadSettings::default());
    Ok(WorkspaceView { id, name, keys, base_urls, assets, listed, strict, variants, uploads })
}
