//! Requests over HTTP/2: what may be in their target, how they are shown, and what is said of those that are refused.

use std::net::SocketAddr;

use assetmock::emulator::app::App;
use assetmock::http::request_body::BodyBudget;
use axum::body::Bytes;
use axum::http::Request;
use futures_util::future::join_all;
use serde_json::Value;

use crate::breakage::{END_HEADERS, END_STREAM, Frames, HEADERS};
use crate::dialects;
use crate::process::Running;
use crate::support::{NOON, Server, app, block_on};
use crate::worlds::world;

const CONTINUATION: u8 = 9;

/// A name and a value that no table has or gets.
fn literal(name: &str, value: &str) -> Vec<u8> {
    [&[0], &*text(name), &text(value)].concat()
}

fn text(text: &str) -> Vec<u8> {
    let length = text.len();
    let length = if length < 127 {
        vec![length as u8]
    } else {
        vec![127, (length - 127) as u8 | 0x80, ((length - 127) >> 7) as u8]
    };
    [&length, text.as_bytes()].concat()
}

/// `:method` GET, `:scheme` http, and these.
fn get(more: &[Vec<u8>]) -> Vec<u8> {
    [vec![0x82, 0x86], more.concat()].concat()
}

fn named(target: &str) -> Vec<Vec<u8>> {
    vec![literal(":path", target), literal(":authority", "localhost:1"), literal("x-api-key", "tlk_demo")]
}

/// The connection after this request, and what it came to.
fn ask(address: SocketAddr, block: &[u8]) -> (String, bool) {
    let mut frames = Frames::open(address);
    frames.write(HEADERS, END_STREAM | END_HEADERS, 1, block);
    let (body, whole) = frames.body(1);
    (String::from_utf8(body).unwrap(), whole)
}

fn running(server: &Running) -> SocketAddr {
    format!("127.0.0.1:{}", server.port).parse().unwrap()
}

/// The entries of the journal, the oldest first.
fn journal(server: &Running) -> Vec<Value> {
    server.connect().steer("GET", "journal", "")["entries"].as_array().unwrap().clone()
}

const JSON_TYPES: &str = "/twelvelabs/v1.3/assets?asset_types=[\"image\",\"video\"]";
const JSON_TYPES_ENCODED: &str = "/twelvelabs/v1.3/assets?asset_types=[%22image%22,%22video%22]";

#[test]
fn a_target_with_raw_quotes_is_passed_on_encoded() {
    let server = Running::start(&["--fixture", "demo"]);
    let (as_sent, whole) = ask(running(&server), &get(&named(JSON_TYPES)));
    assert!(whole, "{as_sent}");
    let (encoded, _) = ask(running(&server), &get(&named(JSON_TYPES_ENCODED)));
    assert_eq!(as_sent, encoded);
    assert!(as_sent.contains("page_info"), "{as_sent}");
    ask(running(&server), &get(&named("/twelvelabs/v1.3/<a>\u{e9}`\"")));
    let entries = journal(&server);
    assert_eq!(entries[0]["target"], JSON_TYPES_ENCODED);
    assert_eq!(entries[2]["target"], "/twelvelabs/v1.3/%3Ca%3E%C3%A9%60%22");
}

/// A name and a value that the client adds to its table.
fn added(name: &str, value: &str) -> Vec<u8> {
    let mut field = literal(name, value);
    field[0] = 0x40;
    field
}

