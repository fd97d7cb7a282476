//! KonPro: an id is any text, and one that is none is a missing resource. What its upload takes is here too.

use serde_json::json;

use super::{Client, Table};
use crate::signed_puts::gif;
use crate::support::Answer;

const MISSING: &str = r#""code":"RESOURCE_NOT_FOUND""#;

pub const TABLE: Table = Table {
    provider: "konpro",
    id: |_, name| (name == "folder_id").then(|| "fld_a".to_owned()),
    good: &[
        ("upload_asset", "", "", 400),
        ("create_folder", "", r#"{"name":"a"}"#, 200),
        ("rename_folder", "", r#"{"name":"a"}"#, 200),
    ],
    ids: &[
        ("", "nothing", 404, MISSING),
        ("", "00000000-0000-4000-8000-000000000000", 404, MISSING),
        ("", "6298d673f1090f1100476d4c", 404, MISSING),
        ("asset_id", "folder_a", 404, MISSING),
        ("folder_id", "asset_0123456789abcdef0123456789abcdef", 404, MISSING),
        ("folder_id", "FLD_A", 404, MISSING),
        ("asset_id", "list", 404, MISSING),
        ("", "%zz", 404, MISSING),
        ("", "%", 404, MISSING),
        ("", "a%00b", 404, MISSING),
        ("", "%ff%fe", 404, MISSING),
        ("", "%2e%2e", 404, MISSING),
        ("", "%20", 404, MISSING),
        ("", "a%2Fb", 404, MISSING),
    ],
    long: (404, MISSING),
    unknown_parameter: "",
};

const TYPE: &str = r#""code":"VALIDATION_ERROR","message":"Request validation failed","details":{"field":"content_type","reason":"Content type is not supported"}"#;
const EMPTY: &str = r#""code":"VALIDATION_ERROR","message":"Request validation failed","details":{"field":"body","reason":"Asset data must be provided"}"#;

/// What a client sends that takes the route for one with a form.
const FORM: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
    Content-Type: image/png\r\n\r\nx\r\n--b--\r\n";

/// The signature and the header of a PNG.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0\x12\x16\xf1\x4d";

fn upload(client: &Client, query: &str, content_type: Option<&str>, bytes: &[u8]) -> Answer {
    let auth = client.dialect.auth("_off");
    let line = content_type.map(|text| format!("Content-Type: {text}\r\n")).unwrap_or_default();
    let head = format!(
        "POST /konpro/v1/asset?{query} HTTP/1.1\r\nHost: localhost\r\n{auth}\r\n{line}Content-Length: {}\r\n\r\n",
        bytes.len()
    );
    client.server.send(&[head.as_bytes(), bytes].concat())
}

#[test]
fn an_upload_is_of_one_of_five_types() {
    let client = Client::new(&TABLE);
    for (content_type, bytes, part) in [
        (Some("image/jpeg"), b"x".as_slice(), Ok(r#""file_type":"image""#)),
        (Some("image/png"), b"x", Ok(r#""format":"PNG""#)),
        (Some("video/mp4"), b"x", Ok(r#""file_type":"video""#)),
        (Some("video/webm"), b"x", Ok(r#""format":"WEBM""#)),
        (Some("audio/mpeg"), b"x", Ok(r#""file_type":"audio""#)),
        // A type has no case, and may have parameters.
        (Some("Image/PNG"), b"x", Ok(r#""format":"PNG""#)),
        (Some("image/png; charset=binary"), b"x", Ok(r#""format":"PNG""#)),
        // The bytes know better where they are recognised.
        (Some("text/plain"), PNG, Ok(r#""width":3,"height":2,"format":"PNG""#)),
        (None, PNG, Ok(r#""format":"PNG""#)),
        (Some("image/png"), &gif(1, 1), Err(TYPE)),
        (Some("image/jpeg"), b"%PDF-1.7\n", Err(TYPE)),
        (Some("image/gif"), &gif(1, 1), Err(TYPE)),
        (Some("image/jpg"), b"x", Err(TYPE)),
        (Some("image/*"), b"x", Err(TYPE)),
        (Some("image"), b"x", Err(TYPE)),
        (Some("image/svg+xml"), b"<svg/>", Err(TYPE)),
        (Some("video/quicktime"), b"x", Err(TYPE)),
        (Some("audio/wav"), b"x", Err(TYPE)),
        (Some("application/octet-stream"), b"x", Err(TYPE)),
        (Some("application/json"), br#"{"name":"a.png"}"#, Err(TYPE)),
        (Some("application/x-www-form-urlencoded"), b"name=a.png", Err(TYPE)),
        (Some("multipart/form-data; boundary=b"), FORM, Err(TYPE)),
        (Some(""), b"x", Err(TYPE)),
        (None, b"x", Err(TYPE)),
        (Some("image/png"), b"", Err(EMPTY)),
        (Some("text/plain"), b"", Err(EMPTY)),
        (None, b"", Err(EMPTY)),
    ] {
        let answer = upload(&client, "", content_type, bytes);
        match part {
            Ok(part) => {
                assert_eq!(answer.status, 200, "{content_type:?}: {}", answer.text());
                assert!(answer.text().contains(part), "{content_type:?}: {}", answer.text());
            }
            Err(part) => {
                client.refused(&answer, 400, part).unwrap_or_else(|error| panic!("{content_type:?}: {error}"));
            }
        }
        assert_eq!(client.entry()["operation"], "upload_asset");
    }
}

#[test]
fn an_upload_goes_to_a_folder_that_is_there() {
    let client = Client::new(&TABLE);
    let before = client.server.get("/konpro/v1/asset/list", &[&client.dialect.auth("_off")]).text().to_owned();
    for query in [
        "folder_id=nothing",
        "folder_id=FLD_A",
        "folder_id=fld_a%00",
        "folder_id=%ff",
        "folder_id=fld_a&folder_id=nothing",
        "folder_id=%20fld_a",
        "folder_id=null",
        "name=a.png&folder_id=../fld_a",
    ] {
        let answer = upload(&client, query, Some("image/png"), b"x");
        client.refused(&answer, 404, MISSING).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert!(client.entry()["why"].as_str().unwrap().contains("has no folder"), "{query}: {}", client.entry());
    }
    let after = client.server.get("/konpro/v1/asset/list", &[&client.dialect.auth("_off")]).text().to_owned();
    assert_eq!(after, before);
}

/// Of a repeated parameter the last value counts, an empty one counts as absent, and unknown ones are ignored.
#[test]
fn any_text_is_a_name() {
    let client = Client::new(&TABLE);
    let long = "n".repeat(20_000);
    for (query, name, folder) in [
        ("name=a.png&folder_id=fld_b", Some("a.png"), "fld_b"),
        ("folder_id=nothing&folder_id=fld_a&name=a&name=b", Some("b"), "fld_a"),
        ("name=&folder_id=", None, ""),
        ("name=a&name=", None, ""),
        ("Name=a&filename=b&folder=fld_a", None, ""),
        ("name=a%2Fb%5Cc", Some("a/b\\c"), ""),
        ("name=..%2F..%2Fetc%2Fpasswd", Some("../../etc/passwd"), ""),
        ("name=%C3%89+%F0%9F%98%80", Some("É 😀"), ""),
        ("name=a%00b", Some("a\0b"), ""),
        ("name=%ff", Some("\u{fffd}"), ""),
        ("name=100%", Some("100%"), ""),
        (&format!("name={long}"), Some(&*long), ""),
    ] {
        let answer = upload(&client, query, Some("image/png"), b"x");
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let made = answer.json();
        let expected = name.map_or(made["id"].clone(), |name| json!(name));
        assert_eq!((&made["name"], &made["folder_id"]), (&expected, &json!(folder)), "{query}");
    }
}
