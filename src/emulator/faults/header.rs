//! The request header `X-Emulator-Fault: <name>[; key=value…]`: a fault for this one request, with no rule.
//!
//! The name is that of one of the provider's failures or of an effect. Values can be in double quotes.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::check::{self, Problem};
use super::effect::{Effect, Latency, Normal, Raw, RawBody, Reset, Trickle, Truncate};
use super::failures;
use super::paging;
use super::rule::{InSeconds, RetryAfter};
use crate::contract::provider::Card;
use crate::emulator::redaction::meant;

/// The header's name.
pub const NAME: &str = "x-emulator-fault";

/// The effects, each with examples for error messages.
const EFFECTS: &[(&str, &str)] = &[
    ("raw", "raw; status=418; body=short; content_type=text/plain"),
    ("empty", "empty"),
    ("malformed_json", "malformed_json"),
    ("content_type", "content_type; value=text/html"),
    ("latency", "latency; ms=200, latency; from=100; to=300 or latency; mean=200; deviation=50"),
    ("truncate", "truncate; bytes=10 or truncate; fraction=0.5"),
    ("trickle", "trickle; chunk=16; pause_ms=5"),
    ("reset", "reset; at=before or reset; at=mid_body"),
    ("paging", "paging; fault=repeat"),
];

/// Parses the header's value for a request to this provider. Returns the effect and the `Retry-After` to send.
pub fn read(card: &Card, text: &str) -> Result<(Effect, Option<RetryAfter>), String> {
    let mut parts = split(text)?.into_iter();
    let name = parts.next().unwrap_or_default();
    let mut fields = HeaderFields::read(parts)?;
    let retry_after = fields.retry_after()?;
    let effect = match &*name {
        "raw" => Effect::Raw(raw(&mut fields)?),
        "empty" => Effect::Empty,
        "malformed_json" => Effect::MalformedJson,
        "content_type" => Effect::ContentType(fields.need("value")?),
        "latency" => Effect::Latency(latency(&mut fields)?),
        "truncate" => Effect::Truncate(truncate(&mut fields)?),
        "trickle" => {
            Effect::Trickle(Trickle { chunk_bytes: fields.number("chunk")?, pause_ms: fields.number("pause_ms")? })
        }
        "reset" => Effect::Reset(reset(&mut fields)?),
        "paging" => Effect::Paging(paging_fault(&mut fields)?),
        failure if failures::names(card).iter().any(|known| known == failure) => Effect::Failure(name.clone()),
        other => return Err(unknown(card, other)),
    };
    fields.refuse_others(&name)?;
    if retry_after.is_some() && !matches!(effect, Effect::Failure(_) | Effect::Raw(_)) {
        return Err(format!("`retry_after` goes with a failure or `raw`, not with `{name}`"));
    }
    check::effect(&effect, card).map_err(|Problem { message, .. }| message)?;
    Ok((effect, retry_after))
}

fn raw(fields: &mut HeaderFields) -> Result<Raw, String> {
    let content_type = fields.take("content_type").map(|value| ("content-type".to_owned(), value));
    let body = fields.take("body").map(|text| RawBody::text(&text));
    Ok(Raw { status: fields.number("status")?, headers: content_type.into_iter().collect(), body })
}

fn latency(fields: &mut HeaderFields) -> Result<Latency, String> {
    if fields.has("mean") || fields.has("deviation") {
        return Ok(Latency::NormalMs(Normal { mean: fields.number("mean")?, deviation: fields.number("deviation")? }));
    }
    if fields.has("from") || fields.has("to") {
        return Ok(Latency::UniformMs([fields.number("from")?, fields.number("to")?]));
    }
    Ok(Latency::FixedMs(fields.number("ms")?))
}

fn truncate(fields: &mut HeaderFields) -> Result<Truncate, String> {
    if fields.has("fraction") {
        return Ok(Truncate::Fraction(fields.number("fraction")?));
    }
    Ok(Truncate::Bytes(fields.number("bytes")?))
}

