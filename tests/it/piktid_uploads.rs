//! Uploads to PiktID: what happens between its requests, and what the other vendors show of it. Its words are in
//! transcripts.

use assetmock::clock::Clock;
use assetmock::emulator::app::App;
use serde_json::{Value, json};

use crate::signed_puts::{Client, bytes, check_md5, check_signature, gif, interrupt, put, refusal, target};
use crate::support::{Answer, NOON, Server, app, at, block_on};

fn piktid(client: &Client, method: &str, path: &str, body: &Value) -> Answer {
    client.ask("piktid", method, path, body)
}

/// `POST /upload`: the id, the URL for the bytes, and the URL of the file.
fn upload(client: &Client, name: &str) -> [String; 3] {
    let answer = piktid(client, "POST", "upload", &json!({"filename": name}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    ["file_id", "upload_url", "download_url"].map(|field| answer.json()[field].as_str().unwrap().to_owned())
}

fn get(client: &Client, id: &str) -> Answer {
    piktid(client, "GET", &format!("assets/{id}"), &Value::Null)
}

#[test]
fn an_image_goes_from_upload_to_bulk_delete() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let [id, url, file] = upload(&client, "shirt.gif");
    assert_eq!((get(&client, &id).status, client.assets().len()), (404, 0), "not before its bytes");
    assert_eq!(server.get(target(&server, &file), &[]).status, 404);
    server.app.clock.set(at("2026-03-21T12:00:05.5Z"));
    let image = gif(640, 480);
    let stored = put(&server, &url, "image/gif", &image);
    assert_eq!((stored.status, stored.text(), stored.header("etag").unwrap().len()), (200, "", 34));
    let asset = get(&client, &id).json();
    assert_eq!((&asset["filename"], &asset["url"]), (&json!("shirt.gif"), &json!(file)));
    assert_eq!((&asset["dimensions"], &asset["visibility"]), (&json!([640, 480]), &json!("private")));
    assert_eq!(asset["created_at"], "2026-03-21T12:00:05.500000+00:00");
    let list = piktid(&client, "GET", "assets", &Value::Null).json();
    assert_eq!(list["assets"], json!([asset]));
    assert_eq!(server.get(target(&server, &file), &[]).body, image);
    for provider in ["xqr", "flora", "twelvelabs", "konpro"] {
        assert_eq!(client.listed(provider), 1, "{provider}");
    }
    let ids = json!({"asset_ids": [id]});
    let deleted = piktid(&client, "POST", "assets/bulk-delete", &ids).json();
    assert_eq!(deleted, json!({"deleted_count": 1, "failed_ids": []}));
    client.wait_for_stored([0, 0]);
    assert_eq!(put(&server, &url, "image/gif", &image).status, 200);
    assert_eq!(get(&client, &id).status, 200, "the URL makes it again");
}

#[test]
fn a_name_is_at_most_as_long_as_in_fixtures() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let ask = |length: usize| piktid(&client, "POST", "upload", &json!({"filename": "x".repeat(length)}));
    assert_eq!(ask(1024).status, 200);
    let refused = ask(1025);
    let detail =
        json!([{"field": "filename", "message": "String should have at most 1024 characters", "position": "body"}]);
    assert_eq!((refused.status, &refused.json()["detail"]), (400, &detail));
}

#[test]
fn a_second_put_replaces_the_bytes() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let [id, url, _] = upload(&client, "a.gif");
    assert_eq!(put(&server, &url, "image/gif", &[gif(1, 2), bytes(300_000)].concat()).status, 200);
    assert_eq!(put(&server, &url, "image/gif", &gif(3, 4)).status, 200);
    client.wait_for_stored([1, 1]);
    assert_eq!((&get(&client, &id).json()["dimensions"], client.assets().len()), (&json!([3, 4]), 1));
    server.app.clock.set(at("2026-03-21T13:00:01Z"));
    assert_eq!(refusal(&put(&server, &url, "image/gif", &gif(5, 6))), (403, "AccessDenied".to_owned()));
    assert_eq!(get(&client, &id).json()["dimensions"], json!([3, 4]));
}

#[test]
fn the_bytes_say_what_an_upload_is() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    for (name, content_type, file, status) in [
        ("a.png", "image/png", gif(1, 1), 200),
        ("a.raw", "application/octet-stream", gif(1, 1), 200),
        ("a.png", "image/png", b"no image".to_vec(), 200),
        ("a.raw", "application/octet-stream", b"\0\x01\x02".to_vec(), 404),
        ("a.png", "image/png", b"%PDF-1.7\n".to_vec(), 404),
    ] {
        let [id, url, _] = upload(&client, name);
        assert_eq!(put(&server, &url, content_type, &file).status, 200, "{name}");
        assert_eq!(get(&client, &id).status, status, "{name} {content_type}");
    }
    assert_eq!((client.listed("piktid"), client.listed("xqr")), (3, 5));
    let types: Vec<_> = client.assets().iter().map(|asset| asset["mime_type"].clone()).collect();
    let pdf = "application/pdf";
    let expected = ["image/gif", "image/gif", "image/png"].map(Value::from);
    assert_eq!((&types[..3], &types[4]), (&expected[..], &json!(pdf)));
}

