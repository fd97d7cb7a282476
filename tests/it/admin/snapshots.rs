//! Snapshots: the whole state under a name, put back in one step, and the way back to the start.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use serde_json::{Value, json};

use super::{Room, asked, done, images, refusal, refused};
use crate::dialects;
use crate::support::{Answer, NOON, Server};
use crate::worlds;

/// All that can be seen of these workspaces, to the byte: pages with their headers, keys, and everything listed.
fn seen(server: &Server, rooms: &[&Room]) -> (Vec<Answer>, Vec<Value>) {
    let pages = rooms.iter().flat_map(|room| room.pages(server)).collect();
    let mut told: Vec<_> =
        ["GET /workspaces", "GET /clock"].into_iter().map(|request| done(server, request, Value::Null)).collect();
    for room in rooms {
        for path in ["", "/keys", "/assets", "/users", "/projects", "/folders", "/clock", "/fixture"] {
            told.push(done(server, &room.at("GET", path), Value::Null));
        }
    }
    let faults = done(server, "GET /faults", Value::Null)["faults"].as_array().unwrap().clone();
    told.extend(faults.into_iter().map(|fault| fault["rule"].clone()));
    (pages, told)
}

fn change_everything(server: &Server, rooms: &[&Room]) {
    let [tests, made] = rooms else { panic!("two workspaces") };
    tests.add(server, &["one.png", "two.png"]);
    done(server, &made.at("DELETE", ""), Value::Null);
    done(server, &tests.at("PATCH", ""), json!({"strict": true}));
    done(server, &tests.at("POST", "/clock"), json!({"step_seconds": 500}));
    done(server, "POST /clock", json!({"set": "2040-01-01T00:00:00Z", "frozen": false}));
    for (provider, key) in &tests.keys {
        done(server, &tests.at("DELETE", &format!("/keys/{key}?provider={provider}")), Value::Null);
    }
    done(server, "DELETE /faults", Value::Null);
    done(server, "POST /faults", json!({"effect": {"failure": "server_error"}}));
    done(server, "POST /workspaces", json!({"id": "ws_late", "fixture": images(3)}));
}

#[test]
fn everything_is_as_it_was_once_a_snapshot_is_restored() {
    let server = Server::start(&worlds::world());
    let tests = Room::known(&server, "ws_tests");
    let made = Room::make(&server, json!({"id": "ws_made", "fixture": images(4), "strict": true}));
    made.add(&server, &["added.png"]);
    done(&server, &made.at("POST", "/clock"), json!({"step_seconds": 90}));
    done(
        &server,
        &made.at("PATCH", &format!("/keys/{}", made.keys["xqr"])),
        json!({"limits": {"requests": 50, "seconds": 60}}),
    );
    done(&server, "POST /clock", json!({"step_seconds": 5}));
    let rule = json!({"match": {"workspace": "ws_made", "provider": "flora"}, "effect": {"failure": "server_error"}});
    done(&server, "POST /faults", rule);
    let rooms = [&tests, &made];
    let told = seen(&server, &rooms).1;
    let saved = done(&server, "PUT /snapshots/before", Value::Null);
    assert_eq!(
        saved,
        json!({"name": "before", "made_at": "2026-03-21T12:00:05Z", "workspaces": 4, "assets": 12 + 2 + 5})
    );
    assert_eq!(seen(&server, &rooms).1, told, "saving changes nothing");
    let mut first = None;
    for _ in 0..3 {
        change_everything(&server, &rooms);
        assert_eq!(done(&server, "POST /snapshots/before/restore", Value::Null), Value::Null);
        let now = seen(&server, &rooms);
        assert_eq!(now.1, told);
        assert_eq!(*first.get_or_insert(now.0.clone()), now.0, "ids of requests and counts begin anew each time");
        assert_eq!(refused(&server, "GET /workspaces/ws_late", Value::Null).0, 404);
    }
    // A workspace that was put back goes back further, to what it was made from.
    done(&server, &made.at("POST", "/reset"), Value::Null);
    assert_eq!(made.holds(&server), 4);
}

#[test]
fn snapshots_are_listed_overwritten_and_forgotten() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({"fixture": images(1)}));
    let names = || {
        let listed = done(&server, "GET /snapshots", Value::Null)["snapshots"].as_array().unwrap().clone();
        listed
            .iter()
            .map(|one| (one["name"].as_str().unwrap().to_owned(), one["assets"].as_i64().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), []);
    done(&server, "PUT /snapshots/a", Value::Null);
    room.add(&server, &["x.png"]);
    done(&server, "PUT /snapshots/b%2Fc%20d", Value::Null);
    assert_eq!(names(), [("a".to_owned(), 1), ("b/c d".to_owned(), 2)]);
    room.add(&server, &["y.png"]);
    done(&server, "PUT /snapshots/a", json!({}));
    done(&server, "POST /snapshots/b%2Fc%20d/restore", Value::Null);
    assert_eq!((room.holds(&server), names().len()), (2, 2), "restoring forgets no snapshot");
    done(&server, "POST /snapshots/a/restore", Value::Null);
    assert_eq!(room.holds(&server), 3);
    done(&server, "DELETE /snapshots/a", Value::Null);
    for request in ["POST /snapshots/a/restore", "DELETE /snapshots/a", "POST /snapshots/z/restore"] {
        let name = if request.contains('z') { "z" } else { "a" };
        assert_eq!(refused(&server, request, Value::Null), refusal(404, "not_found", name), "{request}");
    }
    assert_eq!(room.holds(&server), 3, "what was refused did nothing");
    assert_eq!(refused(&server, "PUT /snapshots/e", json!({"all": true})), refusal(400, "invalid_request", "all"));
    let before = rows(&server);
    done(&server, "PUT /snapshots/e", Value::Null);
    room.add(&server, &["z.png"]);
    done(&server, "DELETE /snapshots/e", Value::Null);
    let after = rows(&server);
    let grown: Vec<_> = after
        .iter()
        .zip(&before)
        .filter(|(now, then)| now != then)
        .map(|(now, then)| (now.0, now.1 - then.1))
        .collect();
    assert_eq!(grown, [("asset", 1)]);
}

