//! Uploads to FLORA: what holds beyond its transcripts.

mod direct;
mod forms;
mod from_url;
mod hostile;
mod life;
mod refused;

use serde_json::{Value, json};

use crate::dialects;
use crate::support::{Answer, Server, block_on};

/// A GIF with this width and height in its header, and nothing behind it.
fn gif(width: u16, height: u16) -> Vec<u8> {
    [b"GIF89a".as_slice(), &width.to_le_bytes(), &height.to_le_bytes(), &[0, 0, 0, b';']].concat()
}

fn auth() -> String {
    dialects::of("flora").auth("_off")
}

/// A file in a form: its name, the type of its part, and its bytes.
type File<'a> = (&'a str, &'a str, &'a [u8]);

const BOUNDARY: &str = "----formdata-undici-0123456789";

/// The body of a form, the file last, as the SDK sends it.
fn form(fields: &[(&str, &str)], file: Option<File>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in fields {
        let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    if let Some((name, mime_type, bytes)) = file {
        let disposition = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        let part = format!("--{BOUNDARY}\r\n{disposition}\r\nContent-Type: {mime_type}\r\n\r\n");
        body.extend_from_slice(part.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Posts a form to a target of the server.
fn post_form(server: &Server, target: &str, headers: &[&str], body: &[u8]) -> Answer {
    server.send(&request(server, target, headers, body))
}

fn request(server: &Server, target: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let host = format!("Host: {}", server.address);
    let host = (!headers.iter().any(|line| line.starts_with("Host:"))).then_some(&*host);
    let lines: String = host.into_iter().chain(headers.iter().copied()).map(|line| format!("{line}\r\n")).collect();
    let own = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\n", body.len());
    [format!("POST {target} HTTP/1.1\r\n{lines}{own}\r\n").as_bytes(), body].concat()
}

/// `POST /assets` with a form.
fn upload(server: &Server, fields: &[(&str, &str)], file: Option<File>) -> Answer {
    post_form(server, "/flora/api/v1/assets", &[&auth()], &form(fields, file))
}

/// `POST /assets` with JSON.
fn create(server: &Server, body: &Value) -> Answer {
    server.post("POST", "/flora/api/v1/assets", &[&auth()], &body.to_string())
}

/// Announces a file.
fn reserve(server: &Server, more: &Value) -> Value {
    let mut body = json!({"source": "signed-url", "workspace_id": "ws_tests"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = create(server, &body);
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

/// Sends the bytes to where the reservation says.
fn send(server: &Server, reservation: &Value, bytes: &[u8]) -> Answer {
    let upload = &reservation["upload"];
    let fields = fields_of(reservation);
    let fields: Vec<_> = fields.iter().map(|(name, text)| (&**name, &**text)).collect();
    let body = form(&fields, Some(("blob", "application/octet-stream", bytes)));
    post_form(server, path_of(server, upload["url"].as_str().unwrap()), &[], &body)
}

fn fields_of(reservation: &Value) -> Vec<(String, String)> {
    let fields = reservation["upload"]["form_fields"].as_object().unwrap();
    fields.iter().map(|(name, text)| (name.clone(), text.as_str().unwrap().to_owned())).collect()
}

/// The path of a URL of this server.
fn path_of<'u>(server: &Server, url: &'u str) -> &'u str {
    url.strip_prefix(&format!("http://{}", server.address)).unwrap_or_else(|| panic!("{url}"))
}

fn act(server: &Server, asset: &Value, action: &str) -> Answer {
    let id = asset["asset_id"].as_str().unwrap();
    server.request("POST", &format!("/flora/api/v1/assets/{id}/{action}"), &[&auth(), "Content-Length: 0"])
}

fn get(server: &Server, asset: &Value) -> Value {
    let id = asset["asset_id"].as_str().unwrap();
    let answer = server.get(&format!("/flora/api/v1/assets/{id}"), &[&auth()]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The asset as the list shows it.
fn listed(server: &Server, asset: &Value) -> Value {
    let page = server.get("/flora/api/v1/assets?limit=100", &[&auth()]).json();
    let found = page["assets"].as_array().unwrap().iter().find(|row| row["asset_id"] == asset["asset_id"]);
    found.unwrap_or_else(|| panic!("{asset} is not in {page}")).clone()
}

/// The asset as the emulator's own API shows it.
fn own(server: &Server, asset: &Value) -> Value {
    let id = asset["asset_id"].as_str().unwrap();
    server.get(&format!("/_emulator/workspaces/ws_tests/assets/{id}"), &[]).json()
}

fn code(answer: &Answer) -> String {
    answer.json()["error"]["code"].as_str().unwrap().to_owned()
}

fn settings(server: &Server, uploads: &Value) {
    let set = server.call("PATCH", "/_emulator/workspaces/ws_tests", &json!({"uploads": uploads}));
    assert_eq!(set.status, 200, "{}", set.text());
}

/// Waits until so many files are stored. What nobody refers to is removed by a task of its own.
fn wait_for_blobs(server: &Server, count: i64) {
    let began = std::time::Instant::now();
    loop {
        let rows = block_on(server.app.store.rows()).unwrap();
        let stored = rows.iter().find(|(table, _)| *table == "blob").unwrap().1;
        if stored == count {
            return;
        }
        assert!(began.elapsed().as_secs() < 20, "{stored} files are stored");
        std::thread::yield_now();
    }
}
