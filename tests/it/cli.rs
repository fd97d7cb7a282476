//! The program as a user runs it: options, environment, exit codes, and what it says when it cannot go on.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::{Folder, Running, closed_port, program};

pub fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

pub fn stdout(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    std::str::from_utf8(&output.stdout).unwrap()
}

/// Runs what must fail with this code, and gives what it says.
fn refused(code: i32, arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(output.stdout, b"", "a failure says nothing on standard output");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_banner_gives_a_base_url_a_key_and_a_line_to_paste_for_each_provider() {
    let server = Running::start(&[]);
    let port = server.port.clone();
    server.wait_for_stdout("Ctrl-C stops.\n");
    let output = server.stop();
    let banner = String::from_utf8(output.stdout).unwrap();
    for (url, line) in [
        ("xqr/api/v1", "Authorization: Bearer xqr_pk_00000000."),
        ("flora/api/v1", "Authorization: Bearer sk_test_demo"),
        ("twelvelabs/v1.3", "x-api-key: tlk_demo"),
        ("piktid", "Authorization: Bearer piktid_demo"),
        ("konpro/v1", "x-api-key: konpro_demo"),
    ] {
        assert!(banner.contains(&format!("base URL  http://127.0.0.1:{port}/{url}\n")), "{url} in {banner}");
        assert!(banner.contains(&format!("curl -H '{line}")), "{line} in {banner}");
    }
}

#[test]
fn an_option_of_a_sub_command_that_cannot_be_read_is_named() {
    let said = refused(2, &["generate", "--count", "x"]);
    assert!(said.starts_with("error: invalid value 'x' for '--count <N>'"), "{said}");
}

#[cfg(unix)]
#[test]
fn it_stops_within_a_second_although_a_client_keeps_its_connection() {
    let server = Running::start(&[]);
    let _idle = std::net::TcpStream::connect(format!("127.0.0.1:{}", server.port)).unwrap();
    server.first_konpro_name("konpro_demo");
    let asked = Instant::now();
    let output = server.stop();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(asked.elapsed() < Duration::from_secs(5), "it hangs");
}

#[cfg(unix)]
#[test]
fn it_stops_cleanly_from_the_moment_it_is_ready() {
    for _ in 0..20 {
        let output = Running::start(&["--fixture", "empty"]).stop();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

#[test]
fn a_taken_port_is_named_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refused(1, &["serve", "--listen", &address]);
    assert_eq!(
        said,
        format!(
            "error: cannot listen on `{address}`: another program has this port. Stop it, or choose another with `--port` (port 0 takes a free one)\n"
        )
    );
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for arguments in
        [&["--nonsense"][..], &["serve", "--clock", "noon"], &["serve", "--seed", "x"], &["generate"], &["fixture"]]
    {
        refused(2, arguments);
    }
}

#[test]
fn a_bad_fixture_is_named_with_file_line_column_and_field() {
    let folder = Folder::new();
    let file = folder.write("bad.json", "{\n  \"workspaces\": [\n    {\"id\": \"ws_a\", \"asets\": []}\n  ]\n}\n");
    for arguments in [&["fixture", "check", &*file][..], &["serve", "--listen", "127.0.0.1:0", "--fixture", &file]] {
        let said = refused(1, arguments);
        assert!(
            said.starts_with(&format!(
                "error: {file}:3:26: workspaces[0].asets: unknown field `asets`; did you mean `assets`? Expected one of `id`"
            )),
            "{said}"
        );
    }
    let said = refused(1, &["serve", "--listen", "127.0.0.1:0", "--fixture", "no/such.json"]);
    assert!(said.starts_with("error: no/such.json: cannot read it: "), "{said}");
}

#[test]
fn a_foreign_or_newer_database_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let ours = folder.file("ours.sqlite");
    stdout(&run(&["generate", "--count", "1", "--database", &ours]));
    let foreign = folder.write("foreign.sqlite", "not a database at all, but long enough to look like one to somebody");
    let newer = folder.file("newer.sqlite");
    std::fs::copy(&ours, &newer).unwrap();
    assetmock_version(&newer, 99);
    let migrations = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let names = std::fs::read_dir(migrations).unwrap().map(|file| file.unwrap().file_name());
    let known = names.filter(|name| name.to_string_lossy().starts_with(|first: char| first.is_ascii_digit())).count();
    let too_new = format!("was made by a newer version (its schema is 99, this version knows {known})");
    for (file, reason) in [(&foreign, "is not a database of this program"), (&newer, &*too_new)] {
        let before = std::fs::read(file).unwrap();
        let said = refused(1, &["serve", "--listen", "127.0.0.1:0", "--database", file]);
        assert!(said.contains(reason) && said.contains(&**file), "{said}");
        assert_eq!(std::fs::read(file).unwrap(), before, "{file} was changed");
    }
}

/// Pretends that a later version has migrated this database.
fn assetmock_version(file: &str, version: i64) {
    use sqlx::{ConnectOptions, Connection};
    crate::support::block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let mut connection = options.connect().await.unwrap();
        let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (?, 'later', 1, x'00', 0)";
        sqlx::query(sql).bind(version).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn a_database_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    let file = folder.file("no/such/folder/a.sqlite");
    let said = refused(1, &["serve", "--listen", "127.0.0.1:0", "--database", &file]);
    assert!(
        said.starts_with(&format!("error: cannot use the database `{file}`: "))
            && said.contains("Check that its directory exists"),
        "{said}"
    );
}

#[test]
fn a_database_keeps_its_world_across_restarts() {
    let folder = Folder::new();
    let file = folder.file("kept.sqlite");
    let first = Running::start(&["--database", &file, "--fixture", "docs"]);
    assert_eq!(first.first_konpro_name("konpro_docs"), "profile_image.jpg");
    first.stop();
    let second = Running::start(&["--database", &file, "--fixture", "demo"]);
    assert_eq!(second.first_konpro_name("konpro_docs"), "profile_image.jpg");
    assert_eq!(
        second.get("/konpro/v1/asset/list", "x-api-key: konpro_demo").0,
        401,
        "the second fixture was loaded too"
    );
    let log = String::from_utf8(second.stop().stderr).unwrap();
    assert!(log.contains("already holds a library; `--fixture` was ignored"), "{log}");
}

#[test]
fn a_fixture_can_be_json_in_the_environment() {
    let fixture = r#"{"workspaces":[{"id":"ws_env","keys":[{"provider":"konpro","key":"from_env"}],
        "assets":[{"name":"only.png","mime_type":"image/png","created_at":"2026-01-01T00:00:00Z"}]}]}"#;
    let server =
        Running::start_with(program().env("ASSETMOCK_LISTEN", "127.0.0.1:0").env("ASSETMOCK_FIXTURE", fixture));
    assert_eq!(server.first_konpro_name("from_env"), "only.png");
}

