//! Routes on a single asset: get, delete, publish. What each vendor words is in its transcripts; here is what holds for
//! all.

use assetmock::contract::operation::Operation;
use assetmock::contract::provider::Card;
use assetmock::contract::query::Unknown;
use serde_json::{Value, json};

use crate::dialects::{self, Dialect};
use crate::support::{Answer, Server, block_on};
use crate::worlds::world;

/// The vendors that imitate this operation.
fn with(operation: &str) -> impl Iterator<Item = (&'static Dialect, &'static Card, &'static Operation)> {
    dialects::pairs().filter_map(move |(provider, dialect)| {
        let card = provider.card();
        let found = card.operations.iter().find(|known| known.name == operation && !known.is_absent())?;
        Some((dialect, card, found))
    })
}

/// The operation's address for an asset.
fn target(card: &Card, operation: &Operation, id: &str) -> String {
    let segments = operation.path().split('/').map(|segment| if segment.starts_with('{') { id } else { segment });
    format!("/{}{}", card.name, segments.collect::<Vec<_>>().join("/"))
}

fn ask(server: &Server, card: &Card, operation: &Operation, id: &str, auth: &str) -> Answer {
    server.request(operation.method, &target(card, operation, id), &[auth])
}

fn ids(server: &Server, dialect: &Dialect) -> Vec<String> {
    dialect.ids(&server.get(&dialect.target(&format!("{}=50", dialect.size)), &[&dialect.auth("_off")]))
}

/// The object in the answer to a get, wherever the vendor has it.
fn object(answer: &Answer) -> Value {
    let body = answer.json();
    body.get("data").unwrap_or(&body).clone()
}

#[test]
fn get_shows_what_the_list_shows() {
    let server = Server::start("demo");
    let made = server.call("POST", "/_emulator/workspaces", &json!({"fixture": "demo"})).json();
    for (dialect, card, operation) in with("get_asset") {
        let key = made["keys"][card.name].as_str().unwrap_or_else(|| panic!("{made}"));
        let auth = card.auth.carrier.line(key);
        let rows = dialect.rows(&server.list(card.name, key, &format!("{}=50", dialect.size)));
        assert!(rows.len() >= 50, "{}", rows.len());
        for row in rows {
            let answer = ask(&server, card, operation, row[dialect.id].as_str().unwrap(), &auth);
            assert_eq!(answer.status, 200, "{}", answer.text());
            let shown = object(&answer);
            let fields = shown.as_object().unwrap();
            let same = fields.iter().filter(|(name, value)| row.get(name.as_str()) == Some(value)).count();
            // FLORA's single asset has its time as a text and one field more; what the list has besides is about the
            // canvas.
            let other = if card.name == "flora" { 2 } else { 0 };
            assert_eq!(same, fields.len() - other, "{}: {shown} is not {row}", card.name);
        }
    }
}

#[test]
fn what_one_vendor_deletes_no_vendor_shows_any_more() {
    for (dialect, card, operation) in with("delete_asset") {
        let server = Server::start(&world());
        let before: Vec<_> = dialects::ALL.iter().map(|other| ids(&server, other)).collect();
        let id = &ids(&server, dialect)[3];
        let named = server.get(&format!("/_emulator/workspaces/ws_tests/assets/{id}"), &[]).json()["ids"].clone();
        let gone = ask(&server, card, operation, id, &dialect.auth("_off"));
        assert!((200..300).contains(&gone.status), "{}", gone.text());
        for (other, before) in dialects::ALL.iter().zip(before) {
            let left: Vec<_> = before.iter().filter(|id| **id != named[other.name]).cloned().collect();
            assert_eq!((ids(&server, other), left.len()), (left, before.len() - 1), "{}", other.name);
        }
        for (other, card, get) in with("get_asset") {
            let id = named[other.name].as_str().unwrap();
            assert_eq!(ask(&server, card, get, id, &other.auth("_off")).status, 404, "{}", card.name);
        }
        let again = ask(&server, card, operation, id, &dialect.auth("_off"));
        assert_eq!(again.status, 404, "{}", again.text());
        assert!(dialect.is_refusal(again.text()), "{}", again.text());
        let others = dialect.ids(&server.get(&dialect.target(""), &[&dialect.auth("_other")]));
        assert_eq!(others.len(), 2, "another workspace keeps its own");
    }
}

