//! Every effect against every provider, set up as a rule of one workspace and seen from the client's side of a socket:
//! what comes, what becomes of the connection, what the rule and the journal say of it, and that a neighbour notices
//! nothing.

use std::io::{ErrorKind, Read, Write};
use std::mem::{Discriminant, discriminant};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use assetmock::contract::asset_list::Position;
use assetmock::contract::context::Context;
use assetmock::contract::provider::Provider;
use assetmock::contract::quota::Counts;
use assetmock::contract::variant::Variants;
use assetmock::emulator::faults::{self, Effect, Latency, PagingFault, Realism, Reset, Truncate, paging, realism};
use assetmock::library::limits::KeyLimits;
use regex::{Captures, Regex};
use serde_json::{Value, json};

use crate::dialects::{self, Dialect, pairs};
use crate::support::{Answer, NOON, Server, at};
use crate::worlds::{VISIBLE, world};

/// Every effect that applies to one answer, with every name that failures have at this provider.
fn effects(provider: &dyn Provider) -> Vec<Value> {
    let failures = faults::names(provider.card()).into_iter().map(|name| json!({"failure": name}));
    let others = [
        json!({"raw": {"status": 418, "headers": {"x-tea": "yes"}, "body": "short and stout"}}),
        json!({"raw": {"status": 299, "body": {"a": [2.5], "b": 1}}}),
        json!("empty"),
        json!("malformed_json"),
        json!({"content_type": "text/html; charset=utf-8"}),
        json!({"latency": {"fixed_ms": 30}}),
        json!({"latency": {"uniform_ms": [30, 40]}}),
        json!({"latency": {"normal_ms": {"mean": 30, "deviation": 0}}}),
        json!({"truncate": {"bytes": 10}}),
        json!({"truncate": {"fraction": 0.5}}),
        json!({"trickle": {"chunk_bytes": 400, "pause_ms": 2}}),
        json!({"reset": "before"}),
        json!({"reset": "mid_body"}),
    ];
    failures.chain(others).collect()
}

/// What a client sees that sends two requests and reads until the connection ends: the second says that it is the last.
struct Seen {
    answers: Vec<u8>,
    end: Result<(), ErrorKind>,
    took: Duration,
}

