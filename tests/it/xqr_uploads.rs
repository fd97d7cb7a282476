//! Uploads to xQR: what happens between its requests, and what the other vendors show of it. Its words are in
//! transcripts.

use serde_json::{Value, json};

use crate::signed_puts::{Client, bytes, check_md5, check_signature, gif, interrupt, put, refusal, target};
use crate::support::{Answer, NOON, Server, app, at, block_on};

struct Presigned {
    id: String,
    url: String,
}

fn xqr(client: &Client, method: &str, path: &str) -> Answer {
    client.ask("xqr", method, &format!("api/v1/assets{path}"), &Value::Null)
}

fn presign(client: &Client, query: &str) -> Presigned {
    let answer = xqr(client, "POST", &format!("/presign?{query}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let data = answer.json()["data"].clone();
    assert_eq!(data["method"], "PUT");
    let text = |name: &str| data[name].as_str().unwrap().to_owned();
    Presigned { id: text("asset_id"), url: text("upload_url") }
}

fn get(client: &Client, id: &str) -> Value {
    xqr(client, "GET", &format!("/{id}")).json()["data"].clone()
}

const LOGO: &str = "filename=logo.gif&content_type=image/gif&file_size=48210";

/// The samples of the vendor's pages, one after the other.
#[test]
fn an_asset_goes_from_presign_to_delete() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let logo = presign(&client, LOGO);
    let pending = get(&client, &logo.id);
    assert_eq!((&pending["status"], &pending["file_size"]), (&json!("pending"), &json!(48210)));
    let image = gif(640, 480);
    let stored = put(&server, &logo.url, "image/gif", &image);
    assert_eq!((stored.status, stored.text(), stored.header("server")), (200, "", Some("AmazonS3")));
    assert_eq!(stored.header("etag").unwrap().len(), 34);
    assert_eq!(get(&client, &logo.id)["status"], "pending");
    server.app.clock.set(at("2026-03-21T12:00:45Z"));
    let confirmed = xqr(&client, "POST", &format!("/{}/confirm", logo.id));
    let expected = format!(
        "{{\"data\":{{\"id\":\"{}\",\"filename\":\"logo.gif\",\"mime_type\":\"image/gif\",\"file_size\":14,\"status\":\"confirmed\",\
         \"is_public\":false,\"public_url\":null,\"tags\":[],\"created_at\":\"2026-03-21T12:00:00Z\",\"updated_at\":\"2026-03-21T12:00:45Z\"}},",
        logo.id
    );
    assert!(confirmed.status == 200 && confirmed.text().starts_with(&expected), "{}", confirmed.text());
    server.app.clock.set(at("2026-03-21T12:00:50Z"));
    let again = xqr(&client, "POST", &format!("/presign/{}/confirm", logo.id));
    assert_eq!((again.status, &again.json()["data"]), (200, &confirmed.json()["data"]), "nothing changes");
    let public = xqr(&client, "POST", &format!("/{}/publish", logo.id)).json()["data"]["public_url"].clone();
    let served = server.get(target(&server, public.as_str().unwrap()), &[]);
    assert_eq!((served.header("content-type"), &served.body), (Some("image/gif"), &image));
    assert_eq!(xqr(&client, "DELETE", &format!("/{}", logo.id)).status, 204);
    client.wait_for_stored([0, 0]);
    assert_eq!(refusal(&put(&server, &logo.url, "image/gif", &image)), (404, "NoSuchKey".to_owned()));
    client.wait_for_stored([0, 0]);
}

#[test]
fn the_other_vendors_show_what_was_uploaded() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let count = |provider| client.listed(provider);
    let logo = presign(&client, LOGO);
    // PiktID and KonPro list what is ready.
    assert_eq!(["xqr", "flora", "piktid", "konpro"].map(count), [1, 1, 0, 0]);
    assert_eq!(put(&server, &logo.url, "image/gif", &gif(640, 480)).status, 200);
    assert_eq!(["xqr", "flora", "piktid", "konpro"].map(count), [1, 1, 0, 0]);
    assert_eq!(xqr(&client, "POST", &format!("/{}/confirm", logo.id)).status, 200);
    assert_eq!(["xqr", "flora", "twelvelabs", "piktid", "konpro"].map(count), [1; 5]);
    let asset = &client.assets()[0];
    assert_eq!((&asset["width"], &asset["height"], &asset["size_bytes"]), (&json!(640), &json!(480), &json!(14)));
    assert_eq!((&asset["uploaded_via"], &asset["name"]), (&json!("signed_url"), &json!("logo.gif")));
}

