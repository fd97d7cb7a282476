//! What options change, how a run ends, what is not shown, and how long answers are sent.

use super::*;

#[test]
fn no_key_is_whole_in_the_journal_the_archive_a_verdict_a_warning_or_the_log() {
    const END: &str = "qqqqwwwweeeerrrrttttyyyy";
    let keys: Vec<_> = dialects::ALL.iter().map(|dialect| (dialect, format!("{}_{END}", dialect.key))).collect();
    let held: Vec<_> = keys.iter().map(|(dialect, key)| json!({"provider": dialect.name, "key": key})).collect();
    let fixture = json!({"workspaces": [{"id": "ws_keys", "keys": held}]}).to_string();
    let server = Running::start(&["--fixture", &fixture, "--log-level", "debug"]);
    let mut client = server.connect();
    for (dialect, known) in &keys {
        let card = assetmock::providers::named(dialect.name).unwrap().card();
        for key in [known.clone(), format!("{known}x")] {
            let encoded: String = key.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let (auth, scheme) = (card.auth.carrier.line(&key), format!("Authorization: Token {key}"));
            let elsewhere = format!("X-Trace: a {key} b\r\nCookie: k={key}\r\nX-Emulator-Fault: {key}");
            for (target, headers, body) in [
                (dialect.target(""), &[&*auth][..], ""),
                (dialect.target(&format!("{}s={key}", dialect.size)), &[&auth], &*key),
                (dialect.target(&format!("{}={key}&{key}=1", dialect.size)), &[&auth], ""),
                (dialect.target(&format!("api_key={encoded}")), &[&auth], &encoded),
                (format!("/{}/{key}", dialect.name), &[&auth], &key),
                (format!("/{key}"), &[&auth], &key),
                (dialect.target(""), &[&auth, &elsewhere], &key),
                (dialect.target(""), &[&scheme], &key),
                (dialect.target(&format!("api_key={key}")), &[], ""),
            ] {
                client.ask("GET", &target, headers, body);
            }
        }
    }
    let verdict = json!({"requests": [{"path": "/none", "header": {"x-trace": "?"}}]}).to_string();
    let shown = [
        client.steer("GET", "journal?limit=1000", ""),
        client.steer("GET", "journal/har", ""),
        client.steer("POST", "journal/verify", &verdict),
        client.steer("GET", "workspaces/ws_keys/warnings", ""),
    ];
    assert_eq!(shown[0]["entries"].as_array().unwrap().len(), keys.len() * 18);
    assert_ne!(shown[3]["count"], 0);
    let Output { stderr, .. } = server.stop();
    let log = String::from_utf8(stderr).unwrap();
    assert!(log.lines().filter(|line| line.contains("ws_keys")).count() > keys.len() * 5, "{log}");
    for text in shown.iter().map(Value::to_string).chain([log]) {
        let place = text.find(END).map(|at| &text[at.saturating_sub(200)..(at + 60).min(text.len())]);
        assert_eq!(place, None);
    }
}

/// The statuses of three requests to a program with these options, with this header, and its journal's entries and
/// state.
fn three(options: &[&str], header: &str) -> (Vec<u16>, Value) {
    let server = Running::start(&[&["--fixture", "demo"], options].concat());
    let mut client = server.connect();
    let headers = ["Authorization: Bearer sk_test_demo", header];
    let asked = (0..3).map(|_| client.ask("GET", "/flora/api/v1/assets?limit=1", &headers, "").status).collect();
    (asked, client.steer("GET", "journal", ""))
}

#[test]
fn what_the_journal_holds_is_up_to_the_options() {
    let left = |options: &[&str]| {
        let (asked, journal) = three(options, "X-Any: thing");
        assert_eq!(asked, [200; 3], "{options:?}");
        let seqs: Vec<_> = journal["entries"].as_array().unwrap().iter().map(|entry| entry["seq"].clone()).collect();
        (json!(seqs), journal["journal"]["dropped"].clone())
    };
    assert_eq!(left(&[]), (json!([1, 2, 3]), json!(0)));
    assert_eq!(left(&["--journal-entries", "2"]), (json!([2, 3]), json!(1)));
    assert_eq!(left(&["--journal-bytes", "1"]), (json!([1, 2, 3]), json!(0)), "the bodies went");
    assert_eq!(left(&["--journal-entries", "0"]), (json!([]), json!(0)));
}

#[test]
fn requests_can_be_kept_from_asking_for_faults() {
    let (asked, journal) = three(&[], "X-Emulator-Fault: unavailable");
    assert_eq!((asked, &journal["entries"][0]["faults"]), (vec![503; 3], &json!(["unavailable"])));
    let (asked, journal) = three(&["--no-fault-header"], "X-Emulator-Fault: unavailable");
    assert_eq!((asked, &journal["entries"][0]["faults"]), (vec![200; 3], &json!([])));
}

