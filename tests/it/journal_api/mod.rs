//! The journal through its routes, over real sockets and for every provider: what a test finds there, and when.

mod entries;
mod options;
mod reading;
mod recording;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Output;
use std::thread;
use std::time::Duration;

use assetmock::contract::provider::{Card, Provider};
use assetmock::contract::query::Unknown;
use assetmock::emulator::journal::{EntryView, Filter, Har};
use assetmock::emulator::redaction::in_ascii;
use serde_json::{Value, json};

use crate::dialects::{self, Dialect, pairs};
use crate::process::Running;
use crate::support::{Answer, Server};
use crate::worlds::world;

/// The kilobytes of a body that the journal keeps.
const KEPT: usize = 64 * 1024;

fn start() -> Server {
    Server::start(&world())
}

/// Asks the emulator's own API, which must be pleased.
fn steer(server: &Server, method: &str, path: &str, body: Value) -> Value {
    let answer = server.call(method, &format!("/_emulator{path}"), &body);
    assert!((200..300).contains(&answer.status), "{method} {path} {body}: {} {}", answer.status, answer.text());
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

fn entries(server: &Server, query: &str) -> Vec<Value> {
    steer(server, "GET", &format!("/journal?{query}"), Value::Null)["entries"].as_array().unwrap().clone()
}

/// The entry of the request that was answered last.
fn last(server: &Server) -> Value {
    entries(server, "limit=1").pop().expect("the journal has an entry")
}

/// The list route, with the key of this ending.
fn get(server: &Server, dialect: &Dialect, ending: &str, query: &str) -> Answer {
    server.get(&dialect.target(query), &[&dialect.auth(ending)])
}

/// The key in a journal: of the test keys, all that is shown is an end of those that are long enough.
fn is_masked(shown: &Value, key: &str) -> bool {
    shown.as_str().is_some_and(|shown| shown.contains('…') && !shown.contains(key))
}
