//! CONNECT: tunnels that end here, that are refused, and that lead to others.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use assetmock::emulator::app::{App, Others, Settings};
use assetmock::http::connection::Timeouts;
use assetmock::http::connection::tunnel::Upstream;
use serde_json::{Value, json};

use super::client::{authority, connect as connect_tls, over, trusting};
use super::{is_served, noted, start, wait_for};
use crate::dialects;
use crate::process::closed_port;
use crate::support::{Answer, Server};

/// A tunnel to this place, and the answer to the request for it.
fn tunnel(address: SocketAddr, target: &str) -> (TcpStream, Answer) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes()).unwrap();
    let answer = Answer::try_read(&mut stream, false).unwrap();
    (stream, answer)
}

/// A request for FLORA's list that names this host.
fn request(host: &str) -> String {
    let auth = dialects::of("flora").auth("_off");
    format!("GET /api/v1/assets HTTP/1.1\r\nHost: {host}\r\n{auth}\r\n\r\n")
}

fn is_page(answer: &Answer) -> bool {
    answer.status == 200 && dialects::of("flora").is_page(answer.text())
}

#[test]
fn a_tunnel_to_a_vendors_host_is_answered_by_that_vendor_with_tls_or_without() {
    let server = start(|app| app);
    let config = trusting(&[&authority(&server)], &["http/1.1"]);
    for target in ["app.flora.ai:443", "APP.flora.ai:80", "app.flora.ai:8443", "flora.localhost:1"] {
        // The host of the tunnel decides, whatever the request names.
        for host in ["app.flora.ai", "xqr.co", "example.com:1"] {
            let (stream, answer) = tunnel(server.address, target);
            assert_eq!((answer.status, answer.text()), (200, ""), "{target}");
            let mut inside = over(stream, target.split(':').next().unwrap(), config.clone());
            for _ in 0..2 {
                inside.write_all(request(host).as_bytes()).unwrap();
                assert!(is_page(&Answer::try_read(&mut inside, false).unwrap()), "{target} {host}");
            }
            let (mut plain, _) = tunnel(server.address, target);
            plain.write_all(request(host).as_bytes()).unwrap();
            assert!(is_page(&Answer::try_read(&mut plain, false).unwrap()), "{target} {host}");
        }
    }
}

#[test]
fn a_tunnel_inside_of_tls_one_of_http_1_0_and_one_that_begins_without_waiting_work_too() {
    let server = start(|app| app);
    let config = trusting(&[&authority(&server)], &["http/1.1"]);
    let mut proxy = connect_tls(server.address, "localhost", config);
    proxy.write_all(b"CONNECT app.flora.ai:443 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    assert_eq!(Answer::try_read(&mut proxy, false).unwrap().status, 200);
    proxy.write_all(request("h").as_bytes()).unwrap();
    assert!(is_page(&Answer::try_read(&mut proxy, false).unwrap()));

    // As Python does up to version 3.11.
    let mut old = TcpStream::connect(server.address).unwrap();
    old.write_all(b"CONNECT app.flora.ai:80 HTTP/1.0\r\n\r\n").unwrap();
    old.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(Answer::try_read(&mut old, false).unwrap().status, 200);
    old.write_all(request("h").as_bytes()).unwrap();
    assert!(is_page(&Answer::try_read(&mut old, false).unwrap()));

    let mut hasty = TcpStream::connect(server.address).unwrap();
    hasty.write_all(b"CONNECT app.flora.ai:80 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    hasty.write_all(request("h").replace("assets", "assets?query=\"").as_bytes()).unwrap();
    let mut seen = Vec::new();
    hasty.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    while !String::from_utf8_lossy(&seen).contains("total_estimate") {
        let mut part = [0; 4096];
        let length = hasty.read(&mut part).unwrap();
        assert!(length > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&part[..length]);
    }
}

