//! The schemas of the OpenAPI document, as generators of clients want them, and its examples.

use std::collections::BTreeSet;

use assetmock::emulator::faults;
use assetmock::providers;
use serde_json::{Value, json};

use super::guard::with_token;
use super::openapi::{document, every, operations};
use crate::support::Server;

#[test]
fn schemas_have_names_that_a_stranger_would_search_for() {
    const PRIVATE: [&str; 13] = [
        "State_", "Of", "Into", "Nothing", "Look", "Own", "Shown", "List", "Listed", "Wanted", "Gone", "Which", "Told",
    ];
    let server = Server::start("empty");
    let document = document(&server);
    let names: BTreeSet<_> =
        document["components"]["schemas"].as_object().unwrap().keys().map(|name| &**name).collect();
    for name in &names {
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphabetic()), "{name}");
        assert!(!PRIVATE.contains(name), "{name}");
    }
    for name in
        ["Workspace", "CreateWorkspace", "Asset", "Key", "FaultRule", "JournalEntry", "Expectations", "VerifyResult"]
    {
        assert!(names.contains(name), "{name} is missing among {names:?}");
    }
    let mut referred = BTreeSet::new();
    every(&document, &mut |field, value| {
        let name = value.as_str().and_then(|reference| reference.strip_prefix("#/components/schemas/"));
        referred.extend(name.filter(|_| field == "$ref"));
    });
    assert_eq!(referred, names, "generators make a model of every schema, used or not");
}

#[test]
fn no_schema_has_a_default() {
    let server = Server::start("empty");
    let document = document(&server);
    for part in [&document["components"], &json!(parts(&document, "parameters"))] {
        every(part, &mut |field, value| assert!(field != "default", "{value}"));
    }
    let trigger = &document["components"]["schemas"]["FaultRuleInput"]["properties"]["trigger"];
    assert!(trigger["description"].as_str().unwrap().ends_with("`always` if left out."), "{trigger}");
    let limits = parts(&document, "parameters").into_iter().flat_map(|all| all.as_array().unwrap());
    let limits: Vec<_> = limits.filter(|one| one["name"] == "limit").collect();
    assert!(!limits.is_empty());
    for limit in limits {
        assert!(limit["description"].as_str().unwrap().ends_with("`100` if left out."), "{limit}");
    }
}

fn parts<'d>(document: &'d Value, part: &str) -> Vec<&'d Value> {
    operations(document).into_iter().filter_map(|(_, _, operation)| operation.get(part)).collect()
}

#[test]
fn what_is_always_there_is_required_and_what_may_be_missing_is_not() {
    let server = Server::start("empty");
    let schemas = &document(&server)["components"]["schemas"];
    for (schema, required) in [
        ("Workspace", vec!["id", "name", "keys", "base_urls", "assets", "listed", "strict"]),
        ("Key", vec!["provider", "key", "user", "scopes", "state", "expires_at", "limits"]),
        ("Asset", vec!["created_at", "ids", "kind", "updated_at"]),
        ("FaultRule", vec!["match", "effect", "trigger"]),
        ("FaultRuleInput", vec!["effect"]),
        ("AssetPage", vec!["assets", "next"]),
        ("VerifyResult", vec!["ok"]),
        ("Mismatch", vec!["expectation", "message", "found", "seqs"]),
        ("CreateWorkspace", vec![]),
        ("JournalFilter", vec![]),
        ("Expectation", vec![]),
        ("ClockChange", vec![]),
        ("CreateAsset", vec![]),
        ("CreateKey", vec!["provider"]),
    ] {
        let given = schemas[schema]["required"].as_array().cloned().unwrap_or_default();
        let given: BTreeSet<_> = given.iter().map(|name| name.as_str().unwrap()).collect();
        assert!(schemas[schema]["properties"].is_object(), "{schema}");
        assert_eq!(given, required.into_iter().collect(), "{schema}");
    }
}

#[test]
fn a_patch_takes_null_for_what_can_be_left_out() {
    let server = Server::start("empty");
    let schemas = &document(&server)["components"]["schemas"];
    let takes_null = |schema: &str, property: &str| {
        let property = schemas[schema]["properties"][property].to_string();
        assert_ne!(property, "null", "{schema}");
        property.contains("\"null\"")
    };
    for (schema, property, expected) in [
        ("AssetPatch", "folder", true),
        ("AssetPatch", "status", true),
        ("AssetPatch", "is_public", true),
        ("AssetPatch", "created_at", false),
        ("KeyPatch", "revoked", true),
        ("KeyPatch", "limits", true),
        ("Asset", "status", false),
        ("JournalFilter", "provider", true),
    ] {
        assert_eq!(takes_null(schema, property), expected, "{schema}.{property}");
    }
}

