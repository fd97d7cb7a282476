//! Expectations: which requests should have come, how often and in which order. For an expectation that was not met,
//! the result has the near miss and its differences, because that is what the author of a failing test needs.

use std::fmt;

use schemars::{JsonSchema, Schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::entry::{HANDSHAKE, JournalEntry};
use super::filter::{Criterion, Filter};
use super::lost::EntryScope;
use crate::emulator::faults::UnfiredFault;
use crate::library::strict_object;

/// The requests that the journal should have.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    /// Which entries to check; all if left out.
    #[serde(default, deserialize_with = "strict_object::read")]
    pub scope: Filter,
    /// The expected requests. One request can meet several expectations.
    #[serde(default)]
    pub requests: Vec<Expectation>,
    /// Whether they should have come in this order: the minimum number for each after those for the one before.
    #[serde(default)]
    pub in_order: bool,
    /// Whether there should be no other requests in the scope.
    #[serde(default)]
    pub only: bool,
    /// What is expected of the fault rules that can match requests in the scope.
    #[serde(default)]
    pub faults: Option<ExpectedFaults>,
}

/// What is expected of fault rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum ExpectedFaults {
    /// Each rule was applied at least once, and each active one also since the journal was last cleared.
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

/// An expected request: a filter without `limit`, and a count.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schemars(transform = without_limit)]
pub struct Expectation {
    /// Which requests match.
    #[serde(flatten, deserialize_with = "unlimited")]
    pub filter: Filter,
    /// How many of them are expected; at least one if left out.
    #[serde(default)]
    pub count: Count,
}

impl<'de> Deserialize<'de> for Expectation {
    /// As derived, but serde does not say which fields there are where one of them is flattened.
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Expectation, D::Error> {
        Expectation::deserialize(json).map_err(|error| {
            let text = error.to_string();
            match text.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
                Some((name, rest)) if !rest.starts_with(", expected") => {
                    let schema = schemars::schema_for!(Expectation);
                    let fields = schema.get("properties").and_then(|fields| fields.as_object()).into_iter().flatten();
                    let fields: Vec<_> = fields.map(|(name, _)| format!("`{name}`")).collect();
                    D::Error::custom(format!("unknown field `{name}`, expected one of {}", fields.join(", ")))
                }
                _ => error,
            }
        })
    }
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

/// How many requests are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields, expecting = "a count is a number or `{\"at_least\": N, \"at_most\": N}`")]
#[schemars(rename = "ExpectedCount")]
pub enum Count {
    /// This many.
    Exactly(usize),
    /// A number within bounds.
    Within {
        /// The minimum.
        #[serde(default)]
        at_least: usize,
        /// The maximum; none if left out.
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

    /// Whether every number is within the bounds.
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

/// Whether the expectations were met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerifyResult {
    /// Whether all expectations were met and the journal is complete.
    pub ok: bool,
    /// The expectations that were not met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub failures: Vec<Mismatch>,
    /// Why the result is uncertain: entries that may have counted were evicted, or the journal is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// The fault rules that should have been applied and were not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub unfired: Vec<UnfiredFault>,
}

impl VerifyResult {
    /// Adds rules that should have been applied and were not.
    pub fn with_unfired(self, unfired: Vec<UnfiredFault>) -> VerifyResult {
        VerifyResult { ok: self.ok && unfired.is_empty(), unfired, ..self }
    }
}

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Mismatch")]
pub struct Mismatch {
    /// The index of the expectation in `requests`, from 0; null for `only`.
    pub expectation: Option<usize>,
    /// What was expected and what was found, in a sentence.
    pub message: String,
    /// How many requests matched.
    pub found: usize,
    /// The numbers of the first 10 of them.
    pub seqs: Vec<u64>,
    /// The near miss, if too few requests matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closest: Option<NearMiss>,
}

/// The request that differs least from an expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "NearMiss")]
pub struct NearMiss {
    /// Its number.
    pub seq: u64,
    /// The request as a line of the log.
    pub line: String,
    /// The differences, one sentence each.
    pub differs: Vec<String>,
}

/// The most request numbers in a mismatch.
const LISTED: usize = 10;

impl Expectations {
    /// Checks the expectations against the entries in their scope. `incomplete` is the reason if some may be missing.
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

    /// The entries without preflights and handshakes that failed, unless something asks for OPTIONS or TLS: browsers
    /// send preflights and open connections by themselves, and as many as they see fit.
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

    /// Whether the expectations are about entries, and not only about faults.
    pub(super) fn asks_for_entries(&self) -> bool {
        self.only || !self.requests.is_empty()
    }

    /// The entries that can affect the result: a scope for each expectation, or with `only` the whole scope.
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

    /// The first expectation that was not met after the one before it.
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

    /// The requests that match no expectation.
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

    /// The near miss: the request that differs in the fewest criteria, and of several the newest.
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
