//! The behaviours of xQR to choose from, where its documents contradict each other or say nothing.

use crate::contract::evidence::Evidence;
use crate::contract::variant::{Variant, VariantOption};

/// The variants, in the order in which they are listed.
pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "out_of_range",
        options: &[
            VariantOption::new("refuse", Evidence::Inferred, "A `limit` or `offset` out of its range is refused."),
            VariantOption::new(
                "clamp",
                Evidence::Inferred,
                "A `limit` or `offset` out of its range counts as the nearest value in range; a value that is not a number is refused.",
            ),
        ],
    },
    Variant {
        name: "validation_status",
        options: &[
            VariantOption::new("400", Evidence::Inferred, "Invalid parameters are 400."),
            VariantOption::new(
                "422",
                Evidence::Inferred,
                "Invalid parameters are 422, the default of its presumed framework.",
            ),
        ],
    },
];
