//! What is noted about a request, for the journal and the log: why it was refused, what about it was probably not meant,
//! which faults applied. It goes to the journal and the log, and into headers of the answer if the client wants it there.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use futures_util::StreamExt;
use tracing::Level;

use crate::clock::{Micros, Stopwatch};
use crate::contract::choices;
use crate::contract::failure::Failure;
use crate::contract::operation::Operation;
use crate::contract::provider::Card;
use crate::contract::variant::Variants;
use crate::emulator::app::App;
use crate::emulator::explain::{self, RefusalFacts, Warning};
use crate::emulator::faults::AppliedFault;
use crate::emulator::faults::wire::Delivery;
use crate::emulator::journal::{self, BODY_CAP, Diagnostics, JournalEntry, LogLine, PackedHeaders};
use crate::emulator::log;
use crate::emulator::redaction;
use crate::http::response_body::ResponseBody;
use crate::library::key::Key;

/// The request header that asks for [`WHY`] and [`WARNINGS`] in the answer.
const EXPLAIN: &str = "x-emulator-explain";
/// The answer header that says why the request was refused.
const WHY: HeaderName = HeaderName::from_static("x-emulator-why");
/// The answer header that says what was probably not meant.
const WARNINGS: HeaderName = HeaderName::from_static("x-emulator-warnings");

/// How long a body that was announced may take to arrive before the request is answered without it: vendors answer before
/// they have read what they do not need.
const BODY_PATIENCE: Duration = Duration::from_millis(250);

/// A request on its way to an answer. It ends in the journal: with its answer, or without one if the client goes away before.
#[derive(Debug)]
pub struct PendingEntry {
    /// The emulator.
    pub app: Arc<App>,
    /// The request but for its body.
    pub request: Parts,
    body: Option<Box<journal::Body>>,
    watch: Stopwatch,
    /// What is noted about it so far.
    pub entry: EntryBuilder,
    ended: bool,
}

/// What is noted about a request.
#[derive(Debug, Default)]
pub struct EntryBuilder {
    provider: Option<&'static str>,
    /// The operation that the request is for, if it is for one.
    pub operation: Option<&'static Operation>,
    workspace: Option<Arc<str>>,
    key: Option<Arc<str>>,
    at: Option<Micros>,
    diagnostics: Option<Box<Diagnostics>>,
}

impl EntryBuilder {
    /// Notes whom the request is for, which workspace its key opens, and when it came by that workspace's clock.
    pub fn note_request(&mut self, card: &'static Card, request: &Parts, key: Option<&Key>, at: Micros) {
        self.provider = Some(card.name);
        self.workspace = key.map(|key| key.workspace.clone());
        self.key = match key {
            Some(key) => Some(key.key.clone()),
            None => card.auth.carrier.read(&request.headers).ok().map(Arc::from),
        };
        self.at = Some(at);
    }

    /// Notes how the vendor behaves, where it is not the default.
    pub fn note_variants(&mut self, card: &'static Card, variants: Variants) {
        if variants != Variants::default() {
            self.remark().variants = choices::changed(variants, card);
        }
    }

    /// Notes the faults that apply.
    pub fn note_faults(&mut self, applied: &[AppliedFault]) {
        if applied.is_empty() {
            return;
        }
        self.remark().faults = applied.iter().map(|fault| fault.effect.name().to_owned()).collect();
    }

    /// Notes why the request is refused, unless a fault wants it so.
    pub fn note_refusal(&mut self, failure: &Failure, facts: &RefusalFacts<'_>) {
        self.remark().why.get_or_insert_with(|| explain::why(failure, facts));
    }

    /// Notes a reason in words.
    pub fn set_reason(&mut self, why: impl Into<String>) {
        self.remark().why = Some(why.into());
    }

    /// Notes that the answer is a fault's, not the vendor's.
    pub fn note_injected(&mut self) {
        let diagnostics = self.remark();
        diagnostics.why = Some(format!("the fault `{}` struck", diagnostics.faults.join("`, `")));
    }

    /// Notes that the connection is reset before any of the answer leaves.
    fn undelivered(&mut self) {
        self.remark()
            .why
            .get_or_insert_with(|| "a fault reset the connection before any of the answer left".to_owned());
    }

