//! xQR: an id is any text (inferred), and one that is none is a missing asset.

use super::Table;

const MISSING: &str = r#""code":"NOT_FOUND","message":"Asset not found.""#;

pub const TABLE: Table = Table {
    provider: "xqr",
    id: |_, _| None,
    good: &[("presign_upload", "filename=a.png&file_size=7", "", 200), ("delete_asset", "", "", 204)],
    ids: &[
        ("", "nothing", 404, MISSING),
        ("", "asset_0123456789abcdef0123456789abcdef", 404, MISSING),
        ("", "6298d673f1090f1100476d4c", 404, MISSING),
        ("", "00000000-0000-4000-8000-000000000000", 404, MISSING),
        ("", "%zz", 404, MISSING),
        ("", "%", 404, MISSING),
        ("", "a%00b", 404, MISSING),
        ("", "%ff%fe", 404, MISSING),
        ("", "%2e%2e", 404, MISSING),
        ("", "%20", 404, MISSING),
        ("", "%F0%9F%98%80", 404, MISSING),
        ("", "'%20OR%201=1--", 404, MISSING),
        ("", "a%2Fb", 404, MISSING),
    ],
    long: (404, MISSING),
    unknown_parameter: "",
};
