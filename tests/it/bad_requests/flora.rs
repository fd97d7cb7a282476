//! FLORA: documented patterns of ids, `^asset_\S+$` and `^prj_\S+$`.

use super::Table;

const INVALID: &str = r#""code":"input_validation_error""#;
const MISSING: &str = r#""code":"not_found""#;

pub const TABLE: Table = Table {
    provider: "flora",
    id: |_, name| (name == "projectId").then(|| "prj_a".to_owned()),
    good: &[
        ("upload_asset", "", r#"{"source":"signed-url","workspace_id":"ws_tests"}"#, 201),
        // The asset has arrived already.
        ("complete_asset_upload", "", "", 409),
        ("retry_asset_upload", "", "", 409),
        ("list_projects", "workspace_id=ws_tests", "", 200),
        ("create_project", "", r#"{"workspace_id":"ws_tests","name":"a"}"#, 201),
    ],
    ids: &[
        ("", "nothing", 400, INVALID),
        ("", "6298d673f1090f1100476d4c", 400, INVALID),
        ("", "00000000-0000-4000-8000-000000000000", 400, INVALID),
        ("", "ws_tests", 400, INVALID),
        ("", "%zz", 400, INVALID),
        ("", "%00", 400, INVALID),
        ("", "%ff%fe", 400, INVALID),
        ("", "%2e%2e", 400, INVALID),
        ("", "%20asset_a", 400, INVALID),
        ("", "ASSET_a", 400, INVALID),
        ("assetId", "prj_a", 400, INVALID),
        ("assetId", "asset_", 400, INVALID),
        ("assetId", "asset_a%20b", 400, INVALID),
        ("assetId", "asset_a%C2%A0", 400, INVALID),
        ("assetId", "asset_a%0A", 400, INVALID),
        ("assetId", "asset_nothing", 404, MISSING),
        ("assetId", "asset_a%00b", 404, MISSING),
        ("assetId", "asset_%ff", 404, MISSING),
        ("projectId", "asset_a", 400, INVALID),
        ("projectId", "prj_", 400, INVALID),
        ("projectId", "prj_a%09b", 400, INVALID),
        ("projectId", "prj_nothing", 404, MISSING),
        ("projectId", "prj_A", 404, MISSING),
        ("projectId", "prj_a%00", 404, MISSING),
        ("", "a%2Fb", 400, INVALID),
    ],
    long: (404, MISSING),
    unknown_parameter: "",
};
