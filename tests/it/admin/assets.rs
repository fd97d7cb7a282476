//! Assets in the neutral shape: made, read, changed and removed, one or many, all of them or none.

use serde_json::{Value, json};

use super::{Room, done, image, images, refusal, refused};
use crate::dialects::{self, Dialect};
use crate::support::{NOON, Server};
use crate::worlds;

fn assets(server: &Server, room: &Room) -> Vec<Value> {
    done(server, &room.at("GET", "/assets?limit=1000"), Value::Null)["assets"].as_array().unwrap().clone()
}

fn names(assets: &[Value]) -> Vec<&str> {
    assets.iter().map(|asset| asset["name"].as_str().unwrap()).collect()
}

/// The rows of the provider's first page that contain this text.
fn showing(server: &Server, room: &Room, dialect: &Dialect, text: &str) -> usize {
    let answer = server.list(dialect.name, &room.keys[dialect.name], "");
    dialect.rows(&answer).iter().filter(|row| row.to_string().contains(text)).count()
}

#[test]
fn an_asset_is_made_now_and_read_by_any_of_its_five_ids() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    done(&server, &room.at("POST", "/clock"), json!({"set": "2031-05-06T07:08:09.123456Z"}));
    let made = done(&server, &room.at("POST", "/assets"), json!({"assets": [image("one.png")]}));
    assert_eq!(made["next"], Value::Null);
    let asset = &made["assets"][0];
    assert_eq!((&asset["name"], &asset["created_at"]), (&json!("one.png"), &json!("2031-05-06T07:08:09.123456Z")));
    assert_eq!(assets(&server, &room), std::slice::from_ref(asset));
    for dialect in dialects::ALL {
        let id = asset["ids"][dialect.name].as_str().unwrap();
        assert!(dialect.is_minted(id), "{}: {id}", dialect.name);
        assert_eq!(dialect.ids(&server.list(dialect.name, &room.keys[dialect.name], "")), [id]);
        assert_eq!(done(&server, &room.at("GET", &format!("/assets/{id}")), Value::Null), *asset);
    }
    assert_eq!(refused(&server, &room.at("GET", "/assets/nothing"), Value::Null), refusal(404, "not_found", "nothing"));
}

#[test]
fn every_field_of_an_asset_comes_back_as_it_was_sent() {
    let server = Server::start(&worlds::world());
    let room = Room::known(&server, "ws_tests");
    let asset = json!({
        "name": "all \u{1f600} \"fields\".png", "description": "d", "mime_type": "image/png", "kind": "video", "size_bytes": 5,
        "status": "ready", "is_public": true, "public_url": "https://p", "url": "https://u", "tags": ["a", "b"], "width": 1,
        "height": 2, "created_at": "2026-03-02T10:00:00.000001Z", "updated_at": "2026-03-03T10:00:00Z", "uploader": "grace",
        "visibility": "shared", "uploaded_via": "url", "project": "prj_a", "node": "n", "folder": "fld_b",
        "thumbnail_big": "https://b", "thumbnail_small": "https://s", "styling_note": "note", "detected": {"b": 1, "a": [1.5]},
        "ids": {"xqr": "x-1", "flora": "f/2", "twelvelabs": "t 3", "piktid": "p%4", "konpro": "k,5"},
    });
    let made = done(&server, &room.at("POST", "/assets"), json!({"assets": [asset]}));
    let read = done(&server, &room.at("GET", "/assets/f%2F2"), Value::Null);
    assert_eq!(made["assets"][0], read);
    for (field, value) in asset.as_object().unwrap() {
        // What is as it would be anyway is left out.
        if read.get(field).is_some() || !["status", "visibility"].contains(&&**field) {
            assert_eq!(&read[field], value, "{field}");
        }
    }
    done(&server, &room.at("DELETE", "/assets/p%254"), Value::Null);
    assert_eq!(room.holds(&server), worlds::VISIBLE);
}

#[test]
fn of_assets_made_at_one_instant_the_later_is_newer() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    done(&server, &room.at("POST", "/assets"), json!({"assets": [image("a.png"), image("b.png")]}));
    room.add(&server, &["c.png"]);
    assert_eq!(names(&assets(&server, &room)), ["a.png", "b.png", "c.png"]);
    for provider in ["xqr", "flora"] {
        let rows = dialects::of(provider).rows(&server.list(provider, &room.keys[provider], ""));
        let shown: Vec<_> =
            rows.iter().map(|row| row.get("filename").unwrap_or(&row["name"]).as_str().unwrap()).collect();
        assert_eq!(shown, ["c.png", "b.png", "a.png"], "{provider}");
    }
    // The others break ties by their ids.
    assert_eq!(room.holds(&server), 3);
}

