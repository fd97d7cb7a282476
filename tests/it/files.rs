//! What the program does with files: a database that another process has, that vanishes, that cannot be written, and
//! the port file. Each test begins with an empty directory and the program's own worlds.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

#[cfg(unix)]
use rustix::process::Signal;
use serde_json::json;

#[cfg(unix)]
use crate::process::send_signal;
use crate::process::{Folder, Running, program};

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// Runs what must succeed, and gives what it prints.
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs what must fail, and gives what it says. A server that starts is ended, and has no exit code then.
fn refused(arguments: &[&str]) -> String {
    let mut child = program().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    assert_eq!(output.stdout, b"", "a failure says nothing on standard output");
    String::from_utf8(output.stderr).unwrap()
}

const ANY_PORT: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

fn one_asset(name: &str) -> String {
    json!({"assets": [{"name": name, "mime_type": "image/png"}]}).to_string()
}

/// A second process would not see what the first one writes.
#[test]
fn a_database_that_is_being_served_is_refused_to_others_by_the_name_of_who_has_it() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    let server = Running::start(&["--database", &file, "--fixture", "empty"]);
    let holder = format!("in use by process {} on host ", server.id());
    let address = format!("http://127.0.0.1:{}", server.port);
    let folder_of = Path::new(&file).parent().unwrap();
    let detour = folder_of.join(".").join("library.sqlite");
    let mut names = vec![file.clone(), detour.to_str().unwrap().to_owned()];
    if cfg!(unix) {
        names.push(folder.file("link.sqlite"));
        #[cfg(unix)]
        std::os::unix::fs::symlink(&file, &names[2]).unwrap();
    }
    for name in &names {
        for arguments in
            [&[&ANY_PORT[..], &["--database", name]].concat()[..], &["generate", "--count", "1", "--database", name]]
        {
            let said = refused(arguments);
            assert!(said.contains(&format!("the database `{name}` is in use by ")), "{said}");
            // Windows does not let others read a locked file.
            assert!(cfg!(windows) || said.contains(&holder) && said.contains(&address), "{said}");
        }
    }
    server.connect().steer("POST", "workspaces/ws_demo/assets", &one_asset("x.png"));
    assert!(printed(&["export", "--database", &file]).contains("x.png"), "reading takes no lock");
    assert!(printed(&["keys", "--database", &file]).contains("konpro_demo"));
    server.kill();
    let next = Running::start(&["--database", &file]);
    assert_eq!(next.first_konpro_name("konpro_demo"), "x.png", "a killed process has left its lock");
}

/// The first server finds no file: its lock and the second one's are the same all the same.
#[cfg(unix)]
#[test]
fn a_link_to_a_database_that_is_yet_to_be_made_leads_to_the_same_lock() {
    let folder = Folder::new();
    let (link, file) = (folder.file("link.sqlite"), folder.file("library.sqlite"));
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let _server = Running::start(&["--database", &link, "--fixture", "empty"]);
    assert!(refused(&[&ANY_PORT[..], &["--database", &file]].concat()).contains("in use by process"));
}

/// SQLite writes on to a file without a name, and what it writes there is gone with the process.
#[cfg(unix)]
#[test]
fn a_database_that_was_deleted_or_replaced_is_not_written_to() {
    let fixture = json!({"workspaces": [{
        "id": "ws_demo",
        "keys": [{"provider": "konpro", "key": "konpro_demo"}],
        "assets": [{"name": "before.png", "mime_type": "image/png", "created_at": "2026-03-01T00:00:00Z"}],
    }]})
    .to_string();
    for (what, is_read_first) in [("deleted", false), ("deleted", true), ("replaced", true), ("its log deleted", true)]
    {
        let folder = Folder::new();
        let file = folder.file("library.sqlite");
        let server = Running::start(&["--database", &file, "--fixture", &fixture]);
        let mut client = server.connect();
        if is_read_first {
            client.steer("GET", "workspaces", "");
        }
        match what {
            "deleted" => fs::remove_file(&file).unwrap(),
            "its log deleted" => fs::remove_file(format!("{file}-wal")).unwrap(),
            _ => {
                let other = folder.file("other.sqlite");
                printed(&["generate", "--count", "1", "--database", &other]);
                fs::rename(other, &file).unwrap();
            }
        }
        for (method, path) in [("POST", "workspaces/ws_demo/assets"), ("DELETE", "workspaces/ws_demo/assets?all=true")]
        {
            let answer = client.ask(method, &format!("/_emulator/{path}"), &[], &one_asset("after.png"));
            assert_eq!(answer.status, 503, "{}", answer.text());
            let error = &answer.json()["error"];
            assert_eq!(error["code"], "database_replaced");
            let said = error["message"].as_str().unwrap();
            assert!(said.contains(&format!("`{file}` was deleted or replaced")) && said.contains("start"), "{said}");
        }
        assert_eq!(server.first_konpro_name("konpro_demo"), "before.png", "what was read is still served");
        assert_eq!(Path::new(&file).exists(), what != "deleted", "it was made again");
        drop(client);
        assert_eq!(server.stop().status.code(), Some(0));
    }
}

