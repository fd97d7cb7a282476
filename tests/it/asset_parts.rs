//! What hangs on a single asset: the metadata that users give it, and what refers to it. What the vendor words is in
//! its transcripts; here is what the library does with it.

use serde_json::{Value, json};

use crate::dialects::{self, Dialect};
use crate::support::{Answer, Server};
use crate::worlds::world;

const OWN: &str = "/_emulator/workspaces/ws_tests";

fn vendor() -> &'static Dialect {
    dialects::of("twelvelabs")
}

/// The newest asset of the vendor's list, as it is shown there.
fn newest(server: &Server) -> Value {
    vendor().rows(&server.get(&vendor().target(""), &[&vendor().auth("_off")]))[0].clone()
}

fn id(server: &Server) -> String {
    newest(server)["_id"].as_str().unwrap().to_owned()
}

fn ask(server: &Server, method: &str, rest: &str, body: &str) -> Answer {
    server.post(method, &format!("/twelvelabs/v1.3/assets/{rest}"), &[&vendor().auth("_off")], body)
}

fn own(server: &Server, id: &str) -> Value {
    server.get(&format!("{OWN}/assets/{id}"), &[]).json()
}

#[test]
fn metadata_is_one_field_of_the_asset_for_the_vendor_and_for_the_emulators_own_api() {
    let server = Server::start(&world());
    let id = id(&server);
    let others = || dialects::ALL.iter().filter(|other| other.name != vendor().name);
    let lists =
        || others().map(|other| server.get(&other.target(""), &[&other.auth("_off")]).json()).collect::<Vec<_>>();
    let rows = |lists: Vec<Value>| {
        let pairs = others().zip(lists);
        pairs.map(|(other, list)| list.pointer(other.rows).unwrap().clone()).collect::<Vec<_>>()
    };
    let (before, updated) = (rows(lists()), own(&server, &id)["updated_at"].clone());
    let changed = ask(&server, "PATCH", &format!("{id}/user-metadata"), r#"{"user_metadata":{"a":1,"b":["c"]}}"#);
    assert_eq!(changed.status, 204, "{}", changed.text());
    let own_asset = own(&server, &id);
    assert_eq!((&own_asset["user_metadata"], &own_asset["updated_at"]), (&json!({"a": 1, "b": ["c"]}), &updated));
    assert_eq!(newest(&server)["user_metadata"], json!({"a": 1, "b": ["c"]}));
    assert_eq!(rows(lists()), before, "no other vendor shows it");

    let patch = json!({"user_metadata": {"d": true}});
    assert_eq!(server.call("PATCH", &format!("{OWN}/assets/{id}"), &patch).status, 200);
    assert_eq!(newest(&server)["user_metadata"], json!({"d": true}));
    assert_eq!(ask(&server, "GET", &id, "").json()["user_metadata"], json!({"d": true}));
    let patch = json!({"user_metadata": null, "referenced_by": ["Videos"]});
    assert_eq!(server.call("PATCH", &format!("{OWN}/assets/{id}"), &patch).status, 200);
    assert_eq!((newest(&server).get("user_metadata"), &own(&server, &id)["referenced_by"]), (None, &json!(["Videos"])));
}

#[test]
fn a_value_that_no_vendor_has_is_refused_in_fixtures_and_by_the_emulators_own_api() {
    let server = Server::start(&world());
    let patch = json!({"user_metadata": {"a": {"b": 1}}});
    let refused = server.call("PATCH", &format!("{OWN}/assets/{}", id(&server)), &patch);
    let error = &refused.json()["error"];
    assert_eq!((refused.status, &error["at"]), (400, &json!("user_metadata.a")), "{error}");
    assert_eq!(error["message"], "a value is a string, a number, a boolean or an array of strings");
    let long = json!({"referenced_by": ["good", "x".repeat(1025)]});
    let refused = server.call("PATCH", &format!("{OWN}/assets/{}", id(&server)), &long);
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("referenced_by[1]")));
}

