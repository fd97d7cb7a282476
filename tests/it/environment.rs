//! The options as Compose, CI and Kubernetes hand them on: empty variables, variables that are somebody else's, and
//! values that cannot be read.

use std::process::Output;

use crate::process::{Folder, Running, program};

/// Everything that `serve` says from its start to its end with these variables.
fn log_with(variables: &[(&str, &str)]) -> String {
    let server = Running::start_with(program().args(["--listen", "127.0.0.1:0"]).envs(variables.iter().copied()));
    let output = server.stop();
    assert!(output.status.success() || cfg!(windows), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn refused(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output: Output = program().args(arguments).envs(variables.iter().copied()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The variables of `serve`, as its help names them, but for the file that tells the tests the port.
fn variables() -> Vec<String> {
    let help = program().args(["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let named =
        help.split("[env: ").skip(1).filter_map(|rest| rest.split_once(['=', ']'])).map(|(name, _)| name.to_owned());
    named.filter(|name| name != "ASSETMOCK_PORT_FILE" && name != "ASSETMOCK_LISTEN").collect()
}

#[test]
fn an_empty_variable_counts_as_not_given_for_every_option() {
    let names = variables();
    assert!(names.len() > 14 && names.iter().any(|name| name == "ASSETMOCK_ADMIN_TOKEN"), "{names:?}");
    let empty: Vec<_> = names.iter().map(|name| (&**name, "")).collect();
    let server = Running::start_with(program().args(["--listen", "127.0.0.1:0"]).envs(empty));
    assert_eq!(server.get("/_emulator/clock", "Accept: */*").0, 200, "an empty token asks for a token");
    assert!(server.first_konpro_name("konpro_demo").is_string(), "the default worlds are not loaded");
    // Only these two can be empty beside others that are not.
    let output =
        program().env("ASSETMOCK_PORT_FILE", "").env("ASSETMOCK_LISTEN", "").arg("healthcheck").output().unwrap();
    assert!(!String::from_utf8(output.stderr).unwrap().contains("invalid value"));
}

#[test]
fn a_value_that_cannot_be_read_is_told_with_its_variable_and_in_plain_words() {
    for (name, value, says) in [
        ("SEED", "7\r", r"invalid value '7\r' for 'ASSETMOCK_SEED': not a whole number from 0 to 18446744073709551615"),
        ("CLOCK", "\"noon\"", "for 'ASSETMOCK_CLOCK': not a time such as 2026-03-21T12:00:00Z"),
        ("MAX_WORKSPACES", "-1", "invalid value '-1' for 'ASSETMOCK_MAX_WORKSPACES': not a whole number from 0 to "),
        (
            "LISTEN",
            "here:there",
            "for 'ASSETMOCK_LISTEN': not an address and a port such as 127.0.0.1:4750, or a port alone",
        ),
        ("AUTH", "none", "for 'ASSETMOCK_AUTH'"),
    ] {
        let said = refused(&["serve"], &[(&format!("ASSETMOCK_{name}"), value)]);
        assert!(said.contains(says), "{said}");
    }
    let said = refused(&["serve", "--seed", "x"], &[("ASSETMOCK_SEED", "7")]);
    assert!(said.contains("invalid value 'x' for '--seed <N>': not a whole number"), "{said}");
    let said = refused(&["serve", "--admin-token", ""], &[]);
    assert!(said.contains("a token is not empty"), "{said}");
}

#[test]
fn a_port_replaces_that_of_the_address_and_what_is_no_number_is_ignored_with_a_warning() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (arguments, variable) in [
        (vec!["--listen", "127.0.0.1:0", "--port", &port], ""),
        (vec!["--listen", "127.0.0.1:0"], &*port),
        (vec!["--listen", &port], ""),
        (vec!["--listen", &format!(":{port}")], ""),
    ] {
        let output = program().args(&arguments).env("ASSETMOCK_PORT", variable).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let expected = format!("error: cannot listen on `127.0.0.1:{port}`: another program has this port. ");
        assert!(output.status.code() == Some(1) && said.starts_with(&expected), "{arguments:?}: {said}");
    }
    let log = log_with(&[("ASSETMOCK_PORT", "tcp://10.0.0.1:4750")]);
    let says = "`ASSETMOCK_PORT` is ignored, since `tcp://10.0.0.1:4750` is not a port from 0 to 65535";
    assert!(log.contains("WARN") && log.contains(says), "{log}");
}

#[test]
fn an_unknown_variable_is_warned_about_unless_it_is_meant_for_others() {
    let log = log_with(&[
        ("ASSETMOCK_FIXTRUE", "empty"),
        ("ASSETMOCK_SERVICE_HOST", "10.0.0.1"),
        ("ASSETMOCK_PORT_4750_TCP", "tcp://10.0.0.1:4750"),
        ("ASSETMOCK_URL", "http://127.0.0.1:4750"),
        ("ASSETMOCK_API", "http://127.0.0.1:4750/_emulator"),
        ("ASSETMOCK_WORKSPACE", "ws_mine"),
    ]);
    assert!(log.contains("there is no variable `ASSETMOCK_FIXTRUE`; did you mean `ASSETMOCK_FIXTURE`?"), "{log}");
    assert_eq!(log.matches("there is no variable").count(), 1, "{log}");
    let output = program().env("ASSETMOCK_FIXTRUE", "empty").arg("providers").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "warning: there is no variable `ASSETMOCK_FIXTRUE`; did you mean `ASSETMOCK_FIXTURE`?\n");
}

#[test]
fn a_fixture_whose_name_has_a_comma_is_one_file() {
    let folder = Folder::new();
    let file = folder.write("a,b.json", r#"{"workspaces": [{"id": "ws_comma"}]}"#);
    let server = Running::start(&["--fixture", &file]);
    assert_eq!(server.get("/_emulator/workspaces", "Accept: */*").1["workspaces"][0]["id"], "ws_comma");
}

#[test]
fn a_fixture_as_windows_writes_it_is_read_and_one_of_the_wrong_form_is_told_what_it_must_be() {
    let folder = Folder::new();
    let text = r#"{"workspaces": [{"id": "ws_mine"}]}"#;
    let utf16 = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (name, bytes) in [("marked.json", format!("\u{feff}{text}").into_bytes()), ("utf16.json", utf16)] {
        let file = folder.write(name, bytes);
        let output = program().args(["fixture", "check", &file]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let form = "a fixture is one, such as `{\"workspaces\": [{\"id\": \"ws_mine\"}]}`\n";
    for (text, says) in [
        ("", format!("this is empty; {form}")),
        ("[]", format!("this is no JSON object; {form}")),
        ("{\"workspaces\": {}}", "workspaces: this is an object; send a list\n".to_owned()),
        ("\u{e9}", format!("this is no JSON object; {form}")),
    ] {
        let file = folder.write("wrong.json", text);
        let output = program().args(["fixture", "check", &file]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with(&format!("error: {file}")) && said.ends_with(&says), "{said}");
    }
    let file = folder.write("latin1.json", b"{\"workspaces\": [{\"id\": \"ws_\xe9\"}]}");
    let output = program().args(["fixture", "check", &file]).output().unwrap();
    let says = "it is not a text in UTF-8, nor one in UTF-16 with a byte order mark";
    assert!(String::from_utf8(output.stderr).unwrap().contains(says));
}
