//! What the faults that apply to a request do to it, in the order of the pipeline's stages.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::applied_fault::AppliedFault;
use super::effect::{Effect, Raw};
use super::failures;
use super::paging::PagingFault;
use super::rule::RetryAfter;
use super::wire::{self, Client, Delivery};
use crate::clock::Micros;
use crate::contract::failure::Failure;
use crate::contract::page::Page;
use crate::contract::provider::Card;
use crate::http::reply::Reply;
use crate::library::limits::KeyLimits;
use crate::library::selection::AssetQuery;
use crate::random::Rng;

/// What happens to one request. Latencies add up. Of the other faults, the first of each of these groups counts:
///
/// - what is answered: `failure`, `raw`, `empty`;
/// - the paging;
/// - how the answer is written: `malformed_json`, `content_type`;
/// - how it is sent: `truncate`, `trickle`, `reset`.
///
/// Most requests have an empty plan, so the large parts are in boxes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FaultPlan {
    /// How long the request waits before anything else happens to it.
    pub delay: Duration,
    /// What is answered in place of a page.
    pub instead: Option<Box<Replacement>>,
    /// What happens to the walk. Before a page is read, the pipeline itself makes or removes an asset.
    pub paging: Option<PagingFault>,
    retry_after: Option<RetryAfter>,
    emptied: bool,
    written: Option<Box<Effect>>,
    travels: Option<Box<Effect>>,
}

/// An answer in place of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Replacement {
    /// A failure for the vendor to word.
    Failure(Failure),
    /// An answer that has nothing of the vendor's.
    Raw(Reply),
}

impl FaultPlan {
    /// Puts together what applies to a request to this provider, with a key of these limits.
    pub fn of(applied: &[AppliedFault], card: &Card, limits: KeyLimits, now: Micros, rng: &Rng) -> FaultPlan {
        let mut plan = FaultPlan::default();
        for AppliedFault { effect, retry_after, .. } in applied {
            match effect {
                Effect::Latency(latency) => plan.delay += latency.draw(rng),
                Effect::Paging(fault) => plan.paging = plan.paging.or(Some(*fault)),
                Effect::Failure(name) => {
                    let failure = || failures::named(card, name, limits, now, *retry_after).map(Replacement::Failure);
                    plan.answer(*retry_after, failure);
                }
                Effect::Raw(raw) => plan.answer(*retry_after, || Some(Replacement::Raw(reply(raw)))),
                Effect::Empty if plan.instead.is_none() => plan.emptied = true,
                Effect::Empty => {}
                Effect::MalformedJson | Effect::ContentType(_) => {
                    plan.written.get_or_insert_with(|| Box::new(effect.clone()));
                }
                Effect::Truncate(_) | Effect::Trickle(_) | Effect::Reset(_) => {
                    plan.travels.get_or_insert_with(|| Box::new(effect.clone()));
                }
            }
        }
        plan
    }

    fn answer(&mut self, retry_after: Option<RetryAfter>, instead: impl FnOnce() -> Option<Replacement>) {
        if self.instead.is_none() && !self.emptied {
            self.retry_after = retry_after;
            self.instead = instead().map(Box::new);
        }
    }

    /// The refusal of a cursor, if that is what happens to the walk.
    pub fn refused_cursor(&self, card: &Card) -> Option<Failure> {
        (self.paging == Some(PagingFault::ExpiredCursor)).then(|| failures::misplaced(card))
    }

    /// What the pipeline does to the library before the page is read: it makes an asset, or removes one.
    pub fn write_between(&self) -> Option<PagingFault> {
        self.paging.filter(|fault| matches!(fault, PagingFault::Insert | PagingFault::Remove))
    }

    /// What happens to the question for a page.
    pub fn alter_query(&self, plan: &mut AssetQuery) {
        if let Some(fault) = self.paging {
            fault.alter_query(plan);
        }
    }

    /// What happens to the page, before the vendor shows it.
    pub fn alter_page(&self, page: &mut Page, rng: &Rng) {
        if let Some(fault) = self.paging {
            fault.alter_page(page, rng);
        }
    }

    /// What happens to the vendor's answer, whatever it is, before it is put on the wire.
    pub fn finish(&self, mut reply: Reply, now: Micros) -> Reply {
        let retry_after = self.retry_after.filter(|_| self.instead.is_some()).map(|after| after.value(now));
        if let Some(value) = retry_after.and_then(|value| HeaderValue::try_from(value).ok()) {
            reply.headers.insert(header::RETRY_AFTER, value);
        }
        if self.emptied {
            reply = wire::emptied(reply);
        }
        match &self.written {
            Some(effect) => wire::written(reply, effect),
            None => reply,
        }
    }

    /// How much leaves of an answer with a body of so many bytes.
    pub fn delivery(&self, length: usize, peer: &Client) -> Delivery {
        self.travels.as_ref().map_or(Delivery::Whole, |effect| wire::delivery(effect, length, peer))
    }

    /// What happens to the answer on its way; the last thing before the HTTP layer has it.
    pub async fn send(&self, response: Response, peer: &Client) -> Response {
        match &self.travels {
            Some(effect) => Box::pin(wire::send(response, effect, peer)).await,
            None => response,
        }
    }
}

/// A raw answer. A body that is not a text is JSON, and said to be unless the headers say otherwise.
fn reply(Raw { status, headers, body }: &Raw) -> Reply {
    let mut reply = Reply::empty(wire::status(*status));
    if let Some(body) = body {
        reply.body = body.as_text().unwrap_or_else(|| body.as_json().to_owned()).into();
        if body.as_text().is_none() {
            reply = reply.header("content-type", "application/json");
        }
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (header::HeaderName::try_from(name), HeaderValue::from_str(value)) {
            reply.headers.insert(name, value);
        }
    }
    reply
}
