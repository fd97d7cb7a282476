//! The list of providers.

use std::sync::LazyLock;

use crate::contract::choices;
use crate::contract::provider::{Card, Provider};
use crate::library::fixture::KnownNames;
use crate::library::store::ProviderIds;

/// All providers.
pub static ALL: &[&dyn Provider] = &[
    &super::xqr::Xqr,
    &super::flora::Flora,
    &super::twelvelabs::TwelveLabs,
    &super::piktid::PiktId,
    &super::konpro::KonPro,
];

/// The providers' names, in the order of [`ALL`].
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|provider| provider.card().name).collect()
}

/// The providers' cards, in the order of [`ALL`].
pub fn cards() -> Vec<&'static Card> {
    ALL.iter().map(|provider| provider.card()).collect()
}

/// The names of providers and variants that fixtures may use.
pub fn known_names() -> KnownNames<'static> {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(names);
    KnownNames { providers: &NAMES, variant_problem: |name, option| choices::problem(&cards(), name, Some(option)) }
}

/// The providers that have a column of public ids in the library, and how each makes an id.
pub fn ids() -> ProviderIds {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(names);
    let new_id =
        |name: &str, entropy, created_at| named(name).expect("it is in the list").new_asset_id(entropy, created_at);
    ProviderIds { providers: &NAMES, new_id }
}

/// The provider with this name.
pub fn named(name: &str) -> Option<&'static dyn Provider> {
    ALL.iter().copied().find(|provider| provider.card().name == name)
}
