//! `assetmock exec --intercept`: what the command is given, that it trusts the emulator by files which go with the run,
//! and what is said of hosts that are no vendor's. `tests/tls/intercept.py` has the official SDKs, other clients and
//! other hosts.

use std::process::{Command, Output};

use assetmock::providers;
use serde_json::{Value, json};

use crate::process::{Folder, program};

fn intercept(folder: &Folder, options: &[&str], script: &str) -> Command {
    let mut command = program();
    command.args(["exec", "--intercept"]).args(options).args(["--", "sh", "-c", script]);
    let path = std::env::var("PATH").unwrap();
    command.env("TMPDIR", folder.file("")).env("PATH", format!("{}:{path}", folder.file("")));
    command
}

/// A folder for temporary files, with a `node` that is new enough.
fn folder() -> Folder {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let node = folder.write("node", "#!/bin/sh\necho v24.0.0\n");
    std::fs::set_permissions(node, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn value<'t>(output: &'t Output, name: &str) -> Option<&'t str> {
    text(&output.stdout).lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

#[test]
fn the_command_is_given_a_proxy_and_authorities_in_place_of_base_urls() {
    let folder = folder();
    let parents = [("NO_PROXY", "a.test,*"), ("ALL_PROXY", "http://127.0.0.1:9"), ("all_proxy", "http://127.0.0.1:9")];
    for (options, exempt) in
        [(vec![], "localhost,127.0.0.1,::1"), (vec!["--others", "tunnel"], "localhost,127.0.0.1,::1,a.test")]
    {
        let mut command = intercept(&folder, &options, "env");
        for card in providers::cards() {
            command.env(card.client_env.base_url, "https://real.example").env(card.client_env.key, "a real key");
        }
        let output = command.envs(parents).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        for real in ["real.example", "a real key"] {
            assert!(!text(&output.stdout).contains(real), "{output:?}");
        }
        for card in providers::cards() {
            assert_eq!(value(&output, card.client_env.base_url), None);
            assert!(value(&output, card.client_env.key).is_some_and(|key| !key.is_empty()));
        }
        let origin = value(&output, "ASSETMOCK_URL");
        for proxy in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
            assert_eq!(value(&output, proxy), origin, "{proxy}");
        }
        assert_eq!((value(&output, "NO_PROXY"), value(&output, "no_proxy")), (Some(exempt), Some(exempt)));
        assert_eq!((value(&output, "ALL_PROXY"), value(&output, "all_proxy")), (None, None));
        assert_eq!(value(&output, "NODE_USE_ENV_PROXY"), Some("1"));
    }
}

#[test]
fn the_files_of_authorities_have_the_parents_too_and_no_key_and_go_with_the_run() {
    // Long enough that no certificate of the emulator's has it by chance.
    const OURS: &str = "dGhlIHBhcmVudCdzIG93biBhdXRob3JpdHk=";
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nAg==\n-----END PRIVATE KEY-----\n";
    let folder = folder();
    let named =
        folder.write("named.pem", format!("{KEY}-----BEGIN CERTIFICATE-----\n{OURS}\n-----END CERTIFICATE-----\n"));
    let count = r#"for name in SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT NODE_EXTRA_CA_CERTS; do
        eval file="\$$name"
        rights=$(ls -l "$file" | cut -c 1-10)
        echo "$name=$rights $(grep -c "$OURS" "$file") $(grep -c PRIVATE "$file") $(tail -n 1 "$file")"
    done"#;
    for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"] {
        let mut command = intercept(&folder, &[], count);
        for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"] {
            command.env_remove(name);
        }
        let output =
            command.env_remove("NODE_EXTRA_CA_CERTS").env(variable, &named).env("OURS", OURS).output().unwrap();
        let in_one = |is_in: bool| format!("-rw------- {} 0 -----END CERTIFICATE-----", u8::from(is_in));
        let is_further = variable == "NODE_EXTRA_CA_CERTS";
        assert_eq!(value(&output, "REQUESTS_CA_BUNDLE"), Some(&*in_one(!is_further)), "{variable}: {output:?}");
        assert_eq!(value(&output, "NODE_EXTRA_CA_CERTS"), Some(&*in_one(is_further)), "{variable}: {output:?}");
        let left = std::fs::read_dir(folder.file("")).unwrap().flatten().map(|entry| entry.file_name());
        assert!(!left.into_iter().any(|name| name.to_string_lossy().starts_with("assetmock-exec-")));
    }
}

#[test]
fn a_vendors_own_address_is_answered_and_other_hosts_are_refused_and_told() {
    let folder = folder();
    let report = folder.file("report.json");
    let script = r#"curl -qsf https://api.konpro.ai/v1/asset/list?limit=1 -H "x-api-key: $KONPRO_API_KEY"
        curl -qs https://b.test; curl -qs https://a.test:8443; curl -qs https://A.test; exit 1"#;
    let output = intercept(&folder, &["--report", &report], script).output().unwrap();
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(listed["assets"].as_array().unwrap().len(), 1);
    assert_eq!(
        text(&output.stderr),
        "assetmock: 4 requests, 3 refused; the command ended with exit code 1\n  \
           Refused, since the hosts are no vendor's (`--others tunnel` passes these on):\n    2 × a.test\n    1 × b.test\n  \
           Requests:\n    unknown provider: 3 requests, 3 refused\n    KonPro: 1 request\n"
    );
    let mut on_a_page = intercept(&folder, &[], script);
    let output = on_a_page.env("GITHUB_STEP_SUMMARY", folder.file("page.md")).output().unwrap();
    let annotation = "::warning title=assetmock::4 requests, 3 refused; the command ended with exit code 1. \
        Most often a tunnel to `a.test`, which is no vendor's\n";
    assert!(text(&output.stderr).ends_with(annotation), "{output:?}");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let hosts = json!([{"host": "a.test", "requests": 2}, {"host": "b.test", "requests": 1}]);
    assert_eq!((&report["refused_hosts"], &report["refusals"]), (&hosts, &json!([])));
}
