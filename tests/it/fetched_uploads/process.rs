//! The option of the program.

use crate::process::{Running, program};

/// The status of an upload of a file on this machine, once it was processed.
fn status(arguments: &[&str]) -> String {
    let frozen = ["--listen", "127.0.0.1:0", "--clock", "2026-03-21T12:00:00Z"];
    // It would have to be there, and is nothing to this test.
    let server = Running::start_with(program().args(frozen).args(arguments).env_remove("SSL_CERT_FILE"));
    let mut client = server.connect();
    let headers = ["x-api-key: tlk_demo", "Content-Type: application/x-www-form-urlencoded"];
    let form = format!("method=url&url=http://localhost:{}/a.mp4", server.port);
    let made = client.ask("POST", "/twelvelabs/v1.3/assets", &headers, &form).json();
    let path = format!("/twelvelabs/v1.3/assets/{}", made["_id"].as_str().unwrap());
    client.ask("GET", &path, &headers, "");
    client.ask("GET", &path, &headers, "").json()["status"].as_str().unwrap().to_owned()
}

#[test]
fn nothing_is_read_unless_it_is_allowed_and_nothing_from_this_machine_then() {
    assert_eq!(status(&[]), "ready", "the URL is a name only");
    assert_eq!(status(&["--allow-fetch"]), "failed");
}

#[test]
fn authorities_that_cannot_be_read_end_the_start() {
    let arguments = ["--listen", "127.0.0.1:0", "--allow-fetch"];
    let output = program().args(arguments).env("SSL_CERT_FILE", "/no/such/file.pem").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(1) && said.contains("`SSL_CERT_FILE`: `/no/such/file.pem` cannot be read"),
        "{said}"
    );
}
