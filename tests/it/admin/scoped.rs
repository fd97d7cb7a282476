//! What a workspace has of its own: limits, a clock, a sequence of ids, faults.

use serde_json::{Value, json};

use super::{Room, done, images, refusal, refused};
use crate::dialects;
use crate::support::{NOON, Server};

/// Lets each key of the workspace make two requests a minute.
fn limit(server: &Server, room: &Room) {
    for (provider, key) in &room.keys {
        let path = format!("/keys/{key}?provider={provider}");
        let changed = done(server, &room.at("PATCH", &path), json!({"limits": {"requests": 2, "seconds": 60}}));
        assert_eq!(changed["limits"], json!({"requests": 2, "seconds": 60}));
    }
}

fn statuses(server: &Server, room: &Room) -> Vec<u16> {
    room.pages(server).iter().map(|page| page.status).collect()
}

#[test]
fn the_third_request_is_too_many_until_the_workspaces_clock_has_moved() {
    let server = Server::start("empty");
    let (room, other) =
        (Room::make(&server, json!({"fixture": images(1)})), Room::make(&server, json!({"fixture": images(1)})));
    limit(&server, &room);
    limit(&server, &other);
    for status in [200, 200, 429, 429] {
        assert_eq!(statuses(&server, &room), [status; 5]);
    }
    for (dialect, page) in dialects::ALL.iter().zip(room.pages(&server)) {
        assert!(dialect.is_refusal(page.text()), "{}: {}", dialect.name, page.text());
    }
    assert_eq!(statuses(&server, &other), [200; 5], "others have their own counts");
    done(&server, &room.at("POST", "/clock"), json!({"step_seconds": 59}));
    assert_eq!(statuses(&server, &room), [429; 5]);
    done(&server, &room.at("POST", "/clock"), json!({"step_seconds": 1}));
    for status in [200, 200, 429] {
        assert_eq!(statuses(&server, &room), [status; 5]);
    }
    for status in [200, 429] {
        assert_eq!(statuses(&server, &other), [status; 5], "its clock has not moved");
    }
    done(&server, "POST /clock", json!({"step_seconds": 60}));
    assert_eq!((statuses(&server, &other), statuses(&server, &room)), (vec![200; 5], vec![429; 5]));
    // A reset takes the limits back, and a new limit begins with nothing used.
    done(&server, &room.at("POST", "/reset"), Value::Null);
    for _ in 0..3 {
        assert_eq!(statuses(&server, &room), [200; 5]);
    }
}

fn dates(server: &Server, room: &Room) -> Vec<String> {
    let mut dates: Vec<_> = room.pages(server).iter().map(|page| page.header("date").unwrap().to_owned()).collect();
    dates.dedup();
    dates
}

#[test]
fn a_workspace_follows_the_emulators_clock_until_it_has_its_own() {
    let server = Server::start("empty");
    let (room, other) = (Room::make(&server, json!({})), Room::make(&server, json!({})));
    let turn = |path: &str, how: Value| done(&server, &format!("POST {path}"), how);
    let own = format!("/workspaces/{}/clock", room.id);
    let read = |path: &str| done(&server, &format!("GET {path}"), Value::Null);
    assert_eq!(read("/clock"), json!({"now": NOON, "state": "frozen"}));
    assert_eq!(read(&own), json!({"now": NOON, "state": "frozen", "own": false}));
    assert_eq!(
        turn("/clock", json!({"step_seconds": 0.5})),
        json!({"now": "2026-03-21T12:00:00.500Z", "state": "frozen"})
    );
    turn("/clock", json!({"step_seconds": 59.5}));
    assert_eq!(dates(&server, &room), ["Sat, 21 Mar 2026 12:01:00 GMT"]);
    let turned = turn(&own, json!({"step_seconds": -60}));
    assert_eq!(turned, json!({"now": NOON, "state": "frozen", "own": true}));
    assert_eq!(dates(&server, &room), ["Sat, 21 Mar 2026 12:00:00 GMT"]);
    assert_eq!(dates(&server, &other), ["Sat, 21 Mar 2026 12:01:00 GMT"]);
    let set = json!({"set": "2027-01-01T00:00:00Z", "step_seconds": 1});
    assert_eq!(turn("/clock", set)["now"], "2027-01-01T00:00:01Z", "it is set, then moved");
    assert_eq!(dates(&server, &room), ["Sat, 21 Mar 2026 12:00:00 GMT"]);
    assert_eq!(done(&server, &format!("DELETE {own}"), Value::Null)["own"], false);
    assert_eq!(dates(&server, &room), dates(&server, &other));
    assert_eq!(turn(&own, json!({"frozen": false}))["state"], "running");
    assert_eq!(turn(&own, json!({"frozen": true, "set": NOON})), json!({"now": NOON, "state": "frozen", "own": true}));
    assert_eq!(read("/clock")["state"], "frozen");
    assert_eq!(turn("/clock", json!({"frozen": false}))["state"], "running");
    assert_eq!(read(&own), json!({"now": NOON, "state": "frozen", "own": true}));
    for (how, at) in [
        (json!({}), "body"),
        (json!({"step": 1}), "step"),
        (json!({"set": "soon"}), "set"),
        (json!({"step_seconds": "1"}), "step_seconds"),
        (json!({"step_seconds": 1e300}), "step_seconds"),
    ] {
        for path in ["/clock", &own] {
            let said = refused(&server, &format!("POST {path}"), how.clone());
            assert_eq!(said, refusal(400, "invalid_request", at), "{how}");
        }
    }
    assert_eq!(
        refused(&server, "POST /workspaces/ws_no/clock", json!({"frozen": true})),
        refusal(404, "not_found", "ws_no")
    );
}

