//! Connections that fail before a request to a vendor: failed TLS handshakes and refused tunnels. They are recorded in
//! the journal and the log like requests, with the reason, so that a user can see what to change.

use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;

use super::entry::PendingEntry;
use super::own_answers;
use crate::clock::Stopwatch;
use crate::emulator::app::App;
use crate::emulator::faults::wire::Delivery;
use crate::emulator::journal::HANDSHAKE;
use crate::http::connection::tls::HandshakeFailure;
use crate::http::respond::respond;

/// Records a failed TLS handshake. Its target is the host that the client named (SNI), or `*` if it named none.
pub fn note_failed_handshake(app: Arc<App>, failure: &HandshakeFailure) {
    let host = failure.host.as_deref().unwrap_or("*");
    let method = Method::from_bytes(HANDSHAKE.as_bytes()).unwrap_or_default();
    let Ok(request) = Request::builder().method(method).uri(host).body(()) else { return };
    let mut pending = PendingEntry::receive(app, request.into_parts().0);
    pending.entry.set_reason(failure.to_string());
    if failure.is_unused {
        pending.entry.note_unused();
    }
    pending.close_unanswered();
}

/// Refuses a tunnel that was asked for when `watch` was started, and closes the connection, since what the client sends
/// next is meant for another server.
pub fn refuse_tunnel(app: Arc<App>, request: Parts, watch: Stopwatch, status: StatusCode, why: &str) -> Response {
    let now = app.clock.now();
    let reply = own_answers::no_tunnel(&request, status, why);
    let mut pending = PendingEntry::received(app, request, watch);
    pending.entry.set_reason(why);
    let mut response = respond(reply.status, reply.headers, reply.body.clone(), now);
    pending.close(&mut response, reply.body, Delivery::Whole);
    response
}
