//! The effects of faults, as they are written in JSON. They are carried out in [`super::wire`] and [`super::paging`].

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::paging::PagingFault;
use crate::library::strict_object;
use crate::random::Rng;

/// The effect of a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "FaultEffect")]
pub enum Effect {
    /// One of the vendor's own failures, such as `rate_limited`, in its own format.
    #[serde(deserialize_with = "read_failure")]
    Failure(String),
    /// A response that replaces the vendor's completely.
    #[serde(deserialize_with = "strict_object::read")]
    Raw(Raw),
    /// The vendor's response with status 200 and without a body.
    Empty,
    /// The vendor's response with its last byte replaced, so that the body is not valid JSON. Its length is right. One
    /// without a body stays as it is.
    MalformedJson,
    /// The vendor's response with this content type.
    ContentType(String),
    /// The response is delayed.
    #[serde(deserialize_with = "read_latency")]
    Latency(Latency),
    /// The response announces its whole length, and the connection is closed after a part of the body.
    #[serde(deserialize_with = "read_truncate")]
    Truncate(Truncate),
    /// The response is sent slowly, in small pieces.
    #[serde(deserialize_with = "strict_object::read")]
    Trickle(Trickle),
    /// The connection is reset.
    #[serde(deserialize_with = "read_reset")]
    Reset(Reset),
    /// The listing changes while a client reads it page by page.
    #[serde(deserialize_with = "read_paging")]
    Paging(PagingFault),
}

fn read_failure<'de, D: Deserializer<'de>>(json: D) -> Result<String, D::Error> {
    strict_object::read_text(
        json,
        "the name of a failure, such as `\"rate_limited\"`; `retry_after` stands beside `effect`",
    )
}

fn read_latency<'de, D: Deserializer<'de>>(json: D) -> Result<Latency, D::Error> {
    let normal = "`{\"normal_ms\": {\"mean\": 100, \"deviation\": 20}}`";
    strict_object::read_choice(json, &format!("`{{\"fixed_ms\": 100}}`, `{{\"uniform_ms\": [50, 150]}}` or {normal}"))
}

fn read_truncate<'de, D: Deserializer<'de>>(json: D) -> Result<Truncate, D::Error> {
    strict_object::read_choice(json, "`{\"bytes\": 9}` or `{\"fraction\": 0.5}`")
}

fn read_reset<'de, D: Deserializer<'de>>(json: D) -> Result<Reset, D::Error> {
    strict_object::read_choice(json, "`\"before\"` or `\"mid_body\"`")
}

fn read_paging<'de, D: Deserializer<'de>>(json: D) -> Result<PagingFault, D::Error> {
    strict_object::read_choice(json, "a word such as `\"insert\"`")
}

/// A response that replaces the vendor's completely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RawResponse")]
pub struct Raw {
    /// The status.
    #[schemars(range(min = 200, max = 999))]
    pub status: u16,
    /// The headers. The content type of a JSON body is `application/json` if they have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body: the content of a JSON string, or any other JSON as it is written here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<RawBody>,
}

