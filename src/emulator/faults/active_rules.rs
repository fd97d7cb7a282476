//! The active fault rules: adds, lists and removes them, and chooses those that apply to a request.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::applied_fault::AppliedFault;
use super::check::{self, Problem};
use super::effect::Effect;
use super::listed_rule::{ListedRule, SinceCleared};
use super::never_fired::NeverFired;
use super::paging::realism;
use super::rule::{Id, RequestFacts, Rule, Trigger};
use crate::clock::{Micros, SECOND, write_rfc3339};
use crate::random::Rng;

/// The fault rules of this process.
#[derive(Debug, Default)]
pub struct Faults {
    /// The number of rules, so that a request can skip the lock if there are none.
    count: AtomicUsize,
    rules: Mutex<Rules>,
}

#[derive(Debug, Default)]
struct Rules {
    last_id: Id,
    active: Vec<ActiveRule>,
    /// Removed rules that never fired, if the summary at the end of the run is to list them.
    removed_unfired: Option<NeverFired>,
}

#[derive(Debug)]
struct ActiveRule {
    id: Id,
    rule: Rule,
    /// When the rule ends, by its workspace's clock or else the emulator's.
    until: Option<Micros>,
    /// How many requests matched it while it was in force.
    seen: u64,
    /// How many of those it was applied to.
    fired: u64,
    /// How many of `seen` got an answer that it could not change. They do not count for its trigger.
    unchanged: u64,
    /// The values of `seen` and `fired` when the journal was last cleared.
    cleared_at: SinceCleared,
}

impl Faults {
    /// No rules yet. Rules that are removed before they fired will be remembered.
    pub fn remembering() -> Faults {
        let removed_unfired = Some(NeverFired::default());
        Faults { rules: Mutex::new(Rules { removed_unfired, ..Rules::default() }), ..Faults::default() }
    }

    /// The rules that never fired: first the remembered removed ones, then the active ones.
    pub fn never_fired(&self, now: Micros) -> NeverFired {
        let rules = self.lock();
        let mut unfired = rules.removed_unfired.clone().unwrap_or_default();
        rules.active.iter().filter(|active| active.fired == 0).for_each(|active| unfired.add(active.listed(now)));
        unfired
    }

    /// Whether there are no rules. Then the caller need not collect the facts that rules match.
    pub fn is_idle(&self) -> bool {
        self.count.load(Relaxed) == 0
    }

    /// Adds a rule after the existing ones. Fails if the rule is invalid.
    pub fn add(&self, rule: Rule, now: Micros) -> Result<Id, Problem> {
        check::rule(&rule)?;
        let until = rule.for_seconds.map(|seconds| now.saturating_add(Micros::from(seconds).saturating_mul(SECOND)));
        let mut rules = self.lock();
        rules.last_id += 1;
        let id = rules.last_id;
        let cleared_at = SinceCleared::default();
        rules.active.push(ActiveRule { id, rule, until, seen: 0, fired: 0, unchanged: 0, cleared_at });
        self.count.store(rules.active.len(), Relaxed);
        Ok(id)
    }

    /// The rules for a workspace, or all rules, in the order in which they were added.
    pub fn list(&self, workspace: Option<&str>, now: Micros) -> Vec<ListedRule> {
        let rules = self.lock();
        rules.active.iter().filter(|active| active.is_for(workspace)).map(|it| it.listed(now)).collect()
    }

    /// The rule with this id.
    pub fn get(&self, id: Id, now: Micros) -> Option<ListedRule> {
        self.lock().active.iter().find(|active| active.id == id).map(|active| active.listed(now))
    }

    /// Removes a rule. Returns whether it existed.
    pub fn remove(&self, id: Id) -> bool {
        self.retain(|active| active.id != id) > 0
    }

    /// Removes the rules for a workspace, or all rules. Returns how many.
    pub fn remove_all(&self, workspace: Option<&str>) -> usize {
        self.retain(|active| !active.is_for(workspace))
    }

