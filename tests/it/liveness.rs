//! Nobody waits for anybody: readers beside writers, with and without a file. The limits asserted here are four times what
//! the benchmarks ask for, since a hang is meant, not a time.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dialects::pairs;
use crate::process::{Client, Folder, Running};
use crate::support::{Server, block_on};

/// The longest that a page or health may take beside any writer.
const PAGE: Duration = Duration::from_millis(4 * 250);

/// The longest that the first request of a fresh workspace may take at the 99th percentile.
const FRESH: Duration = Duration::from_millis(4 * 100);

/// How long races are run.
const RACE: Duration = Duration::from_secs(5);

/// Does the same over a private database and over a file.
fn in_both_modes(test: impl Fn(&Running)) {
    let common = ["--no-limits", "--log-level", "error"];
    test(&Running::start(&common));
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    test(&Running::start(&[&common[..], &["--database", &file]].concat()));
}

/// Makes a workspace, and gives its id and its keys.
fn make(client: &mut Client, from: &Value) -> (String, Value) {
    let made = client.steer("POST", "workspaces", &from.to_string());
    (made["id"].as_str().unwrap().to_owned(), made["keys"].clone())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    (work(), begun.elapsed())
}

/// A page of FLORA's that nobody has asked for before.
fn new_page(client: &mut Client, keys: &Value, number: usize) -> Value {
    let key = format!("Authorization: Bearer {}", keys["flora"].as_str().unwrap());
    let answer = client.ask("GET", &format!("/flora/api/v1/assets?limit=20&query=z{number}"), &[&key], "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Runs `work` again and again in threads of their own until `meanwhile` is done.
fn beside<T>(
    server: &Running,
    count: usize,
    work: impl Fn(&mut Client, usize) + Sync,
    meanwhile: impl FnOnce() -> T,
) -> T {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..count {
            let (mut client, over, work) = (server.connect(), &over, &work);
            scope.spawn(move || {
                while !over.load(SeqCst) {
                    work(&mut client, number);
                }
            });
        }
        /// Lets the others end, whatever becomes of the one.
        struct End<'o>(&'o AtomicBool);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.store(true, SeqCst);
            }
        }
        let _end = End(&over);
        meanwhile()
    })
}

#[test]
fn a_page_does_not_wait_for_a_writer_to_the_same_workspace() {
    in_both_modes(|server| {
        let mut client = server.connect();
        let (id, keys) = make(&mut client, &json!({"generate": {"count": 20_000}}));
        let assets = client.steer("GET", &format!("workspaces/{id}/assets?limit=1"), "");
        let asset = assets["assets"][0]["ids"]["flora"].as_str().unwrap().to_owned();
        let writes = AtomicUsize::new(0);
        let write = |client: &mut Client, _| {
            let number = writes.fetch_add(1, SeqCst);
            client.steer(
                "PATCH",
                &format!("workspaces/{id}/assets/{asset}"),
                &json!({"name": format!("n{number}")}).to_string(),
            );
        };
        // The first one gives the workspace a copy of its own.
        write(&mut client, 0);
        let slowest = beside(server, 1, write, || {
            (0..50).map(|number| timed(|| new_page(&mut client, &keys, number)).1).max().unwrap()
        });
        assert!(slowest < PAGE && writes.load(SeqCst) > 10, "{slowest:?}, {writes:?} writes");
    });
}

#[test]
fn the_first_request_of_a_fresh_workspace_does_not_wait_for_writers_elsewhere() {
    in_both_modes(|server| {
        let mut client = server.connect();
        let elsewhere: Vec<_> = (0..16).map(|_| make(&mut client, &json!({"generate": {"count": 240}})).0).collect();
        let added = json!({"assets": [{"name": "a.png", "mime_type": "image/png"}]}).to_string();
        let write = |client: &mut Client, number: usize| {
            client.steer("POST", &format!("workspaces/{}/assets", elsewhere[number]), &added);
        };
        let mut taken = beside(server, 16, write, || {
            let first = |_| {
                let (_, keys) = make(&mut client, &json!({}));
                timed(|| new_page(&mut client, &keys, 0)).1
            };
            (0..100).map(first).collect::<Vec<_>>()
        });
        taken.sort();
        assert!(taken[98] < FRESH, "{taken:?}");
    });
}

