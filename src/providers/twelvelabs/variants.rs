//! In which ways TwelveLabs may behave where its documents disagree or say nothing.

use crate::contract::evidence::Evidence;
use crate::contract::variant::{Variant, VariantOption};

/// In which ways it may behave.
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
