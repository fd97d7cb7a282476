//! Imports assets from a vendor's own list response; the providers' `import.rs` share this code. The response is split
//! into its objects, and each becomes an asset: the neutral fields hold what they can express, and `imported_from`
//! holds the object itself, so that nothing is lost. This module knows no vendor and stores nothing. The provider says
//! what a field means, and the caller stores the assets.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde_json::value::RawValue;

use crate::clock::{Micros, SECOND, read_rfc3339};
use crate::library::asset::{Asset, Imported};
use crate::library::plain_words;
use crate::library::size;

/// Why a response was not imported. The caller must then store none of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unimportable {
    /// The path of the wrong value, such as `assets[3].created_ts`; empty if the body as a whole is wrong.
    pub at: String,
    /// What is wrong, and what to send instead.
    pub message: String,
}

impl fmt::Display for Unimportable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.at.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{}", self.at, self.message)
    }
}

impl std::error::Error for Unimportable {}

impl Unimportable {
    fn new(at: impl Into<String>, message: impl Into<String>) -> Unimportable {
        Unimportable { at: at.into(), message: message.into() }
    }
}

/// The names of the fields that every vendor's list response has.
#[derive(Debug)]
pub struct Envelope {
    /// The field that holds the list.
    pub rows: &'static str,
    /// The field of an object that holds its id.
    pub id: &'static str,
}

type Fields<'b> = BTreeMap<String, &'b RawValue>;

impl Envelope {
    /// Reads the assets of a list response, oldest insertion first. `asset` turns the vendor's `T` into an asset. If
    /// an object has a field twice, the last one counts, as it does in most JSON parsers.
    pub fn read<T: DeserializeOwned>(
        &self,
        provider: &'static str,
        body: &str,
        mut asset: impl FnMut(&Row<'_>, T) -> Result<Asset, Unimportable>,
    ) -> Result<Vec<Asset>, Unimportable> {
        let mut seen = HashSet::new();
        let mut assets = Vec::new();
        for (index, object) in self.objects(body)?.into_iter().enumerate() {
            let (row, fields) = self.row(provider, index, object)?;
            if !seen.insert(row.id.clone()) {
                return Err(row.refusal(self.id, format!("`{}` is there twice; send each asset once", row.id)));
            }
            assets.push(asset(&row, row.parse(fields)?)?);
        }
        Ok(in_order_of_insertion(assets))
    }

    fn objects<'b>(&self, body: &'b str) -> Result<Vec<&'b RawValue>, Unimportable> {
        let wrong = |at, why| {
            let form = format!("`{{\"{}\":[…]}}`", self.rows);
            Unimportable::new(at, format!("{why}; send the whole answer of the list route, such as {form}"))
        };
        let fields: Fields<'b> = serde_json::from_str(body).map_err(|error| match error.is_data() {
            true => wrong("", "this is no JSON object".to_owned()),
            false => wrong("", plain_words::describe_with_place(&error)),
        })?;
        let rows = fields.get(self.rows).ok_or_else(|| wrong(self.rows, "it is missing".to_owned()))?;
        let is_list = rows.get().starts_with('[');
        let mut rows = serde_json::Deserializer::from_str(rows.get());
        size::read_list(&mut rows).map_err(|error| {
            let why = plain_words::describe(&error);
            if is_list { Unimportable::new(self.rows, why) } else { wrong(self.rows, why) }
        })
    }

    fn row<'b>(
        &self,
        provider: &'static str,
        index: usize,
        object: &'b RawValue,
    ) -> Result<(Row<'b>, Fields<'b>), Unimportable> {
        let at = format!("{}[{index}]", self.rows);
        let fields: Fields<'b> = serde_json::from_str(object.get()).map_err(|error| {
            Unimportable::new(&at, format!("an asset is a JSON object: {}", plain_words::describe(&error)))
        })?;
        let id = fields.get(self.id).and_then(|id| serde_json::from_str::<String>(id.get()).ok());
        match id.filter(|id| !id.is_empty()) {
            Some(id) => Ok((Row { provider, at, id, object }, fields)),
            None => Err(Unimportable::new(
                format!("{at}.{}", self.id),
                "the asset's id must be here, a text that is not empty",
            )),
        }
    }
}

/// One object of the list.
#[derive(Debug)]
pub struct Row<'b> {
    provider: &'static str,
    /// Its path in the response, such as `assets[3]`.
    at: String,
    id: String,
    object: &'b RawValue,
}

