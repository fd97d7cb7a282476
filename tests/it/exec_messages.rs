//! What `exec` and `env` say to somebody who uses them for the first time: what had no effect, what to check, and what
//! was meant.

use assetmock::providers;

use crate::exec::{IGNORED, LIST, run, text};
use crate::process::{Running, program};

#[test]
fn warnings_that_should_count_where_no_workspace_is_strict_are_told() {
    let turned = |strict: bool| {
        format!(
            r#"curl -qsf -X PATCH "$ASSETMOCK_API/workspaces/ws_demo" -d '{{"strict": {strict}}}' -H 'content-type: application/json' >&2; "#
        )
    };
    let deleted = r#"; curl -qsf -X DELETE "$ASSETMOCK_API/workspaces/ws_demo""#;
    for (options, script, is_told) in [
        (&["--fail-on-warnings"][..], IGNORED.to_owned(), true),
        (&["--fail-on-warnings"], format!("{IGNORED}{deleted}"), true),
        (&["--fail-on-warnings"], LIST.to_owned(), false),
        (&[], IGNORED.to_owned(), false),
        (&["--fail-on-warnings"], format!("{}{}{IGNORED}", turned(true), turned(false)), false),
        (&["--fail-on-warnings"], format!("{}{}{IGNORED}{deleted}", turned(true), turned(false)), false),
    ] {
        let output = run(&[options, &["--", "sh", "-c", &script]].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let told = "assetmock: 1 request, 0 refused; `--fail-on-warnings` had no effect: no workspace was strict\n";
        assert_eq!(text(&output.stderr).contains(told), is_told, "{output:?}");
    }
}

#[test]
fn a_refused_request_is_named_once() {
    for (script, says) in [
        (
            r#"curl -qs "$FLORA_BASE_URL/assetz" -H "Authorization: Bearer $FLORA_API_KEY""#,
            "1 × FLORA 404 GET: FLORA has no route `/api/v1/assetz`; the nearest is `GET /api/v1/assets`",
        ),
        (
            r#"curl -qs "$ASSETMOCK_URL/nowhere""#,
            "1 × unknown provider 404 GET /nowhere: no provider owns this address",
        ),
        (
            // The client's reason comes after its end, so this waits for the entry.
            r#"curl -qs "https://${ASSETMOCK_URL#http://}/"; curl -qs "$ASSETMOCK_API/journal?method=TLS&wait_ms=20000""#,
            "1 × unknown provider TLS: the client ",
        ),
    ] {
        let output = run(&["--", "sh", "-c", &format!("{script} >&2")]);
        let said = text(&output.stderr);
        assert!(said.contains(&format!("\n    {says}")), "{said}");
    }
}

#[test]
fn where_no_request_came_the_summary_says_what_to_check() {
    let output = run(&["--", "true"]);
    let said = text(&output.stderr);
    assert!(said.starts_with("assetmock: no requests reached the emulator\n  What to check:\n"), "{said}");
    for card in providers::cards() {
        assert!(said.contains(&format!("`{}`", card.client_env.base_url)), "{said}");
    }
}

#[test]
fn requests_for_files_are_counted_and_the_refused_ones_told() {
    let files = r#"curl -qs -o /dev/null "$ASSETMOCK_URL/_assets/ws_demo/xqr/none/a.png" "$ASSETMOCK_URL/_assets/""#;
    let output = run(&["--log-level", "info", "--", "sh", "-c", &format!("{files}; {LIST} >&2")]);
    let said = text(&output.stderr);
    let second =
        "1 × files 404 GET /_assets/: the address of an asset is `/_assets/<workspace>/<provider>/<id>/<name>`";
    assert!(said.contains("assetmock: 1 request, 0 refused; 2 requests for files, 2 refused\n"), "{said}");
    assert!(
        said.contains("    1 × files 404 GET /_assets/ws_demo/xqr/none/a.png: ") && said.contains(second),
        "{said}"
    );
    assert!(said.contains("- GET /_assets/ 404 — the address of"), "the log: {said}");
    let output = run(&["--", "sh", "-c", files]);
    let alone = text(&output.stderr);
    assert!(alone.starts_with("assetmock: 2 requests for files, 2 refused\n  Refused:\n"), "{alone}");
    assert!(!alone.contains("What to check"), "{alone}");
}

#[test]
fn a_command_without_dashes_before_it_is_told_where_they_belong() {
    for (arguments, says) in [
        (&["npm", "test"][..], "put `--` before the command: `assetmock exec -- npm test`"),
        (&["--admin-token", "s3cret", "npm", "run", "test"], "`assetmock exec [OPTIONS] -- npm run test`"),
    ] {
        let output = run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(125), "{output:?}");
        assert!(said.contains(says) && !said.contains("s3cret"), "{said}");
    }
    let unknown = run(&["--nope", "--", "true"]);
    assert!(!text(&unknown.stderr).contains("before the command"), "{unknown:?}");
}

#[test]
fn a_url_is_read_without_its_scheme_and_https_is_refused_with_what_to_write() {
    let server = Running::start(&[]);
    let address = format!("127.0.0.1:{}", server.port);
    for command in [&["env", "flora"][..], &["keys"]] {
        let ask = |url: &str| program().args(command).args(["--url", url]).output().unwrap();
        let bare = ask(&address);
        assert_eq!((bare.status.code(), bare.stdout == ask(&format!("http://{address}")).stdout), (Some(0), true));
        let refused = ask(&format!("https://{address}"));
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(said.contains("only `http://` is supported here") && said.contains(&format!("`http://{address}`")));
    }
}
