//! Assets that get their next status when the clock of their workspace says so, or when they were shown.

use std::thread;

use serde_json::{Value, json};

use crate::process::{Folder, Running};
use crate::support::{NOON, Server, block_on};

/// A workspace whose asset is ready, or whatever `next` says, at 12:00:03, and whose other asset is ready.
fn fixture(next: Value) -> String {
    let keys = |ending: &str| {
        json!([
            {"provider": "twelvelabs", "key": format!("tlk_{ending}")},
            {"provider": "flora", "key": format!("sk_test_{ending}")},
            {"provider": "piktid", "key": format!("piktid_{ending}")},
            {"provider": "xqr", "key": format!("xqr_pk_00000000.{}", ending.repeat(13))},
            {"provider": "konpro", "key": format!("konpro_{ending}")},
        ])
    };
    let mut status = json!({"status": "ready", "at": "2026-03-21T12:00:03Z"});
    status.as_object_mut().unwrap().extend(next.as_object().unwrap().clone());
    json!({"workspaces": [
        {"id": "ws_life", "keys": keys("life"), "assets": [
            {"name": "done.png", "mime_type": "image/png", "created_at": "2026-03-20T12:00:00Z",
             "ids": {"twelvelabs": DONE, "flora": "asset_done"}},
            {"name": "new.png", "mime_type": "image/png", "status": "processing", "next_status": status,
             "created_at": NOON, "ids": {"twelvelabs": NEW, "flora": "asset_new"}},
        ]},
        {"id": "ws_else", "keys": keys("else"), "assets": []},
    ]})
    .to_string()
}

const NEW: &str = "69be89400000000000000001";
const DONE: &str = "69bd37c00000000000000002";

/// The status that TwelveLabs' list shows of the new asset.
fn listed(server: &Server) -> String {
    listed_with(server, "tlk_life")
}

fn listed_with(server: &Server, key: &str) -> String {
    let page = server.list("twelvelabs", key, "").json();
    let rows = page["data"].as_array().unwrap();
    rows.iter().find(|row| row["_id"] == NEW).unwrap_or_else(|| panic!("{page}"))["status"].as_str().unwrap().to_owned()
}

/// The new asset as TwelveLabs' single route shows it.
fn single(server: &Server) -> Value {
    server.get(&format!("/twelvelabs/v1.3/assets/{NEW}"), &["x-api-key: tlk_life"]).json()
}

fn own(server: &Server, request: &str, body: Value) -> Value {
    let (method, path) = request.split_once(' ').unwrap();
    let answer = server.call(method, &format!("/_emulator{path}"), &body);
    assert!((200..300).contains(&answer.status), "{request}: {}", answer.text());
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

fn step(server: &Server, seconds: f64) {
    own(server, "POST /workspaces/ws_life/clock", json!({"step_seconds": seconds}));
}

#[test]
fn an_asset_is_ready_once_the_clock_of_its_workspace_says_so() {
    let server = Server::start(&fixture(json!({})));
    assert_eq!((listed(&server), &single(&server)["status"]), ("processing".to_owned(), &json!("processing")));
    step(&server, 2.999);
    assert_eq!((listed(&server), &single(&server)["status"]), ("processing".to_owned(), &json!("processing")));
    step(&server, 0.001);
    assert_eq!((listed(&server), &single(&server)["status"]), ("ready".to_owned(), &json!("ready")));
    let asset = own(&server, "GET /workspaces/ws_life/assets/asset_new", Value::Null);
    assert_eq!((&asset["updated_at"], asset.get("next_status")), (&json!("2026-03-21T12:00:03Z"), None));
    step(&server, -10.0);
    assert_eq!(listed(&server), "ready", "what has happened stays");
}

/// Each in a world of its own, since the first to look makes the change.
#[test]
fn whoever_reads_first_finds_what_is_due_done() {
    let count = |provider: &'static str, key: &'static str, rows: &'static str| {
        move |server: &Server| json!(server.list(provider, key, "").json()[rows].as_array().unwrap().len())
    };
    let asset = |field: &'static str| {
        move |server: &Server| own(server, "GET /workspaces/ws_life/assets/asset_new", Value::Null)[field].clone()
    };
    let listed_by_piktid =
        |server: &Server| own(server, "GET /workspaces", Value::Null)["workspaces"][0]["listed"]["piktid"].clone();
    let exported = |server: &Server| {
        own(server, "GET /workspaces/ws_life/fixture", Value::Null)["workspaces"][0]["assets"][1]["next_status"].clone()
    };
    let copied = |server: &Server| {
        own(server, "POST /workspaces", json!({"id": "ws_copy", "copy": "ws_life"}));
        own(server, "GET /workspaces/ws_copy/assets/asset_new", Value::Null)["next_status"].clone()
    };
    let file = |server: &Server| {
        let file = server.get("/_assets/ws_life/flora/asset_new/new.png", &[]);
        json!([file.status, own(server, "GET /workspaces/ws_life/assets/asset_new", Value::Null)["next_status"]])
    };
    type Look<'l> = &'l dyn Fn(&Server) -> Value;
    let looks: [(&str, Look<'_>, Value, Value); 9] = [
        ("PiktID", &count("piktid", "piktid_life", "assets"), json!(1), json!(2)),
        ("KonPro", &count("konpro", "konpro_life", "assets"), json!(1), json!(2)),
        ("the asset", &asset("updated_at"), json!("2026-03-21T12:00:00Z"), json!("2026-03-21T12:00:03Z")),
        ("the counts", &listed_by_piktid, json!(1), json!(2)),
        ("an export", &exported, json!({"status": "ready", "at": "2026-03-21T12:00:03Z"}), Value::Null),
        ("a copy", &copied, json!({"status": "ready", "at": "2026-03-21T12:00:03Z"}), Value::Null),
        ("the bytes", &file, json!([200, {"status": "ready", "at": "2026-03-21T12:00:03Z"}]), json!([200, null])),
        (
            "FLORA",
            &|server| server.list("flora", "sk_test_life", "").json()["assets"][0]["status"].clone(),
            json!("pending_upload"),
            json!("ready"),
        ),
        ("TwelveLabs", &|server| json!(listed(server)), json!("processing"), json!("ready")),
    ];
    for (name, look, before, after) in looks {
        let early = Server::start(&fixture(json!({})));
        assert_eq!(look(&early), before, "{name}");
        let late = Server::start_at(&fixture(json!({})), "2026-03-21T12:01:00Z");
        assert_eq!(look(&late), after, "{name}");
    }
}

