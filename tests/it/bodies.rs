//! Bodies of requests: what a refusal leaves of one is taken, so that the client gets to read the answer; all of them
//! together take no more than a budget; and names in them have a longest length.

use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use assetmock::emulator::app::{App, Settings};
use assetmock::http::connection::Timeouts;
use assetmock::http::request_body::BodyBudget;
use serde_json::{Value, json};

use crate::dialects::{self, pairs};
use crate::support::{Answer, NOON, Server, app, block_on};
use crate::worlds::world;

const MIB: usize = 1 << 20;

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// `POST target` with a body of so many bytes, all of which is sent before the answer is read, as many clients do.
fn post(stream: &mut TcpStream, target: &str, length: usize) -> Answer {
    let head = format!("POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), &vec![b'x'; length]].concat()).unwrap();
    Answer::try_read(stream, false).unwrap()
}

fn is_still_served(stream: &mut TcpStream) {
    let dialect = dialects::of("konpro");
    let request = format!("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n\r\n", dialect.target(""), dialect.auth("_off"));
    stream.write_all(request.as_bytes()).unwrap();
    assert_eq!(Answer::try_read(stream, false).unwrap().status, 200);
}

#[test]
fn a_client_that_sends_a_large_body_first_reads_the_vendors_refusal() {
    let server = Server::start(&world());
    for (_, dialect) in pairs() {
        let mut stream = connect(&server);
        for length in [200_000, 1_000_000, 10_000_000] {
            let answer = post(&mut stream, &dialect.target(""), length);
            assert!(answer.status >= 400, "{}: {}", dialect.name, answer.status);
            assert!(dialect.is_refusal(answer.text()), "{}: {}", dialect.name, answer.text());
        }
        is_still_served(&mut stream);
    }
}

#[test]
fn a_client_that_sends_a_large_body_first_reads_the_emulators_refusal() {
    let app = block_on(app(&world(), NOON));
    let settings = Settings { admin_token: Some("t".to_owned()), ..Settings::default() };
    let server = block_on(Server::serve(App { settings, ..app }));
    let mut stream = connect(&server);
    for (target, status) in [("/_emulator/workspaces", 401), ("/nobody/has/this", 404)] {
        for length in [200_000, 10_000_000] {
            assert_eq!(post(&mut stream, target, length).status, status, "{target}");
        }
    }
    is_still_served(&mut stream);
    let server = Server::start(&world());
    let mut stream = connect(&server);
    assert_eq!(post(&mut stream, "/_emulator/nothing", 10_000_000).status, 404);
    assert_eq!(post(&mut stream, "/_emulator/health", 10_000_000).status, 405);
    is_still_served(&mut stream);
}

#[test]
fn a_body_that_the_client_holds_back_is_not_asked_for_to_be_discarded() {
    let server = Server::start("empty");
    let mut stream = connect(&server);
    let head =
        "POST /_emulator/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(Answer::try_read(&mut stream, false).unwrap().status, 404, "and no `100 Continue` before");
}

#[test]
fn a_body_without_end_is_not_discarded_without_end() {
    let server = Server::start("empty");
    let mut stream = connect(&server);
    let head = "POST /nobody/has/this HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = [b"100000\r\n", &*vec![b'x'; MIB], b"\r\n"].concat();
    let refused = (0..256).find_map(|_| stream.write_all(&chunk).err()).expect("256 MiB were not taken").kind();
    assert!(matches!(refused, BrokenPipe | ConnectionAborted | ConnectionReset), "{refused}");
}

/// A request that creates a folder, with this header for the length of its body.
fn create_folder(length: &str, body: &str) -> String {
    let auth = dialects::of("konpro").auth("_off");
    format!("POST /konpro/v1/folders/create HTTP/1.1\r\nHost: localhost\r\n{auth}\r\n{length}\r\n\r\n{body}")
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

fn folders(server: &Server) -> Value {
    server.get("/_emulator/workspaces/ws_tests/folders", &[]).json()["folders"].clone()
}

/// The only entry after the one with this number, once it is there.
fn entry_after(server: &Server, seq: u64) -> Value {
    let found = server.get(&format!("/_emulator/journal?after={seq}&wait_ms=20000"), &[]).json();
    assert_eq!(found["entries"].as_array().map(Vec::len), Some(1), "{found}");
    found["entries"][0].clone()
}

#[test]
fn a_body_that_broke_off_is_recorded_and_changes_nothing() {
    let server = Server::start(&world());
    let before = folders(&server);
    let whole = r#"{"name": "Half"}"#;
    let long = format!("{whole}{}", " ".repeat(100 << 10));
    let mut last = 0;
    for (length, body) in [
        ("Content-Length: 50", whole.to_owned()),
        ("Content-Length: 50", String::new()),
        ("Content-Length: 500000", long.clone()),
        ("Transfer-Encoding: chunked", chunk(whole)),
        ("Transfer-Encoding: chunked", chunk(&long)),
    ] {
        let answer = server.send_and_hang_up(create_folder(length, &body).as_bytes());
        let entry = entry_after(&server, last);
        last = entry["seq"].as_u64().unwrap();
        assert!(entry["why"].as_str().unwrap().contains("`it broke off: "), "{length}: {entry}");
        assert!(answer.is_none_or(|answer| answer.status == 400), "{length}");
        assert_eq!(folders(&server), before, "{length}");
    }
}

#[test]
fn large_json_for_a_vendor_is_refused_before_it_is_read() {
    // There is no room for a body that is larger than a vendor takes.
    let app = App { bodies: BodyBudget::new(MIB, 0, 0), ..block_on(app(&world(), NOON)) };
    let server = block_on(Server::serve(app));
    let before = folders(&server);
    let mut stream = connect(&server);
    stream.write_all(create_folder("Content-Length: 60000000", "{").as_bytes()).unwrap();
    assert_eq!(Answer::try_read(&mut stream, false).unwrap().status, 413, "long before its end");
    let mut stream = connect(&server);
    let mebibyte = chunk(&" ".repeat(MIB));
    stream.write_all(create_folder("Transfer-Encoding: chunked", &mebibyte.repeat(2)).as_bytes()).unwrap();
    assert_eq!(Answer::try_read(&mut stream, false).unwrap().status, 413, "long before its end");
    for _ in 2..60 {
        stream.write_all(mebibyte.as_bytes()).unwrap();
    }
    stream.write_all(chunk("").as_bytes()).unwrap();
    is_still_served(&mut stream);
    assert_eq!(folders(&server), before);
}

#[test]
fn the_journal_has_the_length_of_a_chunked_body_that_was_read_whole() {
    let server = Server::start(&world());
    let body = format!("{{}}{}", " ".repeat(300 << 10));
    let request = create_folder("Transfer-Encoding: chunked", &[chunk(&body), chunk("")].concat());
    assert_eq!(server.send(request.as_bytes()).status, 200);
    let har = server.get("/_emulator/journal/har", &[]).json();
    assert_eq!(har["log"]["entries"][0]["request"]["bodySize"], json!(body.len()));
}

#[test]
fn a_body_for_which_there_is_no_room_is_the_vendors_error_and_told_in_the_journal() {
    let timeouts = Timeouts { room: Duration::from_millis(200), ..Timeouts::default() };
    let app = App { bodies: BodyBudget::new(0, 0, 0), timeouts, ..block_on(app(&world(), NOON)) };
    let server = block_on(Server::serve(app));
    let body = format!("{{}}{}", " ".repeat(300 << 10));
    let request = create_folder("Transfer-Encoding: chunked", &[chunk(&body), chunk("")].concat());
    let answer = server.send(request.as_bytes());
    assert_eq!(answer.status, 500);
    assert!(dialects::of("konpro").is_refusal(answer.text()), "{}", answer.text());
    let entry = entry_after(&server, 0);
    assert!(entry["why"].as_str().unwrap().starts_with("the bodies of other requests take"), "{entry}");
}

/// A request that waits for an entry of the journal and has a body of so many bytes.
fn waits(path: &str, length: usize) -> String {
    let body = json!({"filter": {"path": path}, "wait_ms": 60_000}).to_string();
    format!("{body}{}", " ".repeat(length - body.len()))
}

/// Sends a request whose body is read to its end once this returns, or nearly so: its share of the budget is taken.
fn send(server: &Server, path: &str, length: usize) -> TcpStream {
    let mut stream = connect(server);
    let head = format!(
        "POST /_emulator/journal/search HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n",
        server.address
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut line = [0; 25];
    stream.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(waits(path, length).as_bytes()).unwrap();
    stream
}

#[test]
fn large_bodies_wait_for_each_other_and_small_ones_do_not() {
    let bodies = BodyBudget::new(2 * MIB, 3 * MIB + 1, 0);
    let timeouts = Timeouts { room: Duration::from_millis(500), ..Timeouts::default() };
    let app = block_on(app(&world(), NOON));
    let server = block_on(Server::serve(App { bodies, timeouts, ..app }));
    let mut first = send(&server, "/first", 2 * MIB);
    let search = |length: usize| {
        let body = format!("{{}}{}", " ".repeat(length - 2));
        server.post("POST", "/_emulator/journal/search", &[], &body)
    };
    let refused = search(2 * MIB);
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (503, &json!("too_many_bodies")));
    assert_eq!(search(1000).status, 200);
    assert_eq!(search(MIB + 1).status, 200, "there is room for that");
    server.get("/first", &[]);
    assert_eq!(Answer::try_read(&mut first, false).unwrap().json()["entries"][0]["target"], "/first");
    assert_eq!(search(2 * MIB).status, 200, "there is room again");
    // As many small ones as fit, and one more.
    let _both = [send(&server, "/never", MIB), send(&server, "/never", MIB)];
    assert_eq!(search(100 << 10).status, 503);
    assert_eq!(search(2 * MIB).status, 200);
    assert_eq!(search(16 << 10).status, 200, "a tiny one waits for nobody");
}

/// Waits until the server has stored the beginning of so many files, so that it waits for the rest of each.
fn wait_for_files(server: &Server, count: i64) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let rows = block_on(server.app.store.rows()).unwrap();
        if rows.contains(&("blob", count)) {
            return;
        }
        assert!(Instant::now() < deadline, "{rows:?}");
        std::thread::yield_now();
    }
}

