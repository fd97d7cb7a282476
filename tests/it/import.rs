//! What a vendor says of its assets, imported: the same vendor says the same again, to the byte and in the same order,
//! and nothing is lost without a word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assetmock::contract::query::Reads;
use assetmock::emulator::app::App;
use assetmock::library::asset::Asset;
use assetmock::library::fixture::{Fixture, Folder, Key, Project, User, Workspace};
use assetmock::library::limits::KeyLimits;
use assetmock::library::model::Visibility;
use assetmock::providers;
use proptest::prelude::*;
use serde_json::value::RawValue;

use crate::dialects::{self, Dialect, pairs};
use crate::libraries::{fixture, full_asset};
use crate::properties::always;
use crate::support::{Answer, NOON, app, ask, block_on};
use crate::told;

fn import(name: &str, body: &str) -> Vec<Asset> {
    providers::named(name).unwrap().import(body).unwrap_or_else(|why| panic!("{name}: {why}\n{body}"))
}

fn refusal(name: &str, body: &str) -> String {
    providers::named(name).unwrap().import(body).unwrap_err().to_string()
}

/// A fixture of these assets and what they name, with a key at every provider, which acts as the user who has private
/// ones, or is named by what the platform provides.
fn world(assets: Vec<Asset>) -> String {
    let whose = |visibility| assets.iter().find(|asset| asset.visibility == visibility);
    let own = whose(Visibility::Private).or_else(|| whose(Visibility::Default));
    let user = own.and_then(|asset| asset.uploader.clone()).unwrap_or_else(|| "owner".to_owned());
    let all = |field: fn(&Asset) -> &Option<String>| assets.iter().filter_map(field_of(field)).collect::<BTreeSet<_>>();
    let others = all(|asset| &asset.uploader).into_iter().filter(|name| *name != user);
    let users = [user.clone()].into_iter().chain(others).map(|name| User { name }).collect();
    let folders = all(|asset| &asset.folder).into_iter();
    let folders = folders.map(|id| Folder { name: id.clone(), id, parent: None, trashed: false }).collect();
    let projects = all(|asset| &asset.project).into_iter().map(|id| Project { name: id.clone(), id }).collect();
    let keys = dialects::ALL.iter().map(|dialect| Key {
        provider: dialect.name.to_owned(),
        key: dialect.key.to_owned(),
        user: None,
        scopes: None,
        revoked: false,
        expires_at: None,
        limits: KeyLimits::Default,
    });
    let keys = keys.collect();
    let workspace = Workspace { users, keys, projects, folders, assets, ..Workspace::empty("ws_tests") };
    serde_json::to_string(&Fixture { schema: None, workspaces: vec![workspace] }).unwrap()
}

fn field_of(field: fn(&Asset) -> &Option<String>) -> impl Fn(&Asset) -> Option<String> {
    move |asset| field(asset).clone()
}

fn start(fixture: &str) -> Arc<App> {
    Arc::new(block_on(app(fixture, NOON)))
}

fn get(app: &Arc<App>, dialect: &Dialect, query: &str) -> Answer {
    block_on(ask(app, &dialect.target(query), &dialect.auth("")))
}

fn largest_page(dialect: &Dialect) -> usize {
    let params = providers::named(dialect.name).unwrap().card().params();
    match params.iter().find(|param| param.name == dialect.size).unwrap().reads {
        Reads::Integer { max, .. } => usize::try_from(max).unwrap(),
        _ => panic!("{} is no number", dialect.size),
    }
}

/// The objects of a page, as they are written there.
pub fn written(dialect: &Dialect, answer: &Answer) -> Vec<String> {
    let fields: BTreeMap<&str, &RawValue> = serde_json::from_str(answer.text()).unwrap();
    let rows: Vec<&RawValue> = serde_json::from_str(fields[&dialect.rows[1..]].get()).unwrap();
    rows.into_iter().map(|row| row.get().to_owned()).collect()
}