/// What is measured while `work` is done, which must take long enough to measure something.
fn nobody_waits_for(server: &Running, work: impl Fn(&mut Client) + Sync) {
    let (mut client, done) = (server.connect(), AtomicBool::new(false));
    let (_, keys) = make(&mut client, &json!({"fixture": "demo", "workspace": "ws_demo"}));
    thread::scope(|scope| {
        let (mut worker, work, done) = (server.connect(), &work, &done);
        let working = scope.spawn(move || {
            work(&mut worker);
            done.store(true, SeqCst);
        });
        for number in 0.. {
            let (health, health_took) = timed(|| client.steer("GET", "health", ""));
            let (_, page_took) = timed(|| new_page(&mut client, &keys, number));
            let ((made, _), make_took) = timed(|| make(&mut client, &json!({})));
            client.steer("DELETE", &format!("workspaces/{made}"), "");
            assert_eq!(health["status"], "ready");
            for (what, took) in [("health", health_took), ("a page", page_took), ("a workspace", make_took)] {
                assert!(took < PAGE, "{what} took {took:?}");
            }
            if done.load(SeqCst) || working.is_finished() {
                assert!(number > 3, "it took too little time to tell");
                break;
            }
        }
    });
}

#[test]
fn nobody_waits_while_a_large_workspace_is_made_changed_exported_and_removed() {
    in_both_modes(|server| {
        nobody_waits_for(server, |client| {
            client.steer("POST", "workspaces", &json!({"id": "ws_big", "generate": {"count": 20_000}}).to_string());
            // The copy shares what it holds until the first change.
            client.steer("POST", "workspaces", &json!({"id": "ws_copy", "copy": "ws_big"}).to_string());
            client.steer("POST", "workspaces/ws_copy/assets", &json!({"assets": [{"name": "a"}]}).to_string());
            client.steer("GET", "workspaces/ws_copy/fixture", "");
            client.steer("POST", "workspaces/ws_big/reset", "{}");
            client.steer("DELETE", "workspaces/ws_copy/assets?all=true", "");
            client.steer("DELETE", "workspaces/ws_big", "");
        });
    });
}

#[test]
fn a_revoked_key_is_refused_from_the_moment_that_the_revocation_is_acknowledged() {
    in_both_modes(|server| {
        let begun = Instant::now();
        let mut client = server.connect();
        let (id, _) = make(&mut client, &json!({"fixture": "demo", "workspace": "ws_demo"}));
        let mut rounds = 0;
        while begun.elapsed() < RACE {
            for (provider, _) in pairs() {
                let card = provider.card();
                let made =
                    client.steer("POST", &format!("workspaces/{id}/keys"), &json!({"provider": card.name}).to_string());
                let key = made["key"].as_str().unwrap().to_owned();
                let target = format!("/{}{}", card.name, card.list());
                let line = card.auth.carrier.line(&key);
                let revoked = AtomicBool::new(false);
                let ask = |client: &mut Client, _| {
                    let before = revoked.load(SeqCst);
                    let status = client.ask("GET", &target, &[&line], "").status;
                    assert!(status == 401 || (status == 200 && !before), "{}: {status}", card.name);
                };
                beside(server, 3, ask, || {
                    let path = format!("workspaces/{id}/keys/{key}");
                    client.steer("PATCH", &path, &json!({"revoked": true}).to_string());
                    revoked.store(true, SeqCst);
                    let status = client.ask("GET", &target, &[&line], "").status;
                    assert_eq!(status, 401, "{}", card.name);
                });
                rounds += 1;
            }
        }
        assert!(rounds >= 5, "{rounds}");
    });
}