fn reset(fields: &mut HeaderFields) -> Result<Reset, String> {
    match fields.take("at").as_deref() {
        None | Some("before") => Ok(Reset::Before),
        Some("mid_body") => Ok(Reset::MidBody),
        Some(other) => Err(format!("`at={other}` is neither `before` nor `mid_body`")),
    }
}

fn paging_fault(fields: &mut HeaderFields) -> Result<paging::PagingFault, String> {
    // `torture` was the word of version 0.1.
    let word = fields.take("torture").map_or_else(|| fields.need("fault"), Ok)?;
    paging::ALL.into_iter().find(|fault| fault.word() == word).ok_or_else(|| {
        let words: Vec<_> = paging::ALL.iter().map(|fault| fault.word()).collect();
        format!("there is no paging fault `{word}`; there are {}", words.join(", "))
    })
}

fn unknown(card: &Card, name: &str) -> String {
    let effects: Vec<_> = EFFECTS.iter().map(|(name, _)| *name).collect();
    let failures = failures::names(card);
    let it_has = match meant(name, failures.iter().map(String::as_str).chain(effects.iter().copied())) {
        Some(near) => format!("did you mean `{near}`? It has"),
        None => "it has".to_owned(),
    };
    let (title, failures, effects) = (card.title, failures.join(", "), effects.join(", "));
    format!("{title} has no failure `{name}`; {it_has} {failures}; and there are the effects {effects}")
}

/// Splits the value at semicolons that are not in quotes. Removes quotes and surrounding spaces.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ';' if !quoted => parts.push(String::new()),
            c => parts.last_mut().expect("there is always a part").push(c),
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    Ok(parts.iter().map(|part| part.trim().to_owned()).collect())
}

/// The `key=value` fields after the name. Each is removed when it is read, so that the rest are the unknown ones.
struct HeaderFields(BTreeMap<String, String>);

impl HeaderFields {
    fn read(parts: impl Iterator<Item = String>) -> Result<HeaderFields, String> {
        let mut given = BTreeMap::new();
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}` is not `key=value`"))?;
            let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
            if given.insert(name, value).is_some() {
                return Err(format!("`{part}` is there twice"));
            }
        }
        Ok(HeaderFields(given))
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn need(&mut self, name: &str) -> Result<String, String> {
        self.take(name).ok_or_else(|| format!("`{name}=…` is missing"))
    }

    fn number<T: FromStr>(&mut self, name: &str) -> Result<T, String> {
        let text = self.need(name)?;
        text.parse().map_err(|_| format!("`{name}={text}` is not a number that can stand there"))
    }

    fn retry_after(&mut self) -> Result<Option<RetryAfter>, String> {
        if self.has("retry_after_date") {
            let date_in_seconds = self.number("retry_after_date")?;
            return Ok(Some(RetryAfter::Date(InSeconds { date_in_seconds })));
        }
        self.has("retry_after").then(|| self.number("retry_after").map(RetryAfter::Seconds)).transpose()
    }

    fn refuse_others(&self, name: &str) -> Result<(), String> {
        let Some(unknown) = self.0.keys().next() else { return Ok(()) };
        let example = EFFECTS.iter().find(|(known, _)| *known == name).map_or("retry_after=3", |(_, example)| example);
        Err(format!("`{name}` takes no `{unknown}`; write `{example}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::provider::Card;
    use crate::providers;

