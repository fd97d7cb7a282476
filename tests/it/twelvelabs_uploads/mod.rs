//! TwelveLabs' uploads: in one request, and in chunks. What its API words is in transcripts; here is what happens between
//! requests, and what the other vendors show of it.

mod chunks;
mod expiry;
mod interrupted;
mod one_request;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// The length of a chunk, in bytes.
const CHUNK: usize = 5_242_880;

/// Bytes of this length, of which no two chunks are equal.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

/// A client of a workspace of its own.
struct Client<'s> {
    server: &'s Server,
    workspace: String,
    /// The header with the key.
    auth: String,
    keys: Value,
}

impl Client<'_> {
    fn new(server: &Server) -> Client<'_> {
        let made = server.call("POST", "/_emulator/workspaces", &json!({"fixture": "empty"})).json();
        let (workspace, key) = (made["id"].as_str().unwrap(), made["keys"]["twelvelabs"].as_str().unwrap());
        let auth = format!("x-api-key: {key}");
        Client { server, workspace: workspace.to_owned(), auth, keys: made["keys"].clone() }
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.server.get(&format!("/twelvelabs/v1.3/{path}"), &[&self.auth]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let path = format!("/twelvelabs/v1.3/assets/multipart-uploads{path}");
        self.server.post("POST", &path, &[&self.auth], &body.to_string())
    }

    /// The ids of all assets that this vendor lists.
    fn listed(&self) -> Vec<String> {
        let assets = self.get("assets?page_limit=50");
        assets["data"].as_array().unwrap().iter().map(|asset| asset["_id"].as_str().unwrap().to_owned()).collect()
    }

    /// The status of an asset, as this vendor shows it.
    fn status(&self, id: &str) -> String {
        self.get(&format!("assets/{id}"))["status"].as_str().unwrap().to_owned()
    }

    /// Sends a form with a file in one request.
    fn upload(&self, name: &str, file: &[u8]) -> Answer {
        let parts = [("method", None, &b"direct"[..]), ("file", Some(name), file)];
        self.server.send(&self.form(&parts, ""))
    }

    /// The request with a form of these parts: name, file name and content.
    fn form(&self, parts: &[(&str, Option<&str>, &[u8])], after: &str) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, file_name, content) in parts {
            let file_name = file_name.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
            let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--b--\r\n{after}").as_bytes());
        let head = self.head("multipart/form-data; boundary=b", &format!("Content-Length: {}", body.len()));
        [head.into_bytes(), body].concat()
    }

    /// The head of a request that creates an asset.
    fn head(&self, content_type: &str, line: &str) -> String {
        let (host, auth) = (self.server.address, &self.auth);
        format!(
            "POST /twelvelabs/v1.3/assets HTTP/1.1\r\nHost: {host}\r\n{auth}\r\nContent-Type: {content_type}\r\n{line}\r\n\r\n"
        )
    }

    /// Begins an upload in chunks.
    fn begin(&self, name: &str, size: usize) -> Session<'_> {
        let answer = self.post("", &json!({"filename": name, "type": "video", "total_size": size}));
        assert_eq!(answer.status, 201, "{}", answer.text());
        let made = answer.json();
        let urls = made["upload_urls"].as_array().unwrap().iter().map(|url| url["url"].as_str().unwrap().to_owned());
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Session { client: self, id: text("upload_id"), asset: text("asset_id"), urls: urls.collect() }
    }

    /// How many rows of bytes and parts the library has: blobs, chunks and parts with bytes.
    fn rows(&self) -> [i64; 2] {
        let rows = crate::support::block_on(self.server.app.store.rows()).unwrap();
        ["blob", "chunk"].map(|table| rows.iter().find(|(name, _)| *name == table).unwrap().1)
    }

    /// Waits until so many blobs and chunks are left. Their removal is a task of its own.
    fn wait_for_rows(&self, wanted: [i64; 2]) {
        let began = Instant::now();
        while self.rows() != wanted {
            assert!(began.elapsed() < Duration::from_secs(20), "{:?} are left, not {wanted:?}", self.rows());
            std::thread::yield_now();
        }
    }
}

/// An upload in chunks.
struct Session<'c> {
    client: &'c Client<'c>,
    id: String,
    asset: String,
    urls: Vec<String>,
}

impl Session<'_> {
    /// Sends a chunk to the URL with this number.
    fn put(&self, number: usize, chunk: &[u8]) -> Answer {
        put(self.client.server, &self.urls[number - 1], chunk)
    }

    /// Sends a chunk and returns its proof.
    fn store(&self, number: usize, chunk: &[u8]) -> String {
        let answer = self.put(number, chunk);
        assert_eq!((answer.status, answer.text()), (200, ""));
        answer.header("etag").unwrap().trim_matches('"').to_owned()
    }

    /// Reports chunks: number, proof and length.
    fn report(&self, chunks: &[(usize, &str, usize)]) -> Answer {
        let chunks = chunks.iter().map(|(number, proof, size)| {
            json!({"chunk_index": number, "proof": proof, "proof_type": "etag", "chunk_size": size})
        });
        self.client.post(&format!("/{}", self.id), &json!({"completed_chunks": chunks.collect::<Vec<_>>()}))
    }

    fn status(&self) -> Value {
        self.client.get(&format!("assets/multipart-uploads/{}?page_limit=50", self.id))
    }
}

/// `PUT` to a URL of this server, without a key.
fn put(server: &Server, url: &str, bytes: &[u8]) -> Answer {
    let target = target(server, url);
    send(server, "PUT", &server.address.to_string(), target, bytes)
}

/// What follows the origin in a URL of this server.
fn target<'u>(server: &Server, url: &'u str) -> &'u str {
    url.strip_prefix(&format!("http://{}", server.address)).unwrap_or_else(|| panic!("{url} is not of this server"))
}

fn send(server: &Server, method: &str, host: &str, target: &str, bytes: &[u8]) -> Answer {
    let length = bytes.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
    );
    server.send(&[head.as_bytes(), bytes].concat())
}
