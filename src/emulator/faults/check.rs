//! Validates fault rules: unknown names, effects that a vendor cannot have, and numbers out of range. Each problem says
//! in which field it is and what to write instead.

use axum::http::{HeaderName, HeaderValue};

use super::effect::{Effect, LONGEST_MS, Latency, Normal, Raw, Trickle, Truncate};
use super::failures;
use super::paging::{self, PagingFault, Realism};
use super::rule::{Match, Rule, Trigger};
use crate::contract::operation_table;
use crate::contract::provider::Card;
use crate::emulator::redaction;
use crate::providers;

/// Why a rule is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The path of the invalid field, such as `effect.raw.status`.
    pub at: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

type CheckResult = Result<(), Problem>;

fn problem(at: &str, message: impl Into<String>) -> CheckResult {
    Err(Problem { at: at.to_owned(), message: message.into() })
}

fn require(holds: bool, at: &str, message: &str) -> CheckResult {
    if holds { Ok(()) } else { problem(at, message) }
}

/// Checks a rule against the cards of all providers that it is for.
pub fn rule(rule: &Rule) -> CheckResult {
    matches(&rule.matches)?;
    for card in cards(rule) {
        effect(&rule.effect, card).map_err(|problem| suggest_providers(problem, rule))?;
    }
    trigger(rule.trigger)?;
    require(rule.for_seconds != Some(0), "for_seconds", "a rule lasts at least 1 second; leave it out for ever")?;
    let answers = matches!(rule.effect, Effect::Failure(_) | Effect::Raw(_));
    require(
        rule.retry_after.is_none() || answers,
        "retry_after",
        "`retry_after` goes with the effects `failure` and `raw`",
    )
}

/// The cards of the providers that a rule is for.
pub fn cards(rule: &Rule) -> impl Iterator<Item = &'static Card> {
    let wanted = rule.matches.provider.as_deref();
    let cards = providers::ALL.iter().map(|provider| provider.card());
    cards.filter(move |card| wanted.is_none_or(|name| name == card.name))
}

/// If the rule is for all providers, adds the names of those for which its effect is valid.
fn suggest_providers(mut problem: Problem, rule: &Rule) -> Problem {
    if rule.matches.provider.is_none() {
        let able = cards(rule).filter(|card| effect(&rule.effect, card).is_ok()).map(|card| quoted(card.name));
        let able: Vec<_> = able.collect();
        if !able.is_empty() {
            problem.message += &format!(" (in `match.provider` you can name one that has it: {})", able.join(", "));
        }
    }
    problem
}

fn matches(matches: &Match) -> CheckResult {
    if let Some(name) = matches.provider.as_deref().filter(|name| providers::named(name).is_none()) {
        let known: Vec<_> = providers::names().into_iter().map(quoted).collect();
        return problem("match.provider", format!("there is no provider `{name}`; there are {}", known.join(", ")));
    }
    operation(matches)?;
    let Some(path) = &matches.path else { return Ok(()) };
    let star = path.find('*').is_some_and(|at| at + 1 < path.len());
    require(!star, "match.path", "only the end of a path can be `*`")?;
    require(
        path.starts_with('/') || path == "*",
        "match.path",
        "a path begins with `/`: it is what follows the provider's prefix, such as `/v2/assets`",
    )
}

/// Checks that one of the providers has the operation.
fn operation(matches: &Match) -> CheckResult {
    let Some(wanted) = matches.operation.as_deref() else { return Ok(()) };
    let is_meant = |card: &&Card| matches.provider.as_deref().is_none_or(|name| name == card.name);
    let names =
        operation_table::names(providers::cards().into_iter().filter(is_meant).flat_map(|card| card.operations));
    if names.contains(&wanted) {
        return Ok(());
    }
    let known: Vec<_> = names.into_iter().map(quoted).collect();
    problem("match.operation", format!("there is no operation `{wanted}`; there are {}", known.join(", ")))
}

fn trigger(trigger: Trigger) -> CheckResult {
    match trigger {
        Trigger::Always | Trigger::After(_) => Ok(()),
        Trigger::Next(count) => require(count > 0, "trigger.next", "it fires at least at the next 1"),
        Trigger::Every(step) => require(step > 0, "trigger.every", "it fires at every 1st at most; send 1 or more"),
        Trigger::Probability(share) => require(
            share > 0.0 && share <= 1.0,
            "trigger.probability",
            "a probability is above 0 and at most 1, such as 0.2",
        ),
    }
}