#[test]
fn the_announced_type_stays_and_the_size_is_that_of_the_bytes() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    for (query, content_type) in [
        ("filename=a.txt&content_type=text/plain&file_size=1", "text/plain"),
        ("filename=a&file_size=26214400", "application/octet-stream"),
        ("filename=a&content_type=Image%2FPNG%3B%20q%3D1&file_size=7", "Image/PNG; q=1"),
    ] {
        let made = presign(&client, query);
        assert_eq!(put(&server, &made.url, content_type, &gif(3, 2)).status, 200, "{query}");
        let confirmed = xqr(&client, "POST", &format!("/{}/confirm", made.id)).json()["data"].clone();
        assert_eq!((&confirmed["mime_type"], &confirmed["file_size"]), (&json!(content_type), &json!(14)));
    }
    let empty = presign(&client, LOGO);
    assert_eq!(put(&server, &empty.url, "image/gif", b"").status, 200, "an object without bytes is one too");
    assert_eq!(xqr(&client, "POST", &format!("/{}/confirm", empty.id)).json()["data"]["file_size"], 0);
}

#[test]
fn a_confirmed_asset_gets_new_bytes_while_its_url_is_valid() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let logo = presign(&client, LOGO);
    assert_eq!(put(&server, &logo.url, "image/gif", &gif(1, 1)).status, 200);
    assert_eq!(put(&server, &logo.url, "image/gif", &bytes(300_000)).status, 200);
    client.wait_for_stored([1, 2]);
    assert_eq!(xqr(&client, "POST", &format!("/{}/confirm", logo.id)).json()["data"]["file_size"], 300_000);
    server.app.clock.set(at("2026-03-21T13:00:00Z"));
    assert_eq!(put(&server, &logo.url, "image/gif", &gif(1, 1)).status, 200, "the last instant");
    let now = get(&client, &logo.id);
    assert_eq!((&now["status"], &now["file_size"]), (&json!("confirmed"), &json!(14)));
    assert_eq!((&now["mime_type"], &now["updated_at"]), (&json!("image/gif"), &json!("2026-03-21T13:00:00Z")));
    client.wait_for_stored([1, 1]);
    server.app.clock.set(at("2026-03-21T13:00:01Z"));
    let late = put(&server, &logo.url, "image/gif", &gif(2, 2));
    assert_eq!(refusal(&late), (403, "AccessDenied".to_owned()));
    assert!(late.text().contains("<Message>Request has expired</Message>"), "{}", late.text());
}

#[test]
fn a_url_is_for_one_request_of_one_workspace() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    check_signature(&server, &presign(&client, LOGO).url, "image/gif");
    let (mine, yours) = (presign(&client, LOGO), Client::new(&server));
    let foreign = xqr(&yours, "POST", &format!("/{}/confirm", mine.id));
    assert_eq!((foreign.status, foreign.json()["error"]["code"].clone()), (404, json!("NOT_FOUND")));
}

#[test]
fn too_many_bytes_are_refused() {
    const MAX: usize = 26_214_400;
    let server = Server::start("empty");
    let client = Client::new(&server);
    let large = presign(&client, "filename=a.bin&file_size=1");
    let put = |length: usize| put(&server, &large.url, "application/octet-stream", &vec![0; length]);
    assert_eq!(put(MAX).status, 200);
    assert_eq!(refusal(&put(MAX + 1)), (400, "EntityTooLarge".to_owned()));
    assert_eq!(xqr(&client, "POST", &format!("/{}/confirm", large.id)).json()["data"]["file_size"], MAX);
}

#[test]
fn what_cannot_be_stored_is_refused_by_presign_and_by_put() {
    let mut app = block_on(app("empty", NOON));
    app.store.max_stored_bytes = 1000;
    let server = block_on(Server::serve(app));
    let refused = |client: &Client, size: u64| {
        let answer = xqr(client, "POST", &format!("/presign?filename=a&file_size={size}"));
        let code = answer.json()["error"]["code"].clone();
        assert_eq!((answer.status, code, client.assets().len()), (403, json!("PLAN_LIMIT_EXCEEDED"), 0), "{size}");
    };
    refused(&Client::new(&server), 1001);
    let small = Client::with(&server, &json!({"uploads": {"max_stored_bytes": 100}}));
    refused(&small, 101);
    let made = presign(&small, "filename=a&file_size=100");
    let put = |length: usize| put(&server, &made.url, "application/octet-stream", &vec![0; length]);
    assert_eq!(refusal(&put(101)), (403, "QuotaExceeded".to_owned()), "of the workspace");
    assert_eq!(refusal(&put(1001)), (403, "QuotaExceeded".to_owned()), "of the server");
    assert_eq!((put(100).status, put(99).status, put(100).status), (200, 200, 200), "in place of those before");
    let more = xqr(&small, "POST", "/presign?filename=b&file_size=1");
    assert_eq!((more.status, small.assets().len()), (403, 1));
}

