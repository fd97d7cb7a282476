//! Small uploads in each vendor's way that are cut off at every byte of their head and body: nothing of them is seen or
//! kept, and the server goes on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::signed_puts::{Client, bytes, gif, request, target};
use crate::support::Server;

/// The longest that all cuts of one request may take. It only bounds a hang.
const LONGEST: Duration = Duration::from_secs(120);

/// The boundary of the forms.
const BOUNDARY: &str = "b";

/// What follows the last part of a form but for its line end, which nobody waits for.
const END: usize = "--\r\n".len();

fn file() -> Vec<u8> {
    [gif(1, 1), bytes(1000)].concat()
}

/// Cuts a request off before each of its first `end` bytes, and sends it whole in the end.
fn cut_everywhere(client: &Client, whole: &[u8], end: usize) {
    let (server, before, began) = (client.server, client.assets(), Instant::now());
    for length in 0..end {
        if let Some(answer) = server.send_and_hang_up(&whole[..length]) {
            assert!(answer.status >= 400, "{length} of {} bytes: {}", whole.len(), answer.text());
        }
        assert!(began.elapsed() < LONGEST, "{length} of {} bytes took too long", whole.len());
    }
    assert_eq!(client.assets(), before, "nothing came of it");
    client.wait_for_stored([0, 0]);
    let answer = server.send(whole);
    assert!(answer.status < 300, "{}", answer.text());
    client.wait_for_stored([1, 1]);
}

fn cut_put(client: &Client, url: &str) {
    let server = client.server;
    let whole = request("PUT", &server.address.to_string(), target(server, url), "image/gif", &file());
    cut_everywhere(client, &whole, whole.len());
}

/// Cuts a form of these fields and the file off.
fn cut_form(client: &Client, path: &str, header: &str, fields: &[(String, String)]) {
    let mut body = Vec::new();
    for (name, text) in fields {
        let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.gif\"\r\n\r\n");
    body.extend_from_slice(&[head.as_bytes(), &file(), format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}{header}");
    let whole = request("POST", &client.server.address.to_string(), path, &kind, &body);
    cut_everywhere(client, &whole, whole.len() - END);
}

fn field(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[test]
fn a_put_to_a_signed_url_of_xqr() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let path = "api/v1/assets/presign?filename=a.gif&content_type=image/gif&file_size=9";
    let presigned = client.ask("xqr", "POST", path, &Value::Null).json();
    cut_put(&client, presigned["data"]["upload_url"].as_str().unwrap());
}

#[test]
fn a_put_to_a_signed_url_of_piktid() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let upload = client.ask("piktid", "POST", "upload", &json!({"filename": "a.gif"})).json();
    cut_put(&client, upload["upload_url"].as_str().unwrap());
}

#[test]
fn a_chunk_of_twelvelabs() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let body = json!({"filename": "a.gif", "type": "image", "total_size": file().len()});
    let session = client.ask("twelvelabs", "POST", "v1.3/assets/multipart-uploads", &body).json();
    cut_put(&client, session["upload_urls"][0]["url"].as_str().unwrap());
}

#[test]
fn a_form_of_twelvelabs() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let header = format!("\r\n{}", client.auth("twelvelabs"));
    cut_form(&client, "/twelvelabs/v1.3/assets", &header, &[field("method", "direct")]);
}

#[test]
fn a_form_of_flora() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let header = format!("\r\n{}", client.auth("flora"));
    cut_form(&client, "/flora/api/v1/assets", &header, &[field("workspace_id", &client.workspace)]);
}

#[test]
fn a_signed_form_of_flora() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let body = json!({"source": "signed-url", "workspace_id": client.workspace, "content_type": "image/gif"});
    let reserved = client.ask("flora", "POST", "api/v1/assets", &body).json();
    let fields = reserved["upload"]["form_fields"].as_object().unwrap();
    let fields: Vec<_> = fields.iter().map(|(name, text)| field(name, text.as_str().unwrap())).collect();
    cut_form(&client, target(&server, reserved["upload"]["url"].as_str().unwrap()), "", &fields);
}

#[test]
fn the_bytes_of_an_upload_to_konpro() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let kind = format!("image/png\r\n{}", client.auth("konpro"));
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &bytes(1000)].concat();
    let whole = request("POST", &server.address.to_string(), "/konpro/v1/asset", &kind, &png);
    cut_everywhere(&client, &whole, whole.len());
}