/// Checks an effect against one provider.
pub fn effect(effect: &Effect, card: &Card) -> CheckResult {
    match effect {
        Effect::Failure(name) => failure(name, card),
        Effect::Raw(answer) => raw(answer),
        Effect::Latency(late) => latency(*late),
        Effect::Truncate(Truncate::Fraction(part)) => require(
            (0.0..1.0).contains(part),
            "effect.truncate.fraction",
            "a part is from 0 up to, but not including, 1, such as 0.5",
        ),
        Effect::ContentType(text) => require(
            !text.is_empty() && HeaderValue::from_str(text).is_ok(),
            "effect.content_type",
            "a content type is visible ASCII, such as `text/html`",
        ),
        Effect::Trickle(pieces) => trickle(*pieces),
        Effect::Paging(fault) => check_supported(*fault, card),
        Effect::Empty | Effect::MalformedJson | Effect::Reset(_) | Effect::Truncate(Truncate::Bytes(_)) => Ok(()),
    }
}

fn failure(name: &str, card: &Card) -> CheckResult {
    let names = failures::names(card);
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    let known: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    let it_has = match redaction::meant(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? It has"),
        None => "it has".to_owned(),
    };
    problem("effect.failure", format!("{} has no failure `{name}`; {it_has} {}", card.title, known.join(", ")))
}

/// Headers that hyper writes itself. For a body that is shorter than its length there is `truncate`.
const FRAMING: [&str; 5] = ["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"];

fn raw(Raw { status, headers, .. }: &Raw) -> CheckResult {
    require((200..=999).contains(status), "effect.raw.status", "a status is from 200 to 999")?;
    for (name, value) in headers {
        let at = format!("effect.raw.headers.{name}");
        let well_formed = HeaderName::try_from(name).is_ok() && HeaderValue::from_str(value).is_ok();
        require(well_formed, &at, "a header's name is a token and its value visible ASCII")?;
        let framing = FRAMING.iter().any(|own| own.eq_ignore_ascii_case(name));
        require(!framing, &at, "the server writes this header itself; for an answer cut short there is `truncate`")?;
    }
    Ok(())
}

fn latency(latency: Latency) -> CheckResult {
    let within = |ms: u64| ms <= LONGEST_MS;
    match latency {
        Latency::FixedMs(ms) => require(within(ms), "effect.latency.fixed_ms", "an answer is at most 600000 ms late"),
        Latency::UniformMs([least, most]) => require(
            least <= most && within(most),
            "effect.latency.uniform_ms",
            "send the least and the most, in this order, at most 600000 ms",
        ),
        Latency::NormalMs(Normal { mean, deviation }) => require(
            [mean, deviation].iter().all(|ms| (0.0..=LONGEST_MS as f64).contains(ms)),
            "effect.latency.normal_ms",
            "mean and deviation are from 0 to 600000 ms",
        ),
    }
}

fn trickle(Trickle { chunk_bytes, pause_ms }: Trickle) -> CheckResult {
    require(chunk_bytes > 0, "effect.trickle.chunk_bytes", "a piece has at least 1 byte")?;
    require(
        (1..=LONGEST_MS).contains(&pause_ms),
        "effect.trickle.pause_ms",
        "a pause is from 1 to 600000 ms; without one the pieces would travel together",
    )
}