/// Everything that the provider lists, page by page, as it is written there.
fn listed(app: &Arc<App>, name: &str, filter: &str) -> Vec<String> {
    let dialect = dialects::of(name);
    let objects = std::cell::RefCell::new(Vec::new());
    let keep = |query: &str| {
        let answer = get(app, dialect, query);
        objects.borrow_mut().extend(written(dialect, &answer));
        answer
    };
    dialect.walk(keep, largest_page(dialect), filter);
    objects.into_inner()
}

/// What the provider lists once a response of its own was imported.
fn given_back(name: &str, body: &str, filter: &str) -> Vec<String> {
    listed(&start(&world(import(name, body))), name, filter)
}

pub fn rows(name: &str) -> &'static str {
    &dialects::of(name).rows[1..]
}

/// The response of these objects and nothing else.
fn response(name: &str, objects: &[String]) -> String {
    format!(r#"{{"{}":[{}]}}"#, rows(name), objects.join(","))
}

#[test]
fn the_sample_of_xqr_comes_back() {
    let objects = [
        r#"{"id":"a1b2c3d4-e5f6-7890-abcd-ef1234567890","filename":"logo-dark.png","mime_type":"image/png","file_size":48210,"status":"confirmed","is_public":true,"public_url":"https://cdn.xqr.co/tenants/ws_abc/originals/a1b2c3d4.png","tags":["branding","logo"],"created_at":"2026-03-18T10:15:00Z","updated_at":"2026-03-19T08:30:00Z"}"#,
        r#"{"id":"f7e8d9c0-b1a2-3456-7890-abcdef123456","filename":"banner-summer.jpg","mime_type":"image/jpeg","file_size":215040,"status":"confirmed","is_public":false,"public_url":null,"tags":["campaign"],"created_at":"2026-03-15T14:22:00Z","updated_at":"2026-03-15T14:22:00Z"}"#,
    ];
    let body = r#"{ "data": [ { "id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "filename": "logo-dark.png", "mime_type": "image/png", "file_size": 48210, "status": "confirmed", "is_public": true, "public_url": "https://cdn.xqr.co/tenants/ws_abc/originals/a1b2c3d4.png", "tags": ["branding", "logo"], "created_at": "2026-03-18T10:15:00Z", "updated_at": "2026-03-19T08:30:00Z" }, { "id": "f7e8d9c0-b1a2-3456-7890-abcdef123456", "filename": "banner-summer.jpg", "mime_type": "image/jpeg", "file_size": 215040, "status": "confirmed", "is_public": false, "public_url": null, "tags": ["campaign"], "created_at": "2026-03-15T14:22:00Z", "updated_at": "2026-03-15T14:22:00Z" } ], "meta": { "request_id": "req_9a8b7c6d5e4f3210", "rate_limit": { "limit": 600, "remaining": 598, "reset": 1742572800 } }}"#;
    assert_eq!(given_back("xqr", body, ""), objects);
}

/// It belongs to the workspace of its account, and still says so.
#[test]
fn the_sample_of_flora_comes_back() {
    let object = r#"{"asset_id":"asset_abc123","content_type":"content_type","created_at":0,"description":"description","height":0,"name":"name","size_bytes":0,"status":"pending_upload","upload_content_type":"upload_content_type","uploaded_via":"uploaded_via","url":"https://example.com","width":0,"workspace_id":"ws_abc123","node_id":"node_abc123","project_id":"prj_abc123"}"#;
    let body = r#"{
  "assets": [
    {
      "asset_id": "asset_abc123",
      "content_type": "content_type",
      "created_at": 0,
      "description": "description",
      "height": 0,
      "name": "name",
      "size_bytes": 0,
      "status": "pending_upload",
      "upload_content_type": "upload_content_type",
      "uploaded_via": "uploaded_via",
      "url": "https://example.com",
      "width": 0,
      "workspace_id": "ws_abc123",
      "node_id": "node_abc123",
      "project_id": "prj_abc123"
    }
  ],
  "meta": {
    "next_cursor": "eyJvZmZzZXQiOjIwfQ",
    "total_estimate": 0
  }
}"#;
    for filter in ["", "project_id=prj_abc123", "query=NAME", "workspace_id=ws_tests"] {
        assert_eq!(given_back("flora", body, filter), [object], "{filter}");
    }
}

