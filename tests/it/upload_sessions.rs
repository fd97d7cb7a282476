//! Upload sessions in the library, whichever vendor has them: how their parts become a file, and what is left of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use assetmock::clock::{Micros, SECOND, read_rfc3339};
use assetmock::library::asset::Asset;
use assetmock::library::store::{
    CHUNK, Caller, CommandError, CreateUpload, DatabaseLocation, Query, ReadUpload, ReportOutcome, ReportParts,
    ReportedPart, Store, StorePart,
};
use assetmock::library::upload_session::{UploadSession, UploadStatus};
use assetmock::library::uploads::UploadSettings;
use assetmock::library::workspace::Workspace;
use assetmock::providers;
use assetmock::random::Rng;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::process::Folder;
use crate::support::{NOON, app, block_on};

const HOUR: Micros = 3600 * SECOND;

fn noon() -> Micros {
    read_rfc3339(NOON).unwrap()
}

fn caller(now: Micros) -> Caller<'static> {
    let provider = providers::names()[0];
    Caller { provider, workspace: "ws_demo", key: None, now, claim: None, reset_guard: None }
}

/// Begins a session that lives for an hour.
async fn begin(store: &Store, size: u64, part_size: u64) -> UploadSession {
    let create = CreateUpload {
        asset: Asset { name: Some("a.bin".to_owned()), ..Asset::new(noon()) },
        size,
        part_size,
        expires_at: noon() + HOUR,
        new_id: |rng: &Rng, _| format!("{:032x}", rng.next_u128()),
        entropy: 1,
    };
    store.execute(create, &caller(noon()), providers::names()).await.unwrap()
}

/// Stores a part, and returns how it is reported.
async fn store_part(store: &Store, upload: &str, number: u64, bytes: &[u8]) -> ReportedPart {
    let mut writer = store.stage();
    writer.write(bytes).await.unwrap();
    let file = writer.finish(None, None).await.unwrap();
    let report = ReportedPart { number, md5: file.md5.clone(), size: file.size };
    let part = StorePart { upload: upload.to_owned(), number, file };
    store.execute(part, &caller(noon()), providers::names()).await.unwrap();
    report
}

async fn report(store: &Store, upload: &str, part: ReportedPart) -> Result<ReportOutcome, CommandError> {
    let report = ReportParts { upload: upload.to_owned(), parts: vec![part], entropy: 2, processing_seconds: 0 };
    store.report_parts(report, &caller(noon()), providers::names()).await
}

async fn settle(store: &Store, now: Micros) {
    store.settle_due_assets("ws_demo", now, &providers::names()).await.unwrap();
}

/// How many rows there are of blobs, sessions and parts, once what nothing refers to is removed.
async fn rows(store: &Store) -> [i64; 3] {
    let rows = store.rows().await.unwrap();
    ["blob", "upload", "upload_part"].map(|table| rows.iter().find(|(name, _)| *name == table).unwrap().1)
}

async fn wait_for_rows(store: &Store, wanted: [i64; 3]) {
    let began = std::time::Instant::now();
    while rows(store).await != wanted {
        assert!(began.elapsed().as_secs() < 20, "{:?} are left, not {wanted:?}", rows(store).await);
        tokio::task::yield_now().await;
    }
}

#[test]
fn of_a_complete_session_only_its_asset_has_bytes_and_later_it_is_forgotten() {
    block_on(async {
        let store = app("empty", NOON).await.store;
        let session = begin(&store, 5, 3).await;
        assert_eq!(store.earliest_due("ws_demo").await.unwrap(), Some(noon() + HOUR));
        let first = store_part(&store, &session.id, 1, b"abc").await;
        let last = store_part(&store, &session.id, 2, b"de").await;
        assert_eq!(report(&store, &session.id, first).await.unwrap().session.completed_at, None);
        let outcome = report(&store, &session.id, last.clone()).await.unwrap();
        assert_eq!((outcome.reported, outcome.session.completed_at), (2, Some(noon())));
        wait_for_rows(&store, [1, 1, 2]).await;
        let asset = store.asset("ws_demo", &session.asset_id, &providers::names()).await.unwrap();
        assert_eq!(asset.size_bytes, Some(5));
        // It can be asked for as long again as it took parts.
        let forgotten = noon() + 2 * HOUR;
        assert_eq!(store.earliest_due("ws_demo").await.unwrap(), Some(forgotten));
        settle(&store, forgotten - 1).await;
        let read = || ReadUpload { id: session.id.clone() };
        let (ended, parts) = read().run(&store, &caller(forgotten - 1)).await.unwrap();
        assert_eq!((ended.status(forgotten - 1), parts.len()), (UploadStatus::Completed, 2));
        assert_eq!(report(&store, &session.id, last).await.unwrap().repeated, 1);
        settle(&store, forgotten).await;
        let gone = read().run(&store, &caller(forgotten)).await;
        assert!(matches!(gone, Err(CommandError::NoSuchUpload { .. })), "{gone:?}");
        assert_eq!((rows(&store).await, store.earliest_due("ws_demo").await.unwrap()), ([1, 0, 0], None));
    });
}

