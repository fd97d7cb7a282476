//! Sessions and URLs end by the clock of the workspace.

use serde_json::{Value, json};

use super::{CHUNK, Client, bytes, put};
use crate::support::Server;

fn turn_clock(client: &Client<'_>, now: &str) {
    let path = format!("/_emulator/workspaces/{}/clock", client.workspace);
    let answer = client.server.call("POST", &path, &json!({"set": now, "frozen": true}));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn a_url_ends_after_an_hour_and_another_one_is_made_for_it() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("a.png", 3);
    turn_clock(&client, "2026-03-21T13:00:00Z");
    assert_eq!(session.put(1, b"abc").status, 200, "the last instant is in time");
    turn_clock(&client, "2026-03-21T13:00:01Z");
    let late = session.put(1, b"abc");
    assert_eq!(late.status, 403);
    assert!(late.text().contains("<Message>Request has expired</Message>"), "{}", late.text());
    let more = client.post(&format!("/{}/presigned-urls", session.id), &json!({"start": 1, "count": 1})).json();
    let again = put(&server, more["upload_urls"][0]["url"].as_str().unwrap(), b"abc");
    assert_eq!(again.status, 200);
    let other = Client::new(&server);
    assert_eq!(other.begin("b.png", 3).put(1, b"abc").status, 200, "other workspaces have clocks of their own");
}

#[test]
fn a_session_ends_after_a_day_and_its_bytes_go() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let (ended, complete) = (client.begin("a.mp4", CHUNK + 3), client.begin("b.png", 3));
    let proof = ended.store(1, &bytes(CHUNK));
    let small = ended.store(2, b"abc");
    assert_eq!(ended.report(&[(1, &proof, CHUNK)]).status, 200);
    let kept = complete.store(1, b"xyz");
    assert_eq!(complete.report(&[(1, &kept, 3)]).status, 200);
    turn_clock(&client, "2026-03-22T12:00:00Z");
    assert_eq!(ended.status()["status"], "expired");
    assert_eq!(complete.status()["status"], "completed");
    let said = r#"{"code":"parameter_invalid","message":"The upload_id parameter is invalid. The upload session is expired."}"#;
    let report = ended.report(&[(2, &small, 3)]);
    assert_eq!((report.status, report.text()), (400, said));
    let more = client.post(&format!("/{}/presigned-urls", ended.id), &json!({"start": 1, "count": 1}));
    assert_eq!((more.status, more.text()), (400, said));
    assert_eq!(client.get("assets/multipart-uploads")["data"], json!([]));
    client.wait_for_rows([1, 1]);
    assert_eq!(ended.status()["chunks_completed"], 1, "what was reported is still known");
    assert_eq!(client.listed(), std::slice::from_ref(&complete.asset));
    turn_clock(&client, "2026-03-23T12:00:00Z");
    for session in [&ended, &complete] {
        let path = format!("/twelvelabs/v1.3/assets/multipart-uploads/{}", session.id);
        let forgotten = server.get(&path, &[&client.auth]);
        assert_eq!((forgotten.status, &forgotten.json()["code"]), (404, &json!("resource_not_exist")));
    }
    assert_eq!(client.listed(), std::slice::from_ref(&complete.asset), "the asset stays");
}

#[test]
fn the_settings_of_the_workspace_decide_what_becomes_of_an_upload() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let set = |uploads: Value| {
        let path = format!("/_emulator/workspaces/{}", client.workspace);
        let answer = server.call("PATCH", &path, &json!({"uploads": uploads}));
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let whole = || {
        let session = client.begin("a.mp4", 3);
        let proof = session.store(1, b"abc");
        assert_eq!(session.report(&[(1, &proof, 3)]).status, 200);
        session.asset.clone()
    };
    set(json!({"processing_seconds": 0}));
    assert_eq!(client.status(&whole()), "ready");
    assert_eq!(client.upload("a.mp4", b"abc").json()["status"], "ready");
    set(json!({"processing_seconds": 60, "outcome": "failed", "message": "no moov atom"}));
    let (one, other) = (whole(), client.upload("a.mp4", b"abc").json()["_id"].as_str().unwrap().to_owned());
    for id in [&one, &other] {
        assert_eq!((client.status(id), client.status(id)), ("processing".to_owned(), "processing".to_owned()));
    }
    turn_clock(&client, "2026-03-21T12:01:00Z");
    for id in [&one, &other] {
        let shown = client.get(&format!("assets/{id}"));
        assert_eq!((&shown["status"], &shown["error"]["message"]), (&json!("failed"), &json!("no moov atom")));
    }
}

#[test]
fn an_upload_beyond_what_the_workspace_may_store_is_refused_and_can_be_completed_later() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let path = format!("/_emulator/workspaces/{}", client.workspace);
    assert_eq!(server.call("PATCH", &path, &json!({"uploads": {"max_stored_bytes": 5}})).status, 200);
    assert_eq!(client.upload("a.png", b"abcd").status, 201);
    let refused = client.upload("b.png", b"ab");
    assert_eq!(
        (refused.status, refused.text()),
        (507, r#"{"code":"parameter_invalid","message":"The storage is full."}"#)
    );
    let begin = json!({"filename": "c.png", "type": "image", "total_size": 2});
    assert_eq!(client.post("", &begin).status, 507);
    let limit = |max: u64| {
        let uploads = json!({"uploads": {"max_stored_bytes": max}});
        assert_eq!(server.call("PATCH", &path, &uploads).status, 200);
    };
    limit(6);
    let session = client.begin("c.png", 2);
    limit(5);
    let refused = session.put(1, b"ab");
    assert!(refused.status == 403 && refused.text().contains("<Code>QuotaExceeded</Code>"), "{}", refused.text());
    assert_eq!(client.listed().len(), 1);
    limit(6);
    // A chunk that is sent again replaces the one before.
    session.store(1, b"xy");
    let proof = session.store(1, b"ab");
    assert_eq!(session.report(&[(1, &proof, 2)]).status, 200);
    assert_eq!(client.listed().len(), 2);
    client.wait_for_rows([2, 2]);
}
