//! One request, stage by stage. Once a provider is found, everything it answers leaves through that provider: a page, or
//! a refusal in its envelope, our own faults included. What no provider claims gets the emulator's own 404.

mod checks;
pub mod notes;
mod own_answers;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::FutureExt;
use tracing::error;

use self::checks::{Routed, find_operation, framework_reply, in_scope, internal, known_key, live, within_limits};
use crate::clock::Micros;
use crate::contract::failure::Failure;
use crate::contract::provider::{Card, CheckOrder, Context, Provider, QuotaScope};
use crate::contract::query::Args;
use crate::contract::quota::Counts;
use crate::contract::variant::Variants;
use crate::emulator::app::App;
use crate::emulator::cache::{CachedResponse, KeyCache, PlannedPage};
use crate::emulator::explain::{self, Answered, Case};
use crate::emulator::faults::wire::Peer;
use crate::emulator::faults::{self, Instead, Script, Struck, header};
use crate::http::connection::Line;
use crate::http::reply::Reply;
use crate::http::respond::respond;
use crate::library::model::Choices;
use crate::library::store::{Key, ListError};
use crate::pipeline::notes::{Notes, Open};
use crate::providers::directory::{self, Route};

/// Answers a request that is not the emulator's own, which came on this connection, if on any.
pub fn answer(app: Arc<App>, line: Option<Line>, request: Request) -> impl Future<Output = Response> + Send {
    // No async function, which would have room for its arguments beside what it makes of them: the less room a request
    // takes, the faster it is had.
    let (request, body) = request.into_parts();
    let mut open = Open::receive(app, request);
    async move {
        if !body.is_end_stream() {
            Box::pin(open.read(body)).await;
        }
        let attended = attend(&open.app, &open.request, &mut open.notes).await;
        let (response, script, peer) = conclude(open, line, attended);
        script.send(response, &peer).await
    }
}

/// What came of a request.
struct Attended {
    reply: Reply,
    now: Micros,
    script: Script,
}

async fn attend(app: &App, request: &Parts, notes: &mut Notes) -> Attended {
    let Some(route) = directory::resolve(request) else {
        notes.because("no provider owns this address");
        return Attended { reply: own_answers::no_provider(request), now: app.clock.now(), script: Script::default() };
    };
    let asked = Asked::by(app, &route, request, notes).await;
    let script = match cue(app, &asked, notes) {
        Ok(script) => script,
        Err(why) => {
            notes.because(format!("`X-Emulator-Fault`: {why}"));
            return Attended { reply: own_answers::no_such_fault(&why), now: asked.now, script: Script::default() };
        }
    };
    if !script.delay.is_zero() {
        tokio::time::sleep(script.delay).await;
    }
    let attempt = AssertUnwindSafe(serve(app, &asked, &script, notes)).catch_unwind().await;
    let reply = attempt.unwrap_or_else(|_| refuse_after_panic(&asked));
    Attended { reply: script.finish(reply, asked.now), now: asked.now, script }
}

/// Notes what came of a request, and puts it into an answer to be sent.
fn conclude(open: Open, line: Option<Line>, attended: Attended) -> (Response, Script, Peer) {
    let Attended { reply, now, script } = attended;
    let peer = Peer::of(&open.request, line);
    let sent = reply.body;
    let mut response = respond(reply.status, reply.headers, sent.clone(), now);
    let delivery = script.delivery(sent.len(), &peer);
    open.close(&mut response, sent, delivery);
    (response, script, peer)
}

/// A request on its way, and when and to whom it happens.
struct Asked<'r> {
    route: &'r Route,
    request: &'r Parts,
    /// The key it shows, live or not.
    key: Result<Arc<KeyCache>, Failure>,
    /// The instant, by the clock of the key's workspace.
    now: Micros,
    /// Its share of randomness.
    entropy: u128,
    /// How the provider behaves for it.
    variants: Variants,
    /// What its path and method lead to.
    routed: Routed,
}

