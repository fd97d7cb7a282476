//! Workspaces: one a test, made from anything, gone without a trace, and never seen by another.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use assetmock::clock::Clock;
use assetmock::emulator::app::App;
use assetmock::emulator::load_fixtures;
use assetmock::library::store::{DatabaseLocation, Store};
use assetmock::providers;
use regex::Regex;
use serde_json::{Value, json};

use super::{Room, done, image, images, refusal, refused};
use crate::dialects;
use crate::support::{NOON, Server, at, block_on};
use crate::worlds;

/// The rows of every table.
fn rows(server: &Server) -> Vec<(&'static str, i64)> {
    block_on(server.app.store.rows()).unwrap()
}

fn workspaces(server: &Server) -> Vec<String> {
    let listed = done(server, "GET /workspaces", Value::Null);
    listed["workspaces"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_workspace_is_made_from_anything_and_its_keys_work_at_once() {
    let server = Server::start("demo");
    done(&server, "POST /workspaces", json!({"id": "ws_five", "fixture": images(5)}));
    for (wanted, count) in [
        (Value::Null, 0),
        (json!({}), 0),
        (json!({"fixture": "empty"}), 0),
        (json!({"fixture": images(0)}), 0),
        (json!({"fixture": images(7)}), 7),
        (json!({"generate": {"count": 0}}), 0),
        (json!({"copy": "ws_five"}), 5),
    ] {
        let shown = done(&server, "POST /workspaces", wanted.clone());
        let room = Room::shown(&shown);
        assert_eq!((shown["assets"].as_u64(), room.holds(&server)), (Some(count), count as usize), "{wanted}");
        assert_eq!(shown["name"], shown["id"]);
        for dialect in dialects::ALL {
            let url = shown["base_urls"][dialect.name].as_str().unwrap();
            assert!(url.starts_with(&format!("http://{}/{}", server.address, dialect.name)), "{url}");
        }
    }
}

#[test]
fn a_built_in_fixture_is_the_same_world_with_other_keys() {
    let server = Server::start("demo");
    let (demo, room) = (Room::known(&server, "ws_demo"), Room::make(&server, json!({"fixture": "demo"})));
    assert!(demo.keys.iter().all(|(provider, key)| room.keys[provider] != *key));
    assert_eq!(demo.listed(&server), room.listed(&server));
    assert!(demo.listed(&server).iter().all(|ids| ids.len() > 20));
}

#[test]
fn so_many_assets_are_generated_the_same_for_the_same_seed() {
    let server = Server::start("empty");
    let make = |seed: u64| {
        let shown = done(&server, "POST /workspaces", json!({"generate": {"count": 237, "seed": seed}}));
        assert_eq!(shown["assets"], 237);
        Room::shown(&shown)
    };
    let (first, again, other) = (make(1), make(1), make(2));
    assert_eq!(first.listed(&server), again.listed(&server));
    for (one, two) in first.pages(&server).iter().zip(other.pages(&server)) {
        assert_ne!(one.text(), two.text());
    }
    let told = Room::make(&server, json!({"generate": {"count": 237, "seed": 1, "until": "2026-06-01T00:00:00Z"}}));
    assert_eq!(told.listed(&server), first.listed(&server), "as it is if nobody says");
    // Served from the start, the same assets are the same lists.
    let mut fixture = done(&server, &first.at("GET", "/fixture"), Value::Null);
    assert_eq!(fixture["workspaces"][0]["assets"].as_array().unwrap().len(), 237);
    fixture["workspaces"][0]["id"] = json!("ws_served");
    let elsewhere = Server::start(&fixture.to_string());
    assert_eq!(Room::known(&elsewhere, "ws_served").listed(&elsewhere), first.listed(&server));
}

/// How many assets each provider's walk meets, by provider.
fn walked(server: &Server, room: &Room) -> Value {
    let counts = dialects::ALL.iter().zip(room.listed(server)).map(|(dialect, ids)| (dialect.name, ids.len()));
    json!(counts.collect::<std::collections::BTreeMap<_, _>>())
}

#[test]
fn every_answer_says_how_many_assets_each_provider_lists() {
    let server = Server::start("demo");
    let made = done(&server, "POST /workspaces", json!({"generate": {"count": 237}}));
    let room = Room::shown(&made);
    assert_eq!(made["listed"], walked(&server, &room));
    assert_eq!(made["listed"]["xqr"], 237);
    let read = |room: &Room| done(&server, &room.at("GET", ""), Value::Null)["listed"].clone();
    room.add(&server, &["more.png"]);
    assert_eq!(read(&room), walked(&server, &room), "a change counts at once");
    assert_eq!(read(&room)["xqr"], 238);
    assert_eq!(done(&server, &room.at("PATCH", ""), json!({"strict": true}))["listed"], read(&room));
    assert_eq!(done(&server, &room.at("POST", "/reset"), Value::Null)["listed"], made["listed"]);
    let demo = Room::known(&server, "ws_demo");
    assert_eq!(read(&demo), walked(&server, &demo));
}

#[test]
fn a_large_workspace_is_counted_as_a_small_one_is() {
    let server = Server::start("empty");
    let made = done(&server, "POST /workspaces", json!({"generate": {"count": 12_000}}));
    let room = Room::shown(&made);
    assert_eq!(made["listed"], walked(&server, &room));
}

#[test]
fn what_is_generated_can_be_narrowed() {
    let server = Server::start("empty");
    for name in dialects::ALL.iter().map(|dialect| dialect.name) {
        let made = done(&server, "POST /workspaces", json!({"generate": {"count": 237, "listed_by": name}}));
        assert_eq!((&made["assets"], &made["listed"][name]), (&json!(237), &json!(237)), "{name}: {made}");
    }
    let narrow = json!({"count": 60, "kinds": ["video", "audio"], "statuses": ["failed", "pending"]});
    let room = Room::make(&server, json!({"generate": narrow}));
    let fixture = done(&server, &room.at("GET", "/fixture"), Value::Null);
    for asset in fixture["workspaces"][0]["assets"].as_array().unwrap() {
        assert!(["video", "audio"].contains(&asset["kind"].as_str().unwrap()), "{asset}");
        assert!(["failed", "pending"].contains(&asset["status"].as_str().unwrap()), "{asset}");
    }
    for (which, at) in [
        (json!({"kinds": ["gif"]}), "generate.kinds"),
        (json!({"statuses": ["done"]}), "generate.statuses[0]"),
        (json!({"listed_by": "florra"}), "generate.listed_by"),
        (json!({"listed_by": "piktid", "kinds": ["audio"]}), "generate.listed_by"),
        (json!({"listed_by": "konpro", "statuses": ["failed"]}), "generate.listed_by"),
    ] {
        let mut generate = which;
        generate["count"] = json!(1);
        let said = refused(&server, "POST /workspaces", json!({"generate": generate}));
        assert_eq!(said, refusal(400, "invalid_request", at));
    }
}

#[test]
fn ids_are_given_made_up_taken_or_malformed() {
    let server = Server::start("demo");
    let shown = done(&server, "POST /workspaces", json!({"id": "ws_mine", "name": "Mine", "strict": true}));
    assert_eq!((&shown["id"], &shown["name"], &shown["strict"]), (&json!("ws_mine"), &json!("Mine"), &json!(true)));
    let (one, two) = (Room::make(&server, json!({})), Room::make(&server, json!({})));
    assert!(one.id.starts_with("ws_") && one.id != two.id && one.keys != two.keys);
    let before = rows(&server);
    assert_eq!(refused(&server, "POST /workspaces", json!({"id": "ws_mine"})), refusal(409, "taken", "ws_mine"));
    assert_eq!(refused(&server, "POST /workspaces", json!({"id": "ws_demo"})), refusal(409, "taken", "ws_demo"));
    for id in ["", "ws_", "mine", "ws_a b", "ws_\n"] {
        assert_eq!(
            refused(&server, "POST /workspaces", json!({"id": id})),
            refusal(400, "invalid_request", "id"),
            "{id}"
        );
    }
    assert_eq!(rows(&server), before);
}

#[test]
fn of_several_workspaces_in_a_fixture_one_is_chosen() {
    let server = Server::start("empty");
    let one = |id: &str, count| json!({"id": id, "assets": images(count)["workspaces"][0]["assets"]});
    let fixture = json!({"workspaces": [one("ws_one", 1), one("ws_two", 2)]});
    let make = |which: &str| Room::make(&server, json!({"fixture": fixture, "workspace": which}));
    assert_eq!(
        (make("ws_one").holds(&server), make("ws_two").holds(&server), make("ws_one").holds(&server)),
        (1, 2, 1)
    );
    for wanted in [
        json!({"fixture": fixture}),
        json!({"fixture": fixture, "workspace": "ws_three"}),
        json!({"fixture": "demo", "workspace": "ws_three"}),
        json!({"fixture": {"workspaces": []}}),
        json!({"copy": make("ws_one").id, "workspace": "ws_one"}),
        json!({"workspace": "ws_one"}),
    ] {
        let (status, code, at) = refused(&server, "POST /workspaces", wanted.clone());
        assert_eq!((status, &*code, &*at), (400, "invalid_request", "workspace"), "{wanted}");
    }
}

#[test]
fn what_is_wrong_with_a_workspace_to_make_is_said_with_its_place() {
    let server = Server::start("demo");
    let inline = |workspace: Value| json!({"fixture": {"workspaces": [workspace]}});
    let dated = |more: Value| {
        let mut asset = json!({"created_at": NOON});
        asset.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asset
    };
    let before = (rows(&server), workspaces(&server));
    for (wanted, status, code, at) in [
        (json!({"nmae": "x"}), 400, "invalid_request", "nmae"),
        (json!({"id": 5}), 400, "invalid_request", "id"),
        (json!({"strict": "yes"}), 400, "invalid_request", "strict"),
        (json!({"fixture": "demmo"}), 400, "invalid_request", "fixture"),
        (json!({"fixture": 5}), 400, "invalid_request", "fixture"),
        (json!({"fixture": {}}), 400, "invalid_request", "fixture"),
        (json!({"fixture": {"workspace": []}}), 400, "invalid_request", "fixture.workspace"),
        (inline(json!({"id": "mine"})), 400, "invalid_request", "fixture.workspaces[0].id"),
        (inline(json!({"id": "ws_a", "assets": [{}]})), 400, "invalid_request", "fixture.workspaces[0].assets[0]"),
        (
            inline(json!({"id": "ws_a", "assets": [dated(json!({})), dated(json!({"nmae": 1}))]})),
            400,
            "invalid_request",
            "fixture.workspaces[0].assets[1].nmae",
        ),
        (
            inline(json!({"id": "ws_a", "assets": [dated(json!({"folder": "attic"}))]})),
            400,
            "invalid_request",
            "fixture.workspaces[0].assets[0].folder",
        ),
        (json!({"generate": {}}), 400, "invalid_request", "generate"),
        (json!({"generate": {"count": -1}}), 400, "invalid_request", "generate.count"),
        (json!({"generate": {"count": 1_000_001}}), 400, "invalid_request", "generate.count"),
        (json!({"generate": {"count": 1, "until": "later"}}), 400, "invalid_request", "generate.until"),
        (json!({"fixture": "demo", "copy": "ws_demo"}), 400, "invalid_request", "body"),
        (json!({"copy": "ws_nobody"}), 404, "not_found", "ws_nobody"),
        (json!([]), 400, "invalid_request", "body"),
        (json!(["ws_mine"]), 400, "invalid_request", "body"),
        (json!("ws_mine"), 400, "invalid_request", "body"),
    ] {
        assert_eq!(refused(&server, "POST /workspaces", wanted.clone()), refusal(status, code, at), "{wanted}");
    }
    assert_eq!((rows(&server), workspaces(&server)), before);
}

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

/// Ids come from a seeded sequence of each workspace, so a copy's sequence brings up ids that were copied with the assets.
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

#[test]
fn forty_workspaces_at_once_never_see_each_other() {
    let server = Server::start("demo");
    let demo = Room::known(&server, "ws_demo").listed(&server);
    let shown = Regex::new("\"w[0-9]+-").unwrap();
    let work = |number: usize| {
        let room = Room::make(&server, json!({"fixture": images(3)}));
        let names: Vec<_> = (0..number % 5 + 1).map(|index| format!("w{number}-{index}.png")).collect();
        room.add(&server, &names.iter().map(|name| &**name).collect::<Vec<_>>());
        let oldest = done(&server, &room.at("GET", "/assets?limit=1"), Value::Null);
        let oldest = oldest["assets"][0]["ids"]["xqr"].as_str().unwrap().to_owned();
        done(&server, &room.at("DELETE", &format!("/assets/{oldest}")), Value::Null);
        done(
            &server,
            &room.at("POST", "/clock"),
            json!({"set": format!("2030-01-01T00:00:{number:02}Z"), "frozen": true}),
        );
        assert_eq!(room.holds(&server), 2 + names.len());
        for (dialect, page) in dialects::ALL.iter().zip(room.pages(&server)) {
            let text = page.text();
            assert!(names.iter().all(|name| text.contains(&format!("\"{name}\""))), "{}: {text}", dialect.name);
            let own = text.matches(&format!("\"w{number}-")).count();
            assert_eq!((own, shown.find_iter(text).count()), (names.len(), names.len()), "{}: {text}", dialect.name);
            assert_eq!(page.header("date"), Some(&*format!("Tue, 01 Jan 2030 00:00:{number:02} GMT")));
        }
        if number.is_multiple_of(2) {
            done(&server, &room.at("DELETE", ""), Value::Null);
            assert!(room.is_locked(&server));
        } else {
            done(&server, &room.at("POST", "/reset"), Value::Null);
            assert_eq!(room.holds(&server), 3);
        }
    };
    thread::scope(|scope| (0..40).for_each(|number| drop(scope.spawn(move || work(number)))));
    assert_eq!(workspaces(&server).len(), 1 + 20);
    assert_eq!(Room::known(&server, "ws_demo").listed(&server), demo);
}

/// Between the look-up of a key and the listing the workspace may go; that is no reason to show an empty page.
#[test]
fn whoever_reads_while_a_workspace_is_removed_sees_all_of_it_or_none() {
    let server = Server::start("empty");
    let keys: Vec<Value> =
        dialects::ALL.iter().map(|dialect| json!({"provider": dialect.name, "key": dialect.key})).collect();
    let mut fixture = images(3);
    fixture["workspaces"][0]["keys"] = json!(keys);
    let wanted = json!({"id": "ws_fleeting", "fixture": fixture});
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for dialect in dialects::ALL {
            let (server, over) = (&server, &over);
            scope.spawn(move || {
                while !over.load(Relaxed) {
                    let answer = server.list(dialect.name, dialect.key, "");
                    match answer.status {
                        200 => assert_eq!(dialect.ids(&answer).len(), 3, "{}: {}", dialect.name, answer.text()),
                        status => assert_eq!(status, 401, "{}: {}", dialect.name, answer.text()),
                    }
                }
            });
        }
        let made = (0..60).map(|_| {
            let made = super::asked(&server, "POST /workspaces", &wanted).status;
            (made, super::asked(&server, "DELETE /workspaces/ws_fleeting", &Value::Null).status)
        });
        let made: Vec<_> = made.collect();
        over.store(true, Relaxed);
        assert!(made.iter().all(|statuses| *statuses == (201, 204)), "{made:?}");
    });
}

