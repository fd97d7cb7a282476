//! No way of showing an entry tells a key, wherever in the request or the answer it stands and however it is spelled.

use assetmock::contract::failure::Failure;
use assetmock::contract::query::{Location, Problem, Violation};
use assetmock::contract::quota::Counts;
use assetmock::contract::signer::SignatureProblem;
use assetmock::emulator::explain::{RefusalFacts, why};
use assetmock::emulator::faults::NeverFired;
use assetmock::emulator::journal::{Body, Diagnostics, EntryView, Filter, Har, Journal, JournalEntry};
use assetmock::emulator::summary::Summary;
use assetmock::emulator::warning::Warning;
use assetmock::library::key::Key;
use assetmock::library::model::Status;
use assetmock::library::upload_session::UploadStatus;
use assetmock::providers;
use axum::http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};

use crate::journal::{exchange, remarked};
use crate::support::{Server, headers, heads};

/// Keys in the vendors' shapes and in others, with every character that a header can hold.
fn keys() -> impl Strategy<Value = String> {
    prop_oneof![
        "(xqr_pk_|sk_live_|tlk_|piktid_|konpro_)[A-Za-z0-9._-]{3,70}",
        "[A-Z0-9]{8,20}",
        "K[!-~]{7,40}Z",
        "K[ -~]{7,40}Z",
        "0{8,30}", // what a mask leaves of it can be part of the next one
        "(A_){8,12}",
    ]
}

/// How a client or a vendor may spell a key.
fn spellings(key: &str) -> Vec<String> {
    let json = serde_json::to_string(key).unwrap();
    let percent = utf8_percent_encode(key, NON_ALPHANUMERIC).to_string();
    vec![
        percent,
        form_urlencoded::byte_serialize(key.as_bytes()).collect(),
        key.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        json[1..json.len() - 1].to_owned(),
        key.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
        key.repeat(3),
        key[..key.len() - 1].repeat(2) + key,
    ]
}

/// A request that has the key wherever one can be.
fn leaky(key: &str) -> JournalEntry {
    let everywhere = format!("<{key}>{}", spellings(key).join("|"));
    let percent = utf8_percent_encode(key, NON_ALPHANUMERIC);
    let coded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let target = format!("/x/{percent}/y?key={percent}&again={}&{percent}=1", coded(&everywhere));
    JournalEntry {
        key: Some(key.into()),
        method: Method::from_bytes(key.as_bytes()).unwrap_or(Method::GET),
        heads: heads(
            &target,
            &[
                ("host", "localhost"),
                ("authorization", &format!("Bearer {key}")),
                ("proxy-authorization", key),
                ("x-api-key", key),
                ("cookie", &format!("a={key}; b={key}")),
                ("referer", &format!("http://localhost/?key={percent}")),
                ("x-debug", &everywhere),
            ],
            &[("set-cookie", &format!("a={key}; Path=/")), ("location", &format!("/{percent}"))],
        ),
        request_body: Some(Box::new(Body::of(everywhere.clone()))),
        status: Some(StatusCode::OK),
        response_body: Body::of([&[0xff], everywhere.as_bytes()].concat()),
        diagnostics: remarked(Diagnostics {
            faults: vec![everywhere.clone()],
            why: Some(everywhere.clone()),
            warnings: vec![Warning::Ignored { name: everywhere, meant: None }],
            ..Diagnostics::default()
        }),
        ..exchange("/")
    }
}

/// The texts in a JSON value, names included; of base64, what is in it.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            use base64::Engine;
            let decoded = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
            vec![text.clone(), String::from_utf8_lossy(&decoded).into_owned()]
        }
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, value)| [vec![name.clone()], texts(value)].concat()).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// Whether a text tells the key as it is, or to whoever decodes it once.
fn tells(text: &str, key: &str) -> bool {
    let percent = percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let form = percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    [text, &percent, &form].iter().any(|text| text.contains(key))
}

/// A request to FLORA whose own key is another: what stands elsewhere is recognised by its place or its shape.
fn stray(target: &str, sent: &[(&str, &str)], answered: &[(&str, &str)], body: &str) -> JournalEntry {
    let body = (!body.is_empty()).then(|| Box::new(Body::of(body.to_owned())));
    JournalEntry { heads: heads(target, sent, answered), request_body: body, ..exchange("/") }
}

