//! The log: nothing about where it goes stops the server, and what it says of a request can be read by a program.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Running, program};
use crate::support::block_on;

/// A request that is refused, and is a line of 300 bytes in the log.
fn refused_target() -> String {
    format!("/konpro/v1/asset/list?limit=none&padding={}", "x".repeat(200))
}

const KEY: &str = "x-api-key: konpro_demo";

fn serve(arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(["serve", "--listen", "127.0.0.1:0", "--no-limits"]).args(arguments);
    command
}

/// Sends so many requests that are refused, all of which are answered, and health too.
fn refuse(server: &Running, times: usize) {
    let (mut client, target) = (server.connect(), refused_target());
    for _ in 0..times {
        assert_eq!(client.ask("GET", &target, &[KEY], "").status, 400);
    }
    assert_eq!(client.ask("GET", "/_emulator/health", &[], "").status, 200);
}

#[test]
fn the_line_that_stands_in_for_the_banner_is_there_at_every_level() {
    for level in ["error", "info"] {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--log-level", level]);
        let server = Running::start_with(&mut command);
        let address = format!("127.0.0.1:{}", server.port);
        let log = String::from_utf8(server.stop().stderr).unwrap();
        let ready = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let ready: Vec<_> = ready.filter(|line| line["message"] == "ready").collect();
        assert!(ready.len() == 1 && ready[0]["address"] == address && ready[0]["level"] == "INFO", "{log}");
    }
}

/// Stops it, which must be a success wherever a program can be asked to stop.
fn stop(server: Running) {
    let Output { status, .. } = server.stop();
    assert!(status.success() || cfg!(windows), "{status}");
}

#[test]
fn pipes_that_nobody_reads_stop_no_request_and_no_end() {
    let server = Running::start_as(serve(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()));
    refuse(&server, 1000);
    stop(server);
}

#[cfg(unix)]
#[test]
fn a_full_pipe_as_standard_output_stops_no_start_and_no_end() {
    use tokio::net::unix::pipe::Sender;
    let (reader, writer) = std::io::pipe().unwrap();
    let full = block_on(async {
        let pipe = Sender::from_owned_fd(writer.into()).unwrap();
        pipe.writable().await.unwrap();
        while pipe.try_write(&[b' '; 1 << 16]).is_ok() {}
        pipe.into_blocking_fd().unwrap()
    });
    let server = Running::start_as(serve(&[]).stdout(full).stderr(Stdio::null()));
    refuse(&server, 1);
    stop(server);
    drop(reader);
}

#[test]
fn pipes_whose_reader_is_gone_change_no_answer_and_no_exit_code() {
    let gone = || std::io::pipe().unwrap().1;
    let server = Running::start_as(serve(&[]).stdout(gone()).stderr(gone()));
    refuse(&server, 100);
    stop(server);
}

