//! Requests that nobody means well: each has one exact answer, and the server answers the next one as if nothing had
//! happened. What is not HTTP is refused by the HTTP layer with an empty body, before any vendor could speak.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use assetmock::emulator::app::App;
use assetmock::emulator::journal::Filter;
use assetmock::http::connection::Timeouts;

use crate::dialects::{Dialect, pairs};
use crate::process::Running;
use crate::support::{Answer, NOON, Server, app, block_on};
use crate::worlds::world;

/// What the list route of a provider is asked, byte by byte.
struct Client<'s> {
    server: &'s Server,
    dialect: &'static Dialect,
}

impl Client<'_> {
    fn sends(&self, request: &[u8]) -> Answer {
        let answer = self.server.send(request);
        self.is_answered_as_ever();
        answer
    }

    /// A target and the header lines after the key's.
    fn asks(&self, target: &[u8], more: &[u8]) -> Answer {
        let key = self.dialect.auth("_off");
        self.sends(
            &[b"GET ", target, b" HTTP/1.1\r\nHost: localhost\r\n", key.as_bytes(), b"\r\n", more, b"\r\n"].concat(),
        )
    }

    fn asks_query(&self, query: impl AsRef<[u8]>) -> Answer {
        self.asks(&[self.dialect.target("").as_bytes(), query.as_ref()].concat(), b"")
    }

    fn is_answered_as_ever(&self) {
        let answer = self.server.get(&self.dialect.target(""), &[&self.dialect.auth("_off")]);
        self.is_page(&answer);
    }

    fn is_page(&self, answer: &Answer) {
        assert_eq!(answer.status, 200, "{}: {}", self.dialect.name, answer.text());
        assert!(self.dialect.is_page(answer.text()), "{}: {}", self.dialect.name, answer.text());
    }

    fn is_refusal(&self, answer: &Answer, status: u16) {
        assert_eq!(answer.status, status, "{}: {}", self.dialect.name, answer.text());
        assert!(self.dialect.is_refusal(answer.text()), "{}: {}", self.dialect.name, answer.text());
    }

    /// The parameter for the page size with this value.
    fn size(&self, value: &str) -> String {
        format!("{}={value}", self.dialect.size)
    }
}

/// The HTTP layer's own answer: nobody's envelope, because it is nobody's request yet.
fn assert_not_http(answer: &Answer, status: u16) {
    assert_eq!((answer.status, answer.text()), (status, ""));
    assert_eq!(answer.header("connection"), Some("close"));
}

/// Runs a check against every provider.
fn each(check: impl Fn(&Client)) {
    each_of(&Server::start(&world()), check);
}

fn each_of(server: &Server, check: impl Fn(&Client)) {
    pairs().for_each(|(_, dialect)| check(&Client { server, dialect }));
}

/// A query string that makes the whole target this long.
fn filled_to(length: usize, client: &Client) -> String {
    let known = client.dialect.target("") + &client.size("5&") + "zz";
    client.size("5&") + "zz" + &"a".repeat(length - known.len())
}

#[test]
fn a_target_of_65534_bytes_is_read_to_its_end() {
    each(|client| match client.dialect.name {
        "twelvelabs" => client.is_refusal(&client.asks_query(filled_to(65_534, client)), 400), // refuses unknown names
        _ => client.is_page(&client.asks_query(filled_to(65_534, client))),
    });
}

#[test]
fn a_longer_target_is_414() {
    each(|client| {
        assert_not_http(&client.asks_query(filled_to(65_535, client)), 414);
        assert_not_http(&client.asks_query(filled_to(100_000, client)), 414);
    });
}

#[test]
fn a_value_of_65000_letters_is_a_value() {
    each(|client| {
        for (name, _) in client.dialect.samples {
            let answer = client.asks_query(format!("{name}={}", "a".repeat(65_000)));
            match answer.status {
                200 => client.is_page(&answer),
                status => client.is_refusal(&answer, status),
            }
            assert!([200, 400].contains(&answer.status), "{name}: {}", answer.status);
        }
    });
}

