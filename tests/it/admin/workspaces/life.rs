//! Listing, removing, copying and resetting workspaces.

use super::*;

#[test]
fn workspaces_are_listed_in_the_order_in_which_they_were_made() {
    let server = Server::start("demo");
    let start = workspaces(&server);
    let made = done(&server, "POST /workspaces", json!({"id": "ws_b", "fixture": images(2)}));
    done(&server, "POST /workspaces", json!({"id": "ws_a"}));
    assert_eq!(workspaces(&server), [start, vec!["ws_b".to_owned(), "ws_a".to_owned()]].concat());
    assert_eq!(done(&server, "GET /workspaces/ws_b", Value::Null), made);
    assert_eq!(refused(&server, "GET /workspaces/ws_c", Value::Null), refusal(404, "not_found", "ws_c"));
    let changed = done(&server, "PATCH /workspaces/ws_b", json!({"strict": true}));
    assert_eq!((&changed["strict"], &changed["keys"]), (&json!(true), &made["keys"]));
    assert_eq!(done(&server, "GET /workspaces/ws_b", Value::Null), changed);
    assert_eq!(
        refused(&server, "PATCH /workspaces/ws_b", json!({"name": "x"})),
        refusal(400, "invalid_request", "name")
    );
}

#[test]
fn a_removed_workspace_leaves_nothing_behind() {
    let server = Server::start(&worlds::world());
    let fixture = json!({"workspaces": [{"id": "ws_full", "users": [{"name": "ada"}], "projects": [{"id": "p", "name": "P"}],
        "folders": [{"id": "f", "name": "F"}], "assets": images(3)["workspaces"][0]["assets"]}]});
    let make = || Room::make(&server, json!({"id": "ws_mine", "fixture": fixture}));
    let remove = |room: &Room| done(&server, &room.at("DELETE", ""), Value::Null);
    // What it was made from is kept for the next one, from the second time on.
    remove(&make());
    remove(&make());
    let (before, others) = (rows(&server), Room::known(&server, "ws_tests").listed(&server));
    let room = make();
    let copy = Room::make(&server, json!({"copy": "ws_mine"}));
    room.add(&server, &["mine.png"]);
    copy.add(&server, &["copied.png", "again.png"]);
    done(&server, &room.at("PUT", "/folders/g"), json!({"name": "G"}));
    done(&server, &room.at("POST", "/keys"), json!({"provider": "xqr"}));
    assert_ne!(rows(&server), before);
    remove(&room);
    assert!(room.is_locked(&server));
    assert_eq!(copy.holds(&server), 5);
    remove(&copy);
    assert_eq!(rows(&server), before);
    assert_eq!(Room::known(&server, "ws_tests").listed(&server), others);
    for request in
        ["GET ", "DELETE ", "POST /reset", "GET /assets", "GET /keys", "GET /users", "GET /clock", "GET /fixture"]
    {
        let (method, path) = request.split_once(' ').unwrap();
        assert_eq!(
            refused(&server, &room.at(method, path), Value::Null),
            refusal(404, "not_found", "ws_mine"),
            "{request}"
        );
    }
    assert_eq!(make().holds(&server), 3);
}

#[test]
fn copies_do_not_see_each_others_changes() {
    let server = Server::start(&worlds::world());
    let original = Room::known(&server, "ws_tests");
    let copy = Room::make(&server, json!({"copy": "ws_tests"}));
    let copy_of_copy = Room::make(&server, json!({"copy": copy.id}));
    let start = original.listed(&server);
    assert_eq!((&copy.listed(&server), &copy_of_copy.listed(&server)), (&start, &start));
    original.add(&server, &["original.png"]);
    assert_eq!((original.holds(&server), copy.holds(&server), copy_of_copy.holds(&server)), (13, 12, 12));
    copy.add(&server, &["copy.png", "copy2.png"]);
    assert_eq!((original.holds(&server), copy.holds(&server), copy_of_copy.holds(&server)), (13, 14, 12));
    done(&server, &copy_of_copy.at("DELETE", "/assets?all=true"), Value::Null);
    assert_eq!((original.holds(&server), copy.holds(&server), copy_of_copy.holds(&server)), (13, 14, 0));
    let late = Room::make(&server, json!({"copy": copy.id}));
    late.add(&server, &["late.png"]);
    assert_eq!((original.holds(&server), copy.holds(&server), late.holds(&server)), (13, 14, 15));
    // What a copy goes back to is what it was copied from, as it was then.
    done(&server, &late.at("POST", "/reset"), Value::Null);
    done(&server, &copy.at("POST", "/reset"), Value::Null);
    assert_eq!((late.holds(&server), copy.listed(&server)), (14, start));
}

