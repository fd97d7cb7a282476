//! Signed forms: who may post what, where and until when.

use serde_json::{Value, json};

use super::{BOUNDARY, act, fields_of, form, get, gif, path_of, post_form, request, reserve, wait_for_blobs};
use crate::support::{Answer, NOON, Server, at, block_on};
use crate::worlds::world;

/// Posts these fields and a file to where the reservation says.
fn post(server: &Server, reservation: &Value, fields: &[(String, String)], headers: &[&str]) -> Answer {
    let fields: Vec<_> = fields.iter().map(|(name, text)| (&**name, &**text)).collect();
    let body = form(&fields, Some(("a.gif", "image/gif", &gif(1, 1))));
    post_form(server, path_of(server, reservation["upload"]["url"].as_str().unwrap()), headers, &body)
}

#[test]
fn a_form_has_the_fields_of_google_cloud_storage() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.png", "content_type": "image/png"}));
    let upload = &made["upload"];
    assert_eq!(
        (&upload["method"], &upload["content_type"], &upload["file_field"]),
        (&json!("POST"), &json!("multipart/form-data"), &json!("file")),
    );
    let fields = fields_of(&made);
    let mut names: Vec<_> = fields.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    let expected =
        ["Content-Type", "key", "policy", "x-goog-algorithm", "x-goog-credential", "x-goog-date", "x-goog-signature"];
    assert_eq!(names, expected);
    assert!(fields.contains(&("Content-Type".to_owned(), "image/png".to_owned())), "{fields:?}");
}

#[test]
fn a_form_that_was_changed_is_refused_in_the_words_of_the_storage() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.png"}));
    let right = fields_of(&made);
    for place in 0..right.len() {
        let (mut changed, mut without) = (right.clone(), right.clone());
        changed[place].1.push('x');
        without.remove(place);
        for fields in [changed, without] {
            let refused = post(&server, &made, &fields, &[]);
            assert!([400, 403].contains(&refused.status), "{fields:?}: {}", refused.text());
            assert_eq!(refused.header("content-type"), Some("application/xml"));
            assert!(refused.text().contains("<Error><Code>"), "{}", refused.text());
        }
    }
    let added = [right.clone(), vec![("acl".to_owned(), "public-read".to_owned())]].concat();
    assert_eq!(post(&server, &made, &added, &[]).status, 400);
    assert_eq!(act(&server, &made, "complete").status, 409, "nothing was stored");
    assert_eq!(post(&server, &made, &right, &[]).status, 204);
}

#[test]
fn a_form_is_for_one_asset_and_one_method_and_any_name_of_this_server() {
    let server = Server::start(&world());
    let [made, other] = ["a.png", "b.png"].map(|name| reserve(&server, &json!({"file_name": name})));
    let moved = json!({"upload": {"url": other["upload"]["url"]}});
    let refused = post(&server, &moved, &fields_of(&made), &[]);
    assert_eq!(refused.status, 403, "{}", refused.text());
    let path = path_of(&server, made["upload"]["url"].as_str().unwrap()).to_owned();
    let nowhere = path.replace("ws_tests", "ws_nowhere");
    let fields = fields_of(&made);
    let fields: Vec<_> = fields.iter().map(|(name, text)| (&**name, &**text)).collect();
    let body = form(&fields, Some(("a.gif", "image/gif", &gif(1, 1))));
    assert_eq!(post_form(&server, &nowhere, &[], &body).status, 403);
    let put = server.request("PUT", &path, &[]);
    assert_eq!((put.status, put.header("content-type")), (405, Some("application/xml")), "{}", put.text());
    let of_client = super::auth();
    for headers in [vec!["Host: storage.test:1"], vec!["Host: assetmock", "X-Forwarded-Proto: https"], vec![&of_client]]
    {
        assert_eq!(post(&server, &made, &fields_of(&made), &headers).status, 204, "{headers:?}");
    }
}

/// The beginning of a request with such a form, whose file has a gibibyte, of which little comes.
fn endless(server: &Server, reservation: &Value, fields: &[(String, String)]) -> Vec<u8> {
    let fields: Vec<_> = fields.iter().map(|(name, text)| (&**name, &**text)).collect();
    let body = form(&fields, Some(("a.gif", "image/gif", &[b'x'; 40 << 10])));
    let path = path_of(server, reservation["upload"]["url"].as_str().unwrap());
    let whole = String::from_utf8(request(server, path, &[], &body)).unwrap();
    let length = format!("Content-Length: {}", body.len());
    let end = whole.len() - BOUNDARY.len() - 8;
    whole[..end].replace(&length, "Content-Length: 1073741824").into_bytes()
}

#[test]
fn a_form_is_verified_before_its_file_is_stored() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.gif"}));
    let mut fields = fields_of(&made);
    fields.iter_mut().find(|(name, _)| name == "x-goog-signature").unwrap().1.replace_range(..4, "ffff");
    let refused = server.send(&endless(&server, &made, &fields));
    assert_eq!(refused.status, 403, "{}", refused.text());
    server.app.clock.set(at("2026-03-21T18:00:00Z"));
    let late = server.send(&endless(&server, &made, &fields_of(&made)));
    assert!(late.text().contains("Policy has expired."), "{}", late.text());
    wait_for_blobs(&server, 0);
}

