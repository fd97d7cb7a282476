//! Creates workspaces while the emulator runs, from a fixture, the generator or another workspace, with new keys.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::clock::{Micros, read_rfc3339};
use crate::contract::provider::Provider;
use crate::emulator::app::App;
use crate::emulator::due_assets;
use crate::emulator::listed;
use crate::emulator::load_fixtures;
use crate::library::asset::Asset;
use crate::library::fixture::{self, Fixture, FixtureError, Generator, GeneratorConfig};
use crate::library::model::Choices;
use crate::library::model::Status;
use crate::library::selection::Filter;
use crate::library::size;
use crate::library::store::{StoreError, Write};
use crate::library::uploads::UploadSettings;
use crate::library::workspace::{Key, Workspace};
use crate::providers;
use crate::random::{ALPHANUMERIC, random_id};

/// The source of a new workspace's contents.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A built-in fixture.
    BuiltIn(String),
    /// A fixture in the request.
    Inline(Box<RawValue>),
    /// Assets from the generator.
    Generated(GeneratorConfig),
    /// The current contents of the workspace with this id.
    CopyOf(String),
}

/// A request to create a workspace.
#[derive(Debug, Clone)]
pub struct WorkspaceRequest {
    /// Its id; a random one if left out.
    pub id: Option<String>,
    /// Its name; the id if left out.
    pub name: Option<String>,
    /// What it is made from.
    pub from: Origin,
    /// The id of the workspace to take from a fixture that has several.
    pub which: Option<String>,
    /// Variants of the vendors' behaviour that are added to those of the source, or replace them.
    pub variants: Choices,
    /// What becomes of its uploads; as in the source if left out.
    pub uploads: Option<UploadSettings>,
}

/// Why a workspace was not created.
#[derive(Debug)]
pub enum MakeError {
    /// There is no built-in fixture of this name.
    NoSuchFixture(String),
    /// The fixture in the request is invalid.
    Fixture(FixtureError),
    /// The request does not pick exactly one workspace of the fixture. Holds the ids of all of them.
    Which(Vec<String>),
    /// The fixture in the request is too large.
    TooLarge,
    /// The limit of workspaces is reached. Holds the limit.
    TooMany(u64),
    /// The library failed.
    Store(StoreError),
}

impl From<StoreError> for MakeError {
    fn from(error: StoreError) -> MakeError {
        MakeError::Store(error)
    }
}

/// The default creation time of the newest generated asset.
pub const UNTIL: &str = "2026-06-01T00:00:00Z";

/// [`UNTIL`] as an instant.
pub fn until() -> Micros {
    read_rfc3339(UNTIL).expect("the constant is RFC 3339")
}

/// Limits the generator to these kinds and statuses, and to assets that the provider `listed_by` lists. Fails with the
/// field and the reason if a name is unknown or no asset could pass.
pub fn narrowed(
    spec: GeneratorConfig,
    (kinds, statuses, listed_by): (&[String], &[Status], Option<&str>),
) -> Result<GeneratorConfig, (&'static str, String)> {
    let mut filters = Vec::new();
    if !kinds.is_empty() {
        if let Some(unknown) = kinds.iter().find(|kind| !fixture::KINDS.contains(&&***kind)) {
            return Err(("kinds", format!("there is no kind `{unknown}`; there are {}", fixture::KINDS.join(", "))));
        }
        filters.push(Filter::KindIn(kinds.to_vec()));
    }
    if !statuses.is_empty() {
        filters.push(Filter::StatusIn(statuses.to_vec()));
    }
    if let Some(name) = listed_by {
        let unknown =
            || ("listed_by", format!("there is no provider `{name}`; there are {}", providers::names().join(", ")));
        let provider = providers::named(name).ok_or_else(unknown)?;
        filters.extend(listed::filters(provider, Generator::workspace("ws_generated").first_user()));
    }
    let spec = spec.narrow(filters);
    if spec.kinds().is_empty() || spec.statuses().is_empty() {
        return Err(("listed_by", format!("`{}` lists no such assets", listed_by.unwrap_or_default())));
    }
    Ok(spec)
}

