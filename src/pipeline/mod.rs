//! One request, stage by stage; the list of the stages is in [`call`]. Once the provider of a request is known, every
//! response to it is in that provider's format: pages, refusals and injected faults. A request that belongs to no
//! provider gets the emulator's own 404.

mod body;
mod call;
mod checks;
mod connections;
mod due_assets;
pub mod entry;
mod multipart;
mod own_answers;
mod receive;
mod run;
mod signed;
mod write_between_pages;

use std::future::Future;
use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::future::Either;

use self::body::RequestBody;
use self::call::Call;
pub use self::connections::{note_failed_handshake, refuse_tunnel};
use self::entry::{EntryBuilder, PendingEntry};
use crate::clock::Micros;
use crate::emulator::app::App;
use crate::emulator::faults::FaultPlan;
use crate::emulator::faults::wire::Client;
use crate::emulator::redaction::{SHORT, Secrets, clip};
use crate::http::connection::ConnectionHandle;
use crate::http::cors;
use crate::http::reply::Reply;
use crate::http::respond::respond;
use crate::providers::directory;

/// Answers a request that is not for the emulator's own API. Faults cannot reset a missing connection.
pub fn answer(
    app: Arc<App>,
    connection: Option<ConnectionHandle>,
    request: Request,
) -> impl Future<Output = Response> + Send {
    // Not an `async fn`: its future would hold the arguments as well as the values made from them, and a smaller future
    // is allocated faster.
    let (request, body) = request.into_parts();
    let mut pending = PendingEntry::receive(app, request);
    async move {
        if !body.is_end_stream() {
            Box::pin(pending.receive_body(body)).await;
        }
        let PendingEntry { app, request, body, entry, .. } = &mut pending;
        let outcome = serve(app, request, body.as_deref_mut(), entry).await;
        let (response, faults, client) = close(pending, connection, outcome);
        faults.send(response, &client).await
    }
}

/// A reply, and what is needed to send it.
struct Outcome {
    reply: Reply,
    /// The time of the request, by the clock of the key's workspace; for the `Date` header.
    now: Micros,
    faults: FaultPlan,
}

async fn serve(app: &App, request: &Parts, body: Option<&mut RequestBody>, entry: &mut EntryBuilder) -> Outcome {
    // Faults do not change the emulator's own answers.
    let own = |reply, now| Outcome { reply, now, faults: FaultPlan::default() };
    if let Some(reply) = refuse_other_host(app, request, entry) {
        return own(reply, app.clock.now());
    }
    if let Some(reply) = answer_preflight(app, request, entry) {
        return own(reply, app.clock.now());
    }
    let Some(target) = directory::resolve(request) else {
        entry.set_reason("no provider owns this address");
        return own(own_answers::no_provider(request), app.clock.now());
    };
    let mut call = Call::new(app, &target, request, entry).await;
    if let Err(why) = call.plan_faults() {
        call.entry.set_reason(format!("`X-Emulator-Fault`: {why}"));
        return own(own_answers::no_such_fault(&why), call.now);
    }
    if !call.faults.delay.is_zero() {
        tokio::time::sleep(call.faults.delay).await;
    }
    let reply = call.answer(body).await;
    let reply = match call.settle_shown(reply) {
        Either::Left(reply) => reply,
        Either::Right(settled) => settled.await,
    };
    Outcome { reply: call.faults.finish(reply, call.now), now: call.now, faults: call.faults }
}

/// Refuses a request with an absolute URL, as clients send to a proxy, whose host is neither a vendor's nor this
/// server's. No vendor may answer it.
fn refuse_other_host(app: &App, request: &Parts, entry: &mut EntryBuilder) -> Option<Reply> {
    let host = request.uri.host()?;
    if app.settings.answers_for(host) {
        return None;
    }
    let shown = clip(host, SHORT, &Secrets::of(None, &request.headers));
    let why = format!(
        "`{shown}` is no host of a vendor, and plain HTTP to other hosts is not passed on; start the server with `--tls-name` and the name if it leads here"
    );
    entry.set_reason(&*why);
    Some(own_answers::other_host(&shown, &why))
}

/// Answers a CORS preflight if `--cors` allows any origin. It comes first, because a browser sends a preflight without
/// the key: no key, rate limit or fault applies to it.
fn answer_preflight(app: &App, request: &Parts, entry: &mut EntryBuilder) -> Option<Reply> {
    let allowed = app.settings.cors.as_ref().filter(|_| cors::is_preflight(request))?;
    if let Some(target) = directory::resolve(request) {
        entry.note_request(target.provider.card(), request, None, app.clock.now());
    }
    entry.note_preflight();
    Some(allowed.preflight_reply(&request.headers))
}

/// Builds the response and records the request in the journal.
fn close(
    mut pending: PendingEntry,
    connection: Option<ConnectionHandle>,
    outcome: Outcome,
) -> (Response, FaultPlan, Client) {
    let Outcome { reply, now, faults } = outcome;
    let client = Client::of(&pending.request, connection);
    let body = reply.body;
    let mut response = respond(reply.status, reply.headers, body.clone(), now);
    let delivery = faults.delivery(body.len(), &client);
    take_back_faults(&mut pending, &faults, body.len(), &client);
    pending.close(&mut response, body, delivery);
    (response, faults, client)
}

/// Faults that change nothing of an answer with a body of `length` bytes did not fire.
fn take_back_faults(pending: &mut PendingEntry, faults: &FaultPlan, length: usize, client: &Client) {
    let idle: Vec<_> = faults.idle_faults(length, client).collect();
    if idle.is_empty() {
        return;
    }
    pending.app.faults.take_back(&idle.iter().filter_map(|fault| fault.id).collect::<Vec<_>>());
    pending.entry.note_idle_faults(&pending.app, &idle);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<A, B, C, F: Future>(_: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    /// Allocators serve blocks up to 1 KiB from a per-thread cache; larger blocks take longer, at each request.
    #[test]
    fn the_future_of_a_request_fits_in_a_kilobyte() {
        assert!(size_of_future(answer) + size_of::<Arc<App>>() <= 1024, "{} bytes", size_of_future(answer));
    }
}
