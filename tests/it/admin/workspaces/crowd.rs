//! Many at once, and a second run.

use super::*;
use crate::process::Folder;

#[test]
fn forty_workspaces_at_once_never_see_each_other() {
    let server = Server::start("demo");
    let demo = Room::known(&server, "ws_demo").listed(&server);
    let shown = Regex::new("\"w[0-9]+-").unwrap();
    let work = |number: usize| {
        let room = Room::make(&server, json!({"fixture": images(3)}));
        let names: Vec<_> = (0..number % 5 + 1).map(|index| format!("w{number}-{index}.png")).collect();
        room.add(&server, &names.iter().map(|name| &**name).collect::<Vec<_>>());
        let oldest = done(&server, &room.at("GET", "/assets?limit=1"), Value::Null);
        let oldest = oldest["assets"][0]["ids"]["xqr"].as_str().unwrap().to_owned();
        done(&server, &room.at("DELETE", &format!("/assets/{oldest}")), Value::Null);
        done(
            &server,
            &room.at("POST", "/clock"),
            json!({"set": format!("2030-01-01T00:00:{number:02}Z"), "frozen": true}),
        );
        assert_eq!(room.holds(&server), 2 + names.len());
        for (dialect, page) in dialects::ALL.iter().zip(room.pages(&server)) {
            let text = page.text();
            assert!(names.iter().all(|name| text.contains(&format!("\"{name}\""))), "{}: {text}", dialect.name);
            let own = text.matches(&format!("\"w{number}-")).count();
            assert_eq!((own, shown.find_iter(text).count()), (names.len(), names.len()), "{}: {text}", dialect.name);
            assert_eq!(page.header("date"), Some(&*format!("Tue, 01 Jan 2030 00:00:{number:02} GMT")));
        }
        if number.is_multiple_of(2) {
            done(&server, &room.at("DELETE", ""), Value::Null);
            assert!(room.is_locked(&server));
        } else {
            done(&server, &room.at("POST", "/reset"), Value::Null);
            assert_eq!(room.holds(&server), 3);
        }
    };
    thread::scope(|scope| (0..40).for_each(|number| drop(scope.spawn(move || work(number)))));
    assert_eq!(workspaces(&server).len(), 1 + 20);
    assert_eq!(Room::known(&server, "ws_demo").listed(&server), demo);
}

/// Between the look-up of a key and the listing the workspace may go; that is no reason to show an empty page.
#[test]
fn whoever_reads_while_a_workspace_is_removed_sees_all_of_it_or_none() {
    let server = Server::start("empty");
    let keys: Vec<Value> =
        dialects::ALL.iter().map(|dialect| json!({"provider": dialect.name, "key": dialect.key})).collect();
    let mut fixture = images(3);
    fixture["workspaces"][0]["keys"] = json!(keys);
    let wanted = json!({"id": "ws_fleeting", "fixture": fixture});
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for dialect in dialects::ALL {
            let (server, over) = (&server, &over);
            scope.spawn(move || {
                while !over.load(Relaxed) {
                    let answer = server.list(dialect.name, dialect.key, "");
                    match answer.status {
                        200 => assert_eq!(dialect.ids(&answer).len(), 3, "{}: {}", dialect.name, answer.text()),
                        status => assert_eq!(status, 401, "{}: {}", dialect.name, answer.text()),
                    }
                }
            });
        }
        scope.spawn(|| {
            while !over.load(Relaxed) {
                // It breaks off, and is no JSON, if one of them is gone when its turn comes.
                let listed = done(&server, "GET /workspaces", Value::Null);
                let listed = listed["workspaces"].as_array().unwrap();
                assert!(listed.iter().all(|one| one["listed"]["xqr"] == 3 || one["id"] != "ws_fleeting"), "{listed:?}");
            }
        });
        let made = (0..60).map(|_| {
            let made = crate::admin::asked(&server, "POST /workspaces", &wanted).status;
            (made, crate::admin::asked(&server, "DELETE /workspaces/ws_fleeting", &Value::Null).status)
        });
        let made: Vec<_> = made.collect();
        over.store(true, Relaxed);
        assert!(made.iter().all(|statuses| *statuses == (201, 204)), "{made:?}");
    });
}

