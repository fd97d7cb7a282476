//! A large library answers what a small one does: its first pages are read by themselves and counted beforehand.

use assetmock::clock::Clock;
use assetmock::emulator::app::App;
use assetmock::emulator::load_fixtures;
use assetmock::library::store::{DatabaseLocation, Store};
use assetmock::providers;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::dialects;
use crate::fresh::{ASKED, changes, changing};
use crate::process::{Folder, program};
use crate::support::{NOON, Server, at, block_on};

/// A server for which a library of so many assets is large.
fn server(large: u64) -> Server {
    serving(large, changing)
}

/// The same with a fixture that has these keys.
fn serving(large: u64, fixture: impl FnOnce(&[Value]) -> String) -> Server {
    let keys: Vec<_> =
        dialects::ALL.iter().map(|it| json!({"provider": it.name, "key": it.key, "limits": "off"})).collect();
    block_on(async {
        let mut store = Store::open(&DatabaseLocation::Memory, providers::ids()).await.unwrap();
        store.large = large;
        load_fixtures::load(&store, load_fixtures::read(&[fixture(&keys)]).unwrap(), at(NOON)).await.unwrap();
        store.index().await.unwrap();
        Server::serve(App::new(store, Clock::frozen(at(NOON)), Some(7))).await
    })
}

/// Whether the library of this key of FLORA's is taken for a large one.
fn is_large(server: &Server, key: &str) -> bool {
    block_on(server.app.store.key("flora", key)).unwrap().unwrap().collection_version.tallied
}

/// What everybody who asks is answered.
fn answers(server: &Server) -> Vec<(u16, String)> {
    let asked = ASKED.iter().flat_map(|(name, queries)| queries.iter().map(|query| (dialects::of(name), *query)));
    asked
        .map(|(it, query)| {
            // The same host for all servers, since it is in URLs of assets.
            let answer = server.get(&it.target(query), &["Host: localhost", &it.auth("")]);
            (answer.status, answer.text().to_owned())
        })
        .collect()
}

#[test]
fn a_large_library_answers_what_a_small_one_does_after_every_change() {
    let (small, large) = (server(u64::MAX), server(1));
    assert!(is_large(&large, dialects::of("flora").key) && !is_large(&small, dialects::of("flora").key));
    assert_eq!(answers(&small), answers(&large));
    for (method, path, body) in changes() {
        for server in [&small, &large] {
            let answer = server.call(method, &format!("/_emulator/workspaces/ws_tests{path}"), &body);
            assert!(answer.status < 300, "{method} {path} {body}: {}", answer.text());
        }
        assert_eq!(answers(&small), answers(&large), "after {method} {path} {body}");
    }
    assert!(is_large(&large, dialects::of("flora").key), "the first change made a copy, which is as large");
}

#[test]
fn a_large_library_stays_one_when_it_is_put_back() {
    let (small, large) = (server(u64::MAX), server(1));
    let steps: [(&str, &str, Value); 5] = [
        ("PUT", "/_emulator/snapshots/full", Value::Null),
        ("DELETE", "/_emulator/workspaces/ws_tests/assets?all=true", Value::Null),
        ("POST", "/_emulator/snapshots/full/restore", Value::Null),
        ("PATCH", "/_emulator/workspaces/ws_tests/assets/one", json!({"mime_type": "video/mp4", "uploader": "ben"})),
        ("POST", "/_emulator/workspaces/ws_tests/reset", Value::Null),
    ];
    for (method, path, body) in steps {
        for server in [&small, &large] {
            assert!(server.call(method, path, &body).status < 300, "{method} {path}");
        }
        assert_eq!(answers(&small), answers(&large), "after {method} {path}");
        assert!(is_large(&large, dialects::of("flora").key), "after {method} {path}");
    }
}

#[test]
fn a_walk_does_not_notice_where_pages_are_no_longer_read_by_themselves() {
    let (small, large) = (server(u64::MAX), server(1));
    for server in [&small, &large] {
        let some = json!({"id": "ws_walked", "generate": {"count": 2500, "seed": 1}});
        assert_eq!(server.call("POST", "/_emulator/workspaces", &some).status, 201);
    }
    for it in dialects::ALL {
        let key = format!("{}-walked", it.key);
        let walked = |server: &Server| {
            let key = json!({"provider": it.name, "key": key, "limits": "off"});
            assert_eq!(server.call("POST", "/_emulator/workspaces/ws_walked/keys", &key).status, 201);
            it.walk(|query| server.get(&it.target(query), &[&it.auth("-walked")]), 50, "")
        };
        let ids = walked(&large);
        assert!(ids.len() > 500, "{}: {}", it.name, ids.len());
        assert_eq!(walked(&small), ids, "{}", it.name);
    }
}

