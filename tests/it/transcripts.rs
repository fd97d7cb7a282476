//! The golden wire transcripts: requests as typed, answers byte for byte. They were written from the vendors'
//! documents, not from our output. `tests/wire/README.md` describes the format.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use assetmock::clock::utc;
use assetmock::emulator::app::AssetUrls;
use assetmock::emulator::journal::Filter;
use assetmock::providers;
use regex::Regex;

use crate::support::{Answer, Server, at};
use crate::tls::client;

/// Cases that every provider's folder has.
const CORE: &[&str] = &[
    "sample",
    "default-page",
    "first-page",
    "middle-page",
    "last-page",
    "beyond-the-end",
    "empty-library",
    "ties",
    "other-workspace",
    "no-key",
    "malformed-key",
    "unknown-key",
    "revoked-key",
    "expired-key",
    "limit-too-small",
    "limit-too-large",
    "limit-not-a-number",
    "limit-empty",
    "repeated-parameter",
    "unknown-parameter",
    "several-errors",
    "unknown-route",
    "wrong-method",
    "head",
    "options",
    "trailing-slash",
    "rate-limited",
    "by-prefix",
];

fn folder(provider: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(provider)
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display())).replace("\r\n", "\n")
}

/// What the requests of a transcript are sent over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Http,
    Tls,
    Http2AndTls,
}

#[test]
fn every_provider_answers_as_its_transcripts_say() {
    run_folders(Over::Http);
}

#[test]
fn every_provider_answers_as_its_transcripts_say_over_tls() {
    run_folders(Over::Tls);
}

#[test]
fn every_provider_answers_as_its_transcripts_say_over_http_2_and_tls() {
    run_folders(Over::Http2AndTls);
}

fn run_folders(over: Over) {
    std::thread::scope(|scope| {
        for name in providers::names() {
            scope.spawn(move || run_folder(name, over));
        }
    });
}

#[test]
fn every_provider_has_the_core_cases() {
    for name in providers::names() {
        let missing: Vec<_> = CORE.iter().filter(|case| !folder(name).join(format!("{case}.http")).exists()).collect();
        assert!(missing.is_empty(), "{name} lacks {missing:?}");
    }
}

