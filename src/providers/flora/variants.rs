//! The behaviours of FLORA to choose from, where its documents contradict each other or say nothing.

use crate::contract::evidence::Evidence;
use crate::contract::variant::{Variant, VariantOption};

/// The variants, in the order in which they are listed.
pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "content_type",
        options: &[
            VariantOption::new(
                "modality",
                Evidence::Documented,
                "`content_type` is `image`, `video`, `audio` or `document`, as the vendor measured.",
            ),
            VariantOption::new("mime", Evidence::Client, "`content_type` is the MIME type, as in the SDK's own test."),
        ],
    },
    Variant {
        name: "key_order",
        options: &[
            VariantOption::new(
                "reference",
                Evidence::Documented,
                "Fields of an asset are in the order of the reference page.",
            ),
            VariantOption::new(
                "openapi",
                Evidence::Documented,
                "Fields of an asset are in the order of the OpenAPI document.",
            ),
        ],
    },
    Variant {
        name: "malformed_key",
        options: &[
            VariantOption::new(
                "unauthorized",
                Evidence::Documented,
                "A credential that cannot be a key is refused as a missing one is.",
            ),
            VariantOption::new(
                "invalid_api_key",
                Evidence::Documented,
                "A credential that cannot be a key is refused as an unknown key is.",
            ),
        ],
    },
];