#[test]
fn what_only_the_cards_know_is_an_enum() {
    let server = Server::start("empty");
    let document = document(&server);
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["ProviderName"]["enum"], json!(providers::names()));
    let failures: BTreeSet<_> = providers::cards().into_iter().flat_map(faults::names).collect();
    assert_eq!(schemas["FailureName"]["enum"], json!(failures));
    for card in providers::cards() {
        for variant in card.variants {
            let options: Vec<_> = variant.options.iter().map(|option| option.name).collect();
            let name = format!("{}.{}", card.name, variant.name);
            let reference = &schemas["Variants"]["properties"][&name]["$ref"];
            let schema = document.pointer(reference.as_str().unwrap().trim_start_matches('#')).unwrap();
            assert_eq!(schema["enum"], json!(options), "{name}");
            // Null makes it the server's again.
            let change = json!({"anyOf": [{"$ref": reference}, {"type": "null"}]});
            assert_eq!(schemas["VariantChanges"]["properties"][&name], change);
        }
    }
    for objects in ["Variants", "VariantChanges"] {
        assert_eq!(schemas[objects]["additionalProperties"], false, "{objects}");
    }
    assert_eq!(schemas["FaultName"]["enum"], json!(faults::all_names(&providers::cards())));
    assert_eq!(schemas["AssetKind"]["enum"], json!(["image", "video", "audio", "document", "other"]));
    for (schema, property, words) in [
        ("CreateKey", "provider", "ProviderName"),
        ("FaultMatch", "provider", "ProviderName"),
        ("JournalFilter", "provider", "ProviderName"),
        ("JournalFilter", "fault", "FaultName"),
        ("Expectation", "fault", "FaultName"),
        ("GenerateAssets", "listed_by", "ProviderName"),
        ("GenerateAssets", "kinds", "AssetKind"),
        ("Key", "state", "KeyState"),
        ("CreateWorkspace", "variants", "Variants"),
        ("WorkspacePatch", "variants", "VariantChanges"),
    ] {
        let text = schemas[schema]["properties"][property].to_string();
        assert!(text.contains(&format!("\"#/components/schemas/{words}\"")), "{schema}.{property}: {text}");
    }
}

/// The words of this program's own types.
#[test]
fn what_is_one_of_a_few_words_is_an_enum() {
    let server = Server::start("empty");
    let schemas = &document(&server)["components"]["schemas"];
    for (schema, words) in [
        ("AssetStatus", json!(["pending", "processing", "ready", "failed"])),
        ("ClockState", json!(["running", "frozen"])),
        ("ConnectionReset", json!(["before", "mid_body"])),
        ("JournalFormat", json!(["json", "text"])),
        ("KeyState", json!(["active", "revoked", "expired"])),
        ("PagingFault", json!(["insert", "remove", "repeat", "empty_page", "expired_cursor", "changing_total"])),
        ("UploadOutcome", json!(["ready", "failed"])),
        ("Visibility", json!(["private", "shared", "default"])),
    ] {
        assert_eq!((&schemas[schema]["type"], &schemas[schema]["enum"]), (&json!("string"), &words), "{schema}");
    }
    // Beside objects.
    for (schema, words) in [("FaultEffect", json!(["empty", "malformed_json"])), ("FaultTrigger", json!(["always"]))] {
        let choices = schemas[schema]["oneOf"].as_array().unwrap();
        assert!(choices.iter().any(|choice| choice["enum"] == words), "{schema}: {choices:?}");
    }
}

