//! Many clients at once, against the program in a process of its own: two hundred workspaces that never see each other
//! and leave nothing behind, and a state that is put back while everybody reads.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use assetmock::providers;
use serde_json::{Value, json};

use crate::dialects::{self, Dialect};
use crate::process::{Client, Folder, Running};
use crate::support::{Answer, SetAtEnd};

const WORKSPACES: usize = 200;
const CLIENTS: usize = 32;

/// Lets every client do its share of the workspaces, by number, and waits for them all.
fn everybody(server: &Running, work: impl Fn(&mut Client, usize) + Sync) {
    thread::scope(|scope| {
        for first in 0..CLIENTS {
            let (mut client, work) = (server.connect(), &work);
            scope.spawn(move || (first..WORKSPACES).step_by(CLIENTS).for_each(|number| work(&mut client, number)));
        }
    });
}

fn id(number: usize) -> String {
    format!("ws_crowd_{number}")
}

/// An image of this workspace, at this place in time.
fn picture(number: usize, place: usize) -> Value {
    let created = format!("2026-03-01T10:{:02}:{:02}Z", place / 60, place % 60);
    json!({"name": format!("{number}-{place}.png"), "mime_type": "image/png", "created_at": created})
}

/// Makes a workspace in one of four ways and fills it with images of its own.
fn make(client: &mut Client, number: usize) {
    let pictures: Vec<_> = (0..1 + number % 24).map(|place| picture(number, place)).collect();
    let fixture = json!({"workspaces": [{"id": "ws_any", "assets": pictures}]});
    let (origin, rest) = match number % 4 {
        0 => (json!({ "fixture": fixture }), false),
        1 => (json!({"fixture": "empty"}), true),
        2 => (json!({"generate": {"count": 50, "seed": number}}), true),
        _ => (json!({"copy": "ws_demo"}), true),
    };
    let mut wanted = origin;
    wanted["id"] = json!(id(number));
    client.steer("POST", "workspaces", &wanted.to_string());
    if rest {
        client.steer("DELETE", &format!("workspaces/{}/assets?all=true", id(number)), "");
        client.steer("POST", &format!("workspaces/{}/assets", id(number)), &json!({ "assets": pictures }).to_string());
    }
}

/// What a workspace is by the emulator's own word: its keys, and the assets that it holds.
struct TestWorkspace {
    keys: Value,
    assets: Vec<Value>,
}

impl TestWorkspace {
    fn of(client: &mut Client, number: usize) -> TestWorkspace {
        let keys = client.steer("GET", &format!("workspaces/{}", id(number)), "")["keys"].clone();
        let held = client.steer("GET", &format!("workspaces/{}/assets?limit=1000", id(number)), "");
        let assets = held["assets"].as_array().unwrap().clone();
        let own = |asset: &&Value| asset["name"].as_str().unwrap().starts_with(&format!("{number}-"));
        assert_eq!(assets.iter().filter(own).count(), assets.len(), "{} holds foreign assets", id(number));
        TestWorkspace { keys, assets }
    }

    /// The ids of its assets at a provider.
    fn ids(&self, provider: &str) -> BTreeSet<&str> {
        self.assets.iter().map(|asset| asset["ids"][provider].as_str().unwrap()).collect()
    }

    fn list(&self, client: &mut Client, dialect: &Dialect, query: &str) -> Answer {
        let carrier = &providers::named(dialect.name).unwrap().card().auth.carrier;
        list(client, dialect, &carrier.line(self.keys[dialect.name].as_str().unwrap()), query)
    }
}

fn list(client: &mut Client, dialect: &Dialect, key: &str, query: &str) -> Answer {
    client.ask("GET", &dialect.target(query), &[key], "")
}

