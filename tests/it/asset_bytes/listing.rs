//! URLs of assets in listings: whose they are, at which origin, and that each leads to the asset's bytes.

use std::collections::BTreeSet;

use assetmock::contract::asset_list::MadeUpUrls;
use assetmock::emulator::app::{App, AssetUrls, Settings};
use assetmock::providers;
use serde_json::{Value, json};

use super::WORLD;
use crate::support::{Answer, NOON, Server, app, block_on};

fn with(world: &str, settings: Settings) -> Server {
    block_on(async { Server::serve(App { settings, ..app(world, NOON).await }).await })
}

/// All texts in a JSON value that are URLs.
fn urls(json: &Value) -> Vec<String> {
    match json {
        Value::String(text) if text.contains("://") => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(urls).collect(),
        Value::Object(fields) => fields.values().flat_map(urls).collect(),
        _ => Vec::new(),
    }
}

/// The objects of a listing: in its only field that is a list of objects.
fn objects(answer: &Answer) -> Vec<Value> {
    let json = answer.json();
    let lists = json.as_object().unwrap().values().filter_map(Value::as_array);
    lists.into_iter().flatten().filter(|object| object.is_object()).cloned().collect()
}

/// The first URL that the key `sk_bytes` is shown.
fn shown(server: &Server, headers: &[&str]) -> String {
    let headers = [headers, &["Authorization: Bearer sk_bytes"]].concat();
    let answer = server.get("/flora/api/v1/assets?limit=50", &headers);
    urls(&answer.json()).into_iter().find(|url| url.contains("asset_picture")).unwrap()
}