/// They are alike, so that no client learns what others have. Each is asked of a server of its own, which draws the
/// same id for the request.
#[test]
fn an_asset_that_is_missing_and_one_of_another_workspace_are_refused_alike() {
    for name in ["get_asset", "delete_asset", "publish_asset"] {
        for (dialect, card, operation) in with(name) {
            let others = |server: &Server| dialect.ids(&server.get(&dialect.target(""), &[&dialect.auth("_other")]));
            let foreign = others(&Server::start(&world())).swap_remove(0);
            let (prefix, rest) = foreign.split_at(foreign.find('_').map_or(0, |end| end + 1));
            let missing = format!("{prefix}{}", rest.chars().rev().collect::<String>());
            let [foreign, missing] = [&foreign, &missing].map(|id| {
                let server = Server::start(&world());
                let answer = ask(&server, card, operation, id, &dialect.auth("_off"));
                assert_eq!(answer.status, 404, "{name} at {}: {}", card.name, answer.text());
                assert!(dialect.is_refusal(answer.text()), "{}", answer.text());
                let why = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0]["why"].clone();
                assert!(why.is_string(), "{id}");
                assert!(others(&server).contains(&foreign), "{}", card.name);
                let body = answer.text().replace(&**id, "ID").into_bytes();
                Answer { body, ..answer }
            });
            assert_eq!(foreign, missing, "{name} at {}", card.name);
        }
    }
}

/// A workspace shares its assets with the state that a reset returns to, until it changes some. A refused request
/// changes none. There are more assets than one transaction copies, since a smaller copy would be rolled back.
#[test]
fn a_request_for_a_missing_asset_copies_no_assets() {
    let server = Server::start("demo");
    let made = server.call("POST", "/_emulator/workspaces", &json!({"generate": {"count": 1500}})).json();
    let stored =
        || block_on(server.app.store.rows()).unwrap().into_iter().find(|(table, _)| *table == "asset").unwrap().1;
    let before = stored();
    for name in ["delete_asset", "publish_asset", "delete_user_metadata"] {
        for (dialect, card, operation) in with(name) {
            let key = made["keys"][card.name].as_str().unwrap();
            let list = server.get(&dialect.target(""), &[&card.auth.carrier.line(key)]);
            let last = dialect.ids(&list)[0].clone();
            let missing = format!("{}{}", &last[..last.len() - 4], "0000");
            let answer = ask(&server, card, operation, &missing, &card.auth.carrier.line(key));
            assert_eq!((answer.status, stored()), (404, before), "{name} at {}: {}", card.name, answer.text());
        }
    }
}

/// An id at one vendor is none at another, though the emulator's own API takes any.
#[test]
fn another_vendors_id_of_the_same_asset_names_nothing() {
    let server = Server::start(&world());
    for name in ["get_asset", "delete_asset", "publish_asset"] {
        for (dialect, card, operation) in with(name) {
            let id = &ids(&server, dialect)[0];
            let named = server.get(&format!("/_emulator/workspaces/ws_tests/assets/{id}"), &[]).json()["ids"].clone();
            for other in dialects::ALL.iter().filter(|other| other.name != dialect.name) {
                let foreign = named[other.name].as_str().unwrap();
                let status = ask(&server, card, operation, foreign, &dialect.auth("_off")).status;
                assert!(matches!(status, 400 | 404), "{name} at {}: {status} for {foreign}", card.name);
            }
            assert!(ids(&server, dialect).contains(id), "{}", card.name);
        }
    }
}

#[test]
fn an_id_is_decoded_once() {
    let fixture = json!({"workspaces": [{"id": "ws_ids", "keys": [{"provider": "piktid", "key": "piktid_ids"}], "assets": [
        {"name": "a", "mime_type": "image/png", "created_at": "2026-03-01T00:00:00Z", "ids": {"piktid": "é %41?#"}},
    ]}]});
    let server = Server::start(&fixture.to_string());
    let status = |id: &str| server.get(&format!("/piktid/assets/{id}"), &["Authorization: Bearer piktid_ids"]).status;
    assert_eq!(status("%C3%A9%20%2541%3F%23"), 200);
    assert_eq!(status("%C3%A9%20%41%3F%23"), 404, "decoded twice it would be the same");
}

