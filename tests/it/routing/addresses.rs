//! Which vendor a request is for.

use super::*;

#[test]
fn by_prefix() {
    let server = start();
    for (_, dialect) in pairs() {
        for host in ["localhost:4750", "127.0.0.1", "[::1]:4750", "example.com"] {
            assert_page(dialect, &get(&server, dialect, &dialect.target(""), host), host);
        }
    }
}

#[test]
fn by_host_whatever_its_spelling() {
    let server = start();
    for (provider, dialect) in pairs() {
        for host in host_spellings(provider) {
            assert_page(dialect, &get(&server, dialect, provider.card().list(), &host), &host);
            assert_refused(dialect, &get(&server, dialect, "/nowhere", &host), 404, &host);
        }
    }
}

#[test]
fn by_the_host_of_an_absolute_target() {
    let server = start();
    for (provider, dialect) in pairs() {
        for host in host_spellings(provider) {
            let target = format!("http://{host}{}", provider.card().list());
            assert_page(dialect, &get(&server, dialect, &target, "localhost:4750"), &target);
        }
    }
}

#[test]
fn the_prefix_wins_over_the_host() {
    let server = start();
    for (_, dialect) in pairs() {
        for (other, _) in pairs() {
            let host = other.card().hosts[0];
            assert_page(dialect, &get(&server, dialect, &dialect.target(""), host), host);
            let target = format!("http://{host}{}", dialect.target(""));
            assert_page(dialect, &get(&server, dialect, &target, host), &target);
        }
    }
}

#[test]
fn by_the_exact_bare_path() {
    let server = start();
    for (provider, dialect) in pairs() {
        assert_page(dialect, &get(&server, dialect, provider.card().list(), "localhost"), "bare path");
        for near in [format!("/x{}", provider.card().list()), format!("{}/", provider.card().list())] {
            assert_nobodys(&get(&server, dialect, &near, "localhost"), &near);
        }
    }
}

fn shares_its_path(provider: &dyn Provider) -> bool {
    providers::ALL.iter().filter(|other| other.card().list() == provider.card().list()).count() > 1
}

#[test]
fn where_two_share_a_path_the_shape_of_the_key_decides() {
    let server = start();
    for (provider, dialect) in pairs().filter(|(provider, _)| shares_its_path(*provider)) {
        let list = provider.card().list();
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let live = server.get(list, &[&format!("Authorization: {scheme} {}", dialect.key)]);
            assert_page(dialect, &live, scheme);
            let unknown = server.get(list, &[&format!("Authorization: {scheme} {}_nobody", dialect.key)]);
            assert_refused(dialect, &unknown, 401, scheme);
        }
        assert_refused(dialect, &server.get(list, &[&format!("Authorization: {}", dialect.key)]), 401, "no scheme");
    }
}

#[test]
fn of_two_keys_the_first_counts_and_names_have_any_case() {
    let server = start();
    for (_, dialect) in pairs() {
        let (live, dead) = (dialect.auth("_off"), dialect.auth("_nobody"));
        let shouted = live.split_once(": ").map(|(name, value)| format!("{}: {value}", name.to_uppercase())).unwrap();
        assert_page(dialect, &server.get(&dialect.target(""), &[&live, &dead]), "the live key first");
        assert_page(dialect, &server.get(&dialect.target(""), &[&shouted]), "a name in capitals");
        assert_refused(dialect, &server.get(&dialect.target(""), &[&dead, &live]), 401, "the live key second");
    }
}

#[test]
fn no_vendor_sends_cors_headers() {
    let server = start();
    for (_, dialect) in pairs() {
        for method in ["GET", "OPTIONS"] {
            let lines = ["Origin: https://example.com", "Access-Control-Request-Method: GET", &dialect.auth("_off")];
            let answer = server.request(method, &dialect.target(""), &lines);
            let cors = answer.headers.iter().find(|(name, _)| name.starts_with("access-control-") || name == "vary");
            assert_eq!(cors, None, "{} {method}", dialect.name);
        }
    }
}

#[test]
fn where_two_share_a_path_and_no_key_tells_them_apart_nobody_answers() {
    let server = start();
    for (provider, _) in pairs().filter(|(provider, _)| shares_its_path(*provider)) {
        for lines in
            [&[][..], &["Authorization: Bearer other_key"], &["Authorization: Bearer"], &["x-api-key: sk_tests"]]
        {
            assert_nobodys(&server.get(provider.card().list(), lines), "no key of either");
        }
    }
}

#[test]
fn a_path_of_ones_own_needs_no_key_to_be_found() {
    let server = start();
    for (provider, dialect) in pairs().filter(|(provider, _)| !shares_its_path(*provider)) {
        assert_refused(dialect, &server.get(provider.card().list(), &[]), 401, "bare path");
    }
}

#[test]
fn what_nobody_owns_is_told_every_base_url_at_the_host_asked_for() {
    let server = start();
    for target in ["/", "/assets2", "/xqr2/api/v1/assets", "//", "/v1.3", "/%00", "/%ff", "/..", "/XQR/api/v1/assets"] {
        let answer = server.get(target, &["Host: emulator.test:9"]);
        assert_nobodys(&answer, target);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let told = answer.json()["providers"].as_array().unwrap().clone();
        assert_eq!(told.len(), providers::ALL.len());
        for (told, card) in told.iter().zip(providers::ALL.iter().map(|provider| provider.card())) {
            assert_eq!(told["name"], card.name);
            assert_eq!(told["base_url"], format!("http://emulator.test:9/{}{}", card.name, card.base));
        }
    }
}