#[test]
fn the_clock_of_the_emulator_counts_where_the_workspace_has_none() {
    let server = Server::start(&fixture(json!({})));
    assert_eq!(listed(&server), "processing");
    own(&server, "POST /clock", json!({"step_seconds": 3}));
    assert_eq!(listed(&server), "ready");
}

#[test]
fn a_running_clock_that_is_set_forward_counts() {
    let server = Server::start(&fixture(json!({})));
    own(&server, "POST /workspaces/ws_life/clock", json!({"set": "2026-03-20T12:00:00Z", "frozen": false}));
    assert_eq!(listed(&server), "processing");
    own(&server, "POST /workspaces/ws_life/clock", json!({"set": "2026-03-21T12:00:03Z"}));
    assert_eq!(listed(&server), "ready");
}

#[test]
fn an_asset_that_fails_says_why() {
    let next = json!({"status": "failed", "message": "no frames"});
    let server = Server::start(&fixture(next));
    step(&server, 3.0);
    let shown = single(&server);
    assert_eq!((&shown["status"], &shown["error"]), (&json!("failed"), &json!({"message": "no frames"})));
    let flora = server.get("/flora/api/v1/assets/asset_new", &["Authorization: Bearer sk_test_life"]).json();
    assert_eq!((&flora["status"], &flora["failure_message"]), (&json!("failed"), &json!("no frames")));
}

#[test]
fn while_the_clock_is_frozen_the_next_status_can_follow_a_read() {
    for read_by in [listed, |server: &Server| single(server)["status"].as_str().unwrap().to_owned()] {
        let server = Server::start(&fixture(json!({"follows_read": true})));
        let shows_others = [
            server.get(&format!("/twelvelabs/v1.3/assets/{DONE}"), &["x-api-key: tlk_life"]),
            server.list("twelvelabs", "tlk_life", "page=2"),
            server.list("twelvelabs", "tlk_else", ""),
            server.get(&format!("/twelvelabs/v1.3/assets/{NEW}"), &["x-api-key: tlk_else"]),
            server.get(&format!("/twelvelabs/v1.3/assets/{NEW}"), &["x-api-key: tlk_none"]),
        ];
        assert_eq!(shows_others.map(|answer| answer.status), [200, 200, 200, 404, 401]);
        let own = own(&server, "GET /workspaces/ws_life/assets/asset_new", Value::Null);
        assert_eq!(own["status"], "processing", "a look through the emulator's own API is none through a vendor's");
        assert_eq!((read_by(&server), read_by(&server)), ("processing".to_owned(), "ready".to_owned()));
        let asset = self::own(&server, "GET /workspaces/ws_life/assets/asset_new", Value::Null);
        assert_eq!(asset["updated_at"], NOON, "not later than the clock shows");
    }
}

/// Only then is it worth a look which assets an answer shows.
#[test]
fn a_key_knows_whether_an_asset_waits_for_a_read() {
    for follows_read in [false, true] {
        let server = Server::start(&fixture(json!({"follows_read": follows_read})));
        let key = |text: &str| block_on(server.app.store.key("twelvelabs", text)).unwrap().unwrap();
        assert!(key("tlk_life").due_at.is_some());
        assert_eq!(key("tlk_life").waits_for_read, follows_read);
        assert!(!key("tlk_else").waits_for_read);
    }
}

#[test]
fn while_the_clock_runs_a_read_changes_nothing() {
    let server = Server::start(&fixture(json!({"follows_read": true, "at": "2126-03-21T12:00:00Z"})));
    own(&server, "POST /workspaces/ws_life/clock", json!({"frozen": false}));
    assert_eq!([listed(&server), listed(&server), listed(&server)], ["processing"; 3]);
    own(&server, "POST /workspaces/ws_life/clock", json!({"frozen": true}));
    assert_eq!([listed(&server), listed(&server), listed(&server)], ["processing", "ready", "ready"]);
}