    fn flora() -> &'static Card {
        providers::named("flora").unwrap().card()
    }

    fn effect(text: &str) -> Effect {
        read(flora(), text).unwrap_or_else(|error| panic!("{text}: {error}")).0
    }

    #[test]
    fn every_failure_of_every_provider_can_be_requested() {
        for card in providers::ALL.iter().map(|provider| provider.card()) {
            for name in failures::names(card) {
                assert_eq!(read(card, &name), Ok((Effect::Failure(name.clone()), None)), "{}", card.name);
                assert!(EFFECTS.iter().all(|(effect, _)| **effect != name), "{name} is a failure and an effect");
            }
        }
    }

    #[test]
    fn every_effect_can_be_requested() {
        assert_eq!(effect("empty"), Effect::Empty);
        assert_eq!(effect(" malformed_json ; "), Effect::MalformedJson);
        assert_eq!(
            effect("content_type; value=\"text/html; charset=utf-8\""),
            Effect::ContentType("text/html; charset=utf-8".to_owned())
        );
        assert_eq!(effect("latency; ms=200"), Effect::Latency(Latency::FixedMs(200)));
        assert_eq!(effect("latency;from=1;to=2"), Effect::Latency(Latency::UniformMs([1, 2])));
        let normal = Latency::NormalMs(Normal { mean: 5.0, deviation: 0.5 });
        assert_eq!(effect("latency; mean=5; deviation=.5"), Effect::Latency(normal));
        assert_eq!(effect("truncate; bytes=10"), Effect::Truncate(Truncate::Bytes(10)));
        assert_eq!(effect("truncate; fraction=0.5"), Effect::Truncate(Truncate::Fraction(0.5)));
        assert_eq!(effect("trickle; chunk=16; pause_ms=5"), Effect::Trickle(Trickle { chunk_bytes: 16, pause_ms: 5 }));
        assert_eq!(effect("reset"), Effect::Reset(Reset::Before));
        assert_eq!(effect("reset; at=mid_body"), Effect::Reset(Reset::MidBody));
        for text in ["paging; fault=repeat", "paging; torture=repeat"] {
            assert_eq!(effect(text), Effect::Paging(paging::PagingFault::Repeat));
        }
        let raw = Raw { status: 418, headers: BTreeMap::new(), body: Some(RawBody::text("a;b")) };
        assert_eq!(effect("raw; status=418; body=\"a;b\""), Effect::Raw(raw));
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let after = |text| read(flora(), text).map(|(_, after)| after);
        assert_eq!(after("rate_limited; retry_after=3"), Ok(Some(RetryAfter::Seconds(3))));
        let date = RetryAfter::Date(InSeconds { date_in_seconds: 3 });
        assert_eq!(after("unavailable; retry_after_date=3"), Ok(Some(date)));
        assert!(after("empty; retry_after=3").is_err());
    }

    #[test]
    fn errors_say_what_to_write_instead() {
        let said = |text| read(flora(), text).expect_err(text);
        assert!(said("nope").starts_with("FLORA has no failure `nope`; it has missing_key"));
        assert!(
            said("nope").ends_with(
                "effects raw, empty, malformed_json, content_type, latency, truncate, trickle, reset, paging"
            )
        );
        assert!(
            said("rate_limitd").starts_with("FLORA has no failure `rate_limitd`; did you mean `rate_limited`? It has")
        );
        assert!(said("latencey; ms=3").contains("; did you mean `latency`? It has"));
        assert_eq!(said("empty; ms=3"), "`empty` takes no `ms`; write `empty`");
        assert_eq!(said("rate_limited; ms=3"), "`rate_limited` takes no `ms`; write `retry_after=3`");
        assert_eq!(said("latency"), "`ms=…` is missing");
        assert_eq!(said("latency; ms=soon"), "`ms=soon` is not a number that can stand there");
        assert_eq!(said("latency; ms=600001"), "an answer is at most 600000 ms late");
        assert_eq!(said("reset; at=once"), "`at=once` is neither `before` nor `mid_body`");
        assert_eq!(said("raw; status"), "`status` is not `key=value`");
        assert_eq!(said("raw; status=\"200"), "a quote is not closed");
        assert_eq!(said("latency; ms=1; ms=2"), "`ms=2` is there twice");
        assert!(said("paging; fault=nope").starts_with("there is no paging fault `nope`; there are insert"));
        assert!(said("").starts_with("FLORA has no failure ``"));
    }
}
