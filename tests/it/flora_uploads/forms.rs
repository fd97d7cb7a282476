//! Signed forms: who may post what, where and until when.

use serde_json::{Value, json};

use super::{BOUNDARY, act, fields_of, form, get, gif, path_of, post_form, request, reserve, wait_for_blobs};
use crate::support::{Answer, Server};
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
