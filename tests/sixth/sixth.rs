//! A vendor that no built-in fixture knows: its keys are made through the emulator's own API.

use serde_json::json;

use crate::dialects;
use crate::support::Server;

#[test]
fn a_key_of_the_sixth_vendor_lists_what_the_others_list() {
    let server = Server::start("demo");
    let dialect = dialects::of("acme");
    let made = server.call("POST", "/_emulator/workspaces/ws_demo/keys", &json!({"provider": "acme"}));
    assert_eq!(made.status, 201, "{}", made.text());
    let key = made.json()["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("acme_"), "{key}");
    let page = server.list("acme", &key, "limit=100");
    assert_eq!(dialect.rows(&page).len(), 100, "{}", page.text());
    let workspace = server.call("POST", "/_emulator/workspaces", &json!({"generate": {"count": 20}})).json();
    assert!(workspace["keys"]["acme"].is_string() && workspace["listed"]["acme"].is_u64(), "{workspace}");
}
