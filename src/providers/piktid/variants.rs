//! In which ways PiktID may behave where its documents disagree or say nothing.

use crate::contract::evidence::Evidence;
use crate::contract::variant::{Variant, VariantOption};

/// In which ways it may behave.
pub const VARIANTS: &[Variant] = &[Variant {
    name: "validation_status",
    options: &[
        VariantOption::new("400", Evidence::Inferred, "Invalid parameters are 400."),
        VariantOption::new(
            "422",
            Evidence::Inferred,
            "Invalid parameters are 422, as its presumed library may be set to.",
        ),
    ],
}];
