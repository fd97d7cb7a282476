//! The four ways of addressing a provider, and what belongs to none of them: section 2 of the design, for every one.

use assetmock::contract::operation::{self, Found};
use assetmock::contract::provider::{Carrier, CheckOrder, Provider, Slash};
use assetmock::providers;
use serde_json::json;

use crate::dialects::{Dialect, pairs};
use crate::support::{Answer, Server};
use crate::worlds::world;

fn start() -> Server {
    Server::start(&world())
}

/// A request with the provider's live key.
fn get(server: &Server, dialect: &Dialect, target: &str, host: &str) -> Answer {
    server.get(target, &[&format!("Host: {host}"), &dialect.auth("_off")])
}

fn assert_page(dialect: &Dialect, answer: &Answer, how: &str) {
    assert_eq!(answer.status, 200, "{} by {how}: {}", dialect.name, answer.text());
    assert!(dialect.is_page(answer.text()), "{} by {how}: {}", dialect.name, answer.text());
}

fn assert_refused(dialect: &Dialect, answer: &Answer, status: u16, how: &str) {
    assert_eq!(answer.status, status, "{} {how}: {}", dialect.name, answer.text());
    assert!(dialect.is_refusal(answer.text()), "{} {how}: {}", dialect.name, answer.text());
}

fn assert_nobodys(answer: &Answer, how: &str) {
    assert_eq!(answer.status, 404, "{how}: {}", answer.text());
    assert_eq!(answer.json()["error"]["code"], "no_provider", "{how}");
}

/// Every spelling of every name that stands for the provider.
fn host_spellings(provider: &dyn Provider) -> Vec<String> {
    let card = provider.card();
    let aliases = ["", ".localhost", ".internal", ".svc.cluster.local"].map(|end| format!("{}{end}", card.name));
    let names = card.hosts.iter().map(|host| (*host).to_owned()).chain(aliases);
    names
        .flat_map(|name| [name.to_uppercase(), format!("{name}:4750"), format!("{name}."), format!("{name}.:80"), name])
        .collect()
}

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

/// The path with everything but its slashes escaped.
fn encoded(path: &str) -> String {
    path.chars().map(|c| if c == '/' { c.into() } else { format!("%{:02x}", u32::from(c)) }).collect()
}

#[test]
fn a_path_may_be_percent_encoded() {
    let server = start();
    for (provider, dialect) in pairs() {
        let path = encoded(&format!("/{}{}", dialect.name, provider.card().list()));
        assert_page(dialect, &get(&server, dialect, &path, "localhost"), &path);
        let bare = encoded(provider.card().list());
        assert_page(dialect, &get(&server, dialect, &bare, provider.card().hosts[0]), &bare);
    }
}

#[test]
fn a_path_is_compared_to_the_letter() {
    let server = start();
    for (provider, dialect) in pairs() {
        let list = provider.card().list();
        for path in
            [format!("/{list}"), list.to_uppercase(), format!("{list}x"), format!("{list}//"), list[..3].to_owned()]
        {
            let target = format!("/{}{path}", dialect.name);
            // `/asset/listx` is an asset to a vendor that has `/asset/{asset_id}`.
            let is_an_asset = provider.card().operations.iter().any(|operation| operation.has_path(&path));
            let status = if is_an_asset { 405 } else { 404 };
            assert_refused(dialect, &get(&server, dialect, &target, "localhost"), status, &target);
        }
        for target in
            [format!("/{}", dialect.name), format!("/{}/", dialect.name), format!("/{}/?limit=1", dialect.name)]
        {
            assert_refused(dialect, &get(&server, dialect, &target, "localhost"), 404, &target);
        }
    }
}

#[test]
fn a_slash_behind_the_route_does_what_the_card_says() {
    let server = start();
    for (provider, dialect) in pairs() {
        let target = format!("/{}{}/?a=b", dialect.name, provider.card().list());
        let answer = get(&server, dialect, &target, "emulator.test:9");
        match provider.card().slash {
            Slash::NotFound => assert_refused(dialect, &answer, 404, &target),
            Slash::Tolerated => assert_page(dialect, &answer, &target),
            Slash::Redirected => {
                let there = format!("http://emulator.test:9/{}{}?a=b", dialect.name, provider.card().list());
                assert_eq!((answer.status, answer.header("location")), (307, Some(&*there)));
            }
        }
    }
}

