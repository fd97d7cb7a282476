//! Variants: each option shows, in each way of choosing it, and workspaces with different ones never mix.

use std::collections::{BTreeMap, BTreeSet};

use assetmock::contract::choices::full_name;
use assetmock::contract::provider::Card;
use assetmock::contract::variant::Variants;
use assetmock::providers;
use serde_json::{Value, json};

use crate::dialects;
use crate::process::{Folder, Running, program};
use crate::support::{Answer, Server};

/// What is asked to see which option is chosen.
enum Probe {
    /// The first page with the workspace's key and this query.
    Page(&'static str),
    /// The first page with this header line in place of that of the key.
    Header(&'static str),
    /// A route that there is not.
    NoRoute,
}

/// An option, and a piece of the status and the body that shows it.
type EntryView = (&'static str, &'static str);

/// What shows each option of each variant, the default option first.
const SHOWN: &[(&str, Probe, &[EntryView])] = &[
    (
        "xqr.out_of_range",
        Probe::Page("limit=500&offset=-3"),
        &[("refuse", "400 "), ("clamp", "\"filename\":\"b.png\"")],
    ),
    ("xqr.validation_status", Probe::Page("limit=many"), &[("400", "400 "), ("422", "422 ")]),
    (
        "flora.content_type",
        Probe::Page("query=b.png"),
        &[("modality", "\"content_type\":\"image\","), ("mime", "\"content_type\":\"image/png\",\"created_at\"")],
    ),
    (
        "flora.key_order",
        Probe::Page("query=b.png"),
        &[
            ("reference", "\",\"content_type\":\"image\",\"created_at\":"),
            ("openapi", "\",\"name\":\"b.png\",\"description\":"),
        ],
    ),
    (
        "flora.malformed_key",
        Probe::Header("Authorization: Basic sk_tests"),
        &[("unauthorized", "\"unauthorized\""), ("invalid_api_key", "\"invalid_api_key\"")],
    ),
    (
        "twelvelabs.unknown_parameters",
        Probe::Page("colour=red"),
        &[("refuse", "parameter_unknown"), ("ignore", "200 ")],
    ),
    ("piktid.validation_status", Probe::Page("per_page=0"), &[("400", "400 "), ("422", "422 ")]),
    ("konpro.last_token", Probe::Page(""), &[("null", "\"token\":null"), ("empty", "\"token\":\"\"")]),
    ("konpro.validation_status", Probe::Page("limit=-1"), &[("400", "400 "), ("422", "422 ")]),
    (
        "konpro.error_request_id",
        Probe::Page("limit=-1"),
        &[
            ("top", "0\"}},\"request_id\":\"req-"),
            ("inside", "100\"},\"request_id\":\"req-"),
            ("both", "\"},\"request_id\":\"req-"),
        ],
    ),
    (
        "konpro.not_found_code",
        Probe::NoRoute,
        &[("RESOURCE_NOT_FOUND", "\"RESOURCE_NOT_FOUND\""), ("NOT_FOUND", "\"NOT_FOUND\"")],
    ),
    (
        "konpro.missing_key_code",
        Probe::Header("X-Nothing: here"),
        &[("MISSING_API_KEY", "\"MISSING_API_KEY\""), ("INVALID_API_KEY", "\"INVALID_API_KEY\"")],
    ),
];

/// A workspace with a key of every provider that ends in `mark`, and three images, one of which has no MIME type.
fn workspace(mark: &str) -> Value {
    let keys: Vec<_> =
        dialects::ALL.iter().map(|dialect| json!({"provider": dialect.name, "key": key(dialect.name, mark)})).collect();
    let image = |name: &str, mime: Option<&str>| {
        let at = "2026-03-01T00:00:00Z";
        json!({"name": name, "mime_type": mime, "kind": "image", "created_at": at})
    };
    let assets = [image("a.jpg", Some("image/jpeg")), image("none", None), image("b.png", Some("image/png"))];
    json!({"id": format!("ws_{mark}"), "keys": keys, "assets": assets})
}

fn key(provider: &str, mark: &str) -> String {
    format!("{}{mark}", dialects::of(provider).key)
}

fn fixture(workspaces: &[Value]) -> String {
    json!({ "workspaces": workspaces }).to_string()
}

fn with_variants(mut workspace: Value, variants: Value) -> Value {
    workspace["variants"] = variants;
    workspace
}

fn cards() -> Vec<&'static Card> {
    providers::cards()
}

fn card_of(variant: &str) -> &'static Card {
    providers::named(variant.split('.').next().unwrap()).unwrap().card()
}