/// The system's answer to a write beyond the limit is a signal that ends a process which does not handle it.
#[cfg(unix)]
#[test]
fn a_limit_of_file_sizes_refuses_writes_and_stops_nothing() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 4096; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_assetmock")]);
    command.args(ANY_PORT).args(["--database", &file, "--fixture", "empty", "--log-level", "error"]);
    let server = Running::start_with(&mut command);
    let mut client = server.connect();
    let description = "d".repeat(900);
    let assets: Vec<_> =
        (0..100).map(|_| json!({"name": "a.png", "mime_type": "image/png", "description": description})).collect();
    let body = json!({ "assets": assets }).to_string();
    let mut write = || client.ask("POST", "/_emulator/workspaces/ws_demo/assets", &[], &body).status;
    let statuses: Vec<_> = (0..100).map(|_| write()).take_while(|status| *status == 201).collect();
    assert!((1..100).contains(&statuses.len()), "{} writes went through", statuses.len());
    assert_eq!(server.first_konpro_name("konpro_demo"), "a.png");
    assert_eq!(server.connect().steer("GET", "health", "")["status"], "ready");
    drop(client);
    assert_eq!(server.stop().status.code(), Some(0));
}

/// A directory in which nobody can write, root included where that can be had.
#[cfg(unix)]
struct Unwritable<'t>(&'t str, bool);

#[cfg(unix)]
impl Unwritable<'_> {
    /// Makes it so; none if this system does not let the user of these tests.
    fn make(directory: &str) -> Option<Unwritable<'_>> {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o555)).unwrap();
        let is_bound = fs::write(Path::new(directory).join("probe"), "").is_err();
        // Permissions do not bind root: a mount does.
        let mount = |options: &[&str]| Command::new("mount").args(options).output().is_ok_and(|it| it.status.success());
        let is_mounted =
            !is_bound && mount(&["--bind", directory, directory]) && mount(&["-o", "remount,bind,ro", directory]);
        let made = Unwritable(directory, is_mounted);
        if !is_bound && !is_mounted {
            eprintln!("left out: nothing keeps this user from writing into a directory");
            return None;
        }
        Some(made)
    }
}

#[cfg(unix)]
impl Drop for Unwritable<'_> {
    fn drop(&mut self) {
        use std::os::unix::fs::PermissionsExt;
        if self.1 {
            Command::new("umount").arg(self.0).status().unwrap();
        }
        fs::set_permissions(self.0, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn keys_and_export_read_where_nothing_can_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let (here, killed) = (folder.file("here"), folder.file("killed"));
    fs::create_dir(&here).unwrap();
    fs::create_dir(&killed).unwrap();
    let [file, killed_file] = [&here, &killed].map(|directory| format!("{directory}/library.sqlite"));
    printed(&["generate", "--count", "3", "--database", &file]);
    let server = Running::start(&["--database", &killed_file, "--fixture", "empty"]);
    server.connect().steer("POST", "workspaces/ws_demo/assets", &one_asset("in_the_log.png"));
    server.kill();
    let exported = printed(&["export", "--database", &file]);
    for file in [&file, &killed_file] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o444)).unwrap();
    }
    let places = (Unwritable::make(&here), Unwritable::make(&killed));
    let (Some(_here), Some(_killed)) = places else { return };
    assert_eq!(printed(&["export", "--database", &file]), exported);
    assert!(printed(&["keys", "--database", &file]).contains("konpro_demo"));
    // What a killed process left in the log is part of the library.
    assert!(printed(&["export", "--database", &killed_file]).contains("in_the_log.png"));
    assert!(refused(&[&ANY_PORT[..], &["--database", &file]].concat()).contains("are writable"));
}

/// Permissions do not bind root, so a test that root runs must become somebody else.
#[cfg(target_os = "linux")]
#[test]
fn keys_and_export_read_what_belongs_to_somebody_else() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    printed(&["generate", "--count", "3", "--database", &file]);
    let as_nobody = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_assetmock")]);
        command.args(arguments).env_clear().output().unwrap()
    };
    if !as_nobody(&["--version"]).status.success() {
        eprintln!("left out: only root can become somebody else, who must be able to run the program");
        return;
    }
    for arguments in [["keys", "--database", &file], ["export", "--database", &file]] {
        let output = as_nobody(&arguments);
        assert!(output.status.success(), "{output:?}");
    }
}

/// A log without its index cannot be read where nothing can be written, and without the log the library would be an old
/// one.
#[cfg(unix)]
#[test]
fn a_log_that_cannot_be_worked_off_is_not_left_out() {
    let folder = Folder::new();
    let here = folder.file("here");
    fs::create_dir(&here).unwrap();
    let file = format!("{here}/library.sqlite");
    let server = Running::start(&["--database", &file, "--fixture", "empty"]);
    server.connect().steer("POST", "workspaces/ws_demo/assets", &one_asset("in_the_log.png"));
    server.kill();
    fs::remove_file(format!("{file}-shm")).unwrap();
    let Some(unwritable) = Unwritable::make(&here) else { return };
    let said = refused(&["export", "--database", &file]);
    assert!(said.contains("is not complete") && said.contains("assetmock serve --database"), "{said}");
    drop(unwritable);
    assert!(printed(&["export", "--database", &file]).contains("in_the_log.png"));
}

