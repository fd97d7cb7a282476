//! Laws that hold for any library and any request: listings agree with a model, positions come back as they were given,
//! nothing a query string can say makes us fail, and what is exported is what was loaded.

use std::sync::Arc;

use assetmock::contract::context::Context;
use assetmock::contract::page::Page;
use assetmock::contract::provider::Provider;
use assetmock::contract::quota::Counts;
use assetmock::contract::variant::Variants;
use assetmock::emulator::app::App;
use assetmock::library::asset::Asset;
use assetmock::library::asset::StoredAsset;
use assetmock::library::fixture::{self, UsedIds};
use assetmock::library::selection::Start;
use assetmock::library::workspace::Workspace;
use assetmock::providers;
use axum::http::Uri;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use serde_json::json;

use crate::dialects::{self, Dialect, pairs, planned};
use crate::libraries::{filters, fixture, full_asset, listed_asset};
use crate::model::Library;
use crate::support::{Answer, NOON, app, ask, block_on};

/// Runs a law over random input, the same in every run.
pub fn always<S: Strategy>(cases: u32, input: S, law: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    // A walk that goes wrong can be long, so a failing case is made smaller only for a while.
    let shrinking = Config { max_shrink_iters: 50, ..Config::default() };
    let config = Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..shrinking };
    match TestRunner::new(config).run(&input, law) {
        Ok(()) => {}
        Err(TestError::Fail(why, input)) => panic!("{why}\nfor {input:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

fn start(fixture: &str) -> Arc<App> {
    Arc::new(block_on(app(fixture, NOON)))
}

fn get(app: &Arc<App>, dialect: &Dialect, query: &str) -> Answer {
    block_on(ask(app, &dialect.target(query), &dialect.auth("")))
}

/// The workspace `ws_tests` of a fixture.
fn workspace(fixture: &str) -> Workspace {
    let read = fixture::read("test", fixture, providers::known_names(), &mut UsedIds::default()).unwrap();
    read.workspaces.into_iter().find(|workspace| workspace.id == "ws_tests").unwrap()
}

fn written(asked: &[(&str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(asked).finish()
}

/// A random library, a random page size and random filters: the walk meets what the model lists.
fn agrees_with_the_model(name: &'static str) {
    let input = fixture(listed_asset()).prop_flat_map(move |fixture| {
        let ids = Library::of(workspace(&fixture)).ids(name);
        (Just(fixture), 1..=25_usize, proptest::collection::vec(filters(name, ids), 3))
    });
    always(48, input, |(fixture, size, questions)| {
        let library = Library::of(workspace(&fixture));
        let app = start(&fixture);
        let narrowed = questions.into_iter().filter(|asked| !asked.is_empty());
        for asked in [Vec::new()].into_iter().chain(narrowed) {
            let walked = dialects::of(name).walk(|query| get(&app, dialects::of(name), query), size, &written(&asked));
            prop_assert_eq!(walked, library.listed(name, "ada", &asked), "?{} by {}", written(&asked), size);
        }
        Ok(())
    });
}

#[test]
fn xqr_lists_what_the_model_lists() {
    agrees_with_the_model("xqr");
}

#[test]
fn flora_lists_what_the_model_lists() {
    agrees_with_the_model("flora");
}

#[test]
fn twelvelabs_lists_what_the_model_lists() {
    agrees_with_the_model("twelvelabs");
}

#[test]
fn piktid_lists_what_the_model_lists() {
    agrees_with_the_model("piktid");
}

#[test]
fn konpro_lists_what_the_model_lists() {
    agrees_with_the_model("konpro");
}

/// A world of these images, all created at the same instant.
fn named(names: &[Option<&str>]) -> Arc<App> {
    let keys: Vec<_> = dialects::ALL.iter().map(|d| json!({"provider": d.name, "key": d.key})).collect();
    let assets: Vec<_> =
        names.iter().map(|name| json!({"name": name, "kind": "image", "created_at": "2026-03-01T00:00:00Z"})).collect();
    start(&json!({"workspaces": [{"id": "ws_tests", "keys": keys, "assets": assets}]}).to_string())
}

/// Of a sigma, the lower-case letter depends on what stands beside it, so text must be folded letter by letter.
#[test]
fn a_search_finds_the_very_letters_of_a_greek_name() {
    let app = named(&[Some("ΟΔΟΣ")]);
    for (name, parameter) in [("flora", "query"), ("twelvelabs", "filename"), ("piktid", "search")] {
        for text in ["ΟΔΟΣ", "ΔΟΣ", "δοσ", "Σ"] {
            let found = dialects::of(name).ids(&get(&app, dialects::of(name), &format!("{parameter}={text}")));
            assert_eq!(found.len(), 1, "{name}?{parameter}={text}");
        }
    }
}

/// An asset without a name shows its id, and is sorted by what it shows.
#[test]
fn a_listing_by_filename_is_in_the_order_of_the_filenames_shown() {
    let app = named(&[Some("zebra.png"), None, Some("!first.png"), None]);
    let answer = get(&app, dialects::of("piktid"), "sort_by=filename&order=asc");
    let rows = dialects::of("piktid").rows(&answer);
    let shown: Vec<_> = rows.iter().map(|row| row["filename"].as_str().unwrap()).collect();
    assert!(shown.is_sorted(), "{shown:?}");
}

/// The parameter for what follows a page that shows `last` at its end and has more behind it.
fn next_after(provider: &dyn Provider, raw: &str, last: StoredAsset) -> String {
    let card = provider.card();
    let list = card.asset_list();
    let args = card.list_operation().read(raw, Variants::default()).unwrap();
    let rows = vec![Arc::new(list.row(&last, card.name, "ws_tests", Variants::default(), None))];
    let page = Page { rows, hidden: false, more: true, total: u64::MAX };
    let cx = Context {
        now: 0,
        entropy: 0,
        key: None,
        counts: &Counts::default(),
        variants: Variants::default(),
        origin: None,
        signed_workspace: None,
        url_signer: None,
    };
    let answer = (list.answer)(&(list.page)(&page, &args), &cx);
    let body = serde_json::from_slice(&answer.body.whole()).unwrap();
    (dialects::of(card.name).next)(&body, 1, 1).unwrap()
}

fn stored(id: &str, created_at: i64) -> StoredAsset {
    StoredAsset { id: id.to_owned(), seq: 1, asset: Asset::new(created_at), blob: None }
}

#[test]
fn konpros_token_is_the_position_of_the_last_asset() {
    always(256, (any::<i64>(), ".{0,40}"), |(created_at, id)| {
        let konpro = providers::named("konpro").unwrap();
        let next = next_after(konpro, "", stored(&id, created_at));
        prop_assert_eq!(planned(konpro, &next).unwrap().start, Start::After { created_at, id });
        Ok(())
    });
}

#[test]
fn floras_cursor_is_the_number_of_assets_seen() {
    // JavaScript's numbers, which the vendor's cursor holds, are exact up to here.
    always(256, 0..(1_u64 << 53) - 1, |seen| {
        let flora = providers::named("flora").unwrap();
        let here = dialects::of("flora").samples[1].1[0];
        prop_assert_eq!(planned(flora, &format!("cursor={here}")).unwrap().start, Start::Offset(1));
        let cursor = base64_of(&format!("{{\"offset\":{seen}}}"));
        let next = next_after(flora, &format!("cursor={cursor}"), stored("a", 0));
        prop_assert_eq!(planned(flora, &next).unwrap().start, Start::Offset(seen + 1));
        Ok(())
    });
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

/// A value that some parser could choke on.
fn hostile_value() -> impl Strategy<Value = String> {
    let escaped = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..12).prop_map(escaped),
        "[!$'()*+,./0-9:;=?@A-Z_a-z~%{}|^`\\[\\]-]{0,16}",
        "[+-]?[0-9_]{0,24}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{1,4})?",
        "0[xXoObB][0-9a-fA-F]{0,40}",
        "[+-]?[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}([T_ %a-z][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.,][0-9]{0,9})?)?)?(Z|z|[+-][0-9:]{0,5})?",
        "\\[(\"[0-9a-f]{24}\",?|null,?|1,?|\\[){0,3}\\]?".prop_map(|text| percent_encode(&text)),
        "\\{\"(offset|created_us|id)\":(-?[0-9]{1,25}(e[0-9]{1,3})?|\"x\"|null|-0.0)(,\"id\":(\"\"|1))?\\}"
            .prop_map(|text| base64_of(&text)),
    ]
}

fn percent_encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Query strings of real names and junk.
fn hostile_query(dialect: &'static Dialect) -> impl Strategy<Value = String> {
    let names: Vec<_> = dialect.samples.iter().map(|(name, _)| (*name).to_owned()).collect();
    let name = prop_oneof![8 => proptest::sample::select(names), 1 => hostile_value()];
    let pair = prop_oneof![9 => (name, hostile_value()).prop_map(|(name, value)| format!("{name}={value}")), 1 => hostile_value()];
    proptest::collection::vec(pair, 0..5).prop_map(|pairs| pairs.join("&"))
}

/// Escapes the characters that no request target can hold: those are for the tests of the HTTP layer.
fn as_target(query: &str) -> String {
    let legal = |c: char| format!("/?{c}").parse::<Uri>().is_ok();
    query.chars().map(|c| if legal(c) { c.to_string() } else { percent_encode(&c.to_string()) }).collect()
}

fn answers_in_its_own_words(name: &'static str) {
    let dialect = dialects::of(name);
    let app = start(&crate::worlds::world());
    let auth = dialect.auth("_off");
    always(600, hostile_query(dialect), |query| {
        let answer = block_on(ask(&app, &dialect.target(&as_target(&query)), &auth));
        match answer.status {
            200 => prop_assert!(dialect.is_page(answer.text()), "{}", answer.text()),
            400 | 403 | 404 => prop_assert!(dialect.is_refusal(answer.text()), "{}", answer.text()),
            status => prop_assert!(false, "{} {}", status, answer.text()),
        }
        Ok(())
    });
}

#[test]
fn no_query_string_makes_xqr_fail() {
    answers_in_its_own_words("xqr");
}

#[test]
fn no_query_string_makes_flora_fail() {
    answers_in_its_own_words("flora");
}

#[test]
fn no_query_string_makes_twelvelabs_fail() {
    answers_in_its_own_words("twelvelabs");
}

#[test]
fn no_query_string_makes_piktid_fail() {
    answers_in_its_own_words("piktid");
}

#[test]
fn no_query_string_makes_konpro_fail() {
    answers_in_its_own_words("konpro");
}

/// The workspace as `assetmock export` writes it.
fn exported(app: &App, workspace: &str) -> String {
    let mut export = block_on(app.store.export(workspace, &providers::names())).unwrap();
    let mut file = fixture::Writer::begin(Vec::new(), &export.workspace).unwrap();
    loop {
        let assets = block_on(export.next()).unwrap();
        if assets.is_empty() {
            file.end().unwrap();
            return String::from_utf8(file.out).unwrap();
        }
        assets.iter().for_each(|asset| file.asset(asset).unwrap());
    }
}

/// Every page of every provider, byte for byte.
fn everything_shown(app: &Arc<App>) -> Vec<Answer> {
    let shown = std::cell::RefCell::new(Vec::new());
    for (_, dialect) in pairs() {
        let keep = |query: &str| {
            let answer = get(app, dialect, query);
            shown.borrow_mut().push(answer.clone());
            answer
        };
        dialect.walk(keep, 20, "");
    }
    shown.into_inner()
}

#[test]
fn an_exported_workspace_loads_to_the_same_bytes_on_every_wire() {
    always(48, fixture(full_asset()), |fixture| {
        let original = start(&fixture);
        let text = exported(&original, "ws_tests");
        let copy = start(&text);
        prop_assert_eq!(everything_shown(&copy), everything_shown(&original));
        prop_assert_eq!(exported(&copy, "ws_tests"), text, "an export of the copy is the same file");
        Ok(())
    });
}

#[test]
fn an_export_holds_every_field_that_a_fixture_gave() {
    always(48, fixture(full_asset()), |fixture| {
        let given = workspace(&fixture);
        let read_back = workspace(&exported(&start(&fixture), "ws_tests"));
        prop_assert_eq!(given.assets.len(), read_back.assets.len());
        for (given, read_back) in given.assets.iter().zip(&read_back.assets) {
            let read_back = serde_json::to_value(read_back).unwrap();
            for (field, value) in serde_json::to_value(given).unwrap().as_object().unwrap() {
                prop_assert_eq!(value, &read_back[field], "{}", field);
            }
        }
        Ok(())
    });
}

#[test]
fn the_demo_world_survives_an_export() {
    let text = exported(&start("demo"), "ws_demo");
    assert!(text.lines().count() > 200, "an asset a line");
    assert!(exported(&start(&text), "ws_demo") == text, "an export of the copy is the same file");
}

#[test]
fn what_was_detected_is_kept_to_the_byte() {
    let detected = r#"{"b": 2.50, "a" :1E5,"b":null,"\u00e9":[ ]}"#;
    let dialect = dialects::of("piktid");
    let world = format!(
        r#"{{"workspaces": [{{"id": "ws_tests", "keys": [{{"provider": "piktid", "key": "{}"}}], "assets": [
            {{"kind": "image", "created_at": "2026-03-01T00:00:00Z", "detected": {detected}}}]}}]}}"#,
        dialect.key
    );
    let copy = start(&exported(&start(&world), "ws_tests"));
    assert!(get(&copy, dialect, "").text().contains(&format!(r#""detected":{detected},"#)));
}

/// A tag that is there twice is one tag.
#[test]
fn an_asset_that_has_a_tag_twice_is_listed_once() {
    let dialect = dialects::of("piktid");
    let assets: Vec<_> = (0..4)
        .map(|second| json!({"kind": "image", "created_at": format!("2026-03-01T00:00:0{second}Z"), "tags": ["product", "product"]}))
        .collect();
    let key = json!({"provider": "piktid", "key": dialect.key});
    let app = start(&json!({"workspaces": [{"id": "ws_tests", "keys": [key], "assets": assets}]}).to_string());
    for narrowed in ["include_tags=product", "search=product"] {
        let all = dialect.walk(|query| get(&app, dialect, query), 100, "");
        for size in [1, 2, 3, 100] {
            let walked = dialect.walk(|query| get(&app, dialect, query), size, narrowed);
            assert_eq!(walked, all, "?{narrowed} by {size}");
        }
    }
}
