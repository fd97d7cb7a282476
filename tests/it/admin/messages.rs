//! What is said of requests that are wrong: in plain words, with what is accepted, and never in the types of Rust.

use serde_json::{Value, json};

use super::{asked, done, refusal, told};
use crate::support::{Answer, Server};

fn message(answer: &Answer) -> String {
    answer.json()["error"]["message"].as_str().unwrap().to_owned()
}

/// The place and the sentence of a refusal with 400.
fn wrong(server: &Server, request: &str, body: Value) -> (String, String) {
    let answer = asked(server, request, &body);
    assert_eq!(answer.status, 400, "{request} {body}: {}", answer.text());
    (told(&answer, request).2, message(&answer))
}

#[test]
fn a_body_of_the_wrong_form_is_told_what_is_accepted() {
    let server = Server::start("empty");
    let count = "send a whole number from 0 to 18446744073709551615";
    for (body, at, says) in [
        (json!(["ws_mine"]), "body", "the body is a list; send a JSON object"),
        (json!({"generate": 5}), "generate", "this is the number 5; send an object"),
        (json!({"generate": {"count": -1}}), "generate.count", &*format!("this is the number -1; {count}")),
        (json!({"generate": {"count": "x"}}), "generate.count", &*format!("this is the text \"x\"; {count}")),
        (json!({"strict": "x"}), "strict", "this is the text \"x\"; send `true` or `false`"),
        (json!({"id": 5}), "id", "this is the number 5; send a text"),
        (
            json!({"id": "mine"}),
            "id",
            "`mine` is not a workspace id; one is `ws_` and something after it, without white space, such as `ws_mine`",
        ),
        (
            json!({"fixture": []}),
            "fixture",
            "this is no JSON object; a fixture is one, such as `{\"workspaces\": [{\"id\": \"ws_mine\"}]}`",
        ),
        (json!({"fixture": {}}), "fixture", "the field `workspaces` is missing"),
        (json!({"fixture": {"workspaces": [5]}}), "fixture.workspaces[0]", "this is the number 5; send an object"),
        (json!({"fixture": {"workspaces": []}}), "workspace", "the fixture has no workspace; give it one"),
    ] {
        assert_eq!(wrong(&server, "POST /workspaces", body), (at.to_owned(), says.to_owned()));
    }
    let answer = server.post("POST", "/_emulator/workspaces", &[], "{\"id\": nonsense}");
    assert_eq!(message(&answer), "this is not JSON: an unknown word (line 1, column 9)");
}

#[test]
fn a_fault_of_the_wrong_form_is_answered_with_the_right_one() {
    let server = Server::start("empty");
    let latency = "send `{\"fixed_ms\": 100}`, `{\"uniform_ms\": [50, 150]}` or";
    let beside = "`retry_after` stands beside `effect`";
    for (body, at, says) in [
        (json!({"effect": {"latency": 100}}), "effect.latency", latency),
        (json!({"effect": {"latency": {"fixed_ms": 1, "ms": 1}}}), "effect.latency", latency),
        (
            json!({"effect": "empty", "trigger": 2}),
            "trigger",
            "this is the number 2; send `\"always\"`, `{\"next\": 2}`",
        ),
        (json!({"effect": {"failure": "rate_limited", "retry_after": 1}}), "effect", beside),
        (json!({"effect": {"failure": {"name": "rate_limited", "retry_after": 1}}}), "effect.failure", beside),
        (json!({"effect": {"truncate": 9}}), "effect.truncate", "this is the number 9; send `{\"bytes\": 9}`"),
        (json!({"effect": {"reset": true}}), "effect.reset", "this is `true`; send `\"before\"` or `\"mid_body\"`"),
        (json!({"effect": {"paging": 1}}), "effect.paging", "this is the number 1; send a word such as `\"insert\"`"),
        (json!({"effect": "latency"}), "effect", "this word needs a value"),
        (
            json!({"effect": "unavailable"}),
            "effect",
            "`unavailable` is not an effect; if it is a failure, send `{\"failure\": \"unavailable\"}`; effects are `failure`, ",
        ),
        (
            json!({"effect": "empty", "trigger": "once"}),
            "trigger",
            "`once` is not a trigger; send `\"always\"`, `{\"next\": 2}`",
        ),
        (
            json!({"match": {"provider": "flora"}, "effect": {"failure": "rate_limitd"}}),
            "effect.failure",
            "FLORA has no failure `rate_limitd`; did you mean `rate_limited`? It has `missing_key`",
        ),
        (json!({"effect": ["empty"]}), "effect", "this is a list; send a word such as `\"empty\"`"),
        (json!({"effect": "empty", "for_seconds": 1.5}), "for_seconds", "this is the number 1.5; send a whole number"),
        (json!({}), "body", "the field `effect` is missing"),
    ] {
        let (place, said) = wrong(&server, "POST /faults", body.clone());
        assert!(place == at && said.contains(says), "{body}: {place}: {said}");
    }
}

