//! xQR's routes on the workspace: what its answers follow from.

use serde_json::{Value, json};

use crate::dialects;
use crate::support::Server;
use crate::worlds::world;

fn data(server: &Server, path: &str, auth: &str) -> Value {
    let answer = server.get(&format!("/xqr/api/v1/{path}"), &[auth]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].clone()
}

fn storage(server: &Server, auth: &str) -> Value {
    data(server, "workspace/usage", auth)["usage"]["storage_bytes"].clone()
}

/// The header that gives xQR access to a workspace, of the answer that made it.
fn access(made: &Value) -> String {
    format!("Authorization: Bearer {}", made["keys"]["xqr"].as_str().unwrap())
}

/// Makes a workspace with these assets, and returns the answer that made it.
fn with_assets(server: &Server, assets: &Value) -> Value {
    let body = json!({"id": "ws_sizes"});
    let made = server.call("POST", "/_emulator/workspaces", &body).json();
    let added = server.call("POST", "/_emulator/workspaces/ws_sizes/assets", &json!({"assets": assets}));
    assert_eq!(added.status, 201, "{}", added.text());
    made
}

#[test]
fn usage_follows_what_is_uploaded_changed_and_deleted() {
    let server = Server::start("empty");
    let at = "2026-03-01T00:00:00Z";
    let made = with_assets(
        &server,
        &json!([
            {"name": "a.mp4", "mime_type": "video/mp4", "size_bytes": 1000, "created_at": at, "ids": {"konpro": "asset_a"}},
            {"name": "b.mp4", "mime_type": "video/mp4", "size_bytes": 200, "created_at": at, "ids": {"konpro": "asset_b"}},
            {"name": "c.mp4", "size_bytes": 30, "status": "pending", "created_at": at, "ids": {"konpro": "asset_c"}},
        ]),
    );
    let auth = access(&made);
    assert_eq!(storage(&server, &auth), 1200);
    let patch =
        |id: &str, body: Value| server.call("PATCH", &format!("/_emulator/workspaces/ws_sizes/assets/{id}"), &body);
    assert_eq!(patch("asset_c", json!({"status": "ready"})).status, 200);
    assert_eq!(storage(&server, &auth), 1230);
    assert_eq!(patch("asset_a", json!({"size_bytes": 1})).status, 200);
    assert_eq!(storage(&server, &auth), 231);
    let konpro = format!("x-api-key: {}", made["keys"]["konpro"].as_str().unwrap());
    assert_eq!(server.request("DELETE", "/konpro/v1/asset/asset_b", &[&konpro]).status, 200);
    assert_eq!(storage(&server, &auth), 31);
}

/// A large collection is not read for it: the sums are stored, and changed with every asset.
#[test]
fn usage_of_a_large_workspace_is_that_of_its_assets() {
    let server = Server::start("empty");
    let made = server.call("POST", "/_emulator/workspaces", &json!({"id": "ws_large", "generate": {"count": 10_000}}));
    let auth = access(&made.json());
    let sum = || {
        let export = server.get("/_emulator/workspaces/ws_large/fixture", &[]).json();
        let arrived = |asset: &&Value| !matches!(asset["status"].as_str(), Some("pending" | "failed"));
        let assets = export["workspaces"][0]["assets"].as_array().unwrap();
        assets.iter().filter(arrived).filter_map(|asset| asset["size_bytes"].as_i64()).sum::<i64>()
    };
    assert_eq!(storage(&server, &auth), sum());
    let page = data(&server, "assets?limit=2", &auth);
    let asset = |index: usize| format!("/_emulator/workspaces/ws_large/assets/{}", page[index]["id"].as_str().unwrap());
    assert_eq!(
        server.call("PATCH", &asset(0), &json!({"size_bytes": 5_000_000_000_i64, "status": "ready"})).status,
        200
    );
    assert_eq!(server.request("DELETE", &asset(1), &[]).status, 204);
    let more = json!({"assets": [{"name": "n", "size_bytes": 77, "created_at": "2026-03-01T00:00:00Z"}]});
    assert_eq!(server.call("POST", "/_emulator/workspaces/ws_large/assets", &more).status, 201);
    assert_eq!(storage(&server, &auth), sum());
}

