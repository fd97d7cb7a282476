//! Uploads in chunks: from the session to the asset.

use std::thread;

use serde_json::{Value, json};

use super::{CHUNK, Client, bytes, put, send, target};
use crate::signed_puts::check_md5;
use crate::support::{NOON, Server, app, block_on};

/// As the official clients do: chunks in parallel, and reports in batches.
#[test]
fn chunks_that_arrive_in_any_order_become_an_asset_that_all_vendors_show() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let mut file = bytes(2 * CHUNK + 1_000_000);
    file[..16].copy_from_slice(b"\0\0\0\x10ftypisom\0\0\0\0");
    let session = client.begin("clip", file.len());
    let chunks: Vec<_> = file.chunks(CHUNK).collect();
    let mut proofs = vec![String::new(); 3];
    thread::scope(|scope| {
        for ((number, chunk), proof) in (1..4).zip(&chunks).zip(&mut proofs).rev() {
            let session = &session;
            scope.spawn(move || *proof = session.store(number, chunk));
        }
    });
    let first = session.report(&[(3, &proofs[2], 1_000_000), (1, &proofs[0], CHUNK), (3, &proofs[2], 1_000_000)]);
    let said = json!({"asset_id": session.asset, "processed_chunks": 2, "duplicate_chunks": 1, "total_completed": 2});
    assert_eq!((first.status, first.json()), (200, said));
    assert_eq!(client.listed(), [""; 0], "it is not there before all chunks are");
    let status = session.status();
    let of = |status: &Value| status["uploaded_chunks"].as_array().unwrap().clone();
    let words: Vec<_> = of(&status).iter().map(|chunk| chunk["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(words, ["completed", "pending", "completed"]);
    assert_eq!((&status["status"], &status["chunks_pending"]), (&json!("active"), &json!(1)));
    assert_eq!(status["uploaded_size"], json!(CHUNK + 1_000_000));

    let last = session.report(&[(2, &format!("\"{}\"", proofs[1]), CHUNK), (1, &proofs[0], CHUNK)]);
    let url = last.json()["url"].as_str().unwrap().to_owned();
    let said = json!({"url": url, "asset_id": session.asset, "processed_chunks": 1, "duplicate_chunks": 1, "total_completed": 3});
    assert_eq!((last.status, last.json()), (200, said));
    let shown = client.get(&format!("assets/{}", session.asset));
    assert_eq!((&shown["method"], &shown["status"]), (&json!("multipart"), &json!("processing")));
    assert_eq!((&shown["filename"], &shown["file_type"]), (&json!("clip"), &json!("video/mp4")));
    assert_eq!(client.status(&session.asset), "ready");
    let served = server.get(target(&server, &url), &[]);
    assert!(served.body == file, "the bytes are those that were sent, in order");
    assert_eq!(served.header("etag").map(|tag| tag.ends_with("-3\"")), Some(true), "{:?}", served.header("etag"));
    assert_eq!(
        (session.status()["status"].clone(), session.status()["chunks_completed"].clone()),
        (json!("completed"), json!(3))
    );
    let xqr = server.list("xqr", client.keys["xqr"].as_str().unwrap(), "").json();
    assert_eq!((&xqr["data"][0]["filename"], &xqr["data"][0]["file_size"]), (&json!("clip"), &json!(file.len())));
    client.wait_for_rows([1, 44]);
}

#[test]
fn a_report_that_came_is_answered_again_and_a_complete_session_takes_no_chunks() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("a.png", 3);
    let proof = session.store(1, b"abc");
    assert_eq!(proof, "900150983cd24fb0d6963f7d28e17f72");
    let first = session.report(&[(1, &proof, 3)]).json();
    let again = session.report(&[(1, &proof, 3)]).json();
    assert_eq!((&again["url"], &again["duplicate_chunks"]), (&first["url"], &json!(1)));
    assert_eq!(client.listed(), std::slice::from_ref(&session.asset));
    let late = session.put(1, b"xyz");
    assert_eq!(late.status, 404);
    assert!(late.text().contains("<Code>NoSuchUpload</Code>"), "{}", late.text());
    let more = client.post(&format!("/{}/presigned-urls", session.id), &json!({"start": 1, "count": 1}));
    assert_eq!(
        (more.status, more.text()),
        (
            400,
            r#"{"code":"parameter_invalid","message":"The upload_id parameter is invalid. The upload session is completed."}"#
        )
    );
}

