//! Expectations held against the journal.

use assetmock::journal::{Bounds, Exchange, Expectation, Expectations, Journal, Verdict};
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
        journal.record(Exchange { status, ..exchange(&format!("/xqr/api/v1/assets?limit=50&offset={offset}")) });
    }
    journal
}

fn verdict(json: Value) -> Verdict {
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
    journal.record(Exchange { method: Method::POST, key: None, provider: None, ..exchange("/nowhere") });
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

#[test]
fn a_verdict_over_a_journal_that_was_full_says_so() {
    let journal = Journal::new(Bounds { entries: 2, ..Bounds::default() });
    for _ in 0..5 {
        journal.record(exchange("/"));
    }
    let verdict = |json| journal.verify(&expectations(json));
    let said = verdict(json!({"requests": [{"method": "POST", "count": 0}]}));
    assert!(said.ok && said.incomplete.unwrap().contains("up to number 3"));
    assert_eq!(verdict(json!({"scope": {"after": 3}})).incomplete, None);
}

#[test]
fn expectations_say_what_they_cannot_read() {
    for (json, said) in [
        (json!({"requests": [{"metod": "GET"}]}), "unknown field `metod`"),
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