#[test]
fn a_key_is_masked_in_every_place_where_clients_put_one_by_mistake() {
    const SHAPED: &str = "sk_live_Zq0AbCdEfGh0123456789xyz";
    const PLAIN: &str = "Zq0AbCdEfGh0123456789xyz";
    let query = format!("http://x/?next=1&api_key={SHAPED}");
    let mut entries = Vec::new();
    for name in ["api-key", "apikey", "x-auth-token", "token", "authentication", "x-goog-api-key", "x-functions-key"] {
        entries.push((PLAIN, stray("/", &[(name, PLAIN), ("x-again", PLAIN)], &[("x-echo", PLAIN)], "")));
    }
    for name in ["referer", "user-agent", "origin", "x-forwarded-uri"] {
        entries.push((SHAPED, stray("/", &[(name, &query)], &[], "")));
    }
    let percent: String = SHAPED.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for target in [
        format!("/flora/{SHAPED}/assets"),
        format!("/flora?{SHAPED}"),
        format!("/flora?cursor=Bearer%20{SHAPED}"),
        format!("/flora?x={percent}"),
        format!("http://user:{SHAPED}@app.flora.ai/api/v1/assets"),
    ] {
        entries.push((SHAPED, stray(&target, &[], &[], "")));
    }
    entries.push((PLAIN, stray(&format!("/flora?api_key={PLAIN}"), &[], &[], "")));
    entries.push(("abc1", stray("/flora?api_key=abc1", &[], &[], "")));
    entries.push((PLAIN, stray("http://user:Zq0AbCdEfGh0123456789xyz@app.flora.ai/", &[], &[], "")));
    entries.push((SHAPED, stray("/", &[], &[("set-cookie", &format!("s={SHAPED}")), ("x-echo", SHAPED)], SHAPED)));
    entries.push((PLAIN, stray("/", &[("x-echo", PLAIN)], &[], &json!({"apiKey": PLAIN}).to_string())));
    entries.push((PLAIN, stray("/", &[("x-echo", PLAIN)], &[], &format!("a=b&api_key={PLAIN}"))));
    entries.push((PLAIN, stray(&format!("/flora?api_key={PLAIN}"), &[("x-echo", PLAIN)], &[], "")));
    entries.push((PLAIN, stray("/", &[("x-echo", PLAIN)], &[("x-auth-token", PLAIN)], "")));
    entries.push((STRAY, stray("/", &[(STRAY, "1")], &[(STRAY, "1")], "")));
    // `user:` and the key, and only then its colon.
    let basic = "Basic dXNlcjpacTBBYkNkRWZHaDAxMjM0NTY3ODl4eXo6";
    entries.push((PLAIN, stray("/", &[("authorization", basic), ("x-echo", PLAIN)], &[], "")));
    entries.push(("pacTBBYkNkRWZHaDAxMjM0NTY3ODl4eX", stray("/", &[("x-api-key", PLAIN)], &[], basic)));
    for text in [SHAPED.replace('_', "-"), PLAIN.to_owned()] {
        let method = Method::from_bytes(text.as_bytes()).unwrap();
        entries.push((PLAIN, JournalEntry { method, ..stray("/", &[], &[], "") }));
    }
    for (key, entry) in &entries {
        let shown = serde_json::to_value(EntryView::of(entry)).unwrap();
        let har = serde_json::to_value(Har::of(&[std::sync::Arc::new(entry.clone())])).unwrap();
        for text in [texts(&shown), texts(&har), vec![entry.to_string()]].concat() {
            assert!(!tells(&text, key), "{text} of {entry}");
        }
    }
}

#[test]
fn what_only_looks_a_little_like_a_secret_is_shown() {
    let entry = stray("/konpro?token=eyJhIjoxfQ&limit=5", &[("idempotency-key", "order-17-again")], &[], "sk_logo.png");
    let shown = EntryView::of(&entry);
    assert_eq!(shown.target, "/konpro?token=eyJhIjoxfQ&limit=5");
    assert_eq!(shown.request_headers[0].value, "order-17-again");
    assert_eq!(serde_json::to_value(shown.request_body).unwrap(), "sk_logo.png");
}

