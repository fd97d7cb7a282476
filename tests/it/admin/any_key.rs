//! `--auth any`: whoever brings a well-formed key that nobody has seen finds a workspace of its own.

use std::thread;

use assetmock::emulator::app::{App, Settings};
use serde_json::{Value, json};

use super::{Room, done, images};
use crate::dialects;
use crate::support::{NOON, Server, app, block_on};

fn start(fixture: &str) -> Server {
    block_on(async {
        let settings = Settings { any_key: true, ..Settings::default() };
        Server::serve(App { settings, ..app(fixture, NOON).await }).await
    })
}

/// A well-formed key that nobody has.
fn new_key(provider: &str, ending: &str) -> String {
    format!("{}_{ending}", dialects::of(provider).key)
}

fn ids(server: &Server, provider: &str, key: &str) -> Vec<String> {
    let dialect = dialects::of(provider);
    dialect.walk(|query| server.list(provider, key, query), 50, "")
}

/// The workspace that a key opens.
fn opened(server: &Server, provider: &str, key: &str) -> String {
    block_on(server.app.store.key(provider, key)).unwrap().unwrap().workspace.to_string()
}

#[test]
fn a_new_key_gets_a_copy_of_the_default_world() {
    let server = start("demo");
    let demo = Room::known(&server, "ws_demo").listed(&server);
    for (dialect, demo) in dialects::ALL.iter().zip(&demo) {
        let key = new_key(dialect.name, "a");
        assert_eq!(ids(&server, dialect.name, &key), *demo, "{}", dialect.name);
        assert_ne!(opened(&server, dialect.name, &key), "ws_demo");
    }
}

#[test]
fn two_new_keys_do_not_collide() {
    let server = start(&images(3).to_string());
    for dialect in dialects::ALL {
        let (one, two) = (new_key(dialect.name, "1"), new_key(dialect.name, "2"));
        assert_eq!((ids(&server, dialect.name, &one).len(), ids(&server, dialect.name, &two).len()), (3, 3));
        let workspace = opened(&server, dialect.name, &one);
        assert_ne!(workspace, opened(&server, dialect.name, &two));
        done(&server, &format!("POST /workspaces/{workspace}/assets"), json!({"assets": [super::image("x.png")]}));
        assert_eq!((ids(&server, dialect.name, &one).len(), ids(&server, dialect.name, &two).len()), (4, 3));
    }
}

#[test]
fn changes_in_the_default_world_do_not_reach_a_new_key() {
    let server = start(&images(3).to_string());
    let (first, changed) = (new_key("flora", "first"), Room::make(&server, json!({})));
    let world = ids(&server, "flora", &first);
    done(&server, "POST /workspaces/ws_images/assets", json!({"assets": [super::image("x.png")]}));
    assert_eq!(ids(&server, "flora", &first), world);
    assert_eq!(ids(&server, "flora", &new_key("flora", "second")), world);
    // Not even if it is gone, and others are there.
    changed.add(&server, &["mine.png"]);
    done(&server, "DELETE /workspaces/ws_images", Value::Null);
    assert_eq!(ids(&server, "flora", &new_key("flora", "third")), world);
}

#[test]
fn one_new_key_brought_by_many_at_once_gets_one_workspace() {
    let server = start(&images(3).to_string());
    let before = server.app.store.counts();
    thread::scope(|scope| {
        for dialect in dialects::ALL.iter().flat_map(|dialect| [dialect; 6]) {
            let server = &server;
            scope.spawn(move || {
                let answer = server.list(dialect.name, &new_key(dialect.name, "x"), "");
                assert_eq!(dialect.ids(&answer).len(), 3, "{}", dialect.name);
            });
        }
    });
    let after = server.app.store.counts();
    assert_eq!((after.workspaces - before.workspaces, after.keys - before.keys), (5, 5));
}

#[test]
fn a_malformed_missing_or_revoked_key_is_refused_all_the_same() {
    let server = start(&images(3).to_string());
    for dialect in dialects::ALL {
        // Of the other three vendors' keys the documents do not say what they look like.
        let refused =
            if ["xqr", "flora"].contains(&dialect.name) { &["nonsense", "ey.nonsense", ""][..] } else { &[""] };
        for key in refused {
            let answer = server.list(dialect.name, key, "");
            assert!(
                answer.status == 401 && dialect.is_refusal(answer.text()),
                "{} {key}: {}",
                dialect.name,
                answer.text()
            );
        }
        if refused.len() == 1 {
            assert_eq!(server.list(dialect.name, "nonsense", "").status, 200, "{}", dialect.name);
        }
        let key = new_key(dialect.name, "r");
        assert_eq!(server.list(dialect.name, &key, "").status, 200);
        let workspace = opened(&server, dialect.name, &key);
        done(&server, &format!("PATCH /workspaces/{workspace}/keys/{key}"), json!({"revoked": true}));
        assert_eq!(server.list(dialect.name, &key, "").status, 401);
    }
}

#[test]
fn without_the_switch_a_new_key_is_unknown() {
    let server = Server::start("demo");
    for dialect in dialects::ALL {
        let answer = server.list(dialect.name, &new_key(dialect.name, "a"), "");
        assert!(answer.status == 401 && dialect.is_refusal(answer.text()), "{}", answer.text());
    }
}

#[test]
fn an_adopted_workspace_is_one_like_any_other() {
    let server = start(&images(3).to_string());
    let key = new_key("konpro", "a");
    let start = ids(&server, "konpro", &key);
    let workspace = opened(&server, "konpro", &key);
    done(&server, &format!("DELETE /workspaces/{workspace}/assets?all=true"), Value::Null);
    assert_eq!(ids(&server, "konpro", &key), Vec::<String>::new());
    done(&server, &format!("POST /workspaces/{workspace}/reset"), Value::Null);
    assert_eq!(ids(&server, "konpro", &key), start);
    done(&server, "POST /reset", Value::Null);
    assert_eq!(server.app.store.counts().workspaces, 1);
    assert_eq!(ids(&server, "konpro", &key), start, "nobody has seen it since");
}
