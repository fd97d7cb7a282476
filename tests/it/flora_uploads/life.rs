//! The life of an upload: announced, sent, completed, processed, failed, begun again.

use serde_json::{Value, json};

use super::{act, auth, code, create, get, gif, listed, own, path_of, reserve, send, settings, upload};
use crate::support::{NOON, Server, at};
use crate::worlds::world;

/// What the list shows of the state.
fn state(server: &Server, asset: &Value) -> (String, bool) {
    let row = listed(server, asset);
    (row["status"].as_str().unwrap().to_owned(), row["url"].is_string())
}

#[test]
fn an_announced_file_is_pending_until_it_is_sent_and_completed() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.png", "content_type": "image/png"}));
    assert_eq!((&made["status"], &made["uploaded_via"]), (&json!("pending_upload"), &json!("signed_url")));
    assert_eq!(made["expires_at"], "2026-03-21T13:00:00.000Z");
    assert_eq!(made["upload_url"], made["upload"]["url"]);
    assert_eq!(state(&server, &made), ("pending_upload".to_owned(), false));
    let early = act(&server, &made, "complete");
    assert_eq!((early.status, &*code(&early)), (409, "conflict"), "{}", early.text());

    let bytes = gif(7, 9);
    let sent = send(&server, &made, &bytes);
    assert_eq!((sent.status, sent.text()), (204, ""));
    assert_eq!(state(&server, &made), ("pending_upload".to_owned(), false), "nobody completed it");
    let completed = act(&server, &made, "complete");
    assert_eq!(completed.status, 200, "{}", completed.text());
    let expected = json!({
        "asset_id": made["asset_id"], "url": made["url"], "workspace_id": "ws_tests", "visibility": "workspace",
        "status": "ready",
    });
    assert_eq!(completed.json(), expected);
    let row = listed(&server, &made);
    assert_eq!((&row["status"], &row["url"]), (&json!("ready"), &made["url"]));
    assert_eq!((&row["width"], &row["size_bytes"]), (&json!(7), &json!(bytes.len())));
    assert_eq!(row["upload_content_type"], "image/gif", "the bytes say it");
    assert_eq!(server.get(path_of(&server, made["url"].as_str().unwrap()), &[]).body, bytes);

    for action in ["complete", "retry"] {
        let again = act(&server, &made, action);
        assert_eq!((again.status, &*code(&again)), (409, "conflict"), "{action}");
    }
    assert_eq!(send(&server, &made, b"other bytes").status, 409, "what is complete keeps its bytes");
    assert_eq!(server.get(path_of(&server, made["url"].as_str().unwrap()), &[]).body, bytes);
    server.app.clock.set(at("2026-03-22T12:00:00Z"));
    assert_eq!(get(&server, &made)["status"], "ready", "it does not expire any more");
}

