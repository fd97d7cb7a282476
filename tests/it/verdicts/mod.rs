//! Verdicts that mean something: what nothing can match is refused, and faults that never applied are told.

mod faults;
mod questions;

use serde_json::{Value, json};

use crate::dialects::{self, Dialect};
use crate::process::Running;
use crate::support::{Answer, Server};
use crate::worlds::world;

fn start() -> Server {
    Server::start(&world())
}

fn post(server: &Server, path: &str, body: &Value) -> Answer {
    server.call("POST", &format!("/_emulator/{path}"), body)
}

/// Status, place and message of an error.
fn error(answer: &Answer) -> (u16, String, String) {
    let error = &answer.json()["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("at"), text("message"))
}

fn verify(server: &Server, expectations: Value) -> Value {
    let answer = post(server, "journal/verify", &expectations);
    assert_eq!(answer.status, 200, "{expectations}: {}", answer.text());
    answer.json()
}

/// A page of this provider's list, with this `X-Emulator-Fault`.
fn apply_fault(server: &Server, dialect: &Dialect, fault: &str) {
    server.get(&dialect.target(""), &[&dialect.auth(""), &format!("X-Emulator-Fault: {fault}")]);
}