/// As Go and Python's `h2` do: what is sent once is referred to afterwards, the headers around a path as well.
#[test]
fn targets_that_the_client_adds_to_its_table_are_answered_and_so_is_whatever_refers_to_them() {
    let server = Running::start(&["--fixture", "demo"]);
    let mut frames = Frames::open(running(&server));
    let (authority, key) = (added(":authority", "localhost:1"), added("x-api-key", "tlk_demo"));
    let plain = "/twelvelabs/v1.3/assets?page_limit=1";
    let blocks = [
        get(&[authority, added(":path", JSON_TYPES), key]),
        // The newest entry (0xbe) is the key, then come the path and the authority.
        get(&[vec![0xbf, 0xc0, 0xbe]]),
        get(&[added(":path", "/twelvelabs/v1.3/<a>"), vec![0xc1, 0xbf]]),
        get(&[added(":path", plain), vec![0xc2, 0xc0]]),
        // The plain path, the one with brackets, the one with quotes; each with the authority and the key.
        get(&[vec![0xbe, 0xc2, 0xc0]]),
        get(&[vec![0xbf, 0xc2, 0xc0]]),
        get(&[vec![0xc1, 0xc2, 0xc0]]),
    ];
    let ask = |(stream, block): (u32, &Vec<u8>)| {
        let stream = 2 * stream + 1;
        frames.write(HEADERS, END_STREAM | END_HEADERS, stream, block);
        let (body, whole) = frames.body(stream);
        assert!(whole, "stream {stream}");
        String::from_utf8(body).unwrap()
    };
    let bodies: Vec<_> = (0..).zip(&blocks).map(ask).collect();
    assert!(bodies[0].contains("page_info"), "{}", bodies[0]);
    assert!(bodies[3].contains("page_info"), "{}", bodies[3]);
    assert_eq!([&bodies[1], &bodies[6], &bodies[4]], [&bodies[0], &bodies[0], &bodies[3]]);
    let brackets = "/twelvelabs/v1.3/%3Ca%3E";
    let asked = [JSON_TYPES_ENCODED, JSON_TYPES_ENCODED, brackets, plain, plain, brackets, JSON_TYPES_ENCODED];
    let entries = journal(&server);
    assert_eq!(entries.iter().map(|entry| entry["target"].as_str().unwrap()).collect::<Vec<_>>(), asked);
    assert!(entries.iter().all(|entry| entry["request_headers"].to_string().contains("localhost:1")), "{entries:?}");
}

/// The first request is refused, because it has a header that HTTP/2 does not have; the second refers to its path.
#[test]
fn what_a_refused_request_adds_to_the_table_stays_there() {
    let server = Server::start("demo");
    let mut frames = Frames::open(server.address);
    let others = [literal(":authority", "localhost"), literal("x-api-key", "tlk_demo")].concat();
    let refused = get(&[added(":path", JSON_TYPES), others.clone(), added("connection", "close")]);
    let (first, rest) = refused.split_at(20);
    frames.write(HEADERS, END_STREAM, 1, first);
    frames.write(CONTINUATION, END_HEADERS, 1, rest);
    assert!(!frames.body(1).1);
    frames.write(HEADERS, END_STREAM | END_HEADERS, 3, &get(&[vec![0xbf], others]));
    let (body, whole) = frames.body(3);
    assert!(whole && String::from_utf8_lossy(&body).contains("page_info"));
}

#[test]
fn a_target_is_the_path_and_query_and_the_authority_is_the_host() {
    let server = Running::start(&["--fixture", "demo", "--log-format", "json", "--log-level", "debug"]);
    let prefixed = "/twelvelabs/v1.3/assets?page_limit=1";
    assert!(ask(running(&server), &get(&named(prefixed))).0.contains("page_info"));
    let by_host = "/v1.3/assets?page_limit=1";
    let mut block = vec![literal(":path", by_host), literal(":authority", "api.twelvelabs.io")];
    block.extend([literal("host", "flora.localhost"), literal("x-api-key", "tlk_demo")]);
    assert!(ask(running(&server), &get(&block)).0.contains("page_info"), "the authority is what counts");
    let entries = journal(&server);
    for (entry, (target, host)) in entries.iter().zip([(prefixed, "localhost:1"), (by_host, "api.twelvelabs.io")]) {
        assert_eq!(entry["target"], target);
        assert!(entry["request_headers"].to_string().contains(host), "{entry}");
    }
    let log = String::from_utf8(server.stop().stderr).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let targets: Vec<_> =
        lines.iter().filter(|line| line["message"] == "request").map(|line| &line["target"]).collect();
    assert_eq!(targets, [prefixed, by_host]);
}

