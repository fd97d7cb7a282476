//! The bytes of assets, below `/_assets/`: what a request gets of them, and where there are none.

mod listing;
mod ranges;
mod stored;
mod vendor_hosts;

use assetmock::emulator::app::{App, Settings};
use assetmock::http::cors::AllowedOrigins;

use crate::support::{NOON, Server, app, block_on};

/// A workspace with a picture of a thousand bytes, one without any, and assets whose bytes are not there.
pub const WORLD: &str = r#"{"workspaces": [{
    "id": "ws_bytes",
    "keys": [{"provider": "flora", "key": "sk_bytes"}],
    "assets": [
        {"name": "a b?.png", "mime_type": "image/png", "width": 30, "height": 20, "size_bytes": 1000,
            "created_at": "2026-03-01T00:00:00Z", "ids": {"flora": "asset_picture"}},
        {"name": "empty.txt", "mime_type": "text/plain", "size_bytes": 0,
            "created_at": "2026-03-01T00:00:01Z", "ids": {"flora": "asset_empty"}},
        {"name": "pending.png", "mime_type": "image/png", "status": "pending",
            "created_at": "2026-03-01T00:00:02Z", "ids": {"flora": "asset_pending"}},
        {"name": "failed.png", "mime_type": "image/png", "status": "failed",
            "created_at": "2026-03-01T00:00:03Z", "ids": {"flora": "asset_failed"}},
        {"name": "page.svg", "mime_type": "image/svg+xml",
            "created_at": "2026-03-01T00:00:04Z", "ids": {"flora": "asset_page"}},
        {"created_at": "2026-03-01T00:00:05Z", "ids": {"flora": "asset_bare"}}
    ]
}]}"#;

pub const PICTURE: &str = "/_assets/ws_bytes/flora/asset_picture/a%20b%3F.png";

fn of(id: &str) -> String {
    format!("/_assets/ws_bytes/flora/{id}/x")
}

#[test]
fn a_file_comes_with_its_type_length_and_tag_and_needs_no_key() {
    let server = Server::start(WORLD);
    let answer = server.get(PICTURE, &[]);
    assert_eq!((answer.status, answer.body.len()), (200, 1000));
    assert!(answer.body.starts_with(b"\x89PNG\r\n\x1a\n"), "{:?}", &answer.body[..8]);
    let header = |name| answer.header(name).unwrap();
    assert_eq!(
        [header("content-type"), header("accept-ranges"), header("content-length")],
        ["image/png", "bytes", "1000"]
    );
    assert!(header("etag").starts_with('"') && header("etag").len() > 10, "{}", header("etag"));
    assert_eq!(header("date"), "Sat, 21 Mar 2026 12:00:00 GMT");
    assert_eq!(answer.header("content-disposition"), None);
    // The same each time, and whatever the name.
    assert_eq!(server.get(&of("asset_picture"), &[]), answer);
    // A request for a host of a vendor, or over HTTP/1.0, gets the same.
    assert_eq!(server.get(PICTURE, &["Host: xqr.co"]).body, answer.body);
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let server = Server::start(WORLD);
    let get = server.get(PICTURE, &[]);
    let head = server.request("HEAD", PICTURE, &[]);
    assert_eq!((head.status, head.headers, head.body.len()), (200, get.headers, 0));
}

#[test]
fn an_asset_without_a_type_and_a_size_is_empty_bytes() {
    let server = Server::start(WORLD);
    let bare = server.get(&of("asset_bare"), &[]);
    let shown = (bare.status, bare.header("content-type"), bare.header("content-length"));
    assert_eq!(shown, (200, Some("application/octet-stream"), Some("0")));
}