/// Any JSON, unchanged to the byte.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "RawResponseBody")]
pub struct RawBody(#[schemars(with = "serde_json::Value")] Box<RawValue>);

impl RawBody {
    /// A body with this text.
    pub fn text(text: &str) -> RawBody {
        let json = serde_json::to_string(text).expect("a text is always JSON");
        RawBody(RawValue::from_string(json).expect("serde_json has written it"))
    }

    /// The content of a JSON string; `None` if the body is any other JSON.
    pub fn as_text(&self) -> Option<String> {
        serde_json::from_str(self.0.get()).ok()
    }

    /// The JSON as it was written.
    pub fn as_json(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for RawBody {
    fn eq(&self, other: &RawBody) -> bool {
        self.as_json() == other.as_json()
    }
}

/// The delay of a response, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Latency {
    /// Always the same.
    FixedMs(u64),
    /// Uniformly distributed from the first number to the second.
    UniformMs([u64; 2]),
    /// Normally distributed; never below 0.
    #[serde(deserialize_with = "strict_object::read")]
    NormalMs(Normal),
}

/// A normal distribution, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NormalDistribution")]
pub struct Normal {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub deviation: f64,
}

/// The longest delay of a response and the longest pause between its pieces, in milliseconds.
pub const LONGEST_MS: u64 = 600_000;

impl Latency {
    /// Draws a delay.
    pub fn draw(self, rng: &Rng) -> Duration {
        let milliseconds = match self {
            Latency::FixedMs(fixed) => fixed as f64,
            Latency::UniformMs([least, most]) => least as f64 + most.saturating_sub(least) as f64 * rng.fraction(),
            Latency::NormalMs(Normal { mean, deviation }) => mean + deviation * normal_sample(rng),
        };
        Duration::from_micros((milliseconds.clamp(0.0, LONGEST_MS as f64) * 1000.0) as u64)
    }
}

/// A sample of the standard normal distribution, by the Box-Muller transform.
fn normal_sample(rng: &Rng) -> f64 {
    // From 1 down to just above 0, since the logarithm of 0 is infinite.
    let (distance, angle) = (1.0 - rng.fraction(), rng.fraction());
    (-2.0 * distance.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// How much of the body is sent before the connection is closed. A body that is not longer than that is sent whole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truncate {
    /// This many bytes.
    Bytes(usize),
    /// This part of it, from 0 up to, but not including, 1.
    Fraction(f64),
}

impl Truncate {
    /// How many bytes of a body of `length` bytes are sent.
    pub fn of(self, length: usize) -> usize {
        match self {
            Truncate::Bytes(bytes) => bytes.min(length),
            Truncate::Fraction(part) => (length as f64 * part) as usize,
        }
    }
}

/// The size of the pieces of a slow response, and the pause between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trickle {
    /// The bytes in a piece.
    #[schemars(range(min = 1))]
    pub chunk_bytes: usize,
    /// The pause before the next piece, in milliseconds.
    #[schemars(range(min = 1))]
    pub pause_ms: u64,
}

/// When a connection is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ConnectionReset")]
pub enum Reset {
    /// Before the first byte of the response.
    Before,
    /// After half of the body. If there is no body, before the first byte of the response.
    MidBody,
}

impl Effect {
    /// The name in the journal: of the failure or paging fault if it is one, otherwise of the effect.
    pub fn name(&self) -> &str {
        match self {
            Effect::Failure(name) => name,
            Effect::Raw(_) => "raw",
            Effect::Empty => "empty",
            Effect::MalformedJson => "malformed_json",
            Effect::ContentType(_) => "content_type",
            Effect::Latency(_) => "latency",
            Effect::Truncate(_) => "truncate",
            Effect::Trickle(_) => "trickle",
            Effect::Reset(_) => "reset",
            Effect::Paging(fault) => fault.word(),
        }
    }
}

impl Effect {
    /// Whether it changes nothing but the body of a response, so that one without a body stays as it is.
    pub fn needs_body(&self) -> bool {
        matches!(self, Effect::MalformedJson | Effect::Truncate(_) | Effect::Trickle(_))
    }

    /// Whether it can change a response of whose body the client gets so many bytes.
    pub fn can_change(&self, length: usize) -> bool {
        match self {
            Effect::MalformedJson => length > 0,
            Effect::Truncate(part) => part.of(length) < length,
            Effect::Trickle(pieces) => pieces.chunk_bytes < length,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_body_is_unchanged_to_the_byte() {
        let raw = r#"{"raw":{"status":418,"body":{"b":1,"a":[2.50]}}}"#;
        let effect: Effect = serde_json::from_str(raw).unwrap();
        let Effect::Raw(Raw { body: Some(body), .. }) = &effect else { panic!("{effect:?}") };
        assert_eq!((body.as_text(), body.as_json()), (None, r#"{"b":1,"a":[2.50]}"#));
        assert_eq!(serde_json::to_string(&effect).unwrap(), raw);
        assert_eq!(RawBody::text("a \"b\"").as_text().as_deref(), Some("a \"b\""));
    }

    #[test]
    fn latencies_stay_in_their_bounds_and_follow_their_distribution() {
        let rng = Rng::seeded(7);
        let drawn = |latency: Latency| (0..4000).map(|_| latency.draw(&rng).as_secs_f64() * 1000.0).collect();
        let fixed: Vec<f64> = drawn(Latency::FixedMs(20));
        assert!(fixed.iter().all(|ms| *ms == 20.0));
        let uniform: Vec<f64> = drawn(Latency::UniformMs([10, 30]));
        assert!(uniform.iter().all(|ms| (10.0..=30.0).contains(ms)));
        assert!(uniform.iter().any(|ms| *ms < 12.0) && uniform.iter().any(|ms| *ms > 28.0));
        let normal: Vec<f64> = drawn(Latency::NormalMs(Normal { mean: 100.0, deviation: 10.0 }));
        let near = normal.iter().filter(|ms| (90.0..110.0).contains(*ms)).count();
        assert!((2600..2860).contains(&near), "{near} of 4000 within one deviation, of which 2731 are expected");
        let low: Vec<f64> = drawn(Latency::NormalMs(Normal { mean: 0.0, deviation: 50.0 }));
        assert!(low.iter().all(|ms| *ms >= 0.0) && low.contains(&0.0));
    }

    #[test]
    fn an_effect_on_the_body_changes_only_one_that_is_long_enough() {
        let trickle = Effect::Trickle(Trickle { chunk_bytes: 5, pause_ms: 1 });
        let [bytes, half] = [Truncate::Bytes(5), Truncate::Fraction(0.5)].map(Effect::Truncate);
        for (effect, least) in [(Effect::MalformedJson, 1), (trickle, 6), (bytes, 6), (half, 1)] {
            let changed: Vec<_> = (0..9).filter(|length| effect.can_change(*length)).collect();
            assert!(effect.needs_body() && changed == (least..9).collect::<Vec<_>>(), "{effect:?}: {changed:?}");
        }
        for effect in [Effect::Empty, Effect::Reset(Reset::MidBody), Effect::ContentType("a/b".to_owned())] {
            assert!(!effect.needs_body() && effect.can_change(0), "{effect:?}");
        }
    }

    #[test]
    fn a_truncation_never_adds() {
        assert_eq!([0, 3, 5, 9].map(|bytes| Truncate::Bytes(bytes).of(5)), [0, 3, 5, 5]);
        assert_eq!([0.0, 0.5, 0.99].map(|part| Truncate::Fraction(part).of(5)), [0, 2, 4]);
    }
}