fn run_folder(provider: &str, over: Over) {
    let mut cases: Vec<_> = std::fs::read_dir(folder(provider))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "http"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 15, "only {} transcripts", cases.len());
    let failures: Vec<_> = cases.iter().flat_map(|case| run_case(provider, case, over)).collect();
    assert!(
        failures.is_empty(),
        "{provider}: {} of {} cases differ:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

fn run_case(provider: &str, file: &Path, over: Over) -> Option<String> {
    let transcript = Transcript::parse(&read(file));
    let beside = folder(provider).join(format!("{}.json", transcript.fixture));
    let fixture = if beside.exists() { read(&beside) } else { transcript.fixture.clone() };
    let mut clock = transcript.exchanges[0].clock.clone().unwrap_or_else(|| panic!("{}: no clock", file.display()));
    let server = Server::start_with(&fixture, &clock, &transcript.variants, transcript.asset_urls);
    let mut matched = Masks::new();
    for (index, exchange) in transcript.exchanges.iter().enumerate() {
        if let Some(moved) = &exchange.clock {
            clock.clone_from(moved);
            server.app.clock.set(at(moved));
        }
        let mut exchange = exchange.clone();
        exchange.fill(&transcript.masks, &matched);
        let request = exchange.request();
        let answer = match over {
            Over::Http => server.send(request.as_bytes()),
            Over::Tls => client::send(&server, "localhost", request.as_bytes(), request.starts_with("HEAD ")),
            Over::Http2AndTls => client::send_over_http2(&server, &request),
        };
        if over != Over::Http {
            exchange.expect_https();
        }
        match exchange.compare(&answer, &transcript.masks, &clock) {
            Ok(texts) => matched.extend(texts),
            Err(difference) => {
                let target = request.lines().next().unwrap_or_default();
                return Some(format!("{} [{}] {target}\n{difference}", file.file_name().unwrap().display(), index + 1));
            }
        }
    }
    check_empty_answers(&server)
}

/// Operations whose answers have no body unless they refuse are marked as such, and no others are.
fn check_empty_answers(server: &Server) -> Option<String> {
    let entries = server.app.journal.find(&Filter::default());
    let wrong = entries.iter().find(|entry| {
        let has_answered = entry.status.is_some_and(|status| status.is_success()) && entry.method != "HEAD";
        let operation = entry.operation.filter(|operation| has_answered && entry.method == operation.method);
        operation.is_some_and(|operation| operation.has_empty_answer != (entry.response_body.length == 0))
    });
    wrong.map(|entry| format!("{:?} has a body of {} bytes", entry.operation, entry.response_body.length))
}

struct Transcript {
    fixture: String,
    variants: Vec<String>,
    asset_urls: AssetUrls,
    masks: Masks,
    exchanges: Vec<JournalEntry>,
}

#[derive(Clone)]
struct JournalEntry {
    clock: Option<String>,
    /// The request line and the headers as they are written.
    head: String,
    /// The body of the request.
    sent: String,
    status_line: String,
    headers: BTreeSet<String>,
    body: String,
}

type Masks = HashMap<String, String>;

/// `# word: value` declares something; every other comment is for people.
fn declaration(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("# ")?.split_once(": ")?;
    (!name.contains(' ')).then_some((name, value.trim()))
}

impl Transcript {
    fn parse(text: &str) -> Transcript {
        let mut masks = Masks::new();
        let (mut fixture, mut variants, mut asset_urls) = (None, Vec::new(), AssetUrls::Vendor);
        let blocks = text.split("\n###\n").map(|block| {
            let lines: Vec<&str> = block.lines().collect();
            let comments = lines.iter().take_while(|line| line.starts_with('#')).count();
            let mut clock = None;
            for (name, value) in lines[..comments].iter().filter_map(|line| declaration(line)) {
                match name {
                    "evidence" => {
                        assert!(["documented", "client", "live", "inferred"].contains(&value), "evidence: {value}")
                    }
                    "fixture" => fixture = Some(value.to_owned()),
                    "variant" => variants.push(value.to_owned()),
                    "asset-urls" => {
                        assert_eq!(value, "own", "`vendor` is what a transcript has unless it says so");
                        asset_urls = AssetUrls::Own;
                    }
                    "clock" => clock = Some(value.to_owned()),
                    mask => assert_eq!(masks.insert(mask.to_owned(), value.to_owned()), None),
                }
            }
            JournalEntry::parse(clock, &lines[comments..])
        });
        let exchanges = blocks.collect();
        Transcript { exchanges, masks, variants, asset_urls, fixture: fixture.expect("a transcript names its fixture") }
    }
}

impl JournalEntry {
    fn parse(clock: Option<String>, lines: &[&str]) -> JournalEntry {
        let mut lines = lines.iter();
        let head: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).copied().collect();
        let mut sent = Vec::new();
        let status_line = loop {
            match *lines.next().expect("an answer follows the request") {
                line if line.starts_with("HTTP/1.1 ") => break line.to_owned(),
                line => sent.push(line),
            }
        };
        // A form has CRLF at the ends of its lines.
        let is_form = head.iter().any(|line| line.to_ascii_lowercase().starts_with("content-type: multipart/"));
        let sent = sent.join(if is_form { "\r\n" } else { "\n" }).trim_end().to_owned();
        let headers = lines.by_ref().take_while(|line| !line.is_empty()).map(|line| (*line).to_owned()).collect();
        let body = lines.copied().collect::<Vec<_>>().join("\n");
        JournalEntry { clock, head: head.join("\r\n"), sent, status_line, headers, body }
    }

    /// The request as it is sent.
    fn request(&self) -> String {
        let JournalEntry { head, sent, .. } = self;
        let length = if sent.is_empty() { String::new() } else { format!("\r\nContent-Length: {}", sent.len()) };
        format!("{head}{length}\r\n\r\n{sent}")
    }

    /// Writes what masks matched in earlier responses in place of those in this request, and then also in place of the
    /// same ones in the response.
    fn fill(&mut self, masks: &Masks, matched: &Masks) {
        for name in masks.keys() {
            let mask = format!("{{{{{name}}}}}");
            if !self.head.contains(&mask) && !self.sent.contains(&mask) {
                continue;
            }
            let text = matched.get(name).unwrap_or_else(|| panic!("{mask} is in no response before {}", self.head));
            for part in [&mut self.head, &mut self.sent, &mut self.body] {
                *part = part.replace(&mask, text);
            }
            self.headers = self.headers.iter().map(|line| line.replace(&mask, text)).collect();
        }
    }

    /// Our own addresses have the scheme of the connection.
    fn expect_https(&mut self) {
        let of_tls = |line: &String| line.replacen("location: http://", "location: https://", 1);
        self.headers = self.headers.iter().map(of_tls).collect();
        let host = self.head.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap_or_default();
        self.body = self.body.replace(&format!("http://{host}/"), &format!("https://{host}/"));
    }

    /// What the masks match, or how the answer differs.
    fn compare(&self, answer: &Answer, masks: &Masks, clock: &str) -> Result<Masks, String> {
        let date = utc(at(clock)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let mut difference = String::new();
        if answer.header("date") != Some(&date) {
            let _ = writeln!(difference, "  date: {:?}, the clock says {date}", answer.header("date"));
        }
        // An answer that cannot have a body has no length either.
        if answer.header("content-length").is_none() && answer.status != 204 {
            let _ = writeln!(difference, "  no content-length");
        }
        let sent: BTreeSet<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| name != "date" && name != "content-length")
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let told = |headers: &BTreeSet<String>| headers.iter().cloned().collect::<Vec<_>>().join("\n");
        let expected = format!("{}\n{}\n\n{}", self.status_line, told(&self.headers), self.body);
        let got = format!("{}\n{}\n\n{}", answer.status_line, told(&sent), answer.text());
        let texts = captures(&expected, &got, masks);
        if texts.is_none() {
            let _ = write!(difference, "--- expected\n{expected}\n--- got\n{got}\n");
        }
        texts.filter(|_| difference.is_empty()).ok_or(difference)
    }
}

