//! The journal entry of a request while the request is served: why it was refused, what in it was probably a mistake,
//! which faults applied. The finished entry goes to the journal and the log, and into response headers if the client
//! asks for them.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use tracing::Level;

use super::body::RequestBody;
use crate::clock::{Micros, Stopwatch};
use crate::contract::choices;
use crate::contract::failure::Failure;
use crate::contract::operation::Operation;
use crate::contract::provider::Card;
use crate::contract::variant::Variants;
use crate::emulator::app::App;
use crate::emulator::explain::{self, RefusalFacts};
use crate::emulator::faults::AppliedFault;
use crate::emulator::faults::wire::Delivery;
use crate::emulator::journal::{self, Diagnostics, JournalEntry, LogLine, PackedHeaders};
use crate::emulator::log;
use crate::emulator::redaction;
use crate::emulator::warning::Warning;
use crate::http::request_body::holds_back;
use crate::http::response_body::ResponseBody;
use crate::library::key::Key;

/// The request header that asks for [`WHY`] and [`WARNINGS`] in the answer.
const EXPLAIN: &str = "x-emulator-explain";
/// The response header that says why the request was refused.
const WHY: HeaderName = HeaderName::from_static("x-emulator-why");
/// The response header that lists what was probably a mistake.
const WARNINGS: HeaderName = HeaderName::from_static("x-emulator-warnings");

/// A request that is not answered yet. It is recorded in the journal with its response, or without one if it is dropped
/// because the client disconnected.
#[derive(Debug)]
pub struct PendingEntry {
    /// The emulator's state.
    pub app: Arc<App>,
    /// The request without its body.
    pub request: Parts,
    /// The body, as far as it has arrived.
    pub body: Option<Box<RequestBody>>,
    watch: Stopwatch,
    /// What is known for the entry so far.
    pub entry: EntryBuilder,
    ended: bool,
}

/// The parts of a journal entry that the pipeline finds out.
#[derive(Debug, Default)]
pub struct EntryBuilder {
    provider: Option<&'static str>,
    /// The operation that the request was routed to.
    pub operation: Option<&'static Operation>,
    workspace: Option<Arc<str>>,
    key: Option<Arc<str>>,
    at: Option<Micros>,
    diagnostics: Option<Box<Diagnostics>>,
}

impl EntryBuilder {
    /// Records the provider, the key and its workspace, and when the request came by that workspace's clock. An unknown
    /// key is recorded as the client sent it.
    pub fn note_request(&mut self, card: &'static Card, request: &Parts, key: Option<&Key>, at: Micros) {
        self.provider = Some(card.name);
        self.workspace = key.map(|key| key.workspace.clone());
        self.key = match key {
            Some(key) => Some(key.key.clone()),
            None => card.auth.carrier.read(&request.headers).ok().map(Arc::from),
        };
        self.at = Some(at);
    }

    /// Records the workspace of a request without a key, and when the request came by that workspace's clock.
    pub fn note_workspace(&mut self, found: Option<(Arc<str>, Micros)>) {
        if let Some((workspace, at)) = found {
            (self.workspace, self.at) = (Some(workspace), Some(at));
        }
    }

    /// Records the variants of the vendor's behaviour that are not the default.
    pub fn note_variants(&mut self, card: &'static Card, variants: Variants) {
        if variants != Variants::default() {
            self.diagnostics_mut().variants = choices::changed(variants, card);
        }
    }

    /// Records the faults that apply.
    pub fn note_faults(&mut self, applied: &[AppliedFault]) {
        if applied.is_empty() {
            return;
        }
        self.diagnostics_mut().faults = applied.iter().map(|fault| fault.effect.name().to_owned()).collect();
    }