#[test]
fn a_file_that_is_announced_without_a_type_gets_that_of_its_bytes() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({}));
    let row = listed(&server, &made);
    assert_eq!((&row["content_type"], &row["upload_content_type"]), (&json!("image"), &json!(null)));
    assert_eq!(send(&server, &made, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n").status, 204);
    assert_eq!(act(&server, &made, "complete").status, 200);
    let row = listed(&server, &made);
    assert_eq!((&row["content_type"], &row["upload_content_type"]), (&json!("document"), &json!("application/pdf")));
}

#[test]
fn a_file_that_is_not_taken_cannot_be_completed_and_another_can_be_sent() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.gif"}));
    for (bytes, message) in [
        (gif(50_000, 3_001), "Image exceeds 150 megapixels"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00".to_vec(), "Unsupported content type"),
    ] {
        assert_eq!(send(&server, &made, &bytes).status, 204, "storage takes anything");
        let refused = act(&server, &made, "complete");
        assert_eq!((refused.status, &*code(&refused)), (400, "input_validation_error"), "{}", refused.text());
        assert_eq!(refused.json()["error"]["fields"][0], json!({"field": "file", "message": message}));
        assert_eq!(state(&server, &made).0, "pending_upload");
    }
    assert_eq!(send(&server, &made, &gif(3, 3)).status, 204);
    assert_eq!(act(&server, &made, "complete").status, 200);
}

#[test]
fn a_reservation_fails_after_an_hour_and_is_renewed_by_retry() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.gif"}));
    assert_eq!(send(&server, &made, &gif(1, 1)).status, 204);
    server.app.clock.set(at("2026-03-21T13:00:00Z") - 1);
    assert_eq!(state(&server, &made).0, "pending_upload");
    let early = act(&server, &made, "retry");
    assert_eq!((early.status, &*code(&early)), (409, "conflict"));

    server.app.clock.set(at("2026-03-21T13:00:01Z"));
    assert_eq!(state(&server, &made), ("failed".to_owned(), false));
    assert_eq!(get(&server, &made)["failure_message"], "The upload was not completed in time.");
    let late = act(&server, &made, "complete");
    assert_eq!((late.status, &*code(&late)), (409, "conflict"));
    let late = send(&server, &made, &gif(1, 1));
    assert_eq!(late.status, 400, "{}", late.text());
    assert!(late.text().contains("<Details>Policy has expired.</Details>"), "{}", late.text());

    let renewed = act(&server, &made, "retry");
    assert_eq!(renewed.status, 200, "{}", renewed.text());
    let renewed = renewed.json();
    assert_eq!((&renewed["asset_id"], &renewed["status"]), (&made["asset_id"], &json!("pending_upload")));
    assert_eq!(renewed["expires_at"], "2026-03-21T14:00:01.000Z");
    assert!(renewed.get("failure_message").is_none(), "{renewed}");
    let row = get(&server, &made);
    assert_eq!(
        (&row["failure_message"], &row["size_bytes"], &row["width"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(act(&server, &made, "complete").status, 409, "the bytes of the first attempt are gone");
    assert_eq!(send(&server, &made, &gif(1, 1)).status, 400, "its form is no longer valid");
    assert_eq!(send(&server, &renewed, &gif(2, 2)).status, 204);
    assert_eq!(act(&server, &made, "complete").json()["status"], "ready");
}

#[test]
fn a_workspace_says_beforehand_how_its_uploads_end() {
    let server = Server::start(&world());
    settings(&server, &json!({"processing_seconds": 30}));
    let file = || Some(("a.gif", "image/gif", b"GIF89a\x01\0\x01\0\0\0\0;".as_slice()));
    let direct = upload(&server, &[("workspace_id", "ws_tests")], file()).json();
    let url = create(&server, &json!({"source": "https://cdn.example.com/a.png", "workspace_id": "ws_tests"})).json();
    let signed = reserve(&server, &json!({"file_name": "hero.gif"}));
    assert_eq!(send(&server, &signed, &gif(1, 1)).status, 204);
    let completed = act(&server, &signed, "complete").json();
    for (made, way) in [(&direct, "direct"), (&url, "url"), (&completed, "signed")] {
        assert_eq!((&made["status"], made.get("upload")), (&json!("pending_upload"), None), "{way}");
        assert_eq!(state(&server, made), ("pending_upload".to_owned(), false), "{way}");
    }
    let again = act(&server, &signed, "complete");
    assert_eq!((again.status, &*code(&again)), (409, "conflict"));
    server.app.clock.set(at("2026-03-21T12:00:30Z"));
    for made in [&direct, &url, &signed] {
        assert_eq!(state(&server, made), ("ready".to_owned(), true));
    }

    settings(&server, &json!({"outcome": "failed", "message": "no moov atom"}));
    let failed = upload(&server, &[("workspace_id", "ws_tests")], file()).json();
    assert_eq!(failed["status"], "failed");
    assert_eq!(get(&server, &failed)["failure_message"], "no moov atom");
    let renewed = act(&server, &failed, "retry").json();
    assert_eq!(renewed["status"], "pending_upload");
    assert_eq!(send(&server, &renewed, &gif(1, 1)).status, 204);
    let failed = act(&server, &failed, "complete");
    assert_eq!((failed.status, &failed.json()["failure_message"]), (200, &json!("no moov atom")));
    settings(&server, &json!({}));
    let renewed = act(&server, &renewed, "retry").json();
    assert_eq!(send(&server, &renewed, &gif(1, 1)).status, 204);
    assert_eq!(act(&server, &renewed, "complete").json()["status"], "ready");
}

#[test]
fn an_upload_into_a_project_is_on_its_canvas() {
    let server = Server::start(&world());
    let of_project = || {
        let page = server.get("/flora/api/v1/assets?project_id=prj_a", &[&auth()]).json();
        page["assets"].as_array().unwrap().iter().map(|row| row["asset_id"].clone()).collect::<Vec<_>>()
    };
    assert!(of_project().is_empty());
    let fields = [("workspace_id", "ws_tests"), ("project_id", "prj_a")];
    let direct = upload(&server, &fields, Some(("a.png", "image/png", b"x"))).json();
    let signed = reserve(&server, &json!({"project_id": "prj_a"}));
    assert_eq!(of_project(), [signed["asset_id"].clone(), direct["asset_id"].clone()]);
    let nodes = server.get("/flora/api/v1/projects/prj_a/nodes", &[&auth()]).json()["nodes"].clone();
    let node = own(&server, &direct)["node"].clone();
    assert!(node.as_str().unwrap().starts_with("node_"), "{node}");
    assert_eq!((&nodes[0]["node_id"], &nodes[0]["asset_id"]), (&node, &direct["asset_id"]));
    let project = server.get("/flora/api/v1/projects/prj_a", &[&auth()]).json();
    assert_eq!(project["last_modified"], at(NOON) / 1000);
}

#[test]
fn a_reservation_is_kept_by_snapshots_and_exports() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.gif"}));
    let snapshot = server.call("PUT", "/_emulator/snapshots/reserved", &json!({}));
    assert!(snapshot.status < 300, "{}", snapshot.text());
    let exported = server.get("/_emulator/workspaces/ws_tests/fixture", &[]).text().to_owned();
    assert_eq!(send(&server, &made, &gif(1, 1)).status, 204);
    assert_eq!(act(&server, &made, "complete").status, 200);
    assert!(server.call("POST", "/_emulator/snapshots/reserved/restore", &json!({})).status < 300);
    assert_eq!(state(&server, &made).0, "pending_upload");
    assert_eq!(act(&server, &made, "complete").status, 409, "the snapshot has no bytes");
    assert_eq!(send(&server, &made, &gif(1, 1)).status, 204);
    assert_eq!(act(&server, &made, "complete").status, 200);

    let again = Server::start_at(&exported, "2026-03-21T13:00:01Z");
    let row = get(&again, &made);
    assert_eq!((&row["status"], row["failure_message"].is_string()), (&json!("failed"), true));
}

/// A table, or the message of an error, that was saved as an image.
#[test]
fn a_text_in_place_of_an_image_fails_and_can_be_tried_again() {
    let server = Server::start(&world());
    let made = reserve(&server, &json!({"file_name": "hero.png", "content_type": "image/png"}));
    assert_eq!(send(&server, &made, b"id,name\n1,hero\n").status, 204);
    let completed = act(&server, &made, "complete");
    let shown = completed.json();
    let message = json!("The file is text, and no image, video, audio or PDF.");
    assert_eq!((completed.status, &shown["status"], &shown["url"]), (200, &json!("failed"), &Value::Null));
    assert_eq!((&shown["failure_message"], &get(&server, &made)["failure_message"]), (&message, &message));
    let renewed = act(&server, &made, "retry").json();
    assert!(renewed["url"].is_string(), "{renewed}");
    assert_eq!(send(&server, &renewed, &gif(1, 1)).status, 204);
    assert_eq!(act(&server, &renewed, "complete").json()["status"], "ready");
    let refused = upload(&server, &[("workspace_id", "ws_tests")], Some(("a.png", "image/png", b"id,name\n1,hero\n")));
    assert_eq!((refused.status, &refused.json()["error"]["fields"][0]["field"]), (400, &json!("file")));
    // A few words are taken for a placeholder of a test.
    let made = reserve(&server, &json!({"file_name": "hero.png"}));
    assert_eq!(send(&server, &made, b"not an image\n").status, 204);
    assert_eq!(act(&server, &made, "complete").json()["status"], "ready");
}
