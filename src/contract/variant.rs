//! Variants: where a vendor's documents contradict each other or leave something open, the user chooses the behaviour.
//!
//! A card declares its variants; the first option of each is the default. Options, fixtures, requests and the database
//! name a choice in full, such as `acme.content_type` and `mime`. A vendor's code works with [`Variants`]: the
//! resolved choices for one provider.

use serde::Serialize;

use crate::contract::evidence::Evidence;

/// A behaviour of a provider that has several options: one line of its card.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Variant {
    /// Its name on the card. Users write the provider's name and a dot before it.
    pub name: &'static str,
    /// The options, at most sixteen. The first is the default.
    pub options: &'static [VariantOption],
}

/// One way in which a provider can behave.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct VariantOption {
    /// The name by which users choose it.
    pub name: &'static str,
    /// How sure we are that the vendor behaves this way.
    pub evidence: Evidence,
    /// What it does, in a sentence.
    pub about: &'static str,
}

impl VariantOption {
    /// An option, for use in constants.
    pub const fn new(name: &'static str, evidence: Evidence, about: &'static str) -> VariantOption {
        VariantOption { name, evidence, about }
    }
}

/// The chosen option of each of one provider's variants. By default it is the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Variants(u64);

/// Each option's index takes this many bits of [`Variants`], which is enough for sixteen options.
const BITS: usize = 4;

impl Variants {
    /// The choice of these options, by their indexes, in the order of the variants.
    pub fn of(indexes: impl Iterator<Item = usize>) -> Variants {
        Variants(indexes.enumerate().fold(0, |chosen, (place, index)| chosen | (index as u64) << (place * BITS)))
    }

    /// Whether this option of this variant is chosen. Panics if `declared` does not have them, since the card and the
    /// code disagree then.
    pub fn is(self, declared: &[Variant], variant: &str, option: &str) -> bool {
        let Some(place) = declared.iter().position(|declared| declared.name == variant) else {
            panic!("the variant `{variant}` is asked for and not declared")
        };
        match declared[place].index_of(option) {
            Some(index) => index == self.index(place),
            None => panic!("`{variant}={option}` is asked for and not declared"),
        }
    }

    /// The index of the chosen option of the variant at this place in the card.
    pub fn index(self, place: usize) -> usize {
        (self.0 >> (place * BITS)) as usize & ((1 << BITS) - 1)
    }
}

impl Variant {
    /// The index of the option with this name.
    pub fn index_of(&self, option: impl AsRef<str>) -> Option<usize> {
        self.options.iter().position(|known| known.name == option.as_ref())
    }
}
