//! Variants: where a vendor's documents disagree or leave something open, the user decides which way it behaves.
//!
//! A card declares its variants; the first option of each is the default. Choices are kept by name, such as
//! `acme.content_type` and `mime`, as they are written in options, fixtures and requests. What the code of a vendor
//! asks is a [`Variants`]: one provider's choices, resolved.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::contract::provider::{Card, Evidence};

/// Something that a provider does in one of several ways: one line of its card.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Variant {
    /// Its name on the card; people write the provider's name and a dot before it.
    pub name: &'static str,
    /// The ways, at most sixteen; the first is the default.
    pub options: &'static [VariantOption],
}

/// One way in which a provider may behave.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct VariantOption {
    /// What people write to choose it.
    pub name: &'static str,
    /// How sure we are that the vendor behaves so.
    pub evidence: Evidence,
    /// What it means, in a sentence.
    pub about: &'static str,
}

impl VariantOption {
    /// A way of behaving.
    pub const fn new(name: &'static str, evidence: Evidence, about: &'static str) -> VariantOption {
        VariantOption { name, evidence, about }
    }
}

/// Options by the full name of their variant: `acme.content_type` and `mime`.
pub type Choices = BTreeMap<String, String>;

/// The options chosen of one provider's variants. By default the first of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Variants(u64);

/// How many bits of [`Variants`] hold the index of an option.
const BITS: usize = 4;

impl Variants {
    /// What these choices say of the provider; of two that say something of the same variant, the later one counts.
    /// Names that the card does not have are passed over: an earlier version may have stored them.
    pub fn resolve(card: &Card, choices: [&Choices; 2]) -> Variants {
        let mut chosen = Variants::default();
        if choices.iter().all(|choices| choices.is_empty()) {
            return chosen;
        }
        for (place, variant) in card.variants.iter().enumerate() {
            let name = full_name(card, variant);
            let index = choices.iter().rev().find_map(|choices| variant.index_of(choices.get(&name)?));
            chosen.0 |= (index.unwrap_or_default() as u64) << (place * BITS);
        }
        chosen
    }

    /// Whether this option of the card's variant is chosen.
    pub fn is(self, card: &Card, variant: &str, option: &str) -> bool {
        let Some(place) = card.variants.iter().position(|declared| declared.name == variant) else {
            panic!("{} asks for its variant `{variant}`, which its card does not declare", card.name)
        };
        match card.variants[place].index_of(option) {
            Some(index) => index == self.index(place),
            None => panic!("{} asks for `{variant}={option}`, which its card does not declare", card.name),
        }
    }

    /// The options that are not the default, by the full name of their variant.
    pub fn changed(self, card: &Card) -> BTreeMap<String, &'static str> {
        if self == Variants::default() {
            return BTreeMap::new();
        }
        let chosen = card.variants.iter().enumerate().map(|(place, variant)| (variant, self.index(place)));
        chosen
            .filter(|(_, index)| *index > 0)
            .map(|(variant, index)| (full_name(card, variant), variant.options[index].name))
            .collect()
    }

    fn index(self, place: usize) -> usize {
        (self.0 >> (place * BITS)) as usize & ((1 << BITS) - 1)
    }
}

impl Variant {
    fn index_of(&self, option: impl AsRef<str>) -> Option<usize> {
        self.options.iter().position(|known| known.name == option.as_ref())
    }
}

/// The name by which people know a variant.
pub fn full_name(card: &Card, variant: &Variant) -> String {
    format!("{}.{}", card.name, variant.name)
}

/// What is wrong with a choice, if these cards have no such variant, or it has no such option if one is given.
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

/// Reads what `--variant` and its environment variable hold: `name=option`, several with commas between them.
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
