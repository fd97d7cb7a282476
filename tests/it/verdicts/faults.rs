//! Faults that applied, and faults that never did.

use super::*;

#[test]
fn a_fault_can_be_asked_for_by_its_name_and_by_its_kind() {
    let server = start();
    let dialect = dialects::of("flora");
    apply_fault(&server, dialect, "rate_limited");
    apply_fault(&server, dialect, "unavailable");
    apply_fault(&server, dialect, "empty");
    let rule = json!({"match": {"provider": "flora"}, "effect": {"paging": "insert"}});
    assert_eq!(post(&server, "faults", &rule).status, 201);
    server.get(&dialect.target("limit=1&cursor=eyJvZmZzZXQiOjF9"), &[&dialect.auth("")]);
    for (fault, count) in [
        ("failure", 2),
        ("rate_limited", 1),
        ("paging", 1),
        ("insert", 1),
        ("remove", 0),
        ("empty", 1),
        ("truncate", 0),
    ] {
        let expected = json!({"scope": {"provider": "flora"}, "requests": [{"fault": fault, "count": count}]});
        assert_eq!(verify(&server, expected), json!({"ok": true}), "{fault}");
        let listed = server.get(&format!("/_emulator/journal?fault={fault}"), &[]).json();
        assert_eq!(listed["entries"].as_array().unwrap().len(), count, "{fault}");
    }
}

/// Sets up a rule and gives its number.
fn set_up(server: &Server, rule: Value) -> u64 {
    let answer = post(server, "faults", &rule);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_u64().unwrap()
}

/// The numbers of the rules of this scope that have not applied, with what is known of why.
fn unfired(server: &Server, scope: Value) -> Vec<(u64, String)> {
    let verdict = verify(server, json!({"scope": scope, "faults": "all_fired"}));
    let rules = verdict["unfired"].as_array().cloned().unwrap_or_default();
    assert_eq!((verdict["ok"].as_bool(), &verdict["failures"]), (Some(rules.is_empty()), &Value::Null), "{verdict}");
    let told = |rule: &Value| (rule["id"].as_u64().unwrap(), rule["message"].as_str().unwrap().to_owned());
    rules.iter().map(told).collect()
}

#[test]
fn faults_that_never_applied_are_told_with_what_is_known_of_why() {
    let server = start();
    let dialect = dialects::of("flora");
    let scope = json!({"workspace": "ws_tests"});
    let rule = |effect: Value, trigger: Value| {
        set_up(&server, json!({"match": {"workspace": "ws_tests"}, "effect": effect, "trigger": trigger}))
    };
    assert_eq!(unfired(&server, scope.clone()), []);
    let late = json!({"latency": {"fixed_ms": 0}});
    let fired = rule(late.clone(), json!("always"));
    let third = rule(late.clone(), json!({"every": 3}));
    let rare = rule(late.clone(), json!({"probability": 1e-12}));
    let paging = rule(json!({"paging": "insert"}), json!({"next": 1}));
    let timed = set_up(
        &server,
        json!({"match": {"workspace": "ws_tests"}, "effect": "empty", "trigger": {"after": 9}, "for_seconds": 5}),
    );
    let none = "no request matched it".to_owned();
    let no_page = "no request for a page after the first matched it".to_owned();
    let told =
        [(fired, none.clone()), (third, none.clone()), (rare, none.clone()), (paging, no_page.clone()), (timed, none)];
    assert_eq!(unfired(&server, scope.clone()), told);
    server.get(&dialect.target(""), &[&dialect.auth("")]);
    let told = [
        (third, "1 request matched it, and its trigger needs 2 more".to_owned()),
        (rare, "1 request matched it, and none was drawn with the probability 0.000000000001".to_owned()),
        (paging, no_page),
        (timed, "1 request matched it, and its trigger needs 9 more".to_owned()),
    ];
    assert_eq!(unfired(&server, scope.clone()), told);
    assert_eq!(post(&server, "clock", &json!({"step_seconds": 5})).status, 200);
    let ended = "1 request matched it, and its trigger needs 9 more before it ended at 2026-03-21T12:00:05Z".to_owned();
    assert_eq!(unfired(&server, scope.clone()).pop(), Some((timed, ended)));
    server.call("DELETE", &format!("/_emulator/faults/{rare}"), &Value::Null);
    server.call("DELETE", &format!("/_emulator/faults/{timed}"), &Value::Null);
    server.get(&dialect.target("limit=1&cursor=eyJvZmZzZXQiOjF9"), &[&dialect.auth("")]);
    server.get(&dialect.target(""), &[&dialect.auth("")]);
    assert_eq!(unfired(&server, scope.clone()), [], "all have applied, one as often as it could");
    // Once the journal is cleared, a test begins anew; what is spent is not in force any more.
    server.call("DELETE", "/_emulator/journal?workspace=ws_tests", &Value::Null);
    let numbers = |told: Vec<(u64, String)>| told.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(numbers(unfired(&server, scope.clone())), [fired, third]);
    server.call("POST", "/_emulator/workspaces/ws_tests/reset", &Value::Null);
    assert_eq!(unfired(&server, scope), []);
}

