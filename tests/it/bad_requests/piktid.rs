//! PiktID: an id is any text, and one that is none is a missing asset. What its upload takes is here too.

use serde_json::json;

use super::{Client, Table};
use crate::signed_puts::{gif, put, refusal};

const MISSING: &str = r#"{"error":"Asset not found"}"#;

pub const TABLE: Table = Table {
    provider: "piktid",
    id: |_, _| None,
    good: &[
        ("delete_assets", "", r#"{"asset_ids":["nothing"]}"#, 200),
        ("log_in", "", "", 401),
        ("refresh_token", "", r#"{"refresh_token":"nothing"}"#, 401),
        ("create_token", "", r#"{"expiration":"PT1H"}"#, 200),
        ("create_project", "", r#"{"project_name":"a"}"#, 201),
        ("create_group", "", r#"{"name":"a"}"#, 201),
        ("upload", "", r#"{"filename":"a.png"}"#, 200),
    ],
    ids: &[
        ("", "nothing", 404, MISSING),
        ("", "bulk-delete", 404, MISSING),
        ("", "asset_0123456789abcdef0123456789abcdef", 404, MISSING),
        ("", "6298d673f1090f1100476d4c", 404, MISSING),
        ("", "00000000-0000-4000-8000-000000000000", 404, MISSING),
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

const STRING: &str = r#"{"error":"Invalid request","detail":[{"field":"filename","message":"Input should be a valid string","position":"body"}]}"#;
const DICTIONARY: &str = r#"{"error":"Invalid request","detail":[{"field":null,"message":"Input should be a valid dictionary","position":"body"}]}"#;
const JSON: &str = r#"{"error":"Invalid request","detail":[{"field":null,"message":"Invalid JSON: "#;

#[test]
fn an_upload_names_a_file_or_none() {
    let client = Client::new(&TABLE);
    for (body, part) in [
        ("", JSON),
        ("{", JSON),
        ("nothing", JSON),
        (r#"{"filename":"a}"#, JSON),
        (r#"{"filename":"a"} {}"#, JSON),
        ("filename=a.png", JSON),
        ("[]", DICTIONARY),
        ("null", DICTIONARY),
        ("7", DICTIONARY),
        (r#""a.png""#, DICTIONARY),
        (r#"{"filename":7}"#, STRING),
        (r#"{"filename":false}"#, STRING),
        (r#"{"filename":["a.png"]}"#, STRING),
        (r#"{"filename":{}}"#, STRING),
    ] {
        let answer = client.send("POST", "/upload", &[], body);
        client.refused(&answer, 400, part).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(client.entry()["operation"], "upload", "{body}");
    }
}

/// A name is a name, whatever it looks like. The URLs that are made of it lead to the bytes.
#[test]
fn any_text_that_is_not_too_long_is_a_name_of_a_file() {
    let client = Client::new(&TABLE);
    let long = "n".repeat(1020) + ".GIF";
    for (name, content_type) in [
        ("a.gif", "image/gif"),
        ("É 😀.JPG", "image/jpeg"),
        ("../../etc/passwd", "application/octet-stream"),
        ("a/b\\c.png", "image/png"),
        ("a\u{0}\r\nb.webp", "image/webp"),
        ("%41?x=y#z&.png", "image/png"),
        (" ", "application/octet-stream"),
        (".png", "image/png"),
        ("a.", "application/octet-stream"),
        ("<b>&amp;\"'.svg", "image/svg+xml"),
        (&long, "image/gif"),
    ] {
        let host = format!("Host: {}", client.server.address);
        let auth = client.dialect.auth("_off");
        let body = json!({"filename": name, "more": 1}).to_string();
        let made = client.server.post("POST", "/piktid/upload", &[&host, &auth], &body);
        assert_eq!(made.status, 200, "{name}: {}", made.text());
        let made = made.json();
        assert_eq!((&made["filename"], &made["content_type"]), (&json!(name), &json!(content_type)));
        let url = made["upload_url"].as_str().unwrap();
        assert_eq!(put(&client.server, url, "text/x-other", b"x").status, 403, "{name}");
        assert_eq!(put(&client.server, url, content_type, &gif(3, 2)).status, 200, "{name}");
        let id = made["file_id"].as_str().unwrap();
        let asset = client.server.get(&format!("/piktid/assets/{id}"), &[&host, &auth]).json();
        assert_eq!((&asset["filename"], &asset["dimensions"]), (&json!(name), &json!([3, 2])), "{asset}");
        let file = made["download_url"].as_str().unwrap();
        assert_eq!(asset["url"], file);
        let path = &file[format!("http://{}", client.server.address).len()..];
        assert_eq!(client.server.get(path, &[]).body, gif(3, 2), "{file}");
    }
}

#[test]
fn no_name_is_a_random_one() {
    let client = Client::new(&TABLE);
    for body in
        ["{}", r#"{"filename":null}"#, r#"{"filename":""}"#, r#"{"file_name":"a.png"}"#, r#"{"FILENAME":"a.png"}"#]
    {
        let made = client.send("POST", "/upload", &[], body).json();
        let name = made["filename"].as_str().unwrap_or_else(|| panic!("{body}: {made}"));
        assert!(name.len() == 36 && client.dialect.is_minted(name), "{made}");
        assert_eq!(made["content_type"], "application/octet-stream");
    }
    let twice = client.send("POST", "/upload", &[], r#"{"filename":"a.png","filename":"b.gif"}"#).json();
    assert_eq!((&twice["filename"], &twice["content_type"]), (&json!("b.gif"), &json!("image/gif")));
}

#[test]
fn a_put_without_its_content_type_or_with_another_is_not_what_was_signed() {
    let client = Client::new(&TABLE);
    let host = format!("Host: {}", client.server.address);
    let auth = client.dialect.auth("_off");
    let made = client.server.post("POST", "/piktid/upload", &[&host, &auth], r#"{"filename":"a.gif"}"#).json();
    let url = made["upload_url"].as_str().unwrap();
    let target = &url[format!("http://{}", client.server.address).len()..];
    for (line, expected) in [
        ("", (403, "SignatureDoesNotMatch")),
        ("Content-Type: ", (403, "SignatureDoesNotMatch")),
        ("Content-Type: image/gif; q=1", (403, "SignatureDoesNotMatch")),
        ("Content-Type: image/png", (403, "SignatureDoesNotMatch")),
        ("Content-Type: multipart/form-data; boundary=x", (403, "SignatureDoesNotMatch")),
        ("Content-Type: image/gif\r\nAuthorization: Bearer piktid_tests", (400, "InvalidArgument")),
    ] {
        let line = if line.is_empty() { String::new() } else { format!("{line}\r\n") };
        let request = format!("PUT {target} HTTP/1.1\r\n{host}\r\n{line}Content-Length: 3\r\n\r\nabc");
        let answer = client.server.send(request.as_bytes());
        assert_eq!(refusal(&answer), (expected.0, expected.1.to_owned()), "{line}");
        assert_eq!(client.entry()["operation"], "put_upload", "{line}");
    }
    let id = made["file_id"].as_str().unwrap();
    assert_eq!(client.send("GET", &format!("/assets/{id}"), &[], "").status, 404, "nothing was stored");
}