/// Each workspace has its own copy of what it changes; exports, resets and snapshots keep both fields.
#[test]
fn both_fields_are_exported_reset_and_restored_with_their_workspace() {
    let fixture = json!({"workspaces": [{"id": "ws_parts", "assets": [{
        "name": "a.png", "mime_type": "image/png", "created_at": "2026-03-01T00:00:00Z", "user_metadata": {"a": 1},
        "referenced_by": ["Videos"], "ids": {"twelvelabs": "69ba7b24f0c43a0535716c04"},
    }], "keys": [{"provider": "twelvelabs", "key": "tlk_parts"}]}]});
    let server = Server::start(&fixture.to_string());
    let copy = server.call("POST", "/_emulator/workspaces", &json!({"copy": "ws_parts"})).json();
    let copied_key = copy["keys"]["twelvelabs"].as_str().unwrap_or_else(|| panic!("{copy}")).to_owned();
    let shown = |key: &str| {
        let asset = server.get("/twelvelabs/v1.3/assets/69ba7b24f0c43a0535716c04", &[&format!("x-api-key: {key}")]);
        asset.json().get("user_metadata").cloned()
    };
    let clear = |key: &str| {
        let target = "/twelvelabs/v1.3/assets/69ba7b24f0c43a0535716c04/user-metadata";
        assert_eq!(server.request("DELETE", target, &[&format!("x-api-key: {key}")]).status, 204);
    };
    clear(&copied_key);
    assert_eq!((shown(&copied_key), shown("tlk_parts")), (None, Some(json!({"a": 1}))));
    let exported = server.get("/_emulator/workspaces/ws_parts/fixture", &[]).json();
    let asset = &exported["workspaces"][0]["assets"][0];
    assert_eq!(
        (&asset["user_metadata"], &asset["referenced_by"]),
        (&json!({"a": 1}), &json!(["Videos"])),
        "{exported}"
    );

    assert!(server.call("PUT", "/_emulator/snapshots/before", &Value::Null).status < 300);
    clear("tlk_parts");
    assert_eq!(shown("tlk_parts"), None);
    assert!(server.call("POST", "/_emulator/snapshots/before/restore", &Value::Null).status < 300);
    assert_eq!(shown("tlk_parts"), Some(json!({"a": 1})));
    clear("tlk_parts");
    assert!(server.call("POST", "/_emulator/workspaces/ws_parts/reset", &Value::Null).status < 300);
    assert_eq!(shown("tlk_parts"), Some(json!({"a": 1})));
}

#[test]
fn an_imported_asset_keeps_its_words_until_its_metadata_changes() {
    let server = Server::start(&world());
    let object = r#"{"_id":"6298d673f1090f1100476d4c","user_metadata":{"z":1,"a":2},"size":7,"created_at":"2026-03-20T10:30:00Z"}"#;
    let imported = server.post("POST", &format!("{OWN}/import/twelvelabs"), &[], &format!(r#"{{"data":[{object}]}}"#));
    assert_eq!(imported.status, 201, "{}", imported.text());
    let target = "6298d673f1090f1100476d4c/user-metadata";
    for body in [r#"{"user_metadata":{}}"#, r#"{"user_metadata":{"a":2,"z":1,"b":"","c":null}}"#] {
        assert_eq!(ask(&server, "PATCH", target, body).status, 204);
        assert_eq!(ask(&server, "GET", "6298d673f1090f1100476d4c", "").text(), object);
    }
    assert_eq!(ask(&server, "PATCH", target, r#"{"user_metadata":{"b":3}}"#).status, 204);
    let asset = ask(&server, "GET", "6298d673f1090f1100476d4c", "").json();
    assert_eq!((&asset["user_metadata"], asset.get("size")), (&json!({"a": 2, "b": 3, "z": 1}), None));
}

/// The journal records only the beginning of a body, and the operation reads all of it.
#[test]
fn a_body_is_read_to_its_end_and_up_to_a_megabyte() {
    let server = Server::start(&world());
    let target = format!("{}/user-metadata", id(&server));
    let body = |length: usize| json!({"user_metadata": {"text": "x".repeat(length)}}).to_string();
    assert_eq!(ask(&server, "PUT", &target, &body(500_000)).status, 204);
    assert_eq!(newest(&server)["user_metadata"]["text"].as_str().unwrap().len(), 500_000);
    let refused = ask(&server, "PUT", &target, &body(1 << 20));
    assert_eq!(refused.status, 413, "{}", refused.text());
    assert!(vendor().is_refusal(refused.text()), "{}", refused.text());
    for body in [r#"{"user_metadata":{"a":1e999}}"#, &format!("{}1", r#"{"user_metadata":"#.repeat(1000)), "{} {}"] {
        let refused = ask(&server, "PUT", &target, body);
        assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("parameter_invalid")), "{body}");
    }
    assert_eq!(newest(&server)["user_metadata"]["text"].as_str().unwrap().len(), 500_000);
}

/// A vendor that knows no indexes deletes the asset all the same.
#[test]
fn only_the_vendor_with_indexes_refuses_to_delete_what_they_refer_to() {
    let server = Server::start(&world());
    let id = id(&server);
    let named = own(&server, &id)["ids"].clone();
    let patch = json!({"referenced_by": ["Videos", "Archive"]});
    assert_eq!(server.call("PATCH", &format!("{OWN}/assets/{id}"), &patch).status, 200);
    let refused = ask(&server, "DELETE", &id, "");
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("resource_conflict")));
    let entry = &server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0];
    let why = entry["why"].as_str().unwrap();
    assert!(why.contains("`Videos`") && why.contains(&id) && entry["operation"] == "delete_asset", "{entry}");
    let indexed = ask(&server, "GET", &format!("{id}/indexed-assets"), "").json();
    assert_eq!(indexed["data"].as_array().unwrap().len(), 2, "{indexed}");
    let xqr = dialects::of("xqr");
    let target = format!("/xqr/api/v1/assets/{}", named["xqr"].as_str().unwrap());
    assert_eq!(server.request("DELETE", &target, &[&xqr.auth("_off")]).status, 204);
    assert_eq!(ask(&server, "GET", &id, "").status, 404);
}