#[test]
fn a_change_touches_the_fields_it_names_and_shows_everywhere() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({"fixture": images(2)}));
    let before = assets(&server, &room);
    let id = before[0]["ids"]["konpro"].as_str().unwrap();
    let patch = |change: Value| done(&server, &room.at("PATCH", &format!("/assets/{id}")), change);
    let changed = patch(json!({"name": "renamed.png", "description": "said", "tags": ["x"]}));
    let mut expected = before[0].clone();
    for (field, value) in [("name", json!("renamed.png")), ("description", json!("said")), ("tags", json!(["x"]))] {
        expected[field] = value;
    }
    assert_eq!(changed, expected);
    assert_eq!(assets(&server, &room), [expected, before[1].clone()], "in its old place");
    for dialect in dialects::ALL {
        assert_eq!(showing(&server, &room, dialect, "\"renamed.png\""), 1, "{}", dialect.name);
    }
    let changed = patch(json!({"name": "0.png", "description": null, "tags": null}));
    assert_eq!(changed, before[0]);
    assert_eq!(patch(json!({})), before[0]);
    // What follows from a field follows from the changed one.
    let changed = patch(json!({"mime_type": "video/mp4", "created_at": "2026-03-05T00:00:00Z"}));
    assert_eq!((&changed["kind"], &changed["updated_at"]), (&json!("video"), &json!("2026-03-05T00:00:00Z")));
    assert_eq!(showing(&server, &room, dialects::of("konpro"), r#""file_type":"video""#), 1);
    // A new id at one provider leaves the others alone.
    let changed = patch(json!({"ids": {"xqr": "mine"}}));
    assert_eq!((&changed["ids"]["xqr"], &changed["ids"]["konpro"]), (&json!("mine"), &json!(id)));
    assert_eq!(changed["ids"]["flora"], before[0]["ids"]["flora"]);
    assert_eq!(dialects::of("xqr").ids(&server.list("xqr", &room.keys["xqr"], ""))[0], "mine");
}

#[test]
fn a_change_that_is_wrong_changes_nothing() {
    let server = Server::start(&worlds::world());
    let room = Room::known(&server, "ws_tests");
    let before = assets(&server, &room);
    let id = before[3]["ids"]["xqr"].as_str().unwrap();
    let path = room.at("PATCH", &format!("/assets/{id}"));
    for (change, at) in [
        (json!({"nmae": "x"}), "nmae"),
        (json!({"name": 5}), "name"),
        (json!({"name": "x", "width": -1}), "width"),
        (json!({"size_bytes": 1.5}), "size_bytes"),
        (json!({"status": "gone"}), "status"),
        (json!({"created_at": null}), "body"),
        (json!({"created_at": "soon"}), "created_at"),
        (json!({"uploader": "nobody"}), "uploader"),
        (json!({"project": "prj_no"}), "project"),
        (json!({"folder": "fld_no"}), "folder"),
        (json!({"ids": {"acme": "1"}}), "ids"),
        (json!({"told": {"by": "xqr", "words": {}}}), "told"),
        (json!({"imported_from": {"provider": "xqr", "json": {}}}), "imported_from"),
        (json!([]), "body"),
    ] {
        assert_eq!(refused(&server, &path, change.clone()), refusal(400, "invalid_request", at), "{change}");
    }
    let taken = before[4]["ids"]["flora"].as_str().unwrap();
    assert_eq!(refused(&server, &path, json!({"ids": {"flora": taken}})), refusal(409, "taken", taken));
    assert_eq!(assets(&server, &room), before);
    assert_eq!(refused(&server, &room.at("PATCH", "/assets/no"), json!({})), refusal(404, "not_found", "no"));
}

#[test]
fn assets_are_added_all_or_none() {
    let server = Server::start(&worlds::world());
    let room = Room::known(&server, "ws_tests");
    let before = assets(&server, &room);
    let with = |field: &str, value: Value| {
        let mut wrong = image("wrong.png");
        wrong[field] = value;
        wrong
    };
    for (wrong, at) in [
        (with("nmae", json!("x")), "assets[1].nmae"),
        (with("uploader", json!("nobody")), "assets[1].uploader"),
        (with("project", json!("prj_no")), "assets[1].project"),
        (with("folder", json!("fld_no")), "assets[1].folder"),
        (with("height", json!(-2)), "assets[1].height"),
        (with("created_at", json!("yesterday")), "assets[1].created_at"),
        (with("ids", json!({"acme": "x"})), "assets[1].ids"),
        (with("told", json!({"by": "xqr", "words": [null]})), "assets[1].told.words"),
        (with("imported_from", json!({"provider": "xqr", "json": [null]})), "assets[1].imported_from.json"),
        (with("imported_from", json!(["xqr", {}])), "assets[1].imported_from"),
        (json!("a.png"), "assets[1]"),
    ] {
        let said = refused(&server, &room.at("POST", "/assets"), json!({"assets": [image("good.png"), wrong]}));
        assert_eq!(said, refusal(400, "invalid_request", at), "{wrong}");
    }
    for (body, at) in [(json!({}), "body"), (json!({"assets": []}), "assets"), (json!({"asset": []}), "asset")] {
        assert_eq!(refused(&server, &room.at("POST", "/assets"), body), refusal(400, "invalid_request", at));
    }
    let twice = json!({"assets": [with("ids", json!({"xqr": "same"})), with("ids", json!({"xqr": "same"}))]});
    assert_eq!(
        refused(&server, &room.at("POST", "/assets"), twice),
        refusal(400, "invalid_request", "assets[1].ids.xqr")
    );
    let known = before[0]["ids"]["piktid"].as_str().unwrap();
    let taken = json!({"assets": [image("good.png"), with("ids", json!({"piktid": known}))]});
    assert_eq!(refused(&server, &room.at("POST", "/assets"), taken), refusal(409, "taken", known));
    assert_eq!(assets(&server, &room), before);
    let nowhere = "POST /workspaces/ws_nowhere/assets";
    assert_eq!(refused(&server, nowhere, json!({"assets": [image("a.png")]})), refusal(404, "not_found", "ws_nowhere"));
}

#[test]
fn what_is_not_uploaded_cannot_be_public() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    let public = |status: &str| json!({"name": "a.png", "mime_type": "image/png", "status": status, "is_public": true});
    for status in ["pending", "failed"] {
        let added = json!({"assets": [image("good.png"), public(status)]});
        let said = server.call("POST", &format!("/_emulator/workspaces/{}/assets", room.id), &added);
        assert_eq!((said.status, &said.json()["error"]["at"]), (400, &json!("assets[1].is_public")));
        let message = said.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&format!("a {status} asset cannot be public")), "{message}");
        let fixture = json!({"workspaces": [{"id": "ws_a", "assets": [
            {"created_at": NOON, "status": status, "is_public": true}
        ]}]});
        let said = refused(&server, "POST /workspaces", json!({"fixture": fixture}));
        assert_eq!(said, refusal(400, "invalid_request", "fixture.workspaces[0].assets[0].is_public"));
    }
    assert_eq!(room.holds(&server), 0);
    let made = done(&server, &room.at("POST", "/assets"), json!({"assets": [public("processing"), public("ready")]}));
    let path = format!("/assets/{}", made["assets"][1]["ids"]["xqr"].as_str().unwrap());
    let said = refused(&server, &room.at("PATCH", &path), json!({"status": "pending"}));
    assert_eq!(said, refusal(400, "invalid_request", "is_public"));
    let imported = json!({"data": [{"id": "a", "status": "pending", "is_public": true, "created_at": NOON}]});
    done(&server, &room.at("POST", "/import/xqr"), imported);
    let back = done(&server, &room.at("PATCH", &path), json!({"status": "pending", "is_public": false}));
    assert_eq!((&back["status"], back.get("is_public")), (&json!("pending"), None));
}