    /// Restarts the counts that `verify` uses ([`ListedRule::since_cleared`]), for the rules of a workspace or all
    /// rules. Called when the journal is cleared.
    pub fn count_anew(&self, workspace: Option<&str>) {
        for active in self.lock().active.iter_mut().filter(|active| active.is_for(workspace)) {
            active.cleared_at = SinceCleared { seen: active.seen, fired: active.fired };
        }
    }

    /// The faults that apply to a request, in the order of their rules. Every rule that matches counts the request,
    /// whether it fires or not.
    pub fn choose(&self, asked: &RequestFacts, now: Micros, rng: &Rng) -> Vec<AppliedFault> {
        if self.is_idle() {
            return Vec::new();
        }
        self.lock().active.iter_mut().filter_map(|active| active.choose(asked, now, rng)).collect()
    }

    /// Takes back that these rules fired for a request, since they changed nothing of its answer.
    pub fn take_back(&self, ids: &[Id]) {
        for active in self.lock().active.iter_mut().filter(|active| ids.contains(&active.id)) {
            active.fired = active.fired.saturating_sub(1);
            active.unchanged += 1;
            // What fired before the journal was cleared may be taken back after it.
            active.cleared_at.fired = active.cleared_at.fired.min(active.fired);
        }
    }

    fn retain(&self, keep: impl Fn(&ActiveRule) -> bool) -> usize {
        let mut rules = self.lock();
        let before = rules.active.len();
        let Rules { active, removed_unfired, .. } = &mut *rules;
        if let Some(unfired) = removed_unfired {
            // The instant only decides whether a rule is over, which the summary does not show.
            active
                .iter()
                .filter(|one| one.fired == 0 && !keep(one))
                .for_each(|one| unfired.add(one.listed(Micros::MIN)));
        }
        active.retain(keep);
        self.count.store(rules.active.len(), Relaxed);
        before - rules.active.len()
    }