#[test]
fn an_index_has_the_same_id_wherever_it_is_shown() {
    let server = Server::start(&world());
    let ids: Vec<_> = vendor().ids(&server.get(&vendor().target(""), &[&vendor().auth("_off")]));
    let indexed: Vec<_> = ids[..2]
        .iter()
        .map(|id| {
            let patch = json!({"referenced_by": ["Videos"]});
            assert_eq!(server.call("PATCH", &format!("{OWN}/assets/{id}"), &patch).status, 200);
            ask(&server, "GET", &format!("{id}/indexed-assets"), "").json()["data"][0].clone()
        })
        .collect();
    assert_eq!(indexed[0]["index"], indexed[1]["index"]);
    assert_ne!(indexed[0]["_id"], indexed[1]["_id"]);
}

/// As at the list: limits, faults by the operation's name, the journal and its sentence.
#[test]
fn limits_faults_and_the_journal_know_the_operations() {
    let operations = [
        ("update_user_metadata", "PATCH", "user-metadata", r#"{"user_metadata":{"a":1}}"#),
        ("replace_user_metadata", "PUT", "user-metadata", r#"{"user_metadata":{"a":1}}"#),
        ("delete_user_metadata", "DELETE", "user-metadata", ""),
        ("list_indexed_assets", "GET", "indexed-assets", ""),
        ("list_entities", "GET", "entities", ""),
    ];
    for (operation, method, part, body) in operations {
        let server = Server::start(&world());
        let id = id(&server);
        let rule =
            json!({"match": {"operation": operation}, "effect": {"failure": "unavailable"}, "trigger": {"next": 1}});
        let made = server.call("POST", "/_emulator/faults", &rule);
        assert_eq!((made.status, &made.json()["warning"]), (201, &json!(null)), "{}", made.text());
        assert_eq!(ask(&server, method, &format!("{id}/{part}"), body).status, 503, "{operation}");
        assert_eq!(newest(&server).get("user_metadata"), None, "{operation}: a failure changes nothing");
        let missing = ask(&server, method, &format!("000000000000000000000000/{part}"), body);
        let entry = &server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0];
        assert_eq!((missing.status, &entry["operation"]), (404, &json!(operation)), "{}", missing.text());
        assert!(entry["why"].as_str().unwrap().starts_with("the workspace `ws_tests` has no asset `"), "{entry}");
        let target = format!("/twelvelabs/v1.3/assets/{id}/{part}");
        let limited = || server.post(method, &target, &[&vendor().auth("_three")], body).status;
        let statuses: Vec<_> = (0..4).map(|_| limited()).collect();
        let good = if method == "GET" { 200 } else { 204 };
        assert_eq!(statuses, [good, good, good, 429], "{operation}");
    }
}