impl<'r> Asked<'r> {
    async fn by(app: &App, route: &'r Route, request: &'r Parts, notes: &mut Notes) -> Asked<'r> {
        let key = known_key(app, route.provider, request).await;
        let (now, entropy) = match &key {
            Ok(entry) => {
                let tenant = app.tenants.of(&entry.key.workspace);
                (tenant.now(&app.clock), tenant.chance.wide_bits())
            }
            Err(_) => (app.clock.now(), app.chance.wide_bits()),
        };
        let card = route.provider.card();
        let unknown = || app.cache.variants(card, &Choices::new());
        let variants = key.as_ref().map_or_else(|_| unknown(), |entry| entry.variants);
        let routed = find_operation(route, request);
        notes.about(card, request, key.as_ref().ok().map(|entry| &entry.key), now);
        notes.operation = routed.operation();
        notes.behaves(card, variants);
        Asked { route, request, key, now, entropy, variants, routed }
    }

    /// What an answer may depend on, with what is known of the key.
    fn context<'c>(&self, key: Option<&'c Key>, counts: &'c Counts) -> Context<'c> {
        Context { now: self.now, entropy: self.entropy, key, counts, variants: self.variants }
    }

    fn query(&self) -> &'r str {
        self.request.uri.query().unwrap_or_default()
    }
}

/// What the faults set up for this request do to it, its own first. An unreadable one is answered by the emulator itself.
fn cue(app: &App, asked: &Asked<'_>, notes: &mut Notes) -> Result<Script, String> {
    let card = asked.route.provider.card();
    let own = asked.request.headers.get(header::NAME).filter(|_| !app.switches.no_fault_header);
    if own.is_none() && app.faults.is_idle() {
        return Ok(Script::default());
    }
    let own = own.map(|value| faults::read_header(card, value.to_str().unwrap_or_default()));
    let own = own.transpose()?;
    let mut struck: Vec<_> =
        own.into_iter().map(|(effect, retry_after)| Struck { id: None, effect, retry_after }).collect();
    let matched = faults::Asked {
        card,
        workspace: asked.key.as_ref().ok().map(|entry| &*entry.key.workspace),
        key: card.auth.carrier.read(&asked.request.headers).ok(),
        operation: asked.routed.operation().map(|operation| operation.name),
        method: asked.request.method.as_str(),
        path: &asked.route.path,
        query: asked.query(),
    };
    struck.extend(app.faults.strike(&matched, asked.now, &app.chance));
    notes.struck(&struck);
    let limits = asked.key.as_ref().map(|entry| entry.key.limits).unwrap_or_default();
    Ok(Script::of(&struck, card, limits, asked.now, &app.chance))
}

/// What a request has become so far; a refusal shows and explains as much of it as there is.
#[derive(Default)]
struct Progress<'k> {
    key: Option<&'k Key>,
    counts: Counts,
    project: Option<String>,
}

/// The answer.
async fn serve(app: &App, asked: &Asked<'_>, script: &Script, notes: &mut Notes) -> Reply {
    let mut progress = Progress::default();
    let outcome = list(app, asked, script, notes, &mut progress).await;
    let cx = asked.context(progress.key, &progress.counts);
    match outcome {
        Ok(reply) => reply,
        Err(failure) => {
            notes.refused(app, &failure, case(asked, &progress));
            asked.route.provider.refusal(&failure, &cx)
        }
    }
}

impl From<ListError> for Failure {
    fn from(error: ListError) -> Failure {
        match error {
            ListError::NoSuchProject => Failure::NoSuchProject,
            ListError::NoSuchKey => Failure::UnknownKey,
            ListError::NotCached => Failure::Internal,
            ListError::Database(error) => internal(error),
        }
    }
}