    /// Records that faults did not apply, since they change nothing of the answer. No rule counts one that the request
    /// itself asked for, so that one is a warning.
    pub fn note_idle_faults(&mut self, app: &App, idle: &[&AppliedFault]) {
        for AppliedFault { id, effect, .. } in idle {
            let recorded = &mut self.diagnostics_mut().faults;
            if let Some(place) = recorded.iter().position(|name| name == effect.name()) {
                recorded.remove(place);
            }
            if id.is_none() {
                self.note_warnings(app, &[Warning::IdleFault { name: effect.name().to_owned() }]);
            }
        }
    }

    /// Records why the request is refused, unless a reason such as an injected fault is recorded already.
    pub fn note_refusal(&mut self, failure: &Failure, facts: &RefusalFacts<'_>) {
        self.diagnostics_mut().why.get_or_insert_with(|| explain::why(failure, facts));
    }

    /// Records `why` as the reason, in place of an earlier one.
    pub fn set_reason(&mut self, why: impl Into<String>) {
        self.diagnostics_mut().why = Some(why.into());
    }

    /// Records that the response comes from a fault and not from the vendor.
    pub fn note_injected(&mut self) {
        let diagnostics = self.diagnostics_mut();
        diagnostics.why = Some(format!("the fault `{}` struck", diagnostics.faults.join("`, `")));
    }

    /// Records that the connection is reset before any byte of the response is sent, unless there is another reason.
    fn note_undelivered(&mut self) {
        self.diagnostics_mut()
            .why
            .get_or_insert_with(|| "a fault reset the connection before any of the answer left".to_owned());
    }

    /// Records that the vendor has this route and the emulator does not imitate it.
    pub fn note_not_imitated(&mut self, app: &App, card: &'static Card, operation: &'static Operation) {
        let warning = Warning::NotImitated { title: card.title, operation };
        self.set_reason(warning.to_string());
        self.note_warnings(app, &[warning]);
    }

    /// Records that the request is a CORS preflight, which the emulator answers itself.
    pub fn note_preflight(&mut self) {
        self.diagnostics_mut().is_preflight = true;
    }

    /// Notes that it is a handshake after which there was no request.
    pub fn note_unused(&mut self) {
        self.diagnostics_mut().is_unused = true;
    }

    /// Records a warning if the browser will withhold the response from the page that sent the request (CORS).
    fn note_cross_origin(&mut self, app: &App, request: &Parts) {
        let warning = explain::cross_origin(request, app.settings.cors.as_ref(), self.key.as_deref());
        self.note_warnings(app, warning.as_slice());
    }

    /// Records warnings, and counts them for the workspace, which may be strict about them.
    pub fn note_warnings(&mut self, app: &App, warnings: &[Warning]) {
        if warnings.is_empty() {
            return;
        }
        self.diagnostics_mut().warnings.extend_from_slice(warnings);
        if let Some(workspace) = &self.workspace {
            app.workspace_states.get_or_create(workspace).warned.fetch_add(warnings.len() as u64, Relaxed);
        }
    }

    fn diagnostics_mut(&mut self) -> &mut Diagnostics {
        self.diagnostics.get_or_insert_default()
    }

    /// Adds the reason and the warnings as response headers, if the client asks for them with `X-Emulator-Explain: 1`.
    fn add_explain_headers(&self, request: &Parts, response: &mut Response) {
        if request.headers.get(EXPLAIN).is_none_or(|value| value != "1") {
            return;
        }
        let Some(diagnostics) = &self.diagnostics else { return };
        let warnings = diagnostics.warnings.iter().map(Warning::to_string).collect::<Vec<_>>().join("; ");
        let warnings = (!warnings.is_empty()).then_some(warnings);
        for (name, text) in [(WHY, diagnostics.why.clone()), (WARNINGS, warnings)] {
            let value = text.and_then(|text| HeaderValue::from_str(&redaction::in_ascii(&text)).ok());
            response.headers_mut().extend(value.map(|value| (name, value)));
        }
    }
}

