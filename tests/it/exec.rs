//! `assetmock exec` without a terminal, and `assetmock env`: what the command is given, what is passed on to it, what
//! is left afterwards, and what is said. `tests/exec/run.py` has the cases with a terminal.

use std::net::TcpStream;
use std::process::{Command, Output};

use assetmock::providers;
use serde_json::{Value, json};

use crate::process::{Folder, Running, closed_port, command, own_address, program};

fn exec(arguments: &[&str]) -> Command {
    let mut command = program();
    command.arg("exec").args(arguments);
    command
}

pub fn run(arguments: &[&str]) -> Output {
    exec(arguments).output().unwrap()
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A request to FLORA, as the command of a shell. With `-q`, curl reads no `.curlrc`.
pub const LIST: &str = r#"curl -qsf "$FLORA_BASE_URL/assets?limit=1" -H "Authorization: Bearer $FLORA_API_KEY""#;
/// One that is refused, and one with a parameter that is ignored.
const REFUSED: &str = r#"curl -qs "$FLORA_BASE_URL/assets" -H "Authorization: Bearer sk_live_0123456789abcdef" >&2"#;
pub const IGNORED: &str = r#"curl -qs "$FLORA_BASE_URL/assets?pagee=2" -H "Authorization: Bearer $FLORA_API_KEY" >&2"#;

#[test]
fn the_command_reaches_the_emulator_by_its_environment_and_has_standard_output_to_itself() {
    let output = run(&["--", "sh", "-c", LIST]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(listed["assets"].as_array().unwrap().len(), 1);
    let said = text(&output.stderr);
    assert!(said.starts_with("assetmock: 1 request, 0 refused\n"), "{said}");
}

#[test]
fn every_provider_has_a_base_url_and_a_key_whatever_the_parent_has() {
    let output = {
        let mut command = exec(&["--quiet", "--", "env"]);
        for card in providers::cards() {
            command.env(card.client_env.base_url, "https://real.example").env(card.client_env.key, "a real key");
            for name in card.client_env.lookalikes {
                command.env(name, "a real key");
            }
        }
        command.env("ASSETMOCK_URL", "http://localhost:1").output().unwrap()
    };
    let environment = text(&output.stdout);
    for real in ["real.example", "a real key"] {
        assert!(!environment.contains(real), "{environment}");
    }
    let value = |name: &str| {
        let line = environment.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("{name} in {environment}"))
    };
    let origin = value("ASSETMOCK_URL");
    assert_eq!(value("ASSETMOCK_API"), format!("{origin}/_emulator"));
    assert_eq!(value("ASSETMOCK_WORKSPACE"), "ws_demo");
    for card in providers::cards() {
        assert_eq!(value(card.client_env.base_url), format!("{origin}/{}{}", card.name, card.base));
        assert!(!value(card.client_env.key).is_empty());
    }
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_provider_without_a_key_has_its_variables_taken_away() {
    let fixture = r#"{"workspaces": [{"id": "ws_none"}, {"id": "ws_one",
        "keys": [{"provider": "konpro", "key": "konpro_old", "revoked": true}, {"provider": "flora", "key": "sk_test_one"}]}]}"#;
    let mut command = exec(&["--fixture", fixture, "--", "env"]);
    command.env("KONPRO_API_KEY", "a real key").env("KONPRO_BASE_URL", "https://real.example");
    let output = command.output().unwrap();
    let environment = text(&output.stdout);
    let value = |name: &str| environment.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    assert_eq!((value("FLORA_API_KEY"), value("ASSETMOCK_WORKSPACE")), (Some("sk_test_one"), Some("ws_one")));
    assert_eq!((value("KONPRO_API_KEY"), value("KONPRO_BASE_URL")), (None, None));
}

