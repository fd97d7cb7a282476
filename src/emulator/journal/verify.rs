//! Expectations: which requests should have come, how often and in which order. What was not met is answered with the
//! request that came closest and what differed in it, because that is what the author of a failing test asks next.

use std::fmt;

use schemars::{JsonSchema, Schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::entry::{HANDSHAKE, JournalEntry};
use super::filter::{Criterion, Filter};
use super::lost::EntryScope;
use crate::emulator::faults::UnfiredFault;
use crate::library::strict_object;

/// What the journal should hold.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    /// Which entries are looked at at all; every one, if left out.
    #[serde(default, deserialize_with = "strict_object::read")]
    pub scope: Filter,
    /// The requests expected. A request may meet several of them.
    #[serde(default)]
    pub requests: Vec<Expectation>,
    /// Whether they should have come in this order: as many of each as it asks for at least, after those of the one
    /// before.
    #[serde(default)]
    pub in_order: bool,
    /// Whether there should be no other requests in the scope.
    #[serde(default)]
    pub only: bool,
    /// What the faults should have done that can strike requests of the scope: of its workspace, its provider and its key.
    #[serde(default)]
    pub faults: Option<ExpectedFaults>,
}

/// What faults should have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum ExpectedFaults {
    /// Each rule has struck at least once since it was made, and those in force also since the journal was last cleared.
    AllFired,
}

impl<'de> Deserialize<'de> for ExpectedFaults {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<ExpectedFaults, D::Error> {
        match &*strict_object::read_text(json, "`all_fired`")? {
            "all_fired" => Ok(ExpectedFaults::AllFired),
            other => Err(D::Error::unknown_variant(other, &["all_fired"])),
        }
    }
}

/// A request expected: a filter without `limit`, and how often.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = without_limit)]
pub struct Expectation {
    /// Which requests.
    #[serde(flatten, deserialize_with = "unlimited")]
    pub filter: Filter,
    /// How many of them; at least one, if left out.
    #[serde(default)]
    pub count: Count,
}

fn unlimited<'de, D: Deserializer<'de>>(json: D) -> Result<Filter, D::Error> {
    let filter = Filter::deserialize(json)?;
    match filter.limit {
        None => Ok(filter),
        Some(_) => Err(D::Error::custom("an expectation has no `limit`; send `count`")),
    }
}

fn without_limit(schema: &mut Schema) {
    if let Some(properties) = schema.get_mut("properties").and_then(|properties| properties.as_object_mut()) {
        properties.remove("limit");
    }
}

/// How often a request is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields, expecting = "a count is a number or `{\"at_least\": N, \"at_most\": N}`")]
#[schemars(rename = "ExpectedCount")]
pub enum Count {
    /// This often.
    Exactly(usize),
    /// Within bounds.
    Within {
        /// This often or more.
        #[serde(default)]
        at_least: usize,
        /// This often or less.
        at_most: Option<usize>,
    },
}

impl Default for Count {
    fn default() -> Count {
        Count::Within { at_least: 1, at_most: None }
    }
}

impl Count {
    fn least(self) -> usize {
        match self {
            Count::Exactly(count) | Count::Within { at_least: count, .. } => count,
        }
    }

    fn most(self) -> Option<usize> {
        match self {
            Count::Exactly(count) => Some(count),
            Count::Within { at_most, .. } => at_most,
        }
    }

    /// Whether any number will do.
    pub(super) fn is_any(self) -> bool {
        self.least() == 0 && self.most().is_none()
    }

    fn holds(self, found: usize) -> bool {
        self.least() <= found && self.most().is_none_or(|most| found <= most)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Count::Exactly(count) => write!(f, "exactly {count}"),
            Count::Within { at_least, at_most: None } => write!(f, "at least {at_least}"),
            Count::Within { at_least: 0, at_most: Some(most) } => write!(f, "at most {most}"),
            Count::Within { at_least, at_most: Some(most) } => write!(f, "from {at_least} to {most}"),
        }
    }
}

