//! FLORA's `source` with a URL.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Event, Pair, gif, ok};
use crate::dialects;
use crate::support::{Answer, block_on};

fn auth() -> String {
    dialects::of("flora").auth("_off")
}

fn body(source: &str) -> Value {
    json!({"source": source, "workspace_id": "ws_tests"})
}

fn create(pair: &Pair, source: &str) -> Answer {
    pair.emulator.post("POST", "/flora/api/v1/assets", &[&auth()], &body(source).to_string())
}

fn get(pair: &Pair, asset: &Value) -> Value {
    let id = asset["asset_id"].as_str().unwrap();
    pair.emulator.get(&format!("/flora/api/v1/assets/{id}"), &[&auth()]).json()
}

fn files(path: &str) -> Option<Vec<u8>> {
    match path {
        "/shot.png" | "/download?id=7" => ok("200 OK", &gif(30, 20)),
        "/typed" => ok("200 OK\r\nContent-Type: audio/mpeg; a=b", b"not recognised"),
        "/page.png" => ok("200 OK", b"<!doctype html><html></html>"),
        "/unknown" => ok("200 OK", b"not recognised"),
        "/huge.gif" => ok("200 OK", &gif(20_000, 20_000)),
        "/moved" => ok("302 Found\r\nLocation: /shot.png", b""),
        "/inward" => ok("302 Found\r\nLocation: https://127.0.0.1/shot.png", b""),
        "/inside" => ok("302 Found\r\nLocation: https://inside.example.com/shot.png", b""),
        "/plain" => ok("302 Found\r\nLocation: http://cdn.example.com/shot.png", b""),
        "/larger" => Some(b"HTTP/1.1 200 OK\r\nContent-Length: 52428801\r\n\r\n".to_vec()),
        "/silence" => None,
        _ => ok("404 Not Found", b"no such file"),
    }
}

#[test]
fn the_file_at_the_url_is_the_assets() {
    let pair = Pair::start(files);
    for (path, name) in [("/shot.png", "shot.png"), ("/download?id=7", "download"), ("/moved", "moved")] {
        let made = create(&pair, &pair.url(path));
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        assert_eq!((&made["status"], &made["uploaded_via"]), (&json!("ready"), &json!("url")));
        let asset = get(&pair, &made);
        assert_eq!((&asset["name"], &asset["upload_content_type"]), (&json!(name), &json!("image/gif")));
        let shown = ["size_bytes", "width", "height"].map(|field| asset[field].clone());
        assert_eq!(shown, [json!(600_010), json!(30), json!(20)]);
        let (mime_type, bytes) = pair.bytes(made["url"].as_str().unwrap());
        assert!(mime_type == "image/gif" && bytes == gif(30, 20), "{mime_type}");
    }
    let typed = get(&pair, &create(&pair, &pair.url("/typed")).json());
    assert_eq!(
        typed["upload_content_type"], "audio/mpeg",
        "bytes that are not recognised have the type of the response"
    );
    pair.wait_for_blobs(4);
}

#[test]
fn a_file_that_cannot_be_read_makes_an_asset_that_failed_and_can_be_tried_again() {
    let pair = Pair::start(files);
    for (path, why) in [
        ("/gone.png", "the status of the response is 404"),
        ("/larger", "the file has more than 52428800 bytes"),
        ("/plain", "the scheme of the URL is not allowed"),
    ] {
        let made = create(&pair, &pair.url(path));
        assert_eq!(made.status, 201, "{path}: {}", made.text());
        let made = made.json();
        assert_eq!(made["status"], "failed", "{path}");
        // Where an asset is made its URL is never null, and elsewhere only one that is ready has one.
        assert_eq!((made["url"].is_string(), &get(&pair, &made)["url"]), (true, &Value::Null), "{path}");
        let message = json!(format!("The file could not be downloaded: {why}."));
        assert_eq!(get(&pair, &made)["failure_message"], message, "{path}");
        let id = made["asset_id"].as_str().unwrap();
        let retry = format!("/flora/api/v1/assets/{id}/retry");
        let again = pair.emulator.request("POST", &retry, &[&auth(), "Content-Length: 0"]);
        assert_eq!((again.status, &again.json()["status"]), (200, &json!("pending_upload")), "{path}");
    }
    pair.wait_for_blobs(0);
}

