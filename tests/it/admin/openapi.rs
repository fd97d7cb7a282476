//! The OpenAPI document: one that tools can read, and true.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{asked, done};
use crate::support::Server;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

pub(super) fn document(server: &Server) -> Value {
    let answer = asked(server, "GET /openapi.json", &Value::Null);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    answer.json()
}

/// Every operation: its path, its method, itself.
pub(super) fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap();
        item.iter().filter(|(name, _)| METHODS.contains(&&***name)).map(move |(name, it)| (&**path, &**name, it))
    });
    operations.collect()
}

pub(super) fn every<'v>(value: &'v Value, visit: &mut impl FnMut(&'v str, &'v Value)) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            visit(name, value);
            every(value, visit);
        }),
        Value::Array(items) => items.iter().for_each(|item| every(item, visit)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let server = Server::start("empty");
    let document = document(&server);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut references = 0;
    every(&document, &mut |name, value| {
        if let (true, Some(reference)) = (name == "$ref", value.as_str()) {
            references += 1;
            let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
            assert!(target.is_some(), "{reference} leads nowhere");
        }
    });
    assert!(references > 20, "{references}");
}

#[test]
fn every_operation_says_what_it_is() {
    let server = Server::start("empty");
    let document = document(&server);
    let operations = operations(&document);
    assert!(operations.len() > 30, "{}", operations.len());
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations {
        let text = |field: &str| operation[field].as_str().unwrap_or_default().to_owned();
        assert!(text("summary").len() > 5, "{method} {path}");
        assert!(!operation["tags"].as_array().unwrap_or(&vec![]).is_empty(), "{method} {path}");
        assert!(!operation["responses"].as_object().unwrap().is_empty(), "{method} {path}");
        let id = text("operationId");
        let words: Vec<_> = id.split('_').collect();
        let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(words.len() > 1 && words.iter().all(is_word), "{method} {path}: `{id}` is no verb and object");
        assert!(names.insert(id.clone()), "{id} is there twice");
        let given: BTreeSet<_> = path.split('{').skip(1).map(|part| part.split('}').next().unwrap()).collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let in_path = parameters.iter().filter(|one| one["in"] == "path");
        let described: BTreeSet<_> = in_path.map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(described, given, "{method} {path}");
    }
}

#[test]
fn every_documented_route_is_there_and_no_other_method_is() {
    let server = Server::start("demo");
    let document = document(&server);
    let paths: BTreeSet<_> = operations(&document).iter().map(|(path, _, _)| (*path).to_owned()).collect();
    for path in &paths {
        assert!(path == "/_emulator" || path.starts_with("/_emulator/"), "{path}");
        let target = path.replace("{workspace}", "ws_demo").replace("{provider}", "xqr").replace("{fault}", "1");
        let target = target.replace(['{', '}'], "");
        let documented: BTreeSet<_> = operations(&document)
            .into_iter()
            .filter(|(known, _, _)| known == path)
            .map(|(_, method, _)| method)
            .collect();
        for method in METHODS.into_iter().filter(|method| *method != "head") {
            // A body that no route takes, so that nothing is changed on the way.
            let answer = server.post(&method.to_uppercase(), &target, &[], "nonsense");
            let code = if answer.status < 400 {
                String::new()
            } else {
                answer.json()["error"]["code"].as_str().unwrap().to_owned()
            };
            assert_ne!(code, "no_such_route", "{method} {target}");
            assert_eq!(code == "wrong_method", !documented.contains(method), "{method} {target}: {}", answer.text());
        }
    }
    for path in
        ["/_emulator/workspaces", "/_emulator/faults", "/_emulator/snapshots/{name}/restore", "/_emulator/reset"]
    {
        assert!(paths.contains(path), "{path} is not documented");
    }
    done(&server, "GET /health", Value::Null);
}