/// A redirect must lead to another place, however the slash was written.
#[test]
fn an_encoded_slash_behind_the_route_is_not_redirected_to_itself() {
    let server = start();
    for (provider, dialect) in pairs().filter(|(provider, _)| provider.card().slash == Slash::Redirected) {
        let path = format!("/{}{}%2F", dialect.name, provider.card().list());
        let answer = get(&server, dialect, &path, "emulator.test:9");
        assert_ne!(answer.header("location"), Some(&*format!("http://emulator.test:9{path}")), "{}", answer.status);
    }
}

#[test]
fn a_redirect_keeps_a_query_in_any_alphabet() {
    let server = start();
    for (provider, dialect) in pairs().filter(|(provider, _)| provider.card().slash == Slash::Redirected) {
        let target = format!("/{}{}/?folder_id=東京", dialect.name, provider.card().list());
        let answer = get(&server, dialect, &target, "emulator.test:9");
        assert_eq!(answer.status, 307, "{}", answer.text());
        let location = answer.header("location").unwrap();
        assert!(location.is_ascii() && location.contains("%E6%9D%B1%E4%BA%AC"), "{location}");
    }
}

#[test]
fn methods_are_allowed_as_the_card_says() {
    let server = start();
    for (provider, dialect) in pairs() {
        let card = provider.card();
        let allow = card.allow(card.list());
        let allowed: Vec<_> = allow.split(", ").collect();
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "get", "LIST"] {
            let answer = server.request(method, &dialect.target(""), &[&dialect.auth("_off")]);
            let found = operation::find(card.operations, method, card.list());
            if matches!(found, Found::Operation(operation) if operation.is_absent()) {
                assert_eq!(answer.status, 501, "{method} at {}", card.name);
            } else if allowed.contains(&method) {
                assert_eq!(answer.status, 200, "{method} at {}", card.name);
            } else {
                assert_eq!((answer.status, answer.header("allow")), (405, Some(&*allow)), "{method} at {}", card.name);
                assert!(method == "HEAD" || dialect.is_refusal(answer.text()), "{method}: {}", answer.text());
            }
        }
    }
}

#[test]
fn the_card_says_whether_the_key_or_the_route_is_looked_at_first() {
    let server = start();
    for (provider, dialect) in pairs() {
        let (method, route) = match provider.card().order {
            CheckOrder::RouteFirst => (405, 404),
            CheckOrder::KeyFirst => (401, 401),
        };
        for key in [vec![], vec![dialect.auth("_revoked")]] {
            let headers: Vec<&str> = key.iter().map(|line| &**line).collect();
            assert_refused(dialect, &server.request("PATCH", &dialect.target(""), &headers), method, "PATCH");
            let target = format!("/{}/nowhere", dialect.name);
            assert_refused(dialect, &server.request("GET", &target, &headers), route, "GET");
        }
    }
}

#[test]
fn a_wrong_method_on_no_route_is_no_route() {
    let server = start();
    for (_, dialect) in pairs() {
        let target = format!("/{}/nowhere", dialect.name);
        for method in ["POST", "OPTIONS", "DELETE"] {
            assert_refused(dialect, &server.request(method, &target, &[&dialect.auth("")]), 404, method);
        }
    }
}

#[test]
fn options_of_everything_belongs_to_the_host_it_is_sent_to() {
    let server = start();
    assert_nobodys(&server.request("OPTIONS", "*", &["Host: localhost"]), "OPTIONS *");
    for (provider, dialect) in pairs() {
        let host = format!("Host: {}", provider.card().hosts[0]);
        assert_refused(dialect, &server.request("OPTIONS", "*", &[&host, &dialect.auth("")]), 404, "OPTIONS *");
    }
}

