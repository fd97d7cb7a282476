//! The emulator's own API, under `/_emulator`, in one plain JSON style: health, and who the providers are. Steering the
//! emulator (workspaces, faults, journal, clock) belongs here too and is not built yet.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::{any, get};
use serde::Serialize;

use crate::app::App;
use crate::pipeline::respond;
use crate::provider::{Card, Reply};
use crate::providers;
use crate::store;

/// The routes, all of them below `/_emulator`.
pub fn routes() -> Router<Arc<App>> {
    let mut routes =
        Router::new().route("/_emulator/health", get(health)).route("/_emulator/providers", get(providers));
    for path in ["/_emulator", "/_emulator/", "/_emulator/{*rest}"] {
        routes = routes.route(path, any(no_route));
    }
    routes.method_not_allowed_fallback(wrong_method)
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    uptime_ms: u128,
    counts: store::Counts,
}

/// Nobody is answered before the worlds are loaded, so whoever gets this answer finds them there.
async fn health(State(app): State<Arc<App>>) -> Response {
    let now = app.clock.now();
    let reply = match app.store.counts().await {
        Ok(counts) => {
            let health = Health {
                status: "ready",
                version: env!("CARGO_PKG_VERSION"),
                uptime_ms: app.clock.uptime().as_millis(),
                counts,
            };
            Reply::json(StatusCode::OK, &health)
        }
        Err(cause) => {
            tracing::error!(%cause, "the library failed");
            error(
                StatusCode::SERVICE_UNAVAILABLE,
                "library_failed",
                "the library cannot be read; the log says why",
                None,
            )
        }
    };
    respond(reply, now)
}

#[derive(Serialize)]
struct Providers {
    providers: Vec<Described>,
}

/// A provider, as a client needs to know it.
#[derive(Serialize)]
struct Described {
    name: &'static str,
    title: &'static str,
    base_url: String,
    list: &'static str,
    hosts: &'static [&'static str],
}

async fn providers(State(app): State<Arc<App>>, request: Request) -> Response {
    let (request, _) = request.into_parts();
    respond(Reply::json(StatusCode::OK, &Providers { providers: describe(&request) }), app.clock.now())
}

async fn no_route(State(app): State<Arc<App>>, request: Request) -> Response {
    let at = request.uri().path().to_owned();
    let message = "the emulator has no such route; it has `GET /_emulator/health` and `GET /_emulator/providers`";
    respond(error(StatusCode::NOT_FOUND, "no_such_route", message, Some(&at)), app.clock.now())
}

async fn wrong_method(State(app): State<Arc<App>>, request: Request) -> Response {
    let at = format!("{} {}", request.method(), request.uri().path());
    let reply = error(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "this route answers GET", Some(&at));
    respond(reply.header("allow", "GET, HEAD"), app.clock.now())
}

#[derive(Serialize)]
struct Body<'a> {
    error: Problem<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    providers: Vec<Described>,
}

#[derive(Serialize)]
struct Problem<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a str>,
}

fn error(status: StatusCode, code: &str, message: &str, at: Option<&str>) -> Reply {
    Reply::json(status, &Body { error: Problem { code, message, at }, providers: Vec::new() })
}

/// The answer to a request that belongs to no provider.
pub fn no_provider(request: &Parts) -> Reply {
    let message = "no provider owns this address; use one of the base URLs below, a vendor's host name, or a vendor's exact path \
                   (where two vendors share it, with a key of the one you mean)";
    let problem = Problem { code: "no_provider", message, at: Some(request.uri.path()) };
    Reply::json(StatusCode::NOT_FOUND, &Body { error: problem, providers: describe(request) })
}

fn describe(request: &Parts) -> Vec<Described> {
    let host = request
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri.authority().map(|host| host.as_str()));
    let origin = format!("http://{}", host.unwrap_or("127.0.0.1:4750"));
    let described = |card: &'static Card| Described {
        name: card.name,
        title: card.title,
        base_url: base_url(&origin, card),
        list: card.list,
        hosts: card.hosts,
    };
    providers::ALL.iter().map(|provider| described(provider.card())).collect()
}

/// The base URL that a client of this provider is given.
pub fn base_url(origin: &str, card: &Card) -> String {
    format!("{origin}/{}{}", card.name, card.base)
}
