//! The emulator's own API over real sockets: what is asked under `/_emulator`, and what all five providers show of it.
//! What is expected here is what was promised to users, not what the code does.

mod any_key;
mod assets;
mod guard;
mod keys;
mod messages;
mod openapi;
mod openapi_schemas;
mod places;
mod scoped;
mod snapshots;
mod vendors_words;
mod workspaces;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::dialects;
use crate::support::{Answer, Server};

/// Asks for something such as `POST /workspaces`, which must be done, and gives what was answered; null for nothing.
fn done(server: &Server, request: &str, body: Value) -> Value {
    let answer = asked(server, request, &body);
    assert!((200..300).contains(&answer.status), "{request} {body}: {} {}", answer.status, answer.text());
    match answer.status {
        204 => {
            assert_eq!(answer.text(), "", "{request}");
            Value::Null
        }
        _ => answer.json(),
    }
}

fn asked(server: &Server, request: &str, body: &Value) -> Answer {
    let (method, path) = request.split_once(' ').unwrap();
    server.call(method, &format!("/_emulator{path}"), body)
}

/// Asks for something that must be refused: the status, the code and where.
fn refused(server: &Server, request: &str, body: Value) -> (u16, String, String) {
    told(&asked(server, request, &body), request)
}

/// The status, the code and the place of a refusal, which says why in a sentence and is nothing but that.
fn told(answer: &Answer, request: &str) -> (u16, String, String) {
    assert!(answer.status >= 400, "{request}: {} {}", answer.status, answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"), "{request}: {}", answer.text());
    let body = answer.json();
    let fields: Vec<_> = body["error"].as_object().unwrap().keys().cloned().collect();
    assert_eq!((body.as_object().unwrap().len(), fields), (1, vec!["at".into(), "code".into(), "message".into()]));
    let text = |field: &str| body["error"][field].as_str().unwrap().to_owned();
    assert!(text("message").len() > 5 && !text("at").is_empty(), "{request}: {body}");
    (answer.status, text("code"), text("at"))
}

/// What was refused, for comparison with [`refused`].
fn refusal(status: u16, code: &str, at: &str) -> (u16, String, String) {
    (status, code.to_owned(), at.to_owned())
}

/// A workspace with a key at each provider.
#[derive(Debug, Clone, PartialEq)]
struct Room {
    id: String,
    keys: BTreeMap<String, String>,
}

impl Room {
    fn make(server: &Server, wanted: Value) -> Room {
        Room::shown(&done(server, "POST /workspaces", wanted))
    }

    fn shown(answer: &Value) -> Room {
        let keys: BTreeMap<String, String> = serde_json::from_value(answer["keys"].clone()).unwrap();
        assert_eq!(keys.len(), dialects::ALL.len(), "{answer}");
        Room { id: answer["id"].as_str().unwrap().to_owned(), keys }
    }

    /// One that was there from the start.
    fn known(server: &Server, id: &str) -> Room {
        Room::shown(&done(server, &format!("GET /workspaces/{id}"), Value::Null))
    }

    /// `POST` and the path of something in it.
    fn at(&self, method: &str, path: &str) -> String {
        format!("{method} /workspaces/{}{path}", self.id)
    }

    /// The first page of each provider, in the order of the dialects.
    fn pages(&self, server: &Server) -> Vec<Answer> {
        dialects::ALL.iter().map(|dialect| server.list(dialect.name, &self.keys[dialect.name], "")).collect()
    }

    /// What each provider lists, by id.
    fn listed(&self, server: &Server) -> Vec<Vec<String>> {
        let walk = |dialect: &dialects::Dialect| {
            dialect.walk(|query| server.list(dialect.name, &self.keys[dialect.name], query), 50, "")
        };
        dialects::ALL.iter().map(walk).collect()
    }

    /// How many assets each provider lists, which must be the same everywhere.
    fn holds(&self, server: &Server) -> usize {
        let counts: Vec<_> = self.listed(server).iter().map(Vec::len).collect();
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
        counts[0]
    }

    /// Adds images with these names, one a request.
    fn add(&self, server: &Server, names: &[&str]) {
        for name in names {
            done(server, &self.at("POST", "/assets"), json!({"assets": [image(name)]}));
        }
    }

    /// Whether every provider refuses its keys as unknown.
    fn is_locked(&self, server: &Server) -> bool {
        let pages = self.pages(server);
        for (dialect, page) in dialects::ALL.iter().zip(&pages) {
            assert_eq!(page.status != 200, dialect.is_refusal(page.text()), "{}: {}", dialect.name, page.text());
        }
        pages.iter().all(|page| page.status == 401 || page.status == 403)
    }
}

/// An image that every provider lists, created at the workspace's present instant.
fn image(name: &str) -> Value {
    json!({"name": name, "mime_type": "image/png"})
}

/// A fixture of so many images that every provider lists.
fn images(count: usize) -> Value {
    let dated = |number: usize| {
        let mut image = image(&format!("{number}.png"));
        image["created_at"] = json!(format!("2026-03-01T10:{:02}:{:02}Z", number / 60, number % 60));
        image
    };
    json!({"workspaces": [{"id": "ws_images", "assets": (0..count).map(dated).collect::<Vec<_>>()}]})
}
