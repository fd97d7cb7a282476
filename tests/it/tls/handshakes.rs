//! Handshakes: those that succeed, those that come to nothing, and what is said of them.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use assetmock::emulator::app::App;
use assetmock::emulator::journal::Filter;
use assetmock::emulator::summary::Summary;
use assetmock::http::connection::Timeouts;
use assetmock::http::connection::tls::{Names, Tls};
use assetmock::server;
use serde_json::{Value, json};
use tokio_rustls::rustls::ClientConfig;

use super::client::{self, authority, connect, trusting};
use super::{is_served, noted, start, wait_for};
use crate::dialects::{self, Dialect};
use crate::support::{Answer, NOON, Server, app, block_on};
use crate::worlds::world;

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(600);

fn request(dialect: &Dialect, more: &str) -> String {
    format!("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n{more}\r\n", dialect.target(""), dialect.auth("_off"))
}

/// Tries a handshake, which fails.
fn fail(server: &Server, host: &str, config: Arc<ClientConfig>) {
    let mut stream = connect(server.address, host, config);
    let sent = stream.write_all(b"GET / HTTP/1.1\r\n\r\n").and_then(|()| stream.read_to_end(&mut Vec::new()));
    assert!(sent.is_err(), "the handshake succeeded");
}

fn why(entry: &Value) -> &str {
    entry["why"].as_str().unwrap()
}

#[test]
fn a_client_that_does_not_trust_the_authority_is_told_where_it_is() {
    let server = start(|app| app);
    let other = Tls::new(Names::new(["localhost"]));
    fail(&server, "localhost", trusting(&[other.identity().unwrap().authority()], &[]));
    let entry = noted(&server, "TLS");
    assert!(why(&entry).contains("does not trust") && why(&entry).contains("GET /_emulator/ca.pem"), "{entry}");
    assert_eq!(
        (&entry["status"], &entry["target"], &entry["provider"]),
        (&Value::Null, &json!("localhost"), &Value::Null)
    );
    is_served(&server);
}

#[test]
fn a_name_that_the_certificate_is_not_for_is_refused_and_named() {
    let server = start(|app| app);
    fail(&server, "example.com", trusting(&[&authority(&server)], &[]));
    let entry = noted(&server, "TLS");
    assert_eq!(entry["target"], "example.com");
    assert!(why(&entry).contains("--tls-name example.com"), "{entry}");
}

#[test]
fn a_client_that_speaks_neither_version_of_http_is_refused() {
    let server = start(|app| app);
    fail(&server, "localhost", trusting(&[&authority(&server)], &["spdy/3"]));
    assert!(why(&noted(&server, "TLS")).contains("ALPN"));
}

#[test]
fn bytes_that_only_begin_like_a_handshake_are_noted() {
    let server = start(|app| app);
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(b"\x16GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut alert = Vec::new();
    // What was sent and not read can make the end a reset.
    let _ = stream.read_to_end(&mut alert);
    assert_eq!(alert.first(), Some(&0x15), "{alert:?}");
    let entry = noted(&server, "TLS");
    assert!(why(&entry).contains("not TLS"), "{entry}");
    assert_eq!(entry["target"], "*");
}

#[test]
fn a_client_that_goes_away_in_the_middle_or_right_after_is_noted() {
    let server = start(|app| app);
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(&[0x16, 3, 1]).unwrap();
    drop(stream);
    assert!(why(&noted(&server, "TLS")).contains("during the TLS handshake"));

    // As Node does, which looks at the certificate once it is connected.
    let server = start(|app| app);
    let mut stream = connect(server.address, "localhost", trusting(&[&authority(&server)], &[]));
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).unwrap();
    }
    drop(stream);
    let entry = noted(&server, "TLS");
    assert!(why(&entry).contains("without a request") && why(&entry).contains("ca.pem"), "{entry}");
    assert_eq!(entry["target"], "localhost");
}

