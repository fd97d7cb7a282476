//! The variables that tell clients where an emulator is: for each provider a base URL and a key. All keys belong to one
//! workspace.

use crate::clock::Micros;
use crate::contract::provider::Card;
use crate::library::key::{Key, KeyState};
use crate::providers;
use crate::providers::directory::base_url;

/// A variable and its value. `None` removes the variable, so that a client cannot find a key of the real service there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: Option<String>,
}

/// A key that its provider accepts now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsableKey {
    /// The provider's name.
    pub provider: String,
    /// The id of its workspace.
    pub workspace: String,
    /// The text of the key.
    pub key: String,
}

impl UsableKey {
    /// A key of the library, if it is active at `now` and its scopes allow it to list assets.
    pub fn of(key: &Key, now: Micros) -> Option<UsableKey> {
        let card = providers::named(&key.provider)?.card();
        let is_usable =
            key.state(now) == KeyState::Active && card.list_operation().scope.is_none_or(|scope| key.allows(scope));
        is_usable.then(|| UsableKey {
            provider: key.provider.clone(),
            workspace: key.workspace.to_string(),
            key: key.key.to_string(),
        })
    }
}

/// The variables for an emulator at this origin, with the keys of the first of these workspaces that has any.
pub fn variables(origin: &str, workspaces: &[String], keys: &[UsableKey]) -> Vec<Variable> {
    let workspace = workspaces.iter().find(|id| keys.iter().any(|key| key.workspace == **id));
    let mut all = vec![
        Variable { name: "ASSETMOCK_URL", value: Some(origin.to_owned()) },
        Variable { name: "ASSETMOCK_API", value: Some(format!("{origin}/_emulator")) },
        Variable { name: "ASSETMOCK_WORKSPACE", value: workspace.cloned() },
    ];
    for card in providers::cards() {
        let key = keys.iter().find(|key| Some(&key.workspace) == workspace && key.provider == card.name);
        let base_url = key.map(|_| base_url(origin, card));
        all.push(Variable { name: card.client_env.base_url, value: base_url });
        all.push(Variable { name: card.client_env.key, value: key.map(|key| key.key.clone()) });
        all.extend(card.client_env.lookalikes.iter().map(|name| Variable { name, value: None }));
    }
    all
}

/// Whether a variable is the base URL of a provider.
pub fn is_base_url(variable: &Variable) -> bool {
    providers::cards().iter().any(|card| card.client_env.base_url == variable.name)
}

/// Whether a variable belongs to this provider.
pub fn is_of(card: &Card, variable: &Variable) -> bool {
    let own = [card.client_env.base_url, card.client_env.key];
    own.contains(&variable.name) || card.client_env.lookalikes.contains(&variable.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(provider: &str, workspace: &str, key: &str) -> UsableKey {
        UsableKey { provider: provider.to_owned(), workspace: workspace.to_owned(), key: key.to_owned() }
    }

    #[test]
    fn all_keys_are_of_the_first_workspace_that_has_any_and_other_variables_go() {
        let names = providers::names();
        let workspaces = ["ws_none".to_owned(), "ws_b".to_owned(), "ws_a".to_owned()];
        let keys = [key(names[1], "ws_a", "other"), key(names[0], "ws_b", "first"), key(names[0], "ws_b", "second")];
        let all = variables("http://localhost:1", &workspaces, &keys);
        let value = |name: &str| all.iter().find(|variable| variable.name == name).unwrap().value.as_deref();
        assert_eq!(value("ASSETMOCK_WORKSPACE"), Some("ws_b"));
        assert_eq!(value("ASSETMOCK_API"), Some("http://localhost:1/_emulator"));
        for (index, card) in providers::cards().into_iter().enumerate() {
            let given = (value(card.client_env.key), value(card.client_env.base_url).is_some());
            assert_eq!(given, if index == 0 { (Some("first"), true) } else { (None, false) });
        }
    }

    #[test]
    fn without_a_key_no_variable_of_a_provider_stays() {
        let all = variables("http://localhost:1", &["ws_a".to_owned()], &[]);
        let set: Vec<_> = all.iter().filter(|variable| variable.value.is_some()).map(|one| one.name).collect();
        assert_eq!(set, ["ASSETMOCK_URL", "ASSETMOCK_API"]);
        let lookalikes: usize = providers::cards().iter().map(|card| card.client_env.lookalikes.len()).sum();
        assert_eq!(all.len(), 3 + 2 * providers::ALL.len() + lookalikes);
    }
}