fn probe(server: &Server, variant: &str, mark: &str, probe: &Probe) -> Answer {
    let card = card_of(variant);
    match probe {
        Probe::Page(query) => server.list(card.name, &key(card.name, mark), query),
        Probe::Header(line) => server.get(&format!("/{}{}", card.name, card.list()), &[line]),
        Probe::NoRoute => {
            let line = card.auth.carrier.line(&key(card.name, mark));
            server.get(&format!("/{}/nowhere", card.name), &[&line])
        }
    }
}

fn assert_shows(answer: &Answer, piece: &str, what: &str) {
    let text = format!("{} {}", answer.status, answer.text());
    assert!(text.contains(piece), "{what}: {text}");
}

fn patch(server: &Server, mark: &str, variants: Value) -> Value {
    let answer = server.call("PATCH", &format!("/_emulator/workspaces/ws_{mark}"), &json!({ "variants": variants }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn refused_at(answer: &Answer) -> (u16, Value) {
    (answer.status, answer.json()["error"]["at"].clone())
}

#[test]
fn every_variant_has_options_that_are_sentences_and_a_way_to_see_them() {
    let shown: BTreeMap<_, BTreeSet<_>> =
        SHOWN.iter().map(|(name, _, options)| (*name, options.iter().map(|(option, _)| *option).collect())).collect();
    let mut declared = BTreeMap::new();
    for card in cards() {
        assert!(card.variants.len() <= 16, "{}: they are packed into 64 bits", card.name);
        for variant in card.variants {
            assert!((2..=16).contains(&variant.options.len()), "{}", variant.name);
            assert!(variant.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", variant.name);
            for option in variant.options {
                assert!(option.about.len() > 10 && option.about.ends_with('.'), "{}: {}", variant.name, option.about);
                assert!(!option.name.contains([',', '=', ' ']), "{}", option.name);
            }
            let options: BTreeSet<_> = variant.options.iter().map(|option| option.name).collect();
            assert_eq!(options.len(), variant.options.len(), "{} has an option twice", variant.name);
            assert!(declared.insert(full_name(card, variant), options).is_none(), "{} is there twice", variant.name);
        }
    }
    assert_eq!(declared, shown.into_iter().map(|(name, options)| (name.to_owned(), options)).collect());
}

/// Chosen by the workspace; a request without a known key has no workspace.
#[test]
fn every_option_shows_in_the_workspace_that_chose_it() {
    let server = Server::start(&fixture(&[workspace("a"), workspace("b")]));
    for (variant, what, options) in SHOWN.iter().filter(|(_, what, _)| !matches!(what, Probe::Header(_))) {
        for (option, piece) in *options {
            let shown = patch(&server, "a", json!({*variant: option}));
            let is_default = *option == options[0].0;
            let expected = if is_default { Value::Null } else { json!({*variant: option}) };
            assert_eq!(shown["variants"], expected);
            // The third answer comes from the cache.
            for _ in 0..3 {
                assert_shows(&probe(&server, variant, "a", what), piece, &format!("{variant}={option}"));
                assert_shows(&probe(&server, variant, "b", what), options[0].1, &format!("{variant} elsewhere"));
            }
            let entry = server.call("GET", "/_emulator/journal?workspace=ws_a&limit=10000", &Value::Null).json();
            let entry = entry["entries"].as_array().unwrap().last().unwrap();
            assert_eq!(entry.get("variants").cloned().unwrap_or_default(), expected, "{entry}");
        }
        patch(&server, "a", json!({*variant: null}));
        assert_shows(&probe(&server, variant, "a", what), options[0].1, &format!("{variant} as the server was told"));
    }
}

/// Chosen by a fixture, and the same of what is exported, reset, copied or restored.
#[test]
fn every_option_shows_in_what_a_fixture_makes() {
    for (variant, what, options) in SHOWN.iter().filter(|(_, what, _)| !matches!(what, Probe::Header(_))) {
        let (option, piece) = options[options.len() - 1];
        let variants = json!({*variant: option});
        let server = Server::start(&fixture(&[with_variants(workspace("a"), variants.clone())]));
        let shows = |mark: &str, piece: &str| {
            assert_shows(&probe(&server, variant, mark, what), piece, &format!("{variant}={option} in ws_{mark}"));
        };
        shows("a", piece);
        let exported = server.call("GET", "/_emulator/workspaces/ws_a/fixture", &Value::Null);
        assert_eq!(exported.json()["workspaces"][0]["variants"], variants);
        let again = Server::start(exported.text());
        assert_shows(&probe(&again, variant, "a", what), piece, "exported and loaded");
        assert_eq!(again.call("GET", "/_emulator/workspaces/ws_a/fixture", &Value::Null).body, exported.body);
        assert_eq!(server.call("PUT", "/_emulator/snapshots/before", &json!({})).status, 200);
        patch(&server, "a", json!({*variant: options[0].0}));
        shows("a", options[0].1);
        assert_eq!(server.call("POST", "/_emulator/workspaces/ws_a/reset", &Value::Null).status, 200);
        shows("a", piece);
        patch(&server, "a", json!({*variant: options[0].0}));
        assert_eq!(server.call("POST", "/_emulator/snapshots/before/restore", &json!({})).status, 204);
        shows("a", piece);
        let copy = server.call("POST", "/_emulator/workspaces", &json!({"id": "ws_copy", "copy": "ws_a"})).json();
        assert_eq!(copy["variants"], variants);
    }
}

/// Chosen at the start: for requests without a known key, too.
#[test]
fn every_option_shows_where_the_server_was_started_with_it() {
    let fixture = fixture(&[workspace("a"), with_variants(workspace("b"), json!({"flora.content_type": "modality"}))]);
    let last = SHOWN.iter().map(|(name, _, options)| format!("{name}={}", options[options.len() - 1].0));
    let last: Vec<_> = last.collect();
    let (some, others) = last.split_at(3);
    let mut arguments = vec!["--fixture", &fixture, "--variant"];
    let joined = some.join(",");
    arguments.push(&joined);
    others.iter().for_each(|one| arguments.extend(["--variant", one]));
    let server = Running::start(&arguments);
    for (variant, what, options) in SHOWN {
        let (option, piece) = options[options.len() - 1];
        let card = card_of(variant);
        let line = card.auth.carrier.line(&key(card.name, "a"));
        let (target, line) = match what {
            Probe::Page(query) => (format!("/{}{}?{query}", card.name, card.list()), &*line),
            Probe::Header(line) => (format!("/{}{}", card.name, card.list()), *line),
            Probe::NoRoute => (format!("/{}/nowhere", card.name), &*line),
        };
        let piece = if *variant == "flora.content_type" { "\"content_type\":\"image/png\"" } else { piece };
        let answer = server.connect().ask("GET", &target, &[line], "");
        assert_shows(&answer, piece, &format!("{variant}={option}"));
    }
    let (_, page) = server.get("/flora/api/v1/assets", &format!("Authorization: Bearer {}", key("flora", "b")));
    assert_eq!(
        page["assets"][0]["content_type"], "image",
        "what the fixture says comes after what the server was told"
    );
}

#[test]
fn a_walk_under_mime_meets_every_asset_once() {
    let server = Server::start(&fixture(&[with_variants(workspace("a"), json!({"flora.content_type": "mime"}))]));
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.list("flora", &key("flora", "a"), &format!("limit=1&cursor={cursor}")).json();
        seen.extend(page["assets"].as_array().unwrap().iter().map(|asset| asset["content_type"].clone()));
        match page["meta"]["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["image/png", "application/octet-stream", "image/jpeg"]);
}

#[test]
fn a_clamped_page_size_is_warned_of() {
    let server = Server::start(&fixture(&[with_variants(workspace("a"), json!({"xqr.out_of_range": "clamp"}))]));
    let card = card_of("xqr.out_of_range");
    let lines = [&*card.auth.carrier.line(&key("xqr", "a")), "X-Emulator-Explain: 1"];
    let answer = server.get(&format!("/xqr{}?limit=500", card.list()), &lines);
    assert_eq!((answer.status, answer.header("x-emulator-warnings")), (200, Some("`limit=500` was taken as 200")));
}

#[test]
fn workspaces_with_different_variants_never_mix() {
    let mime = with_variants(workspace("mime"), json!({"flora.content_type": "mime", "konpro.last_token": "empty"}));
    let server = Server::start(&fixture(&[workspace("plain"), mime]));
    std::thread::scope(|scope| {
        for (mark, kind, token) in [("plain", "image", Value::Null), ("mime", "image/png", json!(""))] {
            let (server, token) = (&server, token.clone());
            scope.spawn(move || {
                for round in 0..100 {
                    let query = format!("limit={}", round % 3 + 1);
                    let page = server.list("flora", &key("flora", mark), &query).json();
                    assert_eq!(page["assets"][0]["content_type"], kind, "{mark} {query}");
                    assert_eq!(server.list("konpro", &key("konpro", mark), "").json()["token"], token, "{mark}");
                }
            });
        }
    });
}

/// Whoever reads while the variants change gets one way or the other, and nothing of the other is kept.
#[test]
fn a_change_of_variants_outdates_what_is_kept() {
    let server = Server::start(&fixture(&[workspace("a")]));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for _ in 0..200 {
                let page = server.list("flora", &key("flora", "a"), "").text().to_owned();
                let (mime, modality) =
                    (page.contains("\"content_type\":\"image/png\",\"c"), page.contains("\"image\""));
                assert!(mime != modality, "{page}");
            }
        });
        let mut round = 0;
        while round < 2 || !reader.is_finished() {
            let (option, piece) = SHOWN[2].2[round % 2];
            patch(&server, "a", json!({"flora.content_type": option}));
            assert_shows(&server.list("flora", &key("flora", "a"), ""), piece, option);
            round += 1;
        }
    });
}

#[test]
fn variants_and_options_that_there_are_not_are_refused() {
    let server = Server::start(&fixture(&[workspace("a")]));
    let said = |answer: &Answer| answer.json()["error"]["message"].as_str().unwrap().to_owned();
    for method_and_path in [("PATCH", "/_emulator/workspaces/ws_a"), ("POST", "/_emulator/workspaces")] {
        let ask = |variants: Value| server.call(method_and_path.0, method_and_path.1, &json!({ "variants": variants }));
        let answer = ask(json!({"flora.contents": "mime"}));
        assert_eq!(refused_at(&answer), (400, json!("variants.flora.contents")));
        assert!(said(&answer).contains("`flora.content_type`"), "{}", said(&answer));
        let answer = ask(json!({"flora.content_type": "mine"}));
        assert_eq!(refused_at(&answer), (400, json!("variants.flora.content_type")));
        assert!(said(&answer).contains("`modality`, `mime`"), "{}", said(&answer));
    }
    let answer = server.call("PATCH", "/_emulator/workspaces/ws_a", &json!({"variants": {"nobody.knows": null}}));
    assert_eq!(refused_at(&answer), (400, json!("variants.nobody.knows")));
    let inline: Value =
        serde_json::from_str(&fixture(&[with_variants(workspace("b"), json!({"flora.key_order": "up"}))])).unwrap();
    let answer = server.call("POST", "/_emulator/workspaces", &json!({ "fixture": inline }));
    assert_eq!(refused_at(&answer), (400, json!("fixture.workspaces[0].variants.flora.key_order")));
    let folder = Folder::new();
    let file = folder.write("bad.json", fixture(&[with_variants(workspace("b"), json!({"flora.key_order": "up"}))]));
    for (arguments, piece) in [
        (&["--fixture", &file][..], "`flora.key_order` has no option `up`; it has `reference`, `openapi`"),
        (&["--variant", "flora.contents=mime"], "there is no variant `flora.contents`; there are `xqr."),
        (&["--variant", "flora.content_type=mine"], "it has `modality`, `mime`"),
        (&["--variant", "mime"], "`mime` is no variant with an option"),
    ] {
        let ended = program().args(["--listen", "127.0.0.1:0"]).args(arguments).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success() && said.contains(piece), "{arguments:?}: {said}");
    }
}

#[test]
fn variants_are_shown_by_providers() {
    let shown = |arguments: &[&str]| {
        String::from_utf8(program().arg("providers").args(arguments).output().unwrap().stdout).unwrap()
    };
    for card in cards() {
        let (text, fidelity) = (shown(&[card.name]), shown(&["--fidelity"]));
        let json: Value = serde_json::from_str(&shown(&[card.name, "--json"])).unwrap();
        for (place, variant) in card.variants.iter().enumerate() {
            assert_eq!(json[0]["variants"][place]["name"], variant.name);
            let name = full_name(card, variant);
            for option in variant.options {
                assert!(text.lines().any(|line| line.starts_with(&name) && line.contains(option.about)), "{text}");
                let row = format!("| `{name}` | `{}`", option.name);
                assert!(fidelity.lines().any(|line| line.starts_with(&row)), "{row}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "the variant `colour` is asked for and not declared")]
fn asking_for_what_no_card_declares_is_a_mistake_in_the_program() {
    Variants::default().is(cards()[0].variants, "colour", "red");
}
