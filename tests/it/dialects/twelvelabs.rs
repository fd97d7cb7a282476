//! TwelveLabs.

use super::Dialect;

pub const DIALECT: Dialect = Dialect {
    name: "twelvelabs",
    key: "tlk_tests",
    rows: "/data",
    id: "_id",
    size: "page_limit",
    next: |body, _, _| {
        let page = body["page_info"]["page"].as_u64().unwrap();
        (page < body["page_info"]["total_page"].as_u64().unwrap()).then(|| format!("page={}", page + 1))
    },
    deep: "page=10000",
    names_requests: false,
    page: r#"\{"data":\[.*\],"page_info":\{"limit_per_page":#,"page":#,"total_page":#,"total_results":#\}\}"#,
    refusal: r#"\{"code":"[a-z_]+","message":_\}"#,
    minted: "[0-9a-f]{24}",
    samples: &[
        ("page", ["2", "3"]),
        ("page_limit", ["3", "4"]),
        ("asset_ids", ["65f0c8a01234567890abcdef", "65f0c8a01234567890abcdee"]),
        ("asset_types", ["image", "video"]),
        ("filename", ["png", "jpg"]),
    ],
};