fn send_two(server: &Server, dialect: &Dialect, ending: &str) -> Seen {
    let head = format!("GET {} HTTP/1.1\r\nHost: h\r\n{}\r\n", dialect.target(""), dialect.auth(ending));
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let began = Instant::now();
    stream.write_all(format!("{head}\r\n{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
    let (mut answers, mut chunk) = (Vec::new(), [0; 65536]);
    let end = loop {
        match stream.read(&mut chunk) {
            Ok(0) => break Ok(()),
            Ok(count) => answers.extend_from_slice(&chunk[..count]),
            Err(error) => break Err(error.kind()),
        }
    };
    Seen { answers, end, took: began.elapsed() }
}

/// An answer cut out of what came: its status, its head, as much of its body as came, and the length it announces.
struct Cut {
    status: u16,
    head: String,
    body: String,
    length: usize,
}

impl Seen {
    /// The answers that came, the last one as far as it did. What each answer has of its own is made the same.
    fn cut(&self) -> Vec<Cut> {
        let own =
            Regex::new(r#"(req_|"remaining":|x-ratelimit-remaining: |x-ratelimit-burst-remaining: )(\w+)"#).unwrap();
        let mut rest = std::str::from_utf8(&self.answers).unwrap();
        let mut cut = Vec::new();
        while let Some((head, behind)) = rest.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
            let (body, more) = behind.split_at(behind.len().min(length));
            let status = head["HTTP/1.1 ".len()..][..3].parse().unwrap();
            let zeros = |found: &Captures| format!("{}{}", &found[1], "0".repeat(found[2].len()));
            let alike = |text: &str| own.replace_all(text, zeros).replace("connection: close\r\n", "");
            cut.push(Cut { status, head: alike(head), body: alike(body), length });
            rest = more;
        }
        assert_eq!(rest, "", "what is left is no answer");
        cut
    }
}

/// What a client must see of an effect whose undisturbed answer is `plain`. The fault applies to the first answer and
/// not to the second.
fn assert_seen(effect: &Effect, seen: &Seen, plain: &Cut, provider: &dyn Provider) {
    let dialect = dialects::of(provider.card().name);
    let mut cut = seen.cut();
    let what = format!("{} {effect:?}", dialect.name);
    let lives_on = !matches!(effect, Effect::Reset(_) | Effect::Truncate(_));
    if lives_on {
        let second = cut.pop().expect("there is a second answer");
        assert_eq!((second.status, &second.body, seen.end), (200, &plain.body, Ok(())), "{what}");
    }
    let first = cut.pop();
    assert!(cut.is_empty(), "{what}");
    if *effect == Effect::Reset(Reset::Before) {
        assert_eq!((first.map(|it| it.head), seen.end), (None, Err(ErrorKind::ConnectionReset)), "{what}");
        return;
    }
    let first = first.unwrap_or_else(|| panic!("{what}: no answer"));
    let has = |line: &str| first.head.lines().any(|known| known == line);
    match effect {
        Effect::Failure(name) => {
            let failure = faults::named(provider.card(), None, name, KeyLimits::Default, at(NOON), None).unwrap();
            let counts = Counts::default();
            let reply = provider.refusal(
                &failure,
                &Context {
                    now: at(NOON),
                    entropy: 0,
                    key: None,
                    counts: &counts,
                    variants: Variants::default(),
                    origin: None,
                    signed_workspace: None,
                    url_signer: None,
                },
            );
            assert_eq!(
                (first.status, first.length),
                (reply.status.as_u16(), reply.body.len()),
                "{what}: {}",
                first.body
            );
            assert!(first.status >= 400 && dialect.is_refusal(&first.body), "{what}: {}", first.body);
            let named = |name: &str| first.head.contains(&format!("\r\n{name}: "));
            assert!(reply.headers.keys().all(|name| named(name.as_str())), "{what}: {}", first.head);
        }
        Effect::Raw(raw) if raw.status == 418 => {
            assert_eq!((first.status, &*first.body), (418, "short and stout"), "{what}");
            assert!(has("x-tea: yes") && !first.head.contains("content-type"), "{what}: {}", first.head);
        }
        Effect::Raw(_) => {
            assert_eq!((first.status, &*first.body), (299, r#"{"a":[2.5],"b":1}"#), "{what}");
            assert!(has("content-type: application/json"), "{what}: {}", first.head);
        }
        Effect::Empty => assert_eq!((first.status, first.length, &*first.body), (200, 0, ""), "{what}"),
        Effect::MalformedJson => {
            let spoilt = format!("{},", &plain.body[..plain.body.len() - 1]);
            assert_eq!((first.status, first.length, first.body), (200, plain.length, spoilt), "{what}");
        }
        Effect::ContentType(text) => {
            let head = plain.head.replace("content-type: application/json", &format!("content-type: {text}"));
            assert_eq!((first.head, first.body), (head, plain.body.clone()), "{what}");
        }
        Effect::Latency(latency) => {
            let least = match latency {
                Latency::FixedMs(least) | Latency::UniformMs([least, _]) => *least,
                Latency::NormalMs(bell) => bell.mean as u64,
            };
            assert_eq!((&first.head, &first.body), (&plain.head, &plain.body), "{what}");
            assert!(seen.took >= Duration::from_millis(least), "{what}: after {:?}", seen.took);
        }
        Effect::Truncate(part) => {
            let sent = match part {
                Truncate::Bytes(bytes) => *bytes,
                Truncate::Fraction(fraction) => (plain.length as f64 * fraction) as usize,
            };
            assert_eq!((first.status, first.length, seen.end), (200, plain.length, Ok(())), "{what}");
            assert!(plain.body.starts_with(&first.body) && first.body.len() == sent, "{what}: {}", first.body);
        }
        Effect::Trickle(pieces) => {
            assert_eq!((&first.head, &first.body), (&plain.head, &plain.body), "{what}");
            let pauses = (first.length - 1) / pieces.chunk_bytes;
            let least = Duration::from_millis(pieces.pause_ms * pauses as u64);
            assert!(pauses > 0 && seen.took >= least, "{what}: after {:?}", seen.took);
        }
        Effect::Reset(_) => {
            assert_eq!((first.status, first.length), (200, plain.length), "{what}");
            assert!(plain.body.starts_with(&first.body) && first.body.len() == plain.length / 2, "{what}");
            assert_eq!(seen.end, Err(ErrorKind::ConnectionReset), "{what}");
        }
        Effect::Paging(fault) => panic!("{fault:?} applies to no single answer"),
    }
}

fn steer(server: &Server, method: &str, path: &str, body: Value) -> Value {
    let answer = server.call(method, &format!("/_emulator{path}"), &body);
    assert!(answer.status < 300, "{method} {path}: {}", answer.text());
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

/// Sets up a rule for the workspace `ws_tests` at one provider, and gives its address.
fn set_up(server: &Server, dialect: &Dialect, effect: &Value, trigger: &Value) -> String {
    let matches = json!({"workspace": "ws_tests", "provider": dialect.name});
    let rule = steer(server, "POST", "/faults", json!({"match": matches, "effect": effect, "trigger": trigger}));
    format!("/faults/{}", rule["id"])
}

#[test]
fn every_effect_applies_to_every_provider_once_and_to_its_neighbour_never() {
    let mut applied: Vec<Discriminant<Effect>> = Vec::new();
    for (provider, dialect) in pairs() {
        let server = Server::start(&world());
        let plain = send_two(&server, dialect, "_off").cut().remove(0);
        assert_eq!(plain.status, 200, "{}", dialect.name);
        for written in effects(provider) {
            let effect: Effect = serde_json::from_value(written.clone()).unwrap();
            let rule = set_up(&server, dialect, &written, &json!({"next": 1}));
            let neighbour = send_two(&server, dialect, "_other").cut();
            assert!(neighbour.iter().all(|answer| answer.status == 200), "{} {written}", dialect.name);
            let before = steer(&server, "GET", "/journal", Value::Null)["journal"]["next_seq"].clone();
            assert_seen(&effect, &send_two(&server, dialect, "_off"), &plain, provider);
            let told = steer(&server, "GET", &rule, Value::Null);
            assert_eq!((&told["fired"], &told["active"]), (&json!(1), &json!(false)), "{} {written}", dialect.name);
            let after = before.as_u64().unwrap() - 1;
            let journal = steer(&server, "GET", &format!("/journal?after={after}&workspace=ws_tests"), Value::Null);
            assert_eq!(journal["entries"][0]["faults"], json!([effect.name()]), "{} {written}", dialect.name);
            steer(&server, "DELETE", &rule, Value::Null);
            applied.push(discriminant(&effect));
        }
    }
    applied.sort_by_key(|kind| format!("{kind:?}"));
    applied.dedup();
    assert_eq!(applied.len(), 9, "every effect but the paging is in the list above");
}

/// How many rows a page of the walks below has.
const SIZE: usize = 5;

/// A client that asks for pages of five.
struct Walker<'w> {
    server: &'w Server,
    dialect: &'static Dialect,
}

impl Walker<'_> {
    fn first(&self) -> Answer {
        self.ask("")
    }

    fn ask(&self, next: &str) -> Answer {
        let target = self.dialect.target(&format!("{}={SIZE}&{next}", self.dialect.size));
        self.server.get(&target, &[&self.dialect.auth("_off")])
    }

    /// The first page, and what its client gets when it asks for the next: the first again if it sees no reason to.
    fn two(&self) -> [Answer; 2] {
        let first = self.first();
        let next = (self.dialect.next)(&first.json(), SIZE, SIZE).unwrap_or_default();
        let second = self.ask(&next);
        [first, second]
    }

    fn ids(&self, answer: &Answer) -> Vec<String> {
        self.dialect.ids(answer)
    }
}

/// How many assets a page says there are in all, if it says.
fn total(answer: &Answer) -> Option<u64> {
    let body = answer.json();
    let places = ["/meta/total_estimate", "/page_info/total_results", "/pagination/total"];
    places.iter().find_map(|place| body.pointer(place)?.as_u64())
}

/// What a client that asks for two pages sees of a paging fault, where the undisturbed walk is `plain`.
fn assert_altered(fault: PagingFault, walker: &Walker, plain: &[String], by: Position) {
    let what = format!("{} {fault:?}", walker.dialect.name);
    let [first, second] = walker.two();
    if fault != PagingFault::EmptyPage {
        assert_eq!(walker.ids(&first), plain[..SIZE], "{what}: the first page is as ever");
    }
    // A place in the order does not move when something comes or goes in front of it.
    let moves = |by_one: std::ops::Range<usize>| if by == Position::Keyset { SIZE..2 * SIZE } else { by_one };
    let assert_second = |rows: std::ops::Range<usize>| assert_eq!(walker.ids(&second), plain[rows], "{what}");
    match fault {
        PagingFault::Insert => assert_second(moves(SIZE - 1..2 * SIZE - 1)),
        PagingFault::Remove => assert_second(moves(SIZE + 1..2 * SIZE + 1)),
        PagingFault::Repeat => assert_second(SIZE - 1..2 * SIZE - 1),
        PagingFault::EmptyPage => {
            assert_eq!((walker.ids(&first).len(), walker.ids(&second).len()), (0, 0), "{what}");
            assert!(total(&first).is_none_or(|total| total == VISIBLE as u64), "{what}");
        }
        PagingFault::ExpiredCursor => {
            assert_eq!(second.status, 400, "{what}");
            assert!(walker.dialect.is_refusal(second.text()), "{what}: {}", second.text());
        }
        PagingFault::ChangingTotal => {
            assert_eq!(total(&first), Some(VISIBLE as u64), "{what}");
            let moved = total(&second).unwrap().abs_diff(VISIBLE as u64);
            assert!((1..=3).contains(&moved), "{what}: by {moved}");
            assert_second(SIZE..2 * SIZE);
        }
    }
}

#[test]
fn every_paging_fault_that_can_happen_to_a_walk_does() {
    for (provider, dialect) in pairs() {
        for fault in paging::ALL {
            let server = Server::start(&world());
            let walker = Walker { server: &server, dialect };
            let plain = dialect.walk(|raw| server.get(&dialect.target(raw), &[&dialect.auth("_off")]), VISIBLE, "");
            let rule =
                json!({"match": {"workspace": "ws_tests", "provider": dialect.name}, "effect": {"paging": fault}});
            if realism(provider.card(), fault) == Realism::Impossible {
                let refused = server.call("POST", "/_emulator/faults", &rule);
                assert_eq!(refused.status, 400, "{} {fault:?}: {}", dialect.name, refused.text());
                continue;
            }
            let address = set_up(&server, dialect, &rule["effect"], &json!("always"));
            assert_altered(fault, &walker, &plain, provider.card().paging().by);
            steer(&server, "DELETE", &address, Value::Null);
            let now = walker.ids(&walker.first());
            match fault {
                PagingFault::Insert => assert!(!plain.contains(&now[0]) && now[1..] == plain[..SIZE - 1], "{now:?}"),
                PagingFault::Remove => assert_eq!(now, plain[1..=SIZE], "{} {fault:?}", dialect.name),
                PagingFault::Repeat
                | PagingFault::EmptyPage
                | PagingFault::ExpiredCursor
                | PagingFault::ChangingTotal => {
                    assert_eq!(now, plain[..SIZE], "{} {fault:?}", dialect.name);
                }
            }
            let other = server.get(&dialect.target(""), &[&dialect.auth("_other")]);
            assert_eq!(dialect.ids(&other).len(), 2, "{} {fault:?}", dialect.name);
        }
    }
}
