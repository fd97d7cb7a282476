//! KonPro's routes on folders: what a change does elsewhere. What it answers is in its transcripts.

use serde_json::{Value, json};

use crate::dialects;
use crate::support::{Answer, Server, block_on};
use crate::worlds::world;

const WORKSPACE: &str = "/_emulator/workspaces/ws_tests";

fn ask(server: &Server, method: &str, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    server.post(method, &format!("/konpro/v1/{path}"), &[&dialects::of("konpro").auth("_off")], &body)
}

fn done(server: &Server, method: &str, path: &str, body: &Value) -> Value {
    let answer = ask(server, method, path, body);
    assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
    answer.json()
}

fn create(server: &Server, body: &Value) -> String {
    done(server, "POST", "folders/create", body)["folder_id"].as_str().unwrap().to_owned()
}

/// The ids that a vendor lists.
fn ids(server: &Server, provider: &str) -> Vec<String> {
    let dialect = dialects::of(provider);
    dialect.ids(&server.get(&dialect.target(&format!("{}=50", dialect.size)), &[&dialect.auth("_off")]))
}

#[test]
fn the_trash_hides_assets_in_its_own_vendors_list_alone() {
    let server = Server::start(&world());
    let outer = create(&server, &json!({"name": "Outer"}));
    let inner = create(&server, &json!({"name": "Inner", "parent_id": outer}));
    let before: Vec<_> = dialects::ALL.iter().map(|dialect| ids(&server, dialect.name)).collect();
    let asset = ids(&server, "konpro").swap_remove(0);
    let moved = server.call("PATCH", &format!("{WORKSPACE}/assets/{asset}"), &json!({"folder": inner}));
    assert_eq!(moved.status, 200, "{}", moved.text());
    for (change, is_shown) in [("trash", false), ("restore", true)] {
        done(&server, "POST", &format!("folders/{outer}/{change}"), &Value::Null);
        assert_eq!(ids(&server, "konpro").contains(&asset), is_shown, "after {change}");
        for (dialect, before) in dialects::ALL.iter().zip(&before).filter(|(dialect, _)| dialect.name != "konpro") {
            assert_eq!(&ids(&server, dialect.name), before, "{} after {change}", dialect.name);
        }
        let folders = server.get(&format!("{WORKSPACE}/folders"), &[]).json()["folders"].clone();
        let stored = folders.as_array().unwrap().iter().find(|folder| folder["id"] == outer).unwrap();
        assert_eq!(stored["trashed"].as_bool().unwrap_or_default(), !is_shown, "{stored}");
    }
}

#[test]
fn what_the_emulators_own_api_changes_is_listed_at_once_and_the_other_way_round() {
    let server = Server::start(&world());
    let listed = || done(&server, "GET", "folders", &Value::Null)["folders"].clone();
    let before = listed().as_array().unwrap().len();
    let put = json!({"name": "Mine", "created_at": "2026-03-01T00:00:00Z", "updated_at": "2026-03-02T00:00:00Z"});
    assert_eq!(server.call("PUT", &format!("{WORKSPACE}/folders/folder_mine"), &put).status, 200);
    let expected = json!({
        "id": "folder_mine", "name": "Mine", "parent_id": null, "created_at": "2026-03-01T00:00:00Z",
        "updated_at": "2026-03-02T00:00:00Z", "is_trash": false,
    });
    assert_eq!(listed()[0], expected);
    let made = create(&server, &json!({"name": "Theirs", "parent_id": "folder_mine"}));
    done(&server, "POST", "folders/folder_mine", &json!({"name": "Renamed"}));
    let folders = server.get(&format!("{WORKSPACE}/folders"), &[]).json()["folders"].clone();
    let folders: Vec<_> = folders.as_array().unwrap().iter().rev().take(2).cloned().collect();
    let now = "2026-03-21T12:00:00Z";
    let theirs = json!({"id": made, "name": "Theirs", "parent": "folder_mine", "created_at": now, "updated_at": now});
    let mine = json!({"id": "folder_mine", "name": "Renamed", "created_at": "2026-03-01T00:00:00Z", "updated_at": now});
    assert_eq!(folders, [theirs, mine], "a renamed folder keeps its place");
    assert_eq!(server.request("DELETE", &format!("{WORKSPACE}/folders/{made}"), &[]).status, 204);
    assert_eq!(listed().as_array().unwrap().len(), before + 1);
    let gone = ask(&server, "POST", &format!("folders/{made}/trash"), &Value::Null);
    assert_eq!(gone.status, 404, "{}", gone.text());
}