/// As browsers do that connect in advance, and probes.
#[test]
fn a_connection_without_a_request_is_no_refusal_and_distrust_is_one() {
    let server = start(|app| App { summary: Some(Summary::default()), ..app });
    let totals = || server.app.summary.as_ref().unwrap().totals(server.app.faults.never_fired(0));
    let mut stream = connect(server.address, "localhost", trusting(&[&authority(&server)], &[]));
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).unwrap();
    }
    drop(stream);
    noted(&server, "TLS");
    assert_eq!((totals().requests, totals().refused), (0, 0));
    let verdict =
        |expectations: Value| server.call("POST", "/_emulator/journal/verify", &expectations).json()["ok"].clone();
    assert_eq!(verdict(json!({"only": true})), true);
    assert_eq!(verdict(json!({"only": true, "scope": {"method": "TLS"}})), false);
    assert_eq!(verdict(json!({"requests": [{"method": "TLS", "count": 1}], "only": true})), true);
    let har = server.call("GET", "/_emulator/journal/har", &Value::Null).json();
    assert_eq!(har["log"]["entries"][0]["request"]["url"], "https://localhost/");
    let other = Tls::new(Names::new(["localhost"]));
    fail(&server, "localhost", trusting(&[other.identity().unwrap().authority()], &[]));
    wait_for("the handshake is not counted", || totals().refused == 1);
    assert!(totals().refusals[0].says.contains("does not trust"));
}

#[test]
fn a_handshake_that_is_not_finished_ends_and_an_idle_connection_stays() {
    let patient = Timeouts { head: LONG, handshake: LONG, body: LONG, write: LONG, ..Timeouts::default() };
    let server = start(|app| App { timeouts: Timeouts { handshake: SHORT, ..patient }, ..app });
    let mut slow = TcpStream::connect(server.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    slow.write_all(&[0x16, 3, 1, 2]).unwrap();
    assert_eq!(slow.read_to_end(&mut Vec::new()).map_err(|error| error.kind()), Ok(0));
    assert!(why(&noted(&server, "TLS")).contains("in time"));
    // A head has its own limit inside of TLS.
    let server = start(|app| App { timeouts: Timeouts { head: SHORT, ..patient }, ..app });
    let dialect = dialects::of("flora");
    let mut idle = connect(server.address, "localhost", trusting(&[&authority(&server)], &[]));
    idle.write_all(request(dialect, "").as_bytes()).unwrap();
    assert_eq!(Answer::try_read(&mut idle, false).unwrap().status, 200);
    let mut begun = connect(server.address, "localhost", trusting(&[&authority(&server)], &[]));
    begun.write_all(b"GET /").unwrap();
    assert_eq!(begun.read_to_end(&mut Vec::new()).map_err(|error| error.kind()), Err(ErrorKind::UnexpectedEof));
    idle.write_all(request(dialect, "").as_bytes()).unwrap();
    assert_eq!(Answer::try_read(&mut idle, false).unwrap().status, 200);
}

#[test]
fn two_hundred_handshakes_at_once_succeed_beside_as_many_that_never_end() {
    let server = start(|app| App { timeouts: Timeouts { handshake: LONG, ..Timeouts::default() }, ..app });
    let dead: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.write_all(&[0x16, 3, 1]).unwrap();
            stream
        })
        .collect();
    let config = trusting(&[&authority(&server)], &["http/1.1"]);
    thread::scope(|scope| {
        for number in 0..200 {
            let (server, config) = (&server, config.clone());
            scope.spawn(move || {
                let dialect = &dialects::ALL[number % dialects::ALL.len()];
                let mut stream = connect(server.address, "localhost", config);
                stream.write_all(request(dialect, "").as_bytes()).unwrap();
                assert_eq!(Answer::try_read(&mut stream, false).unwrap().status, 200);
            });
        }
    });
    drop(dead);
    is_served(&server);
}

