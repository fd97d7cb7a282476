//! What is refused before anything happens, and requests that are sent twice.

use serde_json::{Value, json};

use super::{act, auth, code, create, form, gif, post_form, reserve, send, settings, upload, wait_for_blobs};
use crate::dialects;
use crate::support::{Server, at};
use crate::worlds::{VISIBLE, world};

fn total(server: &Server) -> Value {
    server.get("/flora/api/v1/assets", &[&auth()]).json()["meta"]["total_estimate"].clone()
}

#[test]
fn each_field_of_the_json_is_checked() {
    let server = Server::start(&world());
    let right = json!({"source": "signed-url", "workspace_id": "ws_tests"});
    for (field, value, message) in [
        ("source", Value::Null, "Expected string, received null"),
        ("source", json!({"type": "url"}), "Expected string, received object"),
        ("workspace_id", json!("tests"), "Invalid"),
        ("workspace_id", json!("ws_"), "Invalid"),
        ("workspace_id", json!(7), "Expected string, received number"),
        ("folder", json!(["a"]), "Expected string, received array"),
        ("content_type", json!("application/zip"), "Unsupported content type"),
        ("content_type", json!(""), "Unsupported content type"),
        ("content_type", json!(true), "Expected string, received boolean"),
        ("file_name", json!(""), "String must contain at least 1 character(s)"),
        ("file_name", json!("x".repeat(1025)), "String must contain at most 1024 character(s)"),
        ("file_name", Value::Null, "Expected string, received null"),
        ("project_id", json!("proj_a"), "Invalid"),
        ("project_id", json!("prj_a b"), "Invalid"),
        ("idempotency_key", json!("k"), "Unrecognized key(s) in object: 'idempotency_key'"),
        ("file", json!("x"), "Unrecognized key(s) in object: 'file'"),
        ("Source", json!("signed-url"), "Unrecognized key(s) in object: 'Source'"),
    ] {
        let mut body = right.clone();
        body[field] = value;
        let refused = create(&server, &body);
        let expected = json!({"error": {
            "code": "input_validation_error",
            "message": format!("{field}: {message}"),
            "fields": [{"field": field, "message": message}],
        }});
        assert_eq!((refused.status, refused.json()), (400, expected), "{body}");
    }
    let all = create(&server, &json!({"project_id": 1, "more": 2}));
    let fields =
        all.json()["error"]["fields"].as_array().unwrap().iter().map(|it| it["field"].clone()).collect::<Vec<_>>();
    assert_eq!(fields, ["source", "workspace_id", "project_id", "more"]);
    for body in ["", "[]", "\"signed-url\"", "{", "nothing"] {
        let refused = server.post("POST", "/flora/api/v1/assets", &[&auth()], body);
        assert_eq!((refused.status, &*code(&refused)), (400, "invalid_json"), "{body:?}");
    }
    assert_eq!(total(&server), VISIBLE);
    // As curl sends it unless it is told the type.
    let of_form = "Content-Type: application/x-www-form-urlencoded";
    assert_eq!(server.post("POST", "/flora/api/v1/assets", &[&auth(), of_form], &right.to_string()).status, 201);
}

#[test]
fn each_field_of_a_form_is_checked() {
    let server = Server::start(&world());
    let file = Some(("a.png", "image/png", b"x".as_slice()));
    let workspace = ("workspace_id", "ws_tests");
    for (fields, file, field, message) in [
        (&[][..], file, "workspace_id", "Required"),
        (&[("workspace_id", "tests")], file, "workspace_id", "Invalid"),
        (&[workspace, workspace], file, "workspace_id", "Expected string, received array"),
        (&[workspace], None, "file", "Required"),
        (&[workspace, ("source", "signed-url")], file, "source", "Unrecognized key(s) in object: 'source'"),
        (&[workspace, ("project_id", "a")], file, "project_id", "Invalid"),
        (&[workspace, ("file_name", "")], file, "file_name", "String must contain at least 1 character(s)"),
    ] {
        let refused = upload(&server, fields, file);
        assert_eq!((refused.status, &*code(&refused)), (400, "input_validation_error"), "{fields:?}");
        assert_eq!(refused.json()["error"]["fields"], json!([{"field": field, "message": message}]), "{fields:?}");
    }
    assert_eq!(total(&server), VISIBLE);
}

#[test]
fn another_workspace_is_forbidden_and_a_project_must_exist() {
    let server = Server::start(&world());
    let file = Some(("a.png", "image/png", b"x".as_slice()));
    for (workspace, more, status, expected) in [
        ("ws_other", json!({}), 403, "forbidden"),
        ("ws_nowhere", json!({"project_id": "prj_nowhere"}), 403, "forbidden"),
        ("ws_tests", json!({"project_id": "prj_nowhere"}), 404, "not_found"),
    ] {
        for source in ["signed-url", "https://cdn.example.com/a.png"] {
            let mut body = json!({"source": source, "workspace_id": workspace});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let refused = create(&server, &body);
            assert_eq!((refused.status, &*code(&refused)), (status, expected), "{body}");
        }
        let project = more.get("project_id").and_then(Value::as_str).map(|id| ("project_id", id));
        let fields: Vec<_> = [("workspace_id", workspace)].into_iter().chain(project).collect();
        let refused = upload(&server, &fields, file);
        assert_eq!((refused.status, &*code(&refused)), (status, expected), "{fields:?}");
    }
    assert_eq!(total(&server), VISIBLE);
}