fn check_supported(fault: PagingFault, card: &Card) -> CheckResult {
    if paging::realism(card, fault) != Realism::Impossible {
        return Ok(());
    }
    let lacking = if fault == PagingFault::ChangingTotal { "totals" } else { "cursors" };
    let others = paging::ALL.iter().filter(|other| paging::realism(card, **other) != Realism::Impossible);
    let others: Vec<_> = others.map(|fault| quoted(fault.word())).collect();
    let message = format!("{}'s pages have no {lacking}; it can suffer {}", card.title, others.join(", "));
    problem("effect.paging", message)
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: &str) -> (String, String) {
        let written: Rule = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        let problem = rule(&written).expect_err(json);
        (problem.at, problem.message)
    }

    #[test]
    fn unknown_names_are_refused_with_the_valid_ones() {
        let (at, message) = said(r#"{"match":{"provider":"nope"},"effect":"empty"}"#);
        assert_eq!(at, "match.provider");
        assert!(message.starts_with("there is no provider `nope`; there are `xqr`, `flora`"), "{message}");
        let (at, message) = said(r#"{"match":{"provider":"xqr"},"effect":{"failure":"insufficient_credits"}}"#);
        assert_eq!(at, "effect.failure");
        assert!(message.starts_with("xQR has no failure `insufficient_credits`; it has `missing_key`"), "{message}");
        let (at, message) = said(r#"{"match":{"provider":"xqr"},"effect":{"paging":"expired_cursor"}}"#);
        let able = "xQR's pages have no cursors; it can suffer `insert`, `remove`, `repeat`, `empty_page`";
        assert_eq!((&*at, &*message), ("effect.paging", able));
    }

    #[test]
    fn a_rule_for_all_providers_must_be_possible_for_all() {
        let (_, message) = said(r#"{"effect":{"failure":"insufficient_credits"}}"#);
        assert!(message.ends_with("you can name one that has it: `flora`, `piktid`)"), "{message}");
        let (_, message) = said(r#"{"effect":{"paging":"changing_total"}}"#);
        assert!(message.contains("`flora`, `twelvelabs`, `piktid`"), "{message}");
    }

    #[test]
    fn numbers_out_of_range_are_refused_with_their_field() {
        for (json, place) in [
            (r#"{"effect":"empty","trigger":{"next":0}}"#, "trigger.next"),
            (r#"{"effect":"empty","trigger":{"every":0}}"#, "trigger.every"),
            (r#"{"effect":"empty","trigger":{"probability":0}}"#, "trigger.probability"),
            (r#"{"effect":"empty","trigger":{"probability":1.5}}"#, "trigger.probability"),
            (r#"{"effect":"empty","for_seconds":0}"#, "for_seconds"),
            (r#"{"effect":"empty","retry_after":1}"#, "retry_after"),
            (r#"{"effect":"empty","match":{"path":"v1/assets"}}"#, "match.path"),
            (r#"{"effect":"empty","match":{"path":"/v1/*/assets"}}"#, "match.path"),
            (r#"{"effect":{"raw":{"status":101}}}"#, "effect.raw.status"),
            (r#"{"effect":{"raw":{"status":200,"headers":{"a b":"c"}}}}"#, "effect.raw.headers.a b"),
            (
                r#"{"effect":{"raw":{"status":200,"headers":{"Content-Length":"3"}}}}"#,
                "effect.raw.headers.Content-Length",
            ),
            (r#"{"effect":{"latency":{"fixed_ms":600001}}}"#, "effect.latency.fixed_ms"),
            (r#"{"effect":{"latency":{"uniform_ms":[2,1]}}}"#, "effect.latency.uniform_ms"),
            (r#"{"effect":{"latency":{"normal_ms":{"mean":-1,"deviation":1}}}}"#, "effect.latency.normal_ms"),
            (r#"{"effect":{"truncate":{"fraction":1.0}}}"#, "effect.truncate.fraction"),
            (r#"{"effect":{"content_type":"a\nb"}}"#, "effect.content_type"),
            (r#"{"effect":{"trickle":{"chunk_bytes":0,"pause_ms":1}}}"#, "effect.trickle.chunk_bytes"),
            (r#"{"effect":{"trickle":{"chunk_bytes":1,"pause_ms":0}}}"#, "effect.trickle.pause_ms"),
        ] {
            assert_eq!(said(json).0, place, "{json}");
        }
    }

    #[test]
    fn unknown_fields_are_refused() {
        for json in [
            r#"{"effect":"empty","triger":"always"}"#,
            r#"{"effect":"nope"}"#,
            r#"{"effect":{"reset":"after"}}"#,
            r#"{"match":{"host":"a"},"effect":"empty"}"#,
            r#"{"effect":{"truncate":{"bytes":-1}}}"#,
            "{}",
        ] {
            assert!(serde_json::from_str::<Rule>(json).is_err(), "{json}");
        }
    }
}
