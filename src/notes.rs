//! What is noted about a request, for whoever asks afterwards: why it was refused, what about it was probably not meant,
//! which faults struck. It goes to the journal and the log, and into headers of the answer if the client wants it there.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use futures_util::StreamExt;
use tracing::{debug, info};

use crate::app::App;
use crate::clock::{Micros, Stopwatch};
use crate::explain::{self, Answered, Case, Warning};
use crate::failure::Failure;
use crate::faults::Struck;
use crate::journal::{self, BODY_CAP, Exchange, Headers};
use crate::provider::Card;
use crate::providers;
use crate::store::Key;

/// The request header that asks for [`WHY`] and [`WARNINGS`] in the answer.
const EXPLAIN: &str = "x-emulator-explain";
/// The answer header that says why the request was refused.
const WHY: HeaderName = HeaderName::from_static("x-emulator-why");
/// The answer header that says what was probably not meant.
const WARNINGS: HeaderName = HeaderName::from_static("x-emulator-warnings");

/// How long a body that was announced may take to arrive before the request is answered without it: vendors answer before
/// they have read what they do not need.
const BODY_PATIENCE: Duration = Duration::from_millis(250);

/// What is noted about a request.
#[derive(Debug, Default)]
pub struct Notes {
    why: Option<String>,
    warnings: Vec<Warning>,
    faults: Vec<String>,
}

/// Who was asked, by whom, and when.
#[derive(Debug)]
pub struct Subject {
    /// The provider.
    pub card: Option<&'static Card>,
    /// The key, live or not, if anybody holds it.
    pub key: Option<Key>,
    /// When, by the workspace's clock.
    pub at: Micros,
    /// Since when, in real time.
    pub watch: Stopwatch,
}

impl Notes {
    /// Notes the faults that strike.
    pub fn struck(&mut self, struck: &[Struck]) {
        self.faults = struck.iter().map(|struck| struck.effect.name().to_owned()).collect();
    }

    /// Notes why the request is refused.
    pub async fn refused(&mut self, app: &App, failure: &Failure, case: Case<'_>) {
        let owner = match (failure, case.shown) {
            (Failure::UnknownKey, Some(text)) => app.store.provider_of_key(text).await.unwrap_or_default(),
            _ => None,
        };
        let owner = owner.and_then(|name| providers::named(&name)).map(|provider| provider.card());
        self.why = Some(explain::why(failure, &Case { owner, ..case }));
    }

    /// Notes a reason in words.
    pub fn because(&mut self, why: impl Into<String>) {
        self.why = Some(why.into());
    }

    /// Notes that the answer is a fault's, not the vendor's.
    pub fn staged(&mut self) {
        self.why = Some(format!("the fault `{}` struck", self.faults.join("`, `")));
    }

    /// Notes what about an answered request was probably not meant, and remembers what the answer offers.
    pub fn answered(&mut self, app: &App, answered: &Answered, next: Option<&str>) {
        self.warnings = explain::warnings(answered, &app.cursors);
        app.cursors.remember(answered, next);
        if !self.warnings.is_empty() {
            let tenant = app.tenants.of(&answered.key.workspace);
            tenant.warned.fetch_add(self.warnings.len() as u64, Relaxed);
        }
    }

    /// Puts the notes into headers of the answer, if the client asks for them.
    fn wear(&self, request: &Parts, response: &mut Response) {
        if request.headers.get(EXPLAIN).is_none_or(|value| value != "1") {
            return;
        }
        let warnings = self.warnings.iter().map(Warning::to_string).collect::<Vec<_>>().join("; ");
        let warnings = (!warnings.is_empty()).then_some(warnings);
        for (name, text) in [(WHY, self.why.clone()), (WARNINGS, warnings)] {
            let value = text.and_then(|text| HeaderValue::from_bytes(text.as_bytes()).ok());
            response.headers_mut().extend(value.map(|value| (name, value)));
        }
    }

    /// Ends the notes of a request: they are in the journal and the log before the answer leaves.
    pub fn close(
        self,
        app: &App,
        subject: Subject,
        request: Parts,
        request_body: journal::Body,
        response: &mut Response,
        body: Bytes,
    ) {
        self.wear(&request, response);
        let worth_a_line = self.why.is_some() || !self.warnings.is_empty();
        if app.journal.is_off() && !worth_a_line && !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let shown = subject.card.and_then(|card| card.auth.carrier.read(&request.headers).ok());
        let exchange = Exchange {
            at: subject.at,
            provider: subject.card.map(|card| card.name),
            workspace: subject.key.map(|key| key.workspace),
            key: shown.map(str::to_owned),
            method: request.method,
            target: request.uri,
            version: request.version,
            request_headers: Headers::from(&request.headers),
            request_body,
            status: Some(response.status()),
            response_headers: Headers::from(response.headers()),
            response_body: journal::Body::of(body),
            duration: subject.watch.elapsed(),
            faults: self.faults,
            why: self.why,
            warnings: self.warnings,
        };
        if worth_a_line {
            info!("{exchange}");
        } else {
            debug!("{exchange}");
        }
        app.journal.record(exchange);
    }
}

/// The beginning of a request's body, as far as it comes soon.
pub async fn beginning(body: Body) -> journal::Body {
    if body.is_end_stream() {
        return journal::Body::default();
    }
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
    journal::Body { length, ..journal::Body::of(whole.into()) }
}
