//! Uploads that break off: nothing of them is seen, and their bytes go.

use std::time::{Duration, Instant};

use assetmock::clock::read_rfc3339;
use assetmock::library::asset::Asset;
use assetmock::library::store::{
    Caller, CreateUpload, DatabaseLocation, ListUploads, Query, ReadUpload, ReportParts, ReportedPart, StagedFile,
    Store, StorePart,
};
use assetmock::providers;
use assetmock::random::Rng;
use serde_json::{Value, json};

use super::{CHUNK, Client, bytes, target};
use crate::process::{Folder, Running};
use crate::support::{NOON, Server, block_on};

#[test]
fn a_request_that_breaks_off_anywhere_leaves_nothing() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let file = bytes(600_000);
    let whole = client.form(&[("method", None, b"direct"), ("file", Some("a.mp4"), &file)], "");
    let session = client.begin("a.mp4", 600_000);
    let chunk = format!(
        "PUT {} HTTP/1.1\r\nHost: {}\r\nContent-Length: 600000\r\n\r\n",
        target(&server, &session.urls[0]),
        server.address
    );
    let chunk = [chunk.as_bytes(), &file].concat();
    // A form is whole once its closing boundary is there, four characters before the end.
    for request in [&whole, &chunk] {
        for length in [10, 200, 1_000, 262_144, 400_000, request.len() - 300, request.len() - 4] {
            let _ = server.send_and_hang_up(&request[..length]);
        }
    }
    client.wait_for_rows([0, 0]);
    assert_eq!((client.listed(), session.status()["chunks_pending"].clone()), (vec![], json!(1)));
    // The same request is answered when it comes whole.
    assert_eq!((server.send(&whole).status, server.send(&chunk).status), (201, 200));
}

fn caller() -> Caller<'static> {
    let now = read_rfc3339(NOON).unwrap();
    Caller { provider: "twelvelabs", workspace: "ws_demo", key: None, now, claim: None, reset_guard: None }
}

async fn stage(store: &Store, bytes: &[u8]) -> StagedFile {
    let mut writer = store.stage();
    writer.write(bytes).await.unwrap();
    writer.finish(None, None).await.unwrap()
}

async fn chunks(store: &Store) -> i64 {
    store.rows().await.unwrap().into_iter().find(|(table, _)| *table == "chunk").unwrap().1
}

/// A process that is killed between the chunks.
#[test]
fn a_session_goes_on_after_the_process_was_killed() {
    let folder = Folder::new();
    let place = DatabaseLocation::File(folder.file("library.sqlite").into());
    let now = read_rfc3339(NOON).unwrap();
    block_on(async {
        let store = Store::open(&place, providers::ids()).await.unwrap();
        let demo = assetmock::library::workspace::Workspace::empty("ws_demo");
        let write = store.write(providers::names()).await.unwrap();
        let (mut write, collection) = write.add_collection(&demo, []).await.unwrap();
        write.add_workspace(&demo, collection).await.unwrap();
        write.commit().await.unwrap();
        let create = CreateUpload {
            asset: Asset { name: Some("a.mp4".to_owned()), ..Asset::new(now) },
            size: CHUNK as u64 + 3,
            part_size: CHUNK as u64,
            expires_at: now + 1,
            new_id: |rng: &Rng, _| format!("{:032x}", rng.next_u128()),
            entropy: 1,
        };
        let session = store.execute(create, &caller(), providers::names()).await.unwrap();
        let upload = session.id.clone();
        let first = stage(&store, &bytes(CHUNK)).await;
        let report = |number: u64, file: &StagedFile| ReportedPart { number, md5: file.md5.clone(), size: file.size };
        let reported = [report(1, &first)];
        let part = StorePart { upload: upload.clone(), number: 1, file: first };
        store.execute(part, &caller(), providers::names()).await.unwrap();
        // Stored, but not yet a part when the process ends.
        std::mem::forget(stage(&store, b"abc").await);
        store.close().await;

        let store = Store::open(&place, providers::ids()).await.unwrap();
        store.remove_unreferenced_blobs();
        let began = Instant::now();
        while chunks(&store).await != 20 {
            assert!(began.elapsed() < Duration::from_secs(20));
            tokio::task::yield_now().await;
        }
        let page = ListUploads { offset: 0, limit: 10 }.run(&store, &caller()).await.unwrap();
        assert_eq!((page.total, &page.sessions[0].id), (1, &upload));
        let (_, parts) = ReadUpload { id: upload.clone() }.run(&store, &caller()).await.unwrap();
        assert_eq!(parts.iter().map(|part| part.number).collect::<Vec<_>>(), [1]);
        let last = stage(&store, b"abc").await;
        let reported = [reported[0].clone(), report(2, &last)];
        let part = StorePart { upload: upload.clone(), number: 2, file: last };
        store.execute(part, &caller(), providers::names()).await.unwrap();
        let parts = reported.to_vec();
        let report = ReportParts { upload, parts, entropy: 2, processing_seconds: 3 };
        let outcome = store.report_parts(report, &caller(), providers::names()).await.unwrap();
        assert_eq!((outcome.new, outcome.session.completed_at), (2, Some(now)));
        store.close().await;
    });
}

/// A client goes on with its session and its URLs after the server was killed: the file has both, and the key that signs.
#[test]
fn an_upload_goes_on_with_the_same_urls_after_the_server_was_killed() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    let options = ["--database", &*file, "--fixture", "empty", "--clock", NOON];
    let auth = ["x-api-key: tlk_demo", "Content-Type: application/json"];
    let uploads = "/twelvelabs/v1.3/assets/multipart-uploads";
    let chunks = ["a".repeat(CHUNK), "b".to_owned()];

    let server = Running::start(&options);
    let body = json!({"filename": "a.mp4", "type": "video", "total_size": CHUNK + 1}).to_string();
    let made = server.connect().ask("POST", uploads, &auth, &body).json();
    let origin = format!("http://127.0.0.1:{}", server.port);
    let target = |number: usize| made["upload_urls"][number]["url"].as_str().unwrap().strip_prefix(&origin).unwrap();
    let store = |server: &Running, number: usize| {
        let answer = server.connect().ask("PUT", target(number), &[], &chunks[number]);
        assert_eq!((answer.status, answer.text()), (200, ""));
        let proof = answer.header("etag").unwrap().trim_matches('"').to_owned();
        json!({"chunk_index": number + 1, "proof": proof, "proof_type": "etag", "chunk_size": chunks[number].len()})
    };
    let first = store(&server, 0);
    server.kill();

    let server = Running::start(&options);
    let status = server.get(&format!("{uploads}/{}", made["upload_id"].as_str().unwrap()), auth[0]).1;
    assert_eq!((&status["status"], &status["chunks_completed"]), (&json!("active"), &json!(0)));
    let second = store(&server, 1);
    let report = format!("{uploads}/{}", made["upload_id"].as_str().unwrap());
    let body = json!({"completed_chunks": [first, second]}).to_string();
    let answer = server.connect().ask("POST", &report, &auth, &body);
    assert_eq!((answer.status, &answer.json()["asset_id"]), (200, &made["asset_id"]), "{}", answer.text());
    server.kill();

    let server = Running::start(&options);
    let (status, listed) = server.get("/twelvelabs/v1.3/assets", auth[0]);
    assert_eq!((status, &listed["data"][0]["_id"]), (200, &made["asset_id"]));
    assert_eq!(server.get(&report, auth[0]).1["status"], Value::from("completed"));
}
