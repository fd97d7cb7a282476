//! Each vendor takes its own words and gives them back.

use super::*;

#[test]
fn the_sample_of_xqr_comes_back() {
    let objects = [
        r#"{"id":"a1b2c3d4-e5f6-7890-abcd-ef1234567890","filename":"logo-dark.png","mime_type":"image/png","file_size":48210,"status":"confirmed","is_public":true,"public_url":"https://cdn.xqr.co/tenants/ws_abc/originals/a1b2c3d4.png","tags":["branding","logo"],"created_at":"2026-03-18T10:15:00Z","updated_at":"2026-03-19T08:30:00Z"}"#,
        r#"{"id":"f7e8d9c0-b1a2-3456-7890-abcdef123456","filename":"banner-summer.jpg","mime_type":"image/jpeg","file_size":215040,"status":"confirmed","is_public":false,"public_url":null,"tags":["campaign"],"created_at":"2026-03-15T14:22:00Z","updated_at":"2026-03-15T14:22:00Z"}"#,
    ];
    let body = r#"{ "data": [ { "id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "filename": "logo-dark.png", "mime_type": "image/png", "file_size": 48210, "status": "confirmed", "is_public": true, "public_url": "https://cdn.xqr.co/tenants/ws_abc/originals/a1b2c3d4.png", "tags": ["branding", "logo"], "created_at": "2026-03-18T10:15:00Z", "updated_at": "2026-03-19T08:30:00Z" }, { "id": "f7e8d9c0-b1a2-3456-7890-abcdef123456", "filename": "banner-summer.jpg", "mime_type": "image/jpeg", "file_size": 215040, "status": "confirmed", "is_public": false, "public_url": null, "tags": ["campaign"], "created_at": "2026-03-15T14:22:00Z", "updated_at": "2026-03-15T14:22:00Z" } ], "meta": { "request_id": "req_9a8b7c6d5e4f3210", "rate_limit": { "limit": 600, "remaining": 598, "reset": 1742572800 } }}"#;
    assert_eq!(given_back("xqr", body, ""), objects);
}

/// It belongs to the workspace of its account, and still says so.
#[test]
fn the_sample_of_flora_comes_back() {
    let object = r#"{"asset_id":"asset_abc123","content_type":"content_type","created_at":0,"description":"description","height":0,"name":"name","size_bytes":0,"status":"pending_upload","upload_content_type":"upload_content_type","uploaded_via":"uploaded_via","url":"https://example.com","width":0,"workspace_id":"ws_abc123","node_id":"node_abc123","project_id":"prj_abc123"}"#;
    let body = r#"{
  "assets": [
    {
      "asset_id": "asset_abc123",
      "content_type": "content_type",
      "created_at": 0,
      "description": "description",
      "height": 0,
      "name": "name",
      "size_bytes": 0,
      "status": "pending_upload",
      "upload_content_type": "upload_content_type",
      "uploaded_via": "uploaded_via",
      "url": "https://example.com",
      "width": 0,
      "workspace_id": "ws_abc123",
      "node_id": "node_abc123",
      "project_id": "prj_abc123"
    }
  ],
  "meta": {
    "next_cursor": "eyJvZmZzZXQiOjIwfQ",
    "total_estimate": 0
  }
}"#;
    for filter in ["", "project_id=prj_abc123", "query=NAME", "workspace_id=ws_tests"] {
        assert_eq!(given_back("flora", body, filter), [object], "{filter}");
    }
}

/// The reference page has a schema and no sample; these are its fields with values of their documented forms.
#[test]
fn assets_of_twelvelabs_come_back() {
    let objects = [
        r#"{"_id":"6298d673f1090f1100476d4c","method":"direct","status":"ready","filename":"image-01.jpg","file_type":"image/jpeg","created_at":"2022-06-02T10:30:00Z"}"#,
        r#"{"_id":"6298d673f1090f1100476d4d","method":"url","status":"processing","filename":"video-01.mp4","file_type":"video/mp4","created_at":"2022-06-02T10:30:00Z"}"#,
    ];
    let body = format!(
        r#"{{"data": [{}], "page_info": {{"limit_per_page": 10, "page": 1, "total_page": 1, "total_results": 2}}}}"#,
        objects.join(", ")
    );
    assert_eq!(given_back("twelvelabs", &body, ""), objects, "though the second has the greater id");
    assert_eq!(given_back("twelvelabs", &body, "asset_types=video&filename=VIDEO"), objects[1..]);
}