#[test]
fn what_comes_after_the_file_of_a_form_is_refused() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.gif"}));
    let fields = fields_of(&made);
    let fields: Vec<_> = fields.iter().map(|(name, text)| (&**name, &**text)).collect();
    let first = form(&fields, Some(("a.gif", "image/gif", &gif(1, 1))));
    let end = first.len() - BOUNDARY.len() - 6;
    let body = [&first[..end], &form(&[("acl", "public-read")], None)].concat();
    let path = path_of(&server, made["upload"]["url"].as_str().unwrap());
    let refused = post_form(&server, path, &[], &body);
    assert!(refused.status == 400 && refused.text().contains("MalformedPOSTRequest"), "{}", refused.text());
    wait_for_blobs(&server, 0);
}

#[test]
fn an_unsigned_form_tells_nothing_about_workspaces() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.gif"}));
    let path = path_of(&server, made["upload"]["url"].as_str().unwrap()).to_owned();
    let answers = [path.clone(), path.replace("ws_tests", "ws_nowhere")].map(|path| {
        let body = form(&[("key", "x")], Some(("a.gif", "image/gif", &gif(1, 1))));
        let refused = post_form(&server, &path, &[], &body);
        (refused.status, refused.text().to_owned())
    });
    assert_eq!(answers[0].0, 403, "{answers:?}");
    assert_eq!(answers[0], answers[1]);
    let of_workspace = |workspace: Option<&str>| {
        let entries = server.get("/_emulator/journal", &[]).json()["entries"].as_array().unwrap().clone();
        let forms = entries.into_iter().filter(|entry| entry["operation"] == "post_upload");
        forms.filter(|entry| entry["workspace"].as_str() == workspace).count()
    };
    assert_eq!((of_workspace(None), of_workspace(Some("ws_tests"))), (2, 0));
    assert_eq!(post(&server, &made, &fields_of(&made), &[]).status, 204);
    assert_eq!(of_workspace(Some("ws_tests")), 1);
}

#[test]
fn a_fault_of_a_workspace_applies_to_its_forms() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.gif"}));
    let rule =
        json!({"match": {"workspace": "ws_tests", "operation": "post_upload"}, "effect": {"raw": {"status": 502}}});
    let set = server.call("POST", "/_emulator/faults", &rule);
    assert_eq!(set.status, 201, "{}", set.text());
    let broken = post(&server, &made, &fields_of(&made), &[]);
    assert_eq!(broken.status, 502, "{}", broken.text());
}

#[test]
fn what_is_due_is_done_before_a_signed_request() {
    let key = json!({"provider": "flora", "key": "sk_test_due"});
    let next = json!({"status": "ready", "at": "2026-03-21T12:00:03Z"});
    let asset = json!({"name": "new.png", "status": "processing", "next_status": next, "created_at": NOON});
    let fixture = json!({"workspaces": [{"id": "ws_due", "keys": [key], "assets": [asset]}]});
    let server = Server::start(&fixture.to_string());
    let body = json!({"source": "signed-url", "workspace_id": "ws_due", "file_name": "hero.gif"});
    let auth = "Authorization: Bearer sk_test_due";
    let made = server.post("POST", "/flora/api/v1/assets", &[auth], &body.to_string()).json();
    server.app.clock.set(at("2026-03-21T12:05:00Z"));
    let earliest = || block_on(server.app.store.earliest_due("ws_due")).unwrap();
    assert_eq!(earliest(), Some(at("2026-03-21T12:00:03Z")));
    assert_eq!(post(&server, &made, &fields_of(&made), &[]).status, 204);
    assert!(earliest().is_none_or(|due| due > at("2026-03-21T12:05:00Z")), "{:?}", earliest());
}

#[test]
fn the_journal_masks_signatures() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.gif"}));
    let fields = fields_of(&made);
    assert_eq!(post(&server, &made, &fields, &[]).status, 204);
    let signature = &fields.iter().find(|(name, _)| name == "x-goog-signature").unwrap().1;
    let har = server.get("/_emulator/journal/har", &[]);
    assert!(har.text().contains("x-goog-signature") && !har.text().contains(signature), "{}", har.text());
}

#[test]
fn a_urlencoded_form_that_breaks_off_is_no_json() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.gif"}));
    let path = path_of(&server, made["upload"]["url"].as_str().unwrap());
    let kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500";
    server.send_and_hang_up(format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n\r\nkey=x").as_bytes());
    let har = server.get("/_emulator/journal/har", &[]);
    assert!(har.text().contains("MalformedPOSTRequest"), "{}", har.text());
}

#[test]
fn an_upload_that_breaks_off_leaves_the_reservation_and_no_bytes() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.gif"}));
    let fields = fields_of(&made);
    let fields: Vec<_> = fields.iter().map(|(name, text)| (&**name, &**text)).collect();
    let bytes = [gif(9, 9), vec![0; 600 << 10]].concat();
    let body = form(&fields, Some(("a.gif", "image/gif", &bytes)));
    let whole = request(&server, path_of(&server, made["upload"]["url"].as_str().unwrap()), &[], &body);
    let head = whole.len() - body.len();
    let ends = [head + 1, head + 700, whole.len() - (500 << 10), whole.len() - 60, whole.len() - BOUNDARY.len() - 3];
    for end in ends {
        server.send_and_hang_up(&whole[..end]);
        let row = get(&server, &made);
        assert_eq!((&row["status"], &row["size_bytes"]), (&json!("pending_upload"), &json!(null)), "{end}");
        assert_eq!(act(&server, &made, "complete").status, 409, "{end}");
    }
    wait_for_blobs(&server, 0);
    assert_eq!(server.send(&whole).status, 204);
    assert_eq!(act(&server, &made, "complete").status, 200);
    wait_for_blobs(&server, 1);
}