#[test]
fn an_upload_is_of_the_user_who_asked_for_its_url() {
    let keys = |user: &str| json!({"provider": "piktid", "key": format!("piktid_{user}"), "user": user});
    let fixture = json!({"workspaces": [{
        "id": "ws_two", "users": [{"name": "ada"}, {"name": "grace"}], "keys": [keys("ada"), keys("grace")],
    }]});
    let server = Server::start(&fixture.to_string());
    let ask = |user: &str, method: &str, path: &str, body: &str| {
        server.post(method, &format!("/piktid/{path}"), &[&format!("Authorization: Bearer piktid_{user}")], body)
    };
    let made = ask("grace", "POST", "upload", r#"{"filename":"a.gif"}"#).json();
    let (id, url) = (made["file_id"].as_str().unwrap(), made["upload_url"].as_str().unwrap());
    assert_eq!(put(&server, url, "image/gif", &gif(1, 1)).status, 200);
    let path = format!("assets/{id}");
    assert_eq!(ask("ada", "GET", &path, "").status, 404, "it is private");
    assert_eq!(ask("grace", "GET", &path, "").json()["created_by"], "grace");
    let delete = |user: &str| ask(user, "POST", "assets/bulk-delete", &json!({"asset_ids": [id]}).to_string()).json();
    assert_eq!(delete("ada"), json!({"deleted_count": 0, "failed_ids": [id]}));
    assert_eq!(delete("grace"), json!({"deleted_count": 1, "failed_ids": []}));
}

#[test]
fn a_url_is_for_one_request_of_one_workspace() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let [_, url, _] = upload(&client, "a.gif");
    check_signature(&server, &url, "image/gif");
    let renamed = url.replace("x-amz-meta-filename=a.gif", "x-amz-meta-filename=b.gif");
    assert_eq!(refusal(&put(&server, &renamed, "image/gif", b"")), (403, "SignatureDoesNotMatch".to_owned()));
    assert_eq!(client.assets().len(), 1);
}

#[test]
fn a_put_that_breaks_off_leaves_nothing() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let [id, url, _] = upload(&client, "a.gif");
    interrupt(&server, &url, "image/gif", &bytes(600_000));
    client.wait_for_stored([0, 0]);
    assert_eq!((get(&client, &id).status, client.assets().len()), (404, 0));
    assert_eq!(put(&server, &url, "image/gif", &gif(1, 1)).status, 200);
    assert_eq!(get(&client, &id).status, 200);
}

#[test]
fn what_cannot_be_stored_is_refused_by_the_storage() {
    let mut app = block_on(app("empty", NOON));
    app.store.max_stored_bytes = 1000;
    let server = block_on(Server::serve(app));
    let client = Client::with(&server, &json!({"uploads": {"max_stored_bytes": 100}}));
    let [_, url, _] = upload(&client, "a.gif");
    for length in [101, 1001] {
        let refused = put(&server, &url, "image/gif", &vec![0; length]);
        assert_eq!(refusal(&refused), (403, "QuotaExceeded".to_owned()), "{length}");
    }
    assert_eq!((put(&server, &url, "image/gif", &[0; 100]).status, client.assets().len()), (200, 1));
}

#[test]
fn an_image_that_is_processed_is_found_when_that_ends() {
    let server = Server::start("empty");
    let client = Client::with(&server, &json!({"uploads": {"processing_seconds": 30}}));
    let [id, url, _] = upload(&client, "a.gif");
    assert_eq!(put(&server, &url, "image/gif", &gif(1, 1)).status, 200);
    assert_eq!(get(&client, &id).status, 404);
    server.app.clock.set(at("2026-03-21T12:00:30Z"));
    assert_eq!(get(&client, &id).status, 200);
}

/// Two first PUTs at once are one asset.
#[test]
fn puts_at_the_same_time_are_one_asset() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let [id, url, _] = upload(&client, "a.gif");
    std::thread::scope(|scope| {
        for side in 1..=8 {
            let (server, url) = (&server, &url);
            scope.spawn(move || assert_eq!(put(server, url, "image/gif", &gif(side, side)).status, 200));
        }
    });
    client.wait_for_stored([1, 1]);
    assert_eq!((get(&client, &id).status, client.assets().len()), (200, 1));
}

/// With a seed, a server that is started again on the same library draws what its last run drew.
#[test]
fn a_server_that_is_started_again_gives_no_id_that_an_asset_has() {
    let first = Server::start("demo");
    let ask = |server: &Server| {
        let made = server.post("POST", "/piktid/upload", &["Authorization: Bearer piktid_demo"], "{}").json();
        ["file_id", "upload_url"].map(|field| made[field].as_str().unwrap().to_owned())
    };
    let [id, url] = ask(&first);
    assert_eq!(put(&first, &url, "application/octet-stream", &gif(1, 1)).status, 200);
    let again = block_on(Server::serve(App::new(first.app.store.clone(), Clock::frozen(at(NOON)), Some(7))));
    let [other, url] = ask(&again);
    assert_ne!(id, other);
    assert_eq!(put(&again, &url, "application/octet-stream", &gif(2, 2)).status, 200);
    let kept = again.get(&format!("/piktid/assets/{id}"), &["Authorization: Bearer piktid_demo"]).json();
    assert_eq!(kept["dimensions"], json!([1, 1]));
}

#[test]
fn bytes_that_are_not_those_of_the_content_md5_are_refused() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let [_, url, _] = upload(&client, "a.gif");
    check_md5(&server, &url, "image/gif");
    client.wait_for_stored([1, 1]);
}
