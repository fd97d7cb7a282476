//! Nobody waits for anybody: readers beside writers, with and without a file. A wait without end is meant, or until the
//! end of a long change; how many milliseconds an answer takes is for the benchmarks to say.

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
use crate::support::{Server, block_on};

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
                let _end = End(over);
                while !over.load(SeqCst) {
                    work(&mut client, number);
                }
            });
        }
        let _end = End(&over);
        meanwhile(&over)
    })
}

/// Lets the others end, whatever becomes of the one.
struct End<'o>(&'o AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
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