#[test]
fn keys_end_by_the_clock_of_their_workspace() {
    let server = Server::start("empty");
    let (room, other) = (Room::make(&server, json!({})), Room::make(&server, json!({})));
    for room in [&room, &other] {
        for (provider, key) in &room.keys {
            let path = format!("/keys/{key}?provider={provider}");
            let changed = done(&server, &room.at("PATCH", &path), json!({"expires_at": "2026-03-21T12:00:30Z"}));
            assert_eq!((&changed["state"], &changed["expires_at"]), (&json!("active"), &json!("2026-03-21T12:00:30Z")));
        }
    }
    done(&server, &room.at("POST", "/clock"), json!({"step_seconds": 29.999999}));
    assert_eq!(statuses(&server, &room), [200; 5]);
    done(&server, &room.at("POST", "/clock"), json!({"step_seconds": 0.000001}));
    assert!(room.is_locked(&server));
    let states = done(&server, &room.at("GET", "/keys"), Value::Null);
    assert!(states["keys"].as_array().unwrap().iter().all(|key| key["state"] == "expired"), "{states}");
    assert_eq!(statuses(&server, &other), [200; 5]);
    done(&server, &room.at("POST", "/clock"), json!({"step_seconds": -1}));
    assert_eq!(statuses(&server, &room), [200; 5]);
}

#[test]
fn the_same_requests_in_two_fresh_workspaces_get_the_same_bytes() {
    let server = Server::start("empty");
    let wanted = |id: &str| json!({"id": id, "fixture": images(3)});
    let (one, two) = (Room::make(&server, wanted("ws_aaaa")), Room::make(&server, wanted("ws_bbbb")));
    let mut seen = Vec::new();
    let mut again = Vec::new();
    let turn = |room: &Room, seen: &mut Vec<String>| {
        let added = done(&server, &room.at("POST", "/assets"), json!({"assets": [super::image("x.png")]}));
        seen.push(added.to_string());
        for answer in room.pages(&server).iter().chain(&[server.list("xqr", &room.keys["xqr"], "limit=x")]) {
            seen.push(format!("{} {:?} {}", answer.status, answer.headers, answer.text()).replace(&room.id, "ws_"));
        }
    };
    for _ in 0..3 {
        turn(&one, &mut seen); // Both take turns, and neither notices.
        turn(&two, &mut again);
    }
    assert_eq!(seen, again);
    assert_ne!(seen[1], seen[8], "requests of one workspace have ids of their own");
}

fn add_fault(server: &Server, effect: Value) -> Value {
    done(server, "POST /faults", effect)
}

#[test]
fn a_fault_for_a_workspace_applies_to_no_other_and_ends_with_it() {
    let server = Server::start("empty");
    let (room, other) = (Room::make(&server, json!({"id": "ws_faulty"})), Room::make(&server, json!({})));
    let rule = json!({"match": {"workspace": "ws_faulty"}, "effect": {"failure": "server_error"}});
    let count = || done(&server, "GET /faults", Value::Null)["faults"].as_array().unwrap().len();
    add_fault(&server, rule.clone());
    assert_eq!((statuses(&server, &room), statuses(&server, &other)), (vec![500; 5], vec![200; 5]));
    done(&server, &room.at("POST", "/reset"), Value::Null);
    assert_eq!((statuses(&server, &room), count()), (vec![200; 5], 0));
    add_fault(&server, rule.clone());
    add_fault(&server, json!({"match": {"workspace": other.id}, "effect": "empty"}));
    done(&server, &room.at("DELETE", ""), Value::Null);
    assert_eq!(count(), 1, "the other's is still there");
    let room = Room::make(&server, json!({"id": "ws_faulty"}));
    assert_eq!(statuses(&server, &room), [200; 5]);
    assert_eq!(refused(&server, "POST /faults", json!({"match": {"workspace": "ws_no"}, "effect": "empty"})).0, 404);
}

#[test]
fn a_fault_that_lasts_is_shown_by_the_clock_by_which_it_ends() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    let rule = json!({"match": {"workspace": room.id}, "effect": {"failure": "server_error"}, "for_seconds": 60});
    let id = add_fault(&server, rule)["id"].clone();
    let active = || {
        let one = done(&server, &format!("GET /faults/{id}"), Value::Null)["active"].clone();
        assert_eq!(one, done(&server, "GET /faults", Value::Null)["faults"][0]["active"]);
        one == true
    };
    done(&server, &room.at("POST", "/clock"), json!({"step_seconds": 59}));
    assert_eq!((active(), statuses(&server, &room)), (true, vec![500; 5]));
    done(&server, &room.at("POST", "/clock"), json!({"step_seconds": 1}));
    assert_eq!((active(), statuses(&server, &room)), (false, vec![200; 5]));
}
