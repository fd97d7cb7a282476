//! Files beside a fixture that have the bytes of its assets.

use assetmock::emulator::load_fixtures;
use assetmock::library::placeholder::{Placeholder, PlaceholderFields};
use assetmock::library::store::{DatabaseLocation, Store};
use assetmock::providers;
use serde_json::{Value, json};

use crate::cli::{run, stdout};
use crate::process::{Folder, Running};
use crate::support::{Server, block_on};

/// A picture of 90 by 40 pixels.
fn picture(mime_type: &str) -> Vec<u8> {
    let (width, height, size_bytes) = (Some(90), Some(40), Some(5_000));
    let fields = PlaceholderFields { seed: "a", mime_type: Some(mime_type), width, height, size_bytes };
    Placeholder::of(&fields).read(0..u64::MAX)
}

fn world(asset: &Value) -> String {
    let mut asset = asset.clone();
    let fields = asset.as_object_mut().unwrap();
    fields.entry("created_at").or_insert_with(|| json!("2026-03-01T00:00:00Z"));
    fields.entry("ids").or_insert_with(|| json!({"flora": "asset_a"}));
    let keys = json!([{"provider": "flora", "key": "sk_files"}]);
    json!({"workspaces": [{"id": "ws_files", "keys": keys, "assets": [asset]}]}).to_string()
}

fn fixture(folder: &Folder, asset: &Value) -> String {
    folder.write("world.json", world(asset))
}

/// What is wrong with an asset in a fixture in this folder.
fn problem(folder: &Folder, asset: &Value) -> String {
    let problem = load_fixtures::read(&[fixture(folder, asset)]).unwrap_err();
    assert!(problem.source.ends_with("world.json") && problem.place.is_some(), "{problem:?}");
    format!("{}: {}", problem.field.strip_prefix("workspaces[0].assets[0].").unwrap(), problem.message)
}

#[test]
fn what_an_asset_leaves_out_comes_from_the_bytes() {
    let folder = Folder::new();
    folder.write("a.txt", picture("image/png"));
    let server = Server::start(&fixture(&folder, &json!({"name": "logo", "file": "./a.txt"})));
    let listed = server.list("flora", "sk_files", "").json()["assets"][0].clone();
    assert_eq!(
        (&listed["upload_content_type"], &listed["size_bytes"], &listed["width"], &listed["height"]),
        (&json!("image/png"), &json!(5_000), &json!(90), &json!(40))
    );
    let bytes = server.get("/_assets/ws_files/flora/asset_a/logo", &[]);
    assert_eq!((bytes.header("content-type"), &bytes.body), (Some("image/png"), &picture("image/png")));
    // The emulator's own API and exports know nothing of the file.
    let asset = server.get("/_emulator/workspaces/ws_files/assets/asset_a", &[]).json();
    assert_eq!((asset.get("file"), &asset["kind"]), (None, &json!("image")));
    let export = server.get("/_emulator/workspaces/ws_files/fixture", &[]).json();
    assert_eq!(export["workspaces"][0]["assets"][0].get("file"), None);
}

#[test]
fn what_an_asset_states_is_kept_if_the_bytes_agree_or_say_nothing() {
    let folder = Folder::new();
    folder.write("a.jpg", picture("image/jpeg"));
    folder.write("a.zip", "PK\x03\x04 and more");
    folder.write("notes", "# Notes");
    let stated = json!({"size_bytes": 5_000, "width": 90, "height": 40, "mime_type": "image/jpg"});
    for (file, stated) in [
        ("a.jpg", &stated),
        ("a.jpg", &json!({"mime_type": "IMAGE/JPEG; q=1"})),
        ("a.jpg", &json!({"mime_type": "application/octet-stream"})),
        ("a.zip", &json!({"mime_type": "application/vnd.own+zip", "width": 7})),
        ("notes", &json!({"mime_type": "text/markdown"})),
        ("notes", &json!({"mime_type": "image/png", "height": 9})),
    ] {
        let mut asset = stated.clone();
        asset["file"] = json!(file);
        let read = load_fixtures::read(&[fixture(&folder, &asset)]).unwrap_or_else(|error| panic!("{error}"));
        let read = serde_json::to_value(&read[0].workspaces[0].assets[0]).unwrap();
        for (field, stated) in stated.as_object().unwrap() {
            assert_eq!(&read[field], stated, "{file}");
        }
    }
}

#[test]
fn what_contradicts_the_bytes_is_an_error_that_names_both() {
    let folder = Folder::new();
    folder.write("a.png", picture("image/png"));
    for (field, stated, found) in [
        ("size_bytes", json!(4_999), "5000"),
        ("width", json!(91), "90"),
        ("height", json!(41), "40"),
        ("mime_type", json!("image/jpeg"), "image/png"),
        ("mime_type", json!("video/mp4"), "image/png"),
    ] {
        let shown = stated.as_str().map_or(stated.to_string(), str::to_owned);
        let expected = format!(
            "{field}: the fixture says `{shown}` and the bytes of `a.png` say `{found}`; leave `{field}` out, or correct it"
        );
        assert_eq!(problem(&folder, &json!({"file": "a.png", field: stated})), expected);
    }
}