#[test]
fn a_query_or_path_that_cannot_be_read_is_told_what_is_accepted() {
    let server = Server::start("demo");
    for (request, at, says) in [
        ("GET /journal?limit=x", "limit", "`limit` is a whole number, such as `limit=100`"),
        ("GET /journal?limit=", "limit", "`limit` is a whole number, such as `limit=100`"),
        ("GET /journal?warnings=x", "warnings", "`warnings` is `true` or `false`"),
        ("GET /journal?wait_ms=99999999999999999999", "wait_ms", "`wait_ms` is too large a number"),
        ("GET /journal?limit=1&limit=2", "query", "the parameter `limit` is there twice"),
        ("GET /faults?workspce=ws_demo", "query", "unknown parameter `workspce`, expected `workspace`"),
        ("GET /faults/first", "/_emulator/faults/first", "the fault is a whole number, which `first` is not"),
        ("GET /workspaces/%ff", "/_emulator/workspaces/%ff", "the workspace is not UTF-8 once it is decoded"),
    ] {
        assert_eq!(wrong(&server, request, Value::Null), (at.to_owned(), says.to_owned()), "{request}");
    }
}

#[test]
fn an_empty_name_in_a_path_is_nobodys() {
    let server = Server::start("demo");
    for request in ["POST /snapshots//restore", "PUT /snapshots/", "GET /workspaces/", "DELETE /workspaces//keys/x"] {
        let answer = asked(&server, request, &Value::Null);
        let path = format!("/_emulator{}", request.split_once(' ').unwrap().1);
        assert_eq!(told(&answer, request), refusal(404, "no_such_route", &path));
    }
}

