//! Forms that no client should send.

use serde_json::json;

use super::{BOUNDARY, auth, code, form, gif, listed, wait_for_blobs};
use crate::support::{Answer, Server};
use crate::worlds::{VISIBLE, world};

fn post(server: &Server, content_type: &str, body: &[u8]) -> Answer {
    server.send(&request(server, content_type, body.len(), body))
}

fn request(server: &Server, content_type: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /flora/api/v1/assets HTTP/1.1\r\nHost: {}\r\n{}\r\n{content_type}\r\nContent-Length: {length}\r\n\r\n",
        server.address,
        auth(),
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn what_is_no_form_is_refused_and_leaves_nothing() {
    let server = Server::start(&world());
    let right = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
    let two = format!("Content-Type: multipart/form-data; boundary=other; boundary={BOUNDARY}");
    let workspace = ("workspace_id", "ws_tests");
    let whole = form(&[workspace], Some(("a.gif", "image/gif", &[gif(1, 1), vec![0; 300 << 10]].concat())));
    let part = |head: &str| [format!("--{BOUNDARY}\r\n{head}\r\n\r\nx\r\n").as_bytes(), &whole].concat();
    let parts = form(&[("a", "b"); 10_000], Some(("a.gif", "image/gif", &gif(1, 1))));
    let files = [&whole[..whole.len() - BOUNDARY.len() - 6], &whole].concat();
    for (what, content_type, body) in [
        ("no boundary", "Content-Type: multipart/form-data", whole.clone()),
        ("another boundary", "Content-Type: multipart/form-data; boundary=other", whole.clone()),
        ("two boundaries", &two, whole.clone()),
        ("ten thousand parts", &right, parts),
        ("two files", &right, files),
        ("a part without a name", &right, part("Content-Disposition: form-data")),
        ("a part without a disposition", &right, part("X-Nothing: form-data; name=\"a\"")),
        ("an open quotation mark", &right, part("Content-Disposition: form-data; name=\"a")),
        ("one in the name of a file", &right, part("Content-Disposition: form-data; name=\"a\"; filename=\"b")),
        ("a file with an open name", &right, replaced(&whole, "filename=\"a.gif\"", "filename=\"a.gif")),
        ("a name with NUL", &right, part("Content-Disposition: form-data; name=\"a\0b\"")),
        ("a name with a line feed", &right, part("Content-Disposition: form-data; name=\"a\nb\"")),
        ("a header without an end", &right, part(&"x".repeat(100_000))),
        ("no end", &right, whole[..whole.len() - 10].to_vec()),
        ("a file name with NUL", &right, form(&[workspace], Some(("a\0b.png", "image/png", b"x")))),
    ] {
        let refused = post(&server, content_type, &body);
        assert_eq!((refused.status, &*code(&refused)), (400, "input_validation_error"), "{what}: {}", refused.text());
    }
    wait_for_blobs(&server, 0);
    let page = server.get("/flora/api/v1/assets", &[&auth()]).json();
    assert_eq!(page["meta"]["total_estimate"], VISIBLE);
}

/// A body with another text in place of one that it has.
fn replaced(body: &[u8], old: &str, new: &str) -> Vec<u8> {
    let place = body.windows(old.len()).position(|part| part == old.as_bytes()).unwrap();
    [&body[..place], new.as_bytes(), &body[place + old.len()..]].concat()
}

#[test]
fn a_quotation_mark_or_a_backslash_in_a_name_is_no_open_one() {
    let server = Server::start(&world());
    for given in ["a\\\"b.png", "C:\\dir\\", "a%22b.png"] {
        let body = form(&[("workspace_id", "ws_tests")], Some((given, "image/png", b"x")));
        let content_type = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
        let made = post(&server, &content_type, &body);
        assert_eq!(made.status, 201, "{given}: {}", made.text());
    }
}

/// Why a request was refused.
fn why(answer: &Answer) -> &str {
    answer.header("x-emulator-why").unwrap_or_default()
}

#[test]
fn the_texts_of_a_form_are_limited_together() {
    let server = Server::start(&world());
    let content_type = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nX-Emulator-Explain: 1");
    let text = "t".repeat(100 << 10);
    let names: Vec<_> = (0..11).map(|number| format!("{number}{text}")).collect();
    let texts = form(&[("a", &*text); 11], None);
    let names = form(&names.iter().map(|name| (&**name, "")).collect::<Vec<_>>(), None);
    for body in [texts, names] {
        let refused = post(&server, &content_type, &body);
        assert_eq!((refused.status, why(&refused)), (413, "the body is larger than 1048576 bytes"));
    }
    let body = form(&[("workspace_id", "ws_tests"), ("file_name", &text[..100])], Some(("a.gif", "image/gif", b"x")));
    assert_eq!(post(&server, &content_type, &body).status, 201);
}

#[test]
fn a_head_without_an_end_and_bytes_before_the_first_part_are_not_read_without_end() {
    let server = Server::start(&world());
    let content_type = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nX-Emulator-Explain: 1");
    let endless = "x".repeat(2 << 20);
    const NOTHING_FOUND: &str = "bytes have no part, or the head of one has no end";
    for (beginning, reason) in [
        (endless.clone(), NOTHING_FOUND),
        (format!("--{BOUNDARY}\r\nX-Head: {endless}"), NOTHING_FOUND),
        (format!("--{BOUNDARY}{endless}"), "incomplete multipart stream"),
    ] {
        // The rest never comes, and is not waited for.
        let refused = post_beginning(&server, &content_type, beginning.as_bytes());
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert!(why(&refused).contains(reason), "{}: {}", &beginning[..40], why(&refused));
    }
}

/// Posts the beginning of a body of a gibibyte.
fn post_beginning(server: &Server, content_type: &str, beginning: &[u8]) -> Answer {
    server.send(&request(server, content_type, 1 << 30, beginning))
}

#[test]
fn a_content_length_that_lies_is_no_upload() {
    let server = Server::start(&world());
    let content_type = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
    let whole = form(&[("workspace_id", "ws_tests")], Some(("a.gif", "image/gif", &gif(1, 1))));
    for length in [0, 1, whole.len() - 7] {
        // What follows the body is read as another request, and answered as well.
        server.send_and_forget(&request(&server, &content_type, length, &whole));
    }
    for length in [whole.len() + 1, whole.len() + 100_000] {
        if let Some(answer) = server.send_and_hang_up(&request(&server, &content_type, length, &whole)) {
            assert!(answer.status >= 400, "{length}: {}", answer.text());
        }
    }
    let total = server.get("/flora/api/v1/assets", &[&auth()]).json()["meta"]["total_estimate"].clone();
    assert_eq!(total, VISIBLE);
    wait_for_blobs(&server, 0);
    assert_eq!(post(&server, &content_type, &whole).status, 201);
}

#[test]
fn a_file_name_is_only_a_name() {
    let server = Server::start(&world());
    for (given, name) in [
        ("../../../etc/a.png", "a.png"),
        ("..\\..\\a.png", "a.png"),
        ("/a.png", "a.png"),
        ("%2e%2e%2fa.png", "%2e%2e%2fa.png"),
        ("<script>.png", "<script>.png"),
        ("\u{202e}gnp.a.png", "\u{202e}gnp.a.png"),
    ] {
        let body = form(&[("workspace_id", "ws_tests")], Some((given, "image/png", b"x")));
        let content_type = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
        let made = post(&server, &content_type, &body);
        assert_eq!(made.status, 201, "{given}: {}", made.text());
        let made = made.json();
        assert_eq!(listed(&server, &made)["name"], json!(name), "{given}");
        let url = made["url"].as_str().unwrap();
        assert_eq!(server.get(super::path_of(&server, url), &[]).body, b"x", "{url}");
    }
}
