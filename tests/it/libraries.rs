//! Random libraries and random questions: few distinct instants, so that ties abound, and names full of what SQL, JSON
//! and URLs treat as special.

use proptest::collection::vec;
use proptest::option::{self, weighted};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::dialects;

/// Text with the wildcards of LIKE, quotes, spaces, and letters that change under folding.
const AWKWARD: &str = "[abAB%_'\"\\\\.? éÉßİıЖж東🎧\u{0}\u{7f}]{0,6}";

const INSTANTS: [&str; 5] = [
    "2026-03-01T00:00:00Z",
    "2026-03-01T00:00:00.000001Z",
    "2026-03-01T00:00:01Z",
    "1969-12-31T23:59:59.999999Z",
    "2026-03-20T10:00:00.5Z",
];

const FOLDERS: [&str; 5] = ["fld_a", "fld_a_b", "fld_trash", "fld_trash_a", "fld_trash_a_b"];
const KINDS: [&str; 5] = ["image", "video", "audio", "document", "other"];
const TAGS: [&str; 6] = ["model", "product", "background", "other", "Other", "MODEL x"];
const USERS: [&str; 3] = ["ada", "grace", "Ada %_' O'Neil"];

/// A fixture of one workspace with up to 60 assets, seen by `ada`, beside another with some of the same, in which the
/// same ids of projects and folders mean something else.
pub fn fixture(asset: impl Strategy<Value = Value>) -> impl Strategy<Value = String> {
    vec(asset, 0..=60).prop_map(|assets| {
        let keys = dialects::ALL.iter().map(|dialect| json!({"provider": dialect.name, "key": dialect.key}));
        let some = &assets[..assets.len().min(3)];
        let other = json!({
            "id": "ws_other", "users": users(), "folders": folders("fld_a"), "assets": some,
            "projects": [{"id": "prj_b", "name": "É a%"}, {"id": "prj_a", "name": "b_'ß"}],
        });
        let tests = json!({
            "id": "ws_tests", "keys": keys.collect::<Vec<_>>(), "users": users(), "folders": folders("fld_trash"),
            "assets": assets, "projects": [{"id": "prj_a", "name": "É a%"}, {"id": "prj_b", "name": "b_'ß"}],
        });
        json!({"workspaces": [other, tests]}).to_string()
    })
}

fn users() -> Value {
    json!(USERS.map(|name| json!({"name": name})))
}

fn folders(trashed: &str) -> Value {
    let parents = [None, Some("fld_a"), None, Some("fld_trash"), Some("fld_trash_a")];
    let folder = |(id, parent)| json!({"id": id, "name": "F", "parent": parent, "trashed": id == trashed});
    FOLDERS.into_iter().zip(parents).map(folder).collect()
}

/// An asset with what decides whether it is listed.
pub fn listed_asset() -> impl Strategy<Value = Value> {
    (seen(), beside()).prop_map(|(seen, beside)| merged([seen, beside]))
}

/// An asset with every field that there is.
pub fn full_asset() -> impl Strategy<Value = Value> {
    (seen(), beside(), shown()).prop_map(|(seen, beside, mut shown)| {
        if ["pending", "failed"].contains(&seen["status"].as_str().unwrap()) {
            shown["is_public"] = json!(false); // Only what was uploaded is published.
        }
        merged([seen, beside, shown])
    })
}

/// One object of all the fields that are not null.
fn merged(parts: impl IntoIterator<Item = Value>) -> Value {
    let fields = parts.into_iter().flat_map(|part| match part {
        Value::Object(fields) => fields,
        other => panic!("{other} has no fields"),
    });
    Value::Object(fields.filter(|(_, value)| !value.is_null()).collect())
}

/// What it is, and when.
fn seen() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![5 => Just("image"), 3 => select(&KINDS[..])];
    let status = prop_oneof![5 => Just("ready"), 1 => select(&["pending", "processing", "failed"][..])];
    let description = weighted(0.3, AWKWARD);
    (weighted(0.9, AWKWARD), description, kind, status, select(&INSTANTS[..])).prop_map(
        |(name, description, kind, status, at)| {
            json!({"name": name, "description": description, "kind": kind, "status": status, "created_at": at})
        },
    )
}