#[cfg(unix)]
#[test]
fn a_closed_or_full_output_changes_no_answer_and_no_exit_code() {
    let mut redirections = vec!["1>&- 2>&-"];
    if cfg!(target_os = "linux") {
        redirections.push("1>/dev/full 2>/dev/full");
    }
    for redirection in redirections {
        let exec = format!(r#"exec "$0" serve --listen 127.0.0.1:0 --no-limits {redirection}"#);
        let server = Running::start_as(Command::new("sh").args(["-c", &exec, env!("CARGO_BIN_EXE_assetmock")]));
        refuse(&server, 100);
        stop(server);
    }
}

#[cfg(unix)]
#[test]
fn the_exit_code_of_a_run_with_warnings_is_the_same_although_nobody_reads_why() {
    for is_gone in [false, true] {
        let (reader, pipe) = std::io::pipe().unwrap();
        let reader = (!is_gone).then_some(reader);
        let server = Running::start_as(serve(&["--fail-on-warnings"]).stdout(Stdio::null()).stderr(pipe));
        let mut client = server.connect();
        client.steer("PATCH", "workspaces/ws_demo", r#"{"strict": true}"#);
        assert_eq!(client.ask("GET", "/konpro/v1/asset/list?limt=1", &[KEY], "").status, 200);
        refuse(&server, 500);
        assert_eq!(server.stop().status.code(), Some(1));
        drop(reader);
    }
}

#[test]
fn a_reader_that_comes_back_is_told_how_many_lines_it_missed() {
    // More than fit into a pipe of 1 MiB, as large as they are by default anywhere, and into the queue before it.
    const SENT: usize = 6000;
    let mut server = Running::start_as(serve(&[]).stdout(Stdio::null()).stderr(Stdio::piped()));
    refuse(&server, SENT);
    let log = BufReader::new(server.take_stderr());
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    let mut read = 0;
    let dropped = loop {
        let line = lines.recv_timeout(Duration::from_secs(20)).expect("no line says how many were dropped");
        read += usize::from(line.contains("padding"));
        if let Some((before, _)) = line.split_once(" lines of the log were dropped") {
            break before.rsplit(' ').next().unwrap().parse::<usize>().unwrap();
        }
    };
    assert!(read > 0 && dropped > 0, "{read} read, {dropped} dropped");
    assert_eq!(read + dropped, SENT);
    stop(server);
}

/// The lines of a log in JSON.
fn parsed(output: &Output) -> Vec<Value> {
    let log = std::str::from_utf8(&output.stderr).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn a_request_is_fields_in_a_log_in_json() {
    let server = Running::start(&["--log-format", "json", "--log-level", "debug", "--fixture", "demo"]);
    let mut client = server.connect();
    let fault = "X-Emulator-Fault: unavailable";
    client.ask("GET", "/konpro/v1/asset/list?limit=none", &[KEY], "");
    client.ask("GET", "/konpro/v1/asset/list?limt=1&api_key=konpro_demo", &[KEY], "");
    client.ask("POST", "/xqr/api/v1/assets", &["Authorization: Bearer nobody_knows_this_key"], "");
    client.ask("GET", "/konpro/v1/asset/list", &[KEY, fault], "");
    client.ask("GET", "/nowhere", &[], "");
    client.ask("GET", "/konpro/v1/asset/list?limit=1", &[KEY], "");
    let entries = client.steer("GET", "journal", "")["entries"].take();
    let log = parsed(&server.stop());
    let requests: Vec<_> = log.iter().filter(|line| line["message"] == "request").collect();
    let levels: Vec<_> = requests.iter().map(|line| line["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["INFO", "WARN", "INFO", "INFO", "INFO", "DEBUG"]);
    for (line, entry) in requests.iter().zip(entries.as_array().unwrap()) {
        for same in ["provider", "workspace", "key", "method", "target", "status", "faults", "why", "warnings", "seq"] {
            assert_eq!(line[same], entry[same], "{same} of {line}");
        }
        let took = entry["duration_us"].as_f64().unwrap() / 1000.0;
        assert!((line["duration_ms"].as_f64().unwrap() - took).abs() < 1e-9, "{line} {took}");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }
    assert_eq!(requests[1]["target"], "/konpro/v1/asset/list?limt=1&api_key=…");
    assert_eq!(requests[3]["faults"], json!(["unavailable"]));
}

#[test]
fn a_request_that_no_journal_holds_has_no_number_in_the_log() {
    let server = Running::start(&["--log-format", "json", "--journal-entries", "0"]);
    server.get("/konpro/v1/asset/list?limit=none", KEY);
    let log = parsed(&server.stop());
    let request = log.iter().find(|line| line["message"] == "request").unwrap();
    assert_eq!((&request["status"], &request["seq"]), (&json!(400), &Value::Null));
}

#[test]
fn at_the_level_of_warnings_a_warning_is_shown_and_a_plain_refusal_is_not() {
    for format in ["text", "json"] {
        let server = Running::start(&["--log-level", "warn", "--log-format", format]);
        server.get("/konpro/v1/asset/list?limit=none", KEY);
        server.get("/konpro/v1/asset/list?limt=1", KEY);
        let log = String::from_utf8(server.stop().stderr).unwrap();
        // In JSON the line that stands in for the banner is there at every level.
        let lines: Vec<_> = log.lines().filter(|line| !line.contains("\"ready\"")).collect();
        assert!(
            matches!(lines[..], [line] if line.contains("WARN") && line.contains("did you mean `limit`?")),
            "{log}"
        );
    }
}

#[test]
fn a_failed_start_is_a_line_in_the_form_of_the_log() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let failed = |format: &str| {
        let output = program().args(["--listen", &address, "--log-format", format]).output().unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]), "{output:?}");
        output
    };
    let said = String::from_utf8(failed("text").stderr).unwrap();
    assert!(said.starts_with(&format!("error: cannot listen on `{address}`")), "{said}");
    let lines = parsed(&failed("json"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["level"], "ERROR");
    assert!(said.contains(lines[0]["message"].as_str().unwrap()), "{said} {lines:?}");
}
