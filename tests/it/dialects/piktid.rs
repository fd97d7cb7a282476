//! PiktID.

use super::Dialect;

pub const DIALECT: Dialect = Dialect {
    name: "piktid",
    key: "piktid_tests",
    rows: "/assets",
    id: "id",
    size: "per_page",
    next: |body, _, _| {
        let page = body["pagination"]["page"].as_u64().unwrap();
        body["pagination"]["has_next"].as_bool().unwrap().then(|| format!("page={}", page + 1))
    },
    deep: "page=10000",
    names_requests: false,
    page: r#"\{"pagination":\{"page":#,"per_page":#,"total":#,"pages":#,"has_next":(true|false),"has_prev":(true|false)\},"assets":\[.*\]\}"#,
    refusal: r#"\{"error":_(,"detail":\[(\{"field":_,"message":_,"position":"query"\},?)+\])?\}"#,
    minted: "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    samples: &[
        ("page", ["2", "3"]),
        ("per_page", ["3", "4"]),
        ("order", ["asc", "desc"]),
        ("created_by", ["ada", "grace"]),
        ("created_after", ["2026-03-01T00:00:00Z", "2026-03-02"]),
        ("created_before", ["2026-03-31T00:00:00Z", "1774000000"]),
        ("sort_by", ["filename", "created_at"]),
        ("search", ["png", "jpg"]),
        ("ownership", ["mine", "shared"]),
        ("include_tags", ["model", "product,other"]),
        ("exclude_tags", ["background", "product,other"]),
    ],
};
