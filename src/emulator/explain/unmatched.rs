//! Finds filters that no asset can match. The vendor answers them with an empty page, so a test that expects no assets
//! passes for the wrong reason.

use super::page_facts::{PageFacts, Pair, printable};
use crate::clock::Micros;
use crate::contract::query::{Param, Reads};
use crate::emulator::redaction::meant;
use crate::emulator::warning::Warning;
use crate::library::selection::{Filter, Start};

/// The kinds of assets. Imported assets can have others.
const KINDS: &[&str] = &["image", "video", "audio", "document", "other"];

/// How programs print a variable without a value.
const NEVER_SET: &[&str] = &["undefined", "null", "none", "nil", "nan", "[object object]"];

/// Warnings about filters that no asset can match, if the page is the first one and empty.
pub(super) fn unmatched(facts: &PageFacts, pairs: &[Pair]) -> Vec<Warning> {
    if !facts.page.rows.is_empty() || facts.plan.start != Start::Offset(0) {
        return Vec::new();
    }
    let given = pairs.iter().filter_map(|(name, text)| Some((filter(facts, name)?, &**text)));
    let single = given.filter_map(|(param, text)| {
        let given = || format!("{}={}", param.name, printable(facts.key, text));
        if NEVER_SET.contains(&&*text.to_lowercase()) {
            return Some(Warning::NeverSet { given: given() });
        }
        let is_no_kind = is_wanted_kind(facts, text) && !possible_kinds(facts).any(|kind| kind == text);
        is_no_kind.then(|| Warning::NoSuchKind { given: given(), meant: kind_meant(facts, text) })
    });
    single.chain(contradiction(facts)).collect()
}

/// The parameter with this name, if it is a filter.
fn filter(facts: &PageFacts, name: &str) -> Option<&'static Param> {
    let card = facts.card;
    let narrows = |param: &&Param| {
        let is_text = matches!(param.reads, Reads::Text | Reads::Parsed(_));
        is_text && param.name == name && ![card.paging().position, card.paging().size].contains(&name)
    };
    card.params().iter().find(narrows)
}

fn is_wanted_kind(facts: &PageFacts, text: &str) -> bool {
    let filters = &facts.plan.selection.filters;
    filters.iter().any(|filter| matches!(filter, Filter::KindIn(kinds) if kinds.len() == 1 && kinds[0] == text))
}

/// The kinds that the filters of this listing do not exclude.
fn possible_kinds(facts: &PageFacts) -> impl Iterator<Item = &'static str> {
    let filters = &facts.plan.selection.filters;
    let is_left_out = |kind: &str| {
        filters.iter().any(|filter| matches!(filter, Filter::KindNotIn(kinds) if kinds.iter().any(|no| no == kind)))
    };
    KINDS.iter().copied().filter(move |kind| !is_left_out(kind))
}

/// The kind that was probably meant: the first part of a MIME type, or a similar word.
fn kind_meant(facts: &PageFacts, text: &str) -> Option<&'static str> {
    let class = text.split('/').next().unwrap_or_default().trim().to_lowercase();
    possible_kinds(facts).find(|kind| *kind == class).or_else(|| meant(&class, possible_kinds(facts)))
}

/// A pair of filters that exclude each other.
fn contradiction(facts: &PageFacts) -> Option<Warning> {
    let filters = &facts.plan.selection.filters;
    let find = |wanted: fn(&Filter) -> Option<Micros>| filters.iter().find_map(wanted);
    let from = find(|filter| if let Filter::CreatedFrom(at) = filter { Some(*at) } else { None });
    let to = find(|filter| if let Filter::CreatedTo(at) = filter { Some(*at) } else { None });
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        let named = |at| facts.card.params().iter().find(|param| facts.args.instant(param.name) == Some(at));
        return Some(Warning::Contradiction { one: named(from)?.name, other: named(to)?.name });
    }
    let tag = filters.iter().find_map(|filter| match filter {
        Filter::HasTag(tag) if filters.contains(&Filter::LacksTag(tag.clone())) => Some(tag),
        _ => None,
    })?;
    let lists = |param: &&Param| facts.args.list(param.name).is_some_and(|tags| tags.contains(tag));
    let mut named = facts.card.params().iter().filter(lists);
    Some(Warning::Contradiction { one: named.next()?.name, other: named.next()?.name })
}
