//! A server that is started again over the same file, with the same seed, draws the random numbers of its first run again.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::process::{Folder, Running};

/// Makes one of each thing that vendors make, and returns all their ids and keys.
fn make(server: &Running, run: &str) -> Vec<String> {
    let mut client = server.connect();
    let mut ask = |path: &str, auth: &str, body: &Value| {
        let answer = client.ask("POST", path, &[auth, "Content-Type: application/json"], &body.to_string());
        assert!((200..300).contains(&answer.status), "{path} of the {run} run: {} {}", answer.status, answer.text());
        answer.json()
    };
    let piktid = "Authorization: Bearer piktid_seed";
    let flora = "Authorization: Bearer sk_test_seed";
    let session = ask("/piktid/auth/login", "Authorization: Basic YWRhOnNlY3JldA==", &json!({}));
    let token = ask("/piktid/auth/token", piktid, &json!({"expiration": "PT1H"}));
    let piktids = ask("/piktid/project", piktid, &json!({"project_name": run}));
    let floras = ask("/flora/api/v1/projects", flora, &json!({"workspace_id": "ws_seed", "name": run}));
    let folder = ask("/konpro/v1/folders/create", "x-api-key: konpro_seed", &json!({"name": run}));
    let floras = &floras["project_id"];
    let (status, shown) = server.get(&format!("/flora/api/v1/projects/{}", floras.as_str().unwrap()), flora);
    assert_eq!((status, &shown["name"]), (200, &json!(run)), "{shown}");
    [
        &session["token"],
        &session["refresh_token"],
        &token["token"],
        &piktids["project_id"],
        floras,
        &folder["folder_id"],
    ]
    .map(|id| id.as_str().unwrap().to_owned())
    .to_vec()
}

#[test]
fn what_is_made_after_a_restart_with_the_same_seed_gets_other_ids() {
    let folder = Folder::new();
    let keys = [("piktid", "piktid_seed"), ("flora", "sk_test_seed"), ("konpro", "konpro_seed")];
    let keys = keys.map(|(provider, key)| json!({"provider": provider, "key": key}));
    let users = json!([{"name": "ada", "password": "secret"}]);
    let fixture = json!({"workspaces": [{"id": "ws_seed", "users": users, "keys": keys}]}).to_string();
    let (file, fixture) = (folder.file("library.sqlite"), folder.write("fixture.json", fixture));
    let mut made = Vec::new();
    for run in ["first", "second", "third"] {
        let server = Running::start(&["--database", &file, "--seed", "7", "--fixture", &fixture]);
        made.extend(make(&server, run));
        server.stop();
    }
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), made.len(), "{made:?}");
    assert!(made[9].starts_with(&made[3]), "the same numbers were drawn, or this shows nothing: {made:?}");
}

/// What is done at the start must not be taken for a change of the library, whose beginning a reset goes back to.
#[test]
fn a_reset_of_a_new_database_file_restores_its_fixtures() {
    for _ in 0..5 {
        let folder = Folder::new();
        let server = Running::start(&["--database", &folder.file("library.sqlite")]);
        let before = server.get("/_emulator/workspaces", "Accept: */*");
        assert_eq!(server.connect().ask("POST", "/_emulator/reset", &[], "").status, 204);
        assert_eq!(server.get("/_emulator/workspaces", "Accept: */*"), before);
        assert_ne!(before.1["workspaces"], json!([]));
        server.stop();
    }
}
