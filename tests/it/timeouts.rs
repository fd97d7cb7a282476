//! Clients that stop in the middle of something, take nothing, come in crowds or all at once: each is dealt with, and
//! nobody else notices. Limits of time are short here, and what must outlast one is measured by something that does
//! not.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use assetmock::emulator::app::{App, Settings};
use assetmock::http::connection::Timeouts;
use serde_json::{Value, json};

use crate::dialects::{self, Dialect, pairs};
use crate::support::{Answer, NOON, Server, app, block_on};
use crate::worlds::{VISIBLE, world};

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(600);

/// A server that waits so long for each thing.
fn start(timeouts: Timeouts) -> Server {
    block_on(async { Server::serve(App { timeouts, ..app(&world(), NOON).await }).await })
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn request(dialect: &Dialect) -> String {
    format!("GET {} HTTP/1.1\r\nHost: h\r\n{}\r\n\r\n", dialect.target(""), dialect.auth("_off"))
}

/// Waits until the server ends a connection, and gives what it sent before.
fn until_ended(mut stream: TcpStream) -> Vec<u8> {
    let mut sent = Vec::new();
    match stream.read_to_end(&mut sent) {
        Ok(_) => sent,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => sent,
        Err(error) => panic!("the connection is still there: {error}"),
    }
}

fn is_served(server: &Server) {
    for (_, dialect) in pairs() {
        let answer = server.get(&dialect.target(""), &[&dialect.auth("_off")]);
        assert!(answer.status == 200 && dialect.is_page(answer.text()), "{}: {}", dialect.name, answer.text());
    }
}

#[test]
fn a_head_that_is_not_finished_ends_the_connection_and_an_idle_one_stays() {
    let server = start(Timeouts { head: SHORT, body: LONG, write: LONG, ..Timeouts::default() });
    let dialect = dialects::of("twelvelabs");
    let mut idle = connect(&server);
    let untouched = connect(&server);
    idle.write_all(request(dialect).as_bytes()).unwrap();
    assert_eq!(Answer::try_read(&mut idle, false).unwrap().status, 200);
    // The last two are half of what HTTP/2 begins with.
    for begun in ["G", "GET / HTTP/1.1\r\nHost: h\r\n", "PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n"] {
        let mut slow = connect(&server);
        slow.write_all(begun.as_bytes()).unwrap();
        assert_eq!(until_ended(slow), b"", "{begun:?}");
    }
    // The limit runs anew for each head of a connection, however long that has been there.
    let mut used = connect(&server);
    for _ in 0..3 {
        used.write_all(request(dialect).as_bytes()).unwrap();
        assert_eq!(Answer::try_read(&mut used, false).unwrap().status, 200);
    }
    used.write_all(b"GET /").unwrap();
    assert_eq!(until_ended(used), b"");
    // Both were idle all that time, which was longer than a head may take.
    for mut stream in [idle, untouched] {
        stream.write_all(request(dialect).as_bytes()).unwrap();
        assert_eq!(Answer::try_read(&mut stream, false).unwrap().status, 200);
    }
}

#[test]
fn a_head_that_comes_byte_by_byte_in_time_is_answered() {
    let server = start(Timeouts { head: LONG, body: LONG, write: LONG, ..Timeouts::default() });
    let mut slow = connect(&server);
    for byte in request(dialects::of("piktid")).bytes() {
        slow.write_all(&[byte]).unwrap();
    }
    assert_eq!(Answer::try_read(&mut slow, false).unwrap().status, 200);
}

/// Does something that takes longer than a head may.
fn late<T>(work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    assert!(began.elapsed() >= 3 * SHORT, "it took only {:?}", began.elapsed());
    done
}

#[test]
fn an_answer_that_takes_longer_than_a_head_may_is_awaited() {
    let server = start(Timeouts { head: SHORT, body: SHORT, write: SHORT, ..Timeouts::default() });
    let dialect = dialects::of("konpro");
    let latency = format!("X-Emulator-Fault: latency; ms={}", 3 * SHORT.as_millis());
    let answer = late(|| server.get(&dialect.target(""), &[&dialect.auth("_off"), &latency]));
    assert_eq!(answer.status, 200);
}

/// Sends the head of a request, waits until it was read, and sends the body. Gives the status of the answer.
fn send_in_two_parts(stream: &mut TcpStream, method: &str, target: &str, more: &str, body: &str) -> u16 {
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n{more}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut line = [0; 25];
    stream.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    Answer::try_read(stream, false).unwrap().status
}

#[test]
fn a_body_that_comes_by_itself_is_no_head() {
    let server = start(Timeouts { head: SHORT, body: LONG, write: LONG, ..Timeouts::default() });
    let (wait, dialect) = (3 * SHORT.as_millis(), dialects::of("flora"));
    let latency = format!("X-Emulator-Fault: latency; ms={wait}");
    let headers = format!("{latency}\r\n{}\r\n", dialect.auth("_off"));
    let search = json!({"filter": {"path": "/never"}, "wait_ms": wait}).to_string();
    let mut stream = connect(&server);
    for _ in 0..2 {
        let status = late(|| send_in_two_parts(&mut stream, "POST", "/flora/api/v1/projects", &headers, "{}"));
        assert_eq!(status, 400);
        let status = late(|| send_in_two_parts(&mut stream, "POST", "/_emulator/journal/search", "", &search));
        assert_eq!(status, 200);
    }
    // What follows takes longer than a head may, too.
    let other = late(|| server.get(&dialect.target(""), &[&dialect.auth("_off"), &latency]));
    assert_eq!(other.status, 200);
    stream.write_all(request(dialect).as_bytes()).unwrap();
    assert_eq!(Answer::try_read(&mut stream, false).unwrap().status, 200);
}

#[test]
fn a_head_that_came_while_an_answer_was_under_way_has_its_time_afterwards() {
    let server = start(Timeouts { head: Duration::from_secs(6), body: LONG, write: LONG, ..Timeouts::default() });
    let dialect = dialects::of("konpro");
    let mut stream = connect(&server);
    let late = request(dialect).replacen("Host", "X-Emulator-Fault: latency; ms=6200\r\nHost", 1);
    let next = request(dialect);
    let (begin, rest) = next.split_at(next.len() / 2);
    stream.write_all((late + begin).as_bytes()).unwrap();
    assert_eq!(Answer::try_read(&mut stream, false).unwrap().status, 200);
    stream.write_all(rest.as_bytes()).unwrap();
    assert_eq!(Answer::try_read(&mut stream, false).unwrap().status, 200);
}

/// Each part comes in time, all of them together take longer than a head or a part may.
#[test]
fn a_slow_upload_is_taken_to_its_end() {
    let limit = Duration::from_secs(10);
    let server = start(Timeouts { head: SHORT, body: limit, write: LONG, ..Timeouts::default() });
    let mut stream = connect(&server);
    let body = json!({"id": "ws_slow"}).to_string();
    let head = "POST /_emulator/workspaces HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(format!("{:x}\r\n{body}\r\n", body.len()).as_bytes()).unwrap();
    let began = Instant::now();
    while began.elapsed() < limit + SHORT {
        std::thread::sleep(Duration::from_millis(300));
        stream.write_all(b"1\r\n \r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(Answer::try_read(&mut stream, false).unwrap().status, 201);
}

#[test]
fn a_body_that_stops_is_refused() {
    let server = start(Timeouts { head: LONG, body: SHORT, write: LONG, ..Timeouts::default() });
    let mut slow = connect(&server);
    let head =
        format!("POST /_emulator/workspaces HTTP/1.1\r\nHost: {}\r\nContent-Length: 100\r\n\r\n{{", server.address);
    slow.write_all(head.as_bytes()).unwrap();
    let answer = Answer::try_read(&mut slow, false).unwrap();
    assert_eq!((answer.status, &answer.json()["error"]["at"]), (400, &json!("body")), "{}", answer.text());
    assert_eq!(until_ended(slow), b"");
}

#[test]
fn a_client_that_takes_nothing_is_let_go() {
    let server = start(Timeouts { head: LONG, body: LONG, write: SHORT, ..Timeouts::default() });
    let mut deaf = connect(&server);
    deaf.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    let many = request(dialects::of("xqr")).repeat(1000);
    // The server takes no more than it can answer; when it lets the client go, writing fails.
    let end = (0..1000).find_map(|_| deaf.write_all(many.as_bytes()).err()).expect("it takes requests without end");
    assert!(matches!(end.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{end}");
    is_served(&server);
}

#[test]
fn a_thousand_clients_that_stop_in_the_middle_keep_nobody_waiting() {
    let server = start(Timeouts { head: LONG, body: LONG, write: LONG, ..Timeouts::default() });
    let unfinished = [
        "GET / HTTP/1.1\r\n".to_owned(),
        format!("POST /_emulator/workspaces HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\n\r\n{{", server.address),
        request(dialects::of("xqr")).repeat(2),
    ];
    let stopped: Vec<_> = (0..1000)
        .map(|number| {
            let mut stream = connect(&server);
            stream.write_all(unfinished[number % 3].as_bytes()).unwrap();
            stream
        })
        .collect();
    is_served(&server);
    drop(stopped);
    is_served(&server);
}

#[test]
fn fifty_requests_in_one_write_get_fifty_answers_in_order() {
    let server = start(Timeouts::default());
    let sizes = || (1..=10).cycle().take(50);
    let dialect = dialects::of("flora");
    let one = |size| request(dialect).replacen('?', &format!("?limit={size}"), 1);
    let mut stream = connect(&server);
    let last = request(dialect).replacen("Host", "Connection: close\r\nHost", 1);
    stream.write_all((sizes().map(one).collect::<String>() + &last).as_bytes()).unwrap();
    let text = String::from_utf8(until_ended(stream)).unwrap();
    let bodies: Vec<Value> = text
        .split("HTTP/1.1 200 OK\r\n")
        .skip(1)
        .map(|answer| serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap())
        .collect();
    let rows: Vec<_> = bodies.iter().map(|body| body["assets"].as_array().unwrap().len()).collect();
    assert_eq!(rows, sizes().chain([VISIBLE]).collect::<Vec<_>>());
}

#[test]
fn there_are_no_more_workspaces_than_there_can_be() {
    let app = block_on(app(&world(), NOON));
    let settings = Settings { any_key: true, max_workspaces: 5, ..Settings::default() };
    let server = block_on(Server::serve(App { settings, ..app }));
    let statuses: Vec<_> = (0..4).map(|_| server.call("POST", "/_emulator/workspaces", &json!({})).status).collect();
    assert_eq!(statuses, [201, 201, 409, 409], "three are there from the start");
    let refused = server.call("POST", "/_emulator/workspaces", &json!({})).json();
    assert_eq!(refused["error"]["code"], "too_many_workspaces");
    for (_, dialect) in pairs() {
        let answer = server.get(&dialect.target(""), &[&dialect.auth("_nobody_has_this_one")]);
        assert!(answer.status == 401 && dialect.is_refusal(answer.text()), "{}: {}", dialect.name, answer.text());
    }
    is_served(&server);
}
