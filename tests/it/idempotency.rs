//! Idempotency keys: what holds beyond the transcript of the vendor that takes them.

use std::thread;

use serde_json::{Value, json};

use crate::dialects;
use crate::support::{Answer, Server};
use crate::worlds::world;

/// Makes a project with this idempotency key. Names need not be unique there.
fn create(server: &Server, key: &str) -> Answer {
    let (auth, key) = (dialects::of("flora").auth("_off"), format!("Idempotency-Key: {key}"));
    let body = json!({"workspace_id": "ws_tests", "name": "Spring"}).to_string();
    server.post("POST", "/flora/api/v1/projects", &[&auth, &key, "X-Emulator-Explain: 1"], &body)
}

fn attach(server: &Server, project: &str, asset: &str, key: &str) -> Answer {
    let (auth, key) = (dialects::of("flora").auth("_off"), format!("Idempotency-Key: {key}"));
    server.post("POST", &format!("/flora/api/v1/projects/{project}/assets/{asset}/attach"), &[&auth, &key], "")
}

/// A request to the emulator's own API.
fn own(server: &Server, method: &str, path: &str, body: &Value) {
    let answer = server.post(method, &format!("/_emulator{path}"), &[], &body.to_string());
    assert!(answer.status < 300, "{path}: {}", answer.text());
}

fn projects(server: &Server) -> usize {
    let list = server.get("/_emulator/workspaces/ws_tests/projects", &[]).json();
    list["projects"].as_array().unwrap().len()
}

#[test]
fn a_second_request_with_the_same_key_changes_nothing_for_two_hours_of_the_workspaces_clock() {
    let server = Server::start(&world());
    let before = projects(&server);
    assert_eq!(create(&server, "one").status, 201);
    let again = create(&server, "one");
    assert_eq!(again.status, 409, "{}", again.text());
    assert_eq!(again.json()["error"]["code"], "idempotency_duplicate");
    let why = "an earlier request to this path had the idempotency key `one`, and it succeeded";
    assert_eq!(again.header("x-emulator-why"), Some(why));
    assert_eq!(create(&server, "two").status, 201);
    assert_eq!(create(&server, "").status, 201, "an empty one is none");
    assert_eq!(create(&server, "").status, 201);
    assert_eq!(projects(&server), before + 4);

    own(&server, "POST", "/workspaces/ws_tests/clock", &json!({"step_seconds": 7199}));
    assert_eq!(create(&server, "one").status, 409);
    own(&server, "POST", "/workspaces/ws_tests/clock", &json!({"step_seconds": 1}));
    assert_eq!(create(&server, "one").status, 201);
    assert_eq!(create(&server, "one").status, 409);
}

#[test]
fn a_key_counts_for_one_path_and_for_requests_that_succeed() {
    let server = Server::start(&world());
    let flora = dialects::of("flora");
    let id = flora.ids(&server.get(&flora.target(""), &[&flora.auth("_off")])).swap_remove(3);
    assert_eq!(attach(&server, "prj_none", &id, "one").status, 404);
    assert_eq!(attach(&server, "prj_none", &id, "one").status, 404, "a request that fails claims no key");
    assert_eq!(create(&server, "one").status, 201);
    assert_eq!(attach(&server, "prj_a", &id, "one").status, 200);
    assert_eq!(attach(&server, "prj_b", &id, "one").status, 200);
    assert_eq!(attach(&server, "prj_b", &id, "one").status, 409);
}

#[test]
fn a_request_that_finds_nothing_to_change_claims_its_key_too() {
    let server = Server::start(&world());
    let flora = dialects::of("flora");
    let id = flora.ids(&server.get(&flora.target(""), &[&flora.auth("_off")])).swap_remove(3);
    let statuses = ["one", "two", "two"].map(|key| attach(&server, "prj_a", &id, key).status);
    assert_eq!(statuses, [200, 200, 409]);
}

#[test]
fn resets_snapshots_and_removals_forget_the_keys() {
    let server = Server::start(&world());
    own(&server, "PUT", "/snapshots/before", &json!({}));
    assert_eq!(create(&server, "one").status, 201);
    own(&server, "POST", "/workspaces/ws_tests/reset", &json!({}));
    assert_eq!(create(&server, "one").status, 201);
    assert_eq!(create(&server, "one").status, 409);
    own(&server, "POST", "/snapshots/before/restore", &json!({}));
    assert_eq!(create(&server, "one").status, 201);
    assert_eq!(create(&server, "one").status, 409);
    own(&server, "POST", "/reset", &json!({}));
    assert_eq!(create(&server, "one").status, 201);
}

#[test]
fn of_requests_at_once_with_the_same_key_one_succeeds() {
    let server = Server::start(&world());
    let before = projects(&server);
    let mut statuses: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| create(&server, "one").status)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(projects(&server), before + 1);
}