impl Row<'_> {
    /// The error for a field of this object.
    pub fn refusal(&self, field: &str, message: impl Into<String>) -> Unimportable {
        Unimportable::new(format!("{}.{field}", self.at), message)
    }

    /// A new asset with this object's id and JSON; all other fields have their defaults.
    pub fn asset(&self, created_at: Micros) -> Asset {
        Asset {
            imported_from: Some(Imported { provider: self.provider.to_owned(), json: compacted(self.object) }),
            ids: BTreeMap::from([(self.provider.to_owned(), self.id.clone())]),
            ..Asset::new(created_at)
        }
    }

    /// Reads the time in a required field with `read`.
    pub fn time<T: fmt::Display>(
        &self,
        field: &str,
        sent: Option<T>,
        read: impl Fn(&T) -> Option<Micros>,
        such_as: &str,
    ) -> Result<Micros, Unimportable> {
        let sent = sent.ok_or_else(|| self.refusal(field, format!("a time must be here, such as {such_as}")))?;
        let at = read(&sent).filter(|at| CALENDAR.contains(at));
        at.ok_or_else(|| self.refusal(field, format!("`{sent}` is not a time such as {such_as}")))
    }

    /// Reads the RFC 3339 time in a required field. Any offset and any number of decimals are accepted.
    pub fn rfc3339(&self, field: &str, sent: Option<String>) -> Result<Micros, Unimportable> {
        self.time(field, sent, |text| read_rfc3339(text), "`2026-03-21T12:00:00Z`")
    }

    fn parse<T: DeserializeOwned>(&self, fields: Fields<'_>) -> Result<T, Unimportable> {
        let fields = MapDeserializer::<_, serde_json::Error>::new(fields.into_iter());
        serde_path_to_error::deserialize(fields)
            .map_err(|error| self.refusal(&error.path().to_string(), plain_words::describe(error.inner())))
    }
}

/// The instants that a fixture can express: years of four digits. The last day is left out, since
/// [`in_order_of_insertion`] may add to a time.
const CALENDAR: std::ops::Range<Micros> = -62_167_219_200 * SECOND..253_402_214_400 * SECOND;

/// Puts the assets of a response that is sorted newest first into order of insertion. Where times are equal, each
/// later asset gets a microsecond more than the one before, so that a tie-break by id cannot change their order. A
/// response in another order keeps its times: it was sorted by a parameter, which the client can send again.
fn in_order_of_insertion(mut assets: Vec<Asset>) -> Vec<Asset> {
    let newest_first = assets.is_sorted_by(|above, below| above.created_at.0 >= below.created_at.0);
    assets.reverse();
    if newest_first {
        let mut free = Micros::MIN;
        for asset in &mut assets {
            asset.created_at.0 = asset.created_at.0.max(free);
            free = asset.created_at.0 + 1;
        }
    }
    assets
}

/// The same JSON without white space between tokens. Numbers, escapes and the order of keys do not change.
pub fn compacted(json: &RawValue) -> Box<RawValue> {
    // White space is dropped only outside strings. A quote begins or ends a string unless a backslash escapes it, and
    // an escaped backslash escapes nothing.
    let (mut quoted, mut escaped) = (false, false);
    let dense = json.get().chars().filter(|letter| {
        let kept = quoted || !matches!(letter, ' ' | '\t' | '\n' | '\r');
        quoted ^= *letter == '"' && !escaped;
        escaped = quoted && *letter == '\\' && !escaped;
        kept
    });
    RawValue::from_string(dense.collect()).expect("JSON means the same without white space between tokens")
}

/// A JSON number in any notation: `1000`, `1000.0` and `1e3` are equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Written as a whole number of 64 bits.
    Whole(i64),
    /// Written in another way, or too large for 64 bits.
    Other(f64),
}

impl Number {
    /// The instant that is this number of `units` after 1970-01-01. A unit is given in microseconds.
    pub fn instant(self, units: Micros) -> Option<Micros> {
        match self {
            Number::Whole(count) => count.checked_mul(units),
            Number::Other(count) => Some((count * units as f64).round() as Micros), // saturates, beyond every calendar
        }
    }

    /// A size as the library stores it: whole and not negative. Any other number is kept only in the imported JSON.
    pub fn size(self) -> Option<i64> {
        match self {
            Number::Whole(count) => Some(count),
            Number::Other(count) => (count.fract() == 0.0 && count < i64::MAX as f64).then_some(count as i64),
        }
        .filter(|size| *size >= 0)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Whole(number) => number.fmt(f),
            Number::Other(number) => write!(f, "{number:?}"), // with an exponent rather than a hundred digits
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        deserializer.deserialize_any(AnyNumber)
    }
}

struct AnyNumber;

