//! What is recorded of requests: bodies, answers that nobody takes, addresses of nobody.

use assetmock::contract::operation::BodyKind;
use assetmock::emulator::app::App;
use assetmock::http::connection::Timeouts;

use super::*;
use crate::support::{NOON, app, block_on};

/// The body of a request as the journal has it, and whether there was more.
fn body_of_last(server: &Server) -> (Value, bool) {
    let entry = last(server);
    (entry["request_body"].clone(), entry["request_body_cut"].as_bool().unwrap())
}

#[test]
fn request_bodies_are_kept_and_long_ones_cut() {
    // Each body is whole, so that none takes as long as this.
    let timeouts = Timeouts { beginning: Duration::from_secs(20), ..Timeouts::default() };
    let server = block_on(async { Server::serve(App { timeouts, ..app(&world(), NOON).await }).await });
    for (_, dialect) in pairs() {
        let post = |head: &str, body: &[u8]| {
            let auth = dialect.auth("_off");
            let head = format!("PATCH {} HTTP/1.1\r\nHost: a\r\n{auth}\r\n{head}\r\n\r\n", dialect.target(""));
            server.send(&[head.as_bytes(), body].concat())
        };
        let text = r#"{"name": "größe"}"#;
        let answer = post(&format!("Content-Length: {}", text.len()), text.as_bytes());
        assert!(dialect.is_refusal(answer.text()), "{}", answer.text());
        assert_eq!(body_of_last(&server), (json!(text), false), "{}", dialect.name);
        post("Transfer-Encoding: chunked", b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        assert_eq!(body_of_last(&server), (json!("abcde"), false), "{}", dialect.name);
        post("Content-Length: 3", b"\xff\x00a");
        assert_eq!(body_of_last(&server), (json!({"base64": "/wBh"}), false), "{}", dialect.name);
        let long = "x".repeat(KEPT);
        post(&format!("Content-Length: {KEPT}"), long.as_bytes());
        assert_eq!(body_of_last(&server), (json!(long), false), "{}", dialect.name);
        post(&format!("Content-Length: {}", KEPT + 1), format!("{long}y").as_bytes());
        assert_eq!(body_of_last(&server), (json!(long), true), "{}", dialect.name);
    }
}

#[test]
fn a_body_that_never_comes_holds_no_answer_up() {
    let server = start();
    for (provider, dialect) in pairs() {
        // Where POST is an upload, the answer waits for the file.
        let takes_files = provider.card().operations.iter().any(|operation| {
            operation.method == "POST"
                && operation.has_path(provider.card().list())
                && operation.body != BodyKind::Ignored
        });
        for (method, head) in
            [("GET", "Content-Length: 1000"), ("POST", "Content-Length: 1000"), ("GET", "Transfer-Encoding: chunked")]
        {
            if method == "POST" && takes_files {
                continue;
            }
            let (target, auth) = (dialect.target(""), dialect.auth("_off"));
            let part = if head.starts_with("Transfer") { "3\r\nabc\r\n" } else { "abc" };
            let answer = server
                .send(format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{auth}\r\n{head}\r\n\r\n{part}").as_bytes());
            assert_eq!(dialect.is_page(answer.text()), method == "GET", "{}", answer.text());
            let cut = head.starts_with("Content");
            assert_eq!(body_of_last(&server), (json!("abc"), cut), "{} {method} {head}", dialect.name);
        }
    }
}

#[test]
fn an_answer_to_head_has_no_body() {
    let server = start();
    for (provider, dialect) in pairs().filter(|(provider, _)| provider.card().methods.has_head()) {
        let answer = server.request("HEAD", &dialect.target(""), &[&dialect.auth("")]);
        let entry = last(&server);
        assert_eq!((answer.status, &entry["method"]), (200, &json!("HEAD")), "{}", provider.card().name);
        assert_eq!((&entry["response_body"], &entry["response_body_length"]), (&json!(""), &json!(0)));
    }
}

#[test]
fn a_client_that_goes_away_before_its_answer_is_in_the_journal_without_one() {
    let server = start();
    for (_, dialect) in pairs() {
        let late = json!({"match": {"provider": dialect.name}, "effect": {"latency": {"fixed_ms": 600_000}}});
        let rule = format!("/faults/{}", steer(&server, "POST", "/faults", late)["id"]);
        let (target, auth) = (dialect.target(""), dialect.auth(""));
        let mut stream = TcpStream::connect(server.address).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: a\r\n{auth}\r\n\r\n").unwrap();
        // Of a request that nobody had begun to answer when its client left, there is no trace.
        while steer(&server, "GET", &rule, Value::Null)["fired"] == 0 {}
        drop(stream);
        let found = entries(&server, &format!("provider={}&wait_ms=20000", dialect.name)).pop().unwrap();
        assert_eq!((&found["status"], &found["response_body"]), (&Value::Null, &json!("")), "{found}");
        assert_eq!((&found["workspace"], &found["faults"]), (&json!("ws_tests"), &json!(["latency"])), "{found}");
        assert_eq!(found["why"], "the client went away before it was answered");
        assert!(is_masked(&found["key"], dialect.key), "{found}");
        let har = steer(&server, "GET", "/journal/har", Value::Null);
        assert_eq!(har["log"]["entries"].as_array().unwrap().last().unwrap()["response"]["status"], 0);
    }
}

#[test]
fn addresses_of_nobody_are_in_the_journal_too() {
    let server = start();
    for (target, status) in [("/nowhere", 404), ("/api/v1/assets?limit=5", 404), ("/", 404)] {
        let answer = server.get(target, &["Authorization: Bearer nobodys-key-0123456789"]);
        let entry = last(&server);
        assert_eq!((answer.status, &entry["status"]), (status, &json!(status)), "{target}");
        assert_eq!(
            (&entry["provider"], &entry["workspace"], &entry["key"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!((&entry["target"], &entry["why"]), (&json!(target), &json!("no provider owns this address")));
        assert!(!entry.to_string().contains("nobodys-key"), "{entry}");
    }
}

#[test]
fn a_workspace_takes_its_entries_with_it() {
    let server = start();
    let make = |id: &str| {
        let made = steer(&server, "POST", "/workspaces", json!({"id": id, "generate": {"count": 3}}));
        for (_, dialect) in pairs() {
            let key = made["keys"][dialect.name].as_str().unwrap();
            assert_eq!(server.list(dialect.name, key, "").status, 200);
        }
    };
    let count = |id: &str| entries(&server, &format!("workspace={id}")).len();
    make("ws_gone");
    make("ws_reset");
    make("ws_kept");
    steer(&server, "DELETE", "/workspaces/ws_gone", Value::Null);
    steer(&server, "POST", "/workspaces/ws_reset/reset", Value::Null);
    assert_eq!(["ws_reset", "ws_kept"].map(count), [0, 5]);
    assert_eq!(server.get("/_emulator/journal?workspace=ws_gone", &[]).status, 404);
    assert_eq!(steer(&server, "DELETE", "/journal?workspace=ws_kept", Value::Null), json!({"removed": 5}));
    assert_eq!(entries(&server, ""), Vec::<Value>::new());
    get(&server, dialects::of("xqr"), "", "");
    assert_eq!(last(&server)["seq"], 16, "numbers go on");
    assert_eq!(steer(&server, "DELETE", "/journal", Value::Null), json!({"removed": 1}));
}