#[test]
fn a_scope_has_the_faults_that_can_apply_to_its_requests() {
    let server = start();
    let dialect = dialects::of("konpro");
    let rule = |matches: Value| set_up(&server, json!({"match": matches, "effect": "empty"}));
    let [own, other] = ["ws_tests", "ws_other"].map(|id| rule(json!({"workspace": id, "provider": "konpro"})));
    let everywhere = rule(json!({}));
    let [key, other_key] = ["", "_other"].map(|ending| rule(json!({"key": format!("{}{ending}", dialect.key)})));
    let flora = rule(json!({"provider": "flora"}));
    for (scope, expected) in [
        (json!({}), vec![own, other, everywhere, key, other_key, flora]),
        (json!({"workspace": "ws_tests"}), vec![own, everywhere, key, flora]),
        (json!({"workspace": "ws_other"}), vec![other, everywhere, other_key, flora]),
        (json!({"workspace": "ws_tests", "provider": "konpro"}), vec![own, everywhere, key]),
        (json!({"key": dialect.key}), vec![own, everywhere, key]),
        (json!({"key": dialect.key, "workspace": "ws_other"}), vec![]),
        (json!({"provider": "flora"}), vec![everywhere, flora]),
        (json!({"key": "konpro_nobody"}), vec![everywhere, flora]),
    ] {
        let told: Vec<_> = unfired(&server, scope.clone()).into_iter().map(|(id, _)| id).collect();
        assert_eq!(told, expected, "{scope}");
    }
    let both = verify(&server, json!({"requests": [{"status": 404}], "faults": "all_fired"}));
    assert_eq!((&both["ok"], both["failures"].as_array().unwrap().len()), (&json!(false), 1));
    assert_eq!(both["unfired"][0], json!({"id": own, "fault": "empty", "message": "no request matched it"}));
    let wrong = error(&post(&server, "journal/verify", &json!({"faults": "some_fired"})));
    assert_eq!((wrong.0, &*wrong.1), (400, "faults"), "{}", wrong.2);
}

/// What is said of a rule when it is made, and when it is listed.
fn warned(server: &Server, rule: Value) -> Option<String> {
    let answer = post(server, "faults", &rule);
    assert_eq!(answer.status, 201, "{rule}: {}", answer.text());
    let made = answer.json();
    let one = server.get(&format!("/_emulator/faults/{}", made["id"]), &[]).json();
    let all = server.get("/_emulator/faults", &[]).json()["faults"].as_array().unwrap().clone();
    assert_eq!((&made, Some(&made)), (&one, all.last()));
    made["warning"].as_str().map(str::to_owned)
}