/// The reference page has a schema and no sample; these are its fields with values of their documented forms.
#[test]
fn assets_of_twelvelabs_come_back() {
    let objects = [
        r#"{"_id":"6298d673f1090f1100476d4c","method":"direct","status":"ready","filename":"image-01.jpg","file_type":"image/jpeg","created_at":"2022-06-02T10:30:00Z"}"#,
        r#"{"_id":"6298d673f1090f1100476d4d","method":"url","status":"processing","filename":"video-01.mp4","file_type":"video/mp4","created_at":"2022-06-02T10:30:00Z"}"#,
    ];
    let body = format!(
        r#"{{"data": [{}], "page_info": {{"limit_per_page": 10, "page": 1, "total_page": 1, "total_results": 2}}}}"#,
        objects.join(", ")
    );
    assert_eq!(given_back("twelvelabs", &body, ""), objects, "though the second has the greater id");
    assert_eq!(given_back("twelvelabs", &body, "asset_types=video&filename=VIDEO"), objects[1..]);
}

/// The reference page's own sample has the names of types for values, which are no times.
#[test]
fn the_sample_of_piktid_comes_back_once_it_has_a_time() {
    let sample = |created_at: &str| {
        format!(
            r#"{{
  "pagination": {{ "page": 0, "per_page": 0, "total": 0, "pages": 0, "has_next": true, "has_prev": true }},
  "assets": [
    {{
      "id": "string",
      "filename": "string",
      "url": "string",
      "created_at": "{created_at}",
      "created_by": "string",
      "tags": [
        "string"
      ],
      "visibility": "private",
      "thumbnail_big": null,
      "thumbnail_small": null,
      "styling_note": null,
      "detected": null,
      "dimensions": null
    }}
  ]
}}"#
        )
    };
    let such_as = "`2026-03-21T12:00:00.000001+00:00`";
    let said = format!("assets[0].created_at: `string` is not a time such as {such_as}");
    assert_eq!(refusal("piktid", &sample("string")), said);
    let object = r#"{"id":"string","filename":"string","url":"string","created_at":"2026-02-20T11:22:08.123456","created_by":"string","tags":["string"],"visibility":"private","thumbnail_big":null,"thumbnail_small":null,"styling_note":null,"detected":null,"dimensions":null}"#;
    for filter in ["", "ownership=mine", "created_by=string", "created_after=2026-02-20T11:22:08.123456Z"] {
        assert_eq!(given_back("piktid", &sample("2026-02-20T11:22:08.123456"), filter), [object], "{filter}");
    }
}

#[test]
fn the_sample_of_konpro_comes_back() {
    let objects = [
        r#"{"id":"asset_123456","name":"profile_image.jpg","file_type":"image","folder_id":"folder_789","created_ts":1640995200,"url":null}"#,
        r#"{"id":"asset_789012","name":"video_clip.mp4","file_type":"video","folder_id":"","created_ts":1640995100,"url":null}"#,
    ];
    let body = r#"{
  "assets": [
    {
      "id": "asset_123456",
      "name": "profile_image.jpg",
      "file_type": "image",
      "folder_id": "folder_789",
      "created_ts": 1640995200,
      "url": null
    },
    {
      "id": "asset_789012",
      "name": "video_clip.mp4",
      "file_type": "video",
      "folder_id": "",
      "created_ts": 1640995100,
      "url": null
    }
  ],
  "token": "next_page_token_abc123",
  "has_more": true
}"#;
    assert_eq!(given_back("konpro", body, ""), objects);
    assert_eq!(given_back("konpro", body, "folder_id=folder_789"), objects[..1]);
    assert_eq!(given_back("konpro", body, "file_type=video"), objects[1..]);
}

/// Random objects, random ways of writing them: they come back compact, to the byte and in order.
fn comes_back(name: &'static str) {
    let input = (told::objects(name), proptest::collection::vec(any::<u8>(), 1..50));
    always(64, input, |(objects, spaces)| {
        let body = told::response(rows(name), &objects, &spaces);
        prop_assert_eq!(given_back(name, &body, ""), objects);
        Ok(())
    });
}

