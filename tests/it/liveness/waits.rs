//! Nobody waits for anybody.

use assetmock::clock::Clock;
use assetmock::emulator::app::App;
use assetmock::emulator::load_fixtures;
use assetmock::library::store::{DatabaseLocation, Store};
use assetmock::library::uploads::UploadSettings;
use assetmock::providers;
use tokio::sync::oneshot;

use super::*;
use crate::support::{NOON, at};

/// A file has the state before a change for those who read meanwhile. Without one they wait for a slice of it.
#[test]
fn over_a_file_only_changes_wait_for_one_that_is_not_committed() {
    let folder = Folder::new();
    let server = block_on(async {
        let place = DatabaseLocation::File(folder.file("library.sqlite").into());
        let store = Store::open(&place, providers::ids()).await.unwrap();
        let clock = Clock::frozen(at(NOON));
        let fixtures = load_fixtures::read(&["demo".to_owned()]).unwrap();
        load_fixtures::load(&store, fixtures, clock.now()).await.unwrap();
        Server::serve(App::new(store, clock, Some(7))).await
    });
    let make =
        || server.call("POST", "/_emulator/workspaces", &json!({"fixture": "demo", "workspace": "ws_demo"})).json();
    let page = |made: &Value, number: usize| {
        let key = made["keys"]["flora"].as_str().unwrap();
        server.list("flora", key, &format!("limit=20&query=z{number}")).status
    };
    let used = make();
    assert_eq!(page(&used, 0), 200);
    let fresh = make();
    // The change ends when this does.
    let (changing, changed) = oneshot::channel::<()>();
    block_on(async {
        let mut change = server.app.store.write(providers::names()).await.unwrap();
        change.set_uploads(used["id"].as_str().unwrap(), &UploadSettings::default()).await.unwrap();
        tokio::spawn(async move {
            let _ = changed.await;
            drop(change);
        });
    });
    assert_eq!([page(&used, 1), page(&fresh, 0)], [200; 2]);
    assert_eq!(server.get("/_emulator/health", &[]).status, 200);
    drop(changing);
    make();
    block_on(server.app.store.close());
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
        let alone = longest_first(50, |number| time_of_page(&mut client, &keys, number));
        beside(server, 1, write, |over| {
            let taken = longest_first(50, |number| time_of_page(&mut client, &keys, 50 + number));
            assert!(taken[0] < PAGE.max(BUSY * alone[0]), "{taken:?} beside a writer, {alone:?} without");
            wait_until(over, || writes.load(SeqCst) > 10);
        });
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
        let first = |client: &mut Client| {
            longest_first(100, |_| {
                let (_, keys) = make(client, &json!({}));
                time_of_page(client, &keys, 0)
            })
        };
        let alone = first(&mut client);
        beside(server, 16, write, |_| {
            let taken = first(&mut client);
            assert!(taken[1] < FRESH.max(BUSY * alone[1]), "{taken:?} beside writers, {alone:?} without");
        });
    });
}

/// Does `work` to what `prepare` makes, again and again until a whole round of the others is within it. If they waited
/// for its end, none would be.
fn during_rounds(
    client: &mut Client,
    (rounds, over): (&AtomicUsize, &AtomicBool),
    prepare: impl Fn(&mut Client, usize),
    work: impl Fn(&mut Client, usize),
) {
    let begun = Instant::now();
    for number in 0.. {
        prepare(client, number);
        let before = rounds.load(SeqCst);
        work(client, number);
        // The first of two that end meanwhile may have begun before.
        if rounds.load(SeqCst) >= before + 2 || over.load(SeqCst) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "others wait for the end of a long change or export");
    }
}

