//! What was acknowledged outlives the process, however that ends: a server over a file is killed in the middle of
//! writes, and of its first start, again and again.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use assetmock::random::Rng;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, Row};

use crate::process::{Client, Folder, Running, program};
use crate::support::block_on;

const FILES: u64 = 5;
const ROUNDS: u64 = 10;
const WRITERS: usize = 4;

/// What a writer's workspaces hold: descriptions of assets, by id.
type Library = BTreeMap<String, Assets>;
type Assets = BTreeMap<String, String>;

/// One change, which is done whole or not at all.
#[derive(Debug, Clone)]
enum Step {
    Make(String),
    Add(String, Vec<String>),
    Change(String, String, String),
    Remove(String, String),
    Reset(String),
    Drop(String),
}

impl Step {
    /// The request that asks for it: method, path below `/_emulator/workspaces`, body.
    fn request(&self) -> (&'static str, String, String) {
        match self {
            Step::Make(id) => ("POST", String::new(), json!({"id": id, "fixture": origin()}).to_string()),
            Step::Add(id, assets) => {
                let assets: Vec<_> = assets.iter().map(|asset| described(asset, "")).collect();
                ("POST", format!("/{id}/assets"), json!({ "assets": assets }).to_string())
            }
            Step::Change(id, asset, text) => {
                ("PATCH", format!("/{id}/assets/{asset}"), json!({ "description": text }).to_string())
            }
            Step::Remove(id, asset) => ("DELETE", format!("/{id}/assets/{asset}"), String::new()),
            Step::Reset(id) => ("POST", format!("/{id}/reset"), String::new()),
            Step::Drop(id) => ("DELETE", format!("/{id}"), String::new()),
        }
    }

    /// What it makes of a library.
    fn apply(&self, library: &mut Library) {
        let mut held = |id: &String| library.remove(id).unwrap_or_default();
        let (id, assets) = match self {
            Step::Drop(id) => return drop(held(id)),
            Step::Make(id) | Step::Reset(id) => (id, original()),
            Step::Add(id, new) => (id, held(id).into_iter().chain(new.iter().map(|id| plain(id))).collect()),
            Step::Change(id, asset, text) => {
                (id, held(id).into_iter().chain([(asset.clone(), text.clone())]).collect())
            }
            Step::Remove(id, asset) => (id, held(id).into_iter().filter(|(other, _)| other != asset).collect()),
        };
        library.insert(id.clone(), assets);
    }

    /// A change that makes sense for this library.
    fn next(rng: &Rng, writer: usize, library: &Library, place: &str) -> Step {
        let some = library.iter().nth(below(rng, library.len().max(1)));
        let Some((id, assets)) = some.filter(|_| library.len() > 5 || below(rng, 5) > 0) else {
            return Step::Make(format!("ws_w{writer}_{place}"));
        };
        let id = id.clone();
        let asset = assets.keys().nth(below(rng, assets.len().max(1)));
        match (below(rng, 10), asset) {
            (0, _) => Step::Drop(id),
            (1, _) => Step::Reset(id),
            (2..5, Some(asset)) => Step::Change(id, asset.clone(), format!("changed at {place}")),
            (5..7, Some(asset)) => Step::Remove(id, asset.clone()),
            // More than are stored with one statement, as a rule.
            _ => Step::Add(id, (0..=below(rng, 90)).map(|number| format!("asset_{place}_{number}")).collect()),
        }
    }
}

/// What every workspace is made from.
fn origin() -> Value {
    let assets: Vec<_> = original().iter().map(|(id, text)| described(id, text)).collect();
    json!({"workspaces": [{"id": "ws_origin", "assets": assets}]})
}

fn original() -> Assets {
    (0..3).map(|number| (format!("asset_{number}"), "of the beginning".to_owned())).collect()
}

fn described(id: &str, text: &str) -> Value {
    json!({"name": "a.png", "description": text, "mime_type": "image/png", "created_at": "2026-03-01T00:00:00Z",
           "ids": {"konpro": id}})
}

fn plain(id: &str) -> (String, String) {
    (id.to_owned(), String::new())
}

fn below(rng: &Rng, end: usize) -> usize {
    (rng.fraction() * end as f64) as usize
}

/// When the server is killed.
#[derive(Clone, Copy, PartialEq)]
enum Moment {
    /// A request was sent, and its answer was not read.
    Sent,
    /// An answer was read, while other requests are under way.
    Answered,
}

/// Counts down to the moment.
struct Fuse {
    moment: Moment,
    left: AtomicI64,
    now: Sender<()>,
}

impl Fuse {
    fn burn(&self, moment: Moment) {
        if moment == self.moment && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.now.send(()).unwrap();
        }
    }
}

