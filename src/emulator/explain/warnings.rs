//! Finds what in a successful request was probably a mistake. The vendor does not report these; the emulator does, so
//! that a test can.

use super::offered_positions::{Cursors, JudgedPosition, KnownFilters, Place};
use super::page_facts::{PageFacts, Pair, printable};
use super::unmatched::unmatched;
use crate::contract::asset_list::Position;
use crate::contract::query::{Empty, Param, Reads, Repeated};
use crate::emulator::redaction::meant;
use crate::emulator::warning::Warning;
use crate::library::key::Key;
use crate::library::selection::Start;

/// The warnings about a request. Call this before [`Cursors::remember`], which adds the positions in this response.
pub fn warnings(facts: &PageFacts, cursors: &Cursors) -> Vec<Warning> {
    // All warnings here are about the query string.
    if facts.query.is_empty() {
        return Vec::new();
    }
    let pairs: Vec<Pair> = form_urlencoded::parse(facts.query.as_bytes()).collect();
    let mut warnings = Vec::new();
    // The request was not refused, so this vendor ignores unknown parameters.
    warnings.extend(unused(facts.card.params(), facts.key, &pairs));
    warnings.extend(changed_size(facts, &pairs));
    warnings.extend(wrong_position(facts, &pairs, cursors));
    warnings.extend(unmatched(facts, &pairs));
    warnings
}

/// The warnings about a request that lists nothing: about parameters that have no effect.
pub fn unused_parameters(params: &[Param], key: &Key, query: &str) -> Vec<Warning> {
    let pairs: Vec<Pair> = form_urlencoded::parse(query.as_bytes()).collect();
    unused(params, key, &pairs)
}

fn unused(params: &[Param], key: &Key, pairs: &[Pair]) -> Vec<Warning> {
    let without_effect = params.iter().filter_map(|param| without_effect(key, param, pairs));
    ignored(params, key, pairs).into_iter().chain(without_effect).collect()
}

/// The requested position, if a warning depends on whether it was offered before.
pub fn judged_position(facts: &PageFacts, cursors: &Cursors) -> Option<JudgedPosition> {
    let paging = facts.card.paging();
    match (paging.by, &facts.plan.start) {
        (Position::OffsetCursor | Position::Keyset, Start::Offset(0)) | (Position::Page, _) => None,
        (Position::OffsetCursor | Position::Keyset, _) => {
            let pairs: Vec<Pair> = form_urlencoded::parse(facts.query.as_bytes()).collect();
            let param = facts.card.params().iter().find(|param| param.name == paging.position)?;
            Some(cursors.judge(facts, &Place::Cursor(effective_text(param, &pairs)?)))
        }
        (Position::Offset, Start::Offset(offset)) if facts.page.rows.is_empty() => {
            Some(cursors.judge(facts, &Place::Offset(*offset)))
        }
        (Position::Offset, _) => None,
    }
}

/// A warning for each of the first few parameters that the vendor does not know, and one with the number of the others.
fn ignored(params: &[Param], key: &Key, pairs: &[Pair]) -> Vec<Warning> {
    /// How many get a warning of their own.
    const FEW: usize = 8;
    let known = |name: &str| params.iter().any(|param| param.is_named(name));
    let mut names: Vec<&str> = Vec::new();
    let mut more = 0;
    for (name, _) in pairs.iter().filter(|(name, _)| !known(name)) {
        match names.contains(&&**name) {
            true => {}
            false if names.len() < FEW => names.push(name),
            false => more += 1,
        }
    }
    let ignored = names.iter().map(|name| Warning::Ignored {
        name: printable(key, name),
        meant: meant(name, params.iter().map(|param| param.name)),
    });
    ignored.chain((more > 0).then_some(Warning::MoreIgnored(more))).collect()
}