#[test]
fn keys_and_export_change_nothing() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    printed(&["generate", "--count", "3", "--database", &file]);
    let before = fs::read(&file).unwrap();
    printed(&["keys", "--database", &file]);
    printed(&["export", "--database", &file]);
    assert_eq!(fs::read(&file).unwrap(), before);
    for beside in ["-wal", "-shm"] {
        assert!(!Path::new(&format!("{file}{beside}")).exists(), "{beside} was left");
    }
    let empty = folder.write("empty.sqlite", "");
    assert!(refused(&["keys", "--database", &empty]).contains("is not complete"));
    assert_eq!(fs::read(&empty).unwrap(), b"", "fixtures were loaded into it");
    let foreign = folder.write("foreign.sqlite", "x".repeat(100));
    assert!(refused(&["keys", "--database", &foreign]).contains("is not a database of this program"));
}

#[test]
fn keys_of_an_older_database_say_how_it_is_brought_up_to_date() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    printed(&["generate", "--count", "3", "--database", &file]);
    forget_newest_migration(&file);
    for command in ["keys", "export"] {
        let said = refused(&[command, "--database", &file]);
        assert!(said.contains("was made by an older version (its schema is "), "{said}");
        assert!(said.contains("`assetmock serve --database` brings it up to date"), "{said}");
    }
}

fn forget_newest_migration(file: &str) {
    use sqlx::{ConnectOptions, Connection};
    crate::support::block_on(async {
        let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        let sql = "DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)";
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn a_database_in_memory_is_the_private_one() {
    let memory = ["--database", ":memory:"];
    let server = Running::start(&memory);
    assert_eq!(server.get("/konpro/v1/asset/list", "x-api-key: konpro_demo").0, 200);
    server.connect().steer("POST", "workspaces/ws_demo/assets", &one_asset("x.png"));
    drop(server);
    for command in ["keys", "export"] {
        assert_eq!(printed(&[command, memory[0], memory[1]]), printed(&[command]), "{command}");
    }
    assert!(refused(&["generate", "--count", "1", memory[0], memory[1]]).contains("would be gone at once"));
    assert!(!Path::new(":memory:").exists() && !Path::new(":memory:.lock").exists());
}

#[test]
fn a_port_file_of_an_earlier_run_is_gone_when_the_start_fails() {
    let folder = Folder::new();
    let file = folder.write("port", "12345\n");
    refused(&[&ANY_PORT[..], &["--port-file", &file, "--fixture", "no/such.json"]].concat());
    assert!(!Path::new(&file).exists());
    fs::write(&file, "12345\n").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    refused(&["serve", "--listen", &taken.local_addr().unwrap().to_string(), "--port-file", &file]);
    assert!(!Path::new(&file).exists());
}

#[cfg(unix)]
#[test]
fn a_port_file_goes_with_its_server_unless_another_server_has_written_it() {
    let folder = Folder::new();
    let file = folder.file("port");
    for other in [None, Some("1\n")] {
        let mut child = program().args(ANY_PORT).args(["--port-file", &file]).stdout(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while !Path::new(&file).exists() {
            assert!(Instant::now() < deadline, "the server did not become ready");
            std::thread::sleep(Duration::from_millis(2));
        }
        if let Some(port) = other {
            fs::write(&file, port).unwrap();
        }
        send_signal(Signal::TERM, child.id());
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert_eq!(fs::read_to_string(&file).ok().as_deref(), other);
    }
}

#[test]
fn a_port_file_that_cannot_be_written_fails_before_the_banner() {
    let folder = Folder::new();
    let directory = folder.file("directory");
    fs::create_dir(&directory).unwrap();
    for file in [folder.file("no/such/port"), directory] {
        let said = refused(&[&ANY_PORT[..], &["--port-file", &file]].concat());
        assert!(said.starts_with(&format!("error: cannot write the port file `{file}`: ")), "{said}");
    }
}

#[test]
fn a_healthcheck_asks_the_port_in_the_file_and_no_other() {
    let server = Running::start(&["--fixture", "empty"]);
    let folder = Folder::new();
    let listen = format!("127.0.0.1:{}", server.port);
    let ask = |file: &str| ["healthcheck", "--listen", &listen, "--port-file", file].map(str::to_owned);
    let ask = |file: &str| run(&ask(file).each_ref().map(|word| &**word));
    let good = folder.write("good", &server.port);
    assert!(ask(&good).status.success());
    let texts = ["", "\n", "0\n", "noon\n", "70000\n"];
    let bad = texts.iter().enumerate().map(|(number, text)| folder.write(&format!("bad{number}"), text));
    for file in bad.chain([folder.file("none")]) {
        let output = ask(&file);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("error: the server is not ready: ") && said.contains(&file), "{said}");
    }
}
