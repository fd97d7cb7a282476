//! TLS and tunnels on the one port.

mod authority;
pub mod client;
mod handshakes;
mod tunnels;

use std::time::{Duration, Instant};

use assetmock::emulator::app::App;
use serde_json::{Value, json};

use crate::dialects::pairs;
use crate::support::{NOON, Server, app, block_on};
use crate::worlds::world;

/// A server of the world of these tests, changed like this.
fn start(change: impl FnOnce(App) -> App) -> Server {
    block_on(async { Server::serve(change(app(&world(), NOON).await)).await })
}

/// The first journal entry with this method, once it is there.
fn noted(server: &Server, method: &str) -> Value {
    let search = json!({"filter": {"method": method}, "wait_ms": 20_000});
    let found = server.call("POST", "/_emulator/journal/search", &search).json();
    assert_eq!(found["entries"].as_array().map(Vec::len), Some(1), "{found}");
    found["entries"][0].clone()
}

/// Everybody else is answered as ever.
fn is_served(server: &Server) {
    for (_, dialect) in pairs() {
        let answer = server.get(&dialect.target(""), &[&dialect.auth("_off")]);
        assert!(answer.status == 200 && dialect.is_page(answer.text()), "{}: {}", dialect.name, answer.text());
    }
}

/// Waits until something holds.
fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