#[test]
fn copies_of_a_workspace_do_not_see_each_others_clocks() {
    let server = Server::start(&fixture(json!({})));
    let copy = own(&server, "POST /workspaces", json!({"id": "ws_copy", "copy": "ws_life"}));
    let key = copy["keys"]["twelvelabs"].as_str().unwrap();
    assert_eq!(listed_with(&server, key), "processing");
    step(&server, 3.0);
    assert_eq!((listed(&server), listed_with(&server, key)), ("ready".to_owned(), "processing".to_owned()));
    own(&server, "POST /workspaces/ws_copy/clock", json!({"step_seconds": 60}));
    assert_eq!(listed_with(&server, key), "ready");
    own(&server, "POST /workspaces/ws_life/reset", Value::Null);
    assert_eq!((listed(&server), listed_with(&server, key)), ("processing".to_owned(), "ready".to_owned()));
}

#[test]
fn a_snapshot_that_was_taken_meanwhile_is_restored_and_goes_on() {
    let server = Server::start(&fixture(json!({})));
    step(&server, 1.0);
    own(&server, "PUT /snapshots/meanwhile", json!({}));
    for _ in 0..2 {
        step(&server, 1.0);
        assert_eq!(listed(&server), "processing");
        step(&server, 1.0);
        assert_eq!(listed(&server), "ready");
        own(&server, "POST /snapshots/meanwhile/restore", json!({}));
        assert_eq!(listed(&server), "processing");
    }
    own(&server, "POST /clock", json!({"step_seconds": 1}));
    assert_eq!(listed(&server), "processing", "its own clock came back, too");
}

#[test]
fn a_status_that_is_set_meanwhile_stays() {
    let server = Server::start(&fixture(json!({"status": "failed"})));
    own(&server, "PATCH /workspaces/ws_life/assets/asset_new", json!({"name": "newer.png"}));
    let changed = own(&server, "PATCH /workspaces/ws_life/assets/asset_new", json!({"status": "ready"}));
    assert_eq!((&changed["name"], changed.get("next_status")), (&json!("newer.png"), None));
    step(&server, 60.0);
    assert_eq!(listed(&server), "ready");
    let refused = server.call(
        "PATCH",
        "/_emulator/workspaces/ws_life/assets/asset_new",
        &json!({"next_status": {"status": "failed", "at": "2026-03-21T13:00:00Z"}}),
    );
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("next_status")), "{}", refused.text());
    let early = json!({"status": "processing", "next_status": {"status": "ready", "at": "2026-03-21T11:00:00Z"}});
    let refused = server.call("PATCH", "/_emulator/workspaces/ws_life/assets/asset_new", &early);
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("next_status.at")), "{}", refused.text());
}

#[test]
fn what_is_due_is_done_after_a_restart() {
    let folder = Folder::new();
    let (file, fixture) = (folder.file("library.sqlite"), folder.write("fixture.json", fixture(json!({}))));
    let status = |clock: &str| {
        let server = Running::start(&["--database", &file, "--fixture", &fixture, "--clock", clock]);
        let shown = server.get(&format!("/twelvelabs/v1.3/assets/{NEW}"), "x-api-key: tlk_life").1["status"].clone();
        server.stop();
        shown
    };
    assert_eq!(status(NOON), "processing");
    assert_eq!(status("2026-03-21T12:00:03Z"), "ready");
    assert_eq!(status(NOON), "ready");
}

#[test]
fn ten_thousand_assets_that_are_due_at_once_do_not_keep_others_waiting() {
    const MANY: usize = 10_000;
    let asset = |number: usize| {
        json!({"name": format!("{number}.png"), "mime_type": "image/png", "status": "processing", "created_at": NOON,
               "next_status": {"status": "ready", "at": "2026-03-21T12:00:03Z"}})
    };
    let mut world: Value = serde_json::from_str(&fixture(json!({}))).unwrap();
    world["workspaces"][0]["assets"] = (0..MANY).map(asset).collect();
    let server = Server::start(&world.to_string());
    step(&server, 3.0);
    let readers = 4;
    let key = || block_on(server.app.store.key("piktid", "piktid_life")).unwrap().unwrap();
    let before = key().collection_version;
    thread::scope(|scope| {
        let counted: Vec<_> = (0..readers)
            .map(|_| scope.spawn(|| server.list("piktid", "piktid_life", "").json()["pagination"]["total"].clone()))
            .collect();
        let mut answered_between = 0;
        while counted.iter().any(|reader| !reader.is_finished()) {
            assert_eq!(server.list("flora", "sk_test_else", "").status, 200);
            let key = key();
            let is_partly_done = key.collection_version != before && key.due_at.is_some();
            answered_between += usize::from(is_partly_done);
        }
        for reader in counted {
            assert_eq!(reader.join().unwrap(), json!(MANY), "each sees all of it done");
        }
        assert!(answered_between > 0, "others waited for all of it");
    });
}
