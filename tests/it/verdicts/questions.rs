//! Questions that are refused.

use super::*;

#[test]
fn what_no_entry_can_have_is_refused_with_what_there_is() {
    let server = start();
    for (filter, at, said) in [
        (
            json!({"provider": "florra"}),
            "provider",
            "there is no provider `florra`; did you mean `flora`? There are `xqr`, `flora`, ",
        ),
        (json!({"provider": "acme"}), "provider", "there is no provider `acme`; there are `xqr`, `flora`, "),
        (
            json!({"fault": "rate_limitd"}),
            "fault",
            "there is no fault `rate_limitd`; did you mean `rate_limited`? There are `failure`, `paging`, ",
        ),
        (
            json!({"provider": "xqr", "fault": "insufficient_credits"}),
            "fault",
            "there is no fault `insufficient_credits`; there are ",
        ),
        (
            json!({"method": "FETCH"}),
            "method",
            "there is no method `FETCH`; there are `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`, `TRACE`, `CONNECT`, `TLS`",
        ),
    ] {
        let found = error(&post(&server, "journal/verify", &json!({"requests": [{"count": 1}, filter]})));
        assert_eq!((found.0, &*found.1), (400, &*format!("requests[1].{at}")), "{filter}: {}", found.2);
        assert!(found.2.starts_with(said), "{}", found.2);
        let found = error(&post(&server, "journal/verify", &json!({"scope": filter, "requests": [{"count": 1}]})));
        assert_eq!((found.0, &*found.1), (400, &*format!("scope.{at}")), "{filter}");
        for wait_ms in [0, 60_000] {
            let found = error(&post(&server, "journal/search", &json!({"filter": filter, "wait_ms": wait_ms})));
            assert_eq!((found.0, &*found.1), (400, &*format!("filter.{at}")), "{filter}");
        }
        let query: Vec<_> = filter
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
            .collect();
        let found = error(&server.get(&format!("/_emulator/journal?{}", query.join("&")), &[]));
        assert_eq!((found.0, &*found.1), (400, at), "{filter}");
    }
    let scoped = json!({"scope": {"provider": "xqr"}, "requests": [{"fault": "insufficient_credits", "count": 0}]});
    assert_eq!(error(&post(&server, "journal/verify", &scoped)).0, 400, "no fault of the scope's provider");
}

#[test]
fn a_status_that_cannot_be_is_refused() {
    let server = start();
    for status in
        [json!("9xx"), json!("1xx"), json!("0xx"), json!(42), json!(199), json!(1000), json!("1000"), json!(-1)]
    {
        let found = error(&post(&server, "journal/verify", &json!({"requests": [{"status": status, "count": 0}]})));
        assert_eq!(found.0, 400, "{status}");
        assert!(
            found.2.contains(
                "a status is a number such as 404, from 200 to 999, or a class such as `4xx`, from `2xx` to `5xx`"
            ),
            "{}",
            found.2
        );
    }
    for status in ["9xx", "42", "1000"] {
        let found = error(&server.get(&format!("/_emulator/journal?status={status}"), &[]));
        assert_eq!((found.0, &*found.1), (400, "status"), "{status}");
    }
    apply_fault(&server, dialects::of("flora"), "raw; status=999");
    assert_eq!(verify(&server, json!({"requests": [{"status": 999, "count": 1}], "only": true}))["ok"], true);
}

#[test]
fn expectations_that_ask_nothing_are_refused() {
    let server = start();
    for nothing in [
        json!({}),
        json!({"requests": []}),
        json!({"scope": {"workspace": "ws_tests"}, "in_order": true}),
        json!({"requests": [{"status": 404, "count": {}}, {"count": {"at_least": 0}}]}),
    ] {
        let found = error(&post(&server, "journal/verify", &nothing));
        assert_eq!((found.0, &*found.1), (400, "requests"), "{nothing}: {}", found.2);
    }
    assert_eq!(verify(&server, json!({"requests": [], "only": true})), json!({"ok": true}));
    assert_eq!(verify(&server, json!({"requests": [{"count": {"at_most": 0}}]})), json!({"ok": true}));
}

#[test]
fn a_workspace_that_is_not_there_is_not_found_unless_the_journal_knows_it() {
    let server = start();
    let dialect = dialects::of("konpro");
    let scope = |id: &str| json!({"scope": {"workspace": id}, "only": true});
    for body in [scope("ws_typo"), json!({"requests": [{"workspace": "ws_typo", "count": 0}]})] {
        let found = error(&post(&server, "journal/verify", &body));
        let said = "there is no workspace `ws_typo`; `GET /_emulator/workspaces` lists those there are";
        assert_eq!((found.0, &*found.1, &*found.2), (404, "ws_typo", said));
    }
    for target in
        ["journal?workspace=ws_typo", "journal?workspace=ws_typo&wait_ms=60000", "journal/har?workspace=ws_typo"]
    {
        assert_eq!(server.get(&format!("/_emulator/{target}"), &[]).status, 404, "{target}");
    }
    let search = json!({"filter": {"workspace": "ws_typo"}});
    assert_eq!(post(&server, "journal/search", &search).status, 404);
    // Restoring a snapshot takes a workspace away, but not what the journal has of it; deleting one takes both.
    assert_eq!(server.call("PUT", "/_emulator/snapshots/before", &json!({})).status, 200);
    let keys = post(&server, "workspaces", &json!({"id": "ws_later"})).json()["keys"].clone();
    server.get(&dialect.target(""), &[&format!("x-api-key: {}", keys["konpro"].as_str().unwrap())]);
    assert_eq!(post(&server, "snapshots/before/restore", &json!({})).status, 204);
    assert_eq!(
        verify(&server, json!({"scope": {"workspace": "ws_later"}, "requests": [{"count": 1}]})),
        json!({"ok": true})
    );
    let gone = server.call("DELETE", "/_emulator/workspaces/ws_tests", &Value::Null);
    assert_eq!((gone.status, post(&server, "journal/verify", &scope("ws_tests")).status), (204, 404));
    // Requests without a key that is known belong to their provider.
    server.get(&dialect.target(""), &["x-api-key: nobody"]);
    let keyless = json!({"scope": {"provider": "konpro", "status": 401}, "requests": [{"count": 1}], "only": true});
    assert_eq!(verify(&server, keyless), json!({"ok": true}));
}