#[test]
fn of_two_reports_of_the_last_chunk_at_once_one_makes_the_asset() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    for round in 0..10 {
        let session = client.begin("a.png", 3);
        let proof = session.store(1, b"abc");
        let report = || session.report(&[(1, &proof, 3)]).json();
        let answers =
            thread::scope(|scope| [scope.spawn(report), scope.spawn(report)].map(|sent| sent.join().unwrap()));
        let new: u64 = answers.iter().map(|answer| answer["processed_chunks"].as_u64().unwrap()).sum();
        assert_eq!((new, &answers[0]["url"]), (1, &answers[1]["url"]), "{answers:?}");
        assert_eq!(client.listed().len(), round + 1);
    }
}

#[test]
fn a_file_whose_reserved_id_an_import_took_gets_another_one() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("a.png", 3);
    let proof = session.store(1, b"abc");
    let assets = format!("/_emulator/workspaces/{}/assets", client.workspace);
    let taken = json!({"assets": [{"name": "imported", "created_at": "2026-03-21T12:00:00Z", "mime_type": "image/png",
                        "ids": {"twelvelabs": session.asset}}]});
    let added = server.call("POST", &assets, &taken);
    assert!((200..300).contains(&added.status), "{}", added.text());
    let report = session.report(&[(1, &proof, 3)]);
    assert_eq!(report.status, 200, "{}", report.text());
    let id = report.json()["asset_id"].as_str().unwrap().to_owned();
    assert_ne!(id, session.asset);
    assert_eq!(client.get(&format!("assets/{id}"))["filename"], "a.png");
    assert_eq!(client.get(&format!("assets/{}", session.asset))["filename"], "imported");
    assert_eq!(session.report(&[(1, &proof, 3)]).json()["asset_id"], json!(id), "the same when it is reported again");
}

/// The tag of object storage, computed from its description: the MD5 of the parts' MD5s.
#[test]
fn the_tag_of_a_file_in_parts_is_that_of_object_storage() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("zeros.bin", CHUNK + 1);
    let proofs = [session.store(1, &vec![0; CHUNK]), session.store(2, &[1])];
    assert_eq!(proofs, ["5f363e0e58a95f06cbe9bbc662c5dfb6", "55a54008ad1ba589aa210d2629c1df41"]);
    let url = session.report(&[(1, &proofs[0], CHUNK), (2, &proofs[1], 1)]).json()["url"].clone();
    assert_eq!(client.status(&session.asset), "processing");
    let served = server.get(target(&server, url.as_str().unwrap()), &[]);
    assert_eq!(served.header("etag"), Some("\"b96b8e43eae1096721fcd7be1cc9e104-2\""));
}

/// This vendor holds images, videos, audio and documents. What becomes of other files is inferred.
#[test]
fn an_asset_can_be_read_whatever_its_bytes_are() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let zip = b"PK\x03\x04\x14\0\0\0\0\0";
    for (name, file, file_type) in [
        ("a.mp4", &zip[..], "application/zip"),
        ("a", zip, "application/zip"),
        ("a", b"\xff\0\xff", "application/octet-stream"),
        ("a.mov", b"\xff\0\xff", "video/quicktime"),
        ("a.mov", b"%PDF-1.7", "application/pdf"),
    ] {
        let session = client.begin(name, file.len());
        let proof = session.store(1, file);
        assert_eq!(session.report(&[(1, &proof, file.len())]).status, 200, "{name}");
        let whole = client.upload(name, file).json()["_id"].as_str().unwrap().to_owned();
        for id in [&session.asset, &whole] {
            assert_eq!(client.get(&format!("assets/{id}"))["file_type"], file_type, "{name}");
        }
    }
    assert_eq!(client.get("assets?asset_types=video")["page_info"]["total_results"], 8);
}

