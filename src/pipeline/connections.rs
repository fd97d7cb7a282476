//! Attempts from which no request to a vendor comes: handshakes of TLS that fail, and tunnels that are refused. They are in the
//! journal and the log like requests, with what to do about them.

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

/// Notes a handshake that failed. Its target is the host that the client asked for, if it said so.
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

/// Refuses a tunnel that was asked for when the watch was started. The connection ends, since what the client meant to send
/// through it is for somebody else.
pub fn refuse_tunnel(app: Arc<App>, request: Parts, watch: Stopwatch, status: StatusCode, why: &str) -> Response {
    let now = app.clock.now();
    let reply = own_answers::no_tunnel(&request, status, why);
    let mut pending = PendingEntry::received(app, request, watch);
    pending.entry.set_reason(why);
    let mut response = respond(reply.status, reply.headers, reply.body.clone(), now);
    pending.close(&mut response, reply.body, Delivery::Whole);
    response
}