/// Whether the journal holds what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerifyResult {
    /// Whether it does, and nothing that may have counted was dropped.
    pub ok: bool,
    /// What is missing or too much.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub failures: Vec<Mismatch>,
    /// Why the journal cannot tell: entries that may have counted were dropped to keep its bounds, or it is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// Rules that should have struck and have not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub unfired: Vec<UnfiredFault>,
}

impl VerifyResult {
    /// The same, with rules that should have applied to a request and have not.
    pub fn with_unfired(self, unfired: Vec<UnfiredFault>) -> VerifyResult {
        VerifyResult { ok: self.ok && unfired.is_empty(), unfired, ..self }
    }
}

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Mismatch")]
pub struct Mismatch {
    /// Which of the expectations, from 0; null: `only`.
    pub expectation: Option<usize>,
    /// What was expected and what was found, in a sentence.
    pub message: String,
    /// How many requests were found.
    pub found: usize,
    /// The numbers of the first of them.
    pub seqs: Vec<u64>,
    /// Where too few were found: the request that came closest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closest: Option<NearMiss>,
}

/// A request that is nearly what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "NearMiss")]
pub struct NearMiss {
    /// Its number.
    pub seq: u64,
    /// The request, as the log has it.
    pub line: String,
    /// What differs, a sentence each.
    pub differs: Vec<String>,
}

/// How many numbers of requests a failure lists.
const LISTED: usize = 10;

impl Expectations {
    /// Holds them against the entries of their scope, in order. `incomplete` says why these may not be all.
    pub(super) fn verdict(&self, entries: &[&JournalEntry], incomplete: Option<String>) -> VerifyResult {
        let entries = &self.looked_at(entries);
        let mut failures: Vec<_> =
            self.requests.iter().enumerate().filter_map(|(place, one)| one.mismatch(place, entries)).collect();
        if self.in_order && failures.is_empty() {
            failures.extend(self.out_of_order(entries));
        }
        failures.extend(self.only.then(|| self.unexpected(entries)).flatten());
        VerifyResult { ok: failures.is_empty() && incomplete.is_none(), failures, incomplete, unfired: Vec::new() }
    }

    /// The entries without preflights and handshakes that failed, unless something asks for OPTIONS or TLS: browsers send
    /// preflights and open connections by themselves, and as many as they see fit.
    fn looked_at<'e>(&self, entries: &[&'e JournalEntry]) -> Vec<&'e JournalEntry> {
        let filters = self.requests.iter().map(|one| &one.filter).chain([&self.scope]);
        let methods: Vec<_> = filters.filter_map(|filter| filter.method.as_deref()).collect();
        let asks_for = |name: &str| methods.iter().any(|method| method.eq_ignore_ascii_case(name));
        let (asks_for_options, asks_for_handshakes) = (asks_for("OPTIONS"), asks_for(HANDSHAKE));
        let is_looked_at = |entry: &&JournalEntry| {
            (asks_for_options || !entry.diagnostics().is_preflight)
                && (asks_for_handshakes || entry.method.as_str() != HANDSHAKE)
        };
        entries.iter().copied().filter(is_looked_at).collect()
    }

    /// Whether it is about entries at all.
    pub(super) fn asks_for_entries(&self) -> bool {
        self.only || !self.requests.is_empty()
    }

    /// Which entries have a say in the verdict, one for each expectation; all of the scope, if there should be no others.
    pub(super) fn scopes(&self) -> Vec<EntryScope<'_>> {
        let scope = &self.scope;
        let of = |one: &'_ Filter| EntryScope {
            workspace: scope.workspace.as_deref(),
            provider: scope.provider.as_deref(),
            after: scope.after.max(one.after).unwrap_or(0),
        };
        if self.only {
            return vec![of(scope)];
        }
        let narrowed = self.requests.iter().map(|Expectation { filter, .. }| EntryScope {
            workspace: scope.workspace.as_deref().or(filter.workspace.as_deref()),
            provider: scope.provider.as_deref().or(filter.provider.as_deref()),
            ..of(filter)
        });
        narrowed.collect()
    }

    /// The first expectation that was met, but not after the one before it.
    fn out_of_order(&self, entries: &[&JournalEntry]) -> Option<Mismatch> {
        let mut reached = 0;
        for (place, one) in self.requests.iter().enumerate() {
            let least = one.count.least();
            let later: Vec<_> = one.found(entries).filter(|entry| entry.seq > reached).take(least).collect();
            if later.len() < least {
                let message = format!(
                    "expected {one} after request {reached}, where those before it are met; {} came later",
                    later.len()
                );
                return Some(Mismatch::of(Some(place), message, &one.found(entries).collect::<Vec<_>>()));
            }
            reached = later.last().map_or(reached, |entry| entry.seq);
        }
        None
    }

    /// The requests that nobody expected.
    fn unexpected(&self, entries: &[&JournalEntry]) -> Option<Mismatch> {
        let expected = |entry: &JournalEntry| self.requests.iter().any(|one| one.takes(entry));
        let others: Vec<_> = entries.iter().copied().filter(|entry| !expected(entry)).collect();
        let first = others.first()?;
        let message = format!("expected no other requests, found {}; the first is {}", others.len(), first);
        Some(Mismatch::of(None, message, &others))
    }
}

