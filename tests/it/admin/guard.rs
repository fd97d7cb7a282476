//! Who may steer the emulator, and how it refuses: always in one shape, whatever was wrong.

use assetmock::emulator::app::{App, Settings};
use serde_json::{Value, json};

use super::{asked, done, refusal, refused, told};
use crate::support::{Answer, NOON, Server, app, block_on};

pub(super) fn with_token(token: &str) -> Server {
    block_on(async {
        let settings = Settings { admin_token: Some(token.to_owned()), ..Settings::default() };
        Server::serve(App { settings, ..app("demo", NOON).await }).await
    })
}

fn get(server: &Server, target: &str, headers: &[&str]) -> Answer {
    server.get(&format!("/_emulator{target}"), headers)
}

#[test]
fn a_page_of_another_origin_and_a_name_that_is_not_local_are_refused() {
    let server = Server::start("demo");
    let own = format!("Origin: http://{}", server.address);
    let port = server.address.port();
    for headers in [
        vec![],
        vec![&*own],
        vec!["Host: localhost"],
        vec!["Host: LOCALHOST:1"],
        vec!["Host: [::1]:4750"],
        vec!["Host: assetmock:4750"],
        vec!["Host: app.localhost"],
        vec!["Host: localhost:80", "Origin: http://localhost:80"],
    ] {
        assert_eq!(get(&server, "/workspaces", &headers).status, 200, "{headers:?}");
    }
    let elsewhere = format!("Origin: http://localhost:{port}");
    for origin in ["Origin: https://evil.example", "Origin: null", "Origin: ", &elsewhere] {
        let answer = get(&server, "/workspaces", &[origin]);
        assert_eq!(told(&answer, origin), refusal(403, "foreign_origin", "Origin"));
    }
    for host in ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "api.xqr.co"] {
        let answer = get(&server, "/workspaces", &[&format!("Host: {host}")]);
        assert_eq!(told(&answer, host), refusal(403, "foreign_host", "Host"));
    }
    // What would change something does not.
    let answer =
        server.post("POST", "/_emulator/workspaces", &["Origin: https://evil.example"], "{\"id\":\"ws_evil\"}");
    assert_eq!((answer.status, asked(&server, "GET /workspaces/ws_evil", &Value::Null).status), (403, 404));
}

#[test]
fn with_a_token_nothing_but_health_is_open_without_it() {
    let server = with_token("s3cret");
    for (headers, status) in [
        (vec![], 401),
        (vec!["Authorization: Bearer s3cret"], 200),
        (vec!["Authorization: bearer s3cret", "Host: emulator.example"], 200),
        (vec!["Authorization: Bearer s3cre"], 401),
        (vec!["Authorization: Bearer s3cret2"], 401),
        (vec!["Authorization: Bearer "], 401),
        (vec!["Authorization: s3cret"], 401),
        (vec!["Authorization: Basic s3cret"], 401),
    ] {
        for path in ["/workspaces", "/openapi.json", "/providers"] {
            let answer = get(&server, path, &headers);
            assert_eq!(answer.status, status, "{path} {headers:?}");
            if status == 401 {
                assert_eq!(told(&answer, path), refusal(401, "no_token", "Authorization"));
            }
        }
    }
    assert_eq!(told(&get(&server, "/no/such/route", &[]), ""), refusal(401, "no_token", "Authorization"));
    assert!(!get(&server, "/workspaces", &[]).text().contains("s3cret"));
    // Providers have keys of their own.
    assert_eq!(server.list("xqr", "nobody", "").status, 401);
    assert!(server.list("xqr", "nobody", "").text().contains("request_id"));
}

/// Test harnesses and proxies set an `Origin` of their own. A page cannot send the token: its browser asks with a
/// preflight first, which carries none.
#[test]
fn a_valid_token_is_let_in_whatever_its_origin_and_preflights_are_not() {
    let server = with_token("s3cret");
    for origin in ["Origin: https://evil.example", "Origin: null", "Origin: ", "Origin: http://localhost:3000"] {
        for (token, status) in [("s3cret", 200), ("s3cre", 403), ("", 403)] {
            let answer = get(&server, "/workspaces", &[origin, &format!("Authorization: Bearer {token}")]);
            assert_eq!(answer.status, status, "{origin} {token}");
            if status == 403 {
                assert_eq!(told(&answer, origin), refusal(403, "foreign_origin", "Origin"));
            }
        }
        let asked = ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization", origin];
        let preflight = server.request("OPTIONS", "/_emulator/workspaces", &asked);
        assert_eq!(told(&preflight, origin), refusal(403, "foreign_origin", "Origin"));
        assert!(preflight.headers.iter().all(|(name, _)| !name.starts_with("access-control-")), "{preflight:?}");
    }
}