/// Creates a workspace with a live key for every provider. Keys in an inline fixture are used, and providers without a
/// live one get a new key. The keys of a built-in fixture are not used, since they belong to the workspace that the
/// server loaded from it at the start.
pub async fn make(app: &App, new: WorkspaceRequest) -> Result<Workspace, MakeError> {
    if let Origin::CopyOf(other) = &new.from {
        due_assets::settle(app, other).await;
    }
    let write = app.store.write(providers::names()).await?;
    let (mut write, mut workspace, collection) =
        find_or_add_collection(app, write, &new.from, new.which.as_deref()).await?;
    let id = match new.id {
        Some(id) => id,
        None => fresh_id(app, &mut write).await?,
    };
    workspace.name = Some(new.name.unwrap_or_else(|| id.clone()));
    workspace.id = id;
    workspace.variants.extend(new.variants);
    workspace.uploads = new.uploads.unwrap_or(workspace.uploads);
    if !matches!(new.from, Origin::Inline(_)) {
        workspace.keys.clear();
    }
    let now = app.clock.now();
    let live = |key: &Key| !key.revoked && key.expires_at.is_none_or(|end| end.0 > now);
    let has_key = |provider: &str| workspace.keys.iter().any(|key| key.provider == provider && live(key));
    let without: Vec<_> = providers::ALL.iter().copied().filter(|provider| !has_key(provider.card().name)).collect();
    workspace.keys.extend(fresh_keys(app, &mut write, &without).await?);
    write.add_workspace(&workspace, collection).await?;
    // A request in progress while a workspace of this id was removed may have created its state again.
    app.forget(&workspace.id, &[]);
    write.commit().await?;
    Ok(workspace)
}

async fn is_full(app: &App, write: &mut Write) -> Result<bool, StoreError> {
    Ok(write.workspaces().await? >= app.settings.max_workspaces)
}

/// A random id that no workspace has. With a seed and a database file, the ids of an earlier run are drawn again, so an
/// id can be in use.
async fn fresh_id(app: &App, write: &mut Write) -> Result<String, StoreError> {
    loop {
        let id = random_id("ws_", app.rng.next_u128(), 12, ALPHANUMERIC);
        if !write.has_workspace(&id).await? {
            return Ok(id);
        }
    }
}

/// New keys that are not in use, one for each of these providers.
pub async fn fresh_keys(app: &App, write: &mut Write, providers: &[&dyn Provider]) -> Result<Vec<Key>, StoreError> {
    let new_key = |provider: &&dyn Provider| {
        let text = provider.new_key(std::array::from_fn(|_| app.rng.next_u128()));
        Key::new(provider.card().name, text)
    };
    loop {
        let keys: Vec<_> = providers.iter().map(new_key).collect();
        if !write.has_any_of(&keys).await? {
            return Ok(keys);
        }
    }
}