#[test]
fn a_rule_that_can_never_apply_says_so() {
    let server = start();
    let effect = json!({"failure": "unavailable"});
    for (matches, effect, said) in [
        (
            json!({"provider": "flora", "path": "/v1/assets"}),
            effect.clone(),
            "FLORA has no route that the rule matches; `assetmock providers flora` lists them",
        ),
        (
            json!({"provider": "flora", "path": "/flora/api/v1/assets"}),
            effect.clone(),
            "FLORA has no route that the rule matches; leave the prefix `/flora` out of `match.path`; `assetmock providers flora` lists them",
        ),
        (
            json!({"provider": "konpro", "path": "/v1/asset/list", "method": "POST"}),
            effect.clone(),
            "KonPro has no route that the rule matches; `assetmock providers konpro` lists them",
        ),
        (
            json!({"provider": "flora", "query": {"limt": "5"}}),
            effect.clone(),
            "FLORA has no parameter `limt`, and the rule matches only requests with it; did you mean `limit`?",
        ),
        (
            json!({"provider": "flora", "query": {"cursor": null}}),
            json!({"paging": "repeat"}),
            "it strikes pages after the first, and `match.query` asks FLORA for the first",
        ),
        (
            json!({"provider": "xqr", "query": {"offset": "0"}}),
            json!({"paging": "repeat"}),
            "it strikes pages after the first, and `match.query` asks xQR for the first",
        ),
        (
            json!({"workspace": "ws_tests", "key": "konpro_nobody"}),
            effect.clone(),
            "the workspace has no such key for xQR, and the rule matches only requests with one of its keys; ",
        ),
    ] {
        let warning = warned(&server, json!({"match": matches, "effect": effect})).unwrap_or_default();
        assert!(warning.starts_with(said), "{matches}: {warning}");
    }
    let paging = json!({"paging": "repeat"});
    for matches in [json!({"operation": "get_asset"}), json!({"path": "/api/v1/projects"})] {
        let mut matches = matches;
        matches["provider"] = json!("flora");
        let warning = warned(&server, json!({"match": matches, "effect": paging})).unwrap_or_default();
        assert_eq!(warning, "only `list_assets` of FLORA has faults of paging, and the rule matches other routes");
    }
    for (provider, matches) in [
        ("piktid", json!({"operation": "list_assets", "method": "OPTIONS"})),
        ("flora", json!({"operation": "upload_asset", "method": "HEAD"})),
    ] {
        let mut matches = matches;
        matches["provider"] = json!(provider);
        let warning = warned(&server, json!({"match": matches, "effect": effect.clone()})).unwrap_or_default();
        assert!(warning.contains("has no route that the rule matches"), "{matches}: {warning}");
    }
    for (matches, effect) in [
        (json!({}), effect.clone()),
        (json!({"provider": "flora", "path": "/api/v1/assets/asset_1/*"}), effect.clone()),
        (json!({"provider": "konpro", "path": "/v1/folders/f1/*"}), effect.clone()),
        (
            json!({"provider": "twelvelabs", "operation": "get_transcription", "query": {"include": "words"}}),
            effect.clone(),
        ),
        (json!({"provider": "xqr", "method": "HEAD"}), effect.clone()),
        (json!({"path": "/v1/asset/list"}), effect.clone()),
        (json!({"provider": "konpro", "path": "/v1/*", "method": "get"}), effect.clone()),
        (json!({"provider": "flora", "query": {"limit": "5", "limt": null}}), effect.clone()),
        (json!({"provider": "flora", "query": {"cursor": "eyJvZmZzZXQiOjF9"}}), json!({"paging": "repeat"})),
        (json!({"provider": "flora", "query": {"cursor": null}}), json!({"paging": "empty_page"})),
        (json!({"provider": "flora", "method": "POST", "path": "/api/v1/uploads"}), json!({"raw": {"status": 201}})),
        (json!({"workspace": "ws_tests"}), effect),
    ] {
        assert_eq!(warned(&server, json!({"match": matches, "effect": effect})), None, "{matches}");
    }
}

#[test]
fn a_rule_with_a_key_for_requests_that_carry_none_says_so() {
    let server = start();
    let [unavailable, failed] = [json!({"failure": "unavailable"}), json!({"raw": {"status": 503}})];
    let signed = "requests to xQR's signed URLs carry no key";
    for (matches, said) in [
        (json!({"provider": "xqr", "operation": "put_upload", "key": "k"}), signed),
        (json!({"provider": "xqr", "path": "/_uploads/*", "key": "k"}), signed),
        (json!({"operation": "post_upload", "provider": "flora", "key": "k"}), "requests to FLORA's signed URLs carry"),
        (json!({"provider": "piktid", "operation": "log_in", "key": "k"}), "this route of PiktID needs no key"),
        (
            json!({"provider": "piktid", "operation": "log_in", "workspace": "ws_tests"}),
            "this route of PiktID needs no",
        ),
    ] {
        for effect in [&unavailable, &failed] {
            let warning = warned(&server, json!({"match": matches, "effect": effect})).unwrap_or_default();
            assert!(warning.starts_with(said), "{matches}: {warning}");
        }
    }
    for matches in [
        json!({"provider": "xqr", "operation": "put_upload", "workspace": "ws_tests"}),
        json!({"provider": "xqr", "operation": "confirm_upload", "key": "k"}),
        json!({"provider": "xqr", "key": "k", "path": "/*"}),
        json!({"operation": "put_upload"}),
        json!({"operation": "log_in"}),
    ] {
        assert_eq!(warned(&server, json!({"match": matches, "effect": unavailable})), None, "{matches}");
    }
}

