//! Expectations held against the journal.

use assetmock::emulator::journal::{Body, Bounds, Expectation, Expectations, Journal, JournalEntry, VerifyResult};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::journal::{KEY, exchange};

fn expectations(json: Value) -> Expectations {
    serde_json::from_value(json).unwrap()
}

/// A walk of three pages, the second of which failed at first.
fn walk() -> Journal {
    let journal = Journal::default();
    for (offset, status) in [(0, 200), (50, 503), (50, 200), (100, 200)] {
        let status = Some(StatusCode::from_u16(status).unwrap());
        journal.record(JournalEntry { status, ..exchange(&format!("/xqr/api/v1/assets?limit=50&offset={offset}")) });
    }
    journal
}

fn verdict(json: Value) -> VerifyResult {
    walk().verify(&expectations(json))
}

fn passes(json: Value) {
    let verdict = verdict(json);
    assert!(verdict.ok, "{verdict:#?}");
    assert_eq!(serde_json::to_value(verdict).unwrap(), json!({"ok": true}));
}

/// The only message of what does not pass.
fn message(json: Value) -> String {
    let verdict = verdict(json);
    assert!(!verdict.ok && verdict.failures.len() == 1, "{verdict:#?}");
    verdict.failures[0].message.clone()
}

#[test]
fn what_is_there_passes() {
    passes(json!({}));
    passes(json!({"requests": [{"path": "/api/v1/assets", "count": 4}], "only": true}));
    passes(json!({"requests": [{"status": "5xx"}, {"method": "POST", "count": 0}]}));
    passes(json!({"requests": [{"query": {"offset": "50"}, "count": {"at_least": 1, "at_most": 2}}]}));
    passes(json!({"scope": {"after": 2, "status": 200}, "requests": [{"count": {"at_most": 2}}], "only": true}));
    passes(json!({"scope": {"workspace": "ws_none"}, "only": true}));
}

#[test]
fn a_count_that_is_not_met_says_what_was_found() {
    assert_eq!(
        message(json!({"requests": [{"status": 200, "count": 4}]})),
        "expected exactly 4 with status 200, found 3"
    );
    assert_eq!(
        message(json!({"requests": [{"method": "GET", "count": {"at_most": 2}}]})),
        "expected at most 2 with method GET, found 4"
    );
    assert_eq!(
        message(json!({"scope": {"after": 4}, "requests": [{"count": {"at_least": 2, "at_most": 3}}]})),
        "expected from 2 to 3 of any kind, found 0"
    );
    let verdict = verdict(json!({"requests": [{"status": 404}, {"method": "GET", "count": 1}]}));
    assert_eq!(verdict.failures.iter().map(|failure| failure.expectation).collect::<Vec<_>>(), [Some(0), Some(1)]);
    assert_eq!((verdict.failures[1].found, &verdict.failures[1].seqs[..]), (4, &[1, 2, 3, 4][..]));
}

#[test]
fn the_closest_request_is_shown_with_everything_that_differs() {
    let journal = walk();
    journal.record(JournalEntry { method: Method::POST, key: None, provider: None, ..exchange("/nowhere") });
    let expected = expectations(json!({"requests": [{
        "method": "get", "path": "/api/v1/assets", "status": "4xx", "workspace": "ws_b", "provider": "xqr",
        "query": {"limit": "20", "cursor": "a"},
        "header": {"authorization": "Bearer sk_live_abcdefghijkl", "x-run": "1"},
        "key": "sk_live_abcdefghijkl", "fault": "reset", "warnings": true,
    }]}));
    let closest = journal.verify(&expected).failures.remove(0).closest.unwrap();
    assert_eq!(closest.seq, 4);
    assert_eq!(closest.line, "xqr GET /xqr/api/v1/assets?limit=50&offset=100 200 0.21ms ws_a xqr_pk_…cdef");
    assert_eq!(
        closest.differs,
        [
            "the workspace is ws_a, not ws_b",
            "the key is xqr_pk_…cdef, not sk_…ijkl",
            "the status is 200, not 4xx",
            "the fault is none, not reset",
            "the number of warnings is 0, not at least 1",
            "the query is without cursor, not cursor=a",
            "the query is limit=50, not limit=20",
            "the header is authorization: Bearer xqr_pk_…cdef, not authorization: Bearer sk_…ijkl",
            "the header is without x-run, not x-run: 1",
        ]
    );
}