#[test]
fn no_entry_archive_or_line_tells_a_key() {
    let config = Config { cases: 256, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..Config::default() };
    let law = |key: String| {
        let journal = Journal::default();
        journal.record(leaky(&key));
        let entries = journal.find(&Filter::default());
        let shown = serde_json::to_value(EntryView::of(&entries[0])).unwrap();
        let har = serde_json::to_value(Har::of(&entries)).unwrap();
        let expected = serde_json::from_value(json!({"requests": [{
            "method": "NONE", "path": "/nowhere", "key": key, "fault": "none", "query": {"key": key},
            "header": {"x-debug": "1", "cookie": "1"},
        }, {
            "method": "NONE", "path": "/nowhere", "key": "another", "fault": "none", "query": {"key": "another"},
            "header": {"x-debug": "1", "cookie": "1"},
        }]}));
        let verdict = serde_json::to_value(journal.verify(&expected.unwrap())).unwrap();
        // What was expected was given by whoever asks; only what is there is a secret.
        let closest = json!([verdict["failures"][0]["closest"]["line"], verdict["failures"][1]["closest"]]);
        let line = entries[0].to_string();
        for text in [texts(&shown), texts(&har), texts(&closest), vec![line]].concat() {
            prop_assert!(!tells(&text, &key), "{text}");
        }
        Ok(())
    };
    TestRunner::new(config).run(&keys(), law).unwrap();
}

#[test]
fn no_reason_tells_a_key() {
    let config = Config { cases: 64, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..Config::default() };
    let law = |key: String| {
        let method = Method::from_bytes(key.as_bytes()).unwrap_or(Method::GET);
        let violation = |problem| Violation {
            param: key.clone().into(),
            given: format!("a {key} b"),
            problem,
            location: Location::Query,
            position: 0,
        };
        let stored = Key { scopes: Some(vec![key.clone()]), ..crate::explain::key() };
        let failures = [
            Failure::NoSuchRoute,
            Failure::WrongMethod("GET".to_owned()),
            Failure::NoKey,
            Failure::MalformedKey,
            Failure::UnknownKey,
            Failure::RevokedKey,
            Failure::ExpiredKey,
            Failure::MissingScope("read"),
            Failure::NoSuchProject,
            Failure::NoSuchAsset { id: key.clone() },
            Failure::AssetNotReady { id: format!("a {key} b") },
            Failure::AssetInUse { id: key.clone(), by: vec!["a folder".to_owned()] },
            Failure::AssetInUse { id: "a".to_owned(), by: vec![key.clone()] },
            Failure::NoSuchFolder { id: key.clone() },
            Failure::NameTaken { name: key.clone() },
            Failure::ProjectExists { id: key.clone() },
            Failure::InvalidJson { reason: key.clone() },
            Failure::InvalidBody { reason: key.clone() },
            Failure::WrongStatus { id: key.clone(), status: Status::Pending },
            Failure::NoSuchUpload { id: key.clone() },
            Failure::UploadEnded { id: key.clone(), status: UploadStatus::Expired },
            Failure::DuplicateIdempotencyKey { key: key.clone() },
            Failure::BadSignature(SignatureProblem::ContentType(key.clone())),
            Failure::BadSignature(SignatureProblem::Field(key.clone())),
            Failure::Invalid(vec![violation(Problem::NotANumber), violation(Problem::Unknown)]),
            Failure::Invalid(vec![violation(Problem::Malformed(format!("not {key}")))]),
        ];
        for (provider, failure) in
            providers::ALL.iter().flat_map(|provider| failures.iter().map(move |f| (provider, f)))
        {
            let facts = RefusalFacts {
                card: provider.card(),
                operation: Some(provider.card().list_operation()),
                variants: Default::default(),
                method: &method,
                path: &format!("/{key}"),
                headers: &headers(&[("authorization", &key), ("x-api-key", &key)]),
                sent_key: Some(&key),
                key: Some(&stored),
                owner: None,
                project: Some(&key),
                counts: &Counts::default(),
                now: 0,
            };
            let why = why(failure, &facts);
            prop_assert!(!tells(&why, &key), "{why}");
        }
        Ok(())
    };
    TestRunner::new(config).run(&keys(), law).unwrap();
}

