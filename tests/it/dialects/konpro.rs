//! KonPro.

use super::Dialect;

pub const DIALECT: Dialect = Dialect {
    name: "konpro",
    key: "konpro_tests",
    rows: "/assets",
    id: "id",
    size: "limit",
    next: |body, _, _| body["token"].as_str().map(|token| format!("token={token}")),
    deep: "token=eyJjcmVhdGVkX3VzIjoxLCJpZCI6ImEifQ", // {"created_us":1,"id":"a"}
    names_requests: true,                             // in refusals only
    page: r#"\{"assets":\[.*\],"token":(null|_),"has_more":(true|false)\}"#,
    refusal: r#"\{"error":\{"code":"[A-Z_]+","message":_(,"details":\{"field":_,"reason":_\})?\},"request_id":"req-[0-9]{6}"\}"#,
    minted: "asset_[0-9a-z]{32}",
    samples: &[
        ("folder_id", ["fld_a", "fld_b"]),
        ("file_type", ["image", "video"]),
        ("limit", ["3", "4"]),
        ("token", ["eyJjcmVhdGVkX3VzIjoxLCJpZCI6ImEifQ", "eyJjcmVhdGVkX3VzIjoxLCJpZCI6ImIifQ"]),
    ],
};
