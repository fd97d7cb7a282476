//! Routes that a vendor has and the emulator does not imitate: 501 in the emulator's own words.

use std::collections::HashSet;

use assetmock::contract::operation::Operation;
use assetmock::contract::path_template::matches;
use assetmock::contract::provider::CheckOrder;
use assetmock::providers;
use serde_json::json;

use crate::dialects;
use crate::support::Server;
use crate::worlds::world;

/// A path that fits a template.
fn filled(template: &str) -> String {
    let segments = template.split('/').map(|segment| if segment.starts_with('{') { "some-id_1" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn absent()
-> impl Iterator<Item = (&'static dialects::Dialect, &'static assetmock::contract::provider::Card, &'static Operation)>
{
    dialects::ALL.iter().flat_map(|dialect| {
        let card = providers::named(dialect.name).unwrap().card();
        card.operations
            .iter()
            .filter(|operation| operation.is_absent())
            .map(move |operation| (dialect, card, operation))
    })
}

#[test]
fn every_route_that_is_not_imitated_says_so_at_each_of_its_paths() {
    let server = Server::start(&world());
    for (dialect, card, operation) in absent() {
        for template in operation.paths {
            let target = format!("/{}{}", card.name, filled(template));
            let answer = server.post(operation.method, &target, &[&dialect.auth("_off")], "");
            let says = format!("{} {target}: {}", operation.method, answer.text());
            assert_eq!((answer.status, answer.header("x-should-retry")), (501, Some("false")), "{says}");
            let body = answer.json();
            assert_eq!(body["error"]["code"], "not_imitated", "{says}");
            assert_eq!(body["error"]["at"], format!("{} {}", operation.method, operation.path()), "{says}");
            assert_eq!((&body["provider"], &body["operation"]), (&json!(card.name), &json!(operation.name)), "{says}");
            let entry = &server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0];
            let sentence = format!(
                "{} has the route `{} {}` (`{}`), which is not imitated here",
                card.title,
                operation.method,
                operation.path(),
                operation.name
            );
            assert_eq!((&entry["why"], &entry["warnings"]), (&json!(sentence), &json!([sentence])), "{says}");
        }
    }
}

#[test]
fn the_key_comes_first_where_the_vendor_checks_it_first() {
    let server = Server::start(&world());
    for (dialect, card, operation) in absent() {
        let target = format!("/{}{}", card.name, filled(operation.path()));
        let status = server.post(operation.method, &target, &[&dialect.auth("_revoked")], "").status;
        let expected = if card.order == CheckOrder::KeyFirst { 401 } else { 501 };
        assert_eq!(status, expected, "{} {target}", operation.method);
    }
}

/// Each has a workspace of its own with limits, which the routes leave as they are.
#[test]
fn what_is_not_imitated_is_not_counted_and_makes_a_strict_workspace_warn() {
    let server = Server::start("demo");
    let made = server.call("POST", "/_emulator/workspaces", &json!({"generate": {"count": 3}, "strict": true})).json();
    let (id, keys) = (made["id"].as_str().unwrap(), &made["keys"]);
    for dialect in dialects::ALL {
        let card = providers::named(dialect.name).unwrap().card();
        let key = keys[dialect.name].as_str().unwrap();
        let first = || server.list(dialect.name, key, "");
        let before = first();
        for operation in card.operations.iter().filter(|operation| operation.is_absent()) {
            let target = format!("/{}{}", card.name, filled(operation.path()));
            assert_eq!(server.post(operation.method, &target, &[&card.auth.carrier.line(key)], "").status, 501);
        }
        let remaining = |answer: &crate::support::Answer| {
            answer.header("x-ratelimit-remaining").map(|text| text.parse::<u32>().unwrap())
        };
        let after = first();
        assert_eq!(remaining(&after), remaining(&before).map(|count| count - 1), "{}", dialect.name);
    }
    assert_eq!(server.app.warned(), [id], "their warnings count");
}

#[test]
fn tables_name_each_route_once_and_hide_none() {
    for dialect in dialects::ALL {
        let card = providers::named(dialect.name).unwrap().card();
        let names: HashSet<_> = card.operations.iter().map(|operation| operation.name).collect();
        assert_eq!(names.len(), card.operations.len(), "{}", card.name);
        for (index, operation) in card.operations.iter().enumerate() {
            let name = operation.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(name && operation.name.contains(|c: char| c.is_ascii_lowercase()), "{}", operation.name);
            for template in operation.paths {
                // The object storage of a vendor is on another host.
                let is_storage = operation.access.storage().is_some();
                assert!(is_storage || template.starts_with(card.base), "{template}");
                let hidden = card.operations[..index].iter().find(|earlier| {
                    earlier.method == operation.method && earlier.paths.iter().any(|other| matches(other, template))
                });
                assert!(hidden.is_none(), "{}: `{}` is never reached", card.name, operation.name);
            }
        }
    }
}

#[test]
fn a_bare_path_belongs_to_whoever_has_it() {
    let server = Server::start(&world());
    for (dialect, card, operation) in absent() {
        let path = filled(operation.path());
        let answer = server.post(operation.method, &path, &[&dialect.auth("_off")], "");
        assert_eq!(answer.status, 501, "{} {path}", operation.method);
        assert_eq!(answer.json()["provider"], card.name, "{path}");
    }
}

#[test]
fn faults_and_the_journal_know_the_operation() {
    let server = Server::start(&world());
    for dialect in dialects::ALL {
        let card = providers::named(dialect.name).unwrap().card();
        let rule =
            json!({"match": {"provider": card.name, "operation": "list_assets"}, "effect": {"failure": "unavailable"}});
        let made = server.call("POST", "/_emulator/faults", &rule);
        assert_eq!((made.status, &made.json()["warning"]), (201, &json!(null)), "{}", made.text());
        let auth = [&*dialect.auth("_off")];
        assert_eq!(server.get(&dialect.target(""), &auth).status, 503, "{}", card.name);
        let Some(other) = card.operations.iter().find(|operation| operation.is_absent()) else { continue };
        let target = format!("/{}{}", card.name, filled(other.path()));
        assert_eq!(server.post(other.method, &target, &auth, "").status, 501, "{}", card.name);
        let count = |operation: &str| {
            let found = server.get(&format!("/_emulator/journal?provider={}&operation={operation}", card.name), &[]);
            found.json()["entries"].as_array().unwrap().iter().filter(|entry| entry["operation"] == operation).count()
        };
        assert_eq!((count("list_assets"), count(other.name)), (1, 1), "{}", card.name);
        let expected =
            json!({"scope": {"provider": card.name}, "requests": [{"operation": other.name, "status": 501}]});
        assert_eq!(server.call("POST", "/_emulator/journal/verify", &expected).json()["ok"], true);
    }
    let unknown = json!({"match": {"operation": "list_asets"}, "effect": "empty"});
    let refused = server.call("POST", "/_emulator/faults", &unknown);
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("match.operation")));
    assert_eq!(server.get("/_emulator/journal?operation=list_asets", &[]).status, 400);
}

/// There are no pages to disturb, so the rule waits for a list.
#[test]
fn a_paging_fault_is_for_lists_alone() {
    let server = Server::start(&world());
    for dialect in dialects::ALL {
        let card = providers::named(dialect.name).unwrap().card();
        let rule =
            json!({"match": {"provider": card.name}, "effect": {"paging": "empty_page"}, "trigger": {"next": 1}});
        let id = server.call("POST", "/_emulator/faults", &rule).json()["id"].clone();
        let fired = || server.get(&format!("/_emulator/faults/{id}"), &[]).json()["fired"].clone();
        let auth = [&*dialect.auth("_off")];
        for operation in card.operations.iter().filter(|operation| operation.is_absent()) {
            let target = format!("/{}{}", card.name, filled(operation.path()));
            assert_eq!(server.post(operation.method, &target, &auth, "").status, 501, "{target}");
        }
        server.get(&format!("/{}/nowhere", card.name), &auth);
        assert_eq!(fired(), 0, "{}", card.name);
        server.get(&dialect.target(&format!("{}=2", dialect.size)), &auth);
        assert_eq!(fired(), 1, "{}", card.name);
    }
}