#[test]
fn ten_thousand_parameters_are_read() {
    each(|client| {
        let strangers = vec!["a=1"; 10_000].join("&");
        let answer = client.asks_query(&strangers);
        if client.dialect.name == "twelvelabs" {
            client.is_refusal(&answer, 400);
            assert!(answer.text().contains("The a parameter is unknown."), "it is named once");
        } else {
            client.is_page(&answer);
        }
    });
}

#[test]
fn five_thousand_different_strangers_are_read() {
    each(|client| {
        let strangers: Vec<_> = (0..5000).map(|number| format!("p{number}=")).collect();
        let answer = client.asks_query(strangers.join("&"));
        if answer.status == 200 { client.is_page(&answer) } else { client.is_refusal(&answer, 400) }
    });
}

#[test]
fn a_parameter_given_thousands_of_times_follows_its_line() {
    each(|client| {
        for (name, [value, _]) in client.dialect.samples {
            let once = format!("{name}={value}");
            let answer = client.asks_query(vec![&*once; 65_000 / (once.len() + 1)].join("&"));
            if answer.status == 200 { client.is_page(&answer) } else { client.is_refusal(&answer, 400) }
        }
    });
}

#[test]
fn a_number_of_a_thousand_digits_is_above_every_maximum() {
    each(|client| {
        for sign in ["", "-"] {
            let answer = client.asks_query(client.size(&format!("{sign}{}", "9".repeat(1000))));
            client.is_refusal(&answer, 400);
        }
    });
}

/// To JavaScript, whose rules FLORA's numbers follow, every hexadecimal number is a number.
#[test]
fn flora_reads_hexadecimal_numbers_of_any_length() {
    let server = Server::start(&world());
    let client = Client { server: &server, dialect: crate::dialects::of("flora") };
    for digits in [8, 31, 32, 200] {
        let answer = client.asks_query(format!("limit=0x{}", "f".repeat(digits)));
        client.is_refusal(&answer, 400);
        assert!(answer.text().contains("Number must be less than or equal to 100"), "{digits}: {}", answer.text());
    }
}

#[test]
fn a_page_or_offset_of_a_thousand_digits_is_beyond_the_end() {
    let nines = "9".repeat(1000);
    each(|client| {
        let query = match client.dialect.name {
            "xqr" => format!("offset={nines}"),
            "piktid" => format!("page={nines}"),
            _ => return, // TwelveLabs reads no more than 64 bits, the others have opaque cursors
        };
        let answer = client.asks_query(query);
        client.is_page(&answer);
        // PiktID echoes the digits, which is more than this test's reader of JSON takes.
        assert!(answer.text().contains(&format!("\"{}\":[]", &client.dialect.rows[1..])), "{}", answer.text());
    });
}

#[test]
fn an_encoded_nul_is_a_character_like_any_other() {
    each(|client| {
        client.is_refusal(&client.asks_query(client.size("5%00")), 400);
        for (name, _) in client.dialect.samples {
            let answer = client.asks_query(format!("{name}=%00"));
            if answer.status == 200 { client.is_page(&answer) } else { client.is_refusal(&answer, 400) }
        }
    });
}

#[test]
fn a_broken_escape_is_text() {
    each(|client| {
        for value in ["%zz", "%", "%2", "5%", "%ff", "%c3%28", "%ed%a0%80"] {
            client.is_refusal(&client.asks_query(client.size(value)), 400);
        }
    });
}

#[test]
fn bytes_of_utf8_in_the_target_are_taken_as_they_are() {
    each(|client| client.is_refusal(&client.asks_query(client.size("５")), 400));
}

#[test]
fn bytes_that_no_target_may_hold_are_400() {
    each(|client| {
        for byte in [b"\0", b"\x7f", b"\t", b" "] {
            assert_not_http(&client.asks_query(byte), 400);
        }
    });
}

