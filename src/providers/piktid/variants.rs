//! The behaviours of PiktID to choose from, where its documents contradict each other or say nothing.

use crate::contract::evidence::Evidence;
use crate::contract::variant::{Variant, VariantOption};

/// The variants, in the order in which they are listed.
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