/// Ids come from a seeded sequence of each workspace, so a copy's sequence brings up ids that were copied with the
/// assets.
#[test]
fn an_asset_is_added_to_a_copy_of_a_workspace_to_which_one_was_added() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    room.add(&server, &["a.png", "b.png"]);
    let copy = Room::make(&server, json!({"copy": room.id}));
    copy.add(&server, &["c.png", "d.png", "e.png"]);
    assert_eq!((room.holds(&server), copy.holds(&server)), (2, 5));
}

/// Changes something of every kind.
fn change_everything(server: &Server, room: &Room) {
    room.add(server, &["new.png", "newer.png"]);
    let assets = done(server, &room.at("GET", "/assets"), Value::Null);
    let id = |index: usize| assets["assets"][index]["ids"]["flora"].as_str().unwrap().to_owned();
    done(server, &room.at("PATCH", &format!("/assets/{}", id(0))), json!({"name": "renamed.png"}));
    done(server, &room.at("DELETE", &format!("/assets/{}", id(1))), Value::Null);
    done(server, &room.at("PUT", "/folders/fld_new"), json!({"name": "New"}));
    done(server, &room.at("PUT", "/folders/fld_a"), json!({"name": "Away", "trashed": true}));
    done(server, &room.at("PUT", "/projects/prj_a"), json!({"name": "Renamed"}));
    done(server, &room.at("DELETE", "/projects/prj_b"), Value::Null);
    done(server, &room.at("POST", "/users"), json!({"name": "newcomer"}));
    for (provider, key) in &room.keys {
        done(server, &room.at("PATCH", &format!("/keys/{key}?provider={provider}")), json!({"revoked": true}));
    }
    done(server, &room.at("POST", "/keys"), json!({"provider": "xqr", "key": "xqr_pk_new", "user": "newcomer"}));
    done(server, &room.at("POST", "/clock"), json!({"step_seconds": 3600}));
}

#[test]
fn a_reset_gives_the_same_bytes_and_the_same_keys_back() {
    let server = Server::start("empty");
    let fixture: Value = serde_json::from_str(&worlds::world()).unwrap();
    let made = done(&server, "POST /workspaces", json!({"fixture": fixture, "workspace": "ws_tests", "strict": true}));
    let room = Room::shown(&made);
    let keys = || done(&server, &room.at("GET", "/keys"), Value::Null);
    let (start, listed, start_keys) = (room.pages(&server), room.listed(&server), keys());
    assert!(start.iter().all(|page| page.status == 200));
    for _ in 0..2 {
        change_everything(&server, &room);
        done(&server, &room.at("PATCH", ""), json!({"strict": false}));
        assert!(room.is_locked(&server), "the keys are revoked");
        assert_eq!(done(&server, &room.at("POST", "/reset"), Value::Null), made);
        assert_eq!(room.pages(&server), start, "to the byte, with the same ids of requests and the same counts");
        assert_eq!((room.listed(&server), keys()), (listed.clone(), start_keys.clone()));
        assert_eq!(server.list("xqr", "xqr_pk_new", "").status, 401);
    }
}