#[test]
fn a_large_library_may_have_as_many_users_as_assets() {
    let server = serving(1, |keys| {
        let name = |number: u32| format!("user {number}");
        let users: Vec<_> = (0..6000).map(|number| json!({"name": name(number)})).collect();
        let asset =
            |number| json!({"mime_type": "image/png", "uploader": name(number), "created_at": "2026-03-01T10:00:00Z"});
        let assets: Vec<_> = (0..6000).map(asset).collect();
        json!({"workspaces": [{"id": "ws_tests", "keys": keys, "users": users, "assets": assets}]}).to_string()
    });
    let it = dialects::of("twelvelabs");
    let answer = server.get(&it.target("page_limit=1"), &[&it.auth("")]);
    assert_eq!(answer.json()["page_info"]["total_results"], 6000);
}

/// Takes back what came after the second migration.
const EARLIER: &str = "
    ALTER TABLE asset ADD COLUMN description TEXT; ALTER TABLE asset ADD COLUMN mime_type TEXT;
    ALTER TABLE asset ADD COLUMN size_bytes INTEGER; ALTER TABLE asset ADD COLUMN is_public INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE asset ADD COLUMN public_url TEXT; ALTER TABLE asset ADD COLUMN url TEXT;
    ALTER TABLE asset ADD COLUMN width INTEGER; ALTER TABLE asset ADD COLUMN height INTEGER;
    ALTER TABLE asset ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE asset ADD COLUMN uploaded_via TEXT NOT NULL DEFAULT 'url'; ALTER TABLE asset ADD COLUMN node_id TEXT;
    ALTER TABLE asset ADD COLUMN thumbnail_big TEXT; ALTER TABLE asset ADD COLUMN thumbnail_small TEXT;
    ALTER TABLE asset ADD COLUMN styling_note TEXT; ALTER TABLE asset ADD COLUMN detected TEXT;
    ALTER TABLE asset ADD COLUMN told_by TEXT; ALTER TABLE asset ADD COLUMN told TEXT;
    UPDATE asset SET description = json ->> 'description', mime_type = json ->> 'mime_type',
        size_bytes = json ->> 'size_bytes', is_public = COALESCE(json ->> 'is_public', 0),
        public_url = json ->> 'public_url', url = json ->> 'url', width = json ->> 'width', height = json ->> 'height',
        updated_at = COALESCE(unixepoch(json ->> 'updated_at') * 1000000, created_at),
        uploaded_via = COALESCE(json ->> 'uploaded_via', 'direct'), node_id = json ->> 'node',
        thumbnail_big = json ->> 'thumbnail_big', thumbnail_small = json ->> 'thumbnail_small',
        styling_note = json ->> 'styling_note';
    DROP TRIGGER asset_removed; DROP TRIGGER asset_changed;
    DROP INDEX asset_waits_for_read; ALTER TABLE asset DROP COLUMN json;
    DROP TABLE tally;
    ALTER TABLE collection DROP COLUMN tallied;
    ALTER TABLE collection DROP COLUMN assets;
    DROP INDEX asset_listed; DROP INDEX asset_inserted; DROP INDEX folder_parent;
    CREATE INDEX asset_created ON asset (collection, created_at);
    ALTER TABLE project DROP COLUMN origin; ALTER TABLE project DROP COLUMN created_at; ALTER TABLE project DROP COLUMN updated_at;
    ALTER TABLE folder DROP COLUMN created_at; ALTER TABLE folder DROP COLUMN updated_at;
    ALTER TABLE user DROP COLUMN groups; ALTER TABLE user DROP COLUMN password; ALTER TABLE key DROP COLUMN refresh;
    ALTER TABLE workspace DROP COLUMN variants; ALTER TABLE workspace DROP COLUMN origin_variants;
    ALTER TABLE saved_workspace DROP COLUMN variants; ALTER TABLE saved_workspace DROP COLUMN origin_variants;
    DROP INDEX asset_due; ALTER TABLE asset DROP COLUMN due_at;
    ALTER TABLE workspace DROP COLUMN uploads; ALTER TABLE workspace DROP COLUMN origin_uploads;
    ALTER TABLE saved_workspace DROP COLUMN uploads; ALTER TABLE saved_workspace DROP COLUMN origin_uploads;
    DROP TRIGGER asset_with_bytes_added; DROP TRIGGER asset_with_bytes_removed; DROP TRIGGER asset_bytes_replaced;
    DROP INDEX asset_blob; ALTER TABLE asset DROP COLUMN blob;
    DROP TABLE upload_part; DROP TABLE upload; DROP TABLE blob_chunk; DROP TABLE chunk; DROP TABLE stored_bytes; DROP TABLE blob;
    DROP TABLE claim; DROP TABLE signing_key;
    DELETE FROM _sqlx_migrations WHERE version > 2;";