#[test]
fn parameters_with_words_of_the_cards_refer_to_their_enum() {
    let server = Server::start("empty");
    let document = document(&server);
    for (path, method, name, words) in [
        ("/_emulator/journal", "get", "provider", Some("ProviderName")),
        ("/_emulator/journal", "get", "fault", Some("FaultName")),
        ("/_emulator/workspaces/{workspace}/import/{provider}", "post", "provider", Some("ProviderName")),
        ("/_emulator/workspaces/{workspace}/keys/{key}", "patch", "provider", Some("ProviderName")),
        // The id of a rule.
        ("/_emulator/faults/{fault}", "get", "fault", None),
    ] {
        let parameters = document["paths"][path][method]["parameters"].as_array().unwrap();
        let schema = &parameters.iter().find(|parameter| parameter["name"] == name).unwrap()["schema"];
        let reference = words.map_or(Value::Null, |words| json!(format!("#/components/schemas/{words}")));
        assert_eq!(schema["allOf"][0]["$ref"], reference, "{method} {path}: {schema}");
    }
}

#[test]
fn the_document_names_the_server_and_the_token() {
    let server = Server::start("empty");
    let own = document(&server);
    assert_eq!(own["servers"][0]["url"], format!("http://{}", server.address));
    let scheme = &own["components"]["securitySchemes"]["admin_token"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&json!("http"), &json!("bearer")));
    assert_eq!(own["security"], json!([{}, { "admin_token": [] }]), "the token can be left out");
    let headers = ["Host: assetmock.test:81", "X-Forwarded-Proto: https"];
    let forwarded = server.get("/_emulator/openapi.json", &headers).json();
    assert_eq!(forwarded["servers"][0]["url"], "https://assetmock.test:81");
    let guarded = with_token("abc").get("/_emulator/openapi.json", &["Authorization: Bearer abc"]).json();
    assert_eq!(guarded["security"], json!([{ "admin_token": [] }]), "the token cannot be left out");
}

/// A request of the manual to the emulator's own API: method, path and body.
type Call = (String, String, Value);

/// The requests with a body of each page of the manual, in their order. Each page begins with a server of its own.
fn manual_calls() -> Vec<Vec<Call>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let pages = files.filter(|file| file.extension().is_some_and(|ending| ending == "md"));
    pages.map(|page| page_calls(&std::fs::read_to_string(page).unwrap().replace("\r\n", "\n"))).collect()
}

fn page_calls(page: &str) -> Vec<Call> {
    let commands = page.split("\n$ curl ").skip(1);
    let call = |command: &str| {
        let (before_body, rest) = command.split_once("-d '")?;
        let (body, after) = rest.split_once('\'')?;
        let (before_path, path) = command.split_once("$EMU")?;
        let path = path.split([' ', '"', '\n']).next()?;
        let line_end = after.lines().next().unwrap_or_default();
        let method = [before_body, line_end].into_iter().find_map(|text| text.split_once("-X ")?.1.split(' ').next());
        assert!(before_path.len() < 20, "{command}");
        let body = serde_json::from_str(body).ok()?;
        Some((method.unwrap_or("POST").to_owned(), format!("/_emulator{path}"), body))
    };
    commands.filter_map(call).collect()
}

/// Whether a path is one of a template.
fn fits(path: &str, template: &str) -> bool {
    path.split('/').count() == template.split('/').count()
        && path.split('/').zip(template.split('/')).all(|(part, named)| named.starts_with('{') || part == named)
}

#[test]
fn the_examples_are_those_of_the_manual_and_are_accepted() {
    let server = Server::start("demo");
    let document = document(&server);
    let pages = manual_calls();
    let mut examples = Vec::new();
    for (path, method, operation) in operations(&document) {
        let body = &operation["requestBody"]["content"]["application/json"];
        let given = body["examples"].as_object().cloned().unwrap_or_default();
        let takes_fields = !body.is_null() && body["schema"]["$ref"] != "#/components/schemas/Empty";
        assert_eq!(!given.is_empty(), takes_fields, "{method} {path}");
        examples.extend(
            given.into_values().map(|example| (method.to_uppercase(), path.to_owned(), example["value"].clone())),
        );
    }
    for (method, template, body) in &examples {
        let is_it = |call: &&Call| call.0 == *method && fits(&call.1, template) && call.2 == *body;
        assert!(pages.iter().flatten().any(|call| is_it(&call)), "docs/ has no {method} {template} with {body}");
    }
    // In the order of a page, where a call needs what those before it made.
    for page in &pages {
        let server = Server::start("demo");
        for (method, path, body) in page {
            if examples.iter().any(|(_, template, example)| fits(path, template) && example == body) {
                let answer = server.call(method, path, body);
                let is_accepted = (200..300).contains(&answer.status);
                assert!(is_accepted, "{method} {path} {body}: {} {}", answer.status, answer.text());
            }
        }
    }
}