#[test]
fn a_reset_whose_key_somebody_else_has_by_now_does_nothing() {
    let server = Server::start("empty");
    let (one, other) = (Room::make(&server, json!({})), Room::make(&server, json!({})));
    let key = &one.keys["konpro"];
    one.add(&server, &["a.png"]);
    done(&server, &one.at("DELETE", &format!("/keys/{key}")), Value::Null);
    done(&server, &other.at("POST", "/keys"), json!({"provider": "konpro", "key": key}));
    let (status, code, _) = refused(&server, &one.at("POST", "/reset"), Value::Null);
    assert_eq!((status, &*code), (409, "taken"));
    let konpro = dialects::of("konpro");
    assert_eq!(konpro.ids(&server.list("konpro", key, "")).len(), 0, "the key is the other's");
    assert_eq!(done(&server, &one.at("GET", "/assets"), Value::Null)["assets"].as_array().unwrap().len(), 1);
    done(&server, &other.at("DELETE", &format!("/keys/{key}")), Value::Null);
    done(&server, &one.at("POST", "/reset"), Value::Null);
    assert_eq!(one.holds(&server), 0);
}

#[test]
fn a_fixture_sent_twice_is_made_twice_whatever_became_of_the_first() {
    let server = Server::start("empty");
    let make = || Room::make(&server, json!({"fixture": images(4)}));
    let first = make();
    let start = first.listed(&server);
    let second = make();
    first.add(&server, &["first.png"]);
    second.add(&server, &["second.png", "too.png"]);
    let third = make();
    assert_eq!((first.holds(&server), second.holds(&server)), (5, 6));
    assert_eq!(third.listed(&server), start);
    for room in [&first, &second] {
        done(&server, &room.at("DELETE", ""), Value::Null);
    }
    assert_eq!((make().listed(&server), third.listed(&server)), (start.clone(), start));
}

#[test]
fn the_keys_of_an_inline_fixture_are_its_own_and_those_it_lacks_are_made() {
    let server = Server::start("empty");
    let keys = json!([
        {"provider": "xqr", "key": "xqr_pk_mine"},
        {"provider": "flora", "key": "sk_revoked", "revoked": true},
        {"provider": "konpro", "key": "konpro_ended", "expires_at": "2026-03-21T11:59:59Z"},
    ]);
    let wanted = json!({"fixture": {"workspaces": [{"id": "ws_keys", "keys": keys}]}});
    let room = Room::make(&server, wanted.clone());
    assert_eq!(room.keys["xqr"], "xqr_pk_mine");
    assert_eq!(room.holds(&server), 0, "every provider takes its key");
    assert_eq!(
        (server.list("flora", "sk_revoked", "").status, server.list("konpro", "konpro_ended", "").status),
        (401, 401)
    );
    let before = rows(&server);
    let (status, code, _) = refused(&server, "POST /workspaces", wanted.clone());
    assert_eq!((status, &*code), (409, "taken"), "its keys are somebody's");
    assert_eq!(rows(&server), before);
    done(&server, &room.at("DELETE", ""), Value::Null);
    assert_eq!(Room::make(&server, wanted).keys["xqr"], "xqr_pk_mine");
}

#[test]
fn what_is_exported_makes_the_same_workspace_again() {
    let server = Server::start(&worlds::world());
    let room = Room::known(&server, "ws_tests");
    room.add(&server, &["added.png"]);
    let (listed, keys) = (room.listed(&server), done(&server, &room.at("GET", "/keys"), Value::Null));
    let exported = done(&server, &room.at("GET", "/fixture"), Value::Null);
    done(&server, &room.at("DELETE", ""), Value::Null);
    let again = Room::make(&server, json!({"id": "ws_tests", "name": "ws_tests", "fixture": exported}));
    assert_eq!((&again, again.listed(&server)), (&room, listed));
    assert_eq!(done(&server, &again.at("GET", "/keys"), Value::Null), keys);
    assert_eq!(done(&server, &again.at("GET", "/fixture"), Value::Null), exported);
}
