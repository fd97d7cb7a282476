//! A fault rule as it is written in JSON: which requests it matches, its effect, and which of the matching requests it
//! applies to.
//!
//! ```json
//! {"match": {"provider": "acme", "path": "/v2/*"}, "effect": {"failure": "rate_limited"}, "trigger": {"next": 2},
//!  "for_seconds": 60, "retry_after": 3}
//! ```

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use schemars::JsonSchema;
use serde::de::{self, IntoDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

use super::effect::Effect;
use crate::clock::{Micros, SECOND, http_date};
use crate::contract::provider::Card;
use crate::emulator::redaction::{self, SHORT, Secrets};
use crate::library::strict_object;
use crate::random::Rng;

/// The id of a rule: numbers from 1, which are never reused.
pub type Id = u64;

/// A fault rule. Only the effect is required.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FaultRule")]
pub struct Rule {
    /// Which requests it matches; all if left out.
    #[serde(default, rename = "match", deserialize_with = "strict_object::read")]
    pub matches: Match,
    /// What it does to a request.
    #[serde(deserialize_with = "read_effect")]
    pub effect: Effect,
    /// Which of the matching requests it is applied to.
    #[serde(default, deserialize_with = "read_trigger")]
    pub trigger: Trigger,
    /// How many seconds it lasts, by its workspace's clock or else the emulator's; until it is removed if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub for_seconds: Option<u32>,
    /// The `Retry-After` of a failure or a raw response; the vendor's own if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
}

fn read_effect<'de, D: Deserializer<'de>>(json: D) -> Result<Effect, D::Error> {
    const FORMS: &str = "a word such as `\"empty\"`, or an object with one field such as `{\"failure\": \"rate_limited\"}`; `retry_after` stands beside `effect`";
    strict_object::read_choice_or(json, FORMS, |word| {
        let read = Effect::deserialize(IntoDeserializer::<de::value::Error>::into_deserializer(word));
        let problem = read.err()?.to_string();
        let (_, known) = problem.split_once("`, expected one of ")?;
        let word = printable(word);
        Some(format!(
            "`{word}` is not an effect; if it is a failure, send `{{\"failure\": \"{word}\"}}`; effects are {known}"
        ))
    })
}

/// A word that is not known, cut and without secrets: it may be anything.
fn printable(word: &str) -> String {
    redaction::clip(word, SHORT, &Secrets::of(None, &HeaderMap::new())).into_owned()
}

fn read_trigger<'de, D: Deserializer<'de>>(json: D) -> Result<Trigger, D::Error> {
    const FORMS: &str = "`\"always\"`, `{\"next\": 2}`, `{\"every\": 3}`, `{\"after\": 5}` or `{\"probability\": 0.2}`";
    // Each of the others needs a number, which is said of them.
    let is_known = |word: &str| ["always", "next", "every", "after", "probability"].contains(&word);
    strict_object::read_choice_or(json, FORMS, |word| {
        (!is_known(word)).then(|| format!("`{}` is not a trigger; send {FORMS}", printable(word)))
    })
}

/// The conditions of a rule. A request must meet all that are present.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FaultMatch")]
pub struct Match {
    /// The workspace of the request's key. A request without a known key has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The provider's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The key that the request sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The operation, such as `list_assets`: `assetmock providers NAME` lists them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The method, in upper or lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path below the provider's prefix. A `*` at its end matches any text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Query parameters with the values that they must have. Null: the parameter must be absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, Option<String>>,
}

/// Which of the matching requests a rule is applied to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "FaultTrigger")]
pub enum Trigger {
    /// All of them.
    #[default]
    Always,
    /// The next ones, this many.
    Next(u64),
    /// Every n-th: with 3, the third and the sixth.
    Every(u64),
    /// All after the first ones, this many.
    After(u64),
    /// Each with this probability, above 0 and at most 1.
    Probability(f64),
}

/// When a client may try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "`retry_after` is a number of seconds or `{\"date_in_seconds\": N}`")]
pub enum RetryAfter {
    /// In this many seconds, sent as a number.
    Seconds(u64),
    /// In this many seconds, sent as a date.
    #[serde(deserialize_with = "strict_object::read")]
    Date(InSeconds),
}

/// A date in the future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RetryAfterDate")]
pub struct InSeconds {
    /// The seconds from the response to the date.
    pub date_in_seconds: u64,
}

/// The properties of a request that rules match.
#[derive(Debug, Clone, Copy)]
pub struct RequestFacts<'a> {
    /// The card of its provider.
    pub card: &'static Card,
    /// The workspace of its key, if the key is known.
    pub workspace: Option<&'a str>,
    /// The key that it sends, if any.
    pub key: Option<&'a str>,
    /// The operation that it was routed to, if any.
    pub operation: Option<&'static str>,
    /// Its method.
    pub method: &'a str,
    /// Its path below the provider's prefix, decoded but for a slash in a segment, which is `%2F`, and a percent sign.
    pub path: &'a str,
    /// Its raw query string.
    pub query: &'a str,
}

impl RequestFacts<'_> {
    /// Whether it is for the list of assets, the only operation with pages.
    fn lists(&self) -> bool {
        self.operation == Some(self.card.list_operation().name)
    }

    /// Whether this effect can apply to it. A paging fault needs a page that it can change.
    pub fn can_have(&self, effect: &Effect) -> bool {
        match effect {
            Effect::Paging(fault) => self.lists() && fault.concerns(self.card, self.query),
            _ => true,
        }
    }
}

impl RetryAfter {
    /// The seconds until the client may try again.
    pub fn seconds(self) -> u64 {
        match self {
            RetryAfter::Seconds(seconds) | RetryAfter::Date(InSeconds { date_in_seconds: seconds }) => seconds,
        }
    }

