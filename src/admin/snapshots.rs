//! Routes that save and restore the whole state under a name, or reset it to the start.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with, put_with};
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Json, Path, Refusal};
use super::faults;
use crate::clock::ClockMode;
use crate::emulator::app::App;
use crate::emulator::faults::Rule;
use crate::emulator::workspace_states::WorkspaceState;
use crate::library::model::Instant;
use crate::library::store::{Snapshot, StoreError};
use crate::providers;

const TAG: &str = "Snapshots";

/// The routes.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/_emulator/snapshots",
            get_with(list, |op| op.id("list_snapshots").summary("List the snapshots").tag(TAG)),
        )
        .api_route(
            "/_emulator/snapshots/{name}",
            put_with(save, |op| op.id("save_snapshot").summary("Save the whole state under a name").tag(TAG))
                .delete_with(forget, |op| op.id("delete_snapshot").summary("Forget a snapshot").tag(TAG)),
        )
        .api_route(
            "/_emulator/snapshots/{name}/restore",
            post_with(restore, |op| op.id("restore_snapshot").summary("Put everything back to what it was").tag(TAG)),
        )
        .api_route(
            "/_emulator/reset",
            post_with(reset, |op| op.id("reset_emulator").summary("Put everything back to the start").tag(TAG)),
        )
}

#[derive(Deserialize, JsonSchema)]
struct SnapshotPath {
    /// The snapshot's name.
    name: String,
}

/// A snapshot.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Snapshot")]
struct SnapshotView {
    name: String,
    /// When it was saved, by the emulator's clock.
    made_at: Instant,
    /// The number of workspaces in it.
    workspaces: i64,
    /// The number of assets in them.
    assets: i64,
}

#[derive(Serialize, JsonSchema)]
struct SnapshotList {
    snapshots: Vec<SnapshotView>,
}

/// An empty object.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Empty {}

/// The part of the state that is not in the library.
#[derive(Serialize, Deserialize)]
struct ProcessState {
    clock: ClockMode,
    faults: Vec<Rule>,
    workspaces: BTreeMap<String, WorkspaceSettings>,
}

/// The part of one workspace's state that is not in the library.
#[derive(Serialize, Deserialize)]
struct WorkspaceSettings {
    clock: Option<ClockMode>,
    strict: bool,
    made_strict: bool,
}

impl ProcessState {
    fn of(app: &App) -> ProcessState {
        let own = |workspace_state: &WorkspaceState| WorkspaceSettings {
            clock: workspace_state.mode(),
            strict: workspace_state.strict.load(Relaxed),
            made_strict: workspace_state.made_strict.load(Relaxed),
        };
        let workspaces =
            app.workspace_states.all().iter().map(|(id, workspace_state)| (id.clone(), own(workspace_state))).collect();
        // Restoring adds rules as new ones, so a rule that is over or used up would apply again.
        let active = faults::listed(app, None).into_iter().filter(|listed| listed.active);
        let faults = active.map(|listed| listed.rule).collect();
        ProcessState { clock: app.clock.mode(), faults, workspaces }
    }

    fn apply(self, app: &App) {
        app.clock.set_mode(self.clock);
        for rule in self.faults {
            if let Err(problem) = app.faults.add(rule, app.clock.now()) {
                tracing::warn!(?problem, "a fault of the snapshot is no longer known; it was left out");
            }
        }
        for (id, own) in self.workspaces {
            let workspace_state = app.workspace_states.get_or_create(&id);
            workspace_state.make(own.made_strict);
            workspace_state.set_strict(own.strict);
            if let Some(mode) = own.clock {
                workspace_state.turn(&app.clock, |clock| clock.set_mode(mode));
            }
        }
    }
}

async fn list(State(app): State<Arc<App>>) -> Result<Json<SnapshotList>, Refusal> {
    let snapshots = app.store.snapshots().await?.into_iter().map(shown).collect();
    Ok(Json(SnapshotList { snapshots }))
}

fn shown(Snapshot { name, made_at, workspaces, assets }: Snapshot) -> SnapshotView {
    SnapshotView { name, made_at: Instant(made_at), workspaces, assets }
}

async fn save(
    State(app): State<Arc<App>>,
    Path(SnapshotPath { name }): Path<SnapshotPath>,
    Json(Empty {}): Json<Empty>,
) -> Result<Json<SnapshotView>, Refusal> {
    Refusal::unless_short("name", &name)?;
    let state = serde_json::to_string(&ProcessState::of(&app)).expect("the state serializes to JSON");
    let mut write = app.store.write(providers::names()).await?;
    write.save(&name, &state, app.clock.now()).await?;
    write.commit().await?;
    let saved = app.store.snapshots().await?.into_iter().find(|snapshot| snapshot.name == name);
    Ok(Json(saved.map(shown).ok_or_else(|| StoreError::missing("snapshot", &name))?))
}

async fn restore(
    State(app): State<Arc<App>>,
    Path(SnapshotPath { name }): Path<SnapshotPath>,
    Json(Empty {}): Json<Empty>,
) -> Result<NoContent, Refusal> {
    let mut write = app.store.write(providers::names()).await?;
    let state = write.restore(&name).await?;
    write.commit().await?;
    app.forget_all();
    if let Ok(state) = serde_json::from_str::<ProcessState>(&state) {
        state.apply(&app);
    }
    Ok(NoContent)
}

async fn forget(
    State(app): State<Arc<App>>,
    Path(SnapshotPath { name }): Path<SnapshotPath>,
) -> Result<NoContent, Refusal> {
    let mut write = app.store.write(providers::names()).await?;
    write.forget(&name).await?;
    write.commit().await?;
    Ok(NoContent)
}

async fn reset(State(app): State<Arc<App>>, Json(Empty {}): Json<Empty>) -> Result<NoContent, Refusal> {
    let mut write = app.store.write(providers::names()).await?;
    write.restore(Snapshot::BEGINNING).await?;
    write.commit().await?;
    app.forget_all();
    app.journal.clear(None);
    app.clock.set_mode(app.began);
    Ok(NoContent)
}
