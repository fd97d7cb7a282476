//! Why a request was refused: one sentence for every reason there is.

use std::borrow::Cow;
use std::cell::LazyCell;

use axum::http::{HeaderMap, Method};

use super::{SHORT, clip, first_few, meant, plain, quoted};
use crate::clock::{Micros, SECOND, write_rfc3339};
use crate::contract::failure::Failure;
use crate::contract::operation;
use crate::contract::provider::{Card, Carrier};
use crate::contract::query::{Problem, Violation};
use crate::contract::quota::{Counts, Exceeded};
use crate::emulator::redaction::{self, Secrets, mask};
use crate::library::store::Key;
use crate::providers;

/// What a refusal is explained with besides its reason: as much of the request as was known by then.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The provider that refuses.
    pub card: &'static Card,
    /// The method.
    pub method: &'a Method,
    /// The decoded path below the provider.
    pub path: &'a str,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The text of the key that the request shows.
    pub shown: Option<&'a str>,
    /// The key that this text stands for at this provider, live or not.
    pub key: Option<&'a Key>,
    /// The provider whose key it is, if it is not this one's.
    pub owner: Option<&'static Card>,
    /// The project that the listing was narrowed to.
    pub project: Option<&'a str>,
    /// The key's quotas, this request included.
    pub counts: &'a Counts,
    /// The current instant.
    pub now: Micros,
}

/// Why a request was refused, in a sentence without a full stop.
pub fn why(failure: &Failure, case: &Case) -> String {
    let secrets = &LazyCell::new(|| Secrets::of(case.shown, case.headers));
    let title = case.card.title;
    let key = || format!("the key `{}`", mask(case.shown.or(case.key.map(|key| &*key.key)).unwrap_or_default()));
    match failure {
        Failure::NoSuchRoute => format!("{title} has no route {}; {}", quoted(case.path, secrets), nearest(case)),
        Failure::WrongMethod(allow) => {
            let (method, path) = (quoted(case.method.as_str(), secrets), quoted(case.path, secrets));
            format!("{method} is not a method of {path}; it takes {allow}")
        }
        Failure::NoKey => no_key(case),
        Failure::MalformedKey => malformed_key(case),
        Failure::UnknownKey => unknown_key(case, key),
        Failure::RevokedKey => format!("{} was revoked", key()),
        Failure::ExpiredKey => match case.key.and_then(|key| key.expires_at) {
            Some(end) => {
                format!("{} expired at {}; the clock stands at {}", key(), write_rfc3339(end), write_rfc3339(case.now))
            }
            None => format!("{} has expired; the clock stands at {}", key(), write_rfc3339(case.now)),
        },
        Failure::MissingScope(scope) => format!("{} lacks the scope `{scope}`; {}", key(), scopes(case.key, secrets)),
        Failure::ForeignWorkspace => match case.key {
            Some(held) => {
                format!("{} opens the workspace `{}`, and the request asks for another", key(), held.workspace)
            }
            None => format!("{} does not open the workspace that the request asks for", key()),
        },
        Failure::NoSuchProject => {
            let project =
                case.project.map_or("such project".to_owned(), |id| format!("project {}", quoted(id, secrets)));
            format!("there is no {project} in the workspace `{}`", case.key.map_or("", |key| &key.workspace))
        }
        Failure::Invalid(violations) => first_few(violations, |violation| broken(violation, case.card, secrets)),
        Failure::RateLimited(exceeded) => rate_limited(exceeded, case),
        Failure::Injected(staged) => format!("the fault `{}` was asked for", staged.name),
        Failure::Internal => "the emulator itself failed; its log says why".to_owned(),
    }
}

/// The route that was probably meant, or else the one that every vendor has.
fn nearest(case: &Case) -> String {
    match operation::nearest(case.card.operations, case.path) {
        Some(operation) => {
            let remark = if operation.is_absent() { ", which is not imitated here" } else { "" };
            format!("the nearest is `{} {}`{remark}", operation.method, operation.path())
        }
        None => format!("it has `{}`", case.card.list()),
    }
}

/// Which header was expected and what was there instead.
fn no_key(case: &Case) -> String {
    let expected = match case.card.auth.carrier {
        Carrier::Bearer => "authorization",
        Carrier::Header(name) => name,
    };
    let other = redaction::carriers().find(|name| *name != expected && case.headers.contains_key(*name));
    let instead = match (case.headers.contains_key(expected), other) {
        (true, _) => "that header is there and holds no key".to_owned(),
        (false, Some(other)) => format!("the request has `{other}` instead"),
        (false, None) => "the request has no such header".to_owned(),
    };
    format!("{} expects `{}`; {instead}", case.card.title, case.card.auth.carrier.line("<key>"))
}

