//! How an entry is shown.

use super::*;

fn shown(exchange: JournalEntry) -> Value {
    let journal = Journal::default();
    journal.record(exchange);
    serde_json::to_value(EntryView::of(&journal.find(&Filter::default())[0])).unwrap()
}

#[test]
fn an_entry_is_shown_with_masked_secrets() {
    let refused = JournalEntry {
        status: Some(StatusCode::BAD_REQUEST),
        diagnostics: remarked(Diagnostics {
            why: Some("limit=500 is above the maximum 200".to_owned()),
            warnings: vec![Warning::Ignored { name: "page_limt".to_owned(), meant: None }],
            ..Diagnostics::default()
        }),
        response_body: Body::of(format!("you are {KEY}")),
        ..exchange("/xqr/api/v1/assets?limit=500")
    };
    assert_eq!(
        shown(refused),
        json!({
            "seq": 1, "at": NOON, "provider": "xqr", "operation": null, "workspace": "ws_a", "key": "xqr_pk_…cdef",
            "method": "GET", "target": "/xqr/api/v1/assets?limit=500", "http_version": "HTTP/1.1",
            "request_headers": [
                {"name": "host", "value": "localhost:4750"},
                {"name": "authorization", "value": "Bearer xqr_pk_…cdef"},
            ],
            "request_body": "", "request_body_cut": false, "status": 400,
            "response_headers": [{"name": "content-type", "value": "application/json"}],
            "response_body": "you are xqr_pk_…cdef", "response_body_cut": false, "response_body_length": 40,
            "response_body_sent": 40, "bodies_dropped": false,
            "duration_us": 210, "faults": [], "why": "limit=500 is above the maximum 200",
            "warnings": ["`page_limt` is ignored by this vendor"],
        })
    );
}

#[test]
fn a_body_is_shown_as_text_where_it_is_one() {
    let body = |body: Vec<u8>| shown(JournalEntry { request_body: Some(Box::new(Body::of(body))), ..exchange("/") });
    assert_eq!(body(vec![0xff, 0x00])["request_body"], json!({"base64": "/wA="}));
    let cut_in_a_character = body([&b"x".repeat(BODY_CAP - 1)[..], "ü".as_bytes()].concat());
    assert_eq!(cut_in_a_character["request_body"], "x".repeat(BODY_CAP - 1));
    assert_eq!(cut_in_a_character["request_body_cut"], true);
}

#[test]
fn an_exchange_is_one_line_in_the_log() {
    let refused = JournalEntry {
        workspace: Some("ws_demo".into()),
        key: Some(format!("xqr_pk_00000000.{}", "0".repeat(64)).into()),
        status: Some(StatusCode::BAD_REQUEST),
        diagnostics: remarked(Diagnostics {
            why: Some("limit=500 is above the maximum 200".to_owned()),
            ..Diagnostics::default()
        }),
        ..exchange("/xqr/api/v1/assets?limit=500")
    };
    assert_eq!(
        refused.to_string(),
        "xqr GET /xqr/api/v1/assets?limit=500 400 0.21ms ws_demo xqr_pk_…0000 — limit=500 is above the maximum 200"
    );
    let unknown = JournalEntry {
        provider: None,
        workspace: None,
        key: None,
        status: None,
        diagnostics: remarked(Diagnostics { faults: vec!["reset".to_owned()], ..Diagnostics::default() }),
        ..exchange(&format!("/{}", "x".repeat(1000)))
    };
    assert_eq!(unknown.to_string(), format!("- GET /{}… - 0.21ms - - [reset]", "x".repeat(239)));
}
