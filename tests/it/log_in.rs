//! PiktID's login: its tokens are keys of the workspace that has the user. What is worded is in the transcripts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Answer, NOON, Server};

const PASSWORD: &str = "correct horse";

fn world() -> String {
    let workspace = |id: &str, password: &str| {
        json!({
            "id": id,
            "users": [{"name": "charlotte", "password": password}, {"name": "grace"}],
            "keys": [{"provider": "piktid", "key": format!("piktid_{id}"), "limits": "off"}],
            "assets": [{"name": format!("{id}.png"), "mime_type": "image/png", "created_at": "2026-03-01T00:00:00Z"}],
        })
    };
    let twins = [workspace("ws_b", "another"), workspace("ws_a", PASSWORD), workspace("ws_c", PASSWORD)];
    json!({"workspaces": twins}).to_string()
}

fn log_in(server: &Server, name: &str, password: &str) -> Answer {
    let basic = STANDARD.encode(format!("{name}:{password}"));
    server.request("POST", "/piktid/auth/login", &[&format!("Authorization: Basic {basic}")])
}

fn session(server: &Server) -> Value {
    let answer = log_in(server, "charlotte", PASSWORD);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn refresh(server: &Server, token: &Value) -> Answer {
    server.call("POST", "/piktid/auth/refresh", &json!({"refresh_token": token}))
}

fn list(server: &Server, token: &Value) -> Answer {
    server.list("piktid", token.as_str().unwrap(), "")
}

fn keys(server: &Server, workspace: &str) -> Vec<Value> {
    let listed = server.get(&format!("/_emulator/workspaces/{workspace}/keys"), &[]).json();
    listed["keys"].as_array().unwrap().clone()
}

fn step(server: &Server, seconds: u32) {
    let moved = server.call("POST", "/_emulator/workspaces/ws_a/clock", &json!({"step_seconds": seconds}));
    assert_eq!(moved.status, 200, "{}", moved.text());
}

#[test]
fn a_token_is_a_key_until_it_expires_on_the_clock_of_its_workspace() {
    let server = Server::start_at(&world(), NOON);
    step(&server, 60);
    let session = session(&server);
    assert_eq!(session["expiration_date"], "2026-03-22T12:01:00+00:00");
    assert_eq!(session["user"]["groups"], json!(["ws_a"]), "the first workspace whose password fits");
    let listed = list(&server, &session["token"]);
    assert_eq!(listed.json()["assets"][0]["filename"], "ws_a.png", "{}", listed.text());
    let key = keys(&server, "ws_a").pop().unwrap();
    let expected = json!({
        "provider": "piktid", "key": session["token"], "user": "charlotte", "scopes": null, "state": "active",
        "expires_at": "2026-03-22T12:01:00Z", "limits": "default",
        "refresh": {"token": session["refresh_token"], "expires_at": "2026-04-20T12:01:00Z"},
    });
    assert_eq!(key, expected);
    assert_eq!(list(&server, &session["refresh_token"]).status, 401, "it only refreshes");
    step(&server, 24 * 3600 - 1);
    assert_eq!(list(&server, &session["token"]).status, 200);
    step(&server, 1);
    assert_eq!(list(&server, &session["token"]).status, 401);
    let again = refresh(&server, &session["refresh_token"]);
    assert_eq!(list(&server, &again.json()["token"]).status, 200, "{}", again.text());
    step(&server, 29 * 24 * 3600);
    assert_eq!(refresh(&server, &session["refresh_token"]).status, 401);
    let why = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0]["why"].clone();
    assert_eq!(why, "the refresh token expired at 2026-04-20T12:01:00Z by the clock of its workspace");
    assert_eq!(refresh(&server, &again.json()["refresh_token"]).status, 200);
}

#[test]
fn what_becomes_of_the_workspace_becomes_of_its_tokens() {
    let server = Server::start(&world());
    let before = session(&server);
    assert_eq!(server.call("PUT", "/_emulator/snapshots/before", &json!({})).status, 200);
    let after = session(&server);
    let path = format!("/_emulator/workspaces/ws_a/keys/{}", before["token"].as_str().unwrap());
    assert_eq!(server.call("PATCH", &path, &json!({"revoked": true})).status, 200);
    assert_eq!((list(&server, &before["token"]).status, refresh(&server, &before["refresh_token"]).status), (401, 401));
    let restored = server.request("POST", "/_emulator/snapshots/before/restore", &[]);
    assert!(restored.status < 300, "{}", restored.text());
    assert_eq!((list(&server, &before["token"]).status, refresh(&server, &before["refresh_token"]).status), (200, 200));
    assert_eq!((list(&server, &after["token"]).status, refresh(&server, &after["refresh_token"]).status), (401, 401));
    // An export has all of it, and makes the same workspace elsewhere.
    let exported = server.get("/_emulator/workspaces/ws_a/fixture", &[]).text().to_owned();
    let elsewhere = Server::start(&exported);
    assert_eq!(
        (list(&elsewhere, &before["token"]).status, refresh(&elsewhere, &before["refresh_token"]).status),
        (200, 200)
    );
    assert_eq!(log_in(&elsewhere, "charlotte", PASSWORD).status, 200);
    // A copy has the users with their passwords; the first workspace that was made counts.
    let copy = server.call("POST", "/_emulator/workspaces", &json!({"id": "ws_copy", "copy": "ws_b"}));
    assert_eq!(copy.status, 201, "{}", copy.text());
    assert_eq!(log_in(&server, "charlotte", "another").json()["user"]["groups"], json!(["ws_b"]));
    assert_eq!(server.request("DELETE", "/_emulator/workspaces/ws_b", &[]).status, 204);
    assert_eq!(log_in(&server, "charlotte", "another").json()["user"]["groups"], json!(["ws_copy"]));
    let reset = server.request("POST", "/_emulator/workspaces/ws_a/reset", &[]);
    assert!(reset.status < 300, "{}", reset.text());
    assert_eq!((list(&server, &before["token"]).status, refresh(&server, &before["refresh_token"]).status), (401, 401));
}

