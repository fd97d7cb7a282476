//! The options that a user chooses, by name, and the [`Variants`] that they make for a provider.

use std::collections::BTreeMap;

use crate::contract::provider::Card;
use crate::contract::variant::{Variant, Variants};
use crate::library::model::Choices;

/// The provider's variants under these choices. The later choice wins, so the server's comes first and the workspace's
/// second. A name that the card does not have is ignored, because an earlier version may have stored it.
pub fn resolve(card: &Card, choices: [&Choices; 2]) -> Variants {
    if choices.iter().all(|choices| choices.is_empty()) {
        return Variants::default();
    }
    Variants::of(card.variants.iter().map(|variant| {
        let name = full_name(card, variant);
        let index = choices.iter().rev().find_map(|choices| variant.index_of(choices.get(&name)?));
        index.unwrap_or_default()
    }))
}

/// The options that differ from the default, by the full name of their variant.
pub fn changed(variants: Variants, card: &Card) -> BTreeMap<String, &'static str> {
    if variants == Variants::default() {
        return BTreeMap::new();
    }
    let chosen = card.variants.iter().enumerate().map(|(place, variant)| (variant, variants.index(place)));
    chosen
        .filter(|(_, index)| *index > 0)
        .map(|(variant, index)| (full_name(card, variant), variant.options[index].name))
        .collect()
}

/// The name under which users choose a variant, such as `acme.content_type`.
pub fn full_name(card: &Card, variant: &Variant) -> String {
    format!("{}.{}", card.name, variant.name)
}

/// The error message for a variant or an option that these cards do not have; `None` if they have both. Without an
/// option, only the variant is checked.
pub fn problem(cards: &[&'static Card], name: &str, option: Option<&str>) -> Option<String> {
    let all = || cards.iter().flat_map(|card| card.variants.iter().map(|variant| (full_name(card, variant), variant)));
    let Some((_, variant)) = all().find(|(full, _)| full == name) else {
        let known: Vec<_> = all().map(|(full, _)| full).collect();
        return Some(format!("there is no variant `{name}`; there are `{}`", known.join("`, `")));
    };
    let known: Vec<_> = variant.options.iter().map(|option| option.name).collect();
    let option = option.filter(|option| !known.contains(option))?;
    Some(format!("`{name}` has no option `{option}`; it has `{}`", known.join("`, `")))
}

/// Reads the value of `--variant` and of its environment variable: `name=option`, several separated by commas.
pub fn read(cards: &[&'static Card], texts: &[String]) -> Result<Choices, String> {
    let pieces = texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|piece| !piece.is_empty());
    let mut choices = Choices::new();
    for piece in pieces {
        let (name, option) = piece
            .split_once('=')
            .ok_or_else(|| format!("`{piece}` is no variant with an option, such as `provider.variant=option`"))?;
        if let Some(problem) = problem(cards, name, Some(option)) {
            return Err(problem);
        }
        choices.insert(name.to_owned(), option.to_owned());
    }
    Ok(choices)
}
