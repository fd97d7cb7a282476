//! Uploads between whose steps the server is killed: each step that was answered is done, nothing else is stored, and the
//! upload goes on with the same URLs.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use assetmock::library::store::{DatabaseLocation, Store};
use assetmock::providers;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, Row};

use crate::process::{Folder, Running};
use crate::support::{Answer, NOON, block_on};

/// A GIF of one pixel, all of whose bytes are ASCII.
const IMAGE: &str = "GIF89a\x01\0\x01\0\0\0\0;";

/// The length of a file of which one half is sent.
const LONG: usize = 2_000_000;

/// A database file, and a server over it that is killed after each step.
struct CrashTest {
    folder: Folder,
    auth: String,
}

impl CrashTest {
    fn new(auth: &str) -> CrashTest {
        CrashTest { folder: Folder::new(), auth: auth.to_owned() }
    }

    fn file(&self) -> String {
        self.folder.file("library.sqlite")
    }

    /// Does something with a server, and kills it.
    fn during<T>(&self, step: impl FnOnce(&Running) -> T) -> T {
        let server = Running::start(&["--database", &self.file(), "--fixture", "empty", "--clock", NOON]);
        let done = step(&server);
        server.kill();
        done
    }

    /// A request with the key, and without a body.
    fn ask(&self, server: &Running, method: &str, target: &str) -> Answer {
        server.connect().ask(method, target, &[&self.auth], "")
    }

    /// Sends the beginning of a request, and kills the server once some of the bytes are in the file.
    fn cut(&self, head: &str) {
        self.during(|server| {
            let mut stream = TcpStream::connect(format!("127.0.0.1:{}", server.port)).unwrap();
            stream.write_all(format!("{head}{}", "a".repeat(LONG / 2)).as_bytes()).unwrap();
            self.wait(|chunks| chunks > 0);
        });
    }

    /// Waits until the number of chunks in the file is as `is_reached` says.
    fn wait(&self, is_reached: impl Fn(i64) -> bool) {
        let began = Instant::now();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.file()).read_only(true);
        block_on(async {
            let mut connection = options.connect().await.unwrap();
            loop {
                let row = sqlx::query("SELECT COUNT(*) FROM chunk").fetch_one(&mut connection).await.unwrap();
                let chunks = row.get(0);
                if is_reached(chunks) {
                    break;
                }
                assert!(began.elapsed() < Duration::from_secs(20), "{chunks} chunks");
            }
            connection.close().await.unwrap();
        });
    }

    /// How many blobs and chunks the file has, once a server that was started after the last kill has cleaned up.
    fn rows(&self) -> [i64; 2] {
        block_on(async {
            let place = DatabaseLocation::File(self.file().into());
            let store = Store::open(&place, providers::ids()).await.unwrap();
            let rows = store.rows().await.unwrap();
            store.close().await;
            ["blob", "chunk"].map(|table| rows.iter().find(|(name, _)| *name == table).unwrap().1)
        })
    }
}