#[test]
fn whatever_xqr_says_comes_back() {
    comes_back("xqr");
}

#[test]
fn whatever_flora_says_comes_back() {
    comes_back("flora");
}

#[test]
fn whatever_twelvelabs_says_comes_back() {
    comes_back("twelvelabs");
}

#[test]
fn whatever_piktid_says_comes_back() {
    comes_back("piktid");
}

#[test]
fn whatever_konpro_says_comes_back() {
    comes_back("konpro");
}

/// A list of our own is a list response like any other.
#[test]
fn what_we_list_can_be_imported() {
    always(24, fixture(full_asset()), |fixture| {
        let app = start(&fixture);
        for (_, dialect) in pairs() {
            let objects = listed(&app, dialect.name, "");
            prop_assert_eq!(given_back(dialect.name, &response(dialect.name, &objects), ""), objects);
        }
        Ok(())
    });
}

/// The least that can be placed.
fn least(name: &str, id: &str, time: &str) -> String {
    let field = if name == "konpro" { "created_ts" } else { "created_at" };
    format!(r#"{{"{}":"{id}","{field}":{time}}}"#, dialects::of(name).id)
}

fn noon(name: &str) -> &'static str {
    match name {
        "konpro" => "1774094400",
        "flora" => "1774094400000",
        _ => "\"2026-03-21T12:00:00Z\"",
    }
}

#[test]
fn the_order_of_many_pages_of_one_time_survives() {
    for (_, dialect) in pairs() {
        let ids = (0..2 * largest_page(dialect) + 7).map(|place| (place * 7919 % 99_991).to_string());
        let objects: Vec<_> = ids.map(|id| least(dialect.name, &id, noon(dialect.name))).collect();
        assert_eq!(given_back(dialect.name, &response(dialect.name, &objects), ""), objects);
    }
}

#[test]
fn a_response_in_another_order_is_given_back_in_that_order() {
    let object = |id: &str, name: &str, second: u8| {
        format!(
            r#"{{"id":"{id}","filename":"{name}","created_at":"2026-03-21T12:00:0{second}","visibility":"shared"}}"#
        )
    };
    let oldest_first = [object("c", "x", 1), object("a", "z", 2), object("b", "y", 3)];
    let body = response("piktid", &oldest_first);
    assert_eq!(given_back("piktid", &body, "order=asc"), oldest_first);
    let by_name = [object("b", "x", 2), object("c", "y", 1), object("a", "z", 3)];
    let body = response("piktid", &by_name);
    assert_eq!(given_back("piktid", &body, "sort_by=filename&order=asc"), by_name);
}

#[test]
fn what_the_platform_provides_is_given_back_to_who_asks_for_it() {
    let object = r#"{"id":"a","created_at":"2026-03-21T12:00:00","visibility":"default"}"#.to_owned();
    let body = response("piktid", std::slice::from_ref(&object));
    assert_eq!(given_back("piktid", &body, "ownership=default"), [object]);
}

/// Words are one provider's: the others say the same asset in theirs.
#[test]
fn an_imported_asset_is_seen_through_the_other_providers() {
    let body = r#"{"assets":[{"id":"asset_1","name":"a.png","file_type":"image","created_ts":1774094400,"new":1}]}"#;
    let app = start(&world(import("konpro", body)));
    for (_, dialect) in pairs() {
        let answer = get(&app, dialect, "");
        let names: Vec<_> = dialect.rows(&answer).iter().map(|row| row.to_string().contains("\"a.png\"")).collect();
        assert_eq!(names, [true], "{}", answer.text());
        assert!(dialect.is_page(answer.text()), "{}", answer.text());
        assert_eq!(answer.text().contains("\"new\":1"), dialect.name == "konpro", "{}", answer.text());
    }
}

