//! Bytes that were given are served like those that are made up.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use assetmock::library::selection::AssetSelector;
use assetmock::library::store::{Caller, Store, StoreBytes};
use assetmock::providers;
use serde_json::{Value, json};

use super::PICTURE;
use crate::process::Folder;
use crate::support::{NOON, Server, at, block_on};

/// More than two chunks.
const LENGTH: usize = 600_000;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 3 + at / 70_000) as u8).collect()
}

/// A workspace whose only asset has these bytes.
fn server(folder: &Folder, file: &[u8], more: &Value) -> Server {
    folder.write("a.bin", file);
    let mut asset = json!({"name": "a b?.png", "file": "a.bin", "created_at": "2026-03-01T00:00:00Z",
        "ids": {"flora": "asset_picture", "konpro": "asset_picture"}});
    asset.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let keys = json!([{"provider": "flora", "key": "sk_bytes"}, {"provider": "konpro", "key": "konpro_bytes"}]);
    let world = json!({"workspaces": [{"id": "ws_bytes", "keys": keys, "assets": [asset]}]});
    Server::start(&folder.write("world.json", world.to_string()))
}

/// Gives an asset these bytes, as an upload does.
async fn give_bytes(server: &Server, id: &str, bytes: &[u8]) {
    let store = &server.app.store;
    let mut writer = store.stage();
    writer.write(bytes).await.unwrap();
    let file = writer.finish(None, None).await.unwrap();
    let asset = AssetSelector { id: id.to_owned(), filters: Vec::new() };
    let caller =
        Caller { provider: "flora", workspace: "ws_bytes", key: None, now: at(NOON), claim: None, reset_guard: None };
    store
        .execute(StoreBytes { asset, file, keeps_type: true, only_pending: false }, &caller, providers::names())
        .await
        .unwrap();
}

/// Waits until the bytes of all files but one are removed, which is a task of its own.
async fn wait_for_one_blob(store: &Store) {
    let began = Instant::now();
    let blobs = async || store.rows().await.unwrap().into_iter().find(|(table, _)| *table == "blob").unwrap().1;
    while blobs().await != 1 {
        assert!(began.elapsed() < Duration::from_secs(20), "the bytes stay");
        tokio::task::yield_now().await;
    }
}

#[test]
fn bytes_that_were_given_come_with_the_assets_type_their_length_and_their_md5() {
    let folder = Folder::new();
    let server = server(&folder, b"abc", &json!({"mime_type": "application/x-own"}));
    let answer = server.get(PICTURE, &[]);
    assert_eq!((answer.status, answer.text()), (200, "abc"));
    let header = |name| answer.header(name).unwrap();
    assert_eq!(
        [header("content-type"), header("accept-ranges"), header("content-length"), header("etag")],
        ["application/x-own", "bytes", "3", "\"900150983cd24fb0d6963f7d28e17f72\""]
    );
    let head = server.request("HEAD", PICTURE, &[]);
    assert_eq!((head.status, head.headers, head.body.len()), (200, answer.headers.clone(), 0));
    let tag = "If-None-Match: \"900150983cd24fb0d6963f7d28e17f72\"";
    assert_eq!(server.get(PICTURE, &[tag]).status, 304);
    let named = server.get(&format!("{PICTURE}?download"), &[]);
    assert_eq!(named.header("content-disposition"), Some("attachment; filename=\"a b?.png\""));
}

#[test]
fn ranges_of_stored_bytes_are_parts_of_the_whole_within_and_across_chunks() {
    let (folder, whole) = (Folder::new(), bytes(LENGTH));
    let server = server(&folder, &whole, &json!({}));
    assert_eq!(server.get(PICTURE, &[]).body, whole);
    for (first, last) in [
        (0, 0),
        (0, 262_143),
        (262_143, 262_144),
        (262_144, 262_144),
        (100, 599_999),
        (599_999, 599_999),
        (524_287, 524_289),
        (65_536, 400_000),
    ] {
        let answer = server.get(PICTURE, &[&format!("Range: bytes={first}-{last}")]);
        assert_eq!(answer.header("content-range"), Some(&*format!("bytes {first}-{last}/{LENGTH}")));
        assert!((answer.status, &*answer.body) == (206, &whole[first..=last]), "{first}-{last}: {}", answer.status);
    }
    let beyond = server.get(PICTURE, &[&format!("Range: bytes={LENGTH}-")]);
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */600000")));
    let outdated = server.get(PICTURE, &["Range: bytes=0-1", "If-Range: \"other\""]);
    assert_eq!((outdated.status, outdated.body.len()), (200, LENGTH));
}