#[test]
fn the_environment_sets_what_flags_set() {
    let command = &mut program();
    command
        .env("ASSETMOCK_LISTEN", "127.0.0.1:0")
        .env("ASSETMOCK_FIXTURE", "docs, empty")
        .env("ASSETMOCK_CLOCK", "2026-03-21T12:00:30Z");
    let server = Running::start_with(
        command.env("ASSETMOCK_SEED", "7").env("ASSETMOCK_NO_LIMITS", "1").env("ASSETMOCK_LOG_FORMAT", "json"),
    );
    let (_, body) =
        server.get("/xqr/api/v1/assets", &format!("Authorization: Bearer xqr_pk_a1b2c3d4.{}", "x".repeat(64)));
    assert_eq!(body["meta"]["rate_limit"]["reset"], 1_774_094_460, "the clock is not the one given");
    assert_eq!(server.get("/konpro/v1/asset/list", "x-api-key: konpro_demo").1["assets"], serde_json::json!([]));
    let output = server.stop();
    assert_eq!(output.stdout, b"", "with a JSON log there is no banner");
    let log = String::from_utf8(output.stderr).unwrap();
    let ready =
        log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).find(|line| line["message"] == "ready");
    assert!(ready.is_some(), "{log}");
}

#[test]
fn the_same_clock_and_seed_give_the_same_bytes() {
    let answer = |seed: &str| {
        let server = Running::start(&["--clock", "2026-03-21T12:00:00Z", "--seed", seed]);
        server
            .get("/xqr/api/v1/assets?limit=1", &format!("Authorization: Bearer xqr_pk_00000000.{}", "0".repeat(64)))
            .1
            .to_string()
    };
    assert_eq!(answer("7"), answer("7"));
    assert_ne!(answer("7"), answer("8"));
}