#[test]
fn what_cannot_be_placed_is_refused_with_its_place() {
    for (_, dialect) in pairs() {
        let (name, rows, id) = (dialect.name, rows(dialect.name), dialect.id);
        let time = if name == "konpro" { "created_ts" } else { "created_at" };
        let said = |objects: &[String]| refusal(name, &response(name, objects));
        let begins = |said: String, with: String| assert!(said.starts_with(&with), "{name}: {said}");
        let whole = format!("send the whole answer of the list route, such as `{{\"{rows}\":[…]}}`");
        let good = least(name, "a", noon(name));
        begins(refusal(name, "{"), "the JSON ends too early (line 1, column 1)".to_owned());
        begins(refusal(name, &format!("[{good}]")), "this is no JSON object; send the whole".to_owned());
        assert_eq!(refusal(name, "{}"), format!("{rows}: it is missing; {whole}"));
        assert_eq!(
            refusal(name, &format!("{{\"{rows}\":{good}}}")),
            format!("{rows}: this is an object; send a list; {whole}")
        );
        begins(said(&[good.clone(), "[]".to_owned()]), format!("{rows}[1]: an asset is a JSON object"));
        for bad in ["null", "7", "\"\""] {
            let object = format!(r#"{{"{id}":{bad},"{time}":{}}}"#, noon(name));
            begins(said(&[good.clone(), object]), format!("{rows}[1].{id}: the asset's id must be here"));
        }
        begins(said(&[least(name, "a", "null")]), format!("{rows}[0].{time}: a time must be here, such as `"));
        begins(said(&[format!(r#"{{"{id}":"a"}}"#)]), format!("{rows}[0].{time}: a time must be here, such as `"));
        begins(said(&[least(name, "a", "[]")]), format!("{rows}[0].{time}: this is a list; send a "));
        let nonsense = if noon(name).starts_with('"') { "\"noon\"" } else { "9e99" };
        let shown = nonsense.trim_matches('"');
        begins(said(&[least(name, "a", nonsense)]), format!("{rows}[0].{time}: `{shown}` is not a time such as `"));
        let twice = [good.clone(), least(name, "b", noon(name)), good];
        assert_eq!(said(&twice), format!("{rows}[2].{id}: `a` is there twice; send each asset once"));
    }
}

/// KonPro tells no MIME type; TwelveLabs shows the one that the name tells.
#[test]
fn an_image_from_konpro_is_an_image_at_twelvelabs() {
    let object = r#"{"id":"asset_1","name":"profile_image.jpg","file_type":"image","created_ts":1640995200}"#;
    let app = start(&world(import("konpro", &response("konpro", &[object.to_owned()]))));
    let shown = listed(&app, "twelvelabs", "");
    assert!(shown[0].contains(r#""filename":"profile_image.jpg","file_type":"image/jpeg""#), "{shown:?}");
}

/// A field that means something here must have the type that the vendor's documents give it.
#[test]
fn a_value_of_another_type_is_refused_with_its_place() {
    for (name, field, value, said) in [
        ("xqr", "tags", "[\"a\",1]", "data[0].tags[1]: this is the number 1; send a text"),
        ("flora", "width", "\"1\"", "assets[0].width: this is the text \"1\"; send a number"),
        ("twelvelabs", "filename", "{}", "data[0].filename: this is an object; send a text"),
        ("piktid", "dimensions", "[1]", "assets[0].dimensions: this has 1 items; send a list of length 2"),
        ("konpro", "url", "false", "assets[0].url: this is `false`; send a text"),
    ] {
        let least = least(name, "a", noon(name));
        let object = format!("{},\"{field}\":{value}}}", least.trim_end_matches('}'));
        assert_eq!(refusal(name, &response(name, &[object])), said);
    }
}

#[test]
fn what_a_list_here_would_not_show_is_refused_by_name() {
    for (name, fields, said) in [
        (
            "konpro",
            r#""file_type":"document""#,
            "assets[0].file_type: assets of the type `document` are not listed here",
        ),
        ("konpro", r#""file_type":"other""#, "assets[0].file_type: assets of the type `other` are not listed here"),
        ("piktid", r#""visibility":"group""#, "assets[0].visibility: `group`"),
    ] {
        let least = least(name, "a", noon(name));
        let object = format!("{},{fields}}}", least.trim_end_matches('}'));
        let refusal = refusal(name, &response(name, &[object]));
        assert!(refusal.starts_with(said), "{refusal}");
    }
}