/// Walks a workspace at all five providers: each shows exactly what it holds.
fn walk(client: &mut Client, number: usize) {
    let own = TestWorkspace::of(client, number);
    let client = RefCell::new(client);
    for dialect in dialects::ALL {
        let seen = dialect.walk(|query| own.list(&mut client.borrow_mut(), dialect, query), 15, "");
        assert_eq!(seen.len(), own.assets.len(), "{} of {}", dialect.name, id(number));
        assert_eq!(seen.iter().map(|id| &**id).collect::<BTreeSet<_>>(), own.ids(dialect.name), "{}", id(number));
    }
}

/// Changes whatever a workspace has of its own: an asset, a key, the clock, a fault.
fn change(client: &mut Client, number: usize) {
    let within = format!("workspaces/{}", id(number));
    let own = TestWorkspace::of(client, number);
    let first = own.ids("flora").pop_first().unwrap();
    client.steer("PATCH", &format!("{within}/assets/{first}"), &json!({"tags": ["model"]}).to_string());
    client.steer("POST", &format!("{within}/assets"), &json!({"assets": [picture(number, 3000)]}).to_string());
    client.steer("POST", &format!("{within}/keys"), &json!({"provider": "konpro"}).to_string());
    client.steer("POST", &format!("{within}/clock"), &json!({"step_seconds": number, "frozen": true}).to_string());
    let rule = json!({"match": {"workspace": id(number)}, "effect": {"raw": {"status": 418, "body": id(number)}},
                      "trigger": {"next": 1}});
    client.steer("POST", "faults", &rule.to_string());
}

/// The fault of a workspace applies there, once, and nowhere else.
fn apply_fault_once(client: &mut Client, number: usize) {
    let (own, dialect) = (TestWorkspace::of(client, number), &dialects::ALL[number % 5]);
    let answer = own.list(client, dialect, "");
    assert_eq!((answer.status, answer.text()), (418, &*id(number)));
    assert_eq!(own.list(client, dialect, "").status, 200);
}

fn remove(client: &mut Client, number: usize) {
    let own = TestWorkspace::of(client, number);
    client.steer("DELETE", &format!("workspaces/{}", id(number)), "");
    for dialect in dialects::ALL {
        assert_eq!(own.list(client, dialect, "").status, 401, "{}: the key still opens something", dialect.name);
    }
}

/// All of it once, for two hundred workspaces.
fn round(server: &Running) {
    everybody(server, make);
    everybody(server, walk);
    everybody(server, change);
    everybody(server, |client, number| {
        apply_fault_once(client, number);
        walk(client, number);
    });
    everybody(server, remove);
    // Requests with keys that nobody has belong to no workspace.
    server.connect().steer("DELETE", "journal", "");
}

/// What can be seen of the emulator's state from outside.
fn seen(server: &Running) -> Value {
    let mut client = server.connect();
    let health = client.steer("GET", "health", "");
    json!([
        health["counts"],
        client.steer("GET", "workspaces", ""),
        client.steer("GET", "faults", ""),
        client.steer("GET", "snapshots", ""),
        client.steer("GET", "journal", "")["entries"],
        client.steer("GET", "clock", "")["state"],
    ])
}

#[test]
fn two_hundred_workspaces_of_32_clients_never_meet_and_leave_nothing() {
    let server = Running::start(&[]);
    let before = seen(&server);
    round(&server);
    assert_eq!(seen(&server), before);
    let settled = memory(&server);
    round(&server);
    assert_eq!(seen(&server), before);
    let again = memory(&server);
    if let (Some(settled), Some(again)) = (settled, again) {
        assert!(again <= settled + MARGIN, "{settled} KiB after one round, {again} KiB after another");
    }
}

/// How much the memory may differ from one round to the next, in KiB: allocators keep what threads gave back here and
/// there. Two hundred workspaces that leave but 20 KiB each are found.
const MARGIN: u64 = 4096;

/// The resident size of the server's process in KiB. Only Linux tells it to everyone without a library or a program;
/// the memory is the same code's elsewhere.
pub fn memory(server: &Running) -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    Some(size.trim().trim_end_matches(" kB").parse().unwrap())
}

