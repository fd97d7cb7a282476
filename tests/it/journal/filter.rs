//! What filters choose, and what they refuse.

use super::*;

#[test]
fn every_field_of_a_filter_narrows() {
    let journal = Journal::default();
    journal.record(exchange("/xqr/api/v1/assets?limit=5&name=a%20b&limit=6"));
    journal.record(JournalEntry {
        provider: Some("flora"),
        workspace: Some("ws_b".into()),
        key: Some("sk_other".into()),
        method: Method::POST,
        status: Some(StatusCode::NOT_FOUND),
        heads: heads("/api/v1/b%C3%BCrste", &[("x-run", "7"), ("x-run", "8")], &[]),
        diagnostics: remarked(Diagnostics {
            faults: vec!["server_error".to_owned()],
            warnings: vec![Warning::Empty { name: "query" }],
            ..Diagnostics::default()
        }),
        ..exchange("/api/v1/b%C3%BCrste")
    });
    journal.record(JournalEntry { provider: None, workspace: None, key: None, status: None, ..exchange("/elsewhere") });
    for (asked, expected) in [
        (json!({}), &[1, 2, 3][..]),
        (json!({"provider": "flora"}), &[2]),
        (json!({"workspace": "ws_a"}), &[1]),
        (json!({"key": KEY}), &[1]),
        (json!({"key": &KEY[..12]}), &[]),
        (json!({"method": "post"}), &[2]),
        (json!({"status": 404}), &[2]),
        (json!({"status": "404"}), &[2]),
        (json!({"status": "2xx"}), &[1]),
        (json!({"path": "/xqr/api/v1/assets"}), &[1]),
        (json!({"path": "/api/v1/assets"}), &[1]),
        (json!({"path": "/api/v1/asset"}), &[]),
        (json!({"path": "/api/v1/*"}), &[1, 2]),
        (json!({"path": "/api/v1/bürste"}), &[2]),
        (json!({"query": {"limit": "6"}}), &[1]),
        (json!({"query": {"limit": "5", "name": "a b"}}), &[1]),
        (json!({"query": {"limit": "7"}}), &[]),
        (json!({"header": {"X-Run": "8"}}), &[2]),
        (json!({"header": {"not a name": "8"}}), &[]),
        (json!({"after": 1}), &[2, 3]),
        (json!({"fault": "server_error"}), &[2]),
        (json!({"warnings": true}), &[2]),
        (json!({"warnings": false}), &[1, 3]),
        (json!({"provider": "xqr", "status": "4xx"}), &[]),
    ] {
        assert_eq!(seqs(&journal.find(&filter(asked.clone()))), expected, "{asked}");
    }
}

#[test]
fn a_limit_leaves_the_newest_or_those_right_after_a_number() {
    let journal = Journal::default();
    for _ in 0..9 {
        journal.record(exchange("/"));
    }
    assert_eq!(seqs(&journal.find(&filter(json!({"limit": 2})))), [8, 9]);
    assert_eq!(seqs(&journal.find(&filter(json!({"limit": 2, "after": 3})))), [4, 5]);
    assert!(journal.find(&filter(json!({"after": 9}))).is_empty());
}

#[test]
fn the_schema_of_a_filter_is_as_strict_as_its_reader() {
    let schema = serde_json::to_value(schemars::schema_for!(Filter)).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    let status = &schema["$defs"]["StatusFilter"]["anyOf"];
    assert_eq!((&status[0]["minimum"], &status[0]["maximum"]), (&json!(200), &json!(999)), "{schema:#}");
    assert_eq!(status[1]["pattern"], "^([2-9][0-9][0-9]|[2-5]xx)$");
}

#[test]
fn a_filter_says_what_it_cannot_read() {
    for (json, said) in [
        (json!({"metod": "GET"}), "unknown field `metod`"),
        (json!({"status": "4x"}), "a class such as `4xx`"),
        (json!({"status": 99}), "a class such as `4xx`"),
        (json!({"status": true}), "a class such as `4xx`"),
    ] {
        let error = serde_json::from_value::<Filter>(json.clone()).unwrap_err().to_string();
        assert!(error.contains(said), "{json}: {error}");
    }
}