#[test]
fn what_differs_is_a_sentence_for_the_other_fields_too() {
    let differs = |asked: Value| {
        let verdict = verdict(json!({"requests": [asked]}));
        verdict.failures[0].closest.clone().unwrap().differs
    };
    assert_eq!(differs(json!({"provider": "flora"})), ["the provider is xqr, not flora"]);
    assert_eq!(differs(json!({"method": "post"})), ["the method is GET, not POST"]);
    assert_eq!(differs(json!({"path": "/v1/*"})), ["the path is /xqr/api/v1/assets, not /v1/*"]);
}

#[test]
fn requests_in_another_order_than_expected_are_told() {
    let at = |offset: &str, count: Value| json!({"query": {"offset": offset}, "count": count});
    passes(json!({"requests": [at("0", json!(1)), at("50", json!(2)), at("100", json!(1))], "in_order": true}));
    passes(json!({"requests": [{"status": 503}, {"status": 200}, {"method": "PUT", "count": 0}], "in_order": true}));
    assert_eq!(
        message(json!({"requests": [at("100", json!(1)), at("50", json!({"at_least": 2}))], "in_order": true})),
        "expected at least 2 with query offset=50 after request 4, where those before it are met; 0 came later"
    );
    assert_eq!(
        message(json!({"requests": [{"status": 200, "count": {"at_least": 2}}, {"status": 503}], "in_order": true})),
        "expected at least 1 with status 503 after request 3, where those before it are met; 0 came later"
    );
}

#[test]
fn requests_that_nobody_expected_are_told() {
    let message = message(json!({"requests": [{"status": 200, "count": 3}], "only": true}));
    assert_eq!(
        message,
        "expected no other requests, found 1; the first is \
         xqr GET /xqr/api/v1/assets?limit=50&offset=50 503 0.21ms ws_a xqr_pk_…cdef"
    );
    assert!(!message.contains(KEY));
}

/// What is no longer there may have been what the expectation is about: such a verdict is never green.
#[test]
fn a_verdict_that_lost_entries_which_may_have_counted_is_not_ok() {
    let journal = Journal::new(Bounds { entries: 2, ..Bounds::default() });
    journal.record(JournalEntry { workspace: Some("ws_b".into()), ..exchange("/") });
    for _ in 0..4 {
        journal.record(exchange("/"));
    }
    let verdict = |json| journal.verify(&expectations(json));
    let whole =
        |json| verdict(json) == VerifyResult { ok: true, failures: Vec::new(), incomplete: None, unfired: Vec::new() };
    let said = verdict(json!({"requests": [{"method": "POST", "count": 0}]}));
    let why = said.incomplete.unwrap();
    assert!(!said.ok && why.contains("dropped 2 requests of the workspace `ws_a`, up to number 3, "), "{why}");
    let none = json!([{"method": "POST", "count": 0}]);
    assert!(!whole(json!({"scope": {"workspace": "ws_a"}, "requests": none})));
    assert!(!whole(json!({"scope": {"workspace": "ws_a", "after": 2}, "requests": none})));
    assert!(!whole(json!({"requests": [{"workspace": "ws_a", "method": "POST", "count": 0}]})));
    assert!(!whole(json!({"requests": [{"workspace": "ws_b"}], "only": true})));
    assert!(whole(json!({"scope": {"workspace": "ws_b"}, "requests": none})), "another's entries");
    assert!(whole(json!({"requests": [{"workspace": "ws_b"}]})));
    assert!(whole(json!({"scope": {"workspace": "ws_a", "after": 3}, "requests": none})));
    assert!(whole(json!({"requests": [{"after": 3, "method": "POST", "count": 0}]})));
    journal.clear(Some("ws_a"));
    assert!(whole(json!({"requests": none})), "what a test itself cleared is not lost");
    for _ in 0..4 {
        journal.record(exchange("/"));
        journal.record(JournalEntry { workspace: None, ..exchange("/") });
    }
    assert!(!whole(json!({"requests": none})));
    journal.clear(None);
    assert!(whole(json!({"requests": none})), "nor is what it cleared with everything else");
}

