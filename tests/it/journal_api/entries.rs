//! What an entry says: its answer, the reason of a refusal, warnings, headers of an explanation.

use super::*;

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

#[test]
fn a_paging_fault_in_the_header_applies_only_to_a_page_that_it_can_change() {
    let server = start();
    let flora = dialects::of("flora");
    let header = "X-Emulator-Fault: paging; fault=insert";
    let first = get(&server, flora, "", "limit=5");
    let asset = format!("/flora/api/v1/assets/{}", first.json()["assets"][0]["asset_id"].as_str().unwrap());
    let next = format!("limit=5&{}", (flora.next)(&first.json(), 5, 5).unwrap());
    for (target, faults) in
        [(asset, json!([])), (flora.target("limit=5"), json!([])), (flora.target(&next), json!(["insert"]))]
    {
        assert_eq!(server.get(&target, &[&flora.auth(""), header]).status, 200, "{target}");
        assert_eq!(last(&server)["faults"], faults, "{target}");
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