    fn lock(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActiveRule {
    fn is_for(&self, workspace: Option<&str>) -> bool {
        workspace.is_none() || self.rule.matches.workspace.as_deref() == workspace
    }

    fn is_over(&self, now: Micros) -> bool {
        self.until.is_some_and(|until| now >= until)
    }

    fn choose(&mut self, asked: &RequestFacts, now: Micros, rng: &Rng) -> Option<AppliedFault> {
        if !asked.can_have(&self.rule.effect) || self.is_over(now) || !self.rule.matches.fits(asked) {
            return None;
        }
        let counted = self.counted() + 1;
        self.seen += 1;
        if !self.rule.trigger.fires(counted, rng) {
            return None;
        }
        self.fired += 1;
        Some(AppliedFault { id: Some(self.id), effect: self.rule.effect.clone(), retry_after: self.rule.retry_after })
    }

    /// How many requests count for the trigger. For one that fires a number of times, those for which it fired: it may
    /// be taken back for one of them after others have come, and the next request must get it then.
    fn counted(&self) -> u64 {
        if matches!(self.rule.trigger, Trigger::Next(_)) { self.fired } else { self.seen - self.unchanged }
    }

    fn listed(&self, now: Micros) -> ListedRule {
        let realism = match &self.rule.effect {
            Effect::Paging(fault) => check::cards(&self.rule).map(|card| (card.name, realism(card, *fault))).collect(),
            _ => BTreeMap::new(),
        };
        ListedRule {
            id: self.id,
            rule: self.rule.clone(),
            seen: self.seen,
            fired: self.fired,
            active: !self.is_over(now) && !self.rule.trigger.is_spent(self.counted()),
            unchanged: self.unchanged,
            expires_at: self.until.map(write_rfc3339),
            realism,
            warning: None,
            since_cleared: SinceCleared {
                seen: self.seen - self.cleared_at.seen,
                fired: self.fired - self.cleared_at.fired,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::paging::Realism;
    use super::*;
    use crate::providers;

    fn rule(json: &str) -> Rule {
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    fn asked<'a>(provider: &str, workspace: &'a str, query: &'a str) -> RequestFacts<'a> {
        let card = providers::named(provider).unwrap().card();
        RequestFacts {
            card,
            workspace: Some(workspace),
            key: None,
            operation: Some("list_assets"),
            method: "GET",
            path: card.list(),
            query,
        }
    }

    fn first() -> &'static str {
        providers::names()[0]
    }

    fn for_provider(name: &str) -> String {
        format!(r#"{{"match":{{"provider":"{name}"}},"effect":"malformed_json"}}"#)
    }

    fn ids(applied: &[AppliedFault]) -> Vec<Id> {
        applied.iter().filter_map(|applied| applied.id).collect()
    }

    #[test]
    fn all_rules_that_match_apply_in_their_order_and_count() {
        let faults = Faults::default();
        let rng = Rng::seeded(7);
        faults.add(rule(r#"{"effect":"empty","trigger":{"every":2}}"#), 0).unwrap();
        faults.add(rule(&for_provider(first())), 0).unwrap();
        faults.add(rule(&for_provider(providers::names()[1])), 0).unwrap();
        assert_eq!(ids(&faults.choose(&asked(first(), "ws_a", ""), 0, &rng)), [2]);
        assert_eq!(ids(&faults.choose(&asked(first(), "ws_a", ""), 0, &rng)), [1, 2]);
        let counts: Vec<_> = faults.list(None, 0).iter().map(|rule| (rule.id, rule.seen, rule.fired)).collect();
        assert_eq!(counts, [(1, 2, 1), (2, 2, 2), (3, 0, 0)]);
    }

    #[test]
    fn a_rule_ends_after_its_seconds_or_its_number_of_requests() {
        let faults = Faults::default();
        let applies = |now| !faults.choose(&asked(first(), "ws_a", ""), now, &Rng::seeded(7)).is_empty();
        let id = faults.add(rule(r#"{"effect":"empty","for_seconds":5}"#), SECOND).unwrap();
        assert!(applies(SECOND) && applies(6 * SECOND - 1) && !applies(6 * SECOND));
        let listed = faults.get(id, 6 * SECOND).unwrap();
        assert_eq!(
            (listed.seen, listed.active, listed.expires_at.as_deref()),
            (2, false, Some("1970-01-01T00:00:06Z"))
        );
        assert!(faults.get(id, SECOND).unwrap().active, "the clock was set back");
        faults.remove(id);
        let id = faults.add(rule(r#"{"effect":"empty","trigger":{"next":1}}"#), 0).unwrap();
        assert!(faults.get(id, 0).unwrap().active && applies(0));
        assert!(!faults.get(id, 0).unwrap().active && !applies(0));
    }

    #[test]
    fn a_rule_that_is_taken_back_after_another_request_came_fires_for_the_next_one() {
        let faults = Faults::default();
        let applies = || !faults.choose(&asked(first(), "ws_a", ""), 0, &Rng::seeded(7)).is_empty();
        let id = faults.add(rule(r#"{"effect":"malformed_json","trigger":{"next":1}}"#), 0).unwrap();
        assert!(applies() && !applies());
        faults.take_back(&[id]);
        assert!(faults.get(id, 0).unwrap().active && applies() && !applies());
        let listed = faults.get(id, 0).unwrap();
        assert_eq!((listed.seen, listed.fired, listed.unchanged, listed.active), (4, 1, 1, false));
    }

    #[test]
    fn a_rule_that_is_taken_back_after_the_journal_was_cleared_counts_what_fires_since() {
        let faults = Faults::default();
        let choose = || faults.choose(&asked(first(), "ws_a", ""), 0, &Rng::seeded(7));
        let id = faults.add(rule(r#"{"effect":"malformed_json"}"#), 0).unwrap();
        let since = || faults.get(id, 0).unwrap().since_cleared;
        assert_eq!(choose().len(), 1);
        faults.count_anew(None);
        faults.take_back(&[id]);
        assert_eq!(since(), SinceCleared::default());
        assert_eq!(choose().len(), 1);
        assert_eq!(since(), SinceCleared { seen: 1, fired: 1 });
    }

    #[test]
    fn workspaces_keep_their_rules_to_themselves() {
        let faults = Faults::default();
        for workspace in ["ws_a", "ws_b"] {
            faults.add(rule(&format!(r#"{{"match":{{"workspace":"{workspace}"}},"effect":"empty"}}"#)), 0).unwrap();
        }
        let everywhere = faults.add(rule(r#"{"effect":"empty"}"#), 0).unwrap();
        assert_eq!(ids(&faults.choose(&asked(first(), "ws_b", ""), 0, &Rng::seeded(7))), [2, everywhere]);
        assert_eq!(faults.list(Some("ws_a"), 0).len(), 1);
        assert_eq!((faults.remove_all(Some("ws_a")), faults.remove_all(Some("ws_a"))), (1, 0));
        assert_eq!(faults.list(None, 0).len(), 2);
        assert!(faults.remove(everywhere) && !faults.remove(everywhere));
        assert_eq!((faults.remove_all(None), faults.is_idle()), (1, true));
    }

    #[test]
    fn rules_that_never_fired_are_remembered_although_they_were_removed() {
        let faults = Faults::remembering();
        let rng = Rng::seeded(7);
        faults.add(rule(r#"{"match":{"workspace":"ws_a"},"effect":"empty","trigger":{"after":1}}"#), 0).unwrap();
        faults.add(rule(r#"{"match":{"workspace":"ws_a"},"effect":"malformed_json"}"#), 0).unwrap();
        faults.add(rule(r#"{"match":{"workspace":"ws_b"},"effect":"empty"}"#), 0).unwrap();
        assert_eq!(ids(&faults.choose(&asked(first(), "ws_a", ""), 0, &rng)), [2]);
        faults.count_anew(None);
        faults.remove_all(Some("ws_a"));
        let unfired: Vec<_> = faults.never_fired(0).rules.into_iter().map(|rule| (rule.id, rule.message)).collect();
        let messages = ["1 request matched it, and its trigger needs 1 more", "no request matched it"];
        assert_eq!(unfired, [(1, messages[0].to_owned()), (3, messages[1].to_owned())]);
    }

    #[test]
    fn an_invalid_rule_is_not_added() {
        let faults = Faults::default();
        assert!(faults.add(rule(r#"{"effect":{"failure":"nope"}}"#), 0).is_err());
        assert!(faults.is_idle());
        assert_eq!(faults.add(rule(r#"{"effect":"empty"}"#), 0), Ok(1));
    }

    #[test]
    fn a_paging_fault_does_not_count_requests_that_it_cannot_apply_to() {
        let faults = Faults::default();
        let applies = |query| !faults.choose(&asked("twelvelabs", "ws_a", query), 0, &Rng::seeded(7)).is_empty();
        let id = faults
            .add(rule(r#"{"match":{"provider":"twelvelabs"},"effect":{"paging":"repeat"},"trigger":{"next":1}}"#), 0)
            .unwrap();
        assert!(!applies("") && !applies("page=1") && !applies("page=x"));
        assert!(applies("page=2") && !applies("page=3"));
        let listed = faults.get(id, 0).unwrap();
        assert_eq!((listed.seen, listed.fired), (2, 1));
        assert_eq!(listed.realism, BTreeMap::from([("twelvelabs", Realism::Plausible)]));
    }

    #[test]
    fn a_rule_is_listed_as_it_was_written() {
        let faults = Faults::default();
        let written = r#"{"match":{"workspace":"ws_a","query":{"cursor":null,"limit":"5"}},"effect":{"failure":"rate_limited"},"trigger":{"next":2},"for_seconds":60,"retry_after":{"date_in_seconds":3}}"#;
        faults.add(rule(written), 0).unwrap();
        let listed = serde_json::to_string(&faults.list(None, 0)).unwrap();
        let rest = r#""seen":0,"fired":0,"active":true,"expires_at":"1970-01-01T00:01:00Z"}]"#;
        assert_eq!(listed, format!(r#"[{{"id":1,"rule":{written},{rest}"#));
    }
}