/// What each `{{mask}}` stands for, if `got` is `expected` with each replaced by text of its pattern, the same wherever it
/// stands.
fn captures(expected: &str, got: &str, masks: &Masks) -> Option<Masks> {
    let mut filled = expected.to_owned();
    let mut texts = Masks::new();
    // The first mask of the text comes first: up to it, the texts have the same length.
    let first = |filled: &str| {
        masks.iter().filter_map(|(name, pattern)| Some((filled.find(&format!("{{{{{name}}}}}"))?, name, pattern))).min()
    };
    // Each turn replaces one mask for good, unless what is sent has the text of a mask.
    for _ in 0..=masks.len() {
        let Some((start, name, pattern)) = first(&filled) else { break };
        let found = Regex::new(&format!("^(?:{pattern})")).unwrap().find(got.get(start..)?)?.as_str();
        filled = filled.replace(&format!("{{{{{name}}}}}"), found);
        texts.insert(name.clone(), found.to_owned());
    }
    (filled == got).then_some(texts)
}

/// `bad-input.tsv`: one raw query string a line, the status and the exact body it gets.
#[test]
fn bad_input_is_refused_as_the_tables_say() {
    let mut failures = Vec::new();
    for provider in providers::names() {
        let text = read(&folder(provider).join("bad-input.tsv"));
        let masks: Masks =
            text.lines().filter_map(declaration).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let rows: Vec<_> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
        assert!(rows.len() >= 30, "{provider} has only {} rows", rows.len());
        for row in rows {
            let [query, status, body] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{provider}: {row}") };
            let answer = ask(provider, query);
            let same =
                answer.status.to_string() == status && (body == "*" || captures(body, answer.text(), &masks).is_some());
            if !same {
                failures.push(format!(
                    "{provider} ?{query}\n  expected {status} {body}\n  got      {} {}",
                    answer.status,
                    answer.text()
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} rows differ:\n{}", failures.len(), failures.join("\n"));
}

/// Asks the list route of `provider` with the first key of its world, whose rate limits are new each time.
fn ask(provider: &str, query: &str) -> Answer {
    use std::cell::RefCell;
    thread_local!(static SERVER: RefCell<Option<(String, Server, usize)>> = const { RefCell::new(None) });
    let card = providers::named(provider).unwrap().card();
    SERVER.with_borrow_mut(|slot| {
        let world = read(&folder(provider).join("world.json"));
        let stale = slot.as_ref().is_none_or(|(name, _, used)| name != provider || *used == 500);
        if stale {
            *slot = Some((provider.to_owned(), Server::start(&world), 0));
        }
        let (_, server, used) = slot.as_mut().unwrap();
        *used += 1;
        let world: serde_json::Value = serde_json::from_str(&world).unwrap();
        let keys = world["workspaces"][0]["keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["provider"] == provider).unwrap()["key"].as_str().unwrap();
        server.get(&format!("/{provider}{}?{query}", card.list()), &[&card.auth.carrier.line(key)])
    })
}
