//! Reports rules that were not applied to any request. A test that adds such a rule and passes has not tested the
//! failure.

use schemars::JsonSchema;
use serde::Serialize;

use super::effect::Effect;
use super::listed_rule::ListedRule;
use super::paging::PagingFault;
use super::rule::{Id, Trigger};

/// A fault rule that was not applied to any request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnfiredFault {
    /// Its id.
    pub id: Id,
    /// The name of its fault in the journal.
    pub fault: String,
    /// The reason, as far as it is known, in a sentence.
    pub message: String,
}

impl ListedRule {
    /// A report if the rule was never applied, or if it is active and not applied since the journal was cleared.
    pub fn unfired(&self) -> Option<UnfiredFault> {
        let has_fired = self.fired > 0 && (self.since_cleared.fired > 0 || !self.active);
        let fault = self.rule.effect.name().to_owned();
        (!has_fired).then(|| UnfiredFault { id: self.id, fault, message: self.why_unfired() })
    }

    fn why_unfired(&self) -> String {
        let seen = self.since_cleared.seen;
        let plural = if seen == 1 { "" } else { "s" };
        let why = match (self.rule.effect.clone(), self.rule.trigger) {
            (Effect::Paging(fault), _) if seen == 0 && fault != PagingFault::EmptyPage => {
                "no request for a page after the first matched it".to_owned()
            }
            _ if seen == 0 => "no request matched it".to_owned(),
            _ if self.unchanged > 0 => {
                format!(
                    "{seen} request{plural} matched it, and it changes only answers with a body that is long enough"
                )
            }
            (_, Trigger::Probability(share)) => {
                format!("{seen} request{plural} matched it, and none was drawn with the probability {share}")
            }
            (_, trigger) => {
                format!("{seen} request{plural} matched it, and its trigger needs {} more", trigger.missing(self.seen))
            }
        };
        match &self.expires_at {
            Some(at) if !self.active => format!("{why} before it ended at {at}"),
            _ => why,
        }
    }
}

impl Trigger {
    /// How many more requests must match until it is certain to fire, after `seen` matching ones.
    fn missing(self, seen: u64) -> u64 {
        match self {
            Trigger::Every(step) => step - seen % step,
            Trigger::After(count) => count.saturating_add(1).saturating_sub(seen),
            Trigger::Always | Trigger::Next(_) | Trigger::Probability(_) => 1,
        }
    }
}
