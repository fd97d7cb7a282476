//! Finds out what is in the workspace of a fault rule, for the warning that no request can match the rule.

use std::collections::BTreeMap;

use crate::emulator::app::App;
use crate::emulator::faults::{Effect, ListedRule, Listing, Reachable, Rule};
use crate::emulator::listed::{self, CountedWorkspace};
use crate::library::key::Key;
use crate::providers;

/// Adds a warning to an active rule that no request can match in the current state. A rule that was applied gets none.
pub async fn add_warning(app: &App, listed: &mut ListedRule) {
    if listed.fired == 0 && listed.active {
        listed.warning = listed.rule.warning(&reachable(app, &listed.rule).await);
    }
}

/// The contents of the rule's workspace. If they cannot be read, there is no warning about them.
async fn reachable(app: &App, rule: &Rule) -> Reachable {
    let Some(workspace) = &rule.matches.workspace else { return Reachable::default() };
    let Ok(keys) = app.store.keys_of(workspace).await else { return Reachable::default() };
    // A large workspace has more than one page anyway, and counting it takes a while.
    let counts = matches!(rule.effect, Effect::Paging(_)) && !app.store.is_large(workspace);
    let listings = if counts { listings(app, workspace, &keys).await } else { BTreeMap::new() };
    let keys = keys.into_iter().map(|key| (key.provider, key.key.to_string())).collect();
    Reachable { keys: Some(keys), listings }
}

/// The listing of each provider whose keys in the workspace all act as the same user. Different users may be shown
/// different assets.
async fn listings(app: &App, workspace: &str, keys: &[Key]) -> BTreeMap<&'static str, Listing> {
    let Ok(CountedWorkspace { keys: first, counts, .. }) = listed::read(app, workspace).await else {
        return BTreeMap::new();
    };
    let listings = providers::ALL.iter().filter_map(|provider| {
        let name = provider.card().name;
        let key = first.get(name)?;
        let is_same = keys.iter().filter(|other| other.provider == name).all(|other| other.user == key.user);
        let listing = Listing { assets: *counts.get(name)?, page: listed::page_size(*provider, key)? };
        is_same.then_some((name, listing))
    });
    listings.collect()
}