fn rows(server: &Server) -> Vec<(&'static str, i64)> {
    crate::support::block_on(server.app.store.rows()).unwrap()
}

/// Ids come from a seeded sequence of each workspace, which a restore begins anew.
#[test]
fn an_asset_is_added_after_a_restore_to_those_added_before() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    room.add(&server, &["a.png"]);
    done(&server, "PUT /snapshots/one", Value::Null);
    for _ in 0..2 {
        room.add(&server, &["b.png"]);
        done(&server, "POST /snapshots/one/restore", Value::Null);
        room.add(&server, &["c.png"]);
        assert_eq!(room.holds(&server), 2);
    }
}

#[test]
fn a_fault_that_is_spent_or_over_does_not_come_back() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({}));
    let rule = |more: Value| {
        let mut rule = json!({"effect": {"failure": "server_error"}, "match": {"provider": "xqr"}});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        done(&server, "POST /faults", rule);
    };
    let status = || server.list("xqr", &room.keys["xqr"], "").status;
    rule(json!({"trigger": {"next": 1}}));
    assert_eq!((status(), status()), (500, 200));
    rule(json!({"for_seconds": 10}));
    assert_eq!(status(), 500);
    done(&server, "POST /clock", json!({"step_seconds": 10}));
    assert_eq!(status(), 200);
    done(&server, "PUT /snapshots/quiet", Value::Null);
    done(&server, "POST /snapshots/quiet/restore", Value::Null);
    assert_eq!((status(), status()), (200, 200));
}

#[test]
fn a_reset_of_everything_goes_back_to_the_start_after_anything() {
    let server = Server::start(&worlds::world());
    let (tests, other) = (Room::known(&server, "ws_tests"), Room::known(&server, "ws_other"));
    done(&server, "POST /reset", Value::Null); // The first one begins the sequences anew like those that follow.
    let rooms = [&tests, &other];
    let start = seen(&server, &rooms);
    for round in 0..2 {
        change_everything(&server, &rooms);
        if round == 1 {
            done(&server, "PUT /snapshots/changed", Value::Null);
            done(&server, "POST /snapshots/changed/restore", Value::Null);
        }
        done(&server, "POST /reset", Value::Null);
        assert_eq!(done(&server, "GET /journal", Value::Null)["entries"], json!([]));
        assert_eq!(seen(&server, &rooms), start);
        assert_eq!(done(&server, "GET /clock", Value::Null), json!({"now": NOON, "state": "frozen"}));
    }
    assert_eq!(refused(&server, "POST /reset", json!({"hard": true})), refusal(400, "invalid_request", "hard"));
}

/// Three states: the start, `one` and `two`. A key that is in all of them sees one of them, whole; the keys of a
/// workspace that is only in `two` see that or are unknown.
#[test]
fn whoever_reads_while_states_are_restored_sees_one_of_them() {
    let server = Server::start("empty");
    let keys: Vec<_> =
        dialects::ALL.iter().map(|dialect| json!({"provider": dialect.name, "key": dialect.key})).collect();
    let mut fixture = images(2);
    fixture["workspaces"][0]["keys"] = json!(keys);
    let start = Server::start(&fixture.to_string());
    drop(server);
    let server = start;
    let room = Room::known(&server, "ws_images");
    let mut states = vec![room.listed(&server)];
    room.add(&server, &["one.png", "more.png"]);
    states.push(room.listed(&server));
    done(&server, "PUT /snapshots/one", Value::Null);
    done(&server, &room.at("DELETE", "/assets?all=true"), Value::Null);
    room.add(&server, &["two.png", "more.png", "most.png"]);
    states.push(room.listed(&server));
    let fleeting = Room::make(&server, json!({"fixture": images(1)}));
    let fleetings = fleeting.listed(&server);
    done(&server, "PUT /snapshots/two", Value::Null);
    let over = AtomicBool::new(false);
    let read = |index: usize| {
        let dialect = &dialects::ALL[index];
        while !over.load(Relaxed) {
            let ids = dialect.ids(&server.list(dialect.name, &room.keys[dialect.name], ""));
            assert!(states.iter().any(|state| state[index] == ids), "{}: {ids:?}", dialect.name);
            let answer = server.list(dialect.name, &fleeting.keys[dialect.name], "");
            match answer.status {
                200 => assert_eq!(dialect.ids(&answer), fleetings[index], "{}", dialect.name),
                status => assert_eq!(status, 401, "{}: {}", dialect.name, answer.text()),
            }
        }
    };
    thread::scope(|scope| {
        (0..dialects::ALL.len()).for_each(|index| drop(scope.spawn(move || read(index))));
        let mut wrong = Vec::new();
        for round in 0..60 {
            let (request, state) =
                [("POST /reset", 0), ("POST /snapshots/one/restore", 1), ("POST /snapshots/two/restore", 2)][round % 3];
            let status = asked(&server, request, &Value::Null).status;
            let now = server.list("xqr", &room.keys["xqr"], "");
            if status != 204 || dialects::of("xqr").ids(&now) != states[state][0] {
                wrong.push((request, status, now));
            }
        }
        over.store(true, Relaxed);
        assert!(wrong.is_empty(), "{wrong:?}");
    });
}