/// Writes until the connection breaks; the step that was not acknowledged.
fn write_on(mut client: Client, library: &mut Library, fuse: &Fuse, mut next: impl FnMut(&Library) -> Step) -> Step {
    loop {
        let step = next(library);
        let (method, path, body) = step.request();
        if client.send(method, &format!("/_emulator/workspaces{path}"), &[], &body).is_err() {
            return step;
        }
        fuse.burn(Moment::Sent);
        match client.receive() {
            Ok(answer) => {
                assert!((200..300).contains(&answer.status), "{step:?}: {} {}", answer.status, answer.text());
                step.apply(library);
                fuse.burn(Moment::Answered);
            }
            Err(_) => return step,
        }
    }
}

/// What each writer's workspaces hold by the server's word.
fn read(server: &Running) -> Vec<Library> {
    let mut client = server.connect();
    let mut libraries = vec![Library::new(); WRITERS];
    for listed in client.steer("GET", "workspaces", "")["workspaces"].as_array().unwrap() {
        let id = listed["id"].as_str().unwrap();
        let Some(writer) = id.strip_prefix("ws_w").and_then(|rest| rest.split('_').next()) else { continue };
        let fixture = client.steer("GET", &format!("workspaces/{id}/fixture"), "");
        let assets = fixture["workspaces"][0]["assets"].as_array();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let assets = assets.into_iter().flatten().map(|it| (text(&it["ids"]["konpro"]), text(&it["description"])));
        libraries[writer.parse::<usize>().unwrap()].insert(id.to_owned(), assets.collect());
    }
    libraries
}

/// Lets SQLite itself look for damage.
fn assert_sound(file: &str) {
    block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true);
        let mut connection = options.connect().await.unwrap();
        let found = sqlx::query("PRAGMA integrity_check").fetch_all(&mut connection).await.unwrap();
        let found: Vec<String> = found.iter().map(|row| row.get(0)).collect();
        assert_eq!(found, ["ok"], "{file}");
        let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.unwrap();
        assert!(orphans.is_empty(), "{file}: {} rows refer to nothing", orphans.len());
        connection.close().await.unwrap();
    });
}

/// Kills the server once while all writers write, and gives the steps that were under way.
fn kill_once(server: Running, libraries: &mut [Library], rng: &Rng, place: &str) -> Vec<Step> {
    let (now, killed) = channel();
    let moment = if below(rng, 2) == 0 { Moment::Sent } else { Moment::Answered };
    let fuse = Fuse { moment, left: AtomicI64::new(1 + below(rng, 40) as i64), now };
    thread::scope(|scope| {
        let writers: Vec<_> = libraries
            .iter_mut()
            .enumerate()
            .map(|(writer, library)| {
                let (client, fuse, rng) = (server.connect(), &fuse, Rng::seeded(rng.next_u128() as u64));
                let mut count = 0;
                let next = move |library: &Library| {
                    count += 1;
                    Step::next(&rng, writer, library, &format!("{place}_{count}"))
                };
                scope.spawn(move || write_on(client, library, fuse, next))
            })
            .collect();
        // If every writer fails, nobody says when.
        killed.recv_timeout(Duration::from_secs(60)).unwrap();
        server.kill();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill_and_nothing_half() {
    let folder = Folder::new();
    for file in 0..FILES {
        let path = folder.file(&format!("{file}.sqlite"));
        let start = || Running::start(&["--database", &path, "--fixture", "empty"]);
        let rng = Rng::seeded(file);
        let mut libraries = vec![Library::new(); WRITERS];
        let mut server = start();
        for round in 0..ROUNDS {
            let under_way = kill_once(server, &mut libraries, &rng, &format!("{file}_{round}"));
            server = start();
            assert_sound(&path);
            for ((kept, known), step) in read(&server).into_iter().zip(&mut libraries).zip(under_way) {
                if kept != *known {
                    step.apply(known);
                }
                assert_eq!(kept, *known, "file {file}, round {round}: after {step:?} was under way");
            }
        }
        let exported = program().args(["export", "--database", &path]).output().unwrap();
        assert!(exported.status.success(), "{exported:?}");
    }
}

#[test]
fn a_first_start_that_was_killed_can_be_made_again() {
    const ASSETS: u64 = 1000;
    let folder = Folder::new();
    let fixture = folder.file("fixture.json");
    let made = program().args(["generate", "--count", &ASSETS.to_string(), "--output", &fixture]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    for pages in [0, 1, 2, 4, 6, 10, 12, 15, 18, 21, 24, 27, 30, 60, 120, 200] {
        let path = folder.file(&format!("{pages}.sqlite"));
        let options = ["serve", "--listen", "127.0.0.1:0", "--database", &path, "--fixture", &fixture];
        let mut child = program().args(options).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The file's size is the signal: it grows as the start goes on.
        while Path::new(&path).metadata().map_or(0, |file| file.len()) < pages * 4096 {
            assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let server = Running::start(&["--database", &path, "--fixture", &fixture]);
        assert_eq!(server.connect().steer("GET", "health", "")["counts"]["assets"], ASSETS, "killed at {pages} pages");
        assert_sound(&path);
    }
}
