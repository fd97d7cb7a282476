//! The emulator's own routes.

use super::*;

#[test]
fn health_counts_what_is_loaded() {
    let answer = start().get("/_emulator/health", &[]);
    let health = answer.json();
    assert_eq!((answer.status, health["status"].as_str()), (200, Some("ready")));
    assert_eq!(health["counts"]["workspaces"], 3);
    assert_eq!(health["counts"]["keys"], 8 * providers::ALL.len());
    assert!(health["version"].is_string() && health["uptime_ms"].is_u64());
}

#[test]
fn the_list_of_providers_has_base_urls_that_work() {
    let server = start();
    let told = server.get("/_emulator/providers", &[]).json();
    for ((provider, dialect), told) in pairs().zip(told["providers"].as_array().unwrap()) {
        let base = told["base_url"].as_str().unwrap();
        let below = provider.card().list().strip_prefix(provider.card().base).unwrap();
        let path = base.strip_prefix(&format!("http://{}", server.address)).unwrap();
        assert_page(dialect, &get(&server, dialect, &format!("{path}{below}"), "localhost"), base);
    }
}

#[test]
fn the_emulators_own_routes_answer_at_every_host() {
    let server = start();
    for (provider, _) in pairs() {
        let host = format!("Host: {}", provider.card().hosts[0]);
        assert_eq!(server.get("/_emulator/health", &[&host]).status, 200, "{host}");
    }
}

#[test]
fn an_unknown_route_of_the_emulator_is_told_what_there_is() {
    let server = start();
    for target in ["/_emulator/x", "/_emulator/health/", "/_emulator/Health", "/_emulator//", "/_emulator//health"] {
        let answer = server.get(target, &[]);
        assert_eq!(answer.status, 404, "{target}: {}", answer.text());
        assert_eq!(answer.json()["error"]["code"], "no_such_route", "{target}");
        assert_eq!(answer.json()["error"]["at"], target);
    }
}

#[test]
fn a_wrong_method_on_the_emulators_routes_is_told_the_right_ones() {
    let server = start();
    for target in ["/_emulator/health", "/_emulator/providers"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PURGE"] {
            let answer = server.request(method, target, &[]);
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET,HEAD")), "{method} {target}");
            assert_eq!(answer.json()["error"]["code"], "wrong_method");
            assert_eq!(answer.json()["error"]["at"], format!("{method} {target}"));
        }
        assert_eq!(server.request("HEAD", target, &[]).status, 200);
    }
}