/// No URL may hold them, and servers accept them all the same.
#[test]
fn quotes_angle_brackets_and_bytes_of_no_character_are_read_as_if_they_were_encoded() {
    each(|client| {
        for (name, _) in client.dialect.samples {
            let raw = client.asks_query([name.as_bytes(), b"=a\"<b>`{|}\\^\xff"].concat());
            let encoded = client.asks_query(format!("{name}=a%22%3Cb%3E%60%7B%7C%7D%5C%5E%FF"));
            assert_eq!(raw.status, encoded.status, "{}: {}", client.dialect.name, raw.text());
            if raw.status == 200 { client.is_page(&raw) } else { client.is_refusal(&raw, 400) }
        }
    });
}

/// `curl -G -d 'asset_types=["image","video"]'`: TwelveLabs' own form of a list.
#[test]
fn a_list_in_json_can_be_sent_as_it_is() {
    let server = Server::start(&world());
    let client = Client { server: &server, dialect: crate::dialects::of("twelvelabs") };
    let raw = client.asks_query("asset_types=[\"image\",\"video\"]");
    client.is_page(&raw);
    assert_eq!(raw.body, client.asks_query("asset_types=image&asset_types=video").body);
    assert_ne!(raw.body, client.asks_query("asset_types=audio").body);
    let entries = server.app.journal.find(&Filter::default());
    let targets: Vec<_> = entries.iter().map(|entry| entry.heads.target().to_string()).collect();
    assert!(targets.contains(&client.dialect.target("asset_types=[%22image%22,%22video%22]")), "{targets:?}");
}

/// The same, byte by byte, and behind a body which holds what looks like another such request.
#[test]
fn quotes_are_encoded_in_targets_only() {
    // The journal waits for all of the body, however slowly its bytes come.
    let timeouts = Timeouts { beginning: Duration::from_secs(20), ..Timeouts::default() };
    let server = block_on(async { Server::serve(App { timeouts, ..app(&world(), NOON).await }).await });
    each_of(&server, |client| {
        let Client { server, dialect } = client;
        let inner = "GET /\"a\" HTTP/1.1\r\n\r\n";
        let post = format!("POST /\"b\" HTTP/1.1\r\nHost: \"h\"\r\nContent-Length: {}\r\n\r\n{inner}", inner.len());
        let (target, key) = (dialect.target("\"c\"=1"), dialect.auth("_off"));
        let get = format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{key}\r\n\r\n");
        for part in [1, 5, post.len() + get.len()] {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.set_nodelay(true).unwrap();
            for bytes in (post.clone() + &get).as_bytes().chunks(part) {
                stream.write_all(bytes).unwrap();
            }
            let mut answers = String::new();
            stream.read_to_string(&mut answers).unwrap();
            assert_eq!(answers.matches("HTTP/1.1 ").count(), 2, "{answers}");
            let last = server.app.journal.find(&Filter { limit: Some(2), ..Filter::default() });
            let shown: Vec<_> = last.iter().map(|entry| entry.heads.target().to_string()).collect();
            assert_eq!(shown, ["/%22b%22", &*dialect.target("%22c%22=1")]);
            assert_eq!(last[0].request_body.as_ref().unwrap().kept.whole(), inner.as_bytes());
            assert_eq!(last[0].heads.request()["host"], "\"h\"");
        }
    });
}

