//! What is kept in memory is never shown once it has changed: under load, with and without a file, for every provider.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use assetmock::clock::Clock;
use assetmock::emulator::app::App;
use assetmock::emulator::load_fixtures;
use assetmock::library::store::{DatabaseLocation, Store, View};
use assetmock::providers;
use serde_json::{Value, json};

use crate::dialects::{self, Dialect};
use crate::process::Folder;
use crate::support::{NOON, Server, SetAtEnd, app, ask, at, block_on};

/// How often the asset changes.
const CHANGES: u64 = 60;

/// A workspace of one image whose name is a number, and keys without limits.
fn fixture() -> String {
    let keys: Vec<_> =
        dialects::ALL.iter().map(|it| json!({"provider": it.name, "key": it.key, "limits": "off"})).collect();
    let image = json!({"name": "0", "mime_type": "image/png", "created_at": "2026-03-01T10:00:00Z"});
    json!({"workspaces": [{"id": "ws_tests", "keys": keys, "assets": [image]}]}).to_string()
}

async fn loaded(place: &DatabaseLocation) -> Store {
    let store = Store::open(place, providers::ids()).await.unwrap();
    load_fixtures::load(&store, load_fixtures::read(&[fixture()]).unwrap(), at(NOON)).await.unwrap();
    store
}

async fn served(place: &DatabaseLocation) -> Server {
    Server::serve(App::new(loaded(place).await, Clock::frozen(at(NOON)), Some(7))).await
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
        let _end = SetAtEnd(&done);
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
    });
    assert!(dialects::ALL.iter().all(|dialect| shown(&server.app, dialect) == CHANGES));
}

#[test]
fn nobody_is_shown_what_was_changed_before_he_asked() {
    assert_fresh(&block_on(served(&DatabaseLocation::Memory)));
}

#[test]
fn nobody_is_shown_what_was_changed_before_he_asked_in_a_file() {
    let folder = Folder::new();
    assert_fresh(&block_on(served(&DatabaseLocation::File(folder.file("library.sqlite").into()))));
}

