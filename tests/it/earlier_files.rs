//! Database files of earlier versions, in `tests/databases/`: this version opens them, lists from them and restores
//! their snapshots. Each `VERSION.db` was made by that version's own binary, `VERSION-changed.json` and
//! `VERSION-snapshot.json` are what that binary exported before and after its snapshot `before` was restored.
//! `schema-8.db` is the last file with a column for each field of an asset, `schema-8.json` the answers of the binary
//! that made it. None of them is ever made again.

use std::path::Path;

use assetmock::library::asset::Asset;
use assetmock::library::store::fold;
use assetmock::providers;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};

use crate::dialects;
use crate::process::{Folder, Running};
use crate::support::block_on;

fn earlier(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/databases").join(name)).unwrap()
}

/// A key of the vendor's shape, as the fixture of these files gives it.
fn key(provider: &str) -> &'static str {
    match provider {
        "xqr" => "xqr_pk_0000000a.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "flora" => "sk_test_kept",
        "twelvelabs" => "tlk_kept",
        "piktid" => "piktid_kept",
        "konpro" => "konpro_kept",
        other => panic!("{other} is no vendor of that version"),
    }
}

#[test]
fn a_file_of_version_0_1_0_is_opened_listed_and_restored() {
    let folder = Folder::new();
    let file = folder.write("library.sqlite", earlier("0.1.0.db"));
    let server = Running::start(&["--database", &file, "--clock", "2026-03-21T12:00:00Z"]);
    let exported = |name: &str| {
        let answer = server.connect().ask("GET", "/_emulator/workspaces/ws_kept/fixture", &[], "");
        // That version wrote no lines, and had other names for what was imported.
        let expected = String::from_utf8(earlier(name)).unwrap();
        let expected = expected.replace(r#""told":{"by":"#, r#""imported_from":{"provider":"#);
        assert_eq!(answer.text().replace('\n', ""), expected.replace(r#","words":{"#, r#","json":{"#));
    };
    exported("0.1.0-changed.json");
    for provider in providers::ALL.iter().map(|provider| provider.card()) {
        let line = provider.auth.carrier.line(key(provider.name));
        let answer = server.connect().ask("GET", &format!("/{}{}", provider.name, provider.list()), &[&line], "");
        assert_eq!(answer.status, 200, "{}: {}", provider.name, answer.text());
        assert!(answer.text().contains("renamed.png"), "{}: {}", provider.name, answer.text());
        assert!(dialects::of(provider.name).is_page(answer.text()), "{}", provider.name);
    }
    // Nobody knows when its projects were made.
    let (_, listed) = server.get("/flora/api/v1/projects?workspace_id=ws_kept", "Authorization: Bearer sk_test_kept");
    assert_eq!(
        (&listed["projects"][0]["created_at"], &listed["projects"][0]["last_modified"]),
        (&json!(0), &Value::Null)
    );
    let mut client = server.connect();
    client.steer("POST", "snapshots/before/restore", "{}");
    exported("0.1.0-snapshot.json");
    let counts = client.steer("GET", "health", "")["counts"].clone();
    assert_eq!(counts, serde_json::json!({"workspaces": 3, "keys": 18, "assets": 10}));
    client.steer("POST", "workspaces/ws_kept/assets", r#"{"assets":[{"name":"new.png","mime_type":"image/png"}]}"#);
    client.steer("PATCH", "workspaces/ws_kept", r#"{"variants": {"flora.content_type": "mime"}}"#);
    drop(client);
    assert!(server.stop().status.success());
    // What was written is there for this version, too.
    let server = Running::start(&["--database", &file]);
    let name = server.get("/flora/api/v1/assets?query=new.png", "Authorization: Bearer sk_test_kept").1;
    assert_eq!(name["assets"][0]["name"], "new.png");
    assert_eq!(name["assets"][0]["content_type"], "image/png", "the variants are kept with the workspace");
}

/// A request, and the body that the binary which made the file answered with.
#[derive(Deserialize)]
struct Asked {
    method: String,
    path: String,
    header: String,
    body: String,
}

/// Fields with every value that has a form of its own: JSON kept to the byte, years that only an offset leads to, text
/// that ends like JSON, empty text. Two workspaces share a collection with a snapshot, a third has changed its copy.
#[test]
fn a_file_with_a_column_for_each_field_gives_the_same_exports_and_lists() {
    let folder = Folder::new();
    let file = folder.write("library.sqlite", earlier("schema-8.db"));
    let server = Running::start(&[
        "--database",
        &file,
        "--clock",
        "2026-03-21T12:00:00Z",
        "--seed",
        "7",
        "--asset-urls",
        "vendor",
    ]);
    let mut client = server.connect();
    let all: Vec<Asked> = serde_json::from_slice(&earlier("schema-8.json")).unwrap();
    for Asked { method, path, header, body } in all {
        let headers: Vec<&str> = [&*header].into_iter().filter(|line| !line.is_empty()).collect();
        let sent = if method == "POST" { "{}" } else { "" };
        let answer = client.ask(&method, &path, &headers, sent);
        if path == "/_emulator/workspaces" {
            // Since then the list of workspaces also says what is listed of each.
            let mut today = answer.json();
            for workspace in today["workspaces"].as_array_mut().unwrap() {
                assert!(workspace.as_object_mut().unwrap().remove("listed").is_some(), "{workspace}");
            }
            assert_eq!(today, serde_json::from_str::<serde_json::Value>(&body).unwrap());
            continue;
        }
        assert_eq!(answer.text(), body, "{method} {path}");
    }
    // What is written now stands beside what was migrated.
    let page = client.steer("GET", "workspaces/ws_kept/assets", "");
    for asset in page["assets"].as_array().unwrap().iter().take(2) {
        let id = asset["ids"].as_object().unwrap().values().next().unwrap().as_str().unwrap();
        let patch = json!({"name": "ΣΑΣ.png", "tags": ["new"], "status": "failed", "is_public": false, "folder": null});
        client.steer("PATCH", &format!("workspaces/ws_kept/assets/{id}"), &patch.to_string());
    }
    client.steer("POST", "workspaces/ws_twin/assets", r#"{"assets":[{"name":"new.png","mime_type":"image/png"}]}"#);
    drop(client);
    assert!(server.stop().status.success());
    assert!(columns_that_repeat_the_json(&file) > 25);
}

/// Checks that the columns of each asset say what its JSON says, and gives the number of assets.
fn columns_that_repeat_the_json(file: &str) -> usize {
    let sql = "SELECT json, json_array(name, name_folded, description_folded, kind, status, json(tags), created_at,\n\
               uploader, visibility, project_id, folder_id) FROM asset";
    let rows = block_on(async {
        let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        sqlx::query(sql).fetch_all(&mut connection).await.unwrap()
    });
    for row in &rows {
        let asset: Asset = serde_json::from_str(row.get(0)).unwrap();
        let folded = |text: &Option<String>| text.as_deref().map(fold);
        let (name, description) = (folded(&asset.name), folded(&asset.description));
        let (status, visibility) = (asset.status.word(), asset.visibility.word());
        let said = json!([
            asset.name,
            name,
            description,
            asset.kind,
            status,
            asset.tags,
            asset.created_at.0,
            asset.uploader,
            visibility,
            asset.project,
            asset.folder
        ]);
        assert_eq!(serde_json::from_str::<Value>(row.get(1)).unwrap(), said);
    }
    rows.len()
}