/// In lower case, since hosts are. It has no place of its own and is recognised by its shape.
const STRAY: &str = "sk_live_zq0abcdefgh0123456789";

#[test]
fn no_summary_tells_a_key() {
    let tunnel = JournalEntry {
        method: Method::CONNECT,
        status: Some(StatusCode::FORBIDDEN),
        ..stray(&format!("{STRAY}:443"), &[], &[], "")
    };
    // Not shaped like a key, and no word.
    let method = Method::from_bytes(b"Zq0AbCdEfGh0123456789xyz").unwrap();
    for (key, entry) in [
        (STRAY, leaky(STRAY)),
        (STRAY, JournalEntry { diagnostics: leaky(STRAY).diagnostics, ..tunnel }),
        ("Zq0AbCdEfGh0123456789xyz", JournalEntry { method, ..leaky(STRAY) }),
    ] {
        let summary = Summary::default();
        summary.count(&entry);
        let totals = serde_json::to_value(summary.totals(NeverFired::default())).unwrap();
        let told = texts(&totals);
        assert!(told.iter().any(|text| text.contains('…')) && !told.iter().any(|text| tells(text, key)), "{told:?}");
    }
}

#[test]
fn no_answer_of_the_emulator_itself_tells_a_key() {
    let server = Server::start("demo");
    for (method, target, body) in [
        ("CONNECT", format!("{STRAY}:443"), Value::Null),
        ("CONNECT", format!("{STRAY}:0"), Value::Null),
        ("GET", format!("http://{STRAY}.example.com/x"), Value::Null),
        ("GET", format!("/_emulator/journal?provider={STRAY}"), Value::Null),
        ("POST", "/_emulator/faults".to_owned(), json!({ "effect": STRAY })),
    ] {
        let answer = server.call(method, &target, &body);
        assert!(answer.text().contains("sk_…") && !answer.text().contains(STRAY), "{target}: {}", answer.text());
    }
    // The rule itself is shown as it was given.
    let never = json!({"match": {"provider": "konpro", "query": {STRAY: "1"}}, "effect": {"failure": "unavailable"}});
    let warned = server.call("POST", "/_emulator/faults", &never).json()["warning"].to_string();
    assert!(warned.contains("sk_…6789") && !warned.contains(STRAY), "{warned}");
}

#[test]
fn no_warning_tells_a_key() {
    let server = Server::start("demo");
    // Without a shape: as a method it is no word, and as a parameter it is known from the header.
    const PLAIN: &str = "Zq0AbCdEfGh0123456789xyz";
    let (origin, other) = (format!("Origin: http://{STRAY}"), format!("x-auth-token: {PLAIN}"));
    let lines = ["x-api-key: konpro_demo", &origin, "X-Emulator-Explain: 1"];
    let why = server.request(PLAIN, "/konpro/v1/asset/list", &lines).header("x-emulator-why").unwrap().to_owned();
    assert!(why.contains("`...9xyz`") && !why.contains(PLAIN), "{why}");
    server.get(&format!("/konpro/v1/asset/list?{PLAIN}=1"), &[&lines[..2], &[&*other]].concat());
    for (method, query) in [("GET", STRAY), (&*STRAY.replace('_', "-"), "limit=1")] {
        let answer = server.request(method, &format!("/konpro/v1/asset/list?{query}"), &lines);
        let said = answer.header("x-emulator-warnings").unwrap();
        assert!(said.contains("sk_...6789") && !said.contains(STRAY), "{said}");
    }
    let listed = server.call("GET", "/_emulator/workspaces/ws_demo/warnings", &Value::Null);
    let said = texts(&listed.json());
    assert!(said.iter().any(|text| text.contains("sk_…6789")), "{said:?}");
    assert!(!said.iter().any(|text| text.replace('-', "_").contains(STRAY) || text.contains(PLAIN)), "{said:?}");
}