#[test]
fn a_put_that_breaks_off_leaves_the_asset_pending_and_no_bytes() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let logo = presign(&client, LOGO);
    interrupt(&server, &logo.url, "image/gif", &bytes(600_000));
    client.wait_for_stored([0, 0]);
    assert_eq!(get(&client, &logo.id)["file_size"], 48210);
    assert_eq!(xqr(&client, "POST", &format!("/{}/confirm", logo.id)).status, 409);
    assert_eq!(put(&server, &logo.url, "image/gif", &gif(1, 1)).status, 200);
    assert_eq!(xqr(&client, "POST", &format!("/{}/confirm", logo.id)).status, 200);
}

#[test]
fn a_test_decides_what_becomes_of_an_upload() {
    let server = Server::start("empty");
    let client = Client::with(&server, &json!({"uploads": {"outcome": "failed", "message": "no header"}}));
    let logo = presign(&client, LOGO);
    assert_eq!(put(&server, &logo.url, "image/gif", &gif(1, 1)).status, 200);
    let failed = xqr(&client, "POST", &format!("/{}/confirm", logo.id));
    assert_eq!((failed.status, &failed.json()["data"]["status"]), (200, &json!("pending")));
    assert_eq!(client.assets()[0]["failure_message"], "no header");
    let again = xqr(&client, "POST", &format!("/{}/confirm", logo.id));
    assert_eq!((again.status, &again.json()["error"]["message"]), (409, &json!("Asset upload has failed.")));
}

#[test]
fn a_type_that_no_header_can_have_is_refused() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    for content_type in ["x%0Ay:%20z", "image/png%0D", "%00"] {
        let path = format!("api/v1/assets/presign?filename=a&file_size=1&content_type={content_type}");
        let answer = client.ask("xqr", "POST", &path, &Value::Null);
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{path}");
    }
}

/// No document shows an asset that was `confirmed` as `pending` again.
#[test]
fn an_upload_that_is_to_fail_later_is_never_confirmed() {
    let server = Server::start("empty");
    let uploads = json!({"outcome": "failed", "processing_seconds": 30});
    let client = Client::with(&server, &json!({"uploads": uploads}));
    let logo = presign(&client, LOGO);
    assert_eq!(put(&server, &logo.url, "image/gif", &gif(1, 1)).status, 200);
    let confirmed = xqr(&client, "POST", &format!("/{}/confirm", logo.id));
    assert_eq!((confirmed.status, &confirmed.json()["data"]["status"]), (200, &json!("pending")));
    for now in ["2026-03-21T12:00:01Z", "2026-03-21T12:00:31Z"] {
        server.app.clock.set(at(now));
        assert_eq!(get(&client, &logo.id)["status"], "pending", "{now}");
        for action in ["publish", "confirm"] {
            let refused = xqr(&client, "POST", &format!("/{}/{action}", logo.id));
            assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("CONFLICT")), "{now} {action}");
        }
    }
}

#[test]
fn a_name_keeps_its_folders_and_a_download_has_none() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    for (sent, name) in
        [("a%2Fb.png", "a/b.png"), ("..%5Cx", "..\\x"), ("/etc/passwd", "/etc/passwd"), ("v1.2/logo", "v1.2/logo")]
    {
        let asset = presign(&client, &format!("filename={sent}&content_type=image/png&file_size=9"));
        assert_eq!(get(&client, &asset.id)["filename"], name);
        assert_eq!(put(&server, &asset.url, "image/png", &gif(1, 1)).status, 200);
        assert_eq!(xqr(&client, "POST", &format!("/{}/confirm", asset.id)).status, 200);
        let public = xqr(&client, "POST", &format!("/{}/publish", asset.id)).json()["data"]["public_url"].clone();
        let file = server.get(&format!("{}?download", target(&server, public.as_str().unwrap())), &[]);
        let disposition = file.header("content-disposition").unwrap();
        let plain = disposition.strip_prefix("attachment; filename=\"").unwrap();
        let base = name.rsplit(['/', '\\']).next().unwrap();
        assert_eq!((file.status, plain), (200, &*format!("{base}\"")), "{name}");
    }
}

#[test]
fn bytes_that_are_not_those_of_the_content_md5_are_not_stored() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let logo = presign(&client, LOGO);
    check_md5(&server, &logo.url, "image/gif");
    client.wait_for_stored([1, 1]);
    assert_eq!(get(&client, &logo.id)["file_size"], 6);
}