#[test]
fn files_that_arrive_slowly_leave_the_room_of_other_bodies_alone() {
    let bodies = BodyBudget::new(MIB, 0, 2 * MIB);
    let server = block_on(Server::serve(App { bodies, ..block_on(app(&world(), NOON)) }));
    let head = |length: usize| {
        let auth = dialects::of("konpro").auth("_off");
        let head = format!("POST /konpro/v1/asset?name=a.bin HTTP/1.1\r\nHost: upload.konpro.ai\r\n{auth}");
        format!("{head}\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n").into_bytes()
    };
    let slow = || {
        let mut stream = connect(&server);
        stream.write_all(&[head(MIB), vec![b'x'; 600 << 10]].concat()).unwrap();
        stream
    };
    let _both = [slow(), slow()];
    wait_for_files(&server, 2);
    let body = format!("{{}}{}", " ".repeat(500 << 10));
    let search = server.post("POST", "/_emulator/journal/search", &[], &body);
    assert_eq!(search.status, 200, "{}", search.text());
    let timeouts = Timeouts { room: Duration::from_millis(200), ..Timeouts::default() };
    let bodies = BodyBudget::new(MIB, MIB, 0);
    let server = block_on(Server::serve(App { bodies, timeouts, ..block_on(app(&world(), NOON)) }));
    let third = server.send(&[head(1), vec![b'x']].concat());
    assert_eq!(third.status, 500, "files wait for each other: {}", third.text());
}

