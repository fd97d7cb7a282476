//! Workspaces: one a test, made from anything, gone without a trace, and never seen by another.

mod crowd;
mod life;
mod make;
mod uploads;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use assetmock::clock::Clock;
use assetmock::emulator::app::App;
use assetmock::emulator::load_fixtures;
use assetmock::library::store::{DatabaseLocation, Store};
use assetmock::providers;
use regex::Regex;
use serde_json::{Value, json};

use super::{Room, done, image, images, refusal, refused};
use crate::dialects;
use crate::support::{NOON, Server, at, block_on};
use crate::worlds;

/// The rows of every table.
fn rows(server: &Server) -> Vec<(&'static str, i64)> {
    block_on(server.app.store.rows()).unwrap()
}

fn workspaces(server: &Server) -> Vec<String> {
    let listed = done(server, "GET /workspaces", Value::Null);
    listed["workspaces"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}
