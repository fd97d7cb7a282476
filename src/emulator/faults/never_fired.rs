//! Rules that never fired in a whole run, be it that the journal was cleared or the rules were removed meanwhile.

use super::listed_rule::{ListedRule, SinceCleared};
use super::unfired::UnfiredFault;

/// How many of them are kept.
const MOST: usize = 100;

/// Rules that never fired.
#[derive(Debug, Clone, Default)]
pub struct NeverFired {
    /// The rules, each with what is known of why it did not.
    pub rules: Vec<UnfiredFault>,
    /// How many more there were.
    pub left_out: u64,
}

impl NeverFired {
    /// Adds a rule that has not fired.
    pub(super) fn add(&mut self, rule: ListedRule) {
        if self.rules.len() == MOST {
            self.left_out += 1;
            return;
        }
        let since_cleared = SinceCleared { seen: rule.seen, fired: rule.fired };
        self.rules.extend(ListedRule { since_cleared, ..rule }.unfired());
    }
}
