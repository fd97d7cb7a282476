//! The combined effects of the faults that apply to a request, in the order of the pipeline's stages.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::applied_fault::AppliedFault;
use super::effect::{Effect, Raw};
use super::failures;
use super::paging::PagingFault;
use super::rule::RetryAfter;
use super::wire::{self, Client, Delivery};
use crate::clock::Micros;
use crate::contract::failure::Failure;
use crate::contract::operation::Operation;
use crate::contract::page::Page;
use crate::contract::provider::Card;
use crate::http::reply::Reply;
use crate::library::limits::KeyLimits;
use crate::library::selection::AssetQuery;
use crate::random::Rng;

/// The effects of all faults on one request. Latencies add up. Of the others, the first in each of these groups counts:
///
/// - the content of the response: `failure`, `raw`, `empty`;
/// - the paging;
/// - the format of the response: `malformed_json`, `content_type`;
/// - the delivery of the response: `truncate`, `trickle`, `reset`.
///
/// Most requests have an empty plan, so the large fields are boxed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FaultPlan {
    /// How long to wait before the request is served.
    pub delay: Duration,
    /// The response or failure in place of the vendor's response.
    pub instead: Option<Box<Replacement>>,
    /// The paging fault.
    pub paging: Option<PagingFault>,
    retry_after: Option<RetryAfter>,
    is_emptied: bool,
    format: Option<Box<Effect>>,
    delivery: Option<Box<Effect>>,
    /// The faults that change or remove a body. They change nothing of a reply that has none.
    body_faults: Vec<AppliedFault>,
    /// Whether the reply was empty and 200 before `empty` was applied.
    is_empty_already: bool,
}

/// What replaces the vendor's response.
#[derive(Debug, Clone, PartialEq)]
pub enum Replacement {
    /// A failure, in the vendor's format.
    Failure(Failure),
    /// A complete response, sent as it is.
    Raw(Reply),
}

impl FaultPlan {
    /// Combines the faults that apply to a request to this provider, and to this operation if there is one, with a key
    /// with these limits.
    pub fn of(
        applied: &[AppliedFault],
        card: &Card,
        operation: Option<&Operation>,
        limits: KeyLimits,
        now: Micros,
        rng: &Rng,
    ) -> FaultPlan {
        let mut plan = FaultPlan::default();
        plan.body_faults
            .extend(applied.iter().filter(|fault| fault.effect.needs_body() || fault.effect == Effect::Empty).cloned());
        for AppliedFault { effect, retry_after, .. } in applied {
            match effect {
                Effect::Latency(latency) => plan.delay += latency.draw(rng),
                Effect::Paging(fault) => plan.paging = plan.paging.or(Some(*fault)),
                Effect::Failure(name) => {
                    let failure = || failures::named(card, operation, name, limits, now, *retry_after);
                    plan.answer(*retry_after, || failure().map(Replacement::Failure));
                }
                Effect::Raw(raw) => plan.answer(*retry_after, || Some(Replacement::Raw(reply(raw)))),
                Effect::Empty if plan.instead.is_none() => plan.is_emptied = true,
                Effect::Empty => {}
                Effect::MalformedJson | Effect::ContentType(_) => {
                    plan.format.get_or_insert_with(|| Box::new(effect.clone()));
                }
                Effect::Truncate(_) | Effect::Trickle(_) | Effect::Reset(_) => {
                    plan.delivery.get_or_insert_with(|| Box::new(effect.clone()));
                }
            }
        }
        plan
    }

    fn answer(&mut self, retry_after: Option<RetryAfter>, instead: impl FnOnce() -> Option<Replacement>) {
        if self.instead.is_none() && !self.is_emptied {
            self.retry_after = retry_after;
            self.instead = instead().map(Box::new);
        }
    }

    /// The failure of the request's cursor, if that is the paging fault.
    pub fn refused_cursor(&self, card: &Card) -> Option<Failure> {
        (self.paging == Some(PagingFault::ExpiredCursor)).then(|| failures::misplaced(card))
    }

    /// The paging fault, if the pipeline must insert or remove an asset for it before the page is read.
    pub fn write_between(&self) -> Option<PagingFault> {
        self.paging.filter(|fault| matches!(fault, PagingFault::Insert | PagingFault::Remove))
    }

    /// Applies the paging fault to the query for a page.
    pub fn alter_query(&self, plan: &mut AssetQuery) {
        if let Some(fault) = self.paging {
            fault.alter_query(plan);
        }
    }

    /// Applies the paging fault to the page, before the vendor renders it.
    pub fn alter_page(&self, page: &mut Page, rng: &Rng) {
        if let Some(fault) = self.paging {
            fault.alter_page(page, rng);
        }
    }

    /// Applies `retry_after` and the effects on content and format to a reply, whether it is a page or a failure.
    pub fn finish(&mut self, mut reply: Reply, now: Micros) -> Reply {
        let retry_after = self.retry_after.filter(|_| self.instead.is_some()).map(|after| after.value(now));
        if let Some(value) = retry_after.and_then(|value| HeaderValue::try_from(value).ok()) {
            reply.headers.insert(header::RETRY_AFTER, value);
        }
        if self.is_emptied {
            self.is_empty_already = reply.status == StatusCode::OK && reply.body.is_empty();
            reply = wire::emptied(reply);
        }
        match &self.format {
            Some(effect) => wire::written(reply, effect),
            None => reply,
        }
    }

    /// How much is sent of a response with a body of `length` bytes.
    pub fn delivery(&self, length: usize, peer: &Client) -> Delivery {
        self.delivery.as_ref().map_or(Delivery::Whole, |effect| wire::delivery(effect, length, peer))
    }

    /// The faults that change nothing of a response with a body of `length` bytes.
    pub fn idle_faults(&self, length: usize, peer: &Client) -> impl Iterator<Item = &AppliedFault> {
        let received = peer.received(length);
        let is_idle = move |fault: &AppliedFault| match fault.effect {
            Effect::Empty => self.is_empty_already,
            _ => !fault.effect.can_change(received),
        };
        self.body_faults.iter().filter(move |fault| is_idle(fault))
    }

    /// Applies the effect on delivery, as the last step before hyper sends the response.
    pub async fn send(&self, response: Response, peer: &Client) -> Response {
        match &self.delivery {
            Some(effect) => Box::pin(wire::send(response, effect, peer)).await,
            None => response,
        }
    }
}

/// The reply of the effect `raw`. If the body is JSON and the headers have no content type, it is `application/json`.
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
