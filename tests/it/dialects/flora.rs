//! FLORA.

use super::Dialect;

pub const DIALECT: Dialect = Dialect {
    name: "flora",
    key: "sk_tests",
    rows: "/assets",
    id: "asset_id",
    size: "limit",
    next: |body, _, _| body["meta"]["next_cursor"].as_str().map(|cursor| format!("cursor={cursor}")),
    deep: "cursor=eyJvZmZzZXQiOjEwMDAwMH0", // {"offset":100000}
    names_requests: true,
    page: r#"\{"assets":\[.*\],"meta":\{"next_cursor":(null|_),"total_estimate":#\}\}"#,
    refusal: r#"\{"error":\{"code":"[a-z_]+","message":_(,"fields":\[(\{"field":_,"message":_\},?)+\])?\}\}"#,
    minted: "asset_[0-9a-z]{32}",
    samples: &[
        ("limit", ["3", "4"]),
        ("cursor", ["eyJvZmZzZXQiOjF9", "eyJvZmZzZXQiOjJ9"]), // {"offset":1}, {"offset":2}
        ("query", ["png", "jpg"]),
        ("workspace_id", ["ws_tests", "ws_other"]),
        ("project_id", ["prj_a", "prj_b"]),
    ],
};