#[test]
fn a_tunnel_to_another_host_is_refused_with_the_name_and_the_switch() {
    let server = start(|app| app);
    let (mut stream, answer) = tunnel(server.address, "example.com:443");
    let error = &answer.json()["error"];
    assert_eq!((answer.status, &error["code"], &error["at"]), (403, &json!("no_tunnel"), &json!("example.com:443")));
    let said = error["message"].as_str().unwrap();
    assert!(said.contains("`example.com`") && said.contains("--others tunnel"), "{said}");
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the connection stays");
    let entry = noted(&server, "CONNECT");
    assert_eq!(
        (&entry["status"], &entry["target"], &entry["why"]),
        (&json!(403), &json!("example.com:443"), &json!(said))
    );
    is_served(&server);
}

#[test]
fn what_is_no_tunnel_is_refused() {
    let server = start(|app| app);
    // Another server of this machine is not us.
    assert_eq!(tunnel(server.address, "localhost:1").1.status, 403);
    assert_eq!(tunnel(server.address, &format!("localhost:{}", server.address.port())).1.status, 200);
    let (mut inside, answer) = tunnel(server.address, "app.flora.ai:80");
    assert_eq!(answer.status, 200);
    inside.write_all(b"CONNECT app.flora.ai:80 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let answer = Answer::try_read(&mut inside, false).unwrap();
    assert_eq!((answer.status, answer.text().contains("inside of a tunnel")), (403, true), "{}", answer.text());
}

/// The status of the answer to this request for a tunnel, and what it says.
fn refused(server: &Server, request: &str) -> (u16, String) {
    let answer = server.send(request.as_bytes());
    let said = answer.json()["error"]["message"].as_str().unwrap().to_owned();
    (answer.status, said)
}

#[test]
fn a_port_that_is_none_and_a_body_are_refused() {
    let server = passing(None, Duration::from_secs(20));
    for target in ["app.flora.ai:99999", "app.flora.ai:0", "app.flora.ai", "app.flora.ai:", ":443", "[::1]"] {
        let answer = server.send(format!("CONNECT {target} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        assert_eq!(answer.status, 400, "{target}: {}", answer.text());
    }
    for header in ["Content-Length: 5", "Transfer-Encoding: chunked"] {
        let request = format!("CONNECT app.flora.ai:443 HTTP/1.1\r\nHost: h\r\n{header}\r\n\r\n");
        let (status, said) = refused(&server, &request);
        assert!(status == 400 && said.contains("no body"), "{header}: {status} {said}");
    }
    let empty = "CONNECT app.flora.ai:443 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(server.send(empty.as_bytes()).status, 200);
}

#[test]
fn what_is_below_a_vendors_host_is_never_passed_on() {
    let server = passing(None, Duration::from_secs(20));
    for host in ["cdn.app.flora.ai", "A.B.api.twelvelabs.io."] {
        let (_, answer) = tunnel(server.address, &format!("{host}:443"));
        assert!(answer.status == 403 && answer.text().contains("host of a vendor"), "{}", answer.text());
    }
}

#[test]
fn a_user_and_a_key_in_a_target_are_shown_nowhere_and_a_long_host_is_cut() {
    let server = start(|app| app);
    let key = "sk_live_0123456789abcdef";
    let target = format!("user:hunter2@{key}.example.com:443");
    let (_, answer) = tunnel(server.address, &target);
    assert_eq!(answer.status, 403);
    let long = format!("{}.example.com:443", "a".repeat(50_000));
    let (_, answer_to_long) = tunnel(server.address, &long);
    assert!(answer_to_long.body.len() < 1000, "{} bytes", answer_to_long.body.len());
    let journal = server.call("GET", "/_emulator/journal", &Value::Null);
    let har = server.call("GET", "/_emulator/journal/har", &Value::Null);
    for text in [answer.text(), journal.text(), har.text()] {
        assert!(!text.contains("hunter2") && !text.contains(key), "{text}");
    }
    let journal = journal.json();
    assert!(journal["entries"][1]["why"].as_str().unwrap().len() < 1000);
    let url = har.json()["log"]["entries"][0]["request"]["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://sk_…") && url.ends_with(":443"), "{url}");
}

#[test]
fn a_plain_request_to_another_host_is_refused_and_one_to_a_name_of_ours_is_answered() {
    let settings = Settings { names: vec!["mock.example.com".to_owned()], ..Settings::default() };
    let server = start(|app| App { settings, ..app });
    let auth = dialects::of("flora").auth("_off");
    for path in ["/api/v1/assets", "/flora/api/v1/assets"] {
        let answer = server.get(&format!("http://user@example.com{path}"), &["Host: localhost", &auth]);
        let error = &answer.json()["error"];
        assert_eq!(
            (answer.status, &error["code"], &error["at"]),
            (403, &json!("foreign_host"), &json!("example.com")),
            "{path}"
        );
        for host in ["localhost:1", "mock.EXAMPLE.com:80", "assetmock", "192.0.2.1", "[::1]:80", "app.flora.ai"] {
            let answer = server.get(&format!("http://{host}{path}"), &["Host: example.com", &auth]);
            assert!(is_page(&answer), "{host}{path}: {}", answer.text());
        }
    }
    let why = server.call("GET", "/_emulator/journal?status=403&limit=1", &Value::Null).json();
    let why = why["entries"][0]["why"].as_str().unwrap();
    assert!(why.contains("`example.com`") && why.contains("plain HTTP to other hosts is not passed on"), "{why}");
}

#[test]
fn a_tunnel_in_which_nothing_is_said_holds_nobody_up() {
    let server = start(|app| app);
    let silent: Vec<_> = (0..50).map(|_| tunnel(server.address, "app.flora.ai:443")).collect();
    is_served(&server);
    let (half, _) = tunnel(server.address, "app.flora.ai:443");
    half.shutdown(Shutdown::Write).unwrap();
    let mut half = half;
    assert_eq!(half.read(&mut [0]).unwrap(), 0, "an end is answered by an end");
    drop(server);
    for (mut stream, _) in silent {
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
}

/// A server that passes other hosts on.
fn passing(upstream: Option<Upstream>, body: Duration) -> Server {
    start(|app| {
        let settings = Settings { others: Others::Tunnel, upstream, ..Settings::default() };
        App { settings, timeouts: Timeouts { body, ..Timeouts::default() }, ..app }
    })
}

/// Another server, which is asked once.
fn other(serve: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || serve(listener.accept().unwrap().0));
    address
}

/// Reads all, and only then answers with the same.
fn echo(mut stream: TcpStream) {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    stream.write_all(&all).unwrap();
}

#[test]
fn other_hosts_are_passed_on_unread_and_counted_and_in_no_journal() {
    let server = passing(None, Duration::from_secs(20));
    let address = other(echo);
    let (mut stream, answer) = tunnel(server.address, &address.to_string());
    assert_eq!(answer.status, 200);
    // Bytes that are no HTTP, and would be changed if they were taken for it; both ends are half closed in turn.
    let sent: Vec<u8> = b"\x16GET /\"\xff HTTP/1.1\r\n\r\n".iter().copied().cycle().take(1 << 20).collect();
    thread::scope(|scope| {
        let mut writer = stream.try_clone().unwrap();
        let sent = &sent;
        scope.spawn(move || {
            writer.write_all(sent).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        let mut got = Vec::new();
        stream.read_to_end(&mut got).unwrap();
        assert!(got == *sent, "{} bytes came back", got.len());
    });
    assert_eq!(server.app.tunnels.counted(), 1);
    assert_eq!(server.call("GET", "/_emulator/health", &Value::Null).json()["tunnels"], 1);
    let found = server.call("GET", "/_emulator/journal", &Value::Null).json();
    assert_eq!(found["entries"], json!([]));
}

#[test]
fn a_tunnel_that_is_half_closed_and_still_ends_in_time() {
    let server = passing(None, Duration::from_millis(200));
    let address = other(|mut stream| {
        stream.read_to_end(&mut Vec::new()).unwrap();
        // Says nothing for as long as it is listened to.
        let _ = stream.set_read_timeout(None);
        while stream.write(&[]).is_ok() {
            thread::sleep(Duration::from_secs(1));
        }
    });
    let (mut stream, _) = tunnel(server.address, &address.to_string());
    stream.shutdown(Shutdown::Write).unwrap();
    let mut got = Vec::new();
    // With an end or a reset.
    let _ = stream.read_to_end(&mut got).inspect_err(|error| assert_eq!(error.kind(), ErrorKind::ConnectionReset));
    assert_eq!(got, b"");
}

#[test]
fn a_host_that_cannot_be_reached_is_told() {
    let server = passing(None, Duration::from_secs(20));
    let port = closed_port();
    let closed = port.local_addr().unwrap();
    let (_, answer) = tunnel(server.address, &closed.to_string());
    assert_eq!(answer.status, 502, "{}", answer.text());
    let entry = noted(&server, "CONNECT");
    assert!(entry["why"].as_str().unwrap().contains(&format!("no tunnel to `{closed}`")), "{entry}");
}

#[test]
fn other_hosts_are_reached_through_the_proxy_that_is_named() {
    let (asked, hears) = std::sync::mpsc::channel();
    let proxy = other(move |mut stream| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        asked.send(String::from_utf8(head).unwrap()).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").unwrap();
        echo(stream);
    });
    let upstream = Upstream::read(&format!("http://ada:secret@{proxy}"), "").unwrap();
    let server = passing(Some(upstream), Duration::from_secs(20));
    // All at once: neither the client nor the other end need wait for the tunnel.
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"CONNECT example.com:443 HTTP/1.1\r\nHost: h\r\n\r\n?").unwrap();
    let head = hears.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(head.starts_with("CONNECT example.com:443 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic YWRhOnNlY3JldA==\r\n"), "{head}");
    stream.write_all(b"!").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut got = String::new();
    stream.read_to_string(&mut got).unwrap();
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n") && got.ends_with("\r\n\r\nhello?!"), "{got}");
}

#[test]
fn a_proxy_that_asks_this_server_in_turn_does_not_lead_in_a_circle() {
    let (found, finds) = std::sync::mpsc::channel::<SocketAddr>();
    let (told, hears) = std::sync::mpsc::channel();
    let proxy = other(move |mut client| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let mut server = TcpStream::connect(finds.recv().unwrap()).unwrap();
        server.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        server.write_all(&head).unwrap();
        let answer = Answer::try_read(&mut server, false).unwrap();
        client.write_all(format!("{}\r\n\r\n", answer.status_line).as_bytes()).unwrap();
        told.send((answer.status, answer.text().to_owned())).unwrap();
    });
    let upstream = Upstream::read(&format!("http://{proxy}"), "").unwrap();
    let server = passing(Some(upstream), Duration::from_secs(20));
    found.send(server.address).unwrap();
    let (_, answer) = tunnel(server.address, "example.com:443");
    let (status, said) = hears.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(status == 508 && said.contains("leads in a circle"), "{status} {said}");
    assert!(answer.status == 502 && answer.text().contains("508"), "{}", answer.text());
}

#[test]
fn a_proxy_is_told_what_a_request_came_through_and_its_time_counts() {
    let (asked, hears) = std::sync::mpsc::channel();
    let proxy = other(move |mut stream| {
        let mut head = String::new();
        let mut part = [0];
        while !head.ends_with("\r\n\r\n") {
            stream.read_exact(&mut part).unwrap();
            head.push(part[0].into());
        }
        thread::sleep(Duration::from_millis(50));
        asked.send(head).unwrap();
    });
    let server = passing(Some(Upstream::read(&format!("http://{proxy}"), "").unwrap()), Duration::from_secs(20));
    server.send(b"CONNECT example.com:443 HTTP/1.1\r\nHost: h\r\nVia: 1.1 first\r\n\r\n");
    let head = hears.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(head.contains("\r\nVia: 1.1 first, 1.1 assetmock-"), "{head}");
    let took = noted(&server, "CONNECT")["duration_us"].as_u64().unwrap();
    assert!(took >= 50_000, "that the proxy was slow is not in the {took} µs");
}

#[test]
fn tunnels_to_others_end_with_the_server() {
    let server = passing(None, Duration::from_secs(600));
    let address = other(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let (mut stream, _) = tunnel(server.address, &address.to_string());
    wait_for("the tunnel is not counted", || server.app.tunnels.counted() == 1);
    drop(server);
    // With an end or a reset.
    let _ = stream.read_to_end(&mut Vec::new()).inspect_err(|error| {
        assert_ne!(error.kind(), ErrorKind::WouldBlock, "the tunnel is still there");
    });
}
