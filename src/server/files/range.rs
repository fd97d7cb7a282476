//! Conditional requests and ranges (RFC 9110, sections 13 and 14). A request for several ranges gets the whole file, as
//! the RFC allows.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderName, Method, header};

/// What a request gets of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeResult {
    /// All of it.
    Whole,
    /// A range, which is not empty.
    Part(Range<u64>),
    /// Nothing, since no byte is in the range (416).
    Unsatisfiable,
    /// Nothing, since the client has it (304).
    NotModified,
    /// Nothing, since a condition failed (412).
    Failed,
}

/// Evaluates the conditions in the order of RFC 9110, section 13.2.2, and then the range. There are no dates to compare,
/// so conditions with dates do not hold or are ignored. `tag` is strong and has its quotation marks.
pub fn evaluate(method: &Method, headers: &HeaderMap, tag: &str, length: u64) -> RangeResult {
    if let Some(tags) = text(headers, header::IF_MATCH)
        && !has_tag(&tags, |other| other == tag)
    {
        return RangeResult::Failed;
    }
    if let Some(tags) = text(headers, header::IF_NONE_MATCH)
        && has_tag(&tags, |other| other.strip_prefix("W/").unwrap_or(other) == tag)
    {
        return RangeResult::NotModified;
    }
    let is_same = text(headers, header::IF_RANGE).is_none_or(|condition| condition.trim() == tag);
    let range = text(headers, header::RANGE).filter(|_| is_same && method == Method::GET);
    range.and_then(|range| read_range(&range, length)).unwrap_or(RangeResult::Whole)
}

/// The value of a header, several lines joined. `None` if there is none.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let lines: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// Whether a list of entity tags has one that matches; `*` matches all.
fn has_tag(list: &str, matches: impl Fn(&str) -> bool) -> bool {
    list.trim() == "*" || list.split(',').any(|one| matches(one.trim()))
}

/// Reads a `Range` header. `None` if it is to be ignored: another unit, a wrong syntax or several ranges.
fn read_range(text: &str, length: u64) -> Option<RangeResult> {
    let (unit, list) = text.split_once('=')?;
    let mut ranges = list.split(',').map(str::trim).filter(|range| !range.is_empty());
    let (range, None) = (ranges.next()?, ranges.next()) else { return None };
    let (first, last) = range.split_once('-')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let range = match (first, last) {
        ("", last) => length.saturating_sub(number(last)?)..length,
        (first, "") => number(first)?..length,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(length)
        }
    };
    Some(if range.is_empty() { RangeResult::Unsatisfiable } else { RangeResult::Part(range) })
}

/// Digits as a number; one beyond 64 bits is the greatest.
fn number(digits: &str) -> Option<u64> {
    let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}