    /// The value of the header, for a response at `now`.
    pub fn value(self, now: Micros) -> String {
        let wait = || Micros::try_from(self.seconds()).unwrap_or(Micros::MAX).saturating_mul(SECOND);
        match self {
            RetryAfter::Seconds(seconds) => seconds.to_string(),
            RetryAfter::Date(_) => http_date(now.saturating_add(wait())),
        }
    }
}

impl Match {
    /// Whether the request meets all conditions.
    pub fn fits(&self, asked: &RequestFacts) -> bool {
        let is = |wanted: &Option<String>, given: Option<&str>| wanted.is_none() || wanted.as_deref() == given;
        is(&self.provider, Some(asked.card.name))
            && is(&self.workspace, asked.workspace)
            && is(&self.key, asked.key)
            && is(&self.operation, asked.operation)
            && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(asked.method))
            && self.path.as_ref().is_none_or(|path| fits_path(path, asked.path))
            && self.query.iter().all(|(name, value)| fits_query(name, value.as_deref(), asked.query))
    }
}

pub(super) fn fits_path(wanted: &str, given: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => given.starts_with(beginning),
        None => given == wanted,
    }
}

fn fits_query(name: &str, value: Option<&str>, query: &str) -> bool {
    let mut given = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name).map(|(_, text)| text);
    match value {
        Some(value) => given.any(|text| text == value),
        None => given.next().is_none(),
    }
}

impl Trigger {
    /// Whether the rule is applied to the `seen`-th matching request, counted from 1.
    pub fn fires(self, seen: u64, rng: &Rng) -> bool {
        match self {
            Trigger::Always => true,
            Trigger::Next(count) => seen <= count,
            Trigger::Every(step) => seen.is_multiple_of(step),
            Trigger::After(count) => seen > count,
            Trigger::Probability(share) => rng.fraction() < share,
        }
    }

    /// Whether the rule can never be applied again after `seen` matching requests.
    pub fn is_spent(self, seen: u64) -> bool {
        matches!(self, Trigger::Next(count) if seen >= count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers;

    fn fits(matches: &str, path: &str, query: &str) -> bool {
        let asked = RequestFacts {
            card: providers::ALL[0].card(),
            workspace: Some("ws_a"),
            key: Some("key_a"),
            operation: None,
            method: "GET",
            path,
            query,
        };
        serde_json::from_str::<Match>(matches).unwrap().fits(&asked)
    }

    #[test]
    fn a_request_must_meet_all_conditions() {
        for (matches, expected) in [
            ("{}", true),
            (r#"{"workspace":"ws_a"}"#, true),
            (r#"{"workspace":"ws_b"}"#, false),
            (r#"{"key":"key_a","method":"get"}"#, true),
            (r#"{"key":"key_a","method":"POST"}"#, false),
            (r#"{"key":"key_b"}"#, false),
            (r#"{"provider":"xqr"}"#, true),
            (r#"{"provider":"flora"}"#, false),
        ] {
            assert_eq!(fits(matches, "/v2/assets", ""), expected, "{matches}");
        }
    }

    #[test]
    fn a_path_is_exact_unless_it_ends_in_a_star() {
        for (path, expected) in
            [("/v2/assets", true), ("/v2/asset", false), ("/v2/*", true), ("/v2/assets*", true), ("*", true)]
        {
            assert_eq!(fits(&format!(r#"{{"path":"{path}"}}"#), "/v2/assets", ""), expected, "{path}");
        }
        assert!(!fits(r#"{"path":"/v2/assets"}"#, "/v2/assets/", ""));
    }

    #[test]
    fn a_parameter_is_compared_decoded_and_null_is_absent() {
        for (query, expected) in [("q=a+b&limit=2", true), ("q=x&q=a%20b", true), ("q=a", false), ("", false)] {
            assert_eq!(fits(r#"{"query":{"q":"a b","cursor":null}}"#, "/", query), expected, "{query}");
        }
        assert!(!fits(r#"{"query":{"q":"a b","cursor":null}}"#, "/", "q=a+b&cursor="));
    }

    #[test]
    fn a_trigger_fires_in_turn() {
        let fired = |trigger: Trigger| (1..=7).filter(|seen| trigger.fires(*seen, &Rng::seeded(7))).collect::<Vec<_>>();
        assert_eq!(fired(Trigger::Always), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(fired(Trigger::Next(2)), [1, 2]);
        assert_eq!(fired(Trigger::Every(3)), [3, 6]);
        assert_eq!(fired(Trigger::After(5)), [6, 7]);
    }

    #[test]
    fn a_probability_is_respected_and_reproducible_with_a_seed() {
        let fired = |seed| {
            let rng = Rng::seeded(seed);
            (0..5000).map(|seen| Trigger::Probability(0.2).fires(seen, &rng)).collect::<Vec<_>>()
        };
        let count = fired(7).iter().filter(|fired| **fired).count();
        assert!((900..1100).contains(&count), "{count} of 5000");
        assert_eq!(fired(7), fired(7));
        assert_ne!(fired(7), fired(8));
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let value = |json: &str| serde_json::from_str::<RetryAfter>(json).unwrap().value(1_774_094_400 * SECOND);
        assert_eq!(value("3"), "3");
        assert_eq!(value(r#"{"date_in_seconds":90}"#), "Sat, 21 Mar 2026 12:01:30 GMT");
        let said = serde_json::from_str::<RetryAfter>("\"soon\"").unwrap_err().to_string();
        assert!(said.starts_with("`retry_after` is a number of seconds"), "{said}");
    }
}