#[test]
fn the_bytes_of_a_session_go_when_it_expires() {
    block_on(async {
        let store = app("empty", NOON).await.store;
        let session = begin(&store, 6, 3).await;
        store_part(&store, &session.id, 1, b"abc").await;
        settle(&store, noon() + HOUR - 1).await;
        assert_eq!(rows(&store).await, [1, 1, 1]);
        settle(&store, noon() + HOUR).await;
        wait_for_rows(&store, [0, 1, 1]).await;
        settle(&store, noon() + 2 * HOUR).await;
        assert_eq!(rows(&store).await, [0, 0, 0]);
    });
}

#[test]
fn a_part_that_is_stored_again_while_the_last_one_is_reported_is_never_mixed_with_the_old_one() {
    block_on(async {
        let store = app("empty", NOON).await.store;
        let session = begin(&store, 2, 1).await;
        let first = store_part(&store, &session.id, 1, b"a").await;
        let last = store_part(&store, &session.id, 2, b"b").await;
        report(&store, &session.id, first.clone()).await.unwrap();
        let joining = report(&store, &session.id, last.clone());
        let (joined, again) = tokio::join!(joining, async {
            let part = StorePart { upload: session.id.clone(), number: 1, file: staged(&store, b"c").await };
            store.execute(part, &caller(noon()), providers::names()).await
        });
        // Whichever came first, the asset has the old part, or there is none until the new one is reported.
        let complete = joined.unwrap().session.completed_at.is_some();
        assert_eq!(complete, again.is_err());
        if !complete {
            assert!(store.asset("ws_demo", &session.asset_id, &providers::names()).await.is_err());
            let refused = report(&store, &session.id, first).await;
            assert!(matches!(refused, Err(CommandError::WrongPart { number: 1 })), "{refused:?}");
        }
    });
}

#[test]
fn a_part_that_is_replaced_by_a_longer_one_does_not_reach_into_the_next_one() {
    block_on(async {
        let store = app("empty", NOON).await.store;
        let session = begin(&store, 2 * CHUNK as u64, CHUNK as u64).await;
        store_part(&store, &session.id, 1, &vec![0; 2 * CHUNK]).await;
        store_part(&store, &session.id, 2, &vec![1; CHUNK]).await;
        let joined = store.join_parts("ws_demo", &session).await.unwrap().unwrap();
        let second = store.read_blob(joined.file.blob(), CHUNK as u64).await.unwrap();
        assert!(second.is_some_and(|bytes| bytes.iter().all(|byte| *byte == 1)));
    });
}

/// A part that is stored again while the file is put together is not reported any more, and the outcome says so.
#[test]
fn a_part_that_is_stored_again_during_its_report_counts_as_not_reported() {
    block_on(async {
        let store = app("empty", NOON).await.store;
        for _ in 0..30 {
            let session = begin(&store, 10, 10).await;
            let part = store_part(&store, &session.id, 1, b"0123456789").await;
            let again = StorePart { upload: session.id.clone(), number: 1, file: staged(&store, b"0123456789").await };
            // It may come before the report, after it, when it is refused, or between the two changes of the report.
            let (caller, providers) = (caller(noon()), providers::names());
            let (outcome, _) =
                tokio::join!(report(&store, &session.id, part), store.execute(again, &caller, providers));
            let outcome = outcome.unwrap();
            let is_complete = outcome.session.status(noon()) == UploadStatus::Completed;
            assert_eq!(outcome.reported, u64::from(is_complete), "{outcome:?}");
        }
    });
}

async fn staged(store: &Store, bytes: &[u8]) -> assetmock::library::store::StagedFile {
    let mut writer = store.stage();
    writer.write(bytes).await.unwrap();
    writer.finish(None, None).await.unwrap()
}

/// How many parts the large session has. All are in transactions of a thousand.
const PARTS: u64 = 20_000;

/// A library in a new file, with two empty workspaces.
async fn store_in(file: &str) -> Store {
    let store = Store::open(&DatabaseLocation::File(file.into()), providers::ids()).await.unwrap();
    for id in ["ws_demo", "ws_other"] {
        let empty = Workspace::empty(id);
        let write = store.write(providers::names()).await.unwrap();
        let (mut write, collection) = write.add_collection(&empty, []).await.unwrap();
        write.add_workspace(&empty, collection).await.unwrap();
        write.commit().await.unwrap();
    }
    store
}

