//! Spoilt answers and broken connections, as a client sees them: over real sockets, byte by byte. What goes wrong is
//! what each request's own header asks for.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use assetmock::emulator::faults::header;
use assetmock::server;
use serde_json::Value;

use crate::dialects::{self, Dialect, pairs};
use crate::support::{NOON, app, block_on};
use crate::worlds::world;

fn start() -> SocketAddr {
    block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Arc::new(app(&world(), NOON).await);
        tokio::spawn(server::run(listener, app, std::future::pending()));
        address
    })
}

/// A request for the first page with this fault, in the vendor's own way.
fn request(method: &str, dialect: &Dialect, fault: &str) -> String {
    let fault = if fault.is_empty() { String::new() } else { format!("X-Emulator-Fault: {fault}\r\n") };
    format!("{method} {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n{fault}\r\n", dialect.target(""), dialect.auth("_off"))
}

/// What came back until the server hung up, and how it did.
struct Seen {
    bytes: Vec<u8>,
    end: Result<(), ErrorKind>,
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn send(address: SocketAddr, request: &str) -> Seen {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    let (mut bytes, mut chunk) = (Vec::new(), [0; 65536]);
    let end = loop {
        match stream.read(&mut chunk) {
            Ok(0) => break Ok(()),
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) => break Err(error.kind()),
        }
    };
    Seen { bytes, end }
}

/// The first page with this fault, on a connection that the server closes afterwards if it is still whole.
fn get(address: SocketAddr, dialect: &Dialect, fault: &str) -> Seen {
    send(address, &request("GET", dialect, fault).replacen("\r\n", "\r\nConnection: close\r\n", 1))
}

impl Seen {
    fn head(&self) -> String {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("there is a whole head");
        String::from_utf8(self.bytes[..end].to_vec()).unwrap()
    }

    fn body(&self) -> &[u8] {
        &self.bytes[self.head().len() + 4..]
    }

    fn status(&self) -> u16 {
        self.head()["HTTP/1.1 ".len()..][..3].parse().unwrap()
    }

    fn header(&self, name: &str) -> Option<String> {
        let head = self.head();
        let lines: Vec<_> = head.lines().filter_map(|line| line.split_once(": ")).collect();
        let mut values = lines.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
        let value = values.next().map(str::to_owned);
        assert_eq!(values.next(), None, "{name} is there twice");
        value
    }

    fn length(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }
}

/// The first page as it is without a fault; what else depends on the request is the same for the same clock.
fn whole(address: SocketAddr, dialect: &Dialect) -> Vec<u8> {
    let seen = get(address, dialect, "");
    assert_eq!((seen.status(), seen.end, seen.length()), (200, Ok(()), seen.body().len()), "{}", dialect.name);
    seen.body().to_vec()
}

#[test]
fn a_reset_before_the_answer_leaves_no_byte() {
    let address = start();
    for (_, dialect) in pairs() {
        let seen = get(address, dialect, "reset; at=before");
        assert_eq!((&*seen.bytes, seen.end), (&b""[..], Err(ErrorKind::ConnectionReset)), "{}", dialect.name);
    }
}

#[test]
fn a_reset_in_the_middle_leaves_half_of_the_body() {
    let address = start();
    for (_, dialect) in pairs() {
        let length = whole(address, dialect).len();
        let seen = get(address, dialect, "reset; at=mid_body");
        assert_eq!((seen.status(), seen.length(), seen.body().len()), (200, length, length / 2), "{}", dialect.name);
        assert_eq!(seen.end, Err(ErrorKind::ConnectionReset), "{}", dialect.name);
    }
}

#[test]
fn a_truncated_answer_announces_the_whole_and_ends_early_without_a_reset() {
    let address = start();
    for (_, dialect) in pairs() {
        let length = whole(address, dialect).len();
        for (fault, sent) in [("bytes=10", 10), ("bytes=0", 0), ("fraction=0.5", length / 2), ("bytes=1000000", length)]
        {
            let seen = get(address, dialect, &format!("truncate; {fault}"));
            let expected = (200, length, sent, Ok(()));
            assert_eq!((seen.status(), seen.length(), seen.body().len(), seen.end), expected, "{fault}");
        }
    }
}

#[test]
fn a_refusal_can_be_broken_like_a_page() {
    let address = start();
    let flora = dialects::of("flora");
    let request = request("GET", flora, "truncate; bytes=3").replace(&flora.auth("_off"), "Accept: */*");
    let seen = send(address, &request);
    assert_eq!((seen.status(), seen.body(), seen.end), (401, &b"{\"e"[..], Ok(())));
}