/// A file with 10,000 assets.
fn large_file(folder: &Folder) -> String {
    let file = folder.file("large.sqlite");
    let made = program().args(["generate", "--count", "10000", "--database", &file]).status().unwrap();
    assert!(made.success());
    file
}

/// Changes a file behind the back of whoever serves it next.
fn tamper(file: &str, statements: &'static str) {
    block_on(async {
        let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// What is done with a server of this file.
fn with_file<T>(file: &str, work: impl FnOnce(&Server) -> T) -> T {
    let store = block_on(Store::open(&DatabaseLocation::File(file.into()), providers::ids())).unwrap();
    let server = block_on(Server::serve(App::new(store, Clock::frozen(at(NOON)), Some(7))));
    let done = work(&server);
    block_on(server.app.store.close());
    done
}

/// The total that a page of three tells, so many assets from the beginning.
fn total(server: &Server, offset: u32) -> u64 {
    let cursor = URL_SAFE_NO_PAD.encode(json!({"offset": offset}).to_string());
    let answer = server.list("flora", "sk_test_demo", &format!("limit=3&cursor={cursor}"));
    answer.json()["meta"]["total_estimate"].as_u64().unwrap()
}

/// That nothing is read again can be told by a tally that has gone wrong meanwhile.
#[test]
fn the_beginning_of_a_large_listing_is_read_once() {
    let folder = Folder::new();
    let file = large_file(&folder);
    with_file(&file, |server| {
        let truth = total(server, 3);
        tamper(&file, "UPDATE tally SET count = 2 * count");
        assert_eq!([total(server, 6), total(server, 0), total(server, 997)], [truth; 3]);
        assert_eq!(total(server, 998), truth, "the whole is counted");
    });
}

#[test]
fn a_first_page_that_is_all_of_a_large_listing_is_not_read_again() {
    let folder = Folder::new();
    let file = large_file(&folder);
    with_file(&file, |server| {
        let found = |page: u32| {
            let answer = server.list("piktid", "piktid_demo", &format!("created_by=nobody&page={page}"));
            answer.json()["pagination"]["total"].as_u64().unwrap()
        };
        assert_eq!(found(1), 0);
        tamper(
            &file,
            "INSERT INTO tally SELECT seq, 'image', 'ready', 'shared', 'nobody', 5, 0, 0 FROM collection WHERE tallied",
        );
        assert_eq!(found(2), 0);
    });
}

/// Whether first pages go by the tally can be told by one that is wrong.
#[test]
fn the_total_of_a_large_listing_is_the_tallys_until_somebody_goes_far() {
    let folder = Folder::new();
    let file = large_file(&folder);
    let truth = with_file(&file, |server| total(server, 5000));
    tamper(&file, "UPDATE tally SET count = 2 * count");
    with_file(&file, |server| {
        assert_eq!([total(server, 0), total(server, 997)], [2 * truth; 2]);
        assert_eq!([total(server, 998), total(server, 1)], [truth; 2]);
    });
}

#[test]
fn a_large_file_that_an_earlier_version_left_is_counted_when_it_is_opened() {
    let folder = Folder::new();
    let file = large_file(&folder);
    let listed = || {
        with_file(&file, |server| {
            let auth = format!("Authorization: Bearer xqr_pk_00000000.{}", "0".repeat(64));
            let bytes = server.get("/xqr/api/v1/workspace/usage", &[&auth]).json()["data"]["usage"].clone();
            let headers = ["Host: localhost", "Authorization: Bearer sk_test_demo"];
            let page = server.get("/flora/api/v1/assets?limit=3", &headers).text().to_owned();
            (page, is_large(server, "sk_test_demo"), bytes)
        })
    };
    let before = listed();
    assert!(before.1);
    tamper(&file, EARLIER);
    assert_eq!(listed(), before);
}