#[test]
fn a_url_that_leads_to_a_private_address_is_refused() {
    let pair = Pair::start(files);
    let inside = "https://inside.example.com/shot.png".to_owned();
    for source in [pair.url("/inward"), pair.url("/inside"), inside] {
        let refused = create(&pair, &source);
        assert_eq!(refused.status, 400, "{source}: {}", refused.text());
        let expected = json!([{"field": "source", "message": "URL is not public"}]);
        assert_eq!(refused.json()["error"]["fields"], expected, "{source}");
    }
}

#[test]
fn a_file_that_is_not_taken_is_refused_and_not_kept() {
    let pair = Pair::start(files);
    for (path, message) in [
        ("/page.png", "Unsupported content type"),
        ("/unknown", "Unsupported content type"),
        ("/huge.gif", "Image exceeds 150 megapixels"),
    ] {
        let refused = create(&pair, &pair.url(path));
        assert_eq!(refused.status, 400, "{path}: {}", refused.text());
        assert_eq!(refused.json()["error"]["fields"], json!([{"field": "source", "message": message}]), "{path}");
    }
    let full = Pair::start_with(files, |app| app.store.max_stored_bytes = 500_000);
    let refused = create(&full, &full.url("/shot.png"));
    assert!(refused.status >= 400, "{}", refused.text());
    pair.wait_for_blobs(0);
    full.wait_for_blobs(0);
}

#[test]
fn what_is_wrong_with_the_request_is_refused_before_anything_is_read() {
    let pair = Pair::start(files);
    let mut foreign = body(&pair.url("/silence"));
    foreign["workspace_id"] = json!("ws_other");
    let refused = pair.emulator.post("POST", "/flora/api/v1/assets", &[&auth()], &foreign.to_string());
    assert!((400..500).contains(&refused.status), "{}", refused.text());
}

/// What is refused whatever the file is. The URL would never be answered.
#[test]
fn what_costs_little_is_checked_before_the_file_is_read() {
    let mut pair = Pair::start(files);
    let with_key = [&*auth(), "Idempotency-Key: a"];
    let post = |source: String, more: Value, headers: &[&str]| {
        let mut body = body(&source);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        pair.emulator.post("POST", "/flora/api/v1/assets", headers, &body.to_string()).status
    };
    let silence = pair.url("/silence");
    assert_eq!(post(silence.clone(), json!({"project_id": "prj_none"}), &[&auth()]), 404);
    assert_eq!(post(pair.url("/shot.png"), json!({}), &with_key), 201);
    assert_eq!(post(silence.clone(), json!({}), &with_key), 409, "the same idempotency key");
    let limit = json!({"uploads": {"max_stored_bytes": 600_010}});
    assert_eq!(pair.emulator.call("PATCH", "/_emulator/workspaces/ws_tests", &limit).status, 200);
    assert_eq!(post(silence, json!({}), &[&auth()]), 507);
    assert!(pair.events.try_recv().is_err(), "the file was asked for");
}

static READ: AtomicUsize = AtomicUsize::new(0);

fn counted(path: &str) -> Option<Vec<u8>> {
    READ.fetch_add(1, Relaxed);
    files(path)
}

#[test]
fn of_requests_at_once_with_the_same_idempotency_key_one_reads_the_file() {
    let pair = Pair::start(counted);
    let send = || {
        let headers = [&*auth(), "Idempotency-Key: a"];
        let source = body(&pair.url("/shot.png")).to_string();
        pair.emulator.post("POST", "/flora/api/v1/assets", &headers, &source).status
    };
    let mut answers = thread::scope(|scope| [(); 4].map(|()| scope.spawn(send)).map(|sent| sent.join().unwrap()));
    answers.sort_unstable();
    assert_eq!((answers, READ.load(Relaxed)), ([201, 409, 409, 409], 1));
}

#[test]
fn a_client_that_leaves_ends_the_reading() {
    let mut pair = Pair::start(files);
    let body = body(&pair.url("/silence")).to_string();
    let (host, auth, length) = (pair.emulator.address, auth(), body.len());
    let request = format!(
        "POST /flora/api/v1/assets HTTP/1.1\r\nHost: {host}\r\n{auth}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    assert_eq!(block_on(pair.events.recv()), Some(Event::Asked));
    let began = Instant::now();
    drop(stream);
    assert_eq!(block_on(pair.events.recv()), Some(Event::ClientLeft));
    // Without the client, it ends after the ten seconds in which nothing came.
    assert!(began.elapsed() < Duration::from_secs(9), "it was read for nobody");
    pair.wait_for_blobs(0);
}
