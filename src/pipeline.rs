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
use crate::workspace;

/// Answers a request that is not the emulator's own.
pub async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let (request, _) = request.into_parts();
    let Some(route) = providers::resolve(&request) else {
        return respond(admin::no_provider(&request), app.clock.now());
    };
    let asked = Asked::by(&app, &route, &request).await;
    let attempt = AssertUnwindSafe(serve(&app, &asked)).catch_unwind().await;
    let reply = attempt.unwrap_or_else(|_| refuse_after_panic(&asked));
    debug!(provider = route.provider.card().name, method = %request.method, target = %request.uri, status = reply.status.as_u16(), "answered");
    respond(reply, asked.now)
}

/// A request on its way, and when and to whom it happens.
struct Asked<'r> {
    route: &'r Route,
    request: &'r Parts,
    /// The key it shows, live or not.
    key: Result<Key, Failure>,
    /// The instant, by the clock of the key's workspace.
    now: Micros,
    /// Its share of randomness.
    entropy: u128,
}

impl<'r> Asked<'r> {
    async fn by(app: &App, route: &'r Route, request: &'r Parts) -> Asked<'r> {
        let key = known_key(app, route.provider, request).await;
        let (now, entropy) = match &key {
            Ok(key) => {
                let tenant = app.tenants.of(&key.workspace);
                (tenant.now(&app.clock), tenant.chance.wide_bits())
            }
            Err(_) => (app.clock.now(), app.chance.wide_bits()),
        };
        Asked { route, request, key, now, entropy }
    }
}

/// What a request has become so far; a refusal shows as much of it as there is.
#[derive(Default)]
struct Progress<'k> {
    key: Option<&'k Key>,
    counts: Counts,
}

async fn serve(app: &App, asked: &Asked<'_>) -> Reply {
    let mut progress = Progress::default();
    let outcome = list(app, asked, &mut progress).await;
    let cx = Context { now: asked.now, entropy: asked.entropy, key: progress.key, counts: &progress.counts };
    outcome.unwrap_or_else(|failure| asked.route.provider.refusal(&failure, &cx))
}

/// The stages, in the order that every provider keeps.
async fn list<'k>(app: &App, asked: &'k Asked<'_>, progress: &mut Progress<'k>) -> Result<Reply, Failure> {
    let Asked { route, request, now, entropy, .. } = *asked;
    let provider = route.provider;
    let card = provider.card();
    if let Some(reply) = route_and_method(route, request)? {
        return Ok(reply);
    }
    let key = *progress.key.insert(live(&asked.key, now)?);
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

/// The key that the request shows, if somebody holds it.
async fn known_key(app: &App, provider: &dyn Provider, request: &Parts) -> Result<Key, Failure> {
    let card = provider.card();
    let text = card.auth.carrier.read(&request.headers)?;
    if let Some(key) = app.store.key(card.name, text).await.map_err(internal)? {
        return Ok(key);
    }
    if app.switches.any_key && (card.auth.looks_like)(text) {
        return workspace::adopt(app, provider, text).await.map_err(|cause| {
            error!(%cause, "a new key got no workspace");
            Failure::Internal
        });
    }
    Err(Failure::UnknownKey)
}

fn live(key: &Result<Key, Failure>, now: Micros) -> Result<&Key, Failure> {
    let key = key.as_ref().map_err(Failure::clone)?;
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

fn refuse_after_panic(asked: &Asked<'_>) -> Reply {
    error!("a request made us panic; please report it with the lines above");
    let cx = Context { now: asked.now, entropy: asked.entropy, key: None, counts: &Counts::default() };
    asked.route.provider.refusal(&Failure::Internal, &cx)
}

/// Puts an answer on the wire. The date is the injected clock's, so that the same request gets the same bytes.
pub(crate) fn respond(reply: Reply, now: Micros) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response.headers_mut().extend(date(now).map(|date| (header::DATE, date)));
    response
}

/// The `Date` header.
pub(crate) fn date(now: Micros) -> Option<HeaderValue> {
    HeaderValue::try_from(utc(now).format("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}
