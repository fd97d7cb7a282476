//! What is kept in memory is never shown once it has changed: under load, with and without a file, for every provider.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;

use assetmock::app::App;
use assetmock::clock::Clock;
use assetmock::store::{Place, Store};
use assetmock::world;
use serde_json::{Value, json};

use crate::dialects::{self, Dialect};
use crate::support::{NOON, Server, ask, at, block_on};

/// How often the asset changes.
const CHANGES: u64 = 60;

/// A workspace of one image whose name is a number, and keys without limits.
fn fixture() -> String {
    let keys: Vec<_> =
        dialects::ALL.iter().map(|it| json!({"provider": it.name, "key": it.key, "limits": "off"})).collect();
    let image = json!({"name": "0", "mime_type": "image/png", "created_at": "2026-03-01T10:00:00Z"});
    json!({"workspaces": [{"id": "ws_tests", "keys": keys, "assets": [image]}]}).to_string()
}

async fn served(place: &Place) -> Server {
    let clock = Clock::frozen(at(NOON));
    let store = Store::open(place).await.unwrap();
    world::load(&store, world::read(&[fixture()]).unwrap(), clock.now()).await.unwrap();
    store.index().await.unwrap();
    Server::serve(App::new(store, clock, Some(7))).await
}

/// The number that a provider shows: the asset's name, whatever it calls that.
fn shown(app: &Arc<App>, dialect: &Dialect) -> u64 {
    let answer = block_on(ask(app, &dialect.target(""), &dialect.auth("")));
    let row = &dialect.rows(&answer)[0];
    ["name", "filename"].iter().find_map(|field| row[field].as_str()).unwrap().parse().unwrap()
}

/// Readers who know what was acknowledged before they asked, while a writer changes it and asks for it at once.
fn assert_fresh(server: &Server) {
    let (acknowledged, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let call = |method: &str, path: &str, body: &Value| {
        let answer = server.call(method, &format!("/_emulator/workspaces/ws_tests{path}"), body);
        assert!(answer.status < 300, "{method} {path}: {}", answer.text());
        answer.json()
    };
    let id = call("GET", "/assets", &Value::Null)["assets"][0]["ids"]["xqr"].as_str().unwrap().to_owned();
    let read = |dialect: &Dialect| {
        let least = acknowledged.load(SeqCst);
        let seen = shown(&server.app, dialect);
        assert!(seen >= least, "{} shows {seen} after {least} was acknowledged", dialect.name);
    };
    thread::scope(|scope| {
        for reader in 0..6 {
            let (done, read) = (&done, &read);
            scope.spawn(move || {
                let mut turn = dialects::ALL.iter().cycle().skip(reader);
                while !done.load(SeqCst) {
                    read(turn.next().unwrap());
                }
            });
        }
        for number in 1..=CHANGES {
            call("PATCH", &format!("/assets/{id}"), &json!({"name": number.to_string()}));
            acknowledged.store(number, SeqCst);
            dialects::ALL.iter().for_each(&read);
        }
        done.store(true, SeqCst);
    });
    assert!(dialects::ALL.iter().all(|dialect| shown(&server.app, dialect) == CHANGES));
}

#[test]
fn nobody_is_shown_what_was_changed_before_he_asked() {
    assert_fresh(&block_on(served(&Place::Private)));
}

#[test]
fn nobody_is_shown_what_was_changed_before_he_asked_in_a_file() {
    let file = std::env::temp_dir().join(format!("assetmock-fresh-{}.sqlite", std::process::id()));
    assert_fresh(&block_on(served(&Place::File(file.clone()))));
    for ending in ["", "-wal", "-shm"] {
        // The last two are there only while somebody has it open.
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
}

/// Each kind of change that a key's holder must not outlive.
#[test]
fn a_key_that_is_changed_is_what_it_is_at_once() {
    let server = block_on(served(&Place::Private));
    let dialect = dialects::of("twelvelabs");
    let status = || server.get(&dialect.target(""), &[&dialect.auth("")]).status;
    let key = format!("/_emulator/workspaces/ws_tests/keys/{}?provider=twelvelabs", dialect.key);
    let steer =
        |method: &str, path: &str, body: Value| assert!(server.call(method, path, &body).status < 300, "{path}");
    (0..3).for_each(|_| assert_eq!(status(), 200));
    steer("PUT", "/_emulator/snapshots/before", Value::Null);
    steer("PATCH", &key, json!({"revoked": true}));
    assert_eq!(status(), 401);
    steer("POST", "/_emulator/snapshots/before/restore", Value::Null);
    assert_eq!(status(), 200);
    steer("DELETE", &key, Value::Null);
    (0..2).for_each(|_| assert_eq!(status(), 401));
    steer("POST", "/_emulator/workspaces/ws_tests/keys", json!({"provider": "twelvelabs", "key": dialect.key}));
    assert_eq!(status(), 200);
    steer("DELETE", "/_emulator/workspaces/ws_tests", Value::Null);
    assert_eq!(status(), 401);
    steer("POST", "/_emulator/reset", Value::Null);
    assert_eq!(status(), 200);
}