/// Requests that are refused before they are read, and why.
fn refused() -> Vec<(Vec<u8>, &'static str)> {
    let long = "x".repeat(9000);
    let authority = || literal(":authority", "localhost");
    vec![
        (get(&named("/a b?api_key=hush")), "malformed headers: malformed path: invalid uri character"),
        (get(&[authority()]), "error building request: path missing"),
        ([vec![0x82], literal(":path", "/"), authority()].concat(), "malformed headers: missing scheme"),
        (get(&[literal(":path", "/"), literal(":path", "/"), authority()]), "malformed header block"),
        (get(&[literal(":path", "/"), literal("x", &long), literal("y", &long)]), "frame is over size"),
        (vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "failed HPACK decoding"),
    ]
}

#[test]
fn what_is_refused_before_it_is_read_is_a_warning_that_says_why() {
    for (format, level) in [("text", "info"), ("json", "warn"), ("text", "error")] {
        let server = Running::start(&["--log-format", format, "--log-level", level]);
        for (block, _) in refused() {
            let mut frames = Frames::open(running(&server));
            if let Some((first, rest)) = block.split_at_checked(16_384) {
                frames.write(HEADERS, END_STREAM, 1, first);
                frames.write(CONTINUATION, END_HEADERS, 1, rest);
            } else {
                frames.write(HEADERS, END_STREAM | END_HEADERS, 1, &block);
            }
            frames.end(1);
        }
        let log = String::from_utf8(server.stop().stderr).unwrap();
        let lines: Vec<_> = log.lines().filter(|line| line.contains("was refused before it was read")).collect();
        if level == "error" {
            assert!(lines.is_empty(), "{log}");
            continue;
        }
        assert_eq!(lines.len(), refused().len(), "{log}");
        for (line, (_, why)) in lines.iter().zip(refused()) {
            assert!(line.contains(why) && line.contains("WARN"), "{why}: {line}");
            assert!(line.contains("127.0.0.1:") && !line.contains("hush"), "{line}");
            if format == "json" {
                let line: Value = serde_json::from_str(line).unwrap();
                assert_eq!(line["message"], "a request was refused before it was read");
            }
        }
    }
}

#[test]
fn what_is_sent_in_order_and_what_is_wrong_with_a_body_are_no_warnings() {
    let server = Running::start(&["--fixture", "demo", "--log-level", "info"]);
    assert!(ask(running(&server), &get(&named("/twelvelabs/v1.3/assets"))).1);
    let mut frames = Frames::open(running(&server));
    let mut block = get(&named("/twelvelabs/v1.3/assets"));
    block.extend(literal("content-length", "2"));
    frames.write(HEADERS, END_HEADERS, 1, &block);
    frames.write(0, END_STREAM, 1, b"three");
    frames.end(1);
    let log = String::from_utf8(server.stop().stderr).unwrap();
    assert!(!log.contains("refused before"), "{log}");
}

#[test]
fn uploads_that_wait_for_memory_do_not_hold_up_those_that_have_it() {
    const LENGTH: usize = 300 << 10;
    // Two at a time.
    let bodies = BodyBudget::new(1 << 20, 1 << 20, 2 << 20);
    let server = block_on(Server::serve(App { bodies, ..block_on(app(&world(), NOON)) }));
    let auth = dialects::of("konpro").auth("_off");
    let (name, key) = auth.split_once(": ").unwrap();
    let url = format!("http://{}/konpro/v1/asset?name=a.mp4", server.address);
    let statuses = block_on(async {
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        let statuses = join_all((0..60).map(|_| async {
            let request = Request::post(&url).header(name, key).header("content-type", "video/mp4");
            let request = request.header("content-length", LENGTH).body(()).unwrap();
            let mut sender = sender.clone().ready().await.unwrap();
            let (answer, mut body) = sender.send_request(request, false).unwrap();
            body.send_data(Bytes::from(vec![b'x'; LENGTH]), true).unwrap();
            answer.await.unwrap().status().as_u16()
        }));
        let statuses = statuses.await;
        connection.abort();
        statuses
    });
    assert_eq!(statuses, [200; 60]);
}