    /// Notes that the route is one of the vendor's that is not imitated here.
    pub fn note_not_imitated(&mut self, app: &App, card: &'static Card, operation: &'static Operation) {
        let warning = Warning::NotImitated { title: card.title, operation };
        self.set_reason(warning.to_string());
        self.note_warnings(app, &[warning]);
    }

    /// Notes that the request is a preflight, which no vendor answers.
    pub fn note_preflight(&mut self) {
        self.remark().is_preflight = true;
    }

    /// Notes that it is a handshake after which there was no request.
    pub fn note_unused(&mut self) {
        self.remark().is_unused = true;
    }

    /// Notes that a browser will keep the answer from the page that asked for it.
    fn note_cross_origin(&mut self, app: &App, request: &Parts) {
        let warning = explain::cross_origin(request, app.settings.cors.as_ref(), self.key.as_deref());
        self.note_warnings(app, warning.as_slice());
    }

    /// Notes what about a request was probably not meant.
    pub fn note_warnings(&mut self, app: &App, warnings: &[Warning]) {
        if warnings.is_empty() {
            return;
        }
        self.remark().warnings.extend_from_slice(warnings);
        if let Some(workspace) = &self.workspace {
            app.workspace_states.get_or_create(workspace).warned.fetch_add(warnings.len() as u64, Relaxed);
        }
    }

    fn remark(&mut self) -> &mut Diagnostics {
        self.diagnostics.get_or_insert_default()
    }

    /// Puts the notes into headers of the answer, if the client asks for them.
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
    /// A request that has just come.
    pub fn receive(app: Arc<App>, request: Parts) -> PendingEntry {
        PendingEntry::received(app, request, Stopwatch::start())
    }

    /// A request that came when the watch was started.
    pub fn received(app: Arc<App>, request: Parts, watch: Stopwatch) -> PendingEntry {
        PendingEntry { app, request, body: None, watch, entry: EntryBuilder::default(), ended: false }
    }

    /// Reads the beginning of its body, as far as it comes soon.
    pub async fn read(&mut self, body: Body) {
        self.body = Some(Box::new(beginning(body).await));
    }

    /// Ends it with an answer, which is in the journal and the log before it leaves, as far as it will leave.
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
                self.entry.remark().sent = Some(sent as u64);
                self.end(Some(response), journal::Body::beginning(&body, sent));
            }
            Delivery::Nothing => {
                self.entry.undelivered();
                self.end(None, journal::Body::default());
            }
        }
    }

    /// Ends it without an answer.
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
        let exchange = self.exchange(response, body);
        if let Some(summary) = &self.app.summary {
            summary.count(&exchange);
        }
        let line = is_logged.then(|| LogLine::of(&exchange));
        let seq = NonZeroU64::new(self.app.journal.record(exchange));
        if let Some(mut line) = line {
            line.seq = seq;
            self.app.log.write(level, &line);
        }
    }

    fn exchange(&mut self, response: Option<&Response>, body: journal::Body) -> JournalEntry {
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
            request_body: self.body.take(),
            status: response.map(Response::status),
            response_body: body,
            duration: self.watch.elapsed(),
            diagnostics: self.entry.diagnostics.take(),
        }
    }
}

/// The HTTP layer gives a request up when its connection ends.
impl Drop for PendingEntry {
    fn drop(&mut self) {
        if !self.ended {
            self.entry.set_reason("the client went away before it was answered");
            self.end(None, journal::Body::default());
        }
    }
}

/// The beginning of a request's body, as far as it comes soon.
async fn beginning(body: Body) -> journal::Body {
    let announced = body.size_hint().lower();
    let mut whole = Vec::new();
    let mut parts = body.into_data_stream();
    let reading = async {
        while let Some(Ok(part)) = parts.next().await {
            whole.extend_from_slice(&part);
            if whole.len() > BODY_CAP {
                break;
            }
        }
    };
    // What came in time is kept either way.
    let _ = tokio::time::timeout(BODY_PATIENCE, reading).await;
    let length = announced.max(whole.len() as u64);
    journal::Body { length, ..journal::Body::of(whole) }
}