#[test]
fn completing_and_trying_again_need_an_asset_of_this_workspace() {
    let server = Server::start(&world());
    let flora = dialects::of("flora");
    let foreign = flora.ids(&server.get(&flora.target(""), &[&flora.auth("_other")])).swap_remove(0);
    for action in ["complete", "retry"] {
        for id in [&foreign, "asset_nothing"] {
            let refused = act(&server, &json!({"asset_id": id}), action);
            assert_eq!((refused.status, &*code(&refused)), (404, "not_found"), "{action} {id}");
        }
        let refused = act(&server, &json!({"asset_id": "nothing"}), action);
        assert_eq!((refused.status, &*code(&refused)), (400, "input_validation_error"), "{action}");
    }
}

#[test]
fn completing_takes_no_body_an_empty_object_and_an_empty_file() {
    let server = Server::start(&world());
    for (content_type, body) in [("", ""), ("application/json", "{}"), ("application/octet-stream", "")] {
        let made = reserve(&server, &json!({"file_name": "a.gif"}));
        assert_eq!(send(&server, &made, &gif(1, 1)).status, 204);
        let path = format!("/flora/api/v1/assets/{}/complete", made["asset_id"].as_str().unwrap());
        let length = format!("Content-Length: {}", body.len());
        let content_type = format!("Content-Type: {content_type}");
        let host = format!("Host: {}", server.address);
        let auth = auth();
        let mut lines = vec![&*host, &*auth, &*length];
        lines.extend((content_type != "Content-Type: ").then_some(&*content_type));
        let answer = server.send(format!("POST {path} HTTP/1.1\r\n{}\r\n\r\n{body}", lines.join("\r\n")).as_bytes());
        assert_eq!(answer.status, 200, "{content_type}: {}", answer.text());
    }
}

#[test]
fn a_request_with_the_same_idempotency_key_is_refused_for_two_hours() {
    let server = Server::start(&world());
    let (auth, key) = (auth(), "Idempotency-Key: k1");
    let path = "/flora/api/v1/assets";
    let body = json!({"source": "signed-url", "workspace_id": "ws_tests", "project_id": "prj_nowhere"}).to_string();
    assert_eq!(server.post("POST", path, &[&auth, key], &body).status, 404, "a failure releases the key");
    let body = json!({"source": "signed-url", "workspace_id": "ws_tests"}).to_string();
    let made = server.post("POST", path, &[&auth, key], &body);
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let file = form(&[("workspace_id", "ws_tests")], Some(("a.png", "image/png", b"x")));
    for refused in [server.post("POST", path, &[&auth, key], &body), post_form(&server, path, &[&auth, key], &file)] {
        assert_eq!((refused.status, &*code(&refused)), (409, "idempotency_duplicate"), "{}", refused.text());
    }
    assert_eq!(total(&server), VISIBLE + 1);

    assert_eq!(send(&server, &made, &gif(1, 1)).status, 204);
    let complete = format!("{path}/{}/complete", made["asset_id"].as_str().unwrap());
    assert_eq!(server.post("POST", &complete, &[&auth, key], "").status, 200, "another route");
    let again = server.post("POST", &complete, &[&auth, key], "");
    assert_eq!((again.status, &*code(&again)), (409, "idempotency_duplicate"));
    let other = server.post("POST", &complete, &[&auth, "Idempotency-Key: k2"], "");
    assert_eq!((other.status, &*code(&other)), (409, "conflict"));

    server.app.clock.set(at("2026-03-21T14:00:01Z"));
    assert_eq!(server.post("POST", path, &[&auth, key], &body).status, 201);
}

#[test]
fn more_bytes_than_the_workspace_may_have_are_refused() {
    let server = Server::start(&world());
    settings(&server, &json!({"max_stored_bytes": 20}));
    let made = reserve(&server, &json!({"file_name": "a.gif"}));
    let first = upload(&server, &[("workspace_id", "ws_tests")], Some(("a.gif", "image/gif", &gif(1, 1))));
    assert_eq!(first.status, 201, "{}", first.text());
    let refused = upload(&server, &[("workspace_id", "ws_tests")], Some(("b.gif", "image/gif", &gif(1, 1))));
    assert_eq!((refused.status, &*code(&refused)), (507, "unknown_error"), "{}", refused.text());
    let refused = send(&server, &made, &gif(1, 1));
    assert!(refused.status >= 400 && refused.text().contains("<Error><Code>"), "{}", refused.text());
    assert_eq!(act(&server, &made, "complete").status, 409);
    assert_eq!(total(&server), VISIBLE + 2);
    wait_for_blobs(&server, 1);
}