#[test]
fn a_put_that_breaks_off_is_an_incomplete_body() {
    let server = Server::start(&world());
    let target = "/xqr/api/v1/assets/presign?filename=a.png&file_size=500";
    let presigned = server.post("POST", target, &[&dialects::of("xqr").auth("_off")], "").json();
    let url = presigned["data"]["upload_url"].as_str().unwrap_or_else(|| panic!("{presigned}"));
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    let kind = "Content-Type: application/octet-stream\r\nContent-Length: 500";
    server.send_and_hang_up(format!("PUT {path} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n\r\nabc").as_bytes());
    let har = server.get("/_emulator/journal/har", &[]);
    assert!(har.text().contains("IncompleteBody"), "{}", har.text());
}

#[test]
fn ids_names_and_keys_have_at_most_1024_bytes() {
    let server = Server::start(&world());
    let name = |length: usize| "n".repeat(length);
    let fixture = |workspace: Value| json!({"fixture": {"workspaces": [workspace]}, "workspace": "ws_f"});
    let cases = |n: String| -> Vec<(&str, String, Value, &str)> {
        vec![
            ("POST", "workspaces".to_owned(), json!({"id": format!("ws_{}", &n[3..])}), "id"),
            ("POST", "workspaces".to_owned(), json!({"name": n}), "name"),
            ("POST", "workspaces".to_owned(), fixture(json!({"id": "ws_f", "name": n})), "fixture.workspaces[0].name"),
            (
                "POST",
                "workspaces".to_owned(),
                fixture(json!({"id": "ws_f", "users": [{"name": n}]})),
                "fixture.workspaces[0].users[0].name",
            ),
            ("POST", "workspaces/ws_tests/keys".to_owned(), json!({"provider": "konpro", "key": n}), "key"),
            ("POST", "workspaces/ws_tests/users".to_owned(), json!({"name": n}), "name"),
            ("PUT", format!("workspaces/ws_tests/projects/{n}"), json!({"name": "p"}), "id"),
            ("PUT", "workspaces/ws_tests/projects/p".to_owned(), json!({"name": n}), "name"),
            ("PUT", format!("workspaces/ws_tests/folders/{n}"), json!({"name": "f"}), "id"),
            ("PUT", "workspaces/ws_tests/folders/f".to_owned(), json!({"name": n}), "name"),
            ("PUT", format!("snapshots/{n}"), json!({}), "name"),
        ]
    };
    for (method, path, body, at) in cases(name(1025)) {
        let answer = server.call(method, &format!("/_emulator/{path}"), &body);
        assert_eq!((answer.status, &answer.json()["error"]["at"]), (400, &json!(at)), "{}", answer.text());
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains("at most 1024 bytes; this one has 1025"), "{message}");
    }
    for (method, path, body, at) in cases(name(1024)) {
        let answer = server.call(method, &format!("/_emulator/{path}"), &body);
        assert!(answer.status < 300, "{at}: {}", answer.text());
        server.call("DELETE", "/_emulator/workspaces/ws_f", &Value::Null);
    }
}