#[test]
fn publishing_moves_the_time_of_the_last_change() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    let made = done(&server, &room.at("POST", "/assets"), json!({"assets": [image("a.png")]}));
    let id = made["assets"][0]["ids"]["xqr"].as_str().unwrap();
    let change = |patch: Value| done(&server, &room.at("PATCH", &format!("/assets/{id}")), patch);
    done(&server, &room.at("POST", "/clock"), json!({"step_seconds": 45}));
    assert_eq!(change(json!({"name": "b.png"}))["updated_at"], NOON, "a name is no publication");
    assert_eq!(change(json!({"is_public": true}))["updated_at"], "2026-03-21T12:00:45Z");
    let shown = server.list("xqr", &room.keys["xqr"], "").json();
    assert_eq!(shown["data"][0]["updated_at"], "2026-03-21T12:00:45Z");
    done(&server, &room.at("POST", "/clock"), json!({"step_seconds": 5}));
    assert_eq!(change(json!({"is_public": true}))["updated_at"], "2026-03-21T12:00:45Z", "it was public");
    change(json!({"is_public": false}));
    let told = "2026-03-21T12:00:01Z";
    assert_eq!(change(json!({"is_public": true, "updated_at": told}))["updated_at"], told);
}

#[test]
fn assets_are_removed_one_many_or_all_and_all_or_none() {
    let server = Server::start(&worlds::world());
    let room = Room::known(&server, "ws_tests");
    let before = assets(&server, &room);
    let id = |index: usize, provider: &str| before[index]["ids"][provider].as_str().unwrap().to_owned();
    let remove = |which: &str| room.at("DELETE", &format!("/assets{which}"));
    let count = || assets(&server, &room).len();
    assert_eq!(done(&server, &remove(&format!("/{}", id(0, "twelvelabs"))), Value::Null), Value::Null);
    assert_eq!(refused(&server, &remove(&format!("/{}", id(0, "twelvelabs"))), Value::Null).0, 404);
    let some = format!("?ids={},{}", id(1, "xqr"), id(2, "flora"));
    let none = format!("{some},{}", id(0, "xqr"));
    assert_eq!(refused(&server, &remove(&none), Value::Null), refusal(404, "not_found", &id(0, "xqr")));
    assert_eq!(count(), 11);
    assert_eq!(done(&server, &remove(&some), Value::Null), json!({"removed": 2}));
    assert_eq!((count(), room.holds(&server)), (9, 9));
    for which in ["", "?all=false", "?ids=a&all=true", "?every=true"] {
        assert_eq!(refused(&server, &remove(which), Value::Null), refusal(400, "invalid_request", "query"), "{which}");
    }
    assert_eq!(done(&server, &remove("?all=true"), Value::Null), json!({"removed": 9}));
    assert_eq!((count(), room.holds(&server)), (0, 0));
    assert_eq!(done(&server, &remove("?all=true"), Value::Null), json!({"removed": 0}));
    assert_eq!(Room::known(&server, "ws_other").holds(&server), 2);
}