#[test]
fn a_walk_meets_every_folder_once_whatever_the_page_size() {
    let folders: Vec<_> = (0..23)
        .map(|n| json!({"id": format!("folder_{:02}", n * 7 % 23), "name": n.to_string(), "created_at": format!("2026-03-0{}T00:00:00Z", n / 5 + 1)}))
        .collect();
    let fixture = json!({"workspaces": [{"id": "ws_walk", "folders": folders, "keys": [{"provider": "konpro", "key": "konpro_walk"}]}]});
    let server = Server::start(&fixture.to_string());
    let page = |query: &str| server.get(&format!("/konpro/v1/folders?{query}"), &["x-api-key: konpro_walk"]).json();
    let all = page("")["folders"].clone();
    assert_eq!(all.as_array().unwrap().len(), 23);
    for size in 1..=24 {
        let (mut met, mut token) = (Vec::new(), String::new());
        loop {
            let page = page(&format!("limit={size}&token={token}"));
            let (folders, next) = (page["folders"].as_array().unwrap(), page["token"].as_str());
            assert_eq!(page["has_more"], next.is_some(), "{page}");
            assert!(!folders.is_empty() && folders.len() <= size, "{page}");
            met.extend(folders.clone());
            match next {
                Some(next) => next.clone_into(&mut token),
                None => break,
            }
        }
        assert_eq!(Value::from(met), all, "pages of {size}");
    }
}

#[test]
fn times_and_trash_survive_exports_snapshots_and_resets() {
    let server = Server::start(&world());
    let listed = |server: &Server| {
        ["false", "true"].map(|trash| done(server, "GET", &format!("folders?is_trash={trash}"), &Value::Null))
    };
    let origin = listed(&server);
    let made = create(&server, &json!({"name": "Made"}));
    done(&server, "POST", &format!("folders/{made}/trash"), &Value::Null);
    create(&server, &json!({"name": "Other"}));
    let changed = listed(&server);
    assert_ne!(changed, origin);
    let fixture = server.get(&format!("{WORKSPACE}/fixture"), &[]);
    assert_eq!(listed(&Server::start(fixture.text())), changed, "{}", fixture.text());
    let call = |method: &str, path: &str| assert!(server.request(method, path, &[]).status < 300, "{method} {path}");
    call("PUT", "/_emulator/snapshots/before");
    call("POST", &format!("{WORKSPACE}/reset"));
    assert_eq!(listed(&server), origin);
    call("POST", "/_emulator/snapshots/before/restore");
    assert_eq!(listed(&server), changed);
}

#[test]
fn a_folder_that_would_get_the_id_of_another_gets_a_longer_one() {
    let fixture = json!({"workspaces": [{"id": "ws_seed", "keys": [{"provider": "konpro", "key": "konpro_seed"}]}]});
    let create = |server: &Server, name: &str| {
        let made = server.post(
            "POST",
            "/konpro/v1/folders/create",
            &["x-api-key: konpro_seed"],
            &json!({"name": name}).to_string(),
        );
        assert_eq!(made.status, 200, "{}", made.text());
        made.json()["folder_id"].as_str().unwrap().to_owned()
    };
    // The same state and the same sequence of random numbers, as after a restart with a seed.
    let first = create(&Server::start(&fixture.to_string()), "One");
    let mut again = fixture.clone();
    again["workspaces"][0]["folders"] = json!([{"id": first, "name": "One"}]);
    assert_eq!(create(&Server::start(&again.to_string()), "Two"), format!("{first}0"));
}

#[test]
fn a_name_as_long_as_the_library_takes_is_taken() {
    let server = Server::start(&world());
    create(&server, &json!({"name": "n".repeat(1024)}));
    let refused = ask(&server, "POST", "folders/create", &json!({"name": "n".repeat(1025)}));
    assert_eq!(refused.status, 400, "{}", refused.text());
    let fixture = server.get(&format!("{WORKSPACE}/fixture"), &[]);
    drop(Server::start(fixture.text()));
}

#[test]
fn refusals_are_explained() {
    let server = Server::start(&world());
    let made = create(&server, &json!({"name": "Taken"}));
    for (path, body, why) in [
        ("folders/create", json!({"name": "Taken"}), "the name `Taken` is taken there".to_owned()),
        (
            "folders/create",
            json!({"project_type": "vido"}),
            "project_type=\"vido\" is none of video_translate".to_owned(),
        ),
        ("folders/create", json!([]), "the body is not what the route takes: `it is not an object`".to_owned()),
        ("folders/folder_x/trash", Value::Null, "the workspace `ws_tests` has no folder `folder_x`".to_owned()),
        (&format!("folders/{made}"), json!({}), "name is required".to_owned()),
    ] {
        let refused = ask(&server, "POST", path, &body);
        assert!(dialects::of("konpro").is_refusal(refused.text()), "{}", refused.text());
        let entry = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0].clone();
        assert!(entry["why"].as_str().unwrap().starts_with(&why), "{path}: {entry}");
    }
}