#[test]
fn a_rule_that_damages_bodies_where_there_are_none_says_so() {
    let server = start();
    let of = |matches: Value, effect: &Value| warned(&server, json!({"match": matches, "effect": effect}));
    for effect in [
        json!("malformed_json"),
        json!({"truncate": {"bytes": 3}}),
        json!({"trickle": {"chunk_bytes": 3, "pause_ms": 1}}),
    ] {
        let head = of(json!({"provider": "flora", "method": "head"}), &effect).unwrap_or_default();
        assert_eq!(head, "it changes a body, and FLORA's answers to HEAD have none");
        for (provider, operation) in [("xqr", "delete_asset"), ("twelvelabs", "upload_chunk"), ("flora", "post_upload")]
        {
            let warning = of(json!({"provider": provider, "operation": operation}), &effect).unwrap_or_default();
            assert!(warning.ends_with("without one, unless it refuses"), "{operation}: {warning}");
        }
        assert_eq!(of(json!({"provider": "konpro", "operation": "delete_asset"}), &effect), None, "it has a body");
        assert_eq!(of(json!({"provider": "xqr", "path": "/api/v1/assets/*"}), &effect), None);
    }
    assert_eq!(of(json!({"provider": "xqr", "operation": "delete_asset"}), &json!("empty")), None);
}

#[test]
fn a_workspace_without_a_key_or_a_second_page_is_told() {
    let server = start();
    let assets = |count: usize| {
        vec![json!({"name": "a.png", "mime_type": "image/png", "created_at": "2026-03-21T11:00:00Z"}); count]
    };
    let fixture = |count: usize, keys: Value| {
        let workspace = json!({"id": format!("ws_{count}"), "keys": keys, "assets": assets(count)});
        let body = json!({"fixture": {"workspaces": [workspace]}, "id": format!("ws_{count}")});
        let made = post(&server, "workspaces", &body);
        assert_eq!(made.status, 201, "{}", made.text());
        assert_eq!(made.json()["listed"]["flora"], count, "{}", made.text());
        made.json()["keys"]["konpro"].as_str().unwrap().to_owned()
    };
    let [konpro, ..] =
        [1, 3, 21].map(|count| fixture(count, json!([{"provider": "flora", "key": format!("sk_test_{count}")}])));
    let paging = |workspace: &str, query: Value| json!({"match": {"workspace": workspace, "provider": "flora", "query": query}, "effect": {"paging": "insert"}});
    let one = "FLORA lists 1 asset of this workspace: there is no page after the first, which it would strike";
    assert_eq!(warned(&server, paging("ws_1", json!({}))).as_deref(), Some(one));
    let three = "FLORA lists 3 assets of this workspace, on one page of up to 20: there is none after it, which it would \
                 strike, unless the client asks for smaller pages";
    assert_eq!(warned(&server, paging("ws_3", json!({}))).as_deref(), Some(three));
    assert_eq!(warned(&server, paging("ws_3", json!({"limit": "1"}))), None);
    assert_eq!(warned(&server, paging("ws_21", json!({}))), None);
    let no_key = json!({"match": {"workspace": "ws_1", "provider": "konpro"}, "effect": "empty"});
    let said = "the workspace has no key for KonPro, and the rule matches only requests with one of its keys";
    assert_eq!(warned(&server, no_key.clone()), None);
    let removed = server.call("DELETE", &format!("/_emulator/workspaces/ws_1/keys/{konpro}"), &Value::Null);
    assert_eq!(removed.status, 204, "{}", removed.text());
    assert_eq!(warned(&server, no_key).as_deref(), Some(said));
    // A rule of which it is not true any more says nothing.
    let id = set_up(&server, paging("ws_3", json!({})));
    server.get("/flora/api/v1/assets?limit=1&cursor=eyJvZmZzZXQiOjF9", &["Authorization: Bearer sk_test_3"]);
    let listed = server.get(&format!("/_emulator/faults/{id}"), &[]).json();
    assert_eq!((&listed["fired"], &listed["warning"]), (&json!(1), &Value::Null));
}

#[test]
fn the_log_has_the_warning_about_a_rule() {
    let server = Running::start(&["--fixture", "empty", "--log-level", "warn"]);
    let rule = json!({"match": {"provider": "flora", "query": {"limt": "5"}}, "effect": "empty"});
    server.connect().steer("POST", "faults", &rule.to_string());
    let log = String::from_utf8(server.stop().stderr).unwrap();
    assert!(
        log.contains("WARN") && log.contains("fault 1 will not strike as things are: FLORA has no parameter"),
        "{log}"
    );
}
