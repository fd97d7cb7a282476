//! Rules that have not applied to any request: a test that set one up and passes has not shown what it meant to show.

use schemars::JsonSchema;
use serde::Serialize;

use super::effect::Effect;
use super::listed_rule::ListedRule;
use super::paging::PagingFault;
use super::rule::{Id, Trigger};

/// A rule that has not struck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnfiredFault {
    /// What it is known by.
    pub id: Id,
    /// The name under which the journal has it when it strikes.
    pub fault: String,
    /// What is known of why it has not, in a sentence.
    pub message: String,
}

impl ListedRule {
    /// What there is to tell if it has not applied to any request: never since it was made, or, as long as it is in force,
    /// since the journal was last cleared.
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
    /// How many more requests have to match until it fires for certain, after so many that have.
    fn missing(self, seen: u64) -> u64 {
        match self {
            Trigger::Every(step) => step - seen % step,
            Trigger::After(count) => count.saturating_add(1).saturating_sub(seen),
            Trigger::Always | Trigger::Next(_) | Trigger::Probability(_) => 1,
        }
    }
}