#[test]
fn everybody_reads_what_they_have_written() {
    in_both_modes(|server| {
        let mut client = server.connect();
        let (id, keys) = make(&mut client, &json!({"fixture": "demo", "workspace": "ws_demo"}));
        let key = format!("x-api-key: {}", keys["konpro"].as_str().unwrap());
        let writes = AtomicUsize::new(0);
        let write = |client: &mut Client, number: usize| {
            let name = format!("{number}-{}.png", writes.fetch_add(1, SeqCst));
            let asset =
                json!({"assets": [{"name": name, "mime_type": "image/png", "created_at": "2027-01-01T00:00:00Z"}]});
            let added = client.steer("POST", &format!("workspaces/{id}/assets"), &asset.to_string());
            let konpro = added["assets"][0]["ids"]["konpro"].clone();
            let listed = client.ask("GET", "/konpro/v1/asset/list?limit=100", &[&key], "").json();
            let has = |listed: &Value| listed["assets"].as_array().unwrap().iter().any(|asset| asset["id"] == konpro);
            assert!(has(&listed), "{name} is not there");
            client.steer("DELETE", &format!("workspaces/{id}/assets/{}", konpro.as_str().unwrap()), "");
            let listed = client.ask("GET", "/konpro/v1/asset/list?limit=100", &[&key], "").json();
            assert!(!has(&listed), "{name} is still there");
        };
        beside(server, 4, write, || thread::sleep(RACE));
        assert!(writes.load(SeqCst) > 20, "{writes:?}");
    });
}

#[test]
fn a_reader_beside_resets_meets_one_of_the_two_states() {
    in_both_modes(|server| {
        let mut client = server.connect();
        let (id, keys) = make(&mut client, &json!({"fixture": "demo", "workspace": "ws_demo"}));
        let key = format!("Authorization: Bearer {}", keys["xqr"].as_str().unwrap());
        let count = |client: &mut Client| {
            let answer = client.ask("GET", "/xqr/api/v1/assets?limit=100&offset=200", &[&key], "");
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.json()["data"].as_array().unwrap().len()
        };
        let whole = count(&mut client);
        let states = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let read = |client: &mut Client, _| match count(client) {
            0 => drop(states[0].fetch_add(1, SeqCst)),
            all if all == whole => drop(states[1].fetch_add(1, SeqCst)),
            other => panic!("{other} assets of {whole}"),
        };
        beside(server, 3, read, || {
            let begun = Instant::now();
            while begun.elapsed() < RACE {
                client.steer("DELETE", &format!("workspaces/{id}/assets?all=true"), "");
                assert_eq!(count(&mut client), 0);
                client.steer("POST", &format!("workspaces/{id}/reset"), "{}");
                assert_eq!(count(&mut client), whole);
            }
        });
        assert!(states.iter().all(|met| met.load(SeqCst) > 0), "{states:?}");
    });
}

/// More than a slice holds, and more than fits into the buffers of a connection.
const MANY: usize = 20_000;

#[test]
fn an_export_that_is_read_slowly_is_of_one_state_and_keeps_nobody_waiting() {
    in_both_modes(|server| {
        let mut client = server.connect();
        let (id, _) = make(&mut client, &json!({"generate": {"count": MANY}}));
        // From here on nothing else shares what the workspace holds.
        client.steer(
            "POST",
            &format!("workspaces/{id}/assets"),
            &json!({"assets": [{"name": "before.png"}]}).to_string(),
        );
        let mut slow = server.connect();
        slow.send("GET", &format!("/_emulator/workspaces/{id}/fixture"), &[], "").unwrap();
        slow.wait_for_a_byte();
        let (_, took) = timed(|| {
            client.steer(
                "POST",
                &format!("workspaces/{id}/assets"),
                &json!({"assets": [{"name": "after.png"}]}).to_string(),
            );
            client.steer("DELETE", &format!("workspaces/{id}/assets?all=true"), "");
            client.steer("DELETE", &format!("workspaces/{id}"), "");
        });
        assert!(took < 10 * PAGE, "{took:?}");
        let exported = slow.receive().unwrap().json();
        let assets = exported["workspaces"][0]["assets"].as_array().unwrap();
        assert_eq!(assets.len(), MANY + 1);
        assert_eq!(assets[MANY]["name"], "before.png");
        let counts = client.steer("GET", "health", "")["counts"].clone();
        let listed = client.steer("GET", "workspaces", "")["workspaces"].clone();
        let total: i64 = listed.as_array().unwrap().iter().map(|one| one["assets"].as_i64().unwrap()).sum();
        assert_eq!(
            (counts["workspaces"].as_u64(), counts["assets"].as_i64()),
            (Some(listed.as_array().unwrap().len() as u64), Some(total))
        );
    });
}