#[test]
fn requests_without_a_key_that_is_known_matter_to_their_provider_alone() {
    let journal = Journal::new(Bounds { entries: 1, ..Bounds::default() });
    for provider in [Some("xqr"), Some("xqr"), None, None] {
        journal.record(JournalEntry { workspace: None, provider, ..exchange("/") });
    }
    let why = |scope: Value| journal.verify(&expectations(json!({"scope": scope, "only": true}))).incomplete;
    assert!(why(json!({"provider": "xqr"})).unwrap().contains("1 requests to `xqr` without a key that is known"));
    assert!(why(json!({})).unwrap().contains("1 requests that no provider claims"));
    assert_eq!(why(json!({"provider": "flora"})), None);
    assert_eq!(why(json!({"workspace": "ws_a"})), None);
    let asked = |provider: &str| json!({"requests": [{"provider": provider, "count": 0}]});
    assert!(journal.verify(&expectations(asked("xqr"))).incomplete.is_some());
    assert_eq!(journal.verify(&expectations(asked("flora"))).incomplete, None, "what one expectation asks counts");
}

#[test]
fn a_journal_that_is_off_proves_nothing() {
    let journal = Journal::new(Bounds { entries: 0, ..Bounds::default() });
    let verdict = journal.verify(&expectations(json!({"requests": [{"status": "5xx", "count": 0}]})));
    assert!(!verdict.ok && verdict.incomplete.unwrap().contains("the journal is off"));
}

/// Fifty large pages are longer than all bodies that are kept.
#[test]
fn a_long_walk_verifies_itself() {
    let journal = Journal::new(Bounds { bytes: 1 << 20, ..Bounds::default() });
    for page in 0..50 {
        let response_body = Body::of(vec![b'x'; 200_000]);
        journal
            .record(JournalEntry { response_body, ..exchange(&format!("/xqr/api/v1/assets?offset={}", page * 100)) });
    }
    let first = json!({"query": {"offset": "0"}, "count": 1});
    let verdict = journal.verify(&expectations(json!({"requests": [first, {"count": 50}]})));
    assert_eq!(serde_json::to_value(verdict).unwrap(), json!({"ok": true}));
    assert_eq!(journal.stats(None).bodies_dropped, 34);
}

#[test]
fn expectations_say_what_they_cannot_read() {
    for (json, said) in [
        (json!({"requests": [{"metod": "GET"}]}), "unknown field `metod`, expected one of `"),
        (json!({"requests": [{"metod": "GET"}]}), "`count`"),
        (json!({"requests": [{"metod": "GET"}]}), "`method`"),
        (json!({"requests": [{"limit": 3}]}), "send `count`"),
        (json!({"requests": [{"count": "3"}]}), "a count is a number or"),
        (json!({"requests": [{"count": {"least": 3}}]}), "a count is a number or"),
        (json!({"scope": {"count": 3}}), "unknown field `count`"),
        (json!({"request": []}), "unknown field `request`"),
    ] {
        let error = serde_json::from_value::<Expectations>(json.clone()).unwrap_err().to_string();
        assert!(error.contains(said), "{json}: {error}");
    }
    let schema = serde_json::to_value(schemars::schema_for!(Expectation)).unwrap();
    let fields = &schema["properties"];
    assert!(fields["count"].is_object() && fields["method"].is_object() && fields["limit"].is_null(), "{schema:#}");
}
