//! A disk that is full, and has room again: what is refused meanwhile is refused with a sentence, lists go on, and
//! writes go on as soon as they can. Only Linux lets a test raise another process's limit, and root make a small disk.

use std::process::Command;

use serde_json::{Value, json};

use crate::process::{Folder, Running, program};

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Adds assets until it is refused, then makes room with `more_room`, and adds some again; at last in a new process.
fn is_written_to_again(server: Running, file: &str, code: &str, more_room: impl FnOnce(&Running)) {
    let assets = vec![json!({"name": "a.png", "mime_type": "image/png", "description": "d".repeat(900)}); 20];
    let body = json!({ "assets": assets }).to_string();
    let mut client = server.connect();
    let mut write = || client.ask("POST", "/_emulator/workspaces/ws_demo/assets", &[], &body);
    let (mut written, mut refused) = (0, 0);
    // More than once: a write in between can succeed, since the database overwrites its log from the start once all of it
    // is in the file.
    while refused < 10 {
        let answer = write();
        if answer.status == 201 {
            (written, refused) = (written + 20, 0);
        } else {
            assert_eq!((answer.status, &answer.json()["error"]["code"]), (503, &json!(code)));
            refused += 1;
        }
        assert!(written < 100_000, "it is never full");
    }
    let listed = |server: &Running| {
        let held = server.get("/_emulator/health", "Accept: */*").1["counts"]["assets"].clone();
        let page = server.get("/konpro/v1/asset/list?limit=1", "x-api-key: konpro_demo");
        assert_eq!((page.0, page.1["assets"].as_array().map(Vec::len)), (200, Some(1)));
        held
    };
    assert_eq!(listed(&server), json!(written));
    more_room(&server);
    for _ in 0..10 {
        let answer = write();
        assert_eq!(answer.status, 201, "{}", answer.text());
        written += 20;
    }
    assert_eq!(listed(&server), json!(written));
    assert!(server.stop().status.success());
    let again = Running::start(&["--database", file]);
    let counted: Value = listed(&again);
    assert_eq!(counted, json!(written), "what was acknowledged is there");
}

#[test]
fn a_file_that_may_grow_again_is_written_to_again() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -S -f 2048; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_assetmock"), "serve"]);
    command.args(["--listen", "127.0.0.1:0", "--database", &file, "--fixture", "empty", "--log-level", "error"]);
    is_written_to_again(Running::start_with(&mut command), &file, "library_failed", |server| {
        assert!(succeeds("prlimit", &["--pid", &server.id().to_string(), "--fsize=unlimited"]));
    });
}

/// A limit of file sizes stands for the disk.
#[test]
fn generate_names_the_file_that_has_no_room() {
    let folder = Folder::new();
    for option in ["--output", "--database"] {
        let file = folder.file(option.trim_start_matches('-'));
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -S -f 64; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_assetmock")]);
        let output = command.args(["generate", "--count", "2000", option, &file]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(&format!("`{file}`: ")), "{option}: {said}");
    }
}

#[test]
fn a_start_on_a_full_disk_says_so() {
    let folder = Folder::new();
    let Some(disk) = Disk::mount(&folder, "32k") else { return };
    let file = disk.file();
    let output = program().args(["serve", "--listen", "127.0.0.1:0", "--database", &file]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains(&format!("`{file}`: the disk is full")), "{said}");
}

/// A small disk, gone at the end.
struct Disk(String);

