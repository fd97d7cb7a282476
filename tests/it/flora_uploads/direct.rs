//! Bytes in the request itself.

use serde_json::json;

use super::{code, get, gif, listed, own, path_of, upload};
use crate::dialects;
use crate::support::{NOON, Server};
use crate::worlds::{VISIBLE, world};

const WORKSPACE: (&str, &str) = ("workspace_id", "ws_tests");

#[test]
fn what_is_uploaded_is_ready_and_at_every_vendor_at_once() {
    let server = Server::start(&world());
    let ids = |dialect: &dialects::Dialect| {
        dialect.ids(&server.get(&dialect.target(&format!("{}=50", dialect.size)), &[&dialect.auth("_off")]))
    };
    let totals: Vec<_> = dialects::ALL.iter().map(|dialect| ids(dialect).len()).collect();
    let bytes = gif(640, 480);
    let made = upload(&server, &[WORKSPACE], Some(("hero.gif", "image/gif", &bytes)));
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!(
        (&made["status"], &made["uploaded_via"], &made["workspace_id"], &made["visibility"]),
        (&json!("ready"), &json!("direct"), &json!("ws_tests"), &json!("workspace")),
    );
    assert!(["upload", "upload_url", "expires_at", "failure_message"].iter().all(|name| made.get(name).is_none()));
    let asset = own(&server, &made);
    for (dialect, total) in dialects::ALL.iter().zip(totals) {
        let now = ids(dialect);
        let id = asset["ids"][dialect.name].as_str().unwrap();
        assert_eq!((now.len(), now.iter().filter(|now| *now == id).count()), (total + 1, 1), "{}", dialect.name);
    }
    let shown = listed(&server, &made);
    assert_eq!(shown["asset_id"], made["asset_id"]);
    assert_eq!((&shown["name"], &shown["url"]), (&json!("hero.gif"), &made["url"]));
    assert_eq!((&shown["content_type"], &shown["upload_content_type"]), (&json!("image"), &json!("image/gif")));
    assert_eq!((&shown["width"], &shown["height"], &shown["size_bytes"]), (&json!(640), &json!(480), &json!(14)));
    assert_eq!(get(&server, &made)["created_at"], NOON.replace('Z', ".000Z"));
    assert_eq!(asset["uploader"], "ada", "the key's user");
    let served = server.get(path_of(&server, made["url"].as_str().unwrap()), &[]);
    assert_eq!((served.header("content-type"), &served.body), (Some("image/gif"), &bytes));
    assert_eq!(totals_of(&server), VISIBLE + 1);
}

fn totals_of(server: &Server) -> usize {
    dialects::of("flora").ids(&server.get("/flora/api/v1/assets", &[&super::auth()])).len()
}

#[test]
fn the_fields_win_over_the_part_and_the_bytes_over_both() {
    let server = Server::start(&world());
    let gif = gif(1, 2);
    for (fields, file, name, mime_type) in [
        (&[][..], ("a.png", "image/webp", &b"x"[..]), json!("a.png"), "image/webp"),
        (&[("file_name", "b.jpg")], ("a.png", "image/webp", b"x"), json!("b.jpg"), "image/webp"),
        (&[("content_type", "video/mp4")], ("a.png", "image/webp", b"x"), json!("a.png"), "video/mp4"),
        (&[("content_type", "Image/PNG; q=1")], ("a", "image/webp", b"x"), json!("a"), "image/png"),
        (&[], ("a.png", "application/octet-stream", b"x"), json!("a.png"), "image/png"),
        (&[("content_type", "video/mp4"), ("file_name", "b.mp4")], ("a", "a/b", &gif), json!("b.mp4"), "image/gif"),
        (
            &[("file_name", "../../etc/b.pdf")],
            ("a", "application/octet-stream", b""),
            json!("b.pdf"),
            "application/pdf",
        ),
        (&[], ("C:\\fakepath\\a.png", "application/octet-stream", b"x"), json!("a.png"), "image/png"),
        (&[], ("/", "image/png", b"x"), json!(null), "image/png"),
    ] {
        let all = [&[WORKSPACE], fields].concat();
        let made = upload(&server, &all, Some(file));
        assert_eq!(made.status, 201, "{all:?} {file:?}: {}", made.text());
        let shown = listed(&server, &made.json());
        assert_eq!((&shown["name"], &shown["upload_content_type"]), (&name, &json!(mime_type)), "{all:?} {file:?}");
    }
}

#[test]
fn a_file_of_4_mib_is_taken_and_one_byte_more_is_not() {
    let server = Server::start(&world());
    let mut bytes = vec![b'x'; 4 << 20];
    let made = upload(&server, &[WORKSPACE], Some(("a.png", "image/png", &bytes)));
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(listed(&server, &made.json())["size_bytes"], 4 << 20);
    bytes.push(b'x');
    let refused = upload(&server, &[WORKSPACE], Some(("b.png", "image/png", &bytes)));
    assert_eq!((refused.status, &*code(&refused)), (413, "input_validation_error"), "{}", refused.text());
    assert_eq!(totals_of(&server), VISIBLE + 1);
}

#[test]
fn a_type_that_is_not_taken_and_an_image_of_absurd_size_are_refused() {
    let server = Server::start(&world());
    let (big, zip) = (gif(50_000, 3_001), b"PK\x03\x04\x14\x00\x00\x00\x08\x00");
    for (fields, file, field, message) in [
        (&[][..], ("a.gif", "image/gif", &big[..]), "file", "Image exceeds 150 megapixels"),
        (&[], ("a.png", "image/png", zip), "file", "Unsupported content type"),
        (&[], ("a.exe", "application/octet-stream", b"x"), "file", "Unsupported content type"),
        (&[], ("a.svg", "image/svg+xml", b"<svg/>"), "file", "Unsupported content type"),
        (&[("content_type", "text/plain")], ("a.png", "image/png", b"x"), "content_type", "Unsupported content type"),
    ] {
        let all = [&[WORKSPACE], fields].concat();
        let refused = upload(&server, &all, Some(file));
        let expected = json!({"error": {
            "code": "input_validation_error",
            "message": format!("{field}: {message}"),
            "fields": [{"field": field, "message": message}],
        }});
        assert_eq!((refused.status, refused.json()), (400, expected), "{file:?}");
    }
    assert_eq!(totals_of(&server), VISIBLE);
    let taken = upload(&server, &[WORKSPACE], Some(("a.gif", "image/gif", &gif(50_000, 3_000))));
    assert_eq!(taken.status, 201, "{}", taken.text());
}