#[test]
fn the_command_does_not_run_if_the_emulator_does_not_start() {
    let folder = Folder::new();
    let bad = folder.write("bad.json", "{");
    let taken = Running::start(&[]);
    let report = folder.file("none/report.json");
    #[cfg(unix)]
    let pipe = folder.file("pipe.json");
    #[cfg(unix)]
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for options in [
        vec!["--fixture", &bad],
        vec!["--port", &taken.port],
        vec!["--report", &report],
        vec!["--port", "no"],
        vec!["--report", "report.txt"],
        vec!["--variant", "nope=nope"],
        // A pipe without a reader would be waited for.
        #[cfg(unix)]
        vec!["--report", &pipe],
    ] {
        let mark = folder.file("mark");
        let output = run(&[&options[..], &["--", "touch", &mark]].concat());
        assert_eq!(output.status.code(), Some(125), "{options:?}: {output:?}");
        assert!(!std::path::Path::new(&mark).exists(), "{options:?}");
        assert!(text(&output.stderr).starts_with("error: "), "{output:?}");
    }
}

#[test]
fn an_authority_that_is_replaced_is_told_in_every_mode() {
    let folder = Folder::new();
    let run = |more: &[&str]| {
        let output = run(&[&["--tls-dir", &*folder.file("tls"), "--quiet"], more, &["--", "true"]].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        text(&output.stderr).to_owned()
    };
    assert_eq!(run(&[]), "");
    let said = run(&["--tls-name", "mock.test"]);
    assert!(said.starts_with("warning: the authority in `") && said.contains("cannot vouch for `mock.test`"), "{said}");
    let said = run(&["--tls-name", "other.test", "--log-format", "json"]);
    let line: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert!(line["level"] == "WARN" && line["message"].as_str().unwrap().contains("`other.test`"), "{said}");
}

/// Nothing else listens on this address.
#[cfg(target_os = "linux")]
#[test]
fn a_proxy_that_is_the_server_itself_ends_the_start() {
    let free = std::net::TcpListener::bind("127.0.0.77:0").unwrap().local_addr().unwrap().to_string();
    let mut command = exec(&["--listen", &free, "--others", "tunnel", "--", "true"]);
    let output = command.env("https_proxy", format!("http://{free}")).output().unwrap();
    assert_eq!(output.status.code(), Some(125), "{output:?}");
    let said = text(&output.stderr);
    assert!(said.contains("names this server itself") && said.contains(&free), "{said}");
}

#[test]
fn the_exit_code_is_that_of_the_command() {
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)] {
        assert_eq!(run(&["--", "sh", "-c", script]).status.code(), Some(code), "{script}");
    }
    for (command, code, says) in [
        ("./no-such-command", 127, "error: there is no command `./no-such-command`\n"),
        ("/etc/passwd", 126, "error: cannot execute `/etc/passwd`: "),
    ] {
        let output = run(&["--", command]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(text(&output.stderr).starts_with(says), "{output:?}");
    }
}

