//! Keys: made, revoked, expired, narrowed, limited and removed.

use serde_json::{Value, json};

use super::{Room, done, images, refusal, refused};
use crate::dialects;
use crate::support::Server;
use crate::worlds;

#[test]
fn a_key_is_made_works_is_revoked_and_removed_at_every_provider() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({"fixture": images(2)}));
    for dialect in dialects::ALL {
        let made = done(&server, &room.at("POST", "/keys"), json!({"provider": dialect.name}));
        let key = made["key"].as_str().unwrap();
        let shown = json!({"provider": dialect.name, "key": key, "user": "owner", "scopes": null, "state": "active",
            "expires_at": null, "limits": "default"});
        assert_eq!(made, shown);
        let status = || server.list(dialect.name, key, "").status;
        let patch = |change: Value| done(&server, &room.at("PATCH", &format!("/keys/{key}")), change);
        assert_eq!(dialect.ids(&server.list(dialect.name, key, "")).len(), 2);
        assert_eq!(patch(json!({"revoked": true}))["state"], "revoked");
        let refused_with = server.list(dialect.name, key, "");
        assert!(refused_with.status == 401 && dialect.is_refusal(refused_with.text()), "{}", refused_with.text());
        assert_eq!((&patch(json!({"revoked": null}))["state"], status()), (&json!("active"), 200));
        assert_eq!(patch(json!({"expires_at": "2026-03-21T12:00:00Z"}))["state"], "expired");
        assert_ne!(status(), 200);
        assert_eq!(patch(json!({"expires_at": null})), made);
        assert_eq!(
            patch(json!({"limits": {"requests": 0, "seconds": 60}}))["limits"],
            json!({"requests": 0, "seconds": 60})
        );
        assert_eq!(status(), 429);
        assert_eq!((patch(json!({"limits": "off"}))["limits"].clone(), status()), (json!("off"), 200));
        let listed = done(&server, &room.at("GET", "/keys"), Value::Null);
        assert!(listed["keys"].as_array().unwrap().iter().any(|listed| listed["key"] == key));
        done(&server, &room.at("DELETE", &format!("/keys/{key}")), Value::Null);
        assert_eq!(status(), 401);
        let again = refused(&server, &room.at("DELETE", &format!("/keys/{key}")), Value::Null);
        assert_eq!(again, refusal(404, "not_found", key));
    }
    assert_eq!(room.holds(&server), 2, "the other keys are as they were");
}

#[test]
fn a_key_that_no_request_can_carry_is_refused_when_it_is_made() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    for key in ["", "schlüssel", "a\nb", " padded", "padded "] {
        let said = refused(&server, &room.at("POST", "/keys"), json!({"provider": "flora", "key": key}));
        assert_eq!(said, refusal(400, "invalid_request", "key"), "{key:?}");
        let fixture = json!({"workspaces": [{"id": "ws_x", "keys": [{"provider": "konpro", "key": key}]}]});
        let said = refused(&server, "POST /workspaces", json!({"id": "ws_x", "fixture": fixture}));
        assert_eq!(said, refusal(400, "invalid_request", "fixture.workspaces[0].keys[0].key"), "{key:?}");
    }
}

#[test]
fn a_key_without_the_scope_is_refused_where_there_are_scopes() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    for dialect in dialects::ALL {
        let key = &room.keys[dialect.name];
        let path = room.at("PATCH", &format!("/keys/{key}"));
        assert_eq!(done(&server, &path, json!({"scopes": []}))["scopes"], json!([]));
        let scoped = ["xqr", "konpro"].contains(&dialect.name);
        let expected = if scoped { 403 } else { 200 };
        assert_eq!(server.list(dialect.name, key, "").status, expected, "{}", dialect.name);
        done(&server, &path, json!({"scopes": ["*"]}));
        assert_eq!(server.list(dialect.name, key, "").status, 200);
        assert_eq!(done(&server, &path, json!({"scopes": null}))["scopes"], Value::Null);
        assert_eq!(server.list(dialect.name, key, "").status, 200);
    }
}

#[test]
fn one_text_can_be_a_key_at_two_providers() {
    let server = Server::start("empty");
    let (room, other) = (Room::make(&server, json!({"fixture": images(1)})), Room::make(&server, json!({})));
    for provider in ["twelvelabs", "konpro"] {
        done(&server, &room.at("POST", "/keys"), json!({"provider": provider, "key": "tlk_same"}));
    }
    done(&server, &other.at("POST", "/keys"), json!({"provider": "flora", "key": "tlk_same"}));
    let statuses = || ["twelvelabs", "konpro", "flora"].map(|provider| server.list(provider, "tlk_same", "").status);
    assert_eq!(statuses(), [200; 3]);
    for method in ["PATCH", "DELETE"] {
        let said = refused(&server, &room.at(method, "/keys/tlk_same"), json!({}));
        assert_eq!(said, refusal(400, "invalid_request", "provider"));
    }
    done(&server, &room.at("PATCH", "/keys/tlk_same?provider=konpro"), json!({"revoked": true}));
    assert_eq!(statuses(), [200, 401, 200]);
    done(&server, &room.at("DELETE", "/keys/tlk_same?provider=twelvelabs"), Value::Null);
    assert_eq!(statuses(), [401, 401, 200]);
    done(&server, &room.at("PATCH", "/keys/tlk_same"), json!({"revoked": false}));
    assert_eq!(statuses(), [401, 200, 200], "one is left, and there is no doubt which");
    assert_eq!(
        refused(&server, &room.at("PATCH", "/keys/tlk_same?provider=flora"), json!({})).0,
        404,
        "another workspace's"
    );
}

#[test]
fn a_key_that_is_wrong_is_not_made() {
    let server = Server::start(&worlds::world());
    let room = Room::known(&server, "ws_tests");
    let keys = || done(&server, &room.at("GET", "/keys"), Value::Null);
    let before = keys();
    for (key, at) in [
        (json!({}), "body"),
        (json!({"provider": "acme"}), "provider"),
        (json!({"provider": "xqr", "text": "x"}), "text"),
        (json!({"provider": "xqr", "key": " "}), "key"),
        (json!({"provider": "xqr", "user": "nobody"}), "user"),
        (json!({"provider": "xqr", "expires_at": "soon"}), "expires_at"),
        (json!({"provider": "xqr", "limits": {"requests": 1, "seconds": 0}}), "limits.seconds"),
        (json!({"provider": "xqr", "limits": "none"}), "limits"),
    ] {
        assert_eq!(
            refused(&server, &room.at("POST", "/keys"), key.clone()),
            refusal(400, "invalid_request", at),
            "{key}"
        );
    }
    for (change, at) in [
        (json!({"provider": "flora"}), "provider"),
        (json!({"key": "other"}), "key"),
        (json!({"state": "active"}), "state"),
        (json!({"user": "nobody"}), "user"),
        (json!({"limits": {"requests": 1, "seconds": 0}}), "limits.seconds"),
        (json!({"scopes": "read"}), "scopes"),
    ] {
        let said = refused(&server, &room.at("PATCH", "/keys/sk_tests"), change.clone());
        assert_eq!(said, refusal(400, "invalid_request", at), "{change}");
    }
    for taken in ["sk_tests", "sk_tests_other"] {
        let said = refused(&server, &room.at("POST", "/keys"), json!({"provider": "flora", "key": taken}));
        assert_eq!(said, refusal(409, "taken", taken));
    }
    let nowhere = refused(&server, "POST /workspaces/ws_no/keys", json!({"provider": "xqr"}));
    assert_eq!((nowhere, keys()), (refusal(404, "not_found", "ws_no"), before));
}