impl Disk {
    /// `None` if that is not possible.
    fn mount(folder: &Folder, size: &str) -> Option<Disk> {
        let mounted = folder.file("disk");
        std::fs::create_dir(&mounted).unwrap();
        let is_mounted = succeeds("mount", &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", &mounted]);
        if !is_mounted {
            eprintln!("left out: only root can make a small disk");
        }
        is_mounted.then_some(Disk(mounted))
    }

    /// The database on it.
    fn file(&self) -> String {
        format!("{}/library.sqlite", self.0)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let gone = succeeds("umount", &[&self.0]);
        assert!(gone || std::thread::panicking());
    }
}

#[test]
fn a_disk_that_has_room_again_is_written_to_again() {
    let folder = Folder::new();
    let Some(disk) = Disk::mount(&folder, "4m") else { return };
    let file = disk.file();
    let mut command = program();
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--database",
        &file,
        "--fixture",
        "empty",
        "--log-level",
        "error",
    ]);
    is_written_to_again(Running::start_with(&mut command), &file, "library_full", |_| {
        assert!(succeeds("mount", &["-o", "remount,size=64m", &disk.0]));
    });
}

/// What the refused file had stored would otherwise fill the disk for good: SQLite could not even remove it.
#[test]
fn an_upload_that_is_larger_than_the_disk_leaves_it_usable() {
    let folder = Folder::new();
    let Some(disk) = Disk::mount(&folder, "20m") else { return };
    let file = disk.file();
    let server = Running::start(&["--database", &file, "--fixture", "demo"]);
    let mut client = server.connect();
    let headers = ["x-api-key: konpro_demo", "Content-Type: video/mp4"];
    let mut upload = |megabytes: usize| client.ask("POST", "/konpro/v1/asset", &headers, &"x".repeat(megabytes << 20));
    let first = upload(5);
    assert_eq!(first.status, 200, "{}", first.text());
    for _ in 0..3 {
        let refused = upload(60);
        assert_eq!(refused.status, 500, "{}", refused.text());
        let small = upload(1);
        assert_eq!(small.status, 200, "{}", small.text());
    }
    let listed = client.ask("GET", "/konpro/v1/asset/list?limit=1&file_type=video", &headers, "").json();
    let id = listed["assets"][0]["id"].as_str().unwrap_or_else(|| panic!("{listed}")).to_owned();
    let deleted = client.ask("DELETE", &format!("/konpro/v1/asset/{id}"), &headers, "");
    assert_eq!(deleted.status, 200, "{}", deleted.text());
    assert_eq!(client.ask("POST", "/_emulator/reset", &[], "").status, 204);
}

/// Assets whose time comes while there is no room stay as they are, and are given their next status afterwards. There
/// are many, since a small change may still find room.
#[test]
fn what_is_due_on_a_full_disk_is_done_when_there_is_room() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    let late = json!({"name": "late.png", "mime_type": "image/png", "status": "processing",
        "description": "d".repeat(900), "created_at": "2026-03-21T12:00:00Z", "next_status": {"status": "ready", "at": "2026-03-21T12:00:03Z"}});
    let key = json!({"provider": "flora", "key": "sk_test_late"});
    let fixture = json!({"workspaces": [{"id": "ws_late", "keys": [key], "assets": vec![late; 100]}]});
    let fixture = folder.write("fixture.json", fixture.to_string());
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -S -f 2048; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_assetmock"), "serve"]);
    command.args(["--listen", "127.0.0.1:0", "--database", &file, "--fixture", &fixture, "--log-level", "error"]);
    let server = Running::start_with(command.args(["--clock", "2026-03-21T12:00:00Z"]));
    let mut client = server.connect();
    let assets = vec![json!({"name": "a.zip", "description": "d".repeat(900)}); 20];
    let body = json!({ "assets": assets }).to_string();
    while client.ask("POST", "/_emulator/workspaces/ws_late/assets", &[], &body).status == 201 {}
    client.steer("POST", "clock", r#"{"step_seconds": 3}"#);
    let status = || {
        let (status, page) = server.get("/flora/api/v1/assets?query=late", "Authorization: Bearer sk_test_late");
        (status, page["assets"][0]["status"].clone())
    };
    assert_eq!([status(), status()], [(200, json!("pending_upload")), (200, json!("pending_upload"))]);
    assert!(succeeds("prlimit", &["--pid", &server.id().to_string(), "--fsize=unlimited"]));
    assert_eq!(status(), (200, json!("ready")));
}
