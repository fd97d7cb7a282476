//! PiktID deletes assets in bulk, and only those of the user. What it words is in its transcripts.

use serde_json::{Value, json};

use crate::dialects;
use crate::support::Server;
use crate::worlds::world;

fn delete(server: &Server, ids: &[&str]) -> Value {
    let auth = dialects::of("piktid").auth("_off");
    let body = json!({"asset_ids": ids}).to_string();
    let answer = server.post("POST", "/piktid/assets/bulk-delete", &[&auth], &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn ids(server: &Server, dialect: &dialects::Dialect, ending: &str) -> Vec<String> {
    dialect.ids(&server.get(&dialect.target(&format!("{}=50", dialect.size)), &[&dialect.auth(ending)]))
}

#[test]
fn what_is_deleted_in_bulk_no_vendor_lists_any_more() {
    let server = Server::start(&world());
    let before: Vec<_> = dialects::ALL.iter().map(|dialect| ids(&server, dialect, "_off")).collect();
    let piktid = dialects::of("piktid");
    let own = ids(&server, piktid, "_off");
    let foreign = &ids(&server, piktid, "_other")[0];
    let deleted = delete(&server, &[&own[2], foreign, &own[5], "nothing"]);
    assert_eq!(deleted, json!({"deleted_count": 2, "failed_ids": [foreign, "nothing"]}));
    for (dialect, before) in dialects::ALL.iter().zip(before) {
        let left = ids(&server, dialect, "_off");
        assert_eq!(left.len(), before.len() - 2, "{}", dialect.name);
        assert!(left.iter().all(|id| before.contains(id)), "{}", dialect.name);
    }
    let left = ids(&server, piktid, "_off");
    assert!(!left.contains(&own[2]) && !left.contains(&own[5]));
    assert!(ids(&server, piktid, "_other").contains(foreign));
}

/// A user's teammates see a shared asset, and cannot delete it.
#[test]
fn only_the_uploader_deletes() {
    let server = Server::start(&world());
    let mine = ids(&server, dialects::of("piktid"), "_off");
    for (visibility, uploader, deleted) in [("shared", "grace", 0), ("private", "grace", 0), ("shared", "ada", 1)] {
        let change = json!({"visibility": visibility, "uploader": uploader});
        let path = format!("/_emulator/workspaces/ws_tests/assets/{}", mine[0]);
        assert_eq!(server.call("PATCH", &path, &change).status, 200);
        assert_eq!(delete(&server, &[&mine[0]])["deleted_count"], json!(deleted), "{visibility} of {uploader}");
    }
}

#[test]
fn limits_faults_and_the_journal_know_the_operation() {
    let server = Server::start(&world());
    let piktid = dialects::of("piktid");
    let id = ids(&server, piktid, "_off").swap_remove(0);
    let body = json!({"asset_ids": [id]}).to_string();
    let path = "/piktid/assets/bulk-delete";
    let rule = json!({
        "match": {"provider": "piktid", "operation": "delete_assets"},
        "effect": {"failure": "unavailable"},
        "trigger": {"next": 1},
    });
    let made = server.call("POST", "/_emulator/faults", &rule);
    assert_eq!((made.status, &made.json()["warning"]), (201, &json!(null)), "{}", made.text());
    assert_eq!(server.post("POST", path, &[&piktid.auth("_off")], &body).status, 503);
    assert!(ids(&server, piktid, "_off").contains(&id), "a failure changes nothing");
    let statuses = [0; 4].map(|_| server.post("POST", path, &[&piktid.auth("_three")], &body).status);
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert_eq!(server.post("POST", path, &[&piktid.auth("_off")], "{}").status, 400);
    let entry = &server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0];
    assert_eq!((&entry["operation"], &entry["why"]), (&json!("delete_assets"), &json!("asset_ids is required")));
}
