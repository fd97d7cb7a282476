//! The behaviours of KonPro to choose from, where its documents contradict each other or say nothing.

use crate::contract::evidence::Evidence;
use crate::contract::variant::{Variant, VariantOption};

/// The variants, in the order in which they are listed.
pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "last_token",
        options: &[
            VariantOption::new("null", Evidence::Documented, "On the last page `token` is null."),
            VariantOption::new("empty", Evidence::Documented, "On the last page `token` is an empty text."),
        ],
    },
    Variant {
        name: "validation_status",
        options: &[
            VariantOption::new("400", Evidence::Documented, "Invalid parameters are 400."),
            VariantOption::new("422", Evidence::Client, "Invalid parameters are 422, as the SDK expects."),
        ],
    },
    Variant {
        name: "error_request_id",
        options: &[
            VariantOption::new("top", Evidence::Documented, "The `request_id` of a refusal is beside `error`."),
            VariantOption::new("inside", Evidence::Client, "It is inside `error`, where the SDK reads it."),
            VariantOption::new("both", Evidence::Inferred, "It is in both places."),
        ],
    },
    Variant {
        name: "not_found_code",
        options: &[
            VariantOption::new("RESOURCE_NOT_FOUND", Evidence::Documented, "The code of 404 is `RESOURCE_NOT_FOUND`."),
            VariantOption::new("NOT_FOUND", Evidence::Client, "The code of 404 is `NOT_FOUND`, as the SDK expects."),
        ],
    },
    Variant {
        name: "missing_key_code",
        options: &[
            VariantOption::new("MISSING_API_KEY", Evidence::Client, "A request without a key is `MISSING_API_KEY`."),
            VariantOption::new(
                "INVALID_API_KEY",
                Evidence::Documented,
                "It is `INVALID_API_KEY`, the one code that the documents have for 401.",
            ),
        ],
    },
];