#[test]
fn a_file_is_one_below_the_folder_of_the_fixture() {
    let folder = Folder::new();
    std::fs::create_dir(folder.file("pictures")).unwrap();
    folder.write("pictures/a.png", picture("image/png"));
    let outside = Folder::new().file("b.png");
    for (file, says) in [
        ("", "is not the path of a file below the folder of the fixture"),
        ("../a.png", "is not the path of a file below"),
        ("pictures/../pictures/a.png", "is not the path of a file below"),
        (&outside, "is not the path of a file below"),
        ("pictures", "is not a file"),
        ("pictures/b.png", "there is no file `pictures/b.png` in the folder of the fixture"),
        ("a\0b", "cannot read `a\0b`"),
    ] {
        let said = problem(&folder, &json!({"file": file}));
        assert!(said.starts_with("file: ") && said.contains(says), "{file}: {said}");
    }
    load_fixtures::read(&[fixture(&folder, &json!({"file": "pictures/a.png"}))]).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_and_a_pipe_are_no_files() {
    let (folder, other) = (Folder::new(), Folder::new());
    let target = other.write("secret.png", picture("image/png"));
    std::os::unix::fs::symlink(&target, folder.file("link.png")).unwrap();
    let said = problem(&folder, &json!({"file": "link.png"}));
    assert_eq!(said, "file: `link.png` is a link that leads out of the folder of the fixture");
    folder.write("a.png", picture("image/png"));
    std::os::unix::fs::symlink("a.png", folder.file("within.png")).unwrap();
    load_fixtures::read(&[fixture(&folder, &json!({"file": "within.png"}))]).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.file("pipe")).status().unwrap().success());
    assert_eq!(problem(&folder, &json!({"file": "pipe"})), "file: `pipe` is not a file");
}

#[test]
fn files_are_limited_alone_and_together() {
    let folder = Folder::new();
    let large = folder.write("large", "");
    std::fs::File::options().write(true).open(large).unwrap().set_len((64 << 20) + 1).unwrap();
    let said = problem(&folder, &json!({"file": "large"}));
    assert_eq!(said, "file: `large` has 67108865 bytes; a file of a fixture has at most 67108864");
    folder.write("small", "12345678");
    // A file that two assets name is stored once.
    let asset = json!({"file": "small", "created_at": "2026-03-01T00:00:00Z"});
    let twice = json!({"workspaces": [{"id": "ws_files", "assets": [asset, asset]}]}).to_string();
    let twice = folder.write("twice.json", twice);
    for (max, fits) in [(8, true), (7, false)] {
        let loaded = block_on(async {
            let mut store = Store::open(&DatabaseLocation::Memory, providers::ids()).await.unwrap();
            store.max_stored_bytes = max;
            load_fixtures::load(&store, load_fixtures::read(std::slice::from_ref(&twice)).unwrap(), 0).await
        });
        let said = loaded.as_ref().map_err(ToString::to_string);
        let full = format!(
            "{twice}: workspaces[0].assets[0].file: the stored bytes would exceed 7; `--max-stored-bytes` sets that limit"
        );
        assert_eq!(said, if fits { Ok(&()) } else { Err(full) }, "{max}");
    }
}

#[test]
fn only_fixture_files_can_name_files() {
    let says = "only an asset in a fixture file can name a file";
    let text = world(&json!({"file": "a.png"}));
    let error = load_fixtures::read(std::slice::from_ref(&text)).unwrap_err().to_string();
    assert!(error.contains("workspaces[0].assets[0].file: ") && error.contains(says), "{error}");
    let server = Server::start("demo");
    let inline: Value = serde_json::from_str(&text).unwrap();
    let asset = json!({"name": "a", "file": "a.png"});
    let some = server.get("/_emulator/workspaces/ws_demo/assets?limit=1", &[]).json();
    let id = some["assets"][0]["ids"]["flora"].as_str().unwrap();
    for (method, path, body, at) in [
        ("POST", "/workspaces", json!({"fixture": inline}), "assets[0].file"),
        ("POST", "/workspaces/ws_demo/assets", json!({"assets": [asset]}), "assets[0].file"),
        ("PATCH", &format!("/workspaces/ws_demo/assets/{id}"), json!({"file": "a.png"}), "file"),
    ] {
        let answer = server.call(method, &format!("/_emulator{path}"), &body);
        let error = &answer.json()["error"];
        assert_eq!(answer.status, 400, "{method} {path}: {error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        assert!(error["at"].as_str().unwrap().ends_with(at), "{error}");
    }
    let document = server.get("/_emulator/openapi.json", &[]);
    assert!(!document.text().contains("below the folder of the fixture"), "the API's schemas have no files");
}

#[test]
fn the_program_reads_files_from_wherever_it_is_started_and_keeps_them_in_its_database() {
    let folder = Folder::new();
    folder.write("a.png", picture("image/png"));
    let fixture = fixture(&folder, &json!({"file": "a.png"}));
    let database = folder.file("library.sqlite");
    let path = "/_assets/ws_files/flora/asset_a/x";
    Running::start(&["--fixture", &fixture, "--database", &database]).stop();
    std::fs::remove_file(folder.file("a.png")).unwrap();
    let server = Running::start(&["--database", &database]);
    assert_eq!(server.connect().ask("GET", path, &[], "").body, picture("image/png"));
    server.stop();
    let output = run(&["fixture", "check", &fixture]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("world.json:1:") && said.contains("assets[0].file: there is no file `a.png`"), "{said}");
    folder.write("a.png", picture("image/png"));
    assert!(stdout(&run(&["fixture", "check", &fixture])).contains(": good: workspaces 1, keys 1, assets 1"));
}
