//! Waiting for entries, filters, verdicts and the archive.

use super::*;

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
