//! Groups of users: where they are kept. What the vendor that makes them words is in its transcripts.

use serde_json::{Value, json};

use crate::dialects;
use crate::process::{Folder, Running};
use crate::support::{Answer, Server};
use crate::worlds::world;

fn make(server: &Server, name: &str) -> Answer {
    server.post("POST", "/piktid/groups", &[&dialects::of("piktid").auth("_off")], &json!({"name": name}).to_string())
}

/// The groups that the key's user is in.
fn groups(server: &Server) -> Value {
    let shown = server.get("/piktid/auth/me", &[&dialects::of("piktid").auth("_off")]);
    assert_eq!(shown.status, 200, "{}", shown.text());
    shown.json()["groups"].clone()
}

fn done(server: &Server, method: &str, path: &str, body: &Value) -> Answer {
    let answer = server.call(method, &format!("/_emulator{path}"), body);
    assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text());
    answer
}

#[test]
fn a_group_is_kept_by_exports_snapshots_and_copies_and_gone_after_a_reset() {
    let server = Server::start(&world());
    done(&server, "PUT", "/snapshots/before", &json!({}));
    let name = "Spring \"Team\" É";
    assert_eq!(make(&server, name).status, 201);
    let expected = json!(["ws_tests", name]);
    assert_eq!(groups(&server), expected);
    done(&server, "PUT", "/snapshots/after", &json!({}));
    done(&server, "POST", "/workspaces", &json!({"id": "ws_copy", "copy": "ws_tests"}));
    let copied = server.get("/_emulator/workspaces/ws_copy/users", &[]).json()["users"].clone();
    assert_eq!(copied[0]["groups"], json!([name]), "{copied}");
    // A change that copies what the workspaces share keeps the groups.
    done(&server, "POST", "/workspaces/ws_tests/users", &json!({"name": "emmy", "groups": ["Algebra"]}));
    assert_eq!((groups(&server), make(&server, "Algebra").status), (expected.clone(), 409), "another user's");
    let exported = server.get("/_emulator/workspaces/ws_tests/fixture", &[]).text().to_owned();
    assert_eq!(groups(&Server::start(&exported)), expected);

    done(&server, "POST", "/snapshots/before/restore", &json!({}));
    assert_eq!(groups(&server), json!(["ws_tests"]));
    done(&server, "POST", "/snapshots/after/restore", &json!({}));
    assert_eq!((groups(&server), make(&server, name).status), (expected, 409));
    done(&server, "POST", "/workspaces/ws_tests/reset", &json!({}));
    assert_eq!((groups(&server), make(&server, name).status), (json!(["ws_tests"]), 201), "the name is free again");
}

/// All users of a workspace are in the group that shared assets are shared with, and a new group takes nobody out of it.
#[test]
fn a_new_group_changes_nothing_of_what_is_listed() {
    let server = Server::start("demo");
    let auth = "Authorization: Bearer piktid_demo";
    let listed = || {
        ["", "ownership=shared", "ownership=mine", "ownership=default"].map(|query| {
            let page = server.get(&format!("/piktid/assets?per_page=100&{query}"), &[auth]).json();
            assert!(page["pagination"]["total"] != 0, "{query}: {page}");
            page
        })
    };
    let before = listed();
    let made = server.post("POST", "/piktid/groups", &[auth], r#"{"name": "Team"}"#);
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(listed(), before);
}

#[test]
fn a_group_outlives_the_server_in_its_database() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    let auth = "Authorization: Bearer piktid_demo";
    let first = Running::start(&["--database", &file]);
    let made = first.connect().ask("POST", "/piktid/groups", &[auth], r#"{"name":"Team"}"#);
    assert_eq!(made.status, 201, "{}", made.text());
    first.stop();
    let (status, shown) = Running::start(&["--database", &file]).get("/piktid/auth/me", auth);
    assert_eq!((status, &shown["groups"]), (200, &json!(["ws_demo", "Team"])), "{shown}");
}

#[test]
fn the_journal_faults_and_explanations_know_the_operation() {
    let server = Server::start(&world());
    let rule = json!({
        "match": {"provider": "piktid", "operation": "create_group"},
        "effect": {"failure": "unavailable"},
        "trigger": {"next": 1},
    });
    assert_eq!(done(&server, "POST", "/faults", &rule).json()["warning"], Value::Null);
    assert_eq!((make(&server, "Team").status, groups(&server)), (503, json!(["ws_tests"])), "a failure makes none");
    assert_eq!(make(&server, "Team").status, 201);
    for (name, status, why) in [
        ("Team", 409, "the name `Team` is taken there".to_owned()),
        (&*"n".repeat(1025), 400, "name= is malformed: String should have at most 1024 characters".to_owned()),
    ] {
        let refused = make(&server, name);
        assert_eq!(refused.status, status, "{}", refused.text());
        let entry = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0].clone();
        assert_eq!((&entry["operation"], &entry["why"]), (&json!("create_group"), &json!(why)), "{entry}");
    }
    assert_eq!(make(&server, &"n".repeat(1024)).status, 201);
    drop(Server::start(server.get("/_emulator/workspaces/ws_tests/fixture", &[]).text()));
}

#[test]
fn a_group_of_a_fixture_has_a_name_that_is_not_too_long() {
    let server = Server::start(&world());
    let user = json!({"name": "long", "groups": ["x".repeat(1025)]});
    let refused = server.call("POST", "/_emulator/workspaces/ws_tests/users", &user);
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("groups")), "{}", refused.text());
    let fixture = json!({"workspaces": [{"id": "ws_long", "users": [user]}]}).to_string();
    let error = assetmock::emulator::load_fixtures::read(&[fixture]).err().unwrap().to_string();
    assert!(error.contains("workspaces[0].users[0].groups[0]"), "{error}");
}

/// A key without a user acts as the first one, and as `owner` where all users were removed.
#[test]
fn a_user_whom_the_workspace_does_not_list_can_make_a_group() {
    let server = Server::start("empty");
    done(&server, "POST", "/workspaces", &json!({"id": "ws_bare"}));
    let keys = server.get("/_emulator/workspaces/ws_bare/keys", &[]).json()["keys"].clone();
    for key in keys.as_array().unwrap() {
        let key = key["key"].as_str().unwrap();
        done(&server, "DELETE", &format!("/workspaces/ws_bare/keys/{key}"), &json!({}));
    }
    let users = server.get("/_emulator/workspaces/ws_bare/users", &[]).json()["users"].clone();
    for user in users.as_array().unwrap() {
        done(&server, "DELETE", &format!("/workspaces/ws_bare/users/{}", user["name"].as_str().unwrap()), &json!({}));
    }
    done(&server, "POST", "/workspaces/ws_bare/keys", &json!({"provider": "piktid", "key": "piktid_bare"}));
    let auth = "Authorization: Bearer piktid_bare";
    for name in ["One", "Two"] {
        let made = server.post("POST", "/piktid/groups", &[auth], &json!({"name": name}).to_string());
        assert_eq!(made.status, 201, "{}", made.text());
    }
    assert_eq!(server.get("/piktid/auth/me", &[auth]).json()["groups"], json!(["ws_bare", "One", "Two"]));
}