#[test]
fn warnings_of_strict_workspaces_turn_success_into_124_and_hide_no_failure() {
    let strict = r#"curl -qsf -X PATCH "$ASSETMOCK_API/workspaces/$ASSETMOCK_WORKSPACE" -H 'content-type: application/json' -d '{"strict": true}' >/dev/null"#;
    for (rest, code) in [(IGNORED.to_owned(), 124), (format!("{IGNORED}; exit 3"), 3), (LIST.to_owned(), 0)] {
        let output = run(&["--fail-on-warnings", "--", "sh", "-c", &format!("{strict} && {rest}")]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(text(&output.stderr).contains("there were warnings in strict workspaces: `ws_demo`"), code != 0);
    }
}

#[test]
fn the_summary_has_each_reason_once_and_no_key_and_puts_refusals_first_where_the_command_fails() {
    let script = format!("{LIST} >/dev/null; {REFUSED}; {REFUSED}; {IGNORED}; exit 1");
    let output = run(&["--", "sh", "-c", &script]);
    let said = text(&output.stderr);
    let said = &said[said.find("assetmock: ").unwrap()..];
    assert_eq!(
        said,
        "assetmock: 4 requests, 2 refused; the command ended with exit code 1\n  \
           Refused:\n    2 × FLORA 401 GET /api/v1/assets: the key `sk_…cdef` is not known to FLORA\n  \
           Requests:\n    FLORA: 4 requests, 2 refused\n  \
           Ignored parameters:\n    1 × FLORA: `pagee` is ignored by this vendor\n"
    );
}

#[test]
fn the_summary_counts_what_was_deleted_and_faults_that_never_fired() {
    let script = format!(
        r#"curl -qsf "$ASSETMOCK_API/faults" -H 'content-type: application/json' \
             -d '{{"match": {{"workspace": "ws_demo"}}, "effect": "empty", "trigger": {{"after": 3}}}}' >/dev/null
           {LIST} >/dev/null; {REFUSED}
           curl -qsf -X DELETE "$ASSETMOCK_API/journal" >/dev/null
           curl -qsf -X DELETE "$ASSETMOCK_API/workspaces/ws_demo""#
    );
    let folder = Folder::new();
    let report = folder.file("report.json");
    let output = run(&["--journal-entries", "0", "--report", &report, "--", "sh", "-c", &script]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(report["providers"], json!([{"provider": "flora", "requests": 2, "refused": 1}]));
    assert_eq!(report["refusals"][0]["requests"], 1);
    let message = "1 request matched it, and its trigger needs 3 more";
    assert_eq!(report["unfired_faults"], json!([{"id": 1, "fault": "empty", "message": message}]));
    assert_eq!((&report["exit_code"], &report["left_out"]), (&json!(0), &json!(0)));
    assert_eq!(
        (&report["ended"], &report["refusals"][0]["request"]),
        (&json!("exit code 0"), &json!("GET /api/v1/assets"))
    );
}

#[test]
fn reports_are_written_as_their_ending_says_and_appended_to_the_page_of_a_run() {
    let folder = Folder::new();
    let page = folder.write("page.md", "# Before\n");
    for (name, begins) in [("a.md", "### assetmock\n\n2 requests, 1 refused"), ("a.har", "{\n  \"log\": {")] {
        let file = folder.file(name);
        let mut command = exec(&["--quiet", "--report", &file, "--", "sh", "-c", &format!("{LIST} >&2; {REFUSED}")]);
        let output = command.env("GITHUB_STEP_SUMMARY", &page).output().unwrap();
        assert_eq!(output.stdout, b"", "{output:?}");
        assert!(!text(&output.stderr).contains("assetmock: "), "{output:?}");
        let written = std::fs::read_to_string(file).unwrap();
        assert!(written.starts_with(begins) && !written.contains("0123456789"), "{written}");
    }
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("# Before\n### assetmock\n") && page.matches("### assetmock").count() == 2, "{page}");
}

#[test]
fn in_github_actions_a_failure_is_one_annotation() {
    let folder = Folder::new();
    let page = folder.file("page.md");
    for (script, annotations) in [(format!("{REFUSED}; exit 1"), 1), (REFUSED.to_owned(), 0), ("exit 1".to_owned(), 0)]
    {
        let output = exec(&["--", "sh", "-c", &script]).env("GITHUB_STEP_SUMMARY", &page).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(said.matches("::warning title=assetmock::").count(), annotations, "{said}");
    }
}

#[test]
fn no_port_and_no_process_is_left_whatever_the_command_leaves() {
    // Whatever is left has our pipe: it is not read to its end as long as one of them is alive.
    let script = r#"echo "$ASSETMOCK_URL"; sleep 1000 & (sh -c 'trap "" TERM; sleep 1000' &) ; exit 5"#;
    let output = run(&["--listen", &own_address(78), "--grace", "0.2", "--", "sh", "-c", script]);
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let address = text(&output.stdout).trim().strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(address).is_err(), "{address} is still listened on");
}