/// What it belongs to.
fn beside() -> impl Strategy<Value = Value> {
    let visibility = prop_oneof![3 => Just("private"), 2 => Just("shared"), 1 => Just("default")];
    let tags = vec(select(&TAGS[..]), 0..5); // the same one twice, too
    let project = option::of(select(&["prj_a", "prj_b"][..]));
    (option::of(select(&FOLDERS[..])), project, option::of(select(&USERS[..])), visibility, tags).prop_map(
        |(folder, project, uploader, visibility, tags)| {
            json!({"folder": folder, "project": project, "uploader": uploader, "visibility": visibility, "tags": tags})
        },
    )
}

/// What is only shown.
fn shown() -> impl Strategy<Value = Value> {
    let text = || weighted(0.4, AWKWARD);
    let number = || weighted(0.5, prop_oneof![Just(0), 1..10_000_i64, Just(i64::MAX)]);
    let texts = (text(), text(), text(), text(), text());
    let detected = weighted(0.3, select(&["[1,2.50,{\"b\":null,\"a\":\"\\u00e9\"}]", "1e5", "\"\"", "{}"][..]));
    let more =
        (any::<bool>(), select(&["direct", "url", "signed_url", "éx"][..]), weighted(0.3, select(&INSTANTS[..])));
    (texts, (number(), number(), number()), detected, more).prop_map(|(texts, numbers, detected, more)| {
        let (mime_type, url, public_url, styling_note, node) = texts;
        let detected: Value = detected.map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
        json!({
            "mime_type": mime_type, "url": url, "public_url": public_url,
            "styling_note": styling_note, "node": node, "thumbnail_big": url, "thumbnail_small": node,
            "size_bytes": numbers.0, "width": numbers.1, "height": numbers.2, "detected": detected,
            "is_public": more.0, "uploaded_via": more.1, "updated_at": more.2,
        })
    })
}

/// Filters that the provider reads, some of which find nothing; ids are drawn from `ids`.
pub fn filters(provider: &str, ids: Vec<String>) -> BoxedStrategy<Vec<(&'static str, String)>> {
    let words = |words: &'static [&'static str]| select(words).prop_map(str::to_owned).boxed();
    let text = || AWKWARD.prop_map(|text: String| text).boxed();
    let one = move |name: &'static str, value: BoxedStrategy<String>| maybe(name, value);
    let asked = match provider {
        "flora" => vec![one("query", text()), one("project_id", words(&["prj_a", "prj_b"]))],
        "twelvelabs" => {
            let types = words(&["image", "video", "audio", "document"]);
            let nobody = "0123456789abcdef01234567".to_owned();
            let known = select(ids.into_iter().chain([nobody]).collect::<Vec<_>>()).boxed();
            vec![one("filename", text()), several("asset_types", types), several("asset_ids", known)]
        }
        "piktid" => {
            let tags = || words(&["model", "product", "other", "model,product", "background,other"]);
            vec![
                one("order", words(&["asc", "desc"])),
                one("sort_by", words(&["filename", "created_at"])),
                one("created_by", words(&USERS)),
                one("created_after", words(&INSTANTS)),
                one("created_before", words(&INSTANTS)),
                one("search", prop_oneof![text(), words(&["OTHER", "mod", "x", "é A%", "B_", "ß"])].boxed()),
                one("ownership", words(&["mine", "shared", "default"])),
                one("include_tags", tags()),
                one("exclude_tags", tags()),
            ]
        }
        "konpro" => {
            vec![one("folder_id", words(&FOLDERS)), one("file_type", words(&["image", "audio", "document", "nope"]))]
        }
        _ => Vec::new(),
    };
    asked.prop_map(|parts| parts.into_iter().flatten().collect()).boxed()
}

type Pairs = BoxedStrategy<Vec<(&'static str, String)>>;

/// The parameter once, or more often not at all.
fn maybe(name: &'static str, value: BoxedStrategy<String>) -> Pairs {
    weighted(0.35, value).prop_map(move |value| value.map(|value| (name, value)).into_iter().collect()).boxed()
}

/// The parameter any number of times.
fn several(name: &'static str, value: BoxedStrategy<String>) -> Pairs {
    let times = prop_oneof![2 => Just(0), 1 => 1..4_usize];
    let given = times.prop_flat_map(move |times| vec(value.clone(), times));
    given.prop_map(move |values| values.into_iter().map(|value| (name, value)).collect()).boxed()
}
