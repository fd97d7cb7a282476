//! Runs the handler of an operation that is not a list.

use std::sync::{Arc, OnceLock};

use crate::clock::Micros;
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall, Input, Workspaces};
use crate::emulator::app::App;
use crate::http::reply::Reply;
use crate::library::store::VersionGuard;
use crate::providers;

/// A workspace, and the instant by its clock.
pub(super) type Entered = (Arc<str>, Micros);

/// The answer, and the workspace that the handler of a route without a key found.
pub(super) async fn run(
    app: &App,
    handler: &dyn Handler,
    provider: &'static str,
    input: &Input<'_>,
    context: Context<'_>,
    reset_guard: Option<&VersionGuard>,
) -> (Result<Reply, Failure>, Option<Entered>) {
    let workspaces = EnteredWorkspace { app, entered: OnceLock::new() };
    let providers = providers::names();
    let call = HandlerCall {
        input,
        context,
        provider,
        providers: &providers,
        workspaces: &workspaces,
        fetcher: app.fetcher.as_ref(),
        reset_guard,
    };
    let reply = handler.run(call, &app.store).await;
    (reply, workspaces.entered.into_inner())
}

/// The workspaces, and the one that the handler found.
#[derive(Debug)]
struct EnteredWorkspace<'a> {
    app: &'a App,
    entered: OnceLock<Entered>,
}

impl Workspaces for EnteredWorkspace<'_> {
    fn enter(&self, workspace: &str) -> Micros {
        let now = self.app.workspace_states.get_or_create(workspace).now(&self.app.clock);
        self.entered.get_or_init(|| (workspace.into(), now)).1
    }
}