/// The words in which an asset was imported are shown here too, until it is changed.
#[test]
fn an_imported_asset_is_shown_in_its_imported_words() {
    let server = Server::start(&world());
    let auth = dialects::of("xqr").auth("_off");
    let object =
        r#"{"id":"a1","filename":"a.png","later_field":1e3,"status":"confirmed","created_at":"2026-03-18T10:15:00Z"}"#;
    let import = |provider: &str, body: &str| {
        let made = server.post("POST", &format!("/_emulator/workspaces/ws_tests/import/{provider}"), &[], body);
        assert_eq!(made.status, 201, "{}", made.text());
    };
    import("xqr", &format!(r#"{{"data":[{object}]}}"#));
    let shown = server.get("/xqr/api/v1/assets/a1", &[&auth]);
    assert!(shown.text().starts_with(&format!(r#"{{"data":{object},"meta""#)), "{}", shown.text());
    let published = server.request("POST", "/xqr/api/v1/assets/a1/publish", &[&auth]).json();
    assert_eq!(published["data"]["later_field"], json!(null), "{published}");
    assert_eq!(published["data"]["updated_at"], "2026-03-21T12:00:00Z", "{published}");
    assert_eq!(server.get("/xqr/api/v1/assets/a1", &[&auth]).json()["data"], published["data"]);

    let object = r#"{"asset_id":"asset_a1","content_type":"image/avif","created_at":1774094400123,"failure_message":"lost","name":"n"}"#;
    import("flora", &format!(r#"{{"assets":[{object}]}}"#));
    let shown = server.get("/flora/api/v1/assets/asset_a1", &[&dialects::of("flora").auth("_off")]);
    let expected = r#"{"asset_id":"asset_a1","name":"n","description":null,"workspace_id":null,"url":null,"content_type":"image/avif","upload_content_type":null,"size_bytes":null,"uploaded_via":null,"created_at":"2026-03-21T12:00:00.123Z","status":null,"failure_message":"lost","width":null,"height":null}"#;
    assert_eq!(shown.text(), expected);
}

#[test]
fn publishing_is_seen_at_once_in_every_list() {
    let server = Server::start(&world());
    for (dialect, card, operation) in with("publish_asset") {
        let auth = dialect.auth("_off");
        let lists = || dialect.rows(&server.get(&dialect.target(""), &[&auth]));
        let id = lists()[0][dialect.id].as_str().unwrap().to_owned();
        let answer = ask(&server, card, operation, &id, &auth);
        assert_eq!((answer.status, &object(&answer)), (200, &lists()[0]));
        let own = server.get(&format!("/_emulator/workspaces/ws_tests/assets/{id}"), &[]).json();
        assert_eq!((&own["is_public"], &own["updated_at"]), (&json!(true), &json!("2026-03-21T12:00:00Z")), "{own}");
        server.call(
            "PATCH",
            &format!("/_emulator/workspaces/ws_tests/assets/{id}"),
            &json!({"status": "failed", "is_public": false}),
        );
        assert_eq!(ask(&server, card, operation, &id, &auth).status, 409);
    }
}

#[test]
fn keys_scopes_and_limits_hold_as_at_the_list() {
    let server = Server::start(&world());
    for name in ["get_asset", "delete_asset", "publish_asset"] {
        for (dialect, card, operation) in with(name) {
            let id = &ids(&server, dialect)[0];
            let status = |ending: &str| ask(&server, card, operation, id, &dialect.auth(ending)).status;
            assert_eq!(status("_revoked"), 401, "{name} at {}", card.name);
            if operation.scope.is_some() {
                assert_eq!(status("_scopeless"), 403, "{name} at {}", card.name);
            }
            assert!(ids(&server, dialect).contains(id), "a refused request changes nothing");
        }
    }
    let server = Server::start(&world());
    for (dialect, card, operation) in with("get_asset") {
        let id = &ids(&server, dialect)[0];
        let statuses: Vec<_> =
            (0..4).map(|_| ask(&server, card, operation, id, &dialect.auth("_three")).status).collect();
        assert_eq!(statuses, [200, 200, 200, 429], "{}", card.name);
    }
}

#[test]
fn the_journal_faults_and_warnings_know_the_operation() {
    let server = Server::start(&world());
    for name in ["get_asset", "delete_asset", "publish_asset"] {
        for (dialect, card, operation) in with(name) {
            let rule = json!({
                "match": {"provider": card.name, "operation": name},
                "effect": {"failure": "unavailable"},
                "trigger": {"next": 1},
            });
            let made = server.call("POST", "/_emulator/faults", &rule);
            assert_eq!((made.status, &made.json()["warning"]), (201, &json!(null)), "{}", made.text());
            let id = ids(&server, dialect).swap_remove(0);
            let auth = dialect.auth("_off");
            assert_eq!(ask(&server, card, operation, &id, &auth).status, 503, "{name} at {}", card.name);
            assert!(ids(&server, dialect).contains(&id), "{name} at {}: a failure changes nothing", card.name);
            let missing = ask(&server, card, operation, &id.replace(['0', '1', '2', '3', '4'], "5"), &auth);
            let entry = &server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0];
            assert_eq!((missing.status, &entry["operation"]), (404, &json!(name)), "{}", missing.text());
            assert!(entry["why"].as_str().unwrap().starts_with("the workspace `ws_tests` has no asset `"), "{entry}");
            if operation.unknown == Unknown::Ignored {
                let target = format!("{}?zzz=1", target(card, operation, &id));
                assert!(server.request(operation.method, &target, &[&auth]).status < 300);
                let entry = &server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0];
                assert!(entry["warnings"][0].as_str().unwrap().contains("zzz"), "{entry}");
            }
        }
    }
}

#[test]
fn a_missing_scope_that_a_fault_injects_is_the_operations_own() {
    let server = Server::start(&world());
    let auth = dialects::of("xqr").auth("_off");
    let fault = "X-Emulator-Fault: missing_scope";
    for (method, path, scope) in [("GET", "a1", "read"), ("DELETE", "a1", "write"), ("POST", "a1/publish", "write")] {
        let answer = server.request(method, &format!("/xqr/api/v1/assets/{path}"), &[&auth, fault]);
        let message = format!("This endpoint requires the assets:{scope} scope.");
        assert_eq!((answer.status, &answer.json()["error"]["message"]), (403, &json!(message)));
    }
}
