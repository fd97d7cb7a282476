//! Importing through the route what a provider's list answers: the same provider lists the same again.

use serde_json::{Value, json};

use super::{Room, done, images, refusal, refused};
use crate::dialects::{self, Dialect};
use crate::import::written;
use crate::support::{Answer, Server};
use crate::worlds;

fn list(server: &Server, room: &Room, dialect: &Dialect) -> Answer {
    server.list(dialect.name, &room.keys[dialect.name], &format!("{}=50", dialect.size))
}

fn import(server: &Server, room: &Room, provider: &str, body: &str) -> Answer {
    server.post("POST", &format!("/_emulator/workspaces/{}/import/{provider}", room.id), &[], body)
}

#[test]
fn what_a_provider_lists_is_imported_and_listed_the_same() {
    let server = Server::start("demo");
    let demo = Room::known(&server, "ws_demo");
    for dialect in dialects::ALL {
        let room = Room::make(&server, json!({}));
        let answer = list(&server, &demo, dialect);
        let objects = written(dialect, &answer);
        let imported = import(&server, &room, dialect.name, answer.text());
        assert_eq!((imported.status, &imported.json()["imported"]), (201, &json!(50)), "{}", imported.text());
        assert_eq!(written(dialect, &list(&server, &room, dialect)), objects, "{}", dialect.name);
        // Once more is twice the same id, which nobody can list.
        let again = import(&server, &room, dialect.name, answer.text());
        let (status, code, _) = super::told(&again, dialect.name);
        assert_eq!((status, &*code), (409, "taken"));
        assert_eq!(written(dialect, &list(&server, &room, dialect)), objects, "{}", dialect.name);
        done(&server, &room.at("POST", "/reset"), Value::Null);
        assert_eq!(room.holds(&server), 0);
    }
}

#[test]
fn an_imported_asset_that_is_changed_is_told_in_our_words() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({"fixture": images(1)}));
    let body = r#"{"assets":[{"id":"asset_1","name":"told.png","file_type":"image","created_ts":1774094400,"new":1}]}"#;
    assert_eq!(import(&server, &room, "konpro", body).status, 201);
    let konpro = || list(&server, &room, dialects::of("konpro")).text().to_owned();
    assert!(
        konpro().contains(r#""name":"told.png","file_type":"image","created_ts":1774094400,"new":1"#),
        "{}",
        konpro()
    );
    done(&server, &room.at("PATCH", "/assets/asset_1"), json!({"name": "changed.png"}));
    assert!(
        konpro().contains("changed.png") && !konpro().contains("\"new\"") && !konpro().contains("told.png"),
        "{}",
        konpro()
    );
    assert_eq!(room.holds(&server), 2);
}

#[test]
fn who_had_private_assets_is_who_asks_for_them_here() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({"fixture": images(1)}));
    let other = Room::make(&server, json!({"fixture": images(1)}));
    let object = |id: &str, visibility: &str, user: &str| {
        format!(
            r#"{{"id":"{id}","created_at":"2026-03-21T12:00:0{id}","created_by":"{user}","visibility":"{visibility}"}}"#
        )
    };
    let objects = [object("3", "private", "grace"), object("2", "shared", "linus")];
    let answer = import(&server, &room, "piktid", &format!(r#"{{"assets":[{}]}}"#, objects.join(",")));
    assert_eq!(answer.json(), json!({"imported": 2, "acts_as": "grace"}));
    let piktid = dialects::of("piktid");
    assert_eq!(written(piktid, &list(&server, &room, piktid))[..2], objects);
    let users = done(&server, &room.at("GET", "/users"), Value::Null);
    assert_eq!(users, json!({"users": [{"name": "owner"}, {"name": "grace"}, {"name": "linus"}]}));
    let keys = done(&server, &room.at("GET", "/keys"), Value::Null);
    let acting = |keys: &Value| {
        let all = keys["keys"].as_array().unwrap().iter();
        all.filter(|key| key["user"] == "grace").map(|key| key["provider"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(acting(&keys), ["piktid"]);
    assert_eq!(other.holds(&server), 1);
    done(&server, &room.at("POST", "/reset"), Value::Null);
    assert_eq!(acting(&done(&server, &room.at("GET", "/keys"), Value::Null)), Vec::<Value>::new());
}

#[test]
fn a_body_that_cannot_be_imported_leaves_everything_as_it_was() {
    let server = Server::start(&worlds::world());
    let room = Room::known(&server, "ws_tests");
    let before = (block_rows(&server), room.listed(&server));
    let good = r#"{"id":"a","created_ts":1774094400,"folder_id":"fld_new"}"#;
    for (provider, body, status, at) in [
        ("acme", "{}".to_owned(), 400, "provider"),
        ("konpro", "{}".to_owned(), 400, "assets"),
        ("konpro", "nonsense".to_owned(), 400, "body"),
        ("konpro", format!("[{good}]"), 400, "body"),
        ("konpro", format!(r#"{{"assets":[{good},{{"id":"b"}}]}}"#), 400, "assets[1].created_ts"),
        ("konpro", format!(r#"{{"assets":[{good},{good}]}}"#), 400, "assets[1].id"),
    ] {
        let answer = import(&server, &room, provider, &body);
        assert_eq!(super::told(&answer, &body), refusal(status, "invalid_request", at), "{body}");
    }
    assert_eq!((block_rows(&server), room.listed(&server)), before);
    assert_eq!(refused(&server, "POST /workspaces/ws_no/import/konpro", json!({"assets": []})).0, 404);
}

fn block_rows(server: &Server) -> Vec<(&'static str, i64)> {
    crate::support::block_on(server.app.store.rows()).unwrap()
}