/// Creates a workspace for an unknown key, with the contents that the first workspace had at the start. If another
/// request has just done so for the same key, nothing is left to do. At the limit of workspaces the key stays unknown.
pub async fn create_for_unknown_key(app: &App, provider: &dyn Provider, text: &str) -> Result<(), StoreError> {
    let name = provider.card().name;
    let mut write = app.store.write(providers::names()).await?;
    if is_full(app, &mut write).await? {
        tracing::warn!("a new key got no workspace: there are {} (`--max-workspaces`)", app.settings.max_workspaces);
        return Ok(());
    }
    let (mut workspace, collection) = write.first_origin().await?;
    workspace.id = fresh_id(app, &mut write).await?;
    workspace.name = None;
    workspace.keys = vec![Key::new(name, text.to_owned())];
    match write.add_workspace(&workspace, collection).await {
        Ok(()) => write.commit().await,
        Err(StoreError::Taken { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Finds the collection of assets for a source: one that was made from the same source before, or a new one. Adding a
/// large collection is split into several transactions, so that other writers do not wait; so the limit of workspaces
/// is checked before and after it.
async fn find_or_add_collection(
    app: &App,
    mut write: Write,
    from: &Origin,
    which: Option<&str>,
) -> Result<(Write, Workspace, i64), MakeError> {
    let require_room = |is_full| if is_full { Err(MakeError::TooMany(app.settings.max_workspaces)) } else { Ok(()) };
    require_room(is_full(app, &mut write).await?)?;
    if let Origin::CopyOf(other) = from {
        let (workspace, collection) = write.shared(other).await?;
        return Ok((write, workspace, collection));
    }
    let source = source_text(from, which);
    if let Some(template) = write.template(&source).await? {
        return Ok((write, template.content, template.collection));
    }
    // Ends the transaction, so that other writers do not wait while the fixture is read. Another request may make the
    // same collection meanwhile; so it is looked up again below.
    drop(write);
    let (workspace, assets): (Workspace, Box<dyn Iterator<Item = Asset> + Send>) = match from {
        Origin::Generated(spec) => (Generator::workspace("ws_generated"), Box::new(Generator::new(spec.clone()))),
        other => {
            let mut workspace = choose_workspace(read_fixture(other)?, which)?;
            if [workspace.users.len(), workspace.projects.len(), workspace.folders.len()]
                .iter()
                .any(|n| *n > size::MAX_PLACES)
            {
                return Err(MakeError::TooLarge);
            }
            let assets = std::mem::take(&mut workspace.assets);
            (workspace, Box::new(assets.into_iter()))
        }
    };
    let mut write = app.store.write(providers::names()).await?;
    if let Some(template) = write.template(&source).await? {
        return Ok((write, template.content, template.collection));
    }
    let (mut write, collection) =
        write.add_collection(&workspace, load_fixtures::identified(&workspace, assets)).await?;
    require_room(is_full(app, &mut write).await?)?;
    write.remember(&source, &workspace, collection).await?;
    Ok((write, workspace, collection))
}

/// A text that is equal for equal sources.
fn source_text(from: &Origin, which: Option<&str>) -> String {
    let from: Cow<'_, str> = match from {
        Origin::BuiltIn(name) => Cow::Owned(format!("built-in {name}")),
        Origin::Inline(text) => Cow::Borrowed(text.get()),
        Origin::Generated(spec) => Cow::Owned(format!("generated {spec:?}")),
        Origin::CopyOf(id) => Cow::Owned(format!("copy {id}")),
    };
    format!("{} {from}", which.unwrap_or_default())
}

fn read_fixture(from: &Origin) -> Result<Fixture, MakeError> {
    let (source, text) = match from {
        Origin::BuiltIn(name) => {
            (&**name, load_fixtures::built_in(name).ok_or_else(|| MakeError::NoSuchFixture(name.clone()))?)
        }
        Origin::Inline(text) if !size::is_readable(text.get()) => return Err(MakeError::TooLarge),
        Origin::Inline(text) => ("fixture", text.get()),
        Origin::Generated(_) | Origin::CopyOf(_) => unreachable!("the caller reads only fixtures"),
    };
    let mut taken = fixture::UsedIds::default();
    size::parse_aside(text.len(), || fixture::read(source, text, providers::known_names(), &mut taken))
        .map_err(MakeError::Fixture)
}

fn choose_workspace(fixture: Fixture, which: Option<&str>) -> Result<Workspace, MakeError> {
    let ids: Vec<_> = fixture.workspaces.iter().map(|workspace| workspace.id.clone()).collect();
    let mut fitting = fixture.workspaces.into_iter().filter(|workspace| which.is_none_or(|id| id == workspace.id));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(MakeError::Which(ids)),
    }
}
