//! Routes for the keys of a workspace: create, list, change and remove them.

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, patch_with};
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Created, Json, Path, Refusal};
use super::merge::{Patch, merged};
use super::strict_query::StrictQuery;
use super::workspaces::{WorkspacePath, existing, provider};
use crate::emulator::app::App;
use crate::emulator::workspace;
use crate::library::key::{self, KeyState};
use crate::library::limits::KeyLimits;
use crate::library::model::Instant;
use crate::library::store::StoreError;
use crate::library::workspace::{Key, Refresh, Workspace};
use crate::providers;

const TAG: &str = "Keys";

/// The routes.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/_emulator/workspaces/{workspace}/keys",
            get_with(list, |op| op.id("list_keys").summary("List a workspace's keys").tag(TAG))
                .post_with(make, |op| op.id("create_key").summary("Make a key").tag(TAG)),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}/keys/{key}",
            patch_with(change, |op| op.id("update_key").summary("Revoke, expire, narrow or limit a key").tag(TAG))
                .delete_with(remove, |op| op.id("delete_key").summary("Remove a key").tag(TAG)),
        )
}

#[derive(Deserialize, JsonSchema)]
struct KeyPath {
    /// The workspace's id.
    workspace: String,
    /// The key's text.
    key: String,
}

/// Which key, if two providers have keys with the same text.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KeyProvider {
    /// The provider of the key; required only if several have a key with this text.
    provider: Option<String>,
}

/// A new key.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateKey {
    /// The provider's name.
    provider: String,
    /// The text; random in the vendor's format if left out.
    #[serde(default)]
    key: Option<String>,
    /// The user that it acts as; the workspace's first one if left out.
    #[serde(default)]
    user: Option<String>,
    /// Its scopes; all if left out.
    #[serde(default)]
    scopes: Option<Vec<String>>,
    /// Whether it is revoked.
    #[serde(default)]
    revoked: bool,
    /// When it expires; never if left out.
    #[serde(default)]
    expires_at: Option<Instant>,
    /// Its rate limits.
    #[serde(default)]
    limits: KeyLimits,
    /// A token with which a client gets a new key; none if left out.
    #[serde(default)]
    refresh: Option<Refresh>,
}

/// A key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Key")]
struct KeyView {
    provider: String,
    key: String,
    user: String,
    /// Its scopes; null: all.
    scopes: Option<Vec<String>>,
    /// Its state, by the workspace's clock.
    state: KeyState,
    expires_at: Option<Instant>,
    limits: KeyLimits,
    /// The token with which a client gets a new key, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh: Option<Refresh>,
}

#[derive(Serialize, JsonSchema)]
struct KeyList {
    keys: Vec<KeyView>,
}

fn shown(key: key::Key, now: i64) -> KeyView {
    KeyView {
        state: key.state(now),
        provider: key.provider,
        key: key.key.to_string(),
        user: key.user,
        scopes: key.scopes,
        expires_at: key.expires_at.map(Instant),
        limits: key.limits,
        refresh: key.refresh,
    }
}

async fn list(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
) -> Result<Json<KeyList>, Refusal> {
    existing(&app, &workspace).await?;
    let now = app.workspace_states.get_or_create(&workspace).now(&app.clock);
    let keys = app.store.keys_of(&workspace).await?;
    Ok(Json(KeyList { keys: keys.into_iter().map(|key| shown(key, now)).collect() }))
}

async fn make(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
    Json(wanted): Json<CreateKey>,
) -> Result<Created<KeyView>, Refusal> {
    let CreateKey { provider: name, key, user, scopes, revoked, expires_at, limits, refresh } = wanted;
    let provider = provider(&name)?;
    let mut write = app.store.write(providers::names()).await?;
    let around = write.workspace_without_assets(&workspace).await?;
    let key = match key {
        Some(key) => key,
        None => workspace::fresh_keys(&app, &mut write, &[provider]).await?.remove(0).key,
    };
    let key = Key { provider: name.clone(), key, user, scopes, revoked, expires_at, limits, refresh };
    super::assets::check(Workspace { keys: vec![key.clone()], ..around }, "keys[0].")?;
    write.add_keys(&workspace, std::slice::from_ref(&key)).await?;
    write.commit().await?;
    Ok(Created(read(&app, &workspace, &name, &key.key).await?))
}

async fn change(
    State(app): State<Arc<App>>,
    Path(KeyPath { workspace, key: text }): Path<KeyPath>,
    StrictQuery(KeyProvider { provider }): StrictQuery<KeyProvider>,
    Json(patch): Json<Patch<Key>>,
) -> Result<Json<KeyView>, Refusal> {
    let provider = provider_of(&app, &workspace, &text, provider).await?;
    patch.refuse(&["provider", "key"])?;
    let mut write = app.store.write(providers::names()).await?;
    let around = write.workspace_without_assets(&workspace).await?;
    write
        .change_key(&workspace, &provider, &text, |key| {
            let key: Key = merged(&key, &patch)?;
            super::assets::check(Workspace { keys: vec![key.clone()], ..around }, "keys[0].")?;
            Ok::<_, Refusal>(key)
        })
        .await?;
    write.commit().await?;
    Ok(Json(read(&app, &workspace, &provider, &text).await?))
}

async fn remove(
    State(app): State<Arc<App>>,
    Path(KeyPath { workspace, key: text }): Path<KeyPath>,
    StrictQuery(KeyProvider { provider }): StrictQuery<KeyProvider>,
) -> Result<NoContent, Refusal> {
    let provider = provider_of(&app, &workspace, &text, provider).await?;
    let mut write = app.store.write(providers::names()).await?;
    let number = write.remove_key(&workspace, &provider, &text).await?;
    write.commit().await?;
    app.limits.forget(&[number]);
    Ok(NoContent)
}

/// The provider of the key with this text. Fails if there is none, or several and no provider is given.
async fn provider_of(app: &App, workspace: &str, text: &str, given: Option<String>) -> Result<String, Refusal> {
    existing(app, workspace).await?;
    let mut fitting: Vec<_> = app.store.keys_of(workspace).await?;
    fitting.retain(|key| *key.key == *text && given.as_ref().is_none_or(|given| *given == key.provider));
    match fitting.len() {
        0 => Err(StoreError::missing("key", text).into()),
        1 => Ok(fitting.remove(0).provider),
        _ => {
            Err(Refusal::invalid("provider", "several providers have a key of this text; say which: `?provider=NAME`"))
        }
    }
}

async fn read(app: &App, workspace: &str, provider: &str, text: &str) -> Result<KeyView, Refusal> {
    let now = app.workspace_states.get_or_create(workspace).now(&app.clock);
    let key = app.store.key(provider, text).await?.ok_or_else(|| StoreError::missing("key", text))?;
    Ok(shown(key, now))
}
