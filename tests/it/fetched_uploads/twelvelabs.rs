//! TwelveLabs' uploads with the method `url`.

use serde_json::{Value, json};

use super::{Pair, gif, ok};
use crate::dialects;

fn auth() -> String {
    dialects::of("twelvelabs").auth("_off")
}

fn create(pair: &Pair, url: &str) -> Value {
    let form = format!("method=url&url={url}");
    let headers = [&*auth(), "Content-Type: application/x-www-form-urlencoded"];
    let made = pair.emulator.post("POST", "/twelvelabs/v1.3/assets", &headers, &form);
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()["status"], "processing");
    made.json()
}

/// The asset as the second request shows it, by when it is processed.
fn processed(pair: &Pair, made: &Value) -> Value {
    let path = format!("/twelvelabs/v1.3/assets/{}", made["_id"].as_str().unwrap());
    pair.emulator.get(&path, &[&auth()]);
    pair.emulator.get(&path, &[&auth()]).json()
}

fn files(path: &str) -> Option<Vec<u8>> {
    match path {
        "/shot.mp4" => ok("200 OK", &gif(30, 20)),
        "/inward" => ok("302 Found\r\nLocation: https://169.254.169.254/latest/meta-data/", b""),
        "/broken" => Some(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegun".to_vec()),
        _ => ok("404 Not Found", b"no such file"),
    }
}

#[test]
fn the_file_at_the_url_is_the_assets() {
    let pair = Pair::start(files);
    let made = create(&pair, &pair.url("/shot.mp4"));
    assert_eq!((&made["filename"], &made["file_type"]), (&json!("shot.mp4"), &json!("image/gif")));
    assert_eq!(processed(&pair, &made)["status"], "ready");
    let auth = dialects::of("flora").auth("_off");
    let row = pair.emulator.get("/flora/api/v1/assets?limit=1", &[&auth]).json()["assets"][0].clone();
    assert_eq!((&row["size_bytes"], &row["width"]), (&json!(600_010), &json!(30)));
    assert!(pair.bytes(row["url"].as_str().unwrap()).1 == gif(30, 20));
}

#[test]
fn a_file_that_cannot_be_read_fails_once_it_was_processed() {
    let pair = Pair::start(files);
    let private = "the address is not public";
    for (url, why) in [
        (pair.url("/gone.mp4"), "the status of the response is 404"),
        (pair.url("/broken"), "the response broke off"),
        (pair.url("/inward"), private),
        ("http://localhost/a.mp4".to_owned(), private),
        ("http://0x7f.1/a.mp4".to_owned(), private),
        ("https://inside.example.com/a.mp4".to_owned(), private),
        ("https://unknown.example.com/a.mp4".to_owned(), "the host is unknown"),
    ] {
        let asset = processed(&pair, &create(&pair, &url));
        assert_eq!(asset["status"], "failed", "{url}");
        let message = format!("The file could not be downloaded: {why}.");
        assert_eq!(asset["error"], json!({"message": message}), "{url}");
    }
    pair.wait_for_blobs(0);
}