#[test]
fn no_limits_lets_everything_through() {
    let fixture = r#"{"workspaces":[{"id":"ws_a","keys":[{"provider":"konpro","key":"k","limits":{"requests":1,"seconds":3600}}]}]}"#;
    let statuses = |arguments: &[&str]| {
        let server = Running::start(&[&["--clock", "2026-03-21T12:00:00Z", "--fixture", fixture], arguments].concat());
        [(); 2].map(|()| server.get("/konpro/v1/asset/list", "x-api-key: k").0)
    };
    assert_eq!(statuses(&[]), [200, 429]);
    assert_eq!(statuses(&["--no-limits"]), [200, 200]);
}

#[test]
fn keys_are_listed_with_provider_workspace_and_state() {
    let output = run(&["keys", "--fixture", "demo", "--json"]);
    let keys: Vec<Value> = serde_json::from_str(stdout(&output)).unwrap();
    for provider in assetmock::providers::names() {
        for state in ["active", "revoked", "expired"] {
            assert!(
                keys.iter()
                    .any(|key| key["provider"] == provider && key["state"] == state && key["workspace"] == "ws_demo"),
                "{provider} {state}"
            );
        }
    }
    let table = run(&["keys"]);
    let table = stdout(&table);
    assert!(
        table.lines().any(|line| line.split_whitespace().collect::<Vec<_>>()
            == ["konpro", "konpro_docs", "ws_docs_konpro", "owner", "active", "all"]),
        "{table}"
    );
}

#[test]
fn the_keys_of_a_running_server_are_listed_with_its_token() {
    let server = Running::start(&["--fixture", "empty", "--admin-token", "s3cret"]);
    let url = format!("http://127.0.0.1:{}", server.port);
    let made = "{\"id\": \"ws_a\u{e9}b/c\"}";
    let head = ["Authorization: Bearer s3cret"];
    assert_eq!(server.connect().ask("POST", "/_emulator/workspaces", &head, made).status, 201);
    let listed = run(&["keys", "--url", &url, "--admin-token", "s3cret", "--json"]);
    let keys: Vec<Value> = serde_json::from_str(stdout(&listed)).unwrap();
    let own = keys.iter().filter(|key| key["workspace"] == "ws_a\u{e9}b/c" && key["state"] == "active").count();
    assert_eq!(own, assetmock::providers::names().len(), "{keys:?}");
    let local: Vec<Value> = serde_json::from_str(stdout(&run(&["keys", "--fixture", "empty", "--json"]))).unwrap();
    assert!(local.iter().all(|key| keys.contains(key)), "the two have different forms");
    let said = refused(1, &["keys", "--url", &url]);
    assert!(said.contains("asks for a token; give the one it was started with as `--admin-token`"), "{said}");
    assert!(refused(1, &["keys", "--url", "ftp://127.0.0.1:4750"]).contains("is not the URL of a server such as"));
    let banner = String::from_utf8(server.stop().stdout).unwrap();
    assert!(banner.contains(&format!("`assetmock keys --url {url}` lists the other keys")), "{banner}");
}

/// The demo library has keys that are revoked or expired, and keys with scopes.
#[test]
fn the_keys_of_a_running_server_are_shown_as_those_of_its_library() {
    let server = Running::start(&[]);
    let url = format!("http://127.0.0.1:{}", server.port);
    for form in [&[][..], &["--json"]] {
        let [there, here] = [&["keys", "--url", &url][..], &["keys"]].map(|asked| run(&[asked, form].concat()));
        assert!(stdout(&here).contains("revoked") && stdout(&here).contains("expired"), "{here:?}");
        assert_eq!(stdout(&there), stdout(&here));
    }
}

/// The URL of a server that answers one request with these bytes.
fn other_server(answer: impl AsRef<[u8]> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut part) = (Vec::new(), [0; 4096]);
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read(&mut part).unwrap() {
                0 => break,
                count => request.extend_from_slice(&part[..count]),
            }
        }
        // The client may hang up in the midst of it.
        let _ = stream.write_all(answer.as_ref());
    });
    url
}