#[test]
fn a_body_with_a_byte_order_mark_is_read() {
    let server = Server::start("empty");
    let utf16 = "\u{feff}{\"id\": \"ws_utf16\"}".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for body in [&b"\xef\xbb\xbf{\"id\": \"ws_mark\"}"[..], &utf16] {
        let head =
            format!("POST /_emulator/workspaces HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        let answer = server.send(&[head.as_bytes(), body].concat());
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
}

#[test]
fn a_route_that_is_not_there_is_told_the_nearest_and_a_wrong_method_the_right_ones() {
    let server = Server::start("demo");
    for (request, status, says) in [
        ("POST /snapshots//restore", 404, "the nearest is `POST /_emulator/snapshots/{name}/restore`"),
        ("GET /Health", 404, "the nearest is `GET /_emulator/health`"),
        ("GET /health/", 404, "the nearest is `GET /_emulator/health`"),
        (
            "GET /workspaces/ws_demo/asset",
            404,
            "the nearest is `DELETE or GET or POST /_emulator/workspaces/{workspace}/assets`",
        ),
        ("GET /openapi", 404, "the nearest is `GET /_emulator/openapi.json`"),
        ("GET /q", 404, "there is no such route; `GET /_emulator` lists those there are"),
        ("DELETE /workspaces", 405, "this route takes GET, HEAD, POST"),
        ("PUT /workspaces/ws_demo", 405, "this route takes DELETE, GET, HEAD, PATCH"),
        ("POST /openapi.json", 405, "this route takes GET, HEAD"),
        ("patch /workspaces/ws_demo", 405, "methods are upper case: send `PATCH`"),
        ("POST ", 405, "this route takes GET, HEAD"),
    ] {
        let answer = asked(&server, request, &Value::Null);
        let said = message(&answer);
        assert!(answer.status == status && said.contains(says), "{request}: {} {said}", answer.status);
    }
}

#[test]
fn the_index_names_every_route_of_the_document() {
    let server = Server::start("empty");
    let document = done(&server, "GET /openapi.json", Value::Null);
    for path in ["", "/"] {
        let index = done(&server, &format!("GET {path}"), Value::Null);
        let routes = index["routes"].as_object().unwrap();
        assert_eq!(index["openapi"], "/_emulator/openapi.json");
        let mut count = 1;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                assert_eq!(routes[&format!("{} {path}", method.to_uppercase())], operation["summary"]);
                count += 1;
            }
        }
        assert_eq!(routes.len(), count, "there is one more, the document's own");
    }
}

#[test]
fn the_journal_as_text_has_the_lines_of_the_log() {
    let server = Server::start("demo");
    server.list("konpro", "konpro_demo", "limit=1");
    server.list("konpro", "konpro_demo", "limit=none");
    let answer = asked(&server, "GET /journal?format=text&workspace=ws_demo", &Value::Null);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let lines: Vec<_> = answer.text().lines().collect();
    assert_eq!(lines.len(), 2, "{}", answer.text());
    assert!(lines[0].starts_with("2026-03-21T12:00:00Z DEBUG konpro GET /konpro/v1/asset/list?limit=1 200 "));
    assert!(lines[1].starts_with("2026-03-21T12:00:00Z  INFO konpro GET /konpro/v1/asset/list?limit=none 400 "));
    assert!(lines[1].contains(" ws_demo ") && lines[1].contains(" — ") && !answer.text().contains("konpro_demo"));
    let read = |query: &str| asked(&server, &format!("GET /journal?format=text&{query}"), &Value::Null);
    assert_eq!([read("limit=1").text(), read("status=4xx").text()], [&format!("{}\n", lines[1]); 2]);
    assert_eq!(read("provider=flora").text(), "");
    assert_eq!(read("workspace=ws_none").status, 404);
    for (query, at) in [("status=4x", "status"), ("wait_ms=60001", "wait_ms")] {
        assert_eq!(wrong(&server, &format!("GET /journal?format=text&{query}"), Value::Null).0, at);
    }
    let (place, said) = wrong(&server, "GET /journal?format=xml", Value::Null);
    assert_eq!((&*place, &*said), ("format", "`xml` is not known here; send `json` or `text`"));
}

#[test]
fn of_the_keys_of_a_workspace_only_the_taken_one_is_named() {
    let server = Server::start("empty");
    let keys = json!([{"provider": "konpro", "key": "konpro_free"}, {"provider": "flora", "key": "sk_test_ci"}]);
    let body = |id: &str, keys: &Value| json!({"id": id, "fixture": {"workspaces": [{"id": "ws_any", "keys": keys}]}});
    done(&server, "POST /workspaces", body("ws_one", &json!([{"provider": "flora", "key": "sk_test_ci"}])));
    let answer = asked(&server, "POST /workspaces", &body("ws_two", &keys));
    assert_eq!(told(&answer, ""), refusal(409, "taken", "sk_test_ci"));
    assert_eq!(message(&answer), "the key `sk_test_ci` exists already");
    let answer = asked(&server, "POST /workspaces/ws_one/keys", &keys[1]);
    assert_eq!(told(&answer, ""), refusal(409, "taken", "sk_test_ci"));
}