/// The reference page's own sample has the names of types for values, which are no times.
#[test]
fn the_sample_of_piktid_comes_back_once_it_has_a_time() {
    let sample = |created_at: &str| {
        format!(
            r#"{{
  "pagination": {{ "page": 0, "per_page": 0, "total": 0, "pages": 0, "has_next": true, "has_prev": true }},
  "assets": [
    {{
      "id": "string",
      "filename": "string",
      "url": "string",
      "created_at": "{created_at}",
      "created_by": "string",
      "tags": [
        "string"
      ],
      "visibility": "private",
      "thumbnail_big": null,
      "thumbnail_small": null,
      "styling_note": null,
      "detected": null,
      "dimensions": null
    }}
  ]
}}"#
        )
    };
    let such_as = "`2026-03-21T12:00:00.000001+00:00`";
    let said = format!("assets[0].created_at: `string` is not a time such as {such_as}");
    assert_eq!(refusal("piktid", &sample("string")), said);
    let object = r#"{"id":"string","filename":"string","url":"string","created_at":"2026-02-20T11:22:08.123456","created_by":"string","tags":["string"],"visibility":"private","thumbnail_big":null,"thumbnail_small":null,"styling_note":null,"detected":null,"dimensions":null}"#;
    for filter in ["", "ownership=mine", "created_by=string", "created_after=2026-02-20T11:22:08.123456Z"] {
        assert_eq!(given_back("piktid", &sample("2026-02-20T11:22:08.123456"), filter), [object], "{filter}");
    }
}

#[test]
fn the_sample_of_konpro_comes_back() {
    let objects = [
        r#"{"id":"asset_123456","name":"profile_image.jpg","file_type":"image","folder_id":"folder_789","created_ts":1640995200,"url":null}"#,
        r#"{"id":"asset_789012","name":"video_clip.mp4","file_type":"video","folder_id":"","created_ts":1640995100,"url":null}"#,
    ];
    let body = r#"{
  "assets": [
    {
      "id": "asset_123456",
      "name": "profile_image.jpg",
      "file_type": "image",
      "folder_id": "folder_789",
      "created_ts": 1640995200,
      "url": null
    },
    {
      "id": "asset_789012",
      "name": "video_clip.mp4",
      "file_type": "video",
      "folder_id": "",
      "created_ts": 1640995100,
      "url": null
    }
  ],
  "token": "next_page_token_abc123",
  "has_more": true
}"#;
    assert_eq!(given_back("konpro", body, ""), objects);
    assert_eq!(given_back("konpro", body, "folder_id=folder_789"), objects[..1]);
    assert_eq!(given_back("konpro", body, "file_type=video"), objects[1..]);
}

/// Random objects, random ways of writing them: they come back compact, to the byte and in order.
fn comes_back(name: &'static str) {
    let input = (told::objects(name), proptest::collection::vec(any::<u8>(), 1..50));
    always(64, input, |(objects, spaces)| {
        let body = told::response(rows(name), &objects, &spaces);
        prop_assert_eq!(given_back(name, &body, ""), objects);
        Ok(())
    });
}

#[test]
fn whatever_xqr_says_comes_back() {
    comes_back("xqr");
}

#[test]
fn whatever_flora_says_comes_back() {
    comes_back("flora");
}

#[test]
fn whatever_twelvelabs_says_comes_back() {
    comes_back("twelvelabs");
}

#[test]
fn whatever_piktid_says_comes_back() {
    comes_back("piktid");
}

#[test]
fn whatever_konpro_says_comes_back() {
    comes_back("konpro");
}

/// A list of our own is a list response like any other.
#[test]
fn what_we_list_can_be_imported() {
    always(24, fixture(full_asset()), |fixture| {
        let app = start(&fixture);
        for (_, dialect) in pairs() {
            let objects = listed(&app, dialect.name, "");
            prop_assert_eq!(given_back(dialect.name, &response(dialect.name, &objects), ""), objects);
        }
        Ok(())
    });
}
