//! One request, stage by stage. Once a provider is found, everything it answers leaves through that provider: a page, or
//! a refusal in its envelope, our own faults included. What no provider claims gets the emulator's own 404.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use futures_util::FutureExt;
use percent_encoding::{CONTROLS, utf8_percent_encode};
use tracing::{debug, error};

use crate::admin;
use crate::app::App;
use crate::clock::{Micros, utc};
use crate::failure::Failure;
use crate::limits::Counts;
use crate::provider::{Context, Provider, Reply, Slash};
use crate::providers::{self, Route};
use crate::query;
use crate::store::{Key, KeyState, ListError};

/// Answers a request that is not the emulator's own.
pub async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let (request, _) = request.into_parts();
    let now = app.clock.now();
    let reply = match providers::resolve(&request) {
        Some(route) => {
            let attempt = AssertUnwindSafe(serve(&app, &route, &request, now)).catch_unwind().await;
            let reply = attempt.unwrap_or_else(|_| refuse_after_panic(&app, &route, now));
            debug!(provider = route.provider.card().name, method = %request.method, target = %request.uri, status = reply.status.as_u16(), "answered");
            reply
        }
        None => admin::no_provider(&request),
    };
    respond(reply, now)
}

/// What a request has become so far; a refusal shows as much of it as there is.
#[derive(Default)]
struct Progress {
    key: Option<Key>,
    counts: Counts,
}

async fn serve(app: &App, route: &Route, request: &Parts, now: Micros) -> Reply {
    let provider = route.provider;
    let entropy = app.chance.wide_bits();
    let mut progress = Progress::default();
    let outcome = list(app, route, request, now, entropy, &mut progress).await;
    let cx = Context { now, entropy, key: progress.key.as_ref(), counts: &progress.counts };
    outcome.unwrap_or_else(|failure| provider.refusal(&failure, &cx))
}

/// The stages, in the order that every provider keeps.
async fn list(
    app: &App,
    route: &Route,
    request: &Parts,
    now: Micros,
    entropy: u128,
    progress: &mut Progress,
) -> Result<Reply, Failure> {
    let provider = route.provider;
    let card = provider.card();
    if let Some(reply) = route_and_method(route, request)? {
        return Ok(reply);
    }
    let key = progress.key.insert(live_key(app, provider, request, now).await?);
    progress.counts = app.limits.count(key.id, key.limits, card.quotas, now);
    in_scope(provider, key)?;
    within_limits(&progress.counts, now)?;
    let args =
        query::read(card.params, card.unknown, request.uri.query().unwrap_or_default()).map_err(Failure::Invalid)?;
    let plan = provider.plan(&args, key)?;
    let page = app.store.list(card.name, &key.workspace, &plan).await.map_err(not_listed)?;
    Ok(provider.page(&page, &args, &Context { now, entropy, key: Some(key), counts: &progress.counts }))
}

/// Lets the list route pass, or gives the answer that a vendor's framework gives by itself.
fn route_and_method(route: &Route, request: &Parts) -> Result<Option<Reply>, Failure> {
    let card = route.provider.card();
    match (route.path.strip_prefix(card.list), card.slash) {
        (Some(""), _) | (Some("/"), Slash::Tolerated) => {}
        (Some("/"), Slash::Redirected) => return Ok(Some(without_slash(request))),
        _ => return Err(Failure::NoSuchRoute),
    }
    if request.method == Method::OPTIONS
        && let Some(reply) = route.provider.options()
    {
        return Ok(Some(reply));
    }
    let allowed = card.allow.split(", ").any(|method| method == request.method.as_str());
    if allowed { Ok(None) } else { Err(Failure::WrongMethod) }
}

/// 307 to the same address without the slash: clients that follow it keep method and query.
fn without_slash(request: &Parts) -> Reply {
    let header = || request.headers.get(header::HOST)?.to_str().ok();
    let host = request.uri.authority().map(|authority| authority.as_str()).or_else(header);
    let origin = host.map(|host| format!("http://{host}")).unwrap_or_default();
    let path = request.uri.path();
    let path = ["/", "%2F", "%2f"].iter().find_map(|slash| path.strip_suffix(slash)).unwrap_or(path);
    let query = request.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("{origin}{path}{query}");
    Reply::empty(StatusCode::TEMPORARY_REDIRECT).header("location", utf8_percent_encode(&location, CONTROLS))
}

async fn live_key(app: &App, provider: &dyn Provider, request: &Parts, now: Micros) -> Result<Key, Failure> {
    let card = provider.card();
    let text = card.auth.carrier.read(&request.headers)?;
    let key = app.store.key(card.name, text).await.map_err(internal)?.ok_or(Failure::UnknownKey)?;
    match key.state(now) {
        KeyState::Active => Ok(key),
        KeyState::Revoked => Err(Failure::RevokedKey),
        KeyState::Expired => Err(Failure::ExpiredKey),
    }
}

fn in_scope(provider: &dyn Provider, key: &Key) -> Result<(), Failure> {
    match provider.card().scope.filter(|scope| !key.allows(scope)) {
        Some(scope) => Err(Failure::MissingScope(scope)),
        None => Ok(()),
    }
}

fn within_limits(counts: &Counts, now: Micros) -> Result<(), Failure> {
    counts.exceeded(now).map_or(Ok(()), |exceeded| Err(Failure::RateLimited(exceeded)))
}

fn not_listed(error: ListError) -> Failure {
    match error {
        ListError::NoSuchProject => Failure::NoSuchProject,
        ListError::Database(error) => internal(error),
    }
}

fn internal(cause: sqlx::Error) -> Failure {
    error!(%cause, "the library failed");
    Failure::Internal
}

fn refuse_after_panic(app: &App, route: &Route, now: Micros) -> Reply {
    error!("a request made us panic; please report it with the lines above");
    let cx = Context { now, entropy: app.chance.wide_bits(), key: None, counts: &Counts::default() };
    route.provider.refusal(&Failure::Internal, &cx)
}

/// Puts an answer on the wire. The date is the injected clock's, so that the same request gets the same bytes.
pub(crate) fn respond(reply: Reply, now: Micros) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    let date = utc(now).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::try_from(date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}