/// What follows the origin in a URL.
fn path(url: &Value) -> String {
    let (_, rest) = url.as_str().unwrap().split_once("://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}

#[test]
fn an_upload_to_xqr_goes_on_after_each_step_at_which_the_server_was_killed() {
    let crash = CrashTest::new(&format!("Authorization: Bearer xqr_pk_00000000.{}", "0".repeat(64)));
    let assets = "/xqr/api/v1/assets";
    let presigned = crash.during(|server| {
        let query = "filename=a.gif&content_type=image/gif&file_size=9";
        let presigned = crash.ask(server, "POST", &format!("{assets}/presign?{query}"));
        assert_eq!(presigned.status, 200, "{}", presigned.text());
        presigned.json()["data"].clone()
    });
    let url = path(&presigned["upload_url"]);
    let asset = format!("{assets}/{}", presigned["asset_id"].as_str().unwrap());
    let status = |server: &Running| crash.ask(server, "GET", &asset).json()["data"]["status"].clone();
    let kind = "Content-Type: image/gif";
    crash.cut(&format!("PUT {url} HTTP/1.1\r\nHost: a\r\n{kind}\r\nContent-Length: {LONG}\r\n\r\n"));
    crash.during(|server| {
        crash.wait(|chunks| chunks == 0);
        assert_eq!(status(server), "pending");
        assert_eq!(crash.ask(server, "POST", &format!("{asset}/confirm")).status, 409, "no bytes have arrived");
        let stored = server.connect().ask("PUT", &url, &[kind], IMAGE);
        assert_eq!((stored.status, stored.text()), (200, ""));
    });
    crash.during(|server| {
        assert_eq!(status(server), "pending");
        let confirmed = crash.ask(server, "POST", &format!("{asset}/confirm"));
        assert_eq!((confirmed.status, &confirmed.json()["data"]["status"]), (200, &json!("confirmed")));
    });
    crash.during(|server| {
        assert_eq!(status(server), "confirmed");
        let published = crash.ask(server, "POST", &format!("{asset}/publish"));
        let file = server.connect().ask("GET", &path(&published.json()["data"]["public_url"]), &[], "");
        assert_eq!((file.status, file.text()), (200, IMAGE));
    });
    assert_eq!(crash.rows(), [1, 1]);
}

/// The form that a reservation asks for: its type, and its body up to the end of the bytes.
fn form(reservation: &Value, bytes: &str) -> (&'static str, String) {
    let fields = reservation["upload"]["form_fields"].as_object().unwrap();
    let part =
        |name: &str, text: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
    let fields: String = fields.iter().map(|(name, text)| part(name, text.as_str().unwrap())).collect();
    let file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.gif\"\r\n\r\n";
    ("Content-Type: multipart/form-data; boundary=b", format!("{fields}{file}{bytes}"))
}

#[test]
fn an_upload_to_flora_goes_on_after_each_step_at_which_the_server_was_killed() {
    let crash = CrashTest::new("Authorization: Bearer sk_test_demo");
    let assets = "/flora/api/v1/assets";
    let reserved = crash.during(|server| {
        let body = json!({"source": "signed-url", "workspace_id": "ws_demo", "content_type": "image/gif"}).to_string();
        let reserved = server.connect().ask("POST", assets, &[&crash.auth, "Content-Type: application/json"], &body);
        assert_eq!(reserved.status, 201, "{}", reserved.text());
        reserved.json()
    });
    let url = path(&reserved["upload"]["url"]);
    let asset = format!("{assets}/{}", reserved["asset_id"].as_str().unwrap());
    let get = |server: &Running| crash.ask(server, "GET", &asset).json();
    let (kind, beginning) = form(&reserved, "");
    crash.cut(&format!("POST {url} HTTP/1.1\r\nHost: a\r\n{kind}\r\nContent-Length: {LONG}\r\n\r\n{beginning}"));
    crash.during(|server| {
        crash.wait(|chunks| chunks == 0);
        assert_eq!(get(server)["status"], "pending_upload");
        assert_eq!(crash.ask(server, "POST", &format!("{asset}/complete")).status, 409, "no bytes have arrived");
        let body = form(&reserved, IMAGE).1 + "\r\n--b--\r\n";
        let stored = server.connect().ask("POST", &url, &[kind], &body);
        assert_eq!(stored.status, 204, "{}", stored.text());
    });
    crash.during(|server| {
        assert_eq!(get(server)["status"], "pending_upload");
        let completed = crash.ask(server, "POST", &format!("{asset}/complete"));
        assert_eq!((completed.status, &completed.json()["status"]), (200, &json!("ready")));
    });
    crash.during(|server| {
        let shown = get(server);
        assert_eq!((&shown["status"], &shown["size_bytes"]), (&json!("ready"), &json!(IMAGE.len())));
        let file = server.connect().ask("GET", &path(&shown["url"]), &[], "");
        assert_eq!((file.status, file.text()), (200, IMAGE));
        assert_eq!(crash.ask(server, "POST", &format!("{asset}/complete")).status, 409, "it is complete");
    });
    assert_eq!(crash.rows(), [1, 1]);
}
