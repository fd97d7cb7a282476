//! Uploads in one request: how clients write it, and what all vendors show afterwards.

use serde_json::json;

use super::{Client, bytes, target};
use crate::support::Server;

#[test]
fn what_one_request_uploads_all_vendors_list_and_the_bytes_are_served() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    assert_eq!(client.listed(), [""; 0], "the list is read before, and must not be stale after");
    let picture: Vec<u8> = [&b"GIF89a\x03\0\x02\0\0\0\0"[..], &bytes(700_000)].concat();
    let answer = client.upload("a.png", &picture);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let id = answer.json()["_id"].as_str().unwrap().to_owned();
    assert_eq!(answer.json()["file_type"], "image/gif", "the bytes tell the type, and not the name");
    assert_eq!((client.listed(), client.status(&id)), (vec![id.clone()], "ready".to_owned()));
    let list = |provider: &str| server.list(provider, client.keys[provider].as_str().unwrap(), "").json();
    assert_eq!(list("xqr")["data"][0]["file_size"], json!(picture.len()));
    let flora = &list("flora")["assets"][0];
    assert_eq!((&flora["width"], &flora["height"], &flora["uploaded_via"]), (&json!(3), &json!(2), &json!("direct")));
    assert_eq!(list("konpro")["assets"][0]["file_type"], "image");
    let piktid = list("piktid");
    assert!(piktid.to_string().contains("a.png"), "{piktid}");
    let url = list("konpro")["assets"][0]["url"].as_str().unwrap().to_owned();
    assert!(server.get(target(&server, &url), &[]).body == picture);
    assert_eq!(server.request("DELETE", &format!("/twelvelabs/v1.3/assets/{id}"), &[&client.auth]).status, 204);
    assert_eq!(client.listed(), [""; 0]);
    client.wait_for_rows([0, 0]);
}

/// The JavaScript client sends streams in chunks and an empty line after the end. Fields come in any order.
#[test]
fn a_form_in_chunks_is_read_whatever_the_order_of_its_fields() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let file = bytes(300_000);
    for order in [[0, 1, 2], [0, 2, 1], [2, 0, 1], [2, 1, 0]] {
        let parts =
            [("method", None, &b"direct"[..]), ("filename", None, b"named.mp4"), ("file", Some("blob"), &*file)];
        let whole = client.form(&order.map(|place| parts[place]), "\r\n");
        let start = whole.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = client.head("multipart/form-data; boundary=b", "Transfer-Encoding: chunked");
        let mut sent = head.into_bytes();
        for chunk in whole[start..].chunks(70_001) {
            sent.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            sent.extend_from_slice(chunk);
            sent.extend_from_slice(b"\r\n");
        }
        sent.extend_from_slice(b"0\r\n\r\n");
        let answer = server.send(&sent);
        assert_eq!((answer.status, &answer.json()["filename"]), (201, &json!("named.mp4")), "{order:?}");
    }
    assert_eq!(client.listed().len(), 4);
}

#[test]
fn the_file_of_an_upload_by_url_is_not_stored() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let parts = [
        ("method", None, &b"url"[..]),
        ("url", None, b"https://cdn.example.com/a.png"),
        ("file", Some("b.mp4"), b"bytes"),
    ];
    let answer = server.send(&client.form(&parts, ""));
    assert_eq!((answer.status, &answer.json()["filename"]), (201, &json!("a.png")));
    client.wait_for_rows([0, 0]);
}

#[test]
fn a_hostile_form_is_refused_and_leaves_nothing() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let many: Vec<_> = (0..10_000).map(|_| ("filename", None, &b"a"[..])).collect();
    let file = bytes(300_000);
    let twice = [("method", None, &b"direct"[..]), ("file", Some("a"), &file), ("file", Some("b"), &file)];
    let unknown = [("method", None, &b"direct"[..]), ("na\0me", None, b"a"), ("file", Some("a"), &file)];
    let long = [("method", None, &b"direct"[..]), ("filename", None, &vec![b'a'; 2 << 20]), ("file", Some("a"), &file)];
    for (case, form, status) in [
        ("ten thousand parts", client.form(&many, ""), 400),
        ("two files", client.form(&twice, ""), 400),
        ("a name with NUL", client.form(&unknown, ""), 400),
        ("a text of two megabytes", client.form(&long, ""), 413),
    ] {
        let answer = server.send(&form);
        assert_eq!(answer.status, status, "{case}: {}", answer.text());
        assert_eq!(answer.json()["code"].as_str().map(|code| code.starts_with("parameter_")), Some(true), "{case}");
    }
    let named = client.upload("..\\..\\a/../bé.png", b"bytes").json();
    assert_eq!(named["filename"], "bé.png");
    client.wait_for_rows([1, 1]);
    assert_eq!(client.listed().len(), 1);
}