/// In a container, what the runtime starts has a session and a process group from outside, whose numbers are 0 inside.
/// Where nobody may make namespaces this says so and checks nothing.
#[cfg(target_os = "linux")]
#[test]
fn what_is_left_ends_in_a_container_too() {
    let container = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
    if !Command::new("unshare").args(container).arg("true").output().is_ok_and(|output| output.status.success()) {
        eprintln!("left out: `unshare` makes no namespaces here");
        return;
    }
    // The outer shell is process 1, so it sees what `exec` leaves behind.
    let outer = r#""$@"; echo "code $?"; grep -c sleep /proc/[0-9]*/comm | grep -v ":0""#;
    let mut command = command("unshare");
    command.args(container).args(["sh", "-c", outer, "sh"]).arg(program().get_program());
    let output =
        command.args(["exec", "--quiet", "--", "sh", "-c", "sleep 1000 & (sleep 1000 &); exit 5"]).output().unwrap();
    assert_eq!((text(&output.stdout), text(&output.stderr)), ("code 5\n", ""));
}

#[cfg(target_os = "linux")]
mod signals {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Child, ChildStdout, Stdio};
    use std::time::{Duration, Instant};

    use rustix::process::Signal;

    use super::*;
    use crate::process::send_signal;

    /// Without a terminal, whatever runs the tests has: in a session of its own.
    fn start(options: &[&str], script: &str) -> (Child, BufReader<ChildStdout>) {
        let mut command = command("setsid");
        command.arg("--wait").arg(program().get_program()).arg("exec").args(options).args(["--", "sh", "-c", script]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        (child, output)
    }

    /// The process that `setsid` became or started.
    fn exec_of(child: &Child) -> u32 {
        let id = child.id();
        let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap();
        if name.trim() == "assetmock" {
            return id;
        }
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        children.trim().parse().unwrap()
    }

    /// Sends a signal to `exec`; gives its exit code and what the command has said since. What it wrote has ended for
    /// everybody who could write.
    fn ended(options: &[&str], script: &str, signal: Signal) -> (i32, String) {
        let (mut child, mut output) = start(options, script);
        send_signal(signal, exec_of(&child));
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        (child.wait().unwrap().code().unwrap(), rest)
    }

    #[test]
    fn signals_are_passed_on_once() {
        for (signal, name) in [(Signal::TERM, "TERM"), (Signal::HUP, "HUP"), (Signal::INT, "INT")] {
            // A shell cannot trap a signal that is ignored when it starts, as `nohup` has it; it must not wait for ever.
            let script = format!(
                "trap 'echo {name}; n=1' {name}; echo ready; i=0; \
                 while [ -z \"$n\" ] && [ $i -lt 400 ]; do sleep 0.05; i=$((i + 1)); done; exit 9"
            );
            assert_eq!(ended(&[], &script, signal), (9, format!("{name}\n")));
        }
    }

    #[test]
    fn what_does_not_end_is_killed_after_the_grace() {
        let began = Instant::now();
        let script = "trap '' TERM; echo ready; while :; do sleep 1; done";
        assert_eq!(ended(&["--grace", "0.3"], script, Signal::TERM), (137, String::new()));
        assert!(began.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn when_the_command_is_killed_what_it_started_ends_too() {
        let (mut child, mut output) = start(&[], "echo ready; sleep 1000 | sleep 1000");
        let exec = exec_of(&child);
        let command = std::fs::read_to_string(format!("/proc/{exec}/task/{exec}/children")).unwrap();
        let command = match command.trim() {
            // A thread other than the first one started it.
            "" => panic!("`exec` starts its command in its first thread"),
            command => command.parse().unwrap(),
        };
        send_signal(Signal::KILL, command);
        output.read_to_string(&mut String::new()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(137));
    }

    #[test]
    fn what_has_detached_itself_lives_on() {
        let folder = Folder::new();
        let number = folder.file("number");
        let script = r#"setsid sh -c 'echo $$ > "$NUMBER"; exec sleep 1000' >/dev/null 2>&1 &
            while ! [ -s "$NUMBER" ]; do :; done"#;
        let output = exec(&["--", "sh", "-c", script]).env("NUMBER", &number).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        send_signal(Signal::KILL, std::fs::read_to_string(number).unwrap().trim().parse().unwrap());
    }
}

/// Signals that programs give a meaning of their own are passed on as those that end them are.
#[cfg(target_os = "linux")]
#[test]
fn sigusr1_reaches_the_command() {
    let script = "trap 'exit 9' USR1; kill -USR1 $PPID; while :; do sleep 0.05; done";
    let mut command = command("timeout");
    command.arg("30").arg(program().get_program()).args(["exec", "--", "sh", "-c", script]);
    assert_eq!(command.output().unwrap().status.code(), Some(9));
}

/// A parent may have blocked SIGCHLD, which its children inherit.
#[cfg(target_os = "linux")]
#[test]
fn the_end_of_the_command_is_seen_where_sigchld_is_blocked() {
    let blocked = "import os, signal, sys\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])\nos.execvp(sys.argv[1], sys.argv[1:])";
    for script in ["exit 5", "sleep 0.2; exit 5"] {
        let mut command = command("timeout");
        command.args(["30", "python3", "-c", blocked]).arg(program().get_program());
        let output = command.args(["exec", "--quiet", "--", "sh", "-c", script]).output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{script}: {output:?}");
    }
}

#[test]
fn env_prints_what_exec_sets_for_a_server_that_runs() {
    let server = Running::start(&["--admin-token", "s3cret"]);
    let url = format!("http://127.0.0.1:{}", server.port);
    let ask =
        |options: &[&str]| program().arg("env").args(options).env("ASSETMOCK_ADMIN_TOKEN", "s3cret").output().unwrap();
    let sh = ask(&["--url", &url]);
    assert_eq!(sh.stderr, b"");
    let script = format!("{}\nenv", text(&sh.stdout));
    let sourced = Command::new("sh").args(["-c", &script]).output().unwrap();
    let sourced = text(&sourced.stdout);
    assert!(sourced.contains(&format!("TWELVELABS_BASE_URL={url}/twelvelabs/v1.3\n")), "{sourced}");
    assert!(sourced.contains("TWELVE_LABS_API_KEY=tlk_demo\n") && sourced.contains("ASSETMOCK_WORKSPACE=ws_demo\n"));

    let port = server.port.clone();
    let flora = format!("FLORA_BASE_URL={url}/flora/api/v1\nFLORA_API_KEY=sk_test_demo\n");
    for place in [["--port", &*port], ["--listen", &format!("127.0.0.1:{port}")], ["--url", &format!("{url}/")]] {
        assert_eq!(text(&ask(&[&["flora", "--shell", "dotenv"], &place[..]].concat()).stdout), flora, "{place:?}");
    }
    let unset = ask(&["flora", "--unset"]);
    assert_eq!(text(&unset.stdout), "unset FLORA_BASE_URL\nunset FLORA_API_KEY\n");
}

#[test]
fn env_prints_nothing_and_fails_if_no_server_answers_or_lets_it_in() {
    let server = Running::start(&["--admin-token", "s3cret"]);
    let port = server.port.clone();
    let refused = program().args(["env", "--port", &port]).output().unwrap();
    let closed = closed_port();
    let url = format!("http://{}", closed.local_addr().unwrap());
    let absent = program().args(["env"]).env("ASSETMOCK_URL", url).output().unwrap();
    let unknown = program().args(["env", "nope"]).output().unwrap();
    for output in [refused, absent, unknown] {
        assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]), "{output:?}");
        assert!(text(&output.stderr).starts_with("error: "), "{output:?}");
    }
}