/// What a key may do is decided when the change is made, not when the head of the request came.
#[test]
fn a_key_that_goes_while_its_body_arrives_changes_nothing() {
    let server = Server::start(&world());
    let (workspace, body) = ("/_emulator/workspaces/ws_tests", br#"{"name": "late"}"#);
    let folders = || server.get("/konpro/v1/folders", &[&dialects::of("konpro").auth("_off")]).text().to_owned();
    let before = folders();
    assert!(before.contains("\"folders\":["), "{before}");
    for (key, method, change) in
        [("konpro_revoked_late", "PATCH", json!({"revoked": true})), ("konpro_removed_late", "DELETE", Value::Null)]
    {
        let made = server.call("POST", &format!("{workspace}/keys"), &json!({"provider": "konpro", "key": key}));
        assert_eq!(made.status, 201, "{}", made.text());
        let mut stream = connect(&server);
        let head = "POST /konpro/v1/folders/create HTTP/1.1\r\nHost: localhost\r\nx-api-key:";
        let begun = format!("{head} {key}\r\nContent-Length: {}\r\n\r\n{{", body.len());
        stream.write_all(begun.as_bytes()).unwrap();
        // Once the key is in the cache, the request has passed its first check.
        let deadline = Instant::now() + Duration::from_secs(60);
        while server.app.cache.current("konpro", key).is_none() {
            assert!(Instant::now() < deadline, "the key is not looked up");
            std::thread::yield_now();
        }
        let changed = server.call(method, &format!("{workspace}/keys/{key}"), &change);
        assert!(changed.status < 300, "{}", changed.text());
        stream.write_all(&body[1..]).unwrap();
        let answer = Answer::try_read(&mut stream, false).unwrap();
        assert_eq!((answer.status, folders()), (401, before.clone()), "{key}: {}", answer.text());
    }
}
