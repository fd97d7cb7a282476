//! Faults that change nothing of an answer did not fire: those that damage a body, where there is none or a short one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::signed_puts::{Client, gif, put};
use crate::support::{Answer, Server};

/// A rule for all requests of a client to xQR.
fn add(client: &Client, effect: &Value, trigger: &Value) -> String {
    let rule = json!({
        "match": {"workspace": client.workspace, "provider": "xqr"}, "effect": effect, "trigger": trigger,
    });
    let made = client.server.call("POST", "/_emulator/faults", &rule);
    assert_eq!((made.status, &made.json()["warning"]), (201, &json!(null)), "{}", made.text());
    format!("/_emulator/faults/{}", made.json()["id"])
}

/// How often a rule matched, fired, and could change nothing.
fn counts(client: &Client, rule: &str) -> [Value; 3] {
    let listed = client.server.get(rule, &[]).json();
    ["seen", "fired", "unchanged"].map(|name| listed[name].clone())
}

fn xqr(client: &Client, method: &str, path: &str) -> Answer {
    client.ask("xqr", method, &format!("api/v1/assets{path}"), &Value::Null)
}

/// A new asset, and the URL for its bytes.
fn presign(client: &Client) -> (String, String) {
    let presigned = xqr(client, "POST", "/presign?filename=a.gif&content_type=image/gif&file_size=9");
    let data = presigned.json()["data"].clone();
    let text = |name: &str| data[name].as_str().unwrap().to_owned();
    (text("asset_id"), text("upload_url"))
}

#[test]
fn a_fault_of_the_body_does_not_fire_for_an_answer_without_one() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let slow = json!({"trickle": {"chunk_bytes": 3, "pause_ms": 1}});
    for effect in [json!("malformed_json"), json!({"truncate": {"bytes": 3}}), slow] {
        let (asset, url) = presign(&client);
        let rule = add(&client, &effect, &json!({"next": 1}));
        let stored = put(&server, &url, "image/gif", &gif(2, 2));
        assert_eq!((stored.status, stored.text()), (200, ""), "{effect}");
        assert_eq!(xqr(&client, "DELETE", &format!("/{asset}")).status, 204);
        assert_eq!(counts(&client, &rule), [2, 0, 2], "{effect}");
        let verdict = json!({"scope": {"workspace": client.workspace}, "faults": "all_fired"});
        let verdict = server.call("POST", "/_emulator/journal/verify", &verdict).json();
        assert_eq!(
            verdict["unfired"][0]["message"],
            "2 requests matched it, and it changes only answers with a body that is long enough"
        );
        // The next answer has a body, and the rule is there for it still.
        read_all(&server, &request(&client, "GET", "/api/v1/assets"));
        assert_eq!(counts(&client, &rule), [json!(3), json!(1), json!(2)], "{effect}");
        assert_eq!(server.get(&rule, &[]).json()["active"], false);
        server.call("DELETE", &rule, &Value::Null);
    }
    let journal = server.get(&format!("/_emulator/journal?workspace={}", client.workspace), &[]).json();
    let faults: Vec<_> =
        journal["entries"].as_array().unwrap().iter().filter_map(|it| it["faults"].as_array()).collect();
    assert_eq!(faults.iter().filter(|faults| !faults.is_empty()).count(), 3, "{journal}");
}

#[test]
fn an_answer_that_is_empty_already_is_not_emptied() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let (asset, url) = presign(&client);
    let rule = add(&client, &json!("empty"), &json!({"next": 1}));
    assert_eq!(put(&server, &url, "image/gif", &gif(2, 2)).status, 200);
    assert_eq!(counts(&client, &rule), [1, 0, 1]);
    assert_eq!(xqr(&client, "DELETE", &format!("/{asset}")).status, 200, "it was 204");
    assert_eq!(counts(&client, &rule), [2, 1, 1]);
}

/// Sends a request and reads what comes until the connection ends, which may be early.
fn read_all(server: &Server, request: &str) {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

fn request(client: &Client, method: &str, path: &str) -> String {
    let (host, auth) = (client.server.address, client.auth("xqr"));
    format!("{method} /xqr{path} HTTP/1.1\r\nHost: {host}\r\n{auth}\r\nConnection: close\r\n\r\n")
}

#[test]
fn a_body_that_is_shorter_than_a_fault_needs_is_not_changed() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let plain = xqr(&client, "GET", "/nope").body.len();
    for effect in
        [json!({"truncate": {"bytes": plain}}), json!({"trickle": {"chunk_bytes": plain, "pause_ms": 600_000}})]
    {
        let rule = add(&client, &effect, &json!("always"));
        assert_eq!(xqr(&client, "GET", "/nope").body.len(), plain, "{effect}");
        assert_eq!(counts(&client, &rule), [1, 0, 1], "{effect}");
        server.call("DELETE", &rule, &Value::Null);
    }
}

#[test]
fn a_fault_that_a_request_asks_for_in_vain_is_a_warning() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let (asset, _) = presign(&client);
    let headers = [&*client.auth("xqr"), "X-Emulator-Fault: malformed_json", "X-Emulator-Explain: 1"];
    let deleted = server.request("DELETE", &format!("/xqr/api/v1/assets/{asset}"), &headers);
    let warning = "the fault `malformed_json` changes only answers with a body that is long enough";
    assert_eq!((deleted.status, deleted.header("x-emulator-warnings")), (204, Some(warning)));
}