/// What a refusal is explained with.
fn case<'c>(asked: &'c Asked<'_>, progress: &'c Progress<'_>) -> Case<'c> {
    let card = asked.route.provider.card();
    let key = asked.key.as_ref().ok().map(|entry| &entry.key);
    Case {
        card,
        method: &asked.request.method,
        path: &asked.route.path,
        headers: &asked.request.headers,
        shown: key.map(|key| &*key.key).or_else(|| card.auth.carrier.read(&asked.request.headers).ok()),
        key,
        owner: None,
        project: progress.project.as_deref(),
        counts: &progress.counts,
        now: asked.now,
    }
}

/// The stages, in the order that every provider keeps, but for the route and the key.
async fn list<'k>(
    app: &App,
    asked: &'k Asked<'_>,
    script: &Script,
    notes: &mut Notes,
    progress: &mut Progress<'k>,
) -> Result<Reply, Failure> {
    let Asked { route, now, variants, .. } = *asked;
    let query = asked.query();
    let provider = route.provider;
    if let Some(reply) = staged(app, asked, script, notes, progress)? {
        return Ok(reply);
    }
    if provider.card().order == CheckOrder::KeyFirst {
        live_key(asked)?;
    }
    if let Some(reply) = routed(app, asked, notes, progress)? {
        return Ok(reply);
    }
    let entry = counted(app, asked, progress)?;
    let key = &entry.key;
    in_scope(provider, key)?;
    within_limits(&progress.counts, now)?;
    let is_valid = |kept: &Arc<CachedResponse>| script.paging.is_none() && kept.is_valid(&app.cursors);
    let response = match entry.response(query).filter(is_valid) {
        Some(kept) => kept,
        None => {
            let args = provider.read(query, variants).map_err(Failure::Invalid)?;
            expire_cursor(script, provider.card(), notes)?;
            // In a box of its own, so that the many requests that need no page made do not carry room for this.
            Box::pin(made(app, asked, script, entry, progress, args)).await?
        }
    };
    notes.answered(app, key, &response);
    Ok(provider.answer(&response.rendered, &asked.context(Some(key), &progress.counts)))
}

/// The response, made from the library.
async fn made(
    app: &App,
    asked: &Asked<'_>,
    script: &Script,
    entry: &Arc<KeyCache>,
    progress: &mut Progress<'_>,
    mut args: Args,
) -> Result<Arc<CachedResponse>, Failure> {
    let provider = asked.route.provider;
    let mut entry = entry.clone();
    if let Some(torture) = script.disturbance().filter(|torture| torture.concerns(provider.card(), asked.query())) {
        let plan = provider.plan(&args, &entry.key)?;
        faults::disturb(torture, app, provider, &entry, &plan).await?;
        let held = app.cache.entry(&app.store, provider, &entry.key.key).await.map_err(internal)?;
        entry = held.ok_or(Failure::UnknownKey)?;
    }
    // Also called with the key as it is when the page is read, which may be later than when the request came.
    let plan = |key: &Key| {
        live(key, asked.now)?;
        in_scope(provider, key)?;
        let variants = app.cache.variants(provider.card(), &key.choices);
        if args.variants != variants {
            args = provider.read(asked.query(), variants).map_err(Failure::Invalid)?;
        }
        let mut plan = provider.plan(&args, key)?;
        script.bend(&mut plan);
        progress.project = plan.selection.project.clone();
        Ok::<_, Failure>(plan)
    };
    let PlannedPage { entry, query: plan, mut page } = app.cache.page(&app.store, provider, &entry, plan).await?;
    script.spoil(&mut page, &app.chance);
    let (card, key, query) = (provider.card(), &entry.key, asked.query());
    let answered = Answered { card, key, query, args: &args, plan: &plan, page: &page };
    Ok(written(app, provider, script, &entry, &answered))
}

