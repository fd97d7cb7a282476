//! Nobody waits for anybody: readers beside writers, with and without a file. The limits asserted here are four times
//! what the benchmarks ask for, since a wait without end is meant, not a time, and longer on a machine that is busy.

mod leftovers;
mod waits;

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dialects::pairs;
use crate::process::{Client, Folder, Running};
use crate::support::{Server, SetAtEnd, block_on};

/// The longest that a page may take beside a writer.
const PAGE: Duration = Duration::from_millis(4 * 250);

/// The longest that the first request of a fresh workspace may take at the 99th percentile.
const FRESH: Duration = Duration::from_millis(4 * 100);

/// How many times as long as without writers both may take, where that is longer.
const BUSY: u32 = 20;

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

/// A page of FLORA's that nobody has asked for before.
fn new_page(client: &mut Client, keys: &Value, number: usize) -> Value {
    let key = format!("Authorization: Bearer {}", keys["flora"].as_str().unwrap());
    let answer = client.ask("GET", &format!("/flora/api/v1/assets?limit=20&query=z{number}"), &[&key], "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// What `work` measures in so many runs, the longest first.
fn longest_first(runs: usize, work: impl FnMut(usize) -> Duration) -> Vec<Duration> {
    let mut taken: Vec<_> = (0..runs).map(work).collect();
    taken.sort_unstable_by(|one, other| other.cmp(one));
    taken
}

/// How long a page takes that nobody has asked for before.
fn time_of_page(client: &mut Client, keys: &Value, number: usize) -> Duration {
    let begun = Instant::now();
    new_page(client, keys, number);
    begun.elapsed()
}

/// Runs `work` again and again in threads of their own until `meanwhile` is done, which is told when one of them failed.
fn beside<T>(
    server: &Running,
    count: usize,
    work: impl Fn(&mut Client, usize) + Sync,
    meanwhile: impl FnOnce(&AtomicBool) -> T,
) -> T {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..count {
            let (mut client, over, work) = (server.connect(), &over, &work);
            scope.spawn(move || {
                let _end = SetAtEnd(over);
                while !over.load(SeqCst) {
                    work(&mut client, number);
                }
            });
        }
        let _end = SetAtEnd(&over);
        meanwhile(&over)
    })
}

/// Waits until something holds, or the others have ended.
fn wait_until(over: &AtomicBool, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() && !over.load(SeqCst) {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not come about");
        thread::sleep(Duration::from_millis(1));
    }
}

/// More than a slice holds, and more than fits into the buffers of a connection.
const MANY: usize = 20_000;