#[test]
fn a_report_succeeds_even_if_the_parts_cannot_be_released() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    block_on(async {
        let store = store_in(&file).await;
        let session = begin(&store, 5, 3).await;
        let first = store_part(&store, &session.id, 1, b"abc").await;
        let last = store_part(&store, &session.id, 2, b"de").await;
        report(&store, &session.id, first).await.unwrap();
        let mut other = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
        let full = "CREATE TRIGGER full BEFORE UPDATE OF blob ON upload_part WHEN new.blob IS NULL\n\
                    BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
        sqlx::raw_sql(full).execute(&mut other).await.unwrap();
        let outcome = report(&store, &session.id, last).await.unwrap();
        assert_eq!((outcome.reported, outcome.session.completed_at), (2, Some(noon())));
        assert_eq!(rows(&store).await, [3, 1, 2], "the asset's blob, and those of both parts");
        sqlx::raw_sql("DROP TRIGGER full").execute(&mut other).await.unwrap();
        settle(&store, noon()).await;
        wait_for_rows(&store, [1, 1, 2]).await;
    });
}

/// Makes a session with all of its parts, each of one byte, in a file. All but the last are reported.
async fn large_session(file: &str) -> (UploadSession, ReportedPart) {
    let store = store_in(file).await;
    let session = begin(&store, PARTS, 1).await;
    let part = store_part(&store, &session.id, 1, b"a").await;
    store.close().await;
    // As a file was before sessions had an instant at which they are due.
    let script = format!(
        "UPDATE upload SET due_at = 0;
         INSERT INTO upload_part (collection, upload, number, blob, size, md5, stored_at, reported_at)
         WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {PARTS})
         SELECT p.collection, p.upload, n.i, p.blob, p.size, p.md5, p.stored_at, NULL FROM upload_part p, n;
         UPDATE upload_part SET reported_at = stored_at WHERE number < {PARTS};"
    );
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    (session, ReportedPart { number: PARTS, ..part })
}

#[test]
fn others_change_the_library_while_a_large_session_is_put_together() {
    let folder = Folder::new();
    let file = folder.file("library.sqlite");
    block_on(async {
        let (session, last) = large_session(&file).await;
        let store = Store::open(&DatabaseLocation::File(file.clone().into()), providers::ids()).await.unwrap();
        assert_eq!(store.earliest_due("ws_demo").await.unwrap(), Some(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let (tell, mut begun) = tokio::sync::mpsc::channel(1);
        let other = tokio::spawn({
            let (store, is_over) = (store.clone(), is_over.clone());
            async move {
                let mut seen = [BTreeSet::new(), BTreeSet::new()];
                while !is_over.load(Relaxed) {
                    let mut write = store.write(providers::names()).await.unwrap();
                    write.set_uploads("ws_other", &UploadSettings::default()).await.unwrap();
                    // No slice is written while this has the turn, so none is missed.
                    let rows = store.rows().await.unwrap();
                    for (seen, table) in seen.iter_mut().zip(["upload_part", "blob_chunk"]) {
                        seen.insert(rows.iter().find(|(name, _)| *name == table).unwrap().1);
                    }
                    write.commit().await.unwrap();
                    let _ = tell.try_send(());
                }
                seen
            }
        });
        begun.recv().await.unwrap();
        // The state in which the file was opened stays for a reset. So the first change copies the session.
        settle(&store, noon()).await;
        assert_eq!(store.earliest_due("ws_demo").await.unwrap(), Some(noon() + HOUR));
        let outcome = report(&store, &session.id, last).await.unwrap();
        is_over.store(true, Relaxed);
        // It had its turn between slices of a thousand rows.
        for seen in other.await.unwrap() {
            assert!(seen.len() > 10, "{seen:?}");
        }
        assert_eq!(outcome.session.completed_at, Some(noon()));
        wait_for_rows(&store, [2, 2, 2 * PARTS as i64]).await;
        let (asset, blob) = store
            .asset_of_provider("ws_demo", providers::names()[0], &session.asset_id, &providers::names())
            .await
            .unwrap();
        let blob = blob.unwrap();
        assert_eq!((asset.size_bytes, blob.size), (Some(PARTS as i64), PARTS));
        for from in [0, 1, 999, 1000, PARTS - 1] {
            assert_eq!(store.read_blob(blob.blob, from).await.unwrap().as_deref(), Some(&b"a"[..]), "{from}");
        }
        assert_eq!(store.read_blob(blob.blob, PARTS).await.unwrap(), None);
        store.close().await;
    });
}