#[test]
fn nobody_waits_while_a_large_workspace_is_made_changed_exported_and_removed() {
    in_both_modes(|server| {
        let mut client = server.connect();
        let (_, keys) = make(&mut client, &json!({"fixture": "demo", "workspace": "ws_demo"}));
        let rounds = AtomicUsize::new(0);
        let round = |client: &mut Client, _| {
            assert_eq!(client.steer("GET", "health", "")["status"], "ready");
            new_page(client, &keys, rounds.load(SeqCst));
            let (made, _) = make(client, &json!({}));
            client.steer("DELETE", &format!("workspaces/{made}"), "");
            rounds.fetch_add(1, SeqCst);
        };
        beside(server, 1, round, |over| {
            let nothing = |_: &mut Client, _| {};
            during_rounds(&mut client, (&rounds, over), nothing, |client, number| {
                let generate = json!({"count": MANY, "seed": number});
                make(client, &json!({"id": format!("ws_big{number}"), "generate": generate}));
            });
            // The copy shares what it holds until the first change.
            let copy = |client: &mut Client, number| {
                make(client, &json!({"id": format!("ws_copy{number}"), "copy": "ws_big0"}));
            };
            during_rounds(&mut client, (&rounds, over), copy, |client, number| {
                let added = json!({"assets": [{"name": "a"}]}).to_string();
                client.steer("POST", &format!("workspaces/ws_copy{number}/assets"), &added);
            });
            during_rounds(&mut client, (&rounds, over), nothing, |client, _| {
                assert_eq!(client.ask("GET", "/_emulator/workspaces/ws_copy0/fixture", &[], "").status, 200);
            });
            client.steer("POST", "workspaces/ws_big0/reset", "{}");
            client.steer("DELETE", "workspaces/ws_copy0/assets?all=true", "");
            client.steer("DELETE", "workspaces/ws_big0", "");
        });
    });
}

#[test]
fn a_revoked_key_is_refused_from_the_moment_that_the_revocation_is_acknowledged() {
    in_both_modes(|server| {
        let mut client = server.connect();
        let (id, _) = make(&mut client, &json!({"fixture": "demo", "workspace": "ws_demo"}));
        let begun = Instant::now();
        loop {
            for (provider, _) in pairs() {
                let card = provider.card();
                let made =
                    client.steer("POST", &format!("workspaces/{id}/keys"), &json!({"provider": card.name}).to_string());
                let key = made["key"].as_str().unwrap().to_owned();
                let target = format!("/{}{}", card.name, card.list());
                let line = card.auth.carrier.line(&key);
                let revoked = AtomicBool::new(false);
                let (answered, refused) = (AtomicBool::new(false), AtomicBool::new(false));
                let ask = |client: &mut Client, _| {
                    let before = revoked.load(SeqCst);
                    match client.ask("GET", &target, &[&line], "").status {
                        200 if !before => answered.store(true, SeqCst),
                        401 => refused.store(true, SeqCst),
                        status => panic!("{}: {status}", card.name),
                    }
                };
                beside(server, 3, ask, |over| {
                    wait_until(over, || answered.load(SeqCst));
                    let path = format!("workspaces/{id}/keys/{key}");
                    client.steer("PATCH", &path, &json!({"revoked": true}).to_string());
                    revoked.store(true, SeqCst);
                    let status = client.ask("GET", &target, &[&line], "").status;
                    assert_eq!(status, 401, "{}", card.name);
                    wait_until(over, || refused.load(SeqCst));
                });
            }
            if begun.elapsed() >= RACE {
                break;
            }
        }
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
        let begun = Instant::now();
        beside(server, 4, write, |over| {
            wait_until(over, || begun.elapsed() >= RACE && writes.load(SeqCst) > 20);
        });
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
        beside(server, 3, read, |_| {
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
        // Each would wait without end for the export, of which nothing is read meanwhile.
        client.steer(
            "POST",
            &format!("workspaces/{id}/assets"),
            &json!({"assets": [{"name": "after.png"}]}).to_string(),
        );
        client.steer("DELETE", &format!("workspaces/{id}/assets?all=true"), "");
        client.steer("DELETE", &format!("workspaces/{id}"), "");
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