#[test]
fn an_asset_without_a_type_has_that_of_its_names_ending_or_else_of_its_kind() {
    let asset = |id: &str, more: &str| {
        format!(r#"{{"created_at": "2026-03-01T00:00:00Z", "size_bytes": 70000, "ids": {{"flora": "{id}"}}{more}}}"#)
    };
    let assets = [
        asset("named", r#", "name": "a.b.JPG", "kind": "image""#),
        asset("video", r#", "name": "clip", "kind": "video""#),
        asset("image", r#", "name": "a.unknown", "kind": "image""#),
        asset("sound", r#", "kind": "audio""#),
        asset("other", r#", "name": "a.unknown""#),
    ];
    let world = format!(r#"{{"workspaces": [{{"id": "ws_bytes", "assets": [{}]}}]}}"#, assets.join(","));
    let server = Server::start(&world);
    for (id, mime_type, start) in [
        ("named", "image/jpeg", &b"\xff\xd8\xff"[..]),
        ("video", "video/mp4", b"\0\0\0\x18ftyp"),
        ("image", "image/png", b"\x89PNG"),
        ("sound", "audio/mpeg", b"ID3"),
        ("other", "application/octet-stream", b"\0\0\0\0"),
    ] {
        let answer = server.get(&of(id), &[]);
        assert_eq!((answer.header("content-type"), answer.body.len()), (Some(mime_type), 70_000), "{id}");
        assert!(answer.body.starts_with(start), "{id}: {:?}", &answer.body[..9]);
    }
}

/// Drawn in full size, and with more padding than there is memory.
#[test]
fn ranges_of_an_asset_as_large_as_can_be_come_and_the_server_stops() {
    for mime_type in ["image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "video/webm", "audio/mpeg"] {
        let sizes = format!("\"size_bytes\": {}", i64::MAX);
        let world = WORLD
            .replace("\"size_bytes\": 1000", &sizes)
            .replace("\"image/png\", \"width\"", &format!("\"{mime_type}\", \"width\""));
        let server = Server::start(&world);
        let answer = server.get(PICTURE, &["Range: bytes=0-10"]);
        let of = format!("bytes 0-10/{}", i64::MAX);
        assert_eq!((answer.status, answer.header("content-range")), (206, Some(&*of)), "{mime_type}");
        assert_eq!(server.get(PICTURE, &["Range: bytes=-20"]).body.len(), 20, "{mime_type}");
    }
}

#[test]
fn a_thumbnail_is_a_png_of_256_pixels() {
    let server = Server::start(WORLD);
    let answer = server.get("/_assets/ws_bytes/flora/asset_picture/thumbnail/256.png", &[]);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/png")));
    assert_eq!(answer.body[16..24], [&256_u32.to_be_bytes()[..], &170_u32.to_be_bytes()].concat());
    assert_ne!(answer.header("etag"), server.get(PICTURE, &[]).header("etag"));
}

#[test]
fn what_is_not_there_is_a_404_in_our_own_words() {
    let server = Server::start(WORLD);
    for (path, code) in [
        (of("asset_pending"), "no_bytes"),
        (of("asset_failed"), "no_bytes"),
        (of("asset_none"), "no_such_file"),
        ("/_assets/ws_none/flora/asset_picture/x".to_owned(), "no_such_file"),
        ("/_assets/ws_bytes/xqr/asset_picture/x".to_owned(), "no_such_file"),
        ("/_assets/ws_bytes/nobody/asset_picture/x".to_owned(), "no_such_file"),
        ("/_assets/".to_owned(), "no_such_file"),
    ] {
        let answer = server.get(&path, &[]);
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &code.into()), "{path}");
        assert_eq!(answer.json()["error"]["at"], *path);
    }
    let other = server.get("/_assets/ws_bytes/flora/asset_picture/thumbnail/128.png", &[]);
    let message = "the only thumbnail of an asset is `thumbnail/256.png`";
    assert_eq!((other.status, &other.json()["error"]["message"]), (404, &message.into()));
    let deleted = server.request("DELETE", "/_emulator/workspaces/ws_bytes/assets/asset_picture", &[]);
    assert_eq!(deleted.status, 204);
    assert_eq!(server.get(PICTURE, &[]).status, 404);
}

#[test]
fn other_methods_are_refused() {
    let server = Server::start(WORLD);
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = server.request(method, PICTURE, &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
}

#[test]
fn a_download_has_the_name_that_was_asked_for() {
    let server = Server::start(WORLD);
    for (query, disposition) in [
        ("download=logo.png", r#"attachment; filename="logo.png""#),
        ("download", r#"attachment; filename="a b?.png""#),
        ("download=%C3%A9%22%25.png", r#"attachment; filename="___.png"; filename*=UTF-8''%C3%A9%22%25.png"#),
        ("download=/etc%2F..%5Cb.png", r#"attachment; filename="b.png""#),
        ("download=..", r#"attachment; filename="file""#),
        ("a=b&download=x", r#"attachment; filename="x""#),
    ] {
        let answer = server.get(&format!("{PICTURE}?{query}"), &[]);
        assert_eq!((answer.status, answer.header("content-disposition")), (200, Some(disposition)), "{query}");
    }
}

/// The emulator's own API trusts pages of its own origin, and a file may come from a stranger.
#[test]
fn scripts_in_a_file_are_not_of_this_origin() {
    let server = Server::start(WORLD);
    let policy = |id: &str| server.get(&of(id), &[]).header("content-security-policy").map(str::to_owned);
    assert_eq!([policy("asset_page"), policy("asset_picture")], [Some("sandbox".to_owned()), None]);
    assert_eq!(server.get(PICTURE, &[]).header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn pages_of_other_origins_may_read_it_if_cors_says_so() {
    let cors = Some(AllowedOrigins::read("http://localhost:3000").unwrap());
    let server = block_on(async {
        Server::serve(App { settings: Settings { cors, ..Settings::default() }, ..app(WORLD, NOON).await }).await
    });
    let origin = "Origin: http://localhost:3000";
    let answer = server.get(PICTURE, &[origin, "Range: bytes=0-9"]);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (206, Some("http://localhost:3000")));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    assert!(["etag", "accept-ranges", "content-range"].iter().all(|name| exposed.contains(name)), "{exposed}");
    // Chromium answers a later request for a range from a cached response, with the headers that this one exposed.
    let whole = server.get(PICTURE, &[origin]);
    assert_eq!((whole.status, whole.header("access-control-expose-headers")), (200, Some(exposed)));
    let asks = ["Access-Control-Request-Method: GET", "Access-Control-Request-Headers: range"];
    let preflight = server.request("OPTIONS", PICTURE, &[origin, asks[0], asks[1]]);
    assert_eq!((preflight.status, preflight.header("access-control-allow-headers")), (204, Some("range")));
    let stranger = server.get(PICTURE, &["Origin: http://localhost:3001"]);
    assert_eq!((stranger.status, stranger.header("access-control-allow-origin")), (200, None));
}

#[test]
fn ranges_of_five_gigabytes_have_their_length() {
    let world = WORLD.replace("\"size_bytes\": 1000", "\"size_bytes\": 5000000000");
    let world = world.replace("\"width\": 30, \"height\": 20", "\"width\": 8192, \"height\": 8192");
    let server = Server::start(&world);
    for (range, length) in [("4999999990-", 10), ("-20", 20), ("2500000000-2500099999", 100_000)] {
        let answer = server.get(PICTURE, &[&format!("Range: bytes={range}")]);
        assert_eq!((answer.status, answer.body.len()), (206, length), "{range}");
    }
    assert_eq!(server.request("HEAD", PICTURE, &[]).header("content-length"), Some("5000000000"));
}