#[test]
fn an_empty_file_is_empty_bytes() {
    let folder = Folder::new();
    let server = server(&folder, b"", &json!({}));
    let answer = server.get(PICTURE, &[]);
    assert_eq!((answer.status, answer.header("content-length"), answer.body.len()), (200, Some("0"), 0));
    assert_eq!(server.get(PICTURE, &["Range: bytes=0-"]).status, 416);
}

#[test]
fn the_thumbnail_of_bytes_that_were_given_is_drawn() {
    let folder = Folder::new();
    let server = server(&folder, b"abc", &json!({"mime_type": "image/png", "width": 512, "height": 256}));
    let answer = server.get("/_assets/ws_bytes/flora/asset_picture/thumbnail/256.png", &[]);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/png")));
    assert_eq!(answer.body[16..24], [&256_u32.to_be_bytes()[..], &128_u32.to_be_bytes()].concat());
}

/// A client that took what it has for the whole would be wrong.
#[test]
fn a_connection_ends_when_the_bytes_are_deleted_while_they_are_read() {
    let (folder, whole) = (Folder::new(), bytes(40 << 20));
    let server = server(&folder, b"abc", &json!({}));
    // The asset is not in the beginning of the library, to which a reset would go back.
    let fields = json!({"assets": [{"name": "a", "ids": {"flora": "asset_new"}}]});
    assert_eq!(server.call("POST", "/_emulator/workspaces/ws_bytes/assets", &fields).status, 201);
    block_on(give_bytes(&server, "asset_new", &whole));
    let target = PICTURE.replace("asset_picture", "asset_new");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut start = [0; 1000];
    stream.read_exact(&mut start).unwrap();
    assert!(start.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let deleted = server.request("DELETE", "/_emulator/workspaces/ws_bytes/assets/asset_new", &[]);
    assert_eq!(deleted.status, 204);
    block_on(wait_for_one_blob(&server.app.store));
    let mut rest = Vec::new();
    // The end of the connection is all that is sure: it may be a reset.
    let _ = stream.read_to_end(&mut rest).inspect_err(|error| assert_eq!(error.kind(), ErrorKind::ConnectionReset));
    let received = [&start[..], &rest].concat();
    let body = received.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    assert!(received.len() - body < whole.len(), "all came, although it was deleted");
    assert!(whole.starts_with(&received[body..]), "other bytes came");
    assert_eq!(server.get(&target, &[]).status, 404);
}

#[test]
fn konpro_shows_our_url_where_bytes_were_given_and_as_each_client_sees_us() {
    let folder = Folder::new();
    let server = server(&folder, b"abc", &json!({"mime_type": "image/png"}));
    let url = |headers: &[&str]| {
        let headers = [headers, &["x-api-key: konpro_bytes"]].concat();
        server.get("/konpro/v1/asset/list", &headers).json()["assets"][0]["url"].clone()
    };
    let path = "/_assets/ws_bytes/konpro/asset_picture/a%20b%3F.png";
    assert_eq!(url(&[]), *format!("http://{}{path}", server.address));
    // The page is in the cache by now, for the other origin.
    let proxied = "X-Forwarded-Host: mock.example.com";
    assert_eq!(url(&[proxied]), *format!("http://mock.example.com{path}"));
    assert_eq!(server.get(path, &[]).text(), "abc");
}

#[test]
fn copies_and_resets_have_the_bytes_and_they_outlive_the_first_asset() {
    let folder = Folder::new();
    let server = server(&folder, b"abc", &json!({}));
    let made = server.call("POST", "/_emulator/workspaces", &json!({"copy": "ws_bytes"})).json();
    let copy = PICTURE.replace("ws_bytes", made["id"].as_str().unwrap());
    assert_eq!(server.get(&copy, &[]).text(), "abc");
    server.request("DELETE", "/_emulator/workspaces/ws_bytes/assets/asset_picture", &[]);
    assert_eq!([server.get(PICTURE, &[]).status, server.get(&copy, &[]).status], [404, 200]);
    assert_eq!(server.request("POST", "/_emulator/reset", &[]).status / 100, 2);
    assert_eq!(server.get(PICTURE, &[]).text(), "abc");
    let renamed = json!({"name": "b.png"});
    server.call("PATCH", "/_emulator/workspaces/ws_bytes/assets/asset_picture", &renamed);
    assert_eq!(server.get(PICTURE, &[]).text(), "abc");
}