/// It says for whom it is, once, or nobody answers it.
#[test]
fn http_1_1_names_one_host() {
    let server = start();
    let (_, dialect) = pairs().next().unwrap();
    for target in ["/_emulator/health".to_owned(), dialect.target(""), "/nowhere".to_owned()] {
        let ask = |hosts: &str| {
            let request = format!("GET {target} HTTP/1.1\r\n{hosts}{}\r\n\r\n", dialect.auth("_off"));
            server.send(request.as_bytes())
        };
        let status = ask("Host: localhost\r\n").status;
        assert_eq!(ask("Host: localhost\r\nHost: localhost\r\n").status, status, "{target}");
        for (hosts, says) in [("", "a request of HTTP/1.1"), ("Host: a\r\nX: y\r\nHost: b\r\n", "two different `Host`")]
        {
            let answer = ask(hosts);
            let error = &answer.json()["error"];
            assert_eq!((answer.status, &error["code"], &error["at"]), (400, &json!("bad_host"), &json!("Host")));
            assert!(error["message"].as_str().unwrap().starts_with(says), "{}", answer.text());
            assert_eq!(answer.header("date"), Some("Sat, 21 Mar 2026 12:00:00 GMT"));
        }
    }
    let absolute = format!("GET http://{}/ HTTP/1.1\r\n\r\n", dialect.name);
    assert_eq!(server.send(absolute.as_bytes()).json()["error"]["code"], "bad_host");
}

/// A proxy that speaks TLS with the clients says so. This test's own address is a loopback one, whose word counts.
#[test]
fn what_a_client_is_told_to_go_to_has_the_scheme_that_it_speaks() {
    let server = start();
    let ask = |target: &str, scheme: &str| {
        server.get(target, &["Host: emulator.test", &format!("X-Forwarded-Proto: {scheme}")])
    };
    for (scheme, origin) in
        [("https", "https://emulator.test"), ("http", "http://emulator.test"), ("x", "http://emulator.test")]
    {
        let lost = ask("/nowhere", scheme).json();
        for (provider, told) in providers::ALL.iter().zip(lost["providers"].as_array().unwrap()) {
            assert_eq!(told["base_url"], format!("{origin}/{}{}", provider.card().name, provider.card().base));
        }
        for card in providers::ALL.iter().map(|provider| provider.card()) {
            if card.slash == Slash::Redirected {
                let slashed = ask(&format!("/{}{}/?a=b", card.name, card.list()), scheme);
                let location = format!("{origin}/{}{}?a=b", card.name, card.list());
                assert_eq!((slashed.status, slashed.header("location")), (307, Some(&*location)));
            }
        }
    }
    let headers = ["Host: localhost", "X-Forwarded-Proto: https"];
    let made = server.post("POST", "/_emulator/workspaces", &headers, "{}").json();
    assert_eq!(made["base_urls"]["flora"], "https://localhost/flora/api/v1");
}

#[test]
fn connect_to_a_strangers_host_is_refused_and_the_server_goes_on() {
    let server = start();
    let answer = server.request("CONNECT", "example.com:443", &[]);
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    let (_, dialect) = pairs().next().unwrap();
    assert_page(dialect, &get(&server, dialect, &dialect.target(""), "localhost"), "prefix");
}

#[test]
fn http_1_0_needs_no_host() {
    let server = start();
    for (_, dialect) in pairs() {
        let request = format!("GET {} HTTP/1.0\r\n{}\r\n\r\n", dialect.target(""), dialect.auth("_off"));
        assert_page(dialect, &server.send(request.as_bytes()), "HTTP/1.0");
    }
    let lost = server.send(b"GET /nowhere HTTP/1.0\r\n\r\n");
    assert_nobodys(&lost, "HTTP/1.0");
    assert_eq!(lost.json()["providers"][0]["base_url"], format!("http://{}/xqr/api/v1", server.address));
}

#[test]
fn other_credentials_beside_the_key_do_not_matter() {
    let server = start();
    for (provider, dialect) in pairs() {
        let other = match provider.card().auth.carrier {
            Carrier::Bearer => "x-api-key: nonsense",
            Carrier::Header(_) => "Authorization: Bearer nonsense",
        };
        assert_page(dialect, &server.get(&dialect.target(""), &[other, &dialect.auth("_off")]), "two credentials");
    }
}

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