fn malformed_key(case: &Case) -> String {
    let (name, expected) = match case.card.auth.carrier {
        Carrier::Bearer => ("authorization", "Bearer"),
        Carrier::Header(name) => (name, ""),
    };
    let given = match case.headers.get(name).map(|value| value.to_str().map(|text| text.trim().split_once(' '))) {
        Some(Ok(Some((scheme, _)))) if redaction::is_scheme(scheme) => format!("the request has the scheme `{scheme}`"),
        Some(Ok(None)) if !expected.is_empty() => format!("the request has no `{expected}` in front of the key"),
        Some(Err(_)) => "the request's has characters that are not visible ASCII".to_owned(),
        _ => "the request's is malformed".to_owned(),
    };
    format!("{} expects `{}`; {given}", case.card.title, case.card.auth.carrier.line("<key>"))
}

/// Whose key it is, or whose it looks like.
fn unknown_key(case: &Case, key: impl FnOnce() -> String) -> String {
    let title = case.card.title;
    if let Some(owner) = case.owner {
        return format!("key belongs to {}, this is {title}", owner.title);
    }
    let shown = case.shown.unwrap_or_default();
    let mut others = providers::ALL.iter().map(|provider| provider.card()).filter(|card| card.name != case.card.name);
    match others.find(|card| (card.auth.looks_like)(shown)).filter(|_| !(case.card.auth.looks_like)(shown)) {
        Some(other) => format!("the key looks like one of {}'s, this is {title}", other.title),
        None => format!("{} is not known to {title}", key()),
    }
}

fn scopes(key: Option<&Key>, secrets: &Secrets) -> String {
    match key.and_then(|key| key.scopes.as_deref()).unwrap_or_default() {
        [] => "it has none".to_owned(),
        held => format!("it has {}", held.iter().map(|scope| quoted(scope, secrets)).collect::<Vec<_>>().join(", ")),
    }
}

fn rate_limited(exceeded: &Exceeded, case: &Case) -> String {
    let quota = exceeded.quota;
    let used = case.counts.named(quota.name).map(|count| format!("{} of ", count.used)).unwrap_or_default();
    let wait = (exceeded.reset_at - case.now).max(0).unsigned_abs().div_ceil(SECOND.unsigned_abs());
    format!(
        "the quota `{}` is used up: {used}{} requests in {} s; it recovers at {}, in {wait} s",
        quota.name,
        quota.requests,
        quota.seconds,
        write_rfc3339(exceeded.reset_at)
    )
}

/// What is wrong with one parameter.
fn broken<F: FnOnce() -> Secrets>(violation: &Violation, card: &Card, secrets: &LazyCell<Secrets, F>) -> String {
    let shown = |text| plain(text).map_or_else(|| clip(text, SHORT, secrets), Cow::Borrowed);
    let name = match &violation.param {
        Cow::Borrowed(ours) => Cow::Borrowed(*ours),
        Cow::Owned(theirs) => shown(theirs),
    };
    let given = format!("{name}={}", shown(&violation.given));
    let or_else = |word: Option<&str>| word.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default();
    match &violation.problem {
        Problem::NotANumber => format!("{given} is not a number that {} reads", card.title),
        Problem::NotWhole(_) => format!("{given} is not a whole number"),
        Problem::Below(min) => format!("{given} is below the minimum {min}"),
        Problem::Above(max) => format!("{given} is above the maximum {max}"),
        Problem::NotOneOf(words) => {
            let word = meant(&violation.given, words.iter().copied());
            format!("{given} is none of {}{}", words.join(", "), or_else(word))
        }
        Problem::Repeated => format!("`{name}` is given more than once, or as an array"),
        Problem::Object => format!("`{name}` is given as an object"),
        Problem::Unknown => {
            let known = meant(&violation.param, card.params().iter().map(|known| known.name));
            format!("`{name}` is not a parameter of {}{}", card.title, or_else(known))
        }
        Problem::Malformed(reason) if reason.is_empty() => format!("{given} is malformed"),
        Problem::Malformed(reason) => format!("{given} is malformed: {}", clip(reason, 2 * SHORT, secrets)),
    }
}
