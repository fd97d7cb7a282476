//! The emulator's own API under `/_emulator`. Each group of routes has its own file. [`answer`] has the extractors and
//! responses that they share, [`guard`] checks access. The OpenAPI document is generated from the handlers.

mod answer;
mod assets;
mod authority;
mod clock;
mod export;
mod fault_warnings;
mod faults;
mod guard;
mod health;
mod import;
mod index;
mod journal;
mod json_stream;
mod keys;
mod known_words;
mod merge;
mod openapi;
mod places;
mod schemas;
mod snapshots;
mod strict_query;
mod workspaces;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use aide::axum::ApiRouter;
use axum::Router;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tower::ServiceExt;

use self::answer::Refusal;
use self::index::RouteIndex;
use crate::emulator::app::App;
use crate::emulator::due_assets;
use crate::http::request_body::BodyShare;
use crate::http::respond::date;

/// The routes and their document, made at the first request, since runs that must start fast often send none.
static ROUTES: LazyLock<Routes> = LazyLock::new(routes);

struct Routes {
    router: Router<Arc<App>>,
    index: RouteIndex,
    document: Value,
}

/// Whether a path belongs to the emulator's own API.
pub fn owns(path: &str) -> bool {
    path.strip_prefix("/_emulator").is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

/// Answers a request to the emulator's own API.
pub async fn answer(app: Arc<App>, mut request: Request) -> Response {
    let now = app.clock.now();
    // Reserves memory for the body, and for the values parsed from it; so it is held until there is a response.
    let share = BodyShare::new(&app.bodies, app.timeouts.room);
    request.extensions_mut().insert(share.clone());
    request.extensions_mut().insert(&ROUTES.index);
    request.extensions_mut().insert(&ROUTES.document);
    let mut response = match guard::check(&app.settings, &request) {
        // No workspace or other item has an empty name.
        Ok(()) if has_empty_segment(request.uri().path()) => no_route(request.into_parts().0).await.into_response(),
        Ok(()) => {
            if let Some(workspace) = workspace_of(request.uri().path()) {
                due_assets::settle(&app, &workspace).await;
            }
            match ROUTES.router.clone().with_state(app).oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
        Err(refusal) => refusal.into_response(),
    };
    drop(share);
    response.headers_mut().extend(date(now).map(|date| (header::DATE, date)));
    response
}

/// The id of the workspace in a path.
fn workspace_of(path: &str) -> Option<Cow<'_, str>> {
    let id = path.strip_prefix("/_emulator/workspaces/")?.split('/').next()?;
    Some(percent_decode_str(id).decode_utf8_lossy())
}

fn has_empty_segment(path: &str) -> bool {
    path.contains("//") || path.len() > "/_emulator/".len() && path.ends_with('/')
}

fn routes() -> Routes {
    let routes = ApiRouter::new()
        .merge(index::routes())
        .merge(health::routes())
        .merge(authority::routes())
        .merge(workspaces::routes())
        .merge(export::routes())
        .merge(assets::routes())
        .merge(places::routes())
        .merge(import::routes())
        .merge(keys::routes())
        .merge(snapshots::routes())
        .merge(clock::routes())
        .merge(faults::routes())
        .merge(journal::routes());
    let (routes, document) = openapi::document(routes);
    let router = routes
        .route(openapi::PATH, get(openapi::serve))
        .route("/_emulator/", get(index::read))
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method);
    Routes { router, index: RouteIndex::of(&document), document }
}

async fn no_route(parts: Parts) -> Refusal {
    let near = ROUTES.index.nearest(parts.uri.path()).map(|near| format!("; the nearest is `{near}`"));
    let message = format!("there is no such route{}; `GET /_emulator` lists those there are", near.unwrap_or_default());
    Refusal::new(StatusCode::NOT_FOUND, "no_such_route", message).at(parts.uri.path())
}

async fn wrong_method(parts: Parts) -> Refusal {
    let methods = ROUTES.index.methods(parts.uri.path());
    let upper = parts.method.as_str().to_ascii_uppercase();
    let message = match methods.iter().any(|method| *method == upper) {
        true => format!("methods are upper case: send `{upper}`"),
        false => format!("this route takes {}", methods.join(", ")),
    };
    let at = format!("{} {}", parts.method, parts.uri.path());
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message).at(at)
}

/// The response to a request with a missing or ambiguous `Host` header.
pub fn misnamed_host(app: &App, why: &str) -> Response {
    let mut response = Refusal::new(StatusCode::BAD_REQUEST, "bad_host", why).at("Host").into_response();
    response.headers_mut().extend(date(app.clock.now()).map(|date| (header::DATE, date)));
    response
}