impl Visitor<'_> for AnyNumber {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
        Ok(Number::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
        Ok(i64::try_from(number).map_or(Number::Other(number as f64), Number::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
        Ok(Number::Other(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVELOPE: Envelope = Envelope { rows: "rows", id: "id" };

    #[derive(Deserialize)]
    struct Thing {
        at: Option<Number>,
        parts: Option<Vec<Number>>,
    }

    fn import(body: &str) -> Result<Vec<Asset>, Unimportable> {
        ENVELOPE.read("acme", body, |row, sent: Thing| {
            let at = row.time("at", sent.at, |at| at.instant(SECOND), "`7`")?;
            Ok(Asset { width: sent.parts.and_then(|parts| parts.first()?.size()), ..row.asset(at) })
        })
    }

    fn times(seconds: &[&str]) -> Vec<Micros> {
        let rows: Vec<_> = (0..).zip(seconds).map(|(id, at)| format!(r#"{{"id":"{id}","at":{at}}}"#)).collect();
        let assets = import(&format!(r#"{{"rows":[{}]}}"#, rows.join(","))).unwrap();
        assets.iter().map(|asset| asset.created_at.0).collect()
    }

    #[test]
    fn white_space_goes_and_tokens_stay() {
        let spaced =
            "{ \"a\\\" b\\\\\" :\t[ 1e3 , 1.0,-0 ,\n\"\\u00e9\\/ \\ud800\" ] ,\r\"a\" : {  } ,\"a\": \" , \" }";
        let dense = compacted(serde_json::from_str(spaced).unwrap());
        assert_eq!(dense.get(), "{\"a\\\" b\\\\\":[1e3,1.0,-0,\"\\u00e9\\/ \\ud800\"],\"a\":{},\"a\":\" , \"}");
    }

    #[test]
    fn equal_times_are_a_microsecond_apart_and_push_those_above() {
        assert_eq!(times(&["3", "2.000001", "2", "2", "1"]), [1_000_000, 2_000_000, 2_000_001, 2_000_002, 3_000_000]);
    }

    #[test]
    fn times_that_are_not_newest_first_are_kept() {
        assert_eq!(times(&["1", "1", "2"]), [2_000_000, 1_000_000, 1_000_000]);
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        assert_eq!(times(&["1e3", "1000.0", "1000"]), [1_000_000_000, 1_000_000_001, 1_000_000_002]);
        assert_eq!(times(&["-1.5"]), [-1_500_000]);
        for (text, size) in [("12", Some(12)), ("1.2e1", Some(12)), ("1.5", None), ("-1", None), ("1e300", None)] {
            assert_eq!(serde_json::from_str::<Number>(text).unwrap().size(), size, "{text}");
        }
    }

    #[test]
    fn of_a_field_that_is_there_twice_the_last_counts() {
        let assets = import(r#"{"rows":[{"at":5,"id":"b","id":"a","at":6}]}"#).unwrap();
        assert_eq!((assets[0].created_at.0, &*assets[0].ids["acme"]), (6_000_000, "a"));
        assert_eq!(assets[0].imported_from.as_ref().unwrap().json.get(), r#"{"at":5,"id":"b","id":"a","at":6}"#);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let body = "send the whole answer of the list route, such as `{\"rows\":[…]}`";
        for (given, said) in [
            ("", format!("the JSON ends too early (line 1, column 0); {body}")),
            ("[]", format!("this is no JSON object; {body}")),
            ("{}", format!("rows: it is missing; {body}")),
            ("{\"rows\":null}", format!("rows: this is null; send a list; {body}")),
            ("{\"rows\":[1]}", "rows[0]: an asset is a JSON object: this is the number 1; send an object".to_owned()),
            ("{\"rows\":[{}]}", "rows[0].id: the asset's id must be here, a text that is not empty".to_owned()),
            ("{\"rows\":[{\"id\":\"a\"}]}", "rows[0].at: a time must be here, such as `7`".to_owned()),
            ("{\"rows\":[{\"id\":\"a\",\"at\":9e99}]}", "rows[0].at: `9e99` is not a time such as `7`".to_owned()),
            (
                "{\"rows\":[{\"id\":\"a\",\"at\":1,\"parts\":[1,true]}]}",
                "rows[0].parts[1]: this is `true`; send a number".to_owned(),
            ),
            (
                "{\"rows\":[{\"id\":\"a\",\"at\":1},{\"id\":\"\\u0061\",\"at\":1}]}",
                "rows[1].id: `a` is there twice; send each asset once".to_owned(),
            ),
        ] {
            assert_eq!(import(given).unwrap_err().to_string(), said);
        }
    }
}
