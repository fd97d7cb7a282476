//! How Pydantic v2 reads text as page numbers, dates and lists of tags. Inferred: the server uses Pydantic.

use serde_json::Value as Json;
use speedate::{
    Date, DateTime, DateTimeConfig, Duration, MicrosecondsPrecisionOverflowBehavior, ParseError, TimeConfig,
    TimestampUnit,
};
use strum::EnumMessage;

use crate::clock::{Micros, SECOND};
use crate::contract::query::{Args, Problem, Value, integers};

/// Documented: all the tags that the parameters accept.
pub const TAGS: &[&str] = &["model", "product", "background", "other"];

/// A page number. It is read like [`integers::lax`] but stays text, because the answer repeats it whatever its length.
/// A page below 1 counts as 1.
pub fn page(text: &str) -> Result<Value, Problem> {
    let digits = integers::lax_digits(text)?;
    let digits = if digits.starts_with('-') || digits == "0" { "1".to_owned() } else { digits };
    Ok(Value::Text(digits))
}

/// The digits of the page number.
pub fn page_digits(args: &Args) -> &str {
    args.text("page").expect("page has a default")
}

/// The page number. One that exceeds 64 bits saturates, and is beyond every end.
pub fn page_number(args: &Args) -> u64 {
    page_digits(args).parse().unwrap_or(u64::MAX)
}

/// Pydantic's settings of its parser: digits beyond microseconds are dropped, and the size of a number decides its
/// unit.
const CONFIG: DateTimeConfig = DateTimeConfig { timestamp_unit: TimestampUnit::Infer, time_config: TIME_CONFIG };

const TIME_CONFIG: TimeConfig = TimeConfig {
    microseconds_precision_overflow_behavior: MicrosecondsPrecisionOverflowBehavior::Truncate,
    unix_timestamp_offset: Some(0),
};

/// An instant: ISO 8601, a date alone, or Unix seconds or milliseconds. The error is the one for a bad date, because
/// that form is tried last.
pub fn instant(text: &str) -> Result<Value, Problem> {
    let malformed = |error: ParseError| Problem::Malformed(error.get_documentation().unwrap_or_default().to_owned());
    match DateTime::parse_str_with_config(text, &CONFIG) {
        Ok(at) => Ok(Value::Instant(at.timestamp_tz() * SECOND + Micros::from(at.time.microsecond))),
        Err(_) => Date::parse_str(text).map(|day| Value::Instant(day.timestamp() * SECOND)).map_err(malformed),
    }
}

/// Tags separated by commas, each one of [`TAGS`].
pub fn tags(text: &str) -> Result<Value, Problem> {
    let tags: Vec<_> = text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
    let unknown: Vec<_> = tags.iter().filter(|tag| !TAGS.contains(tag)).copied().collect();
    if unknown.is_empty() {
        return Ok(Value::List(TAGS.iter().filter(|tag| tags.contains(tag)).map(|tag| (*tag).to_owned()).collect()));
    }
    Err(Problem::Malformed(format!("Value error, Invalid tags: {}. Allowed: {}", unknown.join(", "), TAGS.join(", "))))
}

/// A truth value, as `true` or `false`.
pub fn boolean(text: &str) -> Result<Value, Problem> {
    let word = match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => "true",
        "0" | "false" | "f" | "no" | "n" | "off" => "false",
        _ => return Err(Problem::Malformed("Input should be a valid boolean, unable to interpret input".to_owned())),
    };
    Ok(Value::Text(word.to_owned()))
}

/// A duration in microseconds: a text in ISO 8601 or of the form `[-][DD]D[,][HH:MM:]SS[.ffffff]`, or a number of
/// seconds. Like Python, it takes `true` for 1.
pub fn duration(value: &Json) -> Result<i128, Problem> {
    /// A thousand million days, more than Python's durations have, in seconds.
    const TOO_LONG: f64 = 86_400e9;
    let malformed = |reason: &str| Problem::Malformed(format!("Input should be a valid timedelta, {reason}"));
    let seconds = match value {
        Json::String(text) => {
            let read = Duration::parse_bytes_with_config(text.as_bytes(), &TIME_CONFIG);
            let read = read.map_err(|error| malformed(error.get_documentation().unwrap_or_default()))?;
            let size = (i128::from(read.day) * 86_400 + i128::from(read.second)) * i128::from(SECOND);
            let size = size + i128::from(read.microsecond);
            return Ok(if read.positive { size } else { -size });
        }
        Json::Number(number) => number.as_f64().unwrap_or_default(),
        Json::Bool(bit) => f64::from(u8::from(*bit)),
        Json::Null | Json::Array(_) | Json::Object(_) => return Err(Problem::NotA("a timedelta")),
    };
    if seconds.abs() >= TOO_LONG {
        return Err(malformed("durations may not exceed 999,999,999 days"));
    }
    Ok((seconds * SECOND as f64).round() as i128)
}
