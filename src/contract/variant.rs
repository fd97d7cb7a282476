//! Variants: where a vendor's documents disagree or leave something open, the user decides which way it behaves.
//!
//! A card declares its variants; the first option of each is the default. Choices are kept by name, such as
//! `acme.content_type` and `mime`, as they are written in options, fixtures and requests. What the code of a vendor
//! asks is a [`Variants`]: one provider's choices, resolved.

use serde::Serialize;

use crate::contract::evidence::Evidence;

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

/// The options chosen of one provider's variants. By default the first of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Variants(u64);

/// How many bits of [`Variants`] hold the index of an option.
const BITS: usize = 4;

impl Variants {
    /// Those with these options, as their indexes in the order of the variants.
    pub fn of(indexes: impl Iterator<Item = usize>) -> Variants {
        Variants(indexes.enumerate().fold(0, |chosen, (place, index)| chosen | (index as u64) << (place * BITS)))
    }

    /// Whether this option is chosen of a variant that the provider declares.
    pub fn is(self, declared: &[Variant], variant: &str, option: &str) -> bool {
        let Some(place) = declared.iter().position(|declared| declared.name == variant) else {
            panic!("the variant `{variant}` is asked for and not declared")
        };
        match declared[place].index_of(option) {
            Some(index) => index == self.index(place),
            None => panic!("`{variant}={option}` is asked for and not declared"),
        }
    }

    /// The index of the option chosen of the variant in this place.
    pub fn index(self, place: usize) -> usize {
        (self.0 >> (place * BITS)) as usize & ((1 << BITS) - 1)
    }
}

impl Variant {
    /// The index of the option of this name.
    pub fn index_of(&self, option: impl AsRef<str>) -> Option<usize> {
        self.options.iter().position(|known| known.name == option.as_ref())
    }
}