#[test]
fn what_is_reported_must_be_what_was_stored() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("a.mp4", CHUNK + 10);
    let proofs = [session.store(1, &bytes(CHUNK)), session.store(2, &bytes(9))];
    let other = "00000000000000000000000000000000";
    for (case, chunks) in [
        ("a proof of other bytes", vec![(1, other, CHUNK)]),
        ("another length", vec![(1, &*proofs[0], CHUNK - 1)]),
        ("a last chunk that is too short", vec![(2, &*proofs[1], 9)]),
        ("the same with the right length", vec![(2, &*proofs[1], 10)]),
        ("a chunk beyond the end", vec![(3, &*proofs[1], 9)]),
        ("chunk 0", vec![(0, &*proofs[0], CHUNK)]),
        ("one of two that is wrong", vec![(1, &*proofs[0], CHUNK), (2, other, 10)]),
    ] {
        let answer = session.report(&chunks);
        let said = r#"{"code":"parameter_invalid","message":"The completed_chunks parameter is invalid."}"#;
        assert_eq!((answer.status, answer.text()), (400, said), "{case}");
        assert_eq!(session.status()["chunks_completed"], json!(0), "{case}: nothing is reported");
    }
    let unsent = client.begin("b.mp4", 1);
    assert_eq!(unsent.report(&[(1, other, 1)]).status, 400, "a chunk that was never sent");
}

#[test]
fn a_chunk_that_is_sent_again_replaces_the_first_and_must_be_reported_again() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("a.mp4", CHUNK + 3);
    let old = session.store(2, b"old");
    assert_eq!(session.report(&[(2, &old, 3)]).json()["total_completed"], 1);
    let new = session.store(2, b"new");
    assert_eq!(session.status()["chunks_completed"], 0);
    assert_eq!(session.report(&[(2, &old, 3)]).status, 400);
    assert_eq!(session.report(&[(2, &new, 3)]).json()["processed_chunks"], 1);
    client.wait_for_rows([1, 1]);
}

#[test]
fn a_chunk_that_is_too_long_is_refused_by_storage() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("a.mp4", 2 * CHUNK);
    let answer = session.put(1, &bytes(CHUNK + 1));
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("<Code>EntityTooLarge</Code>"), "{}", answer.text());
    client.wait_for_rows([0, 0]);
}

#[test]
fn the_url_of_a_chunk_is_for_that_chunk_alone_and_for_every_name_of_the_server() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("a.mp4", 2 * CHUNK);
    let url = &session.urls[0];
    let own = server.address.to_string();
    let id = &session.id;
    let other = Client::new(&server);
    for (case, method, changed) in [
        ("another chunk", "PUT", url.replace("partNumber=1", "partNumber=2")),
        ("another session", "PUT", url.replace(id, &client.begin("b.mp4", 1).id)),
        ("another workspace", "PUT", url.replace(&client.workspace, &other.workspace)),
        ("a longer life", "PUT", url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200")),
        ("another method", "POST", url.clone()),
    ] {
        let answer = send(&server, method, &own, target(&server, &changed), b"abc");
        assert!([403, 405].contains(&answer.status), "{case}: {} {}", answer.status, answer.text());
        assert!(answer.text().contains("<Code>"), "{case}: {}", answer.text());
    }
    assert_eq!(send(&server, "PUT", "storage.example:80", target(&server, url), b"abc").status, 200);
}

