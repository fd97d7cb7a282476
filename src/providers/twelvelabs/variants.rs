//! The behaviours of TwelveLabs to choose from, where its documents contradict each other or say nothing.

use crate::contract::evidence::Evidence;
use crate::contract::variant::{Variant, VariantOption};

/// The variants, in the order in which they are listed.
pub const VARIANTS: &[Variant] = &[Variant {
    name: "unknown_parameters",
    options: &[
        VariantOption::new(
            "refuse",
            Evidence::Inferred,
            "A parameter that is not in the table is 400 `parameter_unknown`, a code that the vendor publishes.",
        ),
        VariantOption::new("ignore", Evidence::Inferred, "A parameter that is not in the table is not looked at."),
    ],
}];
