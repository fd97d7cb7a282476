//! The rules that never fired in a run. Neither clearing the journal nor removing a rule takes it off this list.

use super::listed_rule::{ListedRule, SinceCleared};
use super::unfired::UnfiredFault;

/// The most rules in the list.
const MAX_RULES: usize = 100;

/// Rules that never fired.
#[derive(Debug, Clone, Default)]
pub struct NeverFired {
    /// The rules, each with the reason as far as it is known.
    pub rules: Vec<UnfiredFault>,
    /// How many more rules there were.
    pub left_out: u64,
}

impl NeverFired {
    /// Adds a rule that has not fired.
    pub(super) fn add(&mut self, rule: ListedRule) {
        if self.rules.len() == MAX_RULES {
            self.left_out += 1;
            return;
        }
        let since_cleared = SinceCleared { seen: rule.seen, fired: rule.fired };
        self.rules.extend(ListedRule { since_cleared, ..rule }.unfired());
    }
}
