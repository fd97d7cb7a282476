//! Routes for the clock of the emulator and those of workspaces.

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Json, Path, Refusal};
use super::workspaces::{WorkspacePath, existing};
use crate::clock::{Clock, ClockMode, Micros, SECOND};
use crate::emulator::app::App;
use crate::library::model::Instant;

/// The routes.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/_emulator/clock",
            get_with(read, |op| op.id("get_clock").summary("Read the emulator's clock").tag("Clock"))
                .post_with(update, |op| op.id("update_clock").summary("Turn the emulator's clock").tag("Clock")),
        )
        .api_route(
            "/_emulator/workspaces/{workspace}/clock",
            get_with(read_own, |op| op.id("get_workspace_clock").summary("Read a workspace's clock").tag("Clock"))
                .merge(post_with(update_own, |op| {
                    op.id("update_workspace_clock").summary("Turn a workspace's clock").tag("Clock")
                }))
                .delete_with(follow, |op| {
                    op.id("delete_workspace_clock")
                        .summary("Let a workspace follow the emulator's clock again")
                        .tag("Clock")
                }),
        )
}

/// A clock.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Clock")]
struct ClockView {
    /// The instant that it shows.
    now: Instant,
    /// `running` or `frozen`.
    state: ClockState,
    /// Whether the workspace has its own clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ClockState {
    Running,
    Frozen,
}

/// Changes to a clock, which take effect at once and in this order: freeze it, set it, step it, let it run.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
struct ClockChange {
    /// Set it to this instant.
    #[serde(default)]
    set: Option<Instant>,
    /// Move it by this many seconds; back if negative. Can have a fraction.
    #[serde(default)]
    step_seconds: Option<f64>,
    /// `true` freezes it, `false` lets it run on.
    #[serde(default)]
    frozen: Option<bool>,
}

/// The longest step, in seconds: about 300 years. Longer ones are probably a mistake.
const LONGEST_STEP: f64 = 1e10;

impl ClockChange {
    fn checked(self) -> Result<impl FnOnce(&Clock), Refusal> {
        let ClockChange { set, step_seconds, frozen } = self;
        if set.is_none() && step_seconds.is_none() && frozen.is_none() {
            return Err(Refusal::invalid(
                "body",
                "send `set`, `step_seconds` or `frozen`, such as {\"step_seconds\": 61}",
            ));
        }
        if step_seconds.is_some_and(|step| step.abs() > LONGEST_STEP) {
            return Err(Refusal::invalid("step_seconds", format!("a step is at most {LONGEST_STEP} seconds")));
        }
        Ok(move |clock: &Clock| {
            // The changes are made to a copy and then applied at once, so that no request sees only some of them.
            let changed = Clock::with(clock.mode());
            if frozen == Some(true) {
                changed.freeze(); // Before it is set, so that it then shows exactly that instant.
            }
            set.into_iter().for_each(|at| changed.set(at.0));
            step_seconds.into_iter().for_each(|step| changed.step((step * SECOND as f64).round() as Micros));
            if frozen == Some(false) {
                changed.resume();
            }
            clock.set_mode(changed.mode());
        })
    }
}

fn view(mode: ClockMode, own: Option<bool>) -> Json<ClockView> {
    let state = match mode {
        ClockMode::Running { .. } => ClockState::Running,
        ClockMode::Frozen { .. } => ClockState::Frozen,
    };
    Json(ClockView { now: Instant(mode.show()), state, own })
}

async fn read(State(app): State<Arc<App>>) -> Json<ClockView> {
    view(app.clock.mode(), None)
}

async fn update(State(app): State<Arc<App>>, Json(change): Json<ClockChange>) -> Result<Json<ClockView>, Refusal> {
    change.checked()?(&app.clock);
    Ok(view(app.clock.mode(), None))
}

async fn read_own(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
) -> Result<Json<ClockView>, Refusal> {
    existing(&app, &workspace).await?;
    let own = app.workspace_states.get_or_create(&workspace).mode();
    Ok(view(own.unwrap_or(app.clock.mode()), Some(own.is_some())))
}

async fn update_own(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
    Json(change): Json<ClockChange>,
) -> Result<Json<ClockView>, Refusal> {
    existing(&app, &workspace).await?;
    let workspace_state = app.workspace_states.get_or_create(&workspace);
    workspace_state.turn(&app.clock, change.checked()?);
    Ok(view(workspace_state.mode().unwrap_or(app.clock.mode()), Some(true)))
}

async fn follow(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
) -> Result<Json<ClockView>, Refusal> {
    existing(&app, &workspace).await?;
    app.workspace_states.get_or_create(&workspace).follow();
    Ok(view(app.clock.mode(), Some(false)))
}
