//! Paths, slashes, methods and hosts at one vendor.

use super::*;

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
            let found = operation_table::find(card.operations, method, card.list());
            if matches!(found, Found::Operation(operation) if operation.is_absent()) {
                assert_eq!(answer.status, 501, "{method} at {}", card.name);
            } else if matches!(found, Found::Operation(operation) if operation != card.list_operation()) {
                // `/asset/list` is an asset to a vendor that deletes `/asset/{asset_id}`, and there is none of that id. An
                // upload needs a body.
                assert_refused(dialect, &answer, if method == "POST" { 400 } else { 404 }, method);
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

/// Ids of fixtures can have any character, and paths are matched segment by segment before they are decoded.
#[test]
fn an_encoded_slash_is_part_of_its_segment() {
    let ids = ["a/b", "a%2Fb", "50%/é"];
    let asset = |id: &&str| json!({"name": id, "mime_type": "image/png", "created_at": "2026-03-21T11:00:00Z", "ids": {"xqr": id}});
    let assets: Vec<_> = ids.iter().map(asset).collect();
    let key = format!("xqr_pk_00000000.{}", "0".repeat(64));
    let workspace = json!({"id": "ws_a/b", "keys": [{"provider": "xqr", "key": key}], "assets": assets});
    let server = Server::start(&json!({"workspaces": [workspace]}).to_string());
    let auth = format!("Authorization: Bearer {key}");
    let ask = |method: &str, path: &str| server.request(method, &format!("/xqr/api/v1/assets{path}"), &[&auth]);
    for (id, encoded) in ids.iter().zip(["a%2fb", "a%252Fb", "50%25%2F%C3%A9"]) {
        let found = ask("GET", &format!("/{encoded}"));
        assert_eq!((found.status, &found.json()["data"]["id"]), (200, &json!(id)), "{encoded}");
    }
    for (method, path, status) in [
        ("GET", "/a/b", 404),
        ("GET", "%2Fa", 404),
        ("GET", "/a%2Fb/", 307),
        ("POST", "/a%2Fb%2Fpublish", 405),
        ("POST", "/a%2Fb/publish", 200),
        ("DELETE", "/a%2Fb", 204),
        ("GET", "/a%2Fb", 404),
        ("GET", "/a%252Fb", 200),
    ] {
        assert_eq!(ask(method, path).status, status, "{method} {path}");
    }
    // The id of a workspace is a segment of the URLs to which files are put.
    let presigned = ask("POST", "/presign?filename=a.png&content_type=image/png&file_size=1").json();
    let url = presigned["data"]["upload_url"].as_str().unwrap();
    assert!(url.contains("/_uploads/ws_a%2Fb/"), "{url}");
    assert_eq!(crate::signed_puts::put(&server, url, "image/png", b"x").status, 200);
}
