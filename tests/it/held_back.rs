//! Clients that hold back a body until it is asked for (`Expect: 100-continue`): one that is refused is not asked for.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::signed_puts::{Client, gif, target};
use crate::support::{Answer, Server};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Sends the head of a request whose body is held back.
fn send_head(server: &Server, method: &str, target: &str, headers: &[&str], length: u64) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let host = server.address;
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{lines}Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn presign(client: &Client) -> String {
    let path = "api/v1/assets/presign?filename=a.gif&content_type=image/gif&file_size=9";
    let presigned = client.ask("xqr", "POST", path, &Value::Null).json();
    target(client.server, presigned["data"]["upload_url"].as_str().unwrap()).to_owned()
}

const LARGEST: u64 = 26_214_400;

#[test]
fn a_body_that_is_refused_whatever_it_holds_is_not_asked_for() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let url = presign(&client);
    let [flora, konpro] = ["flora", "konpro"].map(|provider| client.auth(provider));
    let gif = "Content-Type: image/gif";
    let (assets, json) = ("/flora/api/v1/assets", "Content-Type: application/json");
    for (method, target, headers, length, status, said) in [
        ("PUT", &*url, vec![gif], LARGEST + 1, 400, "EntityTooLarge"),
        ("PUT", &url, vec!["Content-Type: text/plain"], 9, 403, "SignatureDoesNotMatch"),
        ("PUT", &url, vec![gif, "Content-MD5: a"], 9, 400, "InvalidDigest"),
        ("PUT", &url[..url.len() - 1], vec![gif], 9, 403, "SignatureDoesNotMatch"),
        ("POST", assets, vec!["Authorization: Bearer sk_nobody"], 9, 401, "invalid_api_key"),
        ("POST", assets, vec![&flora, json], (1 << 20) + 1, 413, "too large"),
        ("PUT", assets, vec![&flora], 9, 405, "not_found"),
        ("DELETE", "/konpro/v1/asset/asset_nothing", vec![&konpro], 9, 404, "RESOURCE_NOT_FOUND"),
    ] {
        let mut stream = send_head(&server, method, target, &headers, length);
        let answer = Answer::try_read(&mut stream, false).unwrap();
        assert_eq!(answer.status, status, "{method} {target}: {}", answer.text());
        assert!(answer.text().contains(said), "{method} {target}: {}", answer.text());
    }
    client.wait_for_stored([0, 0]);
}

#[test]
fn a_body_that_may_be_taken_is_asked_for_and_is_in_the_journal() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let url = presign(&client);
    let flora = client.auth("flora");
    let body = json!({"source": "signed-url", "workspace_id": client.workspace}).to_string();
    let json = "Content-Type: application/json";
    for (method, target, headers, body, status) in [
        ("PUT", &*url, vec!["Content-Type: image/gif"], gif(1, 1), 200),
        ("POST", "/flora/api/v1/assets", vec![&flora, json], body.into_bytes(), 201),
    ] {
        let mut stream = send_head(&server, method, target, &headers, body.len() as u64);
        let mut line = [0; CONTINUE.len()];
        stream.read_exact(&mut line).unwrap();
        assert_eq!(line, CONTINUE, "{method} {target}");
        stream.write_all(&body).unwrap();
        assert_eq!(Answer::try_read(&mut stream, false).unwrap().status, status);
        let newest = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0]["request_body"].clone();
        assert_eq!(newest, String::from_utf8(body).unwrap(), "{method} {target}");
    }
}

/// A client that expects anything else waits for nothing.
#[test]
fn a_body_with_another_expectation_is_in_the_journal_although_no_route_takes_it() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let headers = [&*client.auth("konpro"), "Expect: the-unexpected"];
    assert_eq!(server.post("POST", "/konpro/v1/api-keys/validate", &headers, "{}").status, 200);
    assert_eq!(server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0]["request_body"], "{}");
}
