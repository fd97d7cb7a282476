//! What the tests of uploads to signed URLs have in common: a client of a workspace of its own, and the requests it sends.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Answer, Server, block_on};

/// Bytes of this length, of which no two chunks are equal.
pub fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

/// A GIF with this width and height in its header, and nothing behind it.
pub fn gif(width: u16, height: u16) -> Vec<u8> {
    [b"GIF89a".as_slice(), &width.to_le_bytes(), &height.to_le_bytes(), &[0, 0, 0, b';']].concat()
}

/// A client of a workspace of its own, with a key at each vendor.
pub struct Client<'s> {
    pub server: &'s Server,
    pub workspace: String,
    keys: Value,
}

impl Client<'_> {
    /// A client of a workspace that is made with these settings.
    pub fn with<'s>(server: &'s Server, settings: &Value) -> Client<'s> {
        let mut body = json!({"fixture": "empty"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let made = server.call("POST", "/_emulator/workspaces", &body);
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        Client { server, workspace: made["id"].as_str().unwrap().to_owned(), keys: made["keys"].clone() }
    }

    pub fn new(server: &Server) -> Client<'_> {
        Client::with(server, &json!({}))
    }

    /// The header with the key for a vendor.
    pub fn auth(&self, provider: &str) -> String {
        let carrier = &assetmock::providers::named(provider).unwrap().card().auth.carrier;
        carrier.line(self.keys[provider].as_str().unwrap())
    }

    /// Asks a vendor, with a JSON body unless it is null.
    pub fn ask(&self, provider: &str, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.server.post(method, &format!("/{provider}/{path}"), &[&self.auth(provider)], &body)
    }

    /// What the library holds, newest last.
    pub fn assets(&self) -> Vec<Value> {
        let fixture = self.server.get(&format!("/_emulator/workspaces/{}/fixture", self.workspace), &[]).json();
        fixture["workspaces"][0]["assets"].as_array().cloned().unwrap_or_default()
    }

    /// How many rows this vendor lists.
    pub fn listed(&self, provider: &str) -> usize {
        let dialect = crate::dialects::of(provider);
        dialect.ids(&self.server.get(&dialect.target(&format!("{}=50", dialect.size)), &[&self.auth(provider)])).len()
    }

    /// How many rows of bytes the library has: blobs and chunks.
    pub fn stored(&self) -> [i64; 2] {
        let rows = block_on(self.server.app.store.rows()).unwrap();
        ["blob", "chunk"].map(|table| rows.iter().find(|(name, _)| *name == table).unwrap().1)
    }

    /// Waits until so many blobs and chunks are left. Their removal is a task of its own.
    pub fn wait_for_stored(&self, wanted: [i64; 2]) {
        let began = Instant::now();
        while self.stored() != wanted {
            assert!(began.elapsed() < Duration::from_secs(20), "{:?} are left, not {wanted:?}", self.stored());
            std::thread::yield_now();
        }
    }
}

/// What follows the origin in a URL of this server.
pub fn target<'u>(server: &Server, url: &'u str) -> &'u str {
    url.strip_prefix(&format!("http://{}", server.address)).unwrap_or_else(|| panic!("{url} is not of this server"))
}

/// `PUT` of these bytes to a URL of this server, without a key.
pub fn put(server: &Server, url: &str, content_type: &str, bytes: &[u8]) -> Answer {
    server.send(&request("PUT", &server.address.to_string(), target(server, url), content_type, bytes))
}

/// A request with a body, as it is sent.
pub fn request(method: &str, host: &str, target: &str, content_type: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        bytes.len()
    );
    [head.as_bytes(), bytes].concat()
}

/// The status and, of an answer of object storage, the code.
pub fn refusal(answer: &Answer) -> (u16, String) {
    let code = answer.text().split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    (answer.status, code.map(|(code, _)| code.to_owned()).unwrap_or_default())
}

/// Sends a signed URL with something else than it was signed for, each of which is refused, and through other hosts.
pub fn check_signature(server: &Server, url: &str, content_type: &str) {
    let (target, host) = (target(server, url), server.address.to_string());
    let send = |method: &str, host: &str, target: &str, content_type: &str| {
        refusal(&server.send(&request(method, host, target, content_type, b"GIF89a")))
    };
    let wrong = (403, "SignatureDoesNotMatch".to_owned());
    assert_eq!(send("PUT", &host, target, "text/x-other"), wrong, "another content type");
    assert_eq!(send("PUT", &host, &format!("{target}0"), content_type), wrong, "another signature");
    assert_eq!(send("PUT", &host, &format!("{target}&a=b"), content_type), wrong, "one parameter more");
    let later = target.replace("X-Amz-Expires=3600", "X-Amz-Expires=9999");
    assert_eq!(send("PUT", &host, &later, content_type), wrong, "another expiry");
    let elsewhere = target.replacen("/_uploads/ws_", "/_uploads/ws_x", 1);
    assert_eq!(send("PUT", &host, &elsewhere, content_type), wrong, "another workspace");
    let unsigned = target.split('?').next().unwrap();
    assert_eq!(send("PUT", &host, unsigned, content_type), (403, "AccessDenied".to_owned()), "no signature");
    let with_key = format!("{content_type}\r\nAuthorization: Bearer a");
    assert_eq!(send("PUT", &host, target, &with_key), (400, "InvalidArgument".to_owned()), "a key besides");
    for method in ["POST", "GET", "DELETE"] {
        assert_eq!(send(method, &host, target, content_type), (405, "MethodNotAllowed".to_owned()), "{method}");
    }
    for alias in ["localhost", "emulator.internal:8080", &host] {
        assert_eq!(send("PUT", alias, target, content_type).0, 200, "{alias}");
    }
}

/// Cuts a request off at several places. None is answered with success.
pub fn interrupt(server: &Server, url: &str, content_type: &str, bytes: &[u8]) {
    let whole = request("PUT", &server.address.to_string(), target(server, url), content_type, bytes);
    for length in [10, 300, whole.len() - bytes.len(), whole.len() - bytes.len() / 2, whole.len() - 1] {
        let answer = server.send_and_hang_up(&whole[..length]);
        assert!(answer.is_none_or(|answer| answer.status >= 400), "{length} of {} bytes", whole.len());
    }
}

/// The `Content-MD5` of these bytes, from the `ETag` of an answer to them.
pub fn content_md5(answer: &Answer) -> String {
    let etag = answer.header("etag").unwrap().trim_matches('"');
    let md5: Vec<_> = (0..16).map(|at| u8::from_str_radix(&etag[2 * at..][..2], 16).unwrap()).collect();
    STANDARD.encode(md5)
}

/// Sends a signed URL with a `Content-MD5`: the right one, that of other bytes, and some that are none.
pub fn check_md5(server: &Server, url: &str, content_type: &str) {
    let send = |md5: &str, bytes: &[u8]| put(server, url, &format!("{content_type}\r\nContent-MD5: {md5}"), bytes);
    let md5 = content_md5(&put(server, url, content_type, b"GIF89a"));
    assert_eq!(send(&md5, b"GIF89a").status, 200);
    let changed = send(&md5, b"GIF87a");
    assert_eq!(refusal(&changed), (400, "BadDigest".to_owned()), "{}", changed.text());
    for malformed in ["", "abc", &md5[..20], "YWJj"] {
        assert_eq!(refusal(&send(malformed, b"GIF89a")), (400, "InvalidDigest".to_owned()), "{malformed:?}");
    }
}
