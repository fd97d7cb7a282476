//! xQR.

use super::{Dialect, rows_at};

pub const DIALECT: Dialect = Dialect {
    name: "xqr",
    key: "xqr_pk_tests",
    rows: "/data",
    id: "id",
    size: "limit",
    next: |body, seen, size| (rows_at(body, "/data").len() == size).then(|| format!("offset={seen}")),
    deep: "offset=100000",
    names_requests: true,
    page: r#"\{"data":\[.*\],"meta":\{"request_id":"req_[0-9a-f]{16}","rate_limit":\{"limit":#,"remaining":#,"reset":#\}\}\}"#,
    refusal: r#"\{"error":\{"code":"[A-Z_]+","message":_,"status":#\},"meta":\{"request_id":"req_[0-9a-f]{16}"\}\}"#,
    minted: "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    samples: &[("limit", ["3", "4"]), ("offset", ["1", "2"])],
};
