//! The journal as an HTTP archive: the fields that HAR 1.2 requires, and what a reader finds in them.

use assetmock::emulator::journal::{BODY_CAP, Body, Diagnostics, Filter, Har, Journal, JournalEntry};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::journal::{exchange, remarked};
use crate::support::{NOON, heads};

fn har(exchanges: Vec<JournalEntry>) -> Value {
    let journal = Journal::default();
    for exchange in exchanges {
        journal.record(exchange);
    }
    let entries = journal.find(&Filter::default());
    serde_json::to_value(Har::of(&entries)).unwrap()
}

/// What the specification does not call optional, object by object, with the kind of each field.
const REQUIRED: &[(&str, &[(&str, &str)])] = &[
    ("/log", &[("version", "text"), ("creator", "object"), ("entries", "list")]),
    ("/log/creator", &[("name", "text"), ("version", "text")]),
    (
        "/log/entries/*",
        &[
            ("startedDateTime", "text"),
            ("time", "number"),
            ("request", "object"),
            ("response", "object"),
            ("cache", "object"),
            ("timings", "object"),
        ],
    ),
    (
        "/log/entries/*/request",
        &[
            ("method", "text"),
            ("url", "text"),
            ("httpVersion", "text"),
            ("cookies", "list"),
            ("headers", "list"),
            ("queryString", "list"),
            ("headersSize", "number"),
            ("bodySize", "number"),
        ],
    ),
    ("/log/entries/*/request/headers/*", &[("name", "text"), ("value", "text")]),
    ("/log/entries/*/request/queryString/*", &[("name", "text"), ("value", "text")]),
    ("/log/entries/1/request/postData", &[("mimeType", "text"), ("text", "text")]),
    (
        "/log/entries/*/response",
        &[
            ("status", "number"),
            ("statusText", "text"),
            ("httpVersion", "text"),
            ("cookies", "list"),
            ("headers", "list"),
            ("content", "object"),
            ("redirectURL", "text"),
            ("headersSize", "number"),
            ("bodySize", "number"),
        ],
    ),
    ("/log/entries/*/response/headers/*", &[("name", "text"), ("value", "text")]),
    ("/log/entries/*/response/content", &[("size", "number"), ("mimeType", "text")]),
    ("/log/entries/*/timings", &[("send", "number"), ("wait", "number"), ("receive", "number")]),
];

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "flag",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// The values at a path in which `*` stands for every item.
fn all_at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    path.split('/').skip(1).fold(vec![value], |found, step| match step {
        "*" => found.into_iter().flat_map(|value| value.as_array().unwrap()).collect(),
        step => found.into_iter().map(|value| value.pointer(&format!("/{step}")).unwrap()).collect(),
    })
}

fn various() -> Vec<JournalEntry> {
    vec![
        exchange("/xqr/api/v1/assets?limit=5&name=a%20b"),
        JournalEntry {
            heads: heads("http://xqr.co/api/v1/assets", &[("content-type", "text/plain")], &[("location", "/there")]),
            request_body: Some(Box::new(Body::of("hello"))),
            response_body: Body::of(vec![0xff; BODY_CAP + 1]),
            status: Some(StatusCode::TEMPORARY_REDIRECT),
            diagnostics: remarked(Diagnostics { why: Some("because".to_owned()), ..Diagnostics::default() }),
            ..exchange("http://xqr.co/api/v1/assets")
        },
        JournalEntry { status: None, provider: None, workspace: None, key: None, ..exchange("/") },
    ]
}

#[test]
fn every_field_that_the_format_requires_is_there() {
    let har = har(various());
    assert_eq!(har["log"]["version"], "1.2");
    for (path, fields) in REQUIRED {
        let objects = all_at(&har, path);
        assert!(!objects.is_empty(), "{path} is never there");
        for object in objects {
            for (field, expected) in *fields {
                assert_eq!(kind(&object[field]), *expected, "{path}/{field} of {object}");
            }
        }
    }
}

#[test]
fn an_archive_tells_what_was_asked_and_answered() {
    let har = har(various());
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries[0]["startedDateTime"], NOON);
    assert_eq!(entries[0]["time"], 0.21);
    assert_eq!(entries[0]["request"]["url"], "http://localhost:4750/xqr/api/v1/assets?limit=5&name=a%20b");
    assert_eq!(
        entries[0]["request"]["queryString"],
        json!([{"name": "limit", "value": "5"}, {"name": "name", "value": "a b"}])
    );
    assert_eq!(entries[0]["request"]["postData"], Value::Null);
    assert_eq!(entries[0]["response"]["content"], json!({"size": 2, "mimeType": "application/json", "text": "{}"}));
    assert_eq!(entries[1]["request"]["url"], "http://xqr.co/api/v1/assets");
    assert_eq!(entries[1]["request"]["postData"], json!({"mimeType": "text/plain", "text": "hello"}));
    assert_eq!(entries[1]["response"]["redirectURL"], "/there");
    assert_eq!(entries[1]["response"]["statusText"], "Temporary Redirect");
    assert_eq!(entries[1]["response"]["content"]["encoding"], "base64");
    assert_eq!(entries[1]["response"]["content"]["comment"], "the first 65536 of 65537 bytes");
    assert_eq!(entries[1]["comment"], "because");
    assert_eq!(entries[2]["response"]["status"], 0);
}
