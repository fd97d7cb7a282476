//! Requests with something wrong in them, made from the tables of operations: ids in paths, parameters that no route has,
//! bodies where none is taken, content types, methods. What a vendor makes of them is its table here, one a vendor.

mod flora;
mod konpro;
mod piktid;
mod twelvelabs;
mod xqr;

use std::fmt::Write;

use assetmock::contract::operation::{BodyKind, Operation};
use assetmock::contract::operation_table::{Found, find};
use assetmock::contract::path_template::name;
use assetmock::contract::provider::{Card, Slash};
use assetmock::contract::query::Unknown;
use assetmock::contract::variant::Variants;
use assetmock::providers;
use serde_json::{Value, json};

use crate::dialects::{self, Dialect};
use crate::support::{Answer, Server};
use crate::worlds::world;

/// What one vendor takes and refuses.
struct Table {
    provider: &'static str,
    /// What can stand in a path for this name; `None`: the id of an asset.
    id: fn(&Client, &str) -> Option<String>,
    /// A good request to an operation: its name, the query string, the body and the status. An operation that is not here
    /// needs neither query string nor body, and answers 200.
    good: &'static [(&'static str, &'static str, &'static str, u16)],
    /// What is no id: for which name in the path, or an empty text for all; the segment as it is sent; the status and a
    /// part of the answer.
    ids: &'static [(&'static str, &'static str, u16, &'static str)],
    /// The same for an id that is followed by four thousand zeros.
    long: (u16, &'static str),
    /// What is said of the parameter `zzz` where no parameters but the route's own are allowed.
    unknown_parameter: &'static str,
}

static TABLES: &[Table] = &[xqr::TABLE, flora::TABLE, twelvelabs::TABLE, piktid::TABLE, konpro::TABLE];

/// A vendor, and a server for it.
struct Client {
    table: &'static Table,
    card: &'static Card,
    dialect: &'static Dialect,
    server: Server,
}

/// What a request has beyond a good one.
#[derive(Debug, Default)]
struct Extra<'a> {
    query: &'a str,
    content_type: Option<&'a str>,
    body: Option<&'a str>,
}

fn clients() -> impl Iterator<Item = Client> {
    TABLES.iter().map(Client::new)
}

impl Client {
    fn new(table: &'static Table) -> Client {
        let card = providers::named(table.provider).unwrap().card();
        Client { table, card, dialect: dialects::of(table.provider), server: Server::start(&world()) }
    }