#[test]
fn keys_says_what_is_wrong_with_the_server_at_the_url() {
    let long = [b"HTTP/1.0 200 OK\r\n\r\n".to_vec(), vec![b' '; 17 << 20]].concat();
    for (url, says) in [
        (other_server("HTTP/1.0 200 OK\r\n\r\nhello"), "is no server of this program"),
        (other_server("HTTP/1.0 503 Wait\r\n\r\n"), "answered 503 to `GET /_emulator/workspaces`"),
        (other_server(long), "it is too long, or takes too long"),
        // Whatever is there.
        ("http://127.0.0.1".to_owned(), "`127.0.0.1:80`"),
    ] {
        let said = refused(1, &["keys", "--url", &url]);
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn providers_show_their_parameters_limits_and_evidence() {
    let output = run(&["providers", "xqr", "--json"]);
    let cards: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(cards[0]["parameters"][0]["name"], "limit");
    assert_eq!(cards[0]["parameters"][0]["default"], "50");
    assert_eq!(cards[0]["limits"][0]["requests"], 600);
    let table = run(&["providers", "piktid"]);
    for param in assetmock::providers::named("piktid").unwrap().card().params() {
        assert!(stdout(&table).contains(param.name), "{}", param.name);
    }
    assert!(stdout(&run(&["providers"])).contains("GET /v1/asset/list"));
    assert_eq!(
        refused(1, &["providers", "acme"]),
        "error: there is no provider `acme`; there are xqr, flora, twelvelabs, piktid, konpro\n"
    );
}

#[test]
fn a_generated_library_is_the_same_for_a_seed_and_loads() {
    let folder = Folder::new();
    let generate = |seed: &str| stdout(&run(&["generate", "--count", "30", "--seed", seed])).to_owned();
    assert_eq!(generate("1"), generate("1"));
    assert_ne!(generate("1"), generate("2"));
    let file = folder.write("generated.json", generate("1"));
    assert_eq!(stdout(&run(&["fixture", "check", &file])), format!("{file}: good: workspaces 1, keys 5, assets 30\n"));
    let database = folder.file("generated.sqlite");
    stdout(&run(&["generate", "--count", "30", "--seed", "1", "--database", &database]));
    let exported = |arguments: &[&str]| stdout(&run(&[&["export"], arguments].concat())).to_owned();
    assert_eq!(exported(&["--database", &database]), exported(&["--fixture", &file]));
}

#[test]
fn an_export_is_a_fixture_that_exports_to_itself() {
    let folder = Folder::new();
    let first = folder.file("first.json");
    stdout(&run(&["export", "--workspace", "ws_demo", "--output", &first]));
    let second = run(&["export", "--fixture", &first]);
    assert_eq!(stdout(&second), std::fs::read_to_string(&first).unwrap());
    assert!(refused(1, &["export", "--workspace", "ws_nobody"]).contains("there is no workspace `ws_nobody`"));
}

#[test]
fn a_healthcheck_tells_ready_from_absent() {
    let server = Running::start(&["--fixture", "empty"]);
    let address = format!("127.0.0.1:{}", server.port);
    assert_eq!(stdout(&run(&["healthcheck", "--listen", &address])), "");
    let closed = closed_port();
    let address = closed.local_addr().unwrap().to_string();
    let said = refused(1, &["healthcheck", "--listen", &address]);
    assert!(said.starts_with(&format!("error: no answer from `{address}`: ")), "{said}");
}

#[test]
fn what_is_generated_can_be_narrowed_on_the_command_line() {
    let made =
        run(&["generate", "--count", "20", "--listed-by", "piktid", "--kinds", "image,audio", "--statuses", "ready"]);
    let fixture: serde_json::Value = serde_json::from_str(stdout(&made)).unwrap();
    let assets = fixture["workspaces"][0]["assets"].as_array().unwrap();
    assert_eq!(assets.len(), 20);
    assert!(assets.iter().all(|asset| asset["mime_type"].as_str().is_none_or(|mime| mime.starts_with("image/"))));
    let refused = run(&["generate", "--count", "1", "--listed-by", "florra"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("`--listed-by`: there is no provider `florra`"));
}