#[test]
fn health_is_open_to_everyone() {
    for server in [Server::start("demo"), with_token("s3cret")] {
        for headers in [vec![], vec!["Host: evil.example"], vec!["Origin: https://evil.example"]] {
            let answer = get(&server, "/health", &headers);
            assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("ready")), "{headers:?}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_refused_in_the_one_shape() {
    let server = Server::start("demo");
    let post = |target: &str, body: &[u8]| {
        let head =
            format!("POST /_emulator{target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        told(&server.send(&[head.as_bytes(), body].concat()), target)
    };
    for target in
        ["/workspaces", "/workspaces/ws_demo/assets", "/workspaces/ws_demo/keys", "/clock", "/faults", "/reset"]
    {
        for body in [&b"nonsense"[..], b"{", b"{} {}", b"[]", b"5", b"null", b"\"x\"", b"\xff\xfe", b"{\"\xff\":1}"] {
            assert_eq!(post(target, body), refusal(400, "invalid_request", "body"), "{target} {body:?}");
        }
        assert_eq!(
            post(target, b"{\"no_such_field\":1}"),
            refusal(400, "invalid_request", "no_such_field"),
            "{target}"
        );
    }
    for (request, status, code, at) in [
        ("GET /nothing", 404, "no_such_route", "/_emulator/nothing"),
        ("POST /workspaces/ws_demo/nothing", 404, "no_such_route", "/_emulator/workspaces/ws_demo/nothing"),
        ("GET /faults/first", 400, "invalid_request", "/_emulator/faults/first"),
        ("DELETE /faults/-1", 400, "invalid_request", "/_emulator/faults/-1"),
        ("GET /faults/99", 404, "not_found", "99"),
        ("GET /workspaces/%ff", 400, "invalid_request", "/_emulator/workspaces/%ff"),
        ("GET /workspaces/ws_demo/assets/%ff", 400, "invalid_request", "/_emulator/workspaces/ws_demo/assets/%ff"),
        ("DELETE /faults?workspce=ws_demo", 400, "invalid_request", "query"),
        ("DELETE /workspaces", 405, "wrong_method", "DELETE /_emulator/workspaces"),
        ("PUT /reset", 405, "wrong_method", "PUT /_emulator/reset"),
        ("POST /openapi.json", 405, "wrong_method", "POST /_emulator/openapi.json"),
    ] {
        assert_eq!(refused(&server, request, Value::Null), refusal(status, code, at), "{request}");
    }
    let answer = asked(&server, "DELETE /workspaces", &Value::Null);
    let mut allowed: Vec<_> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

/// Larger than any fixture we take, by a byte and by a lot; announced, or in chunks.
#[test]
fn a_body_that_is_too_large_is_refused_in_the_one_shape() {
    const LARGEST: usize = 64 * 1024 * 1024;
    let server = Server::start("empty");
    let blank = vec![b' '; 1024 * 1024];
    for (more, chunked) in [(1, false), (16 * 1024 * 1024, false), (1, true), (16 * 1024 * 1024, true)] {
        let length = LARGEST + more;
        let framing =
            if chunked { "Transfer-Encoding: chunked".to_owned() } else { format!("Content-Length: {length}") };
        let head = format!("POST /_emulator/workspaces HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n");
        let answer = server.send_in_parts(head.as_bytes(), length, |part| match chunked {
            true => [format!("{:x}\r\n", part).as_bytes(), &blank[..part], b"\r\n"].concat(),
            false => blank[..part].to_vec(),
        });
        assert_eq!(told(&answer, &framing), refusal(413, "too_large", "body"), "{framing}");
    }
    assert_eq!(done(&server, "GET /health", Value::Null)["status"], "ready");
}

#[test]
fn a_body_in_another_form_is_refused_by_name() {
    let server = Server::start("empty");
    let said = |header: &str| {
        let answer = server.post("POST", "/_emulator/workspaces", &[header, "Accept-Encoding: gzip, br"], "{}");
        (answer.status, if answer.status < 300 { String::new() } else { told(&answer, header).1 })
    };
    for coding in ["gzip", "identity, br", "DEFLATE"] {
        assert_eq!(said(&format!("Content-Encoding: {coding}")), (415, "unsupported_encoding".to_owned()), "{coding}");
    }
    for charset in ["iso-8859-1", "\"utf-16\""] {
        let header = format!("Content-Type: application/json; charset={charset}");
        assert_eq!(said(&header), (415, "unsupported_charset".to_owned()), "{charset}");
    }
    for header in [
        "Content-Encoding: identity",
        "Content-Type: application/json; charset=\"UTF-8\"",
        "Content-Type: text/plain;charset=us-ascii",
        "X-Any: 1",
    ] {
        assert_eq!(said(header), (201, String::new()), "{header}");
    }
}