    /// The operations of the vendor's API that are imitated.
    fn operations(&self) -> impl Iterator<Item = &'static Operation> + use<> {
        self.card.operations.iter().filter(|it| it.access.storage().is_none() && !it.is_absent())
    }

    /// These operations with each of their paths.
    fn paths(&self) -> impl Iterator<Item = (&'static Operation, &'static str)> + use<> {
        self.operations().flat_map(|operation| operation.paths.iter().map(move |template| (operation, *template)))
    }

    fn good(&self, operation: &Operation) -> (&'static str, &'static str, u16) {
        let found = self.table.good.iter().find(|(name, ..)| *name == operation.name);
        found.map_or(("", "", 200), |(_, query, body, status)| (query, body, *status))
    }

    /// What can stand in the path for this name.
    fn good_id(&self, name: &str) -> String {
        let ids = || self.dialect.ids(&self.server.get(&self.dialect.target(""), &[&self.dialect.auth("_off")]));
        (self.table.id)(self, name).unwrap_or_else(|| ids().swap_remove(0))
    }

    /// The path of this template with `with` in place of a name, and a good id where that gives none.
    fn path(&self, template: &str, with: impl Fn(&str) -> Option<String>) -> String {
        let segment = |segment| match name(segment) {
            Some(name) => with(name).unwrap_or_else(|| self.good_id(name)),
            None => segment.to_owned(),
        };
        template.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let auth = self.dialect.auth("_off");
        let headers = [&["Host: localhost", &*auth], headers].concat();
        self.server.post(method, &format!("/{}{path}", self.card.name), &headers, body)
    }

    /// A good request with something more.
    fn ask(&self, operation: &Operation, extra: &Extra) -> Answer {
        let (query, body, _) = self.good(operation);
        let pairs: Vec<_> = [query, extra.query].into_iter().filter(|pairs| !pairs.is_empty()).collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        let path = format!("{}{mark}{}", self.path(operation.path(), |_| None), pairs.join("&"));
        let content_type = format!("Content-Type: {}", extra.content_type.unwrap_or("application/json"));
        self.send(operation.method, &path, &[&content_type], extra.body.unwrap_or(body))
    }

    /// The newest entry of the journal.
    fn entry(&self) -> Value {
        self.server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0].clone()
    }

    /// Whether this is a refusal of the vendor's with this status and text. A dialect's refusal is that of a list, which is
    /// about a parameter of the query string.
    fn refused(&self, answer: &Answer, status: u16, part: &str) -> Result<(), String> {
        let as_of_query = answer.text().replace(r#""position":"body""#, r#""position":"query""#);
        let is_refusal = self.dialect.is_refusal(&as_of_query.replace(r#""field":null"#, r#""field":"""#));
        if (answer.status, is_refusal) == (status, true) && answer.text().contains(part) {
            return Ok(());
        }
        Err(format!("expected {status} {part}, got {} {}", answer.status, answer.text()))
    }
}

/// What is wrong, all at once.
fn report(failures: &str) {
    assert!(failures.is_empty(), "{failures}");
}

/// The answer to a request that is the first of its server, so that the same request has the same answer.
fn first_answer(table: &'static Table, operation: &Operation, extra: &Extra) -> (u16, String) {
    let answer = Client::new(table).ask(operation, extra);
    // A signature is that of the server's own key.
    (answer.status, if operation.signs { String::new() } else { answer.text().to_owned() })
}

/// Compares each good request of these operations with the same one with something more, which changes nothing.
fn ignored(of: impl Fn(&Operation) -> bool, extras: &[Extra]) {
    let mut failures = String::new();
    for client in clients() {
        for operation in client.operations().filter(|operation| of(operation)) {
            let plain = first_answer(client.table, operation, &Extra::default());
            if plain.0 != client.good(operation).2 {
                let _ = writeln!(failures, "{} {}: {plain:?}", client.card.name, operation.name);
            }
            for extra in extras {
                let answer = first_answer(client.table, operation, extra);
                if answer != plain {
                    let _ = writeln!(failures, "{} {} {extra:?}: {answer:?}", client.card.name, operation.name);
                }
            }
        }
    }
    report(&failures);
}

fn takes_unknown(operation: &Operation) -> Unknown {
    operation.parameters(Variants::default()).1
}

#[test]
fn an_unknown_parameter_changes_nothing_where_it_is_ignored() {
    let queries = ["zzz=1&page_=", "=%00&%ff"].map(|query| Extra { query, ..Extra::default() });
    ignored(|operation| takes_unknown(operation) == Unknown::Ignored, &queries);
}

#[test]
fn an_unknown_parameter_is_named_where_it_is_refused() {
    let mut failures = String::new();
    for client in clients() {
        for operation in client.operations().filter(|operation| takes_unknown(operation) == Unknown::Refused) {
            for query in ["zzz=1", "zzz", "zzz=&zzz=%00"] {
                let answer = client.ask(operation, &Extra { query, ..Extra::default() });
                if let Err(error) = client.refused(&answer, 400, client.table.unknown_parameter) {
                    let _ = writeln!(failures, "{} {} ?{query}: {error}", client.card.name, operation.name);
                }
                assert_eq!(client.entry()["operation"], operation.name);
            }
        }
    }
    report(&failures);
}

#[test]
fn a_body_changes_nothing_where_none_is_taken() {
    let extra = |content_type, body| Extra { content_type: Some(content_type), body: Some(body), ..Extra::default() };
    let bodies = [extra("application/json", r#"{"name":"#), extra("multipart/form-data; boundary=x", "--y\r\n\0")];
    ignored(|operation| operation.body == BodyKind::Ignored, &bodies);
}

#[test]
fn json_is_read_whatever_its_content_type() {
    let types = ["text/plain; charset=utf-16", "application/x-www-form-urlencoded", "nonsense"];
    let extras = types.map(|content_type| Extra { content_type: Some(content_type), ..Extra::default() });
    ignored(|operation| operation.body == BodyKind::Json, &extras);
}

#[test]
fn what_is_no_id_is_refused_and_changes_nothing() {
    let mut failures = String::new();
    for client in clients() {
        let library = || client.server.get("/_emulator/workspaces/ws_tests/fixture", &[]).text().to_owned();
        let before = library();
        for (operation, template) in client.paths() {
            for wanted in template.split('/').filter_map(name) {
                let long = client.good_id(wanted) + &"0".repeat(4000);
                let (status, part) = client.table.long;
                let rows = client.table.ids.iter().filter(|(name, ..)| name.is_empty() || *name == wanted);
                for (id, status, part) in
                    rows.map(|(_, id, status, part)| (*id, *status, *part)).chain([(&*long, status, part)])
                {
                    let path = client.path(template, |name| (name == wanted).then(|| id.to_owned()));
                    let answer = client.send(operation.method, &path, &[], client.good(operation).1);
                    if let Err(error) = client.refused(&answer, status, part) {
                        let path = &path[..path.len().min(200)];
                        let _ = writeln!(failures, "{} {} {path}: {error}", client.card.name, operation.name);
                    }
                    let entry = client.entry();
                    assert!(entry["why"].is_string(), "{} {id}: {entry}", operation.name);
                    assert_eq!(entry["operation"], operation.name, "{id}: {entry}");
                }
            }
        }
        assert_eq!(library(), before, "{}", client.card.name);
    }
    report(&failures);
}

/// A path without its id is another path: one of another route if it ends there, and of none otherwise.
#[test]
fn an_empty_id_is_another_path() {
    for client in clients() {
        for (operation, template) in client.paths().filter(|(_, template)| template.contains('{')) {
            let path = client.path(template, |_| Some(String::new()));
            let bare = path.strip_suffix('/').filter(|_| client.card.slash != Slash::NotFound).unwrap_or(&path);
            let (query, expected) = match find(client.card.operations, operation.method, bare) {
                Found::Nothing => ("", 404),
                _ if client.card.slash == Slash::Redirected => ("", 307),
                Found::Operation(other) => (client.good(other).0, client.good(other).2),
                Found::OtherMethods => ("", 405),
            };
            let target = format!("{path}?{query}");
            let answer = client.send(operation.method, &target, &[], client.good(operation).1);
            assert_eq!(answer.status, expected, "{} {path}: {}", client.card.name, answer.text());
            assert!(expected < 400 || client.dialect.is_refusal(answer.text()), "{path}: {}", answer.text());
        }
    }
}

#[test]
fn every_path_says_which_methods_it_has() {
    for client in clients() {
        for (_, template) in client.paths() {
            let path = client.path(template, |_| None);
            let allow = client.card.allow(&path);
            assert!(allow.split(", ").any(|method| !method.is_empty()), "{path}");
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "post"] {
                if find(client.card.operations, method, &path) != Found::OtherMethods {
                    continue;
                }
                let answer = client.send(method, &path, &[], "{}");
                let said = format!("{} {method} {path}: {}", client.card.name, answer.text());
                assert_eq!((answer.status, answer.header("allow")), (405, Some(&*allow)), "{said}");
                assert!(client.dialect.is_refusal(answer.text()), "{said}");
                assert!(client.entry()["why"].as_str().unwrap().contains("is not a method of"), "{}", client.entry());
            }
        }
    }
}

/// Without a key, no request says whether an id is one.
#[test]
fn a_bad_id_without_a_key_is_refused_like_a_good_one() {
    for client in clients() {
        for (operation, template) in client.paths().filter(|(_, template)| template.contains('{')) {
            for id in ["nothing", "%00", "%ff"] {
                let path = client.path(template, |_| Some(id.to_owned()));
                let target = format!("/{}{path}", client.card.name);
                let answer = client.server.post(operation.method, &target, &[], client.good(operation).1);
                assert_eq!(answer.status, 401, "{} {path}: {}", client.card.name, answer.text());
            }
        }
    }
}

#[test]
fn each_vendor_has_a_table() {
    let names: Vec<_> = TABLES.iter().map(|table| table.provider).collect();
    assert_eq!(json!(names), json!(providers::names()));
    for client in clients() {
        let known = |name: &str| client.operations().any(|operation| operation.name == name);
        let unknown = client.table.good.iter().find(|(name, ..)| !known(name));
        assert_eq!(unknown, None, "{}", client.card.name);
    }
}
