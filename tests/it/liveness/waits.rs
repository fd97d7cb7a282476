//! Nobody waits for anybody.

use super::*;

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
