//! URLs on the vendors' hosts of files, asked through this server.

use assetmock::emulator::app::AssetUrls;
use serde_json::{Value, json};

use super::PICTURE;
use crate::support::{NOON, Server};

fn world() -> Value {
    let asset = |name: &str, more: Value| {
        let mut asset =
            json!({"name": name, "mime_type": "image/png", "size_bytes": 900, "created_at": "2026-03-01T00:00:00Z"});
        asset.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asset
    };
    json!({"workspaces": [{"id": "ws_abc",
        "keys": [{"provider": "xqr", "key": "xqr_pk_1"}, {"provider": "flora", "key": "sk_1"}, {"provider": "piktid", "key": "p"}],
        "assets": [
            asset("logo.png", json!({"is_public": true, "visibility": "shared"})),
            asset("Ž 50%.JPG", json!({"is_public": true, "visibility": "shared"})),
            asset("private.png", json!({"visibility": "shared"})),
            asset("stored.png", json!({
                "url": "https://media.flora.ai/api-uploads/2026/3/1/user_x/stored.png?v=1",
                "public_url": "https://cdn.xqr.co/a.png", "is_public": true
            })),
            asset("pending.png", json!({"status": "pending", "url": "https://media.flora.ai/pending.png"})),
        ]
    }]})
}

fn serve() -> Server {
    Server::start_with(&world().to_string(), NOON, &[], AssetUrls::Vendor)
}

/// `GET` of a URL, as a client sends it to a proxy, and as one that connects to this server in place of the host.
fn ask(server: &Server, url: &str) -> [(u16, usize); 2] {
    let (host, path) = url.split_once("://").unwrap().1.split_once('/').unwrap();
    let host = format!("Host: {host}");
    [server.get(&url.replacen("https://", "http://", 1), &[&host]), server.get(&format!("/{path}"), &[&host])]
        .map(|answer| (answer.status, answer.body.len()))
}

#[test]
fn every_url_on_a_vendors_host_that_is_listed_leads_to_the_asset() {
    let server = serve();
    let mut found = 0;
    for (provider, key, field) in [("xqr", "xqr_pk_1", "public_url"), ("flora", "sk_1", "url"), ("piktid", "p", "url")]
    {
        let listed = server.list(provider, key, "").json();
        let assets = listed.as_object().unwrap().values().filter_map(Value::as_array).flatten();
        for url in assets.filter_map(|asset| asset[field].as_str()).filter(|url| !url.ends_with("/pending.png")) {
            if url.contains("media.flora.ai") || !url.contains("flora.ai") {
                assert_eq!(ask(&server, url), [(200, 900); 2], "{provider}: {url}");
                found += 1;
            }
        }
    }
    assert!(found >= 9, "{found}");
}

/// The twenty-first of workspaces that share their assets, and so ids, had no URLs that led anywhere.
#[test]
fn so_does_each_of_many_workspaces_from_one_source() {
    let server = serve();
    // Each has keys of its own.
    let source = json!({"workspaces": [{"id": "ws_source", "assets": world()["workspaces"][0]["assets"]}]});
    for number in 0..22 {
        let id = format!("ws_{number}");
        let made = server.call("POST", "/_emulator/workspaces", &json!({"id": id, "fixture": source})).json();
        let listed = server.list("xqr", made["keys"]["xqr"].as_str().unwrap_or_else(|| panic!("{made}")), "").json();
        let assets = listed.as_object().unwrap().values().filter_map(Value::as_array).flatten();
        let urls: Vec<_> = assets.filter_map(|asset| asset["public_url"].as_str()).collect();
        let made_up: Vec<_> = urls.iter().filter(|url| url.contains(&format!("/{id}/"))).collect();
        assert_eq!(made_up.len(), 2, "{urls:?}");
        for url in made_up {
            assert_eq!(ask(&server, url), [(200, 900); 2], "{url}");
        }
    }
}

#[test]
fn no_number_of_urls_that_begin_alike_hides_one() {
    let mut world = world();
    let assets = (0..30).rev().map(|number| {
        let url = format!("https://media.flora.ai/a \"b\"/é{}.png", "0".repeat(number));
        json!({"name": "a.png", "mime_type": "image/png", "size_bytes": 100 + number, "created_at": "2026-03-01T00:00:00Z", "url": url})
    });
    world["workspaces"][0]["assets"] = assets.collect();
    let server = Server::start_with(&world.to_string(), NOON, &[], AssetUrls::Vendor);
    for number in [0, 1, 29] {
        let url = format!("https://media.flora.ai/a%20%22b%22/%C3%A9{}.png", "0".repeat(number));
        assert_eq!(ask(&server, &url), [(200, 100 + number); 2], "{url}");
    }
}

#[test]
fn any_other_url_there_is_a_404() {
    let server = serve();
    for url in [
        "https://cdn.xqr.co/",
        "https://cdn.xqr.co/b.png",
        "https://cdn.xqr.co/tenants/ws_abc/originals/00000000.png",
        "https://media.flora.ai/pending.png",
        "https://media.flora.ai/a.png",
        "https://cdn.xqr.co/api/v1/assets",
    ] {
        assert_eq!(ask(&server, url).map(|(status, _)| status), [404; 2], "{url}");
    }
    // Another server may have such a path.
    let other = server.get("http://example.com/_assets/ws_abc/xqr/a/b", &["Host: example.com"]);
    assert_eq!((other.status, &other.json()["error"]["code"]), (403, &json!("foreign_host")));
    // The vendor's other hosts still are its API, and our own paths are the same on every host.
    assert_eq!(server.get("/api/v1/assets", &["Host: xqr.co", "Authorization: Bearer xqr_pk_1"]).status, 200);
    assert_eq!(server.get(PICTURE, &["Host: cdn.xqr.co"]).json()["error"]["code"], "no_such_file");
    assert_eq!(server.get("/_emulator/health", &["Host: cdn.xqr.co"]).status, 200);
    let by_prefix = server.get("/xqr/api/v1/assets", &["Host: cdn.xqr.co", "Authorization: Bearer xqr_pk_1"]);
    assert_eq!(by_prefix.status, 200);
}