/// How many pages of ten a state has.
const PAGES: usize = 4;

/// Forty images that only this user sees where assets are private, and a key of each provider that acts as this user.
fn state(user: &str) -> Value {
    let keys: Vec<_> =
        dialects::ALL.iter().map(|it| json!({"provider": it.name, "key": it.key, "limits": "off"})).collect();
    let assets: Vec<_> = (0..PAGES * 10).map(|place| picture(0, place)).collect();
    let assets: Vec<_> = assets
        .into_iter()
        .map(|mut asset| {
            asset["name"] = json!(format!("{user} {}", asset["name"]));
            asset["visibility"] = json!("private");
            asset
        })
        .collect();
    json!({"workspaces": [{"id": "ws_state", "users": [{"name": user}], "keys": keys, "assets": assets}]})
}

/// A page without what differs from one request to the next by design: what xQR says of the request itself.
fn lasting(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().split(r#","meta":{"request_id""#).next().unwrap()
}

/// The queries of a walk, by what the provider itself says comes next.
fn pages(client: &mut Client, dialect: &Dialect) -> Vec<(String, String)> {
    let (mut query, mut pages) = (format!("{}=10", dialect.size), Vec::new());
    while pages.len() < PAGES {
        let answer = list(client, dialect, &dialect.auth(""), &query);
        pages.push((query, lasting(&answer).to_owned()));
        let next = (dialect.next)(&answer.json(), pages.len() * 10, 10).unwrap_or_default();
        query = format!("{}=10&{next}", dialect.size);
    }
    pages
}

#[test]
fn a_snapshot_restored_under_load_is_never_seen_half() {
    const RESTORED: usize = 150;
    let folder = Folder::new();
    let (database, fixture) = (folder.file("a.sqlite"), folder.write("a.json", state("ada").to_string()));
    // A frozen clock: times are part of some cursors and of xQR's limits.
    let options = ["--database", &*database, "--fixture", &fixture, "--clock", "2026-03-21T12:00:00Z"];
    let server = Running::start(&options);
    let mut client = server.connect();
    let mut known = Vec::new();
    for user in ["ada", "grace"] {
        client.steer("DELETE", "workspaces/ws_state", "");
        client.steer("POST", "workspaces", &json!({"id": "ws_state", "fixture": state(user)}).to_string());
        client.steer("PUT", &format!("snapshots/{user}"), "");
        known.push(dialects::ALL.iter().map(|dialect| pages(&mut client, dialect)).collect::<Vec<_>>());
    }
    let [ada, grace] = &known[..] else { unreachable!() };
    let over = AtomicBool::new(false);
    let met = thread::scope(|scope| {
        let readers = (0..10).map(|reader| {
            let (mut client, over, place) = (server.connect(), &over, reader % 5);
            scope.spawn(move || {
                let dialect = &dialects::ALL[place];
                let mut met = BTreeSet::new();
                while !over.load(Ordering::Relaxed) {
                    for page in 0..PAGES {
                        for wanted in [ada, grace] {
                            let answer = list(&mut client, dialect, &dialect.auth(""), &wanted[place][page].0);
                            let whose = [ada, grace]
                                .map(|state| state[place].iter().any(|(_, known)| known == lasting(&answer)));
                            assert!(whose[0] != whose[1], "{}: half a state: {}", dialect.name, answer.text());
                            met.insert(whose[0]);
                        }
                    }
                }
                met.len()
            })
        });
        let end = SetAtEnd(&over);
        let readers: Vec<_> = readers.collect();
        for number in 0..RESTORED {
            client.steer("POST", &format!("snapshots/{}/restore", ["ada", "grace"][number % 2]), "");
        }
        drop(end);
        readers.into_iter().map(|reader| reader.join().unwrap()).sum::<usize>()
    });
    assert!(met > 10, "the readers met one state only");
}