/// The first answer has the URLs of twenty chunks; a file can have more.
#[test]
fn more_urls_are_made_from_any_chunk_on_up_to_the_last() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("long.mp4", 30 * CHUNK);
    assert_eq!(session.urls.len(), 20);
    let more = |start: usize, count: usize| {
        client.post(&format!("/{}/presigned-urls", session.id), &json!({"start": start, "count": count}))
    };
    let answer = more(21, 50).json();
    let urls = answer["upload_urls"].as_array().unwrap();
    let numbers: Vec<_> = urls.iter().map(|url| url["chunk_index"].as_u64().unwrap()).collect();
    assert_eq!((numbers, &answer["count"]), ((21..=30).collect(), &json!(10)));
    assert_eq!((&answer["start_index"], &answer["upload_id"]), (&json!(21), &json!(session.id)));
    assert_eq!(
        (&answer["generated_at"], &answer["expires_at"]),
        (&json!("2026-03-21T12:00:00Z"), &json!("2026-03-21T13:00:00Z"))
    );
    assert_eq!(put(&server, urls[9]["url"].as_str().unwrap(), b"abc").status, 200);
    assert_eq!(more(31, 1).text(), r#"{"code":"parameter_invalid","message":"The start parameter is invalid."}"#);
    let third = client.get(&format!("assets/multipart-uploads/{}?page=3", session.id));
    let indexes: Vec<_> =
        third["uploaded_chunks"].as_array().unwrap().iter().map(|chunk| chunk["index"].as_u64()).collect();
    assert_eq!(indexes, (21..=30).map(Some).collect::<Vec<_>>());
    assert_eq!(third["page_info"], json!({"limit_per_page": 10, "page": 3, "total_page": 3, "total_results": 30}));
}

#[test]
fn snapshots_bring_sessions_back_and_a_reset_removes_them_with_their_bytes() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("a.mp4", CHUNK + 3);
    let proofs = [session.store(1, &bytes(CHUNK)), session.store(2, b"abc")];
    assert_eq!(server.call("PUT", "/_emulator/snapshots/half", &Value::Null).status, 200);
    let reset = format!("/_emulator/workspaces/{}/reset", client.workspace);
    let both = [(1, &*proofs[0], CHUNK), (2, &*proofs[1], 3)];
    for restored in 0..2 {
        assert_eq!(session.report(&both).status, 200, "{restored}");
        assert_eq!(client.listed(), std::slice::from_ref(&session.asset));
        assert!((200..300).contains(&server.call("POST", &reset, &Value::Null).status));
        assert_eq!(session.report(&both).status, 404);
        assert!((200..300).contains(&server.call("POST", "/_emulator/snapshots/half/restore", &Value::Null).status));
        assert_eq!((client.listed(), session.status()["status"].clone()), (vec![], json!("active")));
    }
    assert!((200..300).contains(&server.call("DELETE", "/_emulator/snapshots/half", &Value::Null).status));
    assert!((200..300).contains(&server.call("POST", &reset, &Value::Null).status));
    client.wait_for_rows([0, 0]);
}

#[test]
fn a_session_for_more_bytes_than_the_server_can_store_is_refused_at_once() {
    let server = block_on(async {
        let mut app = app("empty", NOON).await;
        app.store.max_stored_bytes = 1000;
        Server::serve(app).await
    });
    let client = Client::new(&server);
    let begin = |size: u64| client.post("", &json!({"filename": "a.mp4", "type": "video", "total_size": size}));
    for size in [1001, 10 << 30] {
        let refused = begin(size);
        let expected = json!({"code": "parameter_invalid", "message": "The total_size parameter is invalid."});
        assert_eq!((refused.status, refused.json()), (400, expected), "{size}");
    }
    assert_eq!(begin(1000).status, 201);
    assert_eq!(client.begin("b.mp4", 600).put(1, &bytes(600)).status, 200);
    assert_eq!(begin(401).status, 507, "there is no room now");
    assert_eq!(begin(400).status, 201);
    let default = Server::start("empty");
    let client = Client::new(&default);
    let begin = |size: u64| client.post("", &json!({"filename": "a.mp4", "type": "video", "total_size": size})).status;
    assert_eq!([512 << 20, (512 << 20) + 1].map(begin), [201, 400]);
}

#[test]
fn a_chunk_that_is_not_that_of_its_content_md5_is_refused() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let session = client.begin("a.gif", 6);
    check_md5(&server, &session.urls[0], "application/octet-stream");
    client.wait_for_rows([1, 1]);
}
