//! Uploads that name a URL. Nothing is fetched.

use serde_json::{Value, json};

use super::{code, create, get, listed, path_of};
use crate::support::{Answer, Server};
use crate::worlds::world;

fn from(server: &Server, source: &str, more: &Value) -> Answer {
    let mut body = json!({"source": source, "workspace_id": "ws_tests"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    create(server, &body)
}

#[test]
fn a_url_becomes_an_asset_with_its_name_and_a_placeholder() {
    let server = Server::start(&world());
    for (source, more, name, mime_type) in [
        ("https://cdn.example.com/a/hero%20shot.JPG?sig=1#x", json!({}), json!("hero shot.JPG"), "image/jpeg"),
        ("https://cdn.example.com/a.mov", json!({"file_name": "b.mp4"}), json!("b.mp4"), "video/mp4"),
        ("https://cdn.example.com/a.mov", json!({"content_type": "audio/ogg"}), json!("a.mov"), "audio/ogg"),
        ("https://cdn.example.com/a.webp", json!({"file_name": "hero"}), json!("hero"), "image/webp"),
        ("https://cdn.example.com/download", json!({}), json!("download"), "image/png"),
        ("https://203.0.113.7", json!({}), json!(null), "image/png"),
    ] {
        let made = from(&server, source, &more);
        assert_eq!(made.status, 201, "{source}: {}", made.text());
        let made = made.json();
        assert_eq!((&made["status"], &made["uploaded_via"]), (&json!("ready"), &json!("url")), "{source}");
        assert!(made.get("upload").is_none() && made.get("expires_at").is_none(), "{made}");
        let row = listed(&server, &made);
        assert_eq!((&row["name"], &row["upload_content_type"]), (&name, &json!(mime_type)), "{source}");
        assert_eq!((&row["url"], &get(&server, &made)["url"]), (&made["url"], &made["url"]));
        let bytes = server.get(path_of(&server, made["url"].as_str().unwrap()), &[]);
        assert_eq!((bytes.status, bytes.header("content-type")), (200, Some(mime_type)), "{source}");
    }
}

#[test]
fn a_source_that_is_not_a_public_https_url_is_refused() {
    let server = Server::start(&world());
    for (source, message) in [
        ("", "Invalid url"),
        ("upload", "Invalid url"),
        ("Signed-URL", "Invalid url"),
        ("/etc/passwd", "Invalid url"),
        ("file:///etc/passwd", "Invalid url"),
        ("data:image/png;base64,AAAA", "Invalid url"),
        ("http://cdn.example.com/a.png", "Invalid url"),
        ("https://localhost/a.png", "URL is not public"),
        ("https://127.0.0.1:4750/a.png", "URL is not public"),
        ("https://2130706433/a.png", "URL is not public"),
        ("https://0x7f.1/a.png", "URL is not public"),
        ("https://10.0.0.1/a.png", "URL is not public"),
        ("https://169.254.169.254/latest/meta-data/", "URL is not public"),
        ("https://metadata.google.internal/", "URL is not public"),
        ("https://[::1]/a.png", "URL is not public"),
        ("https://[::ffff:10.0.0.1]/a.png", "URL is not public"),
        ("https://[fd00:ec2::254]/a.png", "URL is not public"),
        ("https://cdn.example.com/a.svg", "Unsupported content type"),
        ("https://cdn.example.com/a.txt", "Unsupported content type"),
    ] {
        let refused = from(&server, source, &json!({}));
        assert_eq!((refused.status, &*code(&refused)), (400, "input_validation_error"), "{source}");
        let expected = json!([{"field": "source", "message": message}]);
        assert_eq!(refused.json()["error"]["fields"], expected, "{source}");
    }
    let long = from(&server, &format!("https://cdn.example.com/{}.png", "x".repeat(2000)), &json!({}));
    assert_eq!((long.status, &long.json()["error"]["fields"][0]["field"]), (400, &json!("source")));
}
