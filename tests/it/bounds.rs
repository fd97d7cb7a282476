//! No small input costs large work: folders of any shape, and bodies that are short and mean much.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dialects::pairs;
use crate::process::Running;
use crate::support::{NOON, Server};

/// What must be done long before a hang would be noticed; it took nine seconds before there was a bound.
const SOON: Duration = Duration::from_secs(4);

/// A workspace of folders, with an image in the last one.
fn folders(server: &Server, id: &str, folders: &[Value]) -> Value {
    let last = folders.last().unwrap()["id"].clone();
    let image = json!({"created_at": NOON, "name": "x.png", "mime_type": "image/png", "folder": last});
    let workspace = json!({"id": "ws_any", "folders": folders, "assets": [image]});
    server.call("POST", "/_emulator/workspaces", &json!({"id": id, "fixture": {"workspaces": [workspace]}})).json()
}

#[test]
fn ten_thousand_folders_in_a_trashed_one_are_found_at_once() {
    let server = Server::start("empty");
    let in_one = |number: usize| if number == 0 { Value::Null } else { json!("f0") };
    let in_the_one_before =
        |number: usize| number.checked_sub(1).map_or(Value::Null, |before| json!(format!("f{before}")));
    let shapes: [(&str, &dyn Fn(usize) -> Value); 2] = [("ws_wide", &in_one), ("ws_deep", &in_the_one_before)];
    for (id, parent) in shapes {
        let all: Vec<_> = (0..10_000)
            .map(|number| json!({"id": format!("f{number}"), "name": "n", "parent": parent(number), "trashed": number == 0}))
            .collect();
        let made = folders(&server, id, &all);
        let begun = Instant::now();
        let answer = server.list("konpro", made["keys"]["konpro"].as_str().unwrap(), "");
        assert_eq!((answer.status, answer.json()["assets"].clone()), (200, json!([])), "it is in the trash");
        assert!(begun.elapsed() < SOON, "{id}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_folder_in_itself_is_refused_wherever_it_is_made() {
    let server = Server::start("empty");
    let folder = |id: &str, parent: &str| json!({"id": id, "name": "n", "parent": parent});
    for (cycle, at) in [
        (vec![folder("a", "a")], 0),
        (vec![folder("a", "b"), folder("b", "a")], 1),
        (
            vec![
                json!({"id": "r", "name": "n"}),
                folder("a", "r"),
                folder("b", "c"),
                folder("c", "d"),
                folder("d", "b"),
            ],
            4,
        ),
    ] {
        let refused = folders(&server, "ws_a", &cycle);
        assert_eq!(refused["error"]["at"], format!("fixture.workspaces[0].folders[{at}].parent"), "{refused}");
    }
    folders(&server, "ws_a", &[json!({"id": "a", "name": "n"}), folder("b", "a")]);
    let put = |id: &str, parent: Value| {
        let target = format!("/_emulator/workspaces/ws_a/folders/{id}");
        server.call("PUT", &target, &json!({"name": "n", "parent": parent}))
    };
    let refused = put("a", json!("b"));
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("parent")), "{}", refused.text());
    assert_eq!(put("b", Value::Null).status, 200);
    assert_eq!(put("a", json!("b")).status, 200);
}

#[test]
fn more_assets_than_one_request_takes_are_refused() {
    let server = Server::start("empty");
    let post = |count: usize| {
        let body = format!(r#"{{"assets":[{}]}}"#, vec!["{}"; count].join(","));
        server.post("POST", "/_emulator/workspaces/ws_demo/assets", &[], &body)
    };
    assert_eq!(post(5_000).status, 201);
    let refused = post(5_001);
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("assets")), "{}", refused.text());
    assert!(refused.text().contains("more than 5000 assets"), "{}", refused.text());
    for (_, dialect) in pairs() {
        let rows = crate::import::rows(dialect.name);
        let body = format!(r#"{{"{rows}":[{}]}}"#, vec!["{}"; 5_001].join(","));
        let refused =
            server.post("POST", &format!("/_emulator/workspaces/ws_demo/import/{}", dialect.name), &[], &body);
        assert!(refused.status == 400 && refused.text().contains("more than 5000 assets"), "{}", refused.text());
    }
    let objects = vec!["{}"; 300_001].join(",");
    let body = format!(r#"{{"fixture":{{"workspaces":[{{"id":"ws_a","assets":[{objects}]}}]}}}}"#);
    let refused = server.post("POST", "/_emulator/workspaces", &[], &body);
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("fixture")), "{}", refused.text());
    assert!(refused.text().contains("300000 JSON objects"), "{}", refused.text());
    let users: Vec<_> = (0..20_001).map(|number| json!({"name": format!("u{number}")})).collect();
    let body = json!({"fixture": {"workspaces": [{"id": "ws_a", "users": users}]}});
    let refused = server.call("POST", "/_emulator/workspaces", &body);
    assert!(refused.status == 400 && refused.text().contains("20000 users"), "{}", refused.text());
}