/// A walk through every page that a provider shows to a key.
fn walk(server: &Server, provider: &str, key: &str) -> Vec<Value> {
    let (mut found, mut page) = (Vec::new(), 0);
    loop {
        let paging = match provider {
            "xqr" => format!("limit=100&offset={}", page * 100),
            "flora" => {
                let cursor = base64(&format!("{{\"offset\":{}}}", page * 50));
                format!("limit=50&cursor={cursor}")
            }
            "piktid" => format!("per_page=100&page={}", page + 1),
            _ => String::new(),
        };
        let answer = server.list(provider, key, &paging);
        assert_eq!(answer.status, 200, "{provider}: {}", answer.text());
        let some = objects(&answer);
        found.extend(some.clone());
        page += 1;
        if some.len() < 50 || paging.is_empty() {
            return found;
        }
    }
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[test]
fn every_url_of_ours_in_the_listings_of_the_demo_leads_to_the_asset_as_listed() {
    let server = Server::start("demo");
    check_urls(
        &server,
        &[
            "xqr_pk_00000000.0000000000000000000000000000000000000000000000000000000000000000",
            "sk_test_demo",
            "piktid_demo",
        ],
    );
}

#[test]
fn so_does_every_url_in_the_listings_of_a_generated_workspace() {
    let server = Server::start("empty");
    let made = server.call("POST", "/_emulator/workspaces", &json!({"generate": {"count": 150, "seed": 3}})).json();
    let key = |provider: &str| made["keys"][provider].as_str().unwrap();
    check_urls(&server, &[key("xqr"), key("flora"), key("piktid")]);
}

/// Asks for the bytes behind every URL that these keys of xQR, FLORA and PiktID are shown.
fn check_urls(server: &Server, keys: &[&str]) {
    let origin = format!("http://{}", server.address);
    for (provider, key) in ["xqr", "flora", "piktid"].into_iter().zip(keys) {
        let mut checked = BTreeSet::new();
        for object in walk(server, provider, key) {
            for url in urls(&object) {
                let path = url.strip_prefix(&origin).unwrap_or_else(|| panic!("{provider}: {url}"));
                let head = server.request("HEAD", path, &[]);
                let length: u64 = head.header("content-length").unwrap().parse().unwrap();
                assert_eq!(head.status, 200, "{provider}: {url}");
                if !path.contains("/thumbnail/") {
                    let size = ["file_size", "size_bytes"].iter().find_map(|field| object[field].as_u64());
                    assert!(size.is_none_or(|size| size == 0 || size == length), "{url}: {length}, {size:?}");
                    let mime_type =
                        ["mime_type", "upload_content_type"].iter().find_map(|field| object[field].as_str());
                    // What nobody says the type of has the type that its name says.
                    let listed = mime_type.filter(|listed| *listed != "application/octet-stream");
                    let sent = head.header("content-type");
                    assert!(listed.is_none_or(|listed| sent == Some(listed)), "{url}: {listed:?}, {sent:?}");
                }
                if length > 0 {
                    let part = server.get(path, &["Range: bytes=0-99"]);
                    assert_eq!((part.status, part.body.len() as u64), (206, length.min(100)), "{url}");
                }
                checked.insert(url);
            }
        }
        assert!(checked.len() > 20, "{provider}: only {} URLs", checked.len());
    }
}

/// The page of an image at the vendor with thumbnails, with and without a URL of its own.
#[test]
fn an_asset_with_a_url_of_its_own_keeps_it_and_gets_no_thumbnails() {
    let asset = |url: Value| json!({"name": "a.png", "mime_type": "image/png", "created_at": "2026-03-01T00:00:00Z", "url": url, "visibility": "shared"});
    let world = json!({"workspaces": [{"id": "ws_a", "keys": [{"provider": "piktid", "key": "p"}],
        "assets": [asset(Value::Null), asset(json!("https://example.com/a.png"))]}]});
    let server = Server::start(&world.to_string());
    let assets = objects(&server.list("piktid", "p", ""));
    let [own, other] = &assets[..] else { panic!("{assets:?}") };
    let (own, other) = if own["url"] == "https://example.com/a.png" { (other, own) } else { (own, other) };
    let path = |field: &str| {
        own[field].as_str().unwrap().strip_prefix(&format!("http://{}", server.address)).unwrap().to_owned()
    };
    assert!(path("url").ends_with("/a.png"), "{own}");
    assert!(path("thumbnail_big").ends_with("/thumbnail/256.png"), "{own}");
    assert_eq!([&other["thumbnail_big"], &other["thumbnail_small"]], [&Value::Null, &Value::Null]);
}

#[test]
fn the_origin_is_that_of_each_request_and_never_that_of_a_cached_answer() {
    let server = Server::start(WORLD);
    for (headers, origin) in [
        (&["Host: a.test"][..], "http://a.test"),
        (&["Host: b.test:81"], "http://b.test:81"),
        (&["Host: a.test", "X-Forwarded-Proto: https"], "https://a.test"),
        (&["Host: a.test", "X-Forwarded-Host: c.test", "X-Forwarded-Proto: https"], "https://c.test"),
        (&["Host: 0.0.0.0:4750"], &format!("http://{}", server.address)),
        (&["Host: a.test"], "http://a.test"),
    ] {
        let url = shown(&server, headers);
        assert_eq!(url, format!("{origin}{}", super::PICTURE), "{headers:?}");
    }
    // A single asset is shown with the same URL.
    let one = server.get("/flora/api/v1/assets/asset_picture", &["Host: a.test", "Authorization: Bearer sk_bytes"]);
    assert_eq!(one.json()["url"], format!("http://a.test{}", super::PICTURE));
}

#[test]
fn with_a_public_url_the_origin_is_that() {
    let public_url = Some("https://mock.example.com/base".to_owned());
    let server = with(WORLD, Settings { public_url, ..Settings::default() });
    assert_eq!(shown(&server, &[]), format!("https://mock.example.com/base{}", super::PICTURE));
}

#[test]
fn the_vendors_form_is_shown_where_it_is_asked_for() {
    let server = with(WORLD, Settings { asset_urls: AssetUrls::Vendor, ..Settings::default() });
    assert_eq!(shown(&server, &[]), "https://media.flora.example/api-uploads/2026/3/1/asset_picture.png");
}

#[test]
fn what_has_no_bytes_or_is_not_public_has_no_url() {
    let world = WORLD.replace(
        "{\"provider\": \"flora\",",
        "{\"provider\": \"xqr\", \"key\": \"xqr_pk_1\"}, {\"provider\": \"flora\",",
    );
    let server = Server::start(&world);
    let assets = objects(&server.get("/flora/api/v1/assets?limit=50", &["Authorization: Bearer sk_bytes"]));
    let url = |id: &str| assets.iter().find(|asset| asset["asset_id"] == id).unwrap()["url"].clone();
    assert_eq!([url("asset_pending"), url("asset_failed")], [Value::Null, Value::Null]);
    let listed = objects(&server.list("xqr", "xqr_pk_1", "limit=100"));
    assert_eq!(listed.len(), 6);
    for asset in listed {
        assert_eq!((&asset["is_public"], &asset["public_url"]), (&json!(false), &Value::Null));
    }
}

/// Which of a vendor's answers make URLs up is one of its facts.
#[test]
fn a_vendor_whose_url_is_null_unless_one_is_stored_shows_none() {
    let server = Server::start("demo");
    for provider in
        providers::ALL.iter().filter(|provider| provider.card().asset_list().made_up_urls != MadeUpUrls::All)
    {
        let name = provider.card().name;
        let key = match name {
            "konpro" => "konpro_demo",
            "twelvelabs" => "tlk_demo",
            _ => continue,
        };
        assert_eq!(urls(&server.list(name, key, "").json()), Vec::<String>::new(), "{name}");
    }
}