#[test]
fn the_list_is_read_in_parts_that_a_change_does_not_mix_up() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({"fixture": images(7)}));
    let part = |query: &str| {
        let part = done(&server, &room.at("GET", &format!("/assets?{query}")), Value::Null);
        let read: Vec<_> = names(part["assets"].as_array().unwrap()).into_iter().map(str::to_owned).collect();
        (read, part["next"].as_str().map(str::to_owned))
    };
    let (first, next) = part("limit=3");
    assert_eq!(first, ["0.png", "1.png", "2.png"]);
    // The workspace shares what it holds with its template; the first change gives it a copy.
    room.add(&server, &["late.png"]);
    let (second, next) = part(&format!("limit=3&after={}", next.unwrap()));
    assert_eq!(second, ["3.png", "4.png", "5.png"]);
    assert_eq!(
        part(&format!("limit=3&after={}", next.clone().unwrap())),
        (vec!["6.png".into(), "late.png".into()], None)
    );
    assert_eq!(part(&format!("limit=2&after={}", next.unwrap())).1, None);
    assert_eq!((part("").0.len(), part("").1), (8, None));
    for query in ["limit=0", "limit=1001", "limit=x", "limt=1"] {
        let (status, code, at) = refused(&server, &room.at("GET", &format!("/assets?{query}")), Value::Null);
        assert_eq!((status, &*code), (400, "invalid_request"), "{query}");
        assert!(["limit", "query"].contains(&&*at), "{query}: {at}");
    }
    assert_eq!(
        refused(&server, &room.at("GET", "/assets?after=nothing"), Value::Null),
        refusal(404, "not_found", "nothing")
    );
    let long = Room::make(&server, json!({"fixture": images(101)}));
    let read = done(&server, &long.at("GET", "/assets"), Value::Null);
    assert_eq!(read["assets"].as_array().unwrap().len(), 100);
    assert!(read["next"].is_string());
}

#[test]
fn a_private_asset_is_listed_to_its_owner_only() {
    let server = Server::start(&worlds::world());
    let room = Room::known(&server, "ws_tests");
    let key = |user: &str| {
        let made = done(&server, &room.at("POST", "/keys"), json!({"provider": "piktid", "user": user}));
        made["key"].as_str().unwrap().to_owned()
    };
    let (ada, grace) = (key("ada"), key("grace"));
    let mut secret = image("secret.png");
    secret["visibility"] = json!("private");
    secret["uploader"] = json!("grace");
    done(&server, &room.at("POST", "/assets"), json!({"assets": [secret]}));
    let sees = |key: &str| server.list("piktid", key, "").text().contains("secret.png");
    assert_eq!((sees(&ada), sees(&grace)), (false, true));
    done(&server, &room.at("PATCH", &format!("/keys/{ada}")), json!({"user": "grace"}));
    assert!(sees(&ada));
    done(&server, &room.at("PATCH", &format!("/keys/{ada}")), json!({"user": null}));
    assert!(!sees(&ada), "it acts as the first user again");
}

#[test]
fn an_asset_made_at_the_start_of_the_calendar_or_its_end_is_kept() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    for created_at in ["1970-01-01T00:00:00Z", NOON, "9999-12-31T23:59:59.999999Z"] {
        let mut asset = image("a.png");
        asset["created_at"] = json!(created_at);
        let made = done(&server, &room.at("POST", "/assets"), json!({"assets": [asset]}));
        assert_eq!(made["assets"][0]["created_at"], created_at);
    }
    assert_eq!(room.holds(&server), 3);
}