/// 600 kB of empty assets took 667 MB.
#[test]
fn a_short_body_takes_little_memory() {
    let server = Running::start(&["--fixture", "empty", "--log-level", "error"]);
    let Some(before) = crate::crowd::memory(&server) else { return };
    let body = format!(r#"{{"assets":[{}]}}"#, vec!["{}"; 200_000].join(","));
    let answer = server.connect().ask("POST", "/_emulator/workspaces/ws_demo/assets", &[], &body);
    assert_eq!(answer.status, 400);
    let grown = crate::crowd::memory(&server).unwrap().saturating_sub(before);
    assert!(grown < 50 << 10, "{grown} KiB");
}

/// Reading or changing one asset by its id read the whole workspace.
#[test]
fn an_asset_is_found_by_its_id_without_reading_the_others() {
    let assets = |count| vec![json!({"name": "a.png", "mime_type": "image/png", "created_at": NOON}); count];
    let workspaces = json!([{"id": "ws_few", "assets": assets(100)}, {"id": "ws_many", "assets": assets(20_000)}]);
    let server = Server::start(&json!({ "workspaces": workspaces }).to_string());
    let workspaces = ["ws_few", "ws_many"].map(|workspace| {
        let assets = format!("/_emulator/workspaces/{workspace}/assets");
        let held = server.get(&format!("{assets}?limit=100"), &[]).json()["assets"].clone();
        (assets, held)
    });
    let mut took = [Duration::ZERO; 2];
    // In turns, so that whatever else the system does slows down both.
    for number in 0..100 {
        for ((assets, held), took) in workspaces.iter().zip(&mut took) {
            let ids = &held[number]["ids"];
            let begun = Instant::now();
            for id in ids.as_object().unwrap().values() {
                assert_eq!(server.get(&format!("{assets}/{}", id.as_str().unwrap()), &[]).json()["ids"], *ids);
            }
            *took += begun.elapsed();
        }
    }
    let [few, many] = took;
    assert!(many < 5 * few, "{many:?}, and {few:?} among few");
}

/// A slice of a thousand long assets took as much memory as all of them.
#[test]
fn long_assets_come_in_short_parts_and_none_is_left_out() {
    let server = Server::start("empty");
    let long = "d".repeat(100 << 10);
    let assets: Vec<_> = (0..100)
        .map(|number| json!({"name": format!("{number}.png"), "description": long, "created_at": NOON}))
        .collect();
    let fixture = json!({"workspaces": [{"id": "ws_any", "assets": assets}]});
    let made = server.call("POST", "/_emulator/workspaces", &json!({"id": "ws_long", "fixture": fixture}));
    assert_eq!(made.status, 201, "{}", made.text());
    let (mut names, mut after, mut parts) = (Vec::new(), String::new(), 0);
    loop {
        let part = server.get(&format!("/_emulator/workspaces/ws_long/assets?limit=1000{after}"), &[]);
        assert!(part.body.len() < 5 << 20, "{} bytes", part.body.len());
        let part = part.json();
        names.extend(part["assets"].as_array().unwrap().iter().map(|asset| asset["name"].as_str().unwrap().to_owned()));
        parts += 1;
        match part["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(names, (0..100).map(|number| format!("{number}.png")).collect::<Vec<_>>());
    assert_eq!(parts, 3);
    let exported = server.get("/_emulator/workspaces/ws_long/fixture", &[]).json();
    assert_eq!(exported["workspaces"][0]["assets"].as_array().unwrap().len(), 100);
}

#[test]
fn more_expectations_or_ids_than_one_request_takes_are_refused() {
    let server = Server::start("empty");
    let expectations = |count: usize| {
        let body = json!({"requests": vec![json!({"query": {"q": "1"}}); count]});
        server.call("POST", "/_emulator/journal/verify", &body)
    };
    assert_eq!(expectations(200).status, 200);
    let refused = expectations(201);
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("requests")), "{}", refused.text());
    let ids = vec!["a"; 1001].join(",");
    let refused = server.request("DELETE", &format!("/_emulator/workspaces/ws_demo/assets?ids={ids}"), &[]);
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("ids")), "{}", refused.text());
}
