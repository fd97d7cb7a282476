//! The journal through its routes, over real sockets and for every provider: what a test finds there, and when.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Output;
use std::thread;
use std::time::Duration;

use assetmock::contract::provider::{Card, Provider};
use assetmock::contract::query::Unknown;
use assetmock::emulator::explain::in_ascii;
use assetmock::emulator::journal::{EntryView, Filter, Har};
use serde_json::{Value, json};

use crate::dialects::{self, Dialect, pairs};
use crate::process::Running;
use crate::support::{Answer, Server};
use crate::worlds::world;

/// The kilobytes of a body that the journal keeps.
const KEPT: usize = 64 * 1024;

fn start() -> Server {
    Server::start(&world())
}

/// Asks the emulator's own API, which must be pleased.
fn steer(server: &Server, method: &str, path: &str, body: Value) -> Value {
    let answer = server.call(method, &format!("/_emulator{path}"), &body);
    assert!((200..300).contains(&answer.status), "{method} {path} {body}: {} {}", answer.status, answer.text());
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

fn entries(server: &Server, query: &str) -> Vec<Value> {
    steer(server, "GET", &format!("/journal?{query}"), Value::Null)["entries"].as_array().unwrap().clone()
}

/// The entry of the request that was answered last.
fn last(server: &Server) -> Value {
    entries(server, "limit=1").pop().expect("the journal has an entry")
}

/// The list route, with the key of this ending.
fn get(server: &Server, dialect: &Dialect, ending: &str, query: &str) -> Answer {
    server.get(&dialect.target(query), &[&dialect.auth(ending)])
}

/// The key in a journal: of the test keys, all that is shown is an end of those that are long enough.
fn is_masked(shown: &Value, key: &str) -> bool {
    shown.as_str().is_some_and(|shown| shown.contains('…') && !shown.contains(key))
}

#[test]
fn an_entry_is_there_with_the_last_byte_of_its_answer() {
    let server = start();
    thread::scope(|scope| {
        for (_, dialect) in pairs() {
            let server = &server;
            scope.spawn(move || {
                for number in 0..40 {
                    let target = dialect.target(&format!("{}={}", dialect.size, number + 1));
                    let answer = server.get(&target, &[&dialect.auth("_off"), "X-Run: one"]);
                    let found = entries(server, &format!("provider={}&limit=1", dialect.name)).pop().unwrap();
                    assert_eq!(found["target"], target, "{}", dialect.name);
                    assert_eq!((&found["method"], &found["status"]), (&json!("GET"), &json!(200)));
                    assert_eq!((&found["workspace"], &found["why"]), (&json!("ws_tests"), &Value::Null));
                    assert_eq!(found["response_body"], answer.text(), "{}", dialect.name);
                    assert_eq!(found["response_body_length"], answer.body.len());
                    assert!(is_masked(&found["key"], &format!("{}_off", dialect.key)), "{found}");
                    let sent = found["request_headers"].as_array().unwrap();
                    assert!(sent.contains(&json!({"name": "x-run", "value": "one"})), "{found}");
                }
            });
        }
    });
    let numbers: Vec<_> = entries(&server, "limit=1000").iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
}

#[test]
fn an_entry_has_the_headers_of_the_answer_as_they_were_sent() {
    let server = start();
    for (_, dialect) in pairs() {
        for ending in ["", "_nobody"] {
            let answer = get(&server, dialect, ending, "");
            let shown = last(&server)["response_headers"].clone();
            let sent = answer.headers.iter().filter(|(name, _)| name != "content-length");
            let sent: Vec<_> = sent.map(|(name, value)| json!({"name": name, "value": value})).collect();
            assert_eq!(shown, json!(sent), "{}", dialect.name);
        }
    }
}

/// Asks for something that must be refused, and gives the reason in the journal.
fn refused(server: &Server, request: impl FnOnce() -> Answer) -> String {
    let answer = request();
    assert!(answer.status >= 400, "{}", answer.text());
    let entry = last(server);
    assert_eq!(entry["status"], answer.status, "{entry}");
    entry["why"].as_str().unwrap_or_else(|| panic!("no reason for {}: {entry}", answer.text())).to_owned()
}

#[test]
fn every_refusal_has_its_reason() {
    let server = Server::start_at(&world(), "2026-03-21T12:01:00Z");
    for (provider, dialect) in pairs() {
        let Card { title, auth, .. } = provider.card();
        let list = provider.card().list();
        let other = dialects::of(if dialect.name == "flora" { "xqr" } else { "flora" });
        let with = |header: &str| server.get(&dialect.target(""), &[header]);
        let why = |ending: &str| refused(&server, || get(&server, dialect, ending, ""));
        let expected = format!("{title} expects `{}`; ", auth.carrier.line("<key>"));
        assert_eq!(
            refused(&server, || server.get(&dialect.target(""), &[])),
            expected + "the request has no such header"
        );
        assert!(why("_nobody").ends_with(&format!("is not known to {title}")), "{}", why("_nobody"));
        let foreign = refused(&server, || with(&auth.carrier.line(other.key)));
        let owner = if dialect.name == "flora" { "xQR" } else { "FLORA" };
        assert_eq!(foreign, format!("key belongs to {owner}, this is {title}"));
        assert!(why("_revoked").ends_with("was revoked"));
        let expired = "expired at 2026-03-21T12:00:30Z; the clock stands at 2026-03-21T12:01:00Z";
        assert!(why("_expiring").ends_with(expired), "{}", why("_expiring"));
        let nowhere = refused(&server, || server.get(&format!("/{}/nowhere", dialect.name), &[&dialect.auth("")]));
        assert_eq!(nowhere, format!("{title} has no route `/nowhere`; it has `{list}`"));
        let wrong = refused(&server, || server.request("PATCH", &dialect.target(""), &[&dialect.auth("")]));
        assert!(wrong.starts_with(&format!("`PATCH` is not a method of `{list}`; it takes ")), "{wrong}");
    }
}

#[test]
fn a_scope_that_is_lacking_and_a_quota_that_is_used_up_are_reasons_too() {
    let server = start();
    for (provider, dialect) in pairs() {
        if let Some(scope) = provider.card().list_operation().scope {
            let why = refused(&server, || get(&server, dialect, "_scopeless", ""));
            assert!(why.ends_with(&format!("lacks the scope `{scope}`; it has none")), "{why}");
        }
        for _ in 0..3 {
            assert_eq!(get(&server, dialect, "_three", "").status, 200, "{}", dialect.name);
        }
        let why = refused(&server, || get(&server, dialect, "_three", ""));
        let expected =
            "the quota `own` is used up: 4 of 3 requests in 60 s; it recovers at 2026-03-21T12:01:00Z, in 60 s";
        assert_eq!(why, expected, "{}", dialect.name);
    }
}

#[test]
fn a_parameter_that_breaks_its_rule_is_told_with_what_was_given() {
    let server = start();
    for (provider, dialect) in pairs() {
        let position = provider.card().paging().position;
        for (name, given) in [(dialect.size, "many"), (position, "%25")] {
            let answer = get(&server, dialect, "", &format!("{name}={given}"));
            let entry = last(&server);
            assert_eq!(entry["why"].is_string(), answer.status >= 400, "{entry}");
            if answer.status >= 400 {
                let why = entry["why"].as_str().unwrap();
                assert!(why.starts_with(&format!("{name}={}", given.replace("%25", "%"))), "{}: {why}", dialect.name);
            }
        }
    }
}

#[test]
fn a_faults_refusal_is_told_as_the_faults() {
    let server = start();
    for (provider, dialect) in pairs() {
        for fault in assetmock::emulator::faults::names(provider.card()) {
            let header = format!("X-Emulator-Fault: {fault}");
            let why = refused(&server, || server.get(&dialect.target(""), &[&dialect.auth("_off"), &header]));
            assert_eq!(why, format!("the fault `{fault}` struck"), "{}", dialect.name);
            assert_eq!(last(&server)["faults"], json!([fault]));
        }
        let why = refused(&server, || server.get(&dialect.target(""), &[&dialect.auth(""), "X-Emulator-Fault: ?"]));
        assert!(why.starts_with("`X-Emulator-Fault`: "), "{why}");
    }
}

#[test]
fn a_cursor_that_a_fault_has_expired_is_told_as_the_faults() {
    let server = start();
    for dialect in ["flora", "konpro"].map(dialects::of) {
        let first = get(&server, dialect, "", &format!("{}=5", dialect.size));
        let next = (dialect.next)(&first.json(), 5, 5).unwrap();
        let fault = "X-Emulator-Fault: paging; torture=expired_cursor";
        let why = refused(&server, || server.get(&dialect.target(&next), &[&dialect.auth(""), fault]));
        assert_eq!(why, "the fault `expired_cursor` struck", "{}", dialect.name);
    }
}

/// A query string that is answered, and one of whose parameters is not what it was meant to be.
fn misspelt(provider: &dyn Provider, dialect: &Dialect) -> Option<String> {
    (provider.card().list_operation().unknown == Unknown::Ignored).then(|| format!("{}s=5", dialect.size))
}

#[test]
fn what_was_probably_not_meant_is_a_warning_of_its_workspace() {
    let server = start();
    for (provider, dialect) in pairs() {
        let Some(query) = misspelt(provider, dialect) else {
            let why = refused(&server, || get(&server, dialect, "", &format!("{}s=5", dialect.size)));
            assert!(why.ends_with(&format!("did you mean `{}`?", dialect.size)), "{why}");
            continue;
        };
        let before = steer(&server, "GET", "/workspaces/ws_tests/warnings", Value::Null)["count"].as_u64().unwrap();
        assert_eq!(get(&server, dialect, "", &query).status, 200);
        let entry = last(&server);
        let said = format!("`{0}s` is ignored by this vendor; did you mean `{0}`?", dialect.size);
        assert_eq!(entry["warnings"], json!([said]), "{}", dialect.name);
        let all = steer(&server, "GET", "/workspaces/ws_tests/warnings", Value::Null);
        assert_eq!(all["count"], before + 1);
        let told = json!({
            "seq": entry["seq"],
            "provider": dialect.name,
            "request": format!("GET {}", dialect.target(&query)),
            "warnings": [said],
        });
        assert_eq!(all["requests"].as_array().unwrap().last(), Some(&told));
    }
    let others = steer(&server, "GET", "/workspaces/ws_other/warnings", Value::Null);
    assert_eq!(others, json!({"count": 0, "requests": []}));
}

/// All that came over the wire.
fn bytes(server: &Server, target: &str, headers: &[&str]) -> String {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn an_explanation_adds_headers_and_without_it_nothing_is_added() {
    for (provider, dialect) in pairs() {
        let warned = misspelt(provider, dialect).unwrap_or_default();
        for (ending, query) in [("", ""), ("_nobody", ""), ("", &*warned)] {
            // The same request is the first one of each server, so that every byte is the same.
            let answer = |more: &[&str]| {
                let server = start();
                let text = bytes(&server, &dialect.target(query), &[&[&*dialect.auth(ending)], more].concat());
                (text, last(&server))
            };
            let (plain, entry) = answer(&[]);
            assert!(!plain.to_lowercase().contains("x-emulator"), "{plain}");
            for header in ["X-Emulator-Explain: 0", "X-Emulator-Explain: true", "X-Emulator-Explain:"] {
                assert_eq!(answer(&[header]).0, plain, "{} {header}", dialect.name);
            }
            let (explained, _) = answer(&["X-Emulator-Explain: 1"]);
            let why = entry["why"].as_str().map(|why| format!("x-emulator-why: {}\r\n", in_ascii(why)));
            let warnings =
                entry["warnings"][0].as_str().map(|said| format!("x-emulator-warnings: {}\r\n", in_ascii(said)));
            let added: String = why.into_iter().chain(warnings).collect();
            assert_eq!(added.is_empty(), ending.is_empty() && query.is_empty(), "{}", dialect.name);
            assert!(explained.contains(&added), "{added} in {explained}");
            assert_eq!(explained.replace(&added, ""), plain, "{}", dialect.name);
        }
    }
}

#[test]
fn a_later_request_ends_the_wait_and_others_do_not() {
    let server = start();
    for (_, dialect) in pairs() {
        let filter = json!({"provider": dialect.name, "query": {dialect.size: "7"}});
        let search = json!({"filter": filter, "wait_ms": 20_000});
        let found = thread::scope(|scope| {
            let waiter = scope.spawn(|| steer(&server, "POST", "/journal/search", search));
            for size in [5, 6, 7] {
                get(&server, dialect, "_off", &format!("{}={size}", dialect.size));
            }
            waiter.join().unwrap()
        });
        let targets: Vec<_> = found["entries"].as_array().unwrap().iter().map(|entry| &entry["target"]).collect();
        assert_eq!(targets, [&dialect.target(&format!("{}=7", dialect.size))]);
    }
}

#[test]
fn a_wait_begins_behind_what_is_known_and_ends_in_time() {
    let server = start();
    let dialect = dialects::of("konpro");
    get(&server, dialect, "", "limit=5");
    let seq = last(&server)["seq"].as_u64().unwrap();
    let next = thread::scope(|scope| {
        let waiter = scope.spawn(|| entries(&server, &format!("after={seq}&wait_ms=20000")));
        get(&server, dialect, "", "limit=6");
        waiter.join().unwrap()
    });
    assert_eq!(next.len(), 1);
    assert_eq!(next[0]["seq"], seq + 1);
    assert_eq!(entries(&server, &format!("after={}&wait_ms=1", seq + 1)), Vec::<Value>::new());
    let refused = server.get("/_emulator/journal?wait_ms=60001", &[]);
    assert_eq!((refused.status, refused.json()["error"]["at"].as_str()), (400, Some("wait_ms")));
}

#[test]
fn filters_narrow_in_the_query_as_in_the_body() {
    let server = start();
    for (_, dialect) in pairs() {
        get(&server, dialect, "", "");
        get(&server, dialect, "_other", "");
        get(&server, dialect, "_nobody", "");
        server.get(&dialect.target(""), &[&dialect.auth(""), "X-Emulator-Fault: unavailable"]);
    }
    let count = |query: &str| entries(&server, &format!("limit=1000&{query}")).len();
    for (query, expected) in [
        ("", 20),
        ("provider=flora", 4),
        ("workspace=ws_tests", 10),
        ("workspace=ws_other", 5),
        ("status=200", 10),
        ("status=4xx", 5),
        ("status=5xx", 5),
        ("fault=unavailable", 5),
        ("method=get", 20),
        ("method=POST", 0),
        ("path=/v1/asset/list", 4),
        ("path=/konpro/v1/asset/list", 4),
        ("path=/konpro/*", 4),
        ("path=/v1/asset", 0),
        ("after=15", 5),
        ("warnings=true", 0),
        ("provider=flora&status=200&workspace=ws_other", 1),
    ] {
        assert_eq!(count(query), expected, "{query}");
    }
    let dialect = dialects::of("konpro");
    assert_eq!(count(&format!("key={}_nobody", dialect.key)), 1);
    let search =
        |filter: Value| steer(&server, "POST", "/journal/search", json!({"filter": filter}))["entries"].clone();
    assert_eq!(search(json!({"key": format!("{}_nobody", dialect.key), "status": 401})).as_array().unwrap().len(), 1);
    assert_eq!(search(json!({"header": {"x-emulator-fault": "unavailable"}})).as_array().unwrap().len(), 5);
    for (query, at) in [("provder=flora", "query"), ("status=6x", "status")] {
        let answer = server.get(&format!("/_emulator/journal?{query}"), &[]);
        assert_eq!((answer.status, answer.json()["error"]["at"].as_str()), (400, Some(at)), "{}", answer.text());
    }
}

#[test]
fn expectations_are_held_against_what_was_sent() {
    let server = start();
    for (_, dialect) in pairs() {
        let page = |size: usize| get(&server, dialect, "", &format!("{}={size}", dialect.size));
        let of = |size: &str| json!({"query": {dialect.size: size}});
        let verify = |expectations: Value| {
            let mut expectations = expectations;
            expectations["scope"] = json!({"provider": dialect.name});
            steer(&server, "POST", "/journal/verify", expectations)
        };
        page(5);
        page(6);
        page(6);
        let ok = json!({"ok": true});
        assert_eq!(verify(json!({"requests": [of("5"), of("6")], "in_order": true, "only": true})), ok);
        let mut twice = of("6");
        twice["count"] = json!(2);
        assert_eq!(verify(json!({"requests": [twice, {"count": 0, "status": "4xx"}]})), ok);
        let disordered = verify(json!({"requests": [of("6"), of("5")], "in_order": true}));
        assert_eq!(disordered["ok"], false, "{disordered}");
        let more = verify(json!({"requests": [of("6")], "only": true}));
        assert_eq!((&more["ok"], &more["failures"][0]["expectation"]), (&json!(false), &Value::Null));
        let missing = verify(json!({"requests": [of("5"), of("9")]}));
        let failure = &missing["failures"][0];
        assert_eq!((&failure["expectation"], &failure["found"]), (&json!(1), &json!(0)), "{missing}");
        let closest = failure["closest"]["differs"][0].as_str().unwrap();
        assert_eq!(closest, format!("the query is {0}=6, not {0}=9", dialect.size));
    }
    let wrong = server.call("POST", "/_emulator/journal/verify", &json!({"requests": [{"limit": 3}]}));
    assert_eq!(wrong.status, 400, "{}", wrong.text());
}

#[test]
fn the_archive_has_every_request_of_a_workspace() {
    let server = start();
    let mut sent = Vec::new();
    for (_, dialect) in pairs() {
        get(&server, dialect, "_other", "");
        let target = dialect.target(&format!("{}=5", dialect.size));
        sent.push((target.clone(), server.get(&target, &[&dialect.auth("")])));
    }
    let har = steer(&server, "GET", "/journal/har?workspace=ws_tests", Value::Null);
    assert_eq!(har["log"]["version"], "1.2");
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), sent.len());
    for (entry, (target, answer)) in entries.iter().zip(sent) {
        assert_eq!(entry["startedDateTime"], "2026-03-21T12:00:00Z");
        assert_eq!(entry["request"]["url"], format!("http://{}{target}", server.address));
        assert_eq!(entry["response"]["status"], answer.status);
        assert_eq!(entry["response"]["content"]["text"], answer.text());
        assert_eq!(entry["request"]["queryString"][0]["value"], "5");
    }
}