/// How the program ends after a request with a warning in a workspace that was made so, and what it says.
fn ended(options: &[&str], made: Value, query: &str, then: impl FnOnce(&Running)) -> (Option<i32>, String) {
    let server = Running::start(&[&["--fixture", "empty"], options].concat());
    let mut client = server.connect();
    let made = client.steer("POST", "workspaces", &made.to_string());
    let auth = format!("Authorization: Bearer {}", made["keys"]["flora"].as_str().unwrap());
    let answer = client.ask("GET", &format!("/flora/api/v1/assets?{query}"), &[&auth], "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    then(&server);
    let Output { status, stderr, .. } = server.stop();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[cfg(unix)]
#[test]
fn only_a_warning_in_a_strict_workspace_fails_the_run_and_only_if_asked_to() {
    const FAIL: &[&str] = &["--fail-on-warnings"];
    let (strict, lax) = (json!({"id": "ws_a", "strict": true}), json!({"id": "ws_a"}));
    let nothing = |_: &Running| {};
    let (code, said) = ended(FAIL, strict.clone(), "limt=5", nothing);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("`limt` is ignored by this vendor; did you mean `limit`?"), "{said}");
    let last = said.lines().last().unwrap();
    assert_eq!(last, "error: there were warnings in strict workspaces: `ws_a`; the log has them");
    assert_eq!(ended(FAIL, strict.clone(), "limit=5", nothing).0, Some(0));
    const NO_EFFECT: &str = "`--fail-on-warnings` had no effect: no workspace was strict";
    let (code, said) = ended(FAIL, lax.clone(), "limt=5", nothing);
    assert_eq!((code, said.lines().last().is_some_and(|last| last.ends_with(NO_EFFECT))), (Some(0), true), "{said}");
    assert!(!ended(FAIL, lax.clone(), "limit=5", nothing).1.contains(NO_EFFECT));
    assert_eq!(ended(&[], strict.clone(), "limt=5", nothing).0, Some(0));
    let forgive = |server: &Running| {
        server.connect().steer("PATCH", "workspaces/ws_a", r#"{"strict": false}"#);
    };
    assert_eq!(ended(FAIL, strict.clone(), "limt=5", forgive).0, Some(0));
    let condemn = |server: &Running| {
        server.connect().steer("PATCH", "workspaces/ws_a", r#"{"strict": true}"#);
    };
    assert_eq!(ended(FAIL, lax, "limt=5", condemn).0, Some(1));
    let reset = |server: &Running| {
        server.connect().steer("POST", "workspaces/ws_a/reset", "");
    };
    assert_eq!(ended(FAIL, strict.clone(), "limt=5", reset).0, Some(1));
    let delete = |server: &Running| {
        server.connect().steer("DELETE", "workspaces/ws_a", "");
    };
    let (code, said) = ended(FAIL, strict.clone(), "limt=5", delete);
    assert_eq!((code, said.lines().last().unwrap()), (Some(1), last));
    let reset_all = |server: &Running| {
        server.connect().steer("POST", "reset", "{}");
    };
    assert_eq!(ended(FAIL, strict.clone(), "limt=5", reset_all).0, Some(1));
    let delete_and_make = |server: &Running| {
        delete(server);
        server.connect().steer("POST", "workspaces", r#"{"id": "ws_a", "strict": true}"#);
    };
    assert_eq!(ended(FAIL, strict.clone(), "limt=5", delete_and_make).0, Some(1));
    assert_eq!(ended(FAIL, strict, "limit=5", delete_and_make).0, Some(0));
}

/// Sends a request with this fault, and gives what came of it: none, if the connection ended before an answer's head.
fn apply_fault(server: &Server, dialect: &Dialect, fault: &str) -> String {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (target, auth) = (dialect.target(""), dialect.auth("_off"));
    write!(
        stream,
        "GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{auth}\r\nX-Emulator-Fault: {fault}\r\n\r\n",
        server.address
    )
    .unwrap();
    let (mut whole, mut part) = (Vec::new(), [0; 4096]);
    let end = loop {
        match stream.read(&mut part) {
            Ok(count @ 1..) => whole.extend_from_slice(&part[..count]),
            end => break end.map_err(|error| error.kind()),
        }
    };
    let expected = if fault.starts_with("reset") { Err(ErrorKind::ConnectionReset) } else { Ok(0) };
    assert_eq!(end, expected, "{}: {fault}", dialect.name);
    let text = String::from_utf8(whole).unwrap();
    text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or(text)
}

#[test]
fn what_was_not_delivered_is_not_in_the_journal_as_delivered() {
    let server = start();
    for (_, dialect) in pairs() {
        steer(&server, "DELETE", "/journal", Value::Null);
        let whole = get(&server, dialect, "_off", "").text().len();
        assert_eq!(apply_fault(&server, dialect, "reset"), "", "{}", dialect.name);
        let entry = last(&server);
        assert_eq!((&entry["status"], &entry["faults"]), (&Value::Null, &json!(["reset"])), "{entry}");
        assert_eq!((&entry["response_headers"], &entry["response_body"]), (&json!([]), &json!("")), "{entry}");
        assert_eq!((&entry["response_body_length"], &entry["response_body_sent"]), (&json!(0), &json!(0)));
        assert_eq!(entry["why"], "a fault reset the connection before any of the answer left");
        for fault in ["truncate; bytes=9", "reset; at=mid_body"] {
            let part = apply_fault(&server, dialect, fault);
            let sent = if fault.starts_with("reset") { whole / 2 } else { 9 };
            let entry = last(&server);
            assert_eq!((&entry["status"], &entry["response_body_cut"]), (&json!(200), &json!(true)), "{entry}");
            assert_eq!((&entry["response_body"], part.len()), (&json!(part), sent), "{}: {entry}", dialect.name);
            assert_eq!((&entry["response_body_length"], &entry["response_body_sent"]), (&json!(whole), &json!(sent)));
        }
        apply_fault(&server, dialect, "trickle; chunk=100000; pause_ms=1");
        assert_eq!(last(&server)["response_body_sent"], whole);
        let received = json!({"requests": [{"status": 200, "count": 4}, {"status": "5xx", "count": 0}]});
        assert_eq!(steer(&server, "POST", "/journal/verify", received), json!({"ok": true}));
        let har = steer(&server, "GET", "/journal/har", Value::Null);
        let responses = har["log"]["entries"].as_array().unwrap().iter().map(|entry| entry["response"].clone());
        let sizes: Vec<_> = responses.map(|it| (it["status"].clone(), it["content"]["size"].clone())).collect();
        let expected = [(200, whole), (0, 0), (200, 9), (200, whole / 2), (200, whole)];
        assert_eq!(sizes, expected.map(|(status, size)| (json!(status), json!(size))), "{}", dialect.name);
        let comment = &har["log"]["entries"][2]["response"]["content"]["comment"];
        assert_eq!(comment, &json!(format!("the connection ended after 9 of {whole} bytes")));
    }
}

/// Neither is built before it is sent, and both are what they would be if they were.
#[test]
fn long_answers_of_the_journal_are_sent_in_parts_and_are_the_same_to_the_byte() {
    let server = start();
    let dialect = dialects::of("xqr");
    for size in 1..=40 {
        server.get(&dialect.target(&format!("limit={size}&q=\"[]\"")), &[&dialect.auth("_off")]);
    }
    let entries = |filter: &Filter| server.app.journal.find(filter);
    let answer = server.get("/_emulator/journal/har", &[]);
    assert_eq!((answer.status, answer.header("transfer-encoding")), (200, Some("chunked")));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let whole = serde_json::to_string(&Har::of(&entries(&Filter::default()))).unwrap();
    assert_eq!(answer.text(), whole);
    let filter = Filter { limit: Some(30), ..Filter::default() };
    let shown: Vec<_> = entries(&filter).iter().map(|entry| EntryView::of(entry)).collect();
    let stats = serde_json::to_string(&server.app.journal.stats(None)).unwrap();
    let whole = format!("{{\"entries\":{},\"journal\":{stats}}}", serde_json::to_string(&shown).unwrap());
    assert_eq!(server.get("/_emulator/journal?limit=30", &[]).text(), whole);
    let none = server.get("/_emulator/journal?after=1000", &[]).json();
    assert_eq!((&none["entries"], &none["journal"]["next_seq"]), (&json!([]), &json!(41)));
}

/// The most memory that a process had so far, in kilobytes.
#[cfg(target_os = "linux")]
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Answers that are given again and again are held once, and shown each time.
#[cfg(target_os = "linux")]
#[test]
fn a_journal_that_is_short_and_shown_long_takes_no_more_memory_than_it_did() {
    let server = Running::start(&["--clock", "2026-03-21T12:00:00Z"]);
    let mut client = server.connect();
    for _ in 0..2500 {
        let answer = client.ask("GET", "/konpro/v1/asset/list?limit=50", &["x-api-key: konpro_demo"], "");
        assert_ne!(answer.status, 400);
    }
    let before = peak(server.id());
    for target in ["/_emulator/journal/har", "/_emulator/journal?limit=10000"] {
        let answer = client.ask("GET", target, &[], "");
        assert!(answer.body.len() > 20 << 20, "{target}: {} bytes", answer.body.len());
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
        let grown = peak(server.id()) - before;
        assert!(grown < 8 << 10, "{target}: {grown} kB for {} bytes", answer.body.len());
    }
}