/// A reset that took everything away before it put back what was there would show fewer, or none, in between.
#[test]
fn whoever_reads_while_a_workspace_is_reset_sees_what_was_or_what_is() {
    let server = Server::start("empty");
    let room = Room::make(&server, json!({"fixture": images(5)}));
    let whole = room.listed(&server);
    let less = room.at("DELETE", &format!("/assets?ids={}", whole[0][2]));
    done(&server, &less, Value::Null);
    let states = [whole, room.listed(&server)];
    assert_eq!([states[0][0].len(), states[1][0].len()], [5, 4]);
    let reset = room.at("POST", "/reset");
    let over = AtomicBool::new(false);
    let shown = |index: usize| {
        let dialect = &dialects::ALL[index];
        dialect.ids(&server.list(dialect.name, &room.keys[dialect.name], ""))
    };
    thread::scope(|scope| {
        for index in 0..dialects::ALL.len() {
            let (shown, states, over) = (&shown, &states, &over);
            scope.spawn(move || {
                while !over.load(Relaxed) {
                    let ids = shown(index);
                    assert!(states.iter().any(|state| state[index] == ids), "{}: {ids:?}", &dialects::ALL[index].name);
                }
            });
        }
        let mut wrong = Vec::new();
        for _ in 0..60 {
            for (request, state) in [(&reset, &states[0]), (&less, &states[1])] {
                let answer = crate::admin::asked(&server, request, &Value::Null);
                let now = shown(0);
                if !(200..300).contains(&answer.status) || now != state[0] {
                    wrong.push((request, answer.status, now));
                }
            }
        }
        over.store(true, Relaxed);
        assert!(wrong.is_empty(), "{wrong:?}");
    });
}

/// Under a seed a second run makes the same things up as the first, which are in the file already.
#[test]
fn a_second_run_over_a_file_makes_up_what_the_first_did_not() {
    let folder = Folder::new();
    let start = || {
        block_on(async {
            let clock = Clock::frozen(at(NOON));
            let store =
                Store::open(&DatabaseLocation::File(folder.file("library.db").into()), providers::ids()).await.unwrap();
            if !store.is_loaded().await.unwrap() {
                load_fixtures::load(&store, load_fixtures::read(&["empty".to_owned()]).unwrap(), clock.now())
                    .await
                    .unwrap();
            }
            Server::serve(App::new(store, clock, Some(7))).await
        })
    };
    let server = start();
    let first = Room::make(&server, json!({"fixture": images(2)}));
    first.add(&server, &["a.png", "b.png"]);
    let listed = first.listed(&server);
    block_on(server.app.store.close());
    let server = start();
    assert_eq!(first.listed(&server), listed);
    let second = Room::make(&server, json!({"fixture": images(2)}));
    assert!(second.id != first.id && second.keys.iter().all(|(provider, key)| first.keys[provider] != *key));
    let key = done(&server, &first.at("POST", "/keys"), json!({"provider": "xqr"}));
    assert!(key["key"] != json!(first.keys["xqr"]) && key["key"] != json!(second.keys["xqr"]));
    let added = done(&server, &first.at("POST", "/assets"), json!({"assets": [image("c.png"), image("d.png")]}));
    assert_eq!((added["assets"].as_array().unwrap().len(), first.holds(&server)), (2, 6));
    // The start of this run is what the first one left, and that is what a reset goes back to.
    done(&server, "POST /reset", Value::Null);
    assert_eq!((first.listed(&server), second.is_locked(&server)), (listed, true));
    block_on(server.app.store.close());
}