/// A warning if a parameter was repeated and counts once, or was empty and counts as absent.
fn without_effect(key: &Key, param: &Param, pairs: &[Pair]) -> Option<Warning> {
    let times = pairs.iter().filter(|(name, _)| name == param.name).count();
    let counts = effective_text(param, pairs)?;
    let which = match param.repeated {
        Repeated::First => "first",
        // A repeated `Nested` is refused, so it is given once here.
        Repeated::Last | Repeated::Nested => "last",
        Repeated::All => return None,
    };
    if times > 1 {
        return Some(Warning::Repeated { name: param.name, times, which, counts: printable(key, counts) });
    }
    let is_default = param.empty == Empty::Absent || param.default == Some("");
    (counts.is_empty() && is_default).then_some(Warning::Empty { name: param.name })
}

/// The value of a parameter that counts, if it was sent several times.
fn effective_text<'a>(param: &Param, pairs: &'a [Pair]) -> Option<&'a str> {
    let mut given = pairs.iter().filter(|(name, _)| name == param.name).map(|(_, text)| &**text);
    match param.repeated {
        Repeated::First => given.next(),
        Repeated::Last | Repeated::Nested | Repeated::All => given.next_back(),
    }
}

/// A warning if the page size is not the requested one. Compares with the text that was sent, since parsing can already
/// change the number.
fn changed_size(facts: &PageFacts, pairs: &[Pair]) -> Option<Warning> {
    let name = facts.card.paging().size;
    let param = facts.card.params().iter().find(|param| param.name == name)?;
    let sent = effective_text(param, pairs).and_then(|text| match param.reads {
        Reads::Integer { read, .. } => read(text).ok(),
        Reads::Text | Reads::OneOf(_) | Reads::Parsed(_) => None,
    });
    let (asked, taken) = (sent.unwrap_or_else(|| facts.args.integer(name)), facts.plan.limit);
    (asked != i64::from(taken)).then_some(Warning::Resized { name, asked, taken })
}

/// A warning if the position is beyond the end, or was offered with other filters.
fn wrong_position(facts: &PageFacts, pairs: &[Pair], cursors: &Cursors) -> Option<Warning> {
    let paging = facts.card.paging();
    let name = paging.position;
    let param = facts.card.params().iter().find(|param| param.name == name)?;
    let text = effective_text(param, pairs).filter(|text| !text.is_empty())?;
    let is_cursor = matches!(paging.by, Position::OffsetCursor | Position::Keyset);
    if is_cursor && cursors.judge(facts, &Place::Cursor(text)).known == KnownFilters::OtherFilters {
        return Some(Warning::OtherFilters { name });
    }
    let given = || format!("{name}={}", printable(facts.key, text));
    is_beyond_end(facts, cursors).then(|| Warning::BeyondEnd { given: given(), end: end(facts) })
}

/// Whether the page is empty because its position is beyond the end. The position directly after the last page does not
/// count where pages are requested by number or offset, since clients walk until a page is empty. An empty listing counts as
/// one page there.
fn is_beyond_end(facts: &PageFacts, cursors: &Cursors) -> bool {
    let PageFacts { card, page, plan, .. } = facts;
    if !page.rows.is_empty() {
        return false;
    }
    match (card.paging().by, &plan.start) {
        (_, Start::Offset(0)) => false,
        (Position::Page, Start::Offset(offset)) => offset / u64::from(plan.limit.max(1)) > pages(facts).max(1),
        (Position::Offset, Start::Offset(offset)) => {
            cursors.judge(facts, &Place::Offset(*offset)).known != KnownFilters::SameFilters
        }
        (Position::Page | Position::Offset | Position::OffsetCursor | Position::Keyset, _) => true,
    }
}

/// The total as a sentence, if this vendor's pages show it.
fn end(facts: &PageFacts) -> Option<String> {
    let say = |count: u64, one: &str, many: &str| match count {
        1 => format!("there is 1 {one}"),
        count => format!("there are {count} {many}"),
    };
    facts.plan.counted.then(|| match facts.card.paging().by {
        Position::Page => say(pages(facts), "page", "pages"),
        Position::Offset | Position::OffsetCursor | Position::Keyset => say(facts.page.total, "asset", "assets"),
    })
}

fn pages(facts: &PageFacts) -> u64 {
    facts.page.total.div_ceil(u64::from(facts.plan.limit.max(1)))
}
