//! Brings the assets of a workspace up to its clock: those that have a next status get it when a request finds that
//! its time has come. If the library fails, that is logged, and the request is answered from what is stored.

use std::collections::BTreeSet;

use crate::clock::{ClockMode, Micros};
use crate::emulator::app::App;
use crate::http::response_body::ResponseBody;
use crate::library::fixture::LONGEST_NAME;
use crate::library::store::StoreError;
use crate::providers;

/// Gives the assets of a workspace that are due by now their next status. Call it before the workspace is read. Nothing
/// happens if there is no such workspace.
pub async fn settle(app: &App, workspace: &str) {
    match app.store.earliest_due(workspace).await {
        // Asked only now, because it would make the state of a workspace that does not exist.
        Ok(Some(at)) => {
            let now = app.workspace_states.get_or_create(workspace).now(&app.clock);
            if at <= now {
                settle_due_by(app, workspace, now).await;
            }
        }
        Ok(None) => {}
        Err(error) => note_failure(&error),
    }
}

/// The same, when it is known that some are due.
pub async fn settle_due_by(app: &App, workspace: &str, now: Micros) {
    let settled = app.store.settle_due_assets(workspace, now, &providers::names()).await;
    settled.unwrap_or_else(|error| note_failure(&error));
}

/// While the clock of a workspace is frozen, gives the assets for which it follows a read, and which this answer of
/// a provider shows, their next status.
pub async fn settle_shown(app: &App, workspace: &str, provider: &'static str, body: &ResponseBody) {
    let state = app.workspace_states.get_or_create(workspace);
    if !matches!(state.mode().unwrap_or(app.clock.mode()), ClockMode::Frozen { .. }) {
        return;
    }
    let now = state.now(&app.clock);
    let body = body.whole();
    let shown: Vec<&str> = quoted_texts(&body).into_iter().collect();
    let settled = app.store.settle_shown_assets(workspace, (provider, &shown), now, &providers::names()).await;
    settled.unwrap_or_else(|error| note_failure(&error));
}

/// What stands between two quotation marks of an answer, among which are all public ids.
fn quoted_texts(body: &[u8]) -> BTreeSet<&str> {
    let pieces = body.split(|byte| *byte == b'"').filter(|piece| (1..=LONGEST_NAME).contains(&piece.len()));
    pieces.filter_map(|piece| std::str::from_utf8(piece).ok()).collect()
}

fn note_failure(error: &StoreError) {
    // The workspace was removed since the request came.
    if !matches!(error, StoreError::Missing(_)) {
        tracing::warn!(%error, "assets could not be given their next status; the next request tries again");
    }
}