/// A reset that took everything away before it put back what was there would show fewer, or none, in between.
#[test]
fn whoever_reads_while_a_workspace_is_reset_sees_what_was_or_what_is() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({"fixture": images(5)}));
    let whole = room.listed(&server);
    let less = room.at("DELETE", &format!("/assets?ids={}", whole[0][2]));
    done(&server, &less, Value::Null);
    let states = [whole, room.listed(&server)];
    assert_eq!([states[0][0].len(), states[1][0].len()], [5, 4]);
    let reset = room.at("POST", "/reset");
    let over = AtomicBool::new(false);
    let shown = |index: usize| {
        let dialect = &dialects::ALL[index];
        dialect.ids(&server.list(dialect.name, &room.keys[dialect.name], ""))
    };
    thread::scope(|scope| {
        for index in 0..dialects::ALL.len() {
            let (shown, states, over) = (&shown, &states, &over);
            scope.spawn(move || {
                while !over.load(Relaxed) {
                    let ids = shown(index);
                    assert!(states.iter().any(|state| state[index] == ids), "{}: {ids:?}", &dialects::ALL[index].name);
                }
            });
        }
        let mut wrong = Vec::new();
        for _ in 0..60 {
            for (request, state) in [(&reset, &states[0]), (&less, &states[1])] {
                let answer = super::asked(&server, request, &Value::Null);
                let now = shown(0);
                if !(200..300).contains(&answer.status) || now != state[0] {
                    wrong.push((request, answer.status, now));
                }
            }
        }
        over.store(true, Relaxed);
        assert!(wrong.is_empty(), "{wrong:?}");
    });
}

