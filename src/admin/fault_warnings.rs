//! Rules that will not apply as things are: what the workspace of a rule holds, for the sentence that says so.

use std::collections::BTreeMap;

use crate::emulator::app::App;
use crate::emulator::faults::{Effect, ListedRule, Listing, Reachable, Rule};
use crate::emulator::listed::{self, CountedWorkspace};
use crate::library::key::Key;
use crate::providers;

/// Adds why a rule will not apply, as far as that is certain at this moment. One that has applied needs no warning, and one
/// that is over none any more.
pub async fn add_warning(app: &App, listed: &mut ListedRule) {
    if listed.fired == 0 && listed.active {
        listed.warning = listed.rule.warning(&reachable(app, &listed.rule).await);
    }
}

/// What the rule can reach. What cannot be read is not known, and not warned of.
async fn reachable(app: &App, rule: &Rule) -> Reachable {
    let Some(workspace) = &rule.matches.workspace else { return Reachable::default() };
    let Ok(keys) = app.store.keys_of(workspace).await else { return Reachable::default() };
    // A large workspace has more than a page, and counting takes a while.
    let counts = matches!(rule.effect, Effect::Paging(_)) && !app.store.is_large(workspace);
    let listings = if counts { listings(app, workspace, &keys).await } else { BTreeMap::new() };
    let keys = keys.into_iter().map(|key| (key.provider, key.key.to_string())).collect();
    Reachable { keys: Some(keys), listings }
}

/// What each provider lists of a workspace with these keys, where all of them act as one user: another may be shown more.
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
