//! TwelveLabs: ids are 24 hexadecimal digits, in any case; anything else is an invalid parameter.

use super::{Client, Table};

const INVALID: &str = r#""code":"parameter_invalid","message":"The "#;
const MISSING: &str =
    r#""code":"resource_not_exist","message":"Resource with id ffffffffffffffffffffffff does not exist in "#;

pub const TABLE: Table = Table {
    provider: "twelvelabs",
    id: |client, name| (name == "upload_id").then(|| begin_upload(client)),
    good: &[
        ("create_asset", "", "method=url", 400),
        ("create_multipart_upload", "", r#"{"filename":"a.mp4","type":"video","total_size":9}"#, 201),
        // No chunk was stored.
        (
            "report_chunks",
            "",
            r#"{"completed_chunks":[{"chunk_index":1,"proof":"a","proof_type":"etag","chunk_size":9}]}"#,
            400,
        ),
        ("create_presigned_urls", "", r#"{"start":1,"count":1}"#, 200),
        ("delete_asset", "", "", 204),
        ("update_user_metadata", "", r#"{"user_metadata":{"a":1}}"#, 204),
        ("replace_user_metadata", "", r#"{"user_metadata":{"a":1}}"#, 204),
        ("delete_user_metadata", "", "", 204),
    ],
    ids: &[
        ("", "nothing", 400, INVALID),
        ("", "asset_0123456789abcdef0123456789abcdef", 400, INVALID),
        ("", "00000000-0000-4000-8000-000000000000", 400, INVALID),
        ("", "6298d673f1090f1100476d4", 400, INVALID),
        ("", "6298d673f1090f1100476d4c0", 400, INVALID),
        ("", "6298d673f1090f1100476d4g", 400, INVALID),
        ("", "%zz", 400, INVALID),
        ("", "%00", 400, INVALID),
        ("", "%ff%fe", 400, INVALID),
        ("", "%2e%2e", 400, INVALID),
        ("", "%206298d673f1090f1100476d4", 400, INVALID),
        ("", "6298d673f1090f1100476d4%0A", 400, INVALID),
        ("", "%EF%BC%91298d673f1090f1100476d4c", 400, INVALID),
        ("", "ffffffffffffffffffffffff", 404, MISSING),
        ("", "a%2Fb", 400, INVALID),
    ],
    long: (400, INVALID),
    unknown_parameter: "The zzz parameter is unknown.",
};

/// The id of a new session.
fn begin_upload(client: &Client) -> String {
    let body = r#"{"filename":"a.mp4","type":"video","total_size":9}"#;
    let made = client.send("POST", "/v1.3/assets/multipart-uploads", &[], body).json();
    made["upload_id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}