/// Each kind of change that a key's holder must not outlive.
#[test]
fn a_key_that_is_changed_is_what_it_is_at_once() {
    let server = block_on(served(&DatabaseLocation::Memory));
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

/// What each provider is asked over and over while its library changes: every filter and order that it has.
pub const ASKED: [(&str, &[&str]); 5] = [
    ("xqr", &["", "limit=2&offset=1"]),
    ("flora", &["", "limit=2", "query=red", "query=boat", "project_id=prj_b"]),
    ("twelvelabs", &["", "page_limit=2&page=2", "filename=red", "asset_types=video", "asset_types=image"]),
    (
        "piktid",
        &[
            "",
            "page=2&per_page=2",
            "search=red",
            "search=product",
            "include_tags=product",
            "exclude_tags=product",
            "project_id=prj_b",
            "sort_by=filename&order=asc",
            "ownership=shared",
            "created_after=2026-03-02T00:00:00Z",
        ],
    ),
    ("konpro", &["", "limit=2", "file_type=video", "folder_id=f_b"]),
];

/// One change after another, each to something else that listings look at or rows show.
pub fn changes() -> Vec<(&'static str, &'static str, Value)> {
    let first = "/assets/one";
    let patches = [
        json!({"description": "a red boat"}),
        json!({"size_bytes": 77}),
        json!({"name": "red.png"}),
        json!({"name": null}),
        json!({"tags": ["product"]}),
        json!({"mime_type": "video/mp4"}),
        json!({"mime_type": "image/jpeg"}),
        json!({"status": "processing"}),
        json!({"status": "ready"}),
        json!({"visibility": "shared"}),
        json!({"project": "prj_b"}),
        json!({"folder": "f_b"}),
        json!({"uploader": "ben"}),
        json!({"created_at": "2026-03-09T10:00:00Z"}),
        json!({"ids": {"piktid": "another"}}),
    ];
    let mut changes: Vec<_> = patches.map(|patch| ("PATCH", first, patch)).into();
    // What is added after the newest one is gone may get its number.
    let added = |name: &str| json!({"assets": [{"name": name, "mime_type": "image/png", "ids": {"flora": "two"}}]});
    changes.push(("POST", "/assets", added("red added.png")));
    changes.push(("DELETE", "/assets/two", Value::Null));
    changes.push(("POST", "/assets", added("again.png")));
    changes.push(("PATCH", "/assets/two", json!({"detected": {"much": "more".repeat(2000)}, "name": "red again.png"})));
    changes.push(("PUT", "/folders/f_b", json!({"name": "B", "trashed": true})));
    changes.push(("PUT", "/projects/prj_b", json!({"name": "red project"})));
    changes.push(("PATCH", first, json!({"description": null})));
    changes.push(("DELETE", first, Value::Null));
    changes
}

/// The workspace that [`changes`] change and [`ASKED`] look at, with these keys.
pub fn changing(keys: &[Value]) -> String {
    let assets: Vec<_> = (1..=5)
        .map(|day| json!({"name": format!("{day}.png"), "mime_type": "image/png", "created_at": format!("2026-03-0{day}T10:00:00Z")}))
        .collect();
    let mut workspace = json!({
        "id": "ws_tests", "keys": keys, "users": [{"name": "ada"}, {"name": "ben"}], "assets": assets,
        "projects": [{"id": "prj_b", "name": "B"}], "folders": [{"id": "f_b", "name": "B"}],
    });
    workspace["assets"][1]["ids"] = json!({"xqr": "one"});
    json!({"workspaces": [workspace]}).to_string()
}

/// A key that has seen every state before is shown what a key is that has seen none.
#[test]
fn what_is_kept_over_a_change_is_what_a_new_reader_gets() {
    let changes = changes();
    let key = |it: &Dialect, ending: &str| json!({"provider": it.name, "key": format!("{}{ending}", it.key), "limits": "off"});
    let keys: Vec<_> = (0..=changes.len())
        .map(|number| if number == 0 { String::new() } else { format!("-{number}") })
        .flat_map(|ending| dialects::ALL.iter().map(move |it| key(it, &ending)))
        .collect();
    let app = block_on(app(&changing(&keys), NOON));
    let server = block_on(Server::serve(app));
    let rows = |it: &Dialect, ending: &str, query: &str| {
        let answer = block_on(ask(&server.app, &it.target(query), &it.auth(ending)));
        if answer.status == 200 { it.rows(&answer) } else { vec![answer.json()["error"].clone()] }
    };
    let each = || ASKED.iter().flat_map(|(name, queries)| queries.iter().map(|query| (dialects::of(name), *query)));
    let mut before = String::new();
    for (number, (method, path, body)) in changes.iter().enumerate() {
        for (it, query) in each() {
            (0..3).for_each(|_| drop(rows(it, "", query)));
        }
        let answer = server.call(method, &format!("/_emulator/workspaces/ws_tests{path}"), body);
        assert!(answer.status < 300, "{method} {path} {body}: {}", answer.text());
        let mut state = String::new();
        for (it, query) in each() {
            let (kept, new) = (rows(it, "", query), rows(it, &format!("-{}", number + 1), query));
            assert_eq!(kept, new, "{} {query} after {method} {path} {body}", it.name);
            state += &json!(new).to_string();
        }
        assert_ne!(state, before, "nobody sees {method} {path} {body}");
        before = state;
    }
}

/// How SQLite finds the assets of a first page in a private database whose indexes nobody has asked for.
fn plan(store: &Store) -> String {
    let (provider, dialect) = dialects::pairs().next().unwrap();
    let selection = dialects::planned(provider, "").unwrap().selection;
    let key = block_on(store.key(dialect.name, dialect.key)).unwrap().unwrap();
    block_on(store.explain(View { provider: dialect.name, collection_version: key.collection_version }, &selection))
        .unwrap()
        .join("\n")
}

const INDEX: &str = "asset_listed";

#[test]
fn a_private_database_gets_its_indexes_after_the_first_answer() {
    let store = block_on(loaded(&DatabaseLocation::Memory));
    assert!(!plan(&store).contains(INDEX));
    let server = block_on(Server::serve(App::new(store, Clock::frozen(at(NOON)), Some(7))));
    let dialect = dialects::of("xqr");
    assert_eq!(server.get(&dialect.target(""), &[&dialect.auth("")]).status, 200);
    let asked = Instant::now();
    while !plan(&server.app.store).contains(INDEX) {
        assert!(asked.elapsed() < Duration::from_secs(20), "there is no index");
    }
}

#[test]
fn a_private_database_has_its_indexes_before_the_first_change() {
    let store = block_on(loaded(&DatabaseLocation::Memory));
    block_on(async { store.write(providers::names()).await.unwrap().commit().await.unwrap() });
    assert!(plan(&store).contains(INDEX));
}