/// The sums were floating-point numbers once, and lost what such a size rounded away.
#[test]
fn usage_is_exact_again_once_an_enormous_asset_is_gone() {
    for count in [3, 10_000] {
        let server = Server::start("empty");
        let body = json!({"id": "ws_large", "generate": {"count": count}});
        let auth = access(&server.call("POST", "/_emulator/workspaces", &body).json());
        let before = storage(&server, &auth);
        let enormous = json!({"name": "n", "size_bytes": i64::MAX, "created_at": "2026-03-01T00:00:00Z", "ids": {"konpro": "asset_n"}});
        let added = server.call("POST", "/_emulator/workspaces/ws_large/assets", &json!({"assets": [enormous]}));
        assert_eq!((added.status, storage(&server, &auth)), (201, json!(i64::MAX)), "{}", added.text());
        let asset = "/_emulator/workspaces/ws_large/assets/asset_n";
        let almost = i64::MAX - before.as_i64().unwrap() - 1;
        assert_eq!(server.call("PATCH", asset, &json!({"size_bytes": almost})).status, 200);
        assert_eq!(storage(&server, &auth), i64::MAX - 1, "no more is rounded than must be");
        assert_eq!(server.request("DELETE", asset, &[]).status, 204);
        assert_eq!(storage(&server, &auth), before);
    }
}

#[test]
fn sizes_that_add_up_to_more_than_64_bits_are_the_largest_number() {
    let server = Server::start("empty");
    let one = json!({"name": "n", "size_bytes": i64::MAX, "created_at": "2026-03-01T00:00:00Z"});
    let auth = access(&with_assets(&server, &json!([one, one, one])));
    assert_eq!(storage(&server, &auth), i64::MAX);
}

#[test]
fn members_are_the_users_of_the_workspace() {
    let server = Server::start(&world());
    let auth = dialects::of("xqr").auth("_off");
    let before = data(&server, "workspace/members", &auth);
    let user = json!({"name": "Zoë O'Neil"});
    assert_eq!(server.call("POST", "/_emulator/workspaces/ws_tests/users", &user).status, 201);
    let added = json!({"name": "mail@example.org"});
    assert_eq!(server.call("POST", "/_emulator/workspaces/ws_tests/users", &added).status, 201);
    let after = data(&server, "workspace/members", &auth);
    let (old, new) = after.as_array().unwrap().split_at(before.as_array().unwrap().len());
    assert_eq!(Value::from(old.to_vec()), before, "those who were there keep their ids");
    let shown: Vec<_> = new.iter().map(|member| (&member["name"], &member["email"])).collect();
    assert_eq!(
        shown,
        [
            (&json!("Zoë O'Neil"), &json!("zoë.o.neil@example.com")),
            (&json!("mail@example.org"), &json!("mail@example.org")),
        ]
    );
    let ids: std::collections::HashSet<_> =
        after.as_array().unwrap().iter().map(|member| member["id"].to_string()).collect();
    assert_eq!(ids.len(), after.as_array().unwrap().len());
}

/// A workspace without users has one in the library.
#[test]
fn a_workspace_that_lists_no_users_has_its_owner_as_a_member() {
    let server = Server::start("docs");
    let auth = format!("Authorization: Bearer xqr_pk_a1b2c3d4.{}", "x".repeat(64));
    let members = data(&server, "workspace/members", &auth);
    assert_eq!((members.as_array().unwrap().len(), &members[0]["name"]), (1, &json!("owner")));
    let workspace = data(&server, "workspace", &auth);
    assert_eq!((&workspace["id"], &workspace["plan"]), (&json!("ws_abc"), &json!("pro")));
}

#[test]
fn the_journal_and_faults_know_the_operations() {
    let server = Server::start(&world());
    let auth = dialects::of("xqr").auth("_off");
    for (path, name) in
        [("workspace", "get_workspace"), ("workspace/usage", "get_usage"), ("workspace/members", "list_members")]
    {
        let rule = json!({"match": {"provider": "xqr", "operation": name}, "effect": {"failure": "unavailable"}, "trigger": {"next": 1}});
        assert_eq!(server.call("POST", "/_emulator/faults", &rule).status, 201);
        let target = format!("/xqr/api/v1/{path}");
        assert_eq!(server.get(&target, &[&auth]).status, 503, "{name}");
        assert_eq!(server.get(&target, &[&auth, "X-Emulator-Fault: missing_scope"]).status, 403, "{name}");
        let entry = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0].clone();
        assert_eq!(entry["operation"], name, "{entry}");
        assert_eq!(data(&server, path, &auth), data(&server, &format!("{path}?zzz=1"), &auth));
        let entry = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0].clone();
        assert!(entry["warnings"][0].as_str().unwrap().contains("zzz"), "{entry}");
    }
}