/// The page as the provider writes it, kept for the next request like this one unless a fault has a say in it.
fn written(
    app: &App,
    provider: &dyn Provider,
    script: &Script,
    entry: &KeyCache,
    answered: &Answered<'_>,
) -> Arc<CachedResponse> {
    let rendered = provider.page(answered.page, answered.args);
    let warnings = explain::warnings(answered, &app.cursors);
    let position = explain::judged_position(answered, &app.cursors);
    app.cursors.remember(answered, rendered.next.as_deref());
    let response = Arc::new(CachedResponse { rendered, warnings: warnings.into(), position });
    if script.paging.is_none() {
        entry.keep(answered.query, response.clone());
    }
    response
}

/// The answer or failure that a fault puts in place of all others. A live key is counted as if the vendor itself failed
/// so: not where the failure says that there is none, and of a used-up quota nothing is left.
fn staged<'k>(
    app: &App,
    asked: &'k Asked<'_>,
    script: &Script,
    notes: &mut Notes,
    progress: &mut Progress<'k>,
) -> Result<Option<Reply>, Failure> {
    let Some(instead) = &script.instead else { return Ok(None) };
    notes.staged();
    if !matches!(&**instead, Instead::Failure(failure) if failure.is_about_the_key()) {
        // A key that is not live has nothing to count.
        let _ = counted(app, asked, progress);
    }
    if let Instead::Failure(Failure::RateLimited(exceeded)) = &**instead {
        progress.counts.show_used_up(exceeded);
    }
    match &**instead {
        Instead::Failure(failure) => Err(failure.clone()),
        Instead::Raw(reply) => Ok(Some(reply.clone())),
    }
}

/// Refuses a cursor if a fault says so.
fn expire_cursor(script: &Script, card: &Card, notes: &mut Notes) -> Result<(), Failure> {
    let Some(failure) = script.refused_cursor(card) else { return Ok(()) };
    notes.staged();
    Err(failure)
}

/// Lets the list of assets pass, or gives what the emulator answers for a route that it does not imitate, or what the
/// vendor's framework answers by itself. What fails here is counted too where the vendor counts all that a live key asks
/// for.
fn routed<'k>(
    app: &App,
    asked: &'k Asked<'_>,
    notes: &mut Notes,
    progress: &mut Progress<'k>,
) -> Result<Option<Reply>, Failure> {
    let provider = asked.route.provider;
    if let Routed::Operation(operation) = asked.routed {
        let absent = operation.is_absent();
        return Ok(absent.then(|| {
            notes.absent(app, provider.card(), operation);
            own_answers::not_imitated(provider.card(), operation)
        }));
    }
    if provider.card().counted == QuotaScope::Everything {
        // A key that is not live has nothing to count.
        let _ = counted(app, asked, progress);
    }
    let cx = asked.context(progress.key, &progress.counts);
    let reply = framework_reply(asked.routed, asked.route, asked.request)?;
    Ok(reply.map(|reply| provider.framework_reply(reply, &cx)))
}

/// The key, if it is live.
fn live_key<'k>(asked: &'k Asked<'_>) -> Result<&'k Arc<KeyCache>, Failure> {
    let entry = asked.key.as_ref().map_err(Failure::clone)?;
    live(&entry.key, asked.now)?;
    Ok(entry)
}

/// The live key, counted.
fn counted<'k>(app: &App, asked: &'k Asked<'_>, progress: &mut Progress<'k>) -> Result<&'k Arc<KeyCache>, Failure> {
    let entry = live_key(asked)?;
    let key = *progress.key.insert(&entry.key);
    progress.counts = app.limits.count(key.id, key.limits, asked.route.provider.card().quotas, asked.now);
    Ok(entry)
}

fn refuse_after_panic(asked: &Asked<'_>) -> Reply {
    error!("a request made us panic; please report it with the lines above");
    asked.route.provider.refusal(&Failure::Internal, &asked.context(None, &Counts::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<A, B, C, F: Future>(_: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    /// Allocators have a kilobyte at hand; more has to be looked for, at each request.
    #[test]
    fn a_request_on_its_way_takes_no_more_than_allocators_have_at_hand() {
        assert!(size_of_future(answer) + size_of::<Arc<App>>() <= 1024, "{} bytes", size_of_future(answer));
    }
}