#[test]
fn the_journal_faults_and_limits_know_the_operations() {
    let server = Server::start(&world());
    let dialect = dialects::of("konpro");
    let made = create(&server, &json!({"name": "Made"}));
    for (name, method, path, body) in [
        ("list_folders", "GET", "folders".to_owned(), Value::Null),
        ("create_folder", "POST", "folders/create".to_owned(), json!({"name": "Faulty"})),
        ("rename_folder", "POST", format!("folders/{made}"), json!({"name": "Again"})),
        ("trash_folder", "POST", format!("folders/{made}/trash"), Value::Null),
        ("restore_folder", "POST", format!("folders/{made}/restore"), Value::Null),
        ("validate_key", "POST", "api-keys/validate".to_owned(), Value::Null),
        ("validate_sdk_key", "POST", "api-keys/".to_owned(), Value::Null),
    ] {
        let rule = json!({"match": {"provider": "konpro", "operation": name}, "effect": {"failure": "unavailable"}, "trigger": {"next": 1}});
        assert_eq!(server.call("POST", "/_emulator/faults", &rule).status, 201);
        let before = server.get(&format!("{WORKSPACE}/folders"), &[]).json();
        assert_eq!(ask(&server, method, &path, &body).status, 503, "{name}");
        assert_eq!(server.get(&format!("{WORKSPACE}/folders"), &[]).json(), before, "a failure changes nothing");
        assert_eq!(ask(&server, method, &path, &body).status, 200, "{name}");
        let entry = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0].clone();
        assert_eq!(entry["operation"], name, "{entry}");
    }
    let statuses: Vec<_> =
        (0..4).map(|_| server.get("/konpro/v1/folders", &[&dialect.auth("_three")]).status).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
}

/// A short key is no exception.
#[test]
fn a_validated_key_is_nowhere_shown_whole() {
    let keys = ["k", "konpro1", "konpro_", "sk_live_a_b", "konpro_0123456789abcdef"];
    let fixture = json!({"workspaces": [{
        "id": "ws_keys",
        "keys": keys.map(|key| json!({"provider": "konpro", "key": key, "limits": {"requests": 7, "seconds": 30}})),
    }]});
    let server = Server::start(&fixture.to_string());
    for (key, prefix) in keys.into_iter().zip(["", "", "", "sk_live_", "konpro_"]) {
        let answer = server.post("POST", "/konpro/v1/api-keys/", &[&format!("x-api-key: {key}")], "");
        assert_eq!(answer.status, 200, "{}", answer.text());
        let shown = answer.json()["data"]["key"].clone();
        assert_eq!((&shown["prefix"], &shown["key"]), (&json!(prefix), &json!(format!("{prefix}********"))));
        assert_eq!((&shown["rate_limit"], &shown["rate_limit_window"]), (&json!(7), &json!(30)));
    }
    let entries = server.get("/_emulator/journal", &[]);
    for text in [entries.text(), server.get("/_emulator/journal/har", &[]).text()] {
        assert!(text.contains("validate_sdk_key") || text.contains("api-keys"), "{text}");
        assert!(keys[3..].iter().all(|key| !text.contains(key)), "{text}");
    }
}

/// There are more assets than one transaction copies, since a smaller copy would be rolled back.
#[test]
fn a_request_for_a_missing_folder_copies_no_assets() {
    let server = Server::start("demo");
    let made = server.call("POST", "/_emulator/workspaces", &json!({"generate": {"count": 1500}})).json();
    let auth = format!("x-api-key: {}", made["keys"]["konpro"].as_str().unwrap());
    let stored =
        || block_on(server.app.store.rows()).unwrap().into_iter().find(|(table, _)| *table == "asset").unwrap().1;
    let before = stored();
    for (path, body) in [
        ("create", r#"{"parent_id": "folder_x"}"#),
        ("folder_x", r#"{"name": "x"}"#),
        ("folder_x/trash", ""),
        ("folder_x/restore", ""),
    ] {
        let refused = server.post("POST", &format!("/konpro/v1/folders/{path}"), &[&auth], body);
        assert_eq!((refused.status, stored()), (404, before), "{path}: {}", refused.text());
    }
}