#[test]
fn a_user_of_the_emulators_own_api_logs_in() {
    let server = Server::start(&world());
    let user = json!({"name": "emmy", "password": "noether"});
    let made = server.call("POST", "/_emulator/workspaces/ws_c/users", &user);
    assert_eq!((made.status, made.json()), (201, user.clone()));
    assert_eq!(log_in(&server, "emmy", "noether").json()["user"]["groups"], json!(["ws_c"]));
    let users = server.get("/_emulator/workspaces/ws_c/users", &[]).json()["users"].clone();
    assert_eq!((&users[1], &users[2]), (&json!({"name": "grace"}), &user));
    // A change that copies what the workspace shares with its origin keeps the passwords.
    assert_eq!(server.call("POST", "/_emulator/workspaces/ws_c/users", &json!({"name": "ada"})).status, 201);
    assert_eq!(log_in(&server, "emmy", "noether").status, 200);
    let long = json!({"name": "long", "password": "x".repeat(1025)});
    assert_eq!(server.call("POST", "/_emulator/workspaces/ws_c/users", &long).status, 400);
}

#[test]
fn the_journal_has_the_workspace_and_neither_passwords_nor_tokens() {
    let server = Server::start(&world());
    let session = session(&server);
    let refreshed = refresh(&server, &session["refresh_token"]).json();
    let made = server.post(
        "POST",
        "/piktid/auth/token",
        &[&format!("Authorization: Bearer {}", session["token"].as_str().unwrap())],
        r#"{"expiration": "P1D"}"#,
    );
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(log_in(&server, "charlotte", "correct horsf").status, 401);
    let shown = ["/_emulator/journal?workspace=ws_a", "/_emulator/journal", "/_emulator/journal/har"]
        .map(|path| server.get(path, &[]).text().to_owned());
    let entries: Value = serde_json::from_str(&shown[0]).unwrap();
    let operations: Vec<_> = entries["entries"].as_array().unwrap().iter().map(|entry| &entry["operation"]).collect();
    assert_eq!(operations.len(), 3, "{entries}");
    for name in ["log_in", "refresh_token", "create_token"] {
        assert!(operations.contains(&&json!(name)), "{operations:?}");
    }
    let tokens = [
        &session["token"],
        &session["refresh_token"],
        &refreshed["token"],
        &refreshed["refresh_token"],
        &made.json()["token"],
    ];
    for text in shown {
        for token in tokens {
            assert!(!text.contains(token.as_str().unwrap()), "{text}");
        }
        for secret in [PASSWORD, "correct horsf"] {
            assert!(
                !text.contains(secret) && !text.contains(&STANDARD.encode(format!("charlotte:{secret}"))),
                "{text}"
            );
        }
        assert!(text.contains("piktid_…"), "the masks say whose keys these are: {text}");
    }
}

#[test]
fn a_user_has_twenty_active_tokens() {
    let server = Server::start(&world());
    let auth = "Authorization: Bearer piktid_ws_c";
    let make = || server.post("POST", "/piktid/auth/token", &[auth], r#"{"expiration": 3600}"#);
    // The key itself is the first.
    for _ in 1..20 {
        assert_eq!(make().status, 200);
    }
    let refused = make();
    assert_eq!((refused.status, refused.text()), (429, r#"{"error":"Maximum tokens reached."}"#));
    let why = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0]["why"].clone();
    assert_eq!(why, "the user has 20 active keys, which is the most");
    let listed = server.get("/piktid/auth/token?per_page=100", &[auth]).json();
    assert_eq!((&listed["pagination"]["total"], listed["tokens"].as_array().unwrap().len()), (&json!(20), 20));
    let moved = server.call("POST", "/_emulator/workspaces/ws_c/clock", &json!({"step_seconds": 3600}));
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(make().status, 200, "the others have expired");
    let listed = server.get("/piktid/auth/token?include_expired=true", &[auth]).json();
    assert_eq!(listed["pagination"]["total"], 21);
}

#[test]
fn faults_and_cors_treat_a_login_like_any_operation() {
    let server = Server::start(&world());
    let rule = json!({
        "match": {"provider": "piktid", "operation": "log_in"},
        "effect": {"failure": "unavailable"},
        "trigger": {"next": 1},
    });
    let made = server.call("POST", "/_emulator/faults", &rule);
    assert_eq!((made.status, &made.json()["warning"]), (201, &json!(null)), "{}", made.text());
    assert_eq!(log_in(&server, "charlotte", PASSWORD).status, 503);
    assert_eq!(keys(&server, "ws_a").len(), 1, "a failure makes no key");
    assert_eq!(log_in(&server, "charlotte", PASSWORD).status, 200);
    for (name, password) in [("charlotte", "wrong"), ("grace", ""), ("grace", "grace")] {
        assert_eq!(log_in(&server, name, password).status, 401);
        let why = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0]["why"].clone();
        assert_eq!(why, "the user does not exist, or the password is another");
    }
    let bare = server.request("POST", "/piktid/auth/login", &[]);
    let why = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0]["why"].clone();
    assert_eq!(
        (bare.status, why),
        (401, json!("the request has no `Authorization: Basic` with a name and a password"))
    );
}