impl PendingEntry {
    /// Starts the entry of a request that has just arrived, and the measurement of how long it takes.
    pub fn receive(app: Arc<App>, request: Parts) -> PendingEntry {
        PendingEntry::received(app, request, Stopwatch::start())
    }

    /// A request that came when the watch was started.
    pub fn received(app: Arc<App>, request: Parts, watch: Stopwatch) -> PendingEntry {
        PendingEntry { app, request, body: None, watch, entry: EntryBuilder::default(), ended: false }
    }

    /// Reads as much of the request's body as the journal keeps and as arrives in time. A body that the client holds
    /// back (`Expect: 100-continue`) is not asked for yet.
    pub async fn receive_body(&mut self, body: Body) {
        let is_held_back = holds_back(self.request.version, &self.request.headers);
        self.body = Some(Box::new(RequestBody::receive(body, is_held_back, self.app.timeouts.beginning).await));
    }

    /// Records the request with its response, or with the part of it that `delivery` lets through. This happens before
    /// the response is sent, so a client that has its response also finds the entry in the journal.
    pub fn close(mut self, response: &mut Response, body: ResponseBody, delivery: Delivery) {
        self.entry.note_cross_origin(&self.app, &self.request);
        self.entry.add_explain_headers(&self.request, response);
        if let Some(allowed) = &self.app.settings.cors {
            allowed.add_headers(&self.request, response.headers_mut());
        }
        let body = if self.request.method == Method::HEAD { ResponseBody::default() } else { body };
        match delivery {
            Delivery::Whole => self.end(Some(response), journal::Body::of(body)),
            Delivery::Part(sent) => {
                self.entry.diagnostics_mut().sent = Some(sent as u64);
                self.end(Some(response), journal::Body::beginning(&body, sent));
            }
            Delivery::Nothing => {
                self.entry.note_undelivered();
                self.end(None, journal::Body::default());
            }
        }
    }

    /// Records the request without a response.
    pub fn close_unanswered(mut self) {
        self.end(None, journal::Body::default());
    }

    fn end(&mut self, response: Option<&Response>, body: journal::Body) {
        self.ended = true;
        let level = self.entry.diagnostics.as_ref().map_or(Level::DEBUG, |diagnostics| diagnostics.level());
        let is_logged = log::is_enabled(level);
        if !is_logged && self.app.journal.is_off() && self.app.summary.is_none() {
            return;
        }
        let entry = self.journal_entry(response, body);
        if let Some(summary) = &self.app.summary {
            summary.count(&entry);
        }
        let line = is_logged.then(|| LogLine::of(&entry));
        let seq = NonZeroU64::new(self.app.journal.record(entry));
        if let Some(mut line) = line {
            line.seq = seq;
            self.app.log.write(level, &line);
        }
    }

    fn journal_entry(&mut self, response: Option<&Response>, body: journal::Body) -> JournalEntry {
        JournalEntry {
            seq: 0,
            at: self.entry.at.unwrap_or_else(|| self.app.clock.now()),
            provider: self.entry.provider,
            operation: self.entry.operation,
            workspace: self.entry.workspace.take(),
            key: self.entry.key.take(),
            method: std::mem::take(&mut self.request.method),
            heads: PackedHeaders::of(&self.request.uri, &self.request.headers, response.map(Response::headers)),
            version: self.request.version,
            request_body: self.body.take().map(|body| Box::new(body.in_journal())),
            status: response.map(Response::status),
            response_body: body,
            duration_us: u32::try_from(self.watch.elapsed().as_micros()).unwrap_or(u32::MAX),
            bodies_dropped: false,
            diagnostics: self.entry.diagnostics.take(),
        }
    }
}

/// hyper drops the future of a request, and so its entry, when the client disconnects.
impl Drop for PendingEntry {
    fn drop(&mut self) {
        if !self.ended {
            self.entry.set_reason("the client went away before it was answered");
            self.end(None, journal::Body::default());
        }
    }
}