/// The body of a request as the journal has it, and whether there was more.
fn body_of_last(server: &Server) -> (Value, bool) {
    let entry = last(server);
    (entry["request_body"].clone(), entry["request_body_cut"].as_bool().unwrap())
}

#[test]
fn request_bodies_are_kept_and_long_ones_cut() {
    let server = start();
    for (_, dialect) in pairs() {
        let post = |head: &str, body: &[u8]| {
            let auth = dialect.auth("_off");
            let head = format!("PATCH {} HTTP/1.1\r\nHost: a\r\n{auth}\r\n{head}\r\n\r\n", dialect.target(""));
            server.send(&[head.as_bytes(), body].concat())
        };
        let text = r#"{"name": "größe"}"#;
        let answer = post(&format!("Content-Length: {}", text.len()), text.as_bytes());
        assert!(dialect.is_refusal(answer.text()), "{}", answer.text());
        assert_eq!(body_of_last(&server), (json!(text), false), "{}", dialect.name);
        post("Transfer-Encoding: chunked", b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        assert_eq!(body_of_last(&server), (json!("abcde"), false), "{}", dialect.name);
        post("Content-Length: 3", b"\xff\x00a");
        assert_eq!(body_of_last(&server), (json!({"base64": "/wBh"}), false), "{}", dialect.name);
        let long = "x".repeat(KEPT);
        post(&format!("Content-Length: {KEPT}"), long.as_bytes());
        assert_eq!(body_of_last(&server), (json!(long), false), "{}", dialect.name);
        post(&format!("Content-Length: {}", KEPT + 1), format!("{long}y").as_bytes());
        assert_eq!(body_of_last(&server), (json!(long), true), "{}", dialect.name);
    }
}

#[test]
fn a_body_that_never_comes_holds_no_answer_up() {
    let server = start();
    for (_, dialect) in pairs() {
        for (method, head) in
            [("GET", "Content-Length: 1000"), ("POST", "Content-Length: 1000"), ("GET", "Transfer-Encoding: chunked")]
        {
            let (target, auth) = (dialect.target(""), dialect.auth("_off"));
            let part = if head.starts_with("Transfer") { "3\r\nabc\r\n" } else { "abc" };
            let answer = server
                .send(format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{auth}\r\n{head}\r\n\r\n{part}").as_bytes());
            assert_eq!(dialect.is_page(answer.text()), method == "GET", "{}", answer.text());
            let cut = head.starts_with("Content");
            assert_eq!(body_of_last(&server), (json!("abc"), cut), "{} {method} {head}", dialect.name);
        }
    }
}

#[test]
fn an_answer_to_head_has_no_body() {
    let server = start();
    for (provider, dialect) in pairs().filter(|(provider, _)| provider.card().methods.has_head()) {
        let answer = server.request("HEAD", &dialect.target(""), &[&dialect.auth("")]);
        let entry = last(&server);
        assert_eq!((answer.status, &entry["method"]), (200, &json!("HEAD")), "{}", provider.card().name);
        assert_eq!((&entry["response_body"], &entry["response_body_length"]), (&json!(""), &json!(0)));
    }
}

#[test]
fn a_client_that_goes_away_before_its_answer_is_in_the_journal_without_one() {
    let server = start();
    for (_, dialect) in pairs() {
        let late = json!({"match": {"provider": dialect.name}, "effect": {"latency": {"fixed_ms": 600_000}}});
        let rule = format!("/faults/{}", steer(&server, "POST", "/faults", late)["id"]);
        let (target, auth) = (dialect.target(""), dialect.auth(""));
        let mut stream = TcpStream::connect(server.address).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: a\r\n{auth}\r\n\r\n").unwrap();
        // Of a request that nobody had begun to answer when its client left, there is no trace.
        while steer(&server, "GET", &rule, Value::Null)["fired"] == 0 {}
        drop(stream);
        let found = entries(&server, &format!("provider={}&wait_ms=20000", dialect.name)).pop().unwrap();
        assert_eq!((&found["status"], &found["response_body"]), (&Value::Null, &json!("")), "{found}");
        assert_eq!((&found["workspace"], &found["faults"]), (&json!("ws_tests"), &json!(["latency"])), "{found}");
        assert_eq!(found["why"], "the client went away before it was answered");
        assert!(is_masked(&found["key"], dialect.key), "{found}");
        let har = steer(&server, "GET", "/journal/har", Value::Null);
        assert_eq!(har["log"]["entries"].as_array().unwrap().last().unwrap()["response"]["status"], 0);
    }
}

#[test]
fn addresses_of_nobody_are_in_the_journal_too() {
    let server = start();
    for (target, status) in [("/nowhere", 404), ("/api/v1/assets?limit=5", 404), ("/", 404)] {
        let answer = server.get(target, &["Authorization: Bearer nobodys-key-0123456789"]);
        let entry = last(&server);
        assert_eq!((answer.status, &entry["status"]), (status, &json!(status)), "{target}");
        assert_eq!(
            (&entry["provider"], &entry["workspace"], &entry["key"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!((&entry["target"], &entry["why"]), (&json!(target), &json!("no provider owns this address")));
        assert!(!entry.to_string().contains("nobodys-key"), "{entry}");
    }
}

#[test]
fn a_workspace_takes_its_entries_with_it() {
    let server = start();
    let make = |id: &str| {
        let made = steer(&server, "POST", "/workspaces", json!({"id": id, "generate": {"count": 3}}));
        for (_, dialect) in pairs() {
            let key = made["keys"][dialect.name].as_str().unwrap();
            assert_eq!(server.list(dialect.name, key, "").status, 200);
        }
    };
    let count = |id: &str| entries(&server, &format!("workspace={id}")).len();
    make("ws_gone");
    make("ws_reset");
    make("ws_kept");
    steer(&server, "DELETE", "/workspaces/ws_gone", Value::Null);
    steer(&server, "POST", "/workspaces/ws_reset/reset", Value::Null);
    assert_eq!(["ws_reset", "ws_kept"].map(count), [0, 5]);
    assert_eq!(server.get("/_emulator/journal?workspace=ws_gone", &[]).status, 404);
    assert_eq!(steer(&server, "DELETE", "/journal?workspace=ws_kept", Value::Null), json!({"removed": 5}));
    assert_eq!(entries(&server, ""), Vec::<Value>::new());
    get(&server, dialects::of("xqr"), "", "");
    assert_eq!(last(&server)["seq"], 16, "numbers go on");
    assert_eq!(steer(&server, "DELETE", "/journal", Value::Null), json!({"removed": 1}));
}

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

/// The statuses of three requests to a program with these options, with this header, and its journal's entries and state.
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
    assert_eq!(ended(FAIL, lax.clone(), "limt=5", nothing).0, Some(0));
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
        "GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{auth}\r\nX-Emulator-Fault: {fault}\r\n\r\n"
    )
    .unwrap();
    let (mut whole, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut part) {
        whole.extend_from_slice(&part[..count]);
    }
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
    for _ in 0..2000 {
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