/// Under a seed a second run makes the same things up as the first, which are in the file already.
#[test]
fn a_second_run_over_a_file_makes_up_what_the_first_did_not() {
    let file = std::env::temp_dir().join(format!("assetmock-admin-{}.db", std::process::id()));
    let start = || {
        block_on(async {
            let clock = Clock::frozen(at(NOON));
            let store = Store::open(&DatabaseLocation::File(file.clone()), providers::ids()).await.unwrap();
            if !store.is_loaded().await.unwrap() {
                load_fixtures::load(&store, load_fixtures::read(&["empty".to_owned()]).unwrap(), clock.now())
                    .await
                    .unwrap();
            }
            Server::serve(App::new(store, clock, Some(7))).await
        })
    };
    let server = start();
    let first = Room::make(&server, json!({"fixture": images(2)}));
    first.add(&server, &["a.png", "b.png"]);
    let listed = first.listed(&server);
    block_on(server.app.store.close());
    let server = start();
    assert_eq!(first.listed(&server), listed);
    let second = Room::make(&server, json!({"fixture": images(2)}));
    assert!(second.id != first.id && second.keys.iter().all(|(provider, key)| first.keys[provider] != *key));
    let key = done(&server, &first.at("POST", "/keys"), json!({"provider": "xqr"}));
    assert!(key["key"] != json!(first.keys["xqr"]) && key["key"] != json!(second.keys["xqr"]));
    let added = done(&server, &first.at("POST", "/assets"), json!({"assets": [image("c.png"), image("d.png")]}));
    assert_eq!((added["assets"].as_array().unwrap().len(), first.holds(&server)), (2, 6));
    // The start of this run is what the first one left, and that is what a reset goes back to.
    done(&server, "POST /reset", Value::Null);
    assert_eq!((first.listed(&server), second.is_locked(&server)), (listed, true));
    block_on(server.app.store.close());
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
}