#[test]
fn faults_break_encrypted_connections_off_too() {
    let server = start(|app| app);
    for dialect in dialects::ALL {
        let fault = "X-Emulator-Fault: reset; at=before\r\n";
        let mut stream = connect(server.address, "localhost", trusting(&[&authority(&server)], &[]));
        stream.write_all(request(dialect, fault).as_bytes()).unwrap();
        let end = stream.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
        assert_eq!(end, Err(ErrorKind::ConnectionReset), "{}", dialect.name);
    }
}

#[test]
fn at_the_end_encrypted_connections_are_closed_in_order() {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (address, app) = block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, app) = (listener.local_addr().unwrap(), Arc::new(app(&world(), NOON).await));
        tokio::spawn(server::run(listener, app.clone(), async { drop(stopped.await) }));
        (address, app)
    });
    let authority = app.tls.identity().unwrap().authority().to_owned();
    let mut used = connect(address, "localhost", trusting(&[&authority], &[]));
    used.write_all(request(dialects::of("xqr"), "").as_bytes()).unwrap();
    assert_eq!(Answer::try_read(&mut used, false).unwrap().status, 200);
    let mut begun = TcpStream::connect(address).unwrap();
    begun.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    begun.write_all(&[0x16, 3, 1]).unwrap();
    stop.send(()).unwrap();
    // Without a goodbye this would be an unexpected end.
    assert_eq!(used.read_to_end(&mut Vec::new()).map_err(|error| error.kind()), Ok(0));
    // With an end or a reset.
    let _ =
        begun.read_to_end(&mut Vec::new()).inspect_err(|error| assert_eq!(error.kind(), ErrorKind::ConnectionReset));
}

/// One thread does everything, so the server learns that it should end before it looks at its sockets again.
#[test]
fn what_has_arrived_before_the_end_is_read() {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, app) = (listener.local_addr().unwrap(), Arc::new(app(&world(), NOON).await));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server::run(listener, app.clone(), async { drop(stopped.await) }));
        let distrust = tokio::task::spawn_blocking(move || {
            let plain = TcpStream::connect(address).unwrap();
            let other = Tls::new(Names::new(["localhost"]));
            let other = trusting(&[other.identity().unwrap().authority()], &[]);
            let mut encrypted = connect(address, "localhost", other);
            while encrypted.conn.process_new_packets().is_ok() {
                while encrypted.conn.wants_write() {
                    encrypted.conn.write_tls(&mut encrypted.sock).unwrap();
                }
                assert!(encrypted.conn.read_tls(&mut encrypted.sock).unwrap() > 0, "the server hung up");
            }
            (plain, encrypted)
        });
        let (mut plain, mut encrypted) = distrust.await.unwrap();
        plain.write_all(request(dialects::of("xqr"), "").as_bytes()).unwrap();
        encrypted.conn.write_tls(&mut encrypted.sock).unwrap();
        stop.send(()).unwrap();
        serving.await.unwrap().unwrap();
        let entries = app.journal.find(&Filter::default());
        assert_eq!(entries.len(), 2, "{entries:?}");
        assert_eq!(Answer::try_read(&mut plain, false).unwrap().status, 200);
    });
}

#[test]
fn our_own_addresses_have_the_scheme_of_the_connection() {
    let server = start(|app| app);
    let ask = |target: &str| {
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:4750\r\n\r\n");
        client::send(&server, "localhost", request.as_bytes(), false)
    };
    let providers = ask("/_emulator/providers").json();
    for provider in providers["providers"].as_array().unwrap() {
        assert!(provider["base_url"].as_str().unwrap().starts_with("https://localhost:4750/"), "{provider}");
    }
    let document = ask("/_emulator/openapi.json").json();
    assert_eq!(document["servers"][0]["url"], "https://localhost:4750");
    assert_eq!(ask("/nowhere").json()["providers"], providers["providers"]);
}