#[test]
fn a_trickled_answer_is_whole_and_comes_in_pieces() {
    let address = start();
    for (_, dialect) in pairs() {
        let seen = get(address, dialect, "trickle; chunk=100; pause_ms=5");
        assert_eq!((seen.status(), seen.end), (200, Ok(())), "{}", dialect.name);
        assert_eq!(seen.length(), seen.body().len(), "{}", dialect.name);
        assert!(dialect.is_page(std::str::from_utf8(seen.body()).unwrap()), "{}", dialect.name);
        // Before a pause of ten minutes there is the first piece, and nothing of the second.
        let mut stream = connect(address);
        stream.write_all(request("GET", dialect, "trickle; chunk=100; pause_ms=600000").as_bytes()).unwrap();
        let (mut bytes, mut chunk) = (Vec::new(), [0; 65536]);
        let come = loop {
            let count = stream.read(&mut chunk).unwrap();
            assert!(count > 0, "{}", dialect.name);
            bytes.extend_from_slice(&chunk[..count]);
            let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |end| end + 4);
            if bytes.len() - head >= 100 {
                break bytes.len() - head;
            }
        };
        assert_eq!(come, 100, "{}", dialect.name);
    }
}

#[test]
fn malformed_json_has_the_right_length_and_does_not_parse() {
    let address = start();
    for (_, dialect) in pairs() {
        let length = whole(address, dialect).len();
        let seen = get(address, dialect, "malformed_json");
        assert_eq!((seen.status(), seen.length(), seen.body().len(), seen.end), (200, length, length, Ok(())));
        assert_eq!(seen.header("content-type").as_deref(), Some("application/json"));
        assert!(serde_json::from_slice::<Value>(seen.body()).is_err(), "{}", dialect.name);
    }
}

#[test]
fn a_wrong_content_type_changes_nothing_else() {
    let address = start();
    for (_, dialect) in pairs() {
        let seen = get(address, dialect, "content_type; value=\"text/html; charset=utf-8\"");
        assert_eq!(seen.header("content-type").as_deref(), Some("text/html; charset=utf-8"));
        assert!(dialect.is_page(std::str::from_utf8(seen.body()).unwrap()), "{}", dialect.name);
    }
}

#[test]
fn an_empty_answer_is_200_without_a_body() {
    let address = start();
    for (_, dialect) in pairs() {
        let seen = get(address, dialect, "empty");
        assert_eq!(
            (seen.status(), seen.length(), seen.body(), seen.end),
            (200, 0, &b""[..], Ok(())),
            "{}",
            dialect.name
        );
    }
}

#[test]
fn a_raw_answer_has_nothing_of_the_vendors() {
    let address = start();
    for (_, dialect) in pairs() {
        let fault = "raw; status=418; body=\"short; and stout\"; content_type=text/plain; retry_after=7";
        let seen = get(address, dialect, fault);
        assert_eq!((seen.status(), seen.body()), (418, &b"short; and stout"[..]), "{}", dialect.name);
        assert_eq!(seen.header("content-type").as_deref(), Some("text/plain"));
        assert_eq!(seen.header("retry-after").as_deref(), Some("7"));
    }
}

#[test]
fn every_failure_of_every_provider_wears_its_envelope_on_the_wire() {
    let address = start();
    for (provider, dialect) in pairs() {
        for name in assetmock::emulator::faults::names(provider.card()) {
            let seen = get(address, dialect, &format!("{name}; retry_after_date=90"));
            let text = std::str::from_utf8(seen.body()).unwrap();
            assert!((400..600).contains(&seen.status()), "{} {name}: {}", dialect.name, seen.status());
            assert!(dialect.is_refusal(text), "{} {name}: {text}", dialect.name);
            assert_eq!(seen.header("retry-after").as_deref(), Some("Sat, 21 Mar 2026 12:01:30 GMT"), "{name}");
        }
    }
}

#[test]
fn answers_before_a_broken_one_arrive_whole() {
    let address = start();
    let dialect = dialects::of("twelvelabs");
    let page = whole(address, dialect);
    for (fault, sent, end) in [
        ("reset; at=before", 0, Err(ErrorKind::ConnectionReset)),
        ("reset; at=mid_body", page.len() / 2, Err(ErrorKind::ConnectionReset)),
        ("truncate; bytes=10", 10, Ok(())),
    ] {
        let plain = request("GET", dialect, "");
        let seen = send(address, &format!("{plain}{plain}{}", request("GET", dialect, fault)));
        let first = seen.head().len() + 4 + page.len();
        let rest = &seen.bytes[2 * first..];
        assert_eq!(&seen.bytes[..first], &seen.bytes[first..2 * first], "{fault}");
        let head = rest.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |end| end + 4);
        assert_eq!((&rest[head..], seen.end), (&page[..sent], end), "{fault}");
    }
}