impl Expectation {
    fn takes(&self, entry: &JournalEntry) -> bool {
        self.filter.after.is_none_or(|after| entry.seq > after) && self.filter.matches(entry)
    }

    fn found<'a>(&self, entries: &'a [&'a JournalEntry]) -> impl Iterator<Item = &'a JournalEntry> {
        entries.iter().copied().filter(|entry| self.takes(entry))
    }

    fn mismatch(&self, place: usize, entries: &[&JournalEntry]) -> Option<Mismatch> {
        let found: Vec<_> = self.found(entries).collect();
        if self.count.holds(found.len()) {
            return None;
        }
        let mismatch = Mismatch::of(Some(place), format!("expected {self}, found {}", found.len()), &found);
        let closest = (found.len() < self.count.least()).then(|| self.closest(entries)).flatten();
        Some(Mismatch { closest, ..mismatch })
    }

    /// Of the requests that do not match, the one that differs in the fewest things; of equals, the newest.
    fn closest(&self, entries: &[&JournalEntry]) -> Option<NearMiss> {
        let differing =
            |entry: &JournalEntry| self.filter.asks().filter(|ask| !ask.holds(entry)).collect::<Vec<Criterion<'_>>>();
        let (_, entry, asks) = entries
            .iter()
            .copied()
            .filter(|entry| self.filter.after.is_none_or(|after| entry.seq > after))
            .map(|entry| (entry, differing(entry)))
            .filter(|(_, asks)| !asks.is_empty())
            .map(|(entry, asks)| (asks.len(), entry, asks))
            .rev()
            .min_by_key(|(count, _, _)| *count)?;
        let secrets = entry.secrets();
        let differs = asks.iter().map(|ask| ask.difference(entry, &secrets)).collect();
        Some(NearMiss { seq: entry.seq, line: entry.to_string(), differs })
    }
}

/// `at least 1 with method GET, status 4xx`.
impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asks: Vec<_> = self.filter.asks().map(|ask| ask.to_string()).collect();
        match asks.is_empty() {
            true => write!(f, "{} of any kind", self.count),
            false => write!(f, "{} with {}", self.count, asks.join(", ")),
        }
    }
}

impl Mismatch {
    fn of(expectation: Option<usize>, message: String, found: &[&JournalEntry]) -> Mismatch {
        let seqs = found.iter().take(LISTED).map(|entry| entry.seq).collect();
        Mismatch { expectation, message, found: found.len(), seqs, closest: None }
    }
}