#[test]
fn a_copy_of_a_large_workspace_and_its_original_never_see_each_others_changes() {
    in_both_modes(|server| {
        let mut client = server.connect();
        let (original, _) = make(&mut client, &json!({"generate": {"count": 3_000}}));
        let copies: Vec<_> = (0..4).map(|_| make(&mut client, &json!({"copy": original})).0).collect();
        // All make their first change at once, some several times at once: each copies what it shares.
        thread::scope(|scope| {
            for number in 0..8 {
                let (mut client, id) = (server.connect(), copies.iter().chain([&original]).nth(number % 5).unwrap());
                scope.spawn(move || {
                    let added = json!({"assets": [{"name": format!("{number}.png")}]}).to_string();
                    client.steer("POST", &format!("workspaces/{id}/assets"), &added);
                });
            }
        });
        for (place, id) in copies.iter().chain([&original]).enumerate() {
            let export = client.steer("GET", &format!("workspaces/{id}/fixture"), "");
            let assets = export["workspaces"][0]["assets"].as_array().unwrap();
            let own: Vec<_> =
                (0..8).filter(|number| number % 5 == place).map(|number| format!("{number}.png")).collect();
            let mut added: Vec<_> =
                assets[3_000..].iter().map(|asset| asset["name"].as_str().unwrap().to_owned()).collect();
            added.sort();
            assert_eq!(added, own, "{id}");
            let summary = client.steer("GET", &format!("workspaces/{id}"), "");
            assert_eq!(summary["assets"].as_u64(), Some(assets.len() as u64));
        }
    });
}

/// Waits until the library has as many rows in each table as before.
fn wait_for_rows(server: &Server, before: &[(&'static str, i64)]) {
    let begun = Instant::now();
    loop {
        let rows = block_on(server.app.store.rows()).unwrap();
        if rows == before {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{rows:?} are left, and there were {before:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A server whose library has seen its first change, and the rows it has.
fn server_and_rows() -> (Server, Vec<(&'static str, i64)>) {
    let server = Server::start("empty");
    server.call("POST", "/_emulator/workspaces", &json!({"id": "ws_small"}));
    server.call("DELETE", "/_emulator/workspaces/ws_small", &Value::Null);
    let rows = block_on(server.app.store.rows()).unwrap();
    (server, rows)
}

/// Rows that nothing refers to would stay for ever.
#[test]
fn what_nothing_refers_to_any_more_is_removed() {
    let (server, before) = server_and_rows();
    let call = |method: &str, path: &str, body: Value| {
        let answer = server.call(method, &format!("/_emulator/{path}"), &body);
        assert!(answer.status < 300, "{}", answer.text());
    };
    call("POST", "workspaces", json!({"id": "ws_big", "generate": {"count": 2_500}}));
    call("POST", "workspaces", json!({"id": "ws_copy", "copy": "ws_big"}));
    call("POST", "workspaces/ws_copy/assets", json!({"assets": [{"name": "a"}]}));
    call("DELETE", "workspaces/ws_big", Value::Null);
    call("DELETE", "workspaces/ws_copy", Value::Null);
    wait_for_rows(&server, &before);
}

#[test]
fn a_workspace_whose_client_leaves_while_it_is_made_leaves_nothing_behind() {
    let (server, before) = server_and_rows();
    let body = json!({"id": "ws_big", "generate": {"count": 1_000_000}}).to_string();
    let head =
        format!("POST /_emulator/workspaces HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut leaving = TcpStream::connect(server.address).unwrap();
    leaving.write_all((head + &body).as_bytes()).unwrap();
    let assets = || block_on(server.app.store.rows()).unwrap().iter().find(|(table, _)| *table == "asset").unwrap().1;
    let begun = Instant::now();
    while assets() < 3_000 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it is not made");
    }
    drop(leaving);
    wait_for_rows(&server, &before);
    assert_eq!(server.get("/_emulator/workspaces/ws_big", &[]).status, 404);
}

#[test]
fn an_export_whose_client_leaves_keeps_nothing() {
    let (server, before) = server_and_rows();
    server.call("POST", "/_emulator/workspaces", &json!({"id": "ws_big", "generate": {"count": MANY}}));
    let mut leaving = TcpStream::connect(server.address).unwrap();
    leaving.write_all(b"GET /_emulator/workspaces/ws_big/fixture HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(leaving.peek(&mut [0]).unwrap(), 1);
    server.call("DELETE", "/_emulator/workspaces/ws_big", &Value::Null);
    assert_ne!(block_on(server.app.store.rows()).unwrap(), before, "the export still needs it");
    drop(leaving);
    wait_for_rows(&server, &before);
}