#[test]
fn what_is_not_http_is_told_in_the_log() {
    let server = Running::start(&["--log-level", "warn"]);
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: 1\r\n".repeat(200));
    for request in ["GET /a b HTTP/1.1\r\n\r\n", &long, &many] {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", server.port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        // The line is written before the connection is closed, except that a reset may come first.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let log = String::from_utf8(server.stop().stderr).unwrap();
    for why in ["invalid HTTP version parsed", "URI too long", "message head is too large"] {
        let told =
            |line: &str| line.contains("WARN") && line.contains("refused before it was read") && line.contains(why);
        assert!(log.lines().any(told), "{why}: {log}");
    }
}

#[test]
fn what_follows_a_hash_is_dropped() {
    each(|client| client.is_page(&client.asks_query(client.size("5#0x"))));
}

#[test]
fn a_hundred_header_lines_are_read_and_more_are_431() {
    let lines = |count: usize| (0..count).map(|number| format!("x-{number}: 1\r\n")).collect::<String>();
    each(|client| {
        client.is_page(&client.asks(client.dialect.target("").as_bytes(), lines(98).as_bytes()));
        for count in [99, 200] {
            assert_not_http(&client.asks(client.dialect.target("").as_bytes(), lines(count).as_bytes()), 431);
        }
    });
}

#[test]
fn a_header_of_300_kilobytes_is_read() {
    let long = format!("x-long: {}\r\n", "a".repeat(300 * 1024));
    each(|client| client.is_page(&client.asks(client.dialect.target("").as_bytes(), long.as_bytes())));
}

#[test]
fn a_key_of_300_kilobytes_is_nobodys() {
    each(|client| {
        let line = client.dialect.auth(&"a".repeat(300 * 1024));
        let request = format!("GET {} HTTP/1.1\r\nHost: h\r\n{line}\r\n\r\n", client.dialect.target(""));
        client.is_refusal(&client.sends(request.as_bytes()), 401);
    });
}

#[test]
fn a_key_in_other_bytes_than_ascii_is_refused() {
    each(|client| {
        let line = client.dialect.auth("é");
        client.is_refusal(&client.server.get(&client.dialect.target(""), &[&line]), 401);
    });
}

#[test]
fn a_head_that_never_ends_gets_no_answer() {
    each(|client| {
        for unfinished in ["", "G", "GET / HTTP/1.1", "GET / HTTP/1.1\r\nHost: h\r\n"] {
            assert_eq!(client.server.send_and_hang_up(unfinished.as_bytes()), None, "{unfinished:?}");
        }
        client.is_answered_as_ever();
    });
}

/// The end of the connection may overtake the answer, since the client is still sending when it is refused.
#[test]
fn a_head_beyond_the_buffer_is_431_or_cut_off() {
    each(|client| {
        let endless = format!("GET / HTTP/1.1\r\nx: {}", "a".repeat(600 * 1024));
        if let Some(answer) = client.server.send_and_hang_up(endless.as_bytes()) {
            assert_not_http(&answer, 431);
        }
        client.is_answered_as_ever();
    });
}

#[test]
fn a_body_on_a_get_is_not_looked_at() {
    each(|client| {
        let target = client.dialect.target("");
        client.is_page(&client.asks(target.as_bytes(), b"Content-Length: 5\r\n\r\nhello"));
        client.is_page(&client.asks(target.as_bytes(), b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"));
    });
}

#[test]
fn a_head_that_is_not_http_is_400() {
    let heads: &[&[u8]] = &[
        b"GET / HTTP/1.1\rHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: a\rb\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: a\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\r\nx : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nx-api-key: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/3.0\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"\0\0\0\0",
        b"\xff\xfe\xfd\r\n\r\n",
    ];
    each(|client| heads.iter().for_each(|head| assert_not_http(&client.sends(head), 400)));
}

#[test]
fn lines_may_end_without_a_carriage_return() {
    each(|client| {
        let request =
            format!("GET {} HTTP/1.1\nHost: h\n{}\n\n", client.dialect.target(""), client.dialect.auth("_off"));
        client.is_page(&client.sends(request.as_bytes()));
    });
}

#[test]
fn a_connection_closed_before_its_answer_hurts_nobody() {
    each(|client| {
        let request =
            format!("GET {} HTTP/1.1\r\nHost: h\r\n{}\r\n\r\n", client.dialect.target(""), client.dialect.auth("_off"));
        (0..20).for_each(|_| client.server.send_and_forget(request.as_bytes()));
        client.is_answered_as_ever();
    });
}
