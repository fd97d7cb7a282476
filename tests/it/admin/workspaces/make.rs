//! Making a workspace.

use super::*;

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
    // The first change gives the workspace a collection of its own, and the second one changes that.
    for (name, count) in [("more.png", 238), ("still-more.png", 239)] {
        room.add(&server, &[name]);
        assert_eq!(read(&room), walked(&server, &room), "a change counts at once");
        assert_eq!(read(&room)["xqr"], count);
    }
    assert_eq!(done(&server, &room.at("PATCH", ""), json!({"strict": true}))["listed"], read(&room));
    assert_eq!(done(&server, &room.at("POST", "/reset"), Value::Null)["listed"], made["listed"]);
    let demo = Room::known(&server, "ws_demo");
    assert_eq!(read(&demo), walked(&server, &demo));
    let listed = done(&server, "GET /workspaces", Value::Null);
    for room in [&demo, &room] {
        let one = listed["workspaces"].as_array().unwrap().iter().find(|one| one["id"] == *room.id).unwrap();
        assert_eq!(one["listed"], read(room), "in the list of all, too");
    }
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
