//! A workspace shares its assets with the state that a reset returns to, until it changes something. A request that is refused,
//! or that changes nothing, leaves it at that.

use assetmock::providers;
use serde_json::{Value, json};

use crate::support::{Server, block_on};

const OF_TWELVELABS: &str = "69afcf809dc43a0535716c0c";

/// A workspace with more assets than one transaction copies, since a smaller copy would be rolled back.
fn fixture() -> Value {
    let asset = |more: Value| {
        let mut asset = json!({"mime_type": "image/png", "created_at": "2026-03-01T00:00:00Z"});
        asset.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asset
    };
    let mut assets = vec![asset(json!({})); 1500];
    assets.extend([
        asset(json!({"status": "pending", "ids": {"xqr": "pending", "flora": "asset_pending"}})),
        asset(json!({"is_public": true, "ids": {"xqr": "public"}})),
        asset(json!({"referenced_by": ["index"], "ids": {"twelvelabs": OF_TWELVELABS}})),
        asset(json!({"project": "prj_a", "node": "node_a", "ids": {"flora": "asset_placed"}})),
    ]);
    json!({"workspaces": [{
        "id": "ws_shared",
        "users": [{"name": "ada", "password": "secret", "groups": ["A"]}],
        "projects": [{"id": "prj_a", "name": "A"}],
        "folders": [{"id": "folder_a", "name": "A"}, {"id": "folder_b", "name": "B"}],
        "assets": assets,
    }]})
}

#[test]
fn a_request_that_is_refused_or_changes_nothing_copies_no_assets() {
    let server = Server::start("empty");
    let made = server.call("POST", "/_emulator/workspaces", &json!({"fixture": fixture()})).json();
    let stored =
        || block_on(server.app.store.rows()).unwrap().into_iter().find(|(table, _)| *table == "asset").unwrap().1;
    let before = stored();
    let of_twelvelabs = format!("v1.3/assets/{OF_TWELVELABS}");
    let metadata = format!("{of_twelvelabs}/user-metadata");
    for (provider, method, path, body, status) in [
        ("xqr", "POST", "api/v1/assets/pending/publish", Value::Null, 409),
        ("xqr", "POST", "api/v1/assets/public/publish", Value::Null, 200),
        ("xqr", "POST", "api/v1/assets/pending/confirm", Value::Null, 409),
        ("xqr", "POST", "api/v1/assets/public/confirm", Value::Null, 200),
        ("xqr", "POST", "api/v1/assets/presign", Value::Null, 400),
        ("twelvelabs", "DELETE", &of_twelvelabs, Value::Null, 409),
        ("twelvelabs", "DELETE", &metadata, Value::Null, 204),
        ("twelvelabs", "PATCH", &metadata, json!({"user_metadata": {}}), 204),
        ("flora", "POST", "api/v1/projects/prj_a/assets/asset_pending/attach", Value::Null, 409),
        ("flora", "POST", "api/v1/projects/prj_a/assets/asset_placed/attach", Value::Null, 200),
        ("flora", "POST", "api/v1/assets/asset_pending/complete", Value::Null, 409),
        ("flora", "POST", "api/v1/assets/asset_pending/retry", Value::Null, 409),
        ("flora", "POST", "api/v1/assets", json!({"source": "upload", "workspace_id": "ws_shared"}), 400),
        ("piktid", "POST", "assets/bulk-delete", json!({"asset_ids": ["nothing"]}), 200),
        ("piktid", "POST", "upload", json!({"filename": "a.png"}), 200),
        ("piktid", "POST", "project", json!({"project_name": "A"}), 409),
        ("piktid", "POST", "groups", json!({"name": "A"}), 409),
        ("konpro", "POST", "v1/folders/create", json!({"name": "A"}), 400),
        ("konpro", "POST", "v1/folders/folder_a", json!({"name": "B"}), 400),
        // Keys are in no collection.
        ("piktid", "POST", "auth/token", json!({"expiration": "PT1H"}), 200),
    ] {
        let carrier = &providers::named(provider).unwrap().card().auth.carrier;
        let auth = carrier.line(made["keys"][provider].as_str().unwrap());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = server.post(method, &format!("/{provider}/{path}"), &[&auth], &body);
        assert_eq!((answer.status, stored()), (status, before), "{provider} {path}: {}", answer.text());
    }
    let log_in = server.request("POST", "/piktid/auth/login", &["Authorization: Basic YWRhOnNlY3JldA=="]);
    assert_eq!((log_in.status, stored()), (200, before), "{}", log_in.text());
}