#[test]
fn a_connection_lives_on_after_an_answer_that_was_only_spoilt() {
    let address = start();
    let dialect = dialects::of("twelvelabs");
    for fault in ["malformed_json", "empty", "unavailable", "trickle; chunk=500; pause_ms=1", "truncate; bytes=1000000"]
    {
        let last = request("GET", dialect, "").replacen("\r\n", "\r\nConnection: close\r\n", 1);
        let seen = send(address, &format!("{}{last}", request("GET", dialect, fault)));
        assert_eq!(seen.end, Ok(()), "{fault}");
        assert!(seen.bytes.ends_with(&whole(address, dialect)), "{fault}");
    }
}

#[test]
fn an_answer_without_a_body_is_reset_before_it_or_not_cut_at_all() {
    let address = start();
    let dialect = dialects::of("twelvelabs");
    let head = |fault| send(address, &request("HEAD", dialect, fault).replacen("\r\n", "\r\nConnection: close\r\n", 1));
    let seen = head("reset; at=mid_body");
    assert_eq!((&*seen.bytes, seen.end), (&b""[..], Err(ErrorKind::ConnectionReset)));
    for fault in ["truncate; bytes=3", "trickle; chunk=10; pause_ms=1"] {
        let seen = head(fault);
        assert_eq!((seen.status(), seen.body(), seen.end), (200, &b""[..], Ok(())), "{fault}");
        assert_eq!(seen.length(), whole(address, dialect).len(), "{fault}");
    }
}

const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// An HTTP/2 client as small as can be: it knows its connection's frames, and literal headers.
pub struct Frames(TcpStream);

impl Frames {
    pub fn open(address: SocketAddr) -> Frames {
        let mut frames = Frames(connect(address));
        frames.0.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        frames.write(SETTINGS, 0, 0, &[]);
        frames
    }

    pub fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend_from_slice(&stream.to_be_bytes());
        frame.extend_from_slice(payload);
        self.0.write_all(&frame).unwrap();
    }

    fn get(&mut self, stream: u32, dialect: &Dialect, fault: &str) {
        let (name, value) =
            dialect.auth("_off").split_once(": ").map(|(n, v)| (n.to_lowercase(), v.to_owned())).unwrap();
        let mut block = vec![0x82, 0x86]; // :method GET, :scheme http
        let mut literal = |name: &str, value: &str| {
            for (prefix, text) in [(&[0][..], name), (&[], value)] {
                block.extend_from_slice(prefix);
                block.push(u8::try_from(text.len()).unwrap());
                block.extend_from_slice(text.as_bytes());
            }
        };
        literal(":path", &dialect.target(""));
        literal(":authority", "localhost");
        literal(&name, &value);
        if !fault.is_empty() {
            literal(header::NAME, fault);
        }
        self.write(HEADERS, END_STREAM | END_HEADERS, stream, &block);
    }

    /// Reads until a stream or the connection ends.
    pub fn end(&mut self, stream: u32) {
        let mut head = [0; 9];
        while self.0.read_exact(&mut head).is_ok() {
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            self.0.read_exact(&mut payload).unwrap();
            let is_end = head[3] == RST_STREAM || (matches!(head[3], DATA | HEADERS) && head[4] & END_STREAM != 0);
            if is_end && head[8] == u8::try_from(stream).unwrap() {
                return;
            }
        }
    }

    /// The body of a stream, and whether it came to a good end.
    pub fn body(&mut self, stream: u32) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).unwrap();
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            self.0.read_exact(&mut payload).unwrap();
            if u32::from_be_bytes([head[5], head[6], head[7], head[8]]) != stream {
                continue;
            }
            match head[3] {
                DATA => body.extend_from_slice(&payload),
                RST_STREAM => return (body, false),
                _ => {}
            }
            if matches!(head[3], DATA | HEADERS) && head[4] & END_STREAM != 0 {
                return (body, true);
            }
        }
    }
}

#[test]
fn over_http_2_every_provider_is_asked_on_one_connection() {
    let mut frames = Frames::open(start());
    for (stream, (_, dialect)) in (1..).step_by(2).zip(pairs()) {
        frames.get(stream, dialect, "");
        let (body, whole) = frames.body(stream);
        let text = String::from_utf8(body).unwrap();
        assert!(whole && dialect.is_page(&text), "{}: {text}", dialect.name);
    }
}

#[test]
fn over_http_2_only_the_stream_is_reset() {
    let address = start();
    let dialect = dialects::of("twelvelabs");
    let page = whole(address, dialect);
    let mut frames = Frames::open(address);
    let faults = [("reset; at=before", 0), ("reset; at=mid_body", page.len() / 2), ("truncate; bytes=10", 10)];
    for (stream, (fault, sent)) in (1..).step_by(4).zip(faults) {
        frames.get(stream, dialect, fault);
        assert_eq!(frames.body(stream), (page[..sent].to_vec(), false), "{fault}");
        frames.get(stream + 2, dialect, "");
        assert_eq!(frames.body(stream + 2), (page.clone(), true), "the one after {fault}");
    }
}
