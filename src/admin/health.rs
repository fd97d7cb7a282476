//! The health route, and the list of providers.

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::extract::State;
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Json;
use crate::emulator::app::App;
use crate::library::store;
use crate::providers::directory::{Described, describe};

/// The path of the health route, which is open to everyone.
pub const PATH: &str = "/_emulator/health";

/// The routes.
pub fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            PATH,
            get_with(health, |op| op.id("get_health").summary("Whether the emulator is ready").tag("Emulator")),
        )
        .api_route(
            "/_emulator/providers",
            get_with(providers, |op| {
                op.id("list_providers").summary("The providers and their base URLs").tag("Emulator")
            }),
        )
}

#[derive(Serialize, JsonSchema)]
struct Health {
    /// Always `ready`: no request is answered before.
    status: &'static str,
    version: &'static str,
    /// Milliseconds since the start, in real time.
    uptime_ms: u64,
    counts: store::Counts,
    /// How many tunnels to other hosts were forwarded; absent if none.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(default)]
    tunnels: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The server accepts connections only after the fixtures are loaded, so a response means that they are.
async fn health(State(app): State<Arc<App>>) -> Json<Health> {
    Json(Health {
        status: "ready",
        version: env!("CARGO_PKG_VERSION"),
        uptime_ms: u64::try_from(app.clock.uptime().as_millis()).unwrap_or(u64::MAX),
        counts: app.store.counts(),
        tunnels: app.tunnels.counted(),
    })
}

#[derive(Serialize, JsonSchema)]
struct ProviderList {
    providers: Vec<Described>,
}

async fn providers(parts: Parts) -> Json<ProviderList> {
    Json(ProviderList { providers: describe(&parts) })
}
