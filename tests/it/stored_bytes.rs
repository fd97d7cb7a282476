//! Bytes that clients send: how they are stored, read back, and removed when nothing refers to them.

use std::time::{Duration, Instant};

use assetmock::clock::read_rfc3339;
use assetmock::library::asset::Asset;
use assetmock::library::selection::AssetSelector;
use assetmock::library::store::{
    CHUNK, Caller, CheckRoom, CommandError, CreateAsset, DatabaseLocation, Query, StageError, StagedFile, Store,
    StoreBytes,
};
use assetmock::library::uploads::UploadSettings;
use assetmock::library::workspace::Workspace;
use assetmock::providers;

use crate::process::Folder;
use crate::support::{NOON, app, block_on};

/// Bytes of this length, of which no two chunks are equal.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

async fn stage(store: &Store, bytes: &[u8], part: usize) -> Result<StagedFile, StageError> {
    let mut writer = store.stage();
    for part in bytes.chunks(part) {
        writer.write(part).await?;
    }
    writer.finish(None, None).await
}

async fn read(store: &Store, blob: i64) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(part) = store.read_blob(blob, whole.len() as u64).await.unwrap() {
        assert!(!part.is_empty() && part.len() <= CHUNK);
        whole.extend_from_slice(&part);
    }
    whole
}

/// How many rows there are of blobs, of what says which chunks they have, and of chunks.
async fn stored(store: &Store) -> [i64; 3] {
    let rows = store.rows().await.unwrap();
    ["blob", "blob_chunk", "chunk"].map(|table| rows.iter().find(|(name, _)| *name == table).unwrap().1)
}

/// Waits until so many rows are stored: the last chunk is stored, and bytes are removed, in tasks of their own.
async fn wait_until(store: &Store, rows: [i64; 3]) {
    let began = Instant::now();
    while stored(store).await != rows {
        assert!(began.elapsed() < Duration::from_secs(20), "{:?} is stored", stored(store).await);
        tokio::task::yield_now().await;
    }
}

async fn wait_until_empty(store: &Store) {
    wait_until(store, [0, 0, 0]).await;
}

fn caller(workspace: &str) -> Caller<'_> {
    let provider = providers::names()[0];
    Caller { provider, workspace, key: None, now: read_rfc3339(NOON).unwrap(), claim: None, reset_guard: None }
}

fn new_asset(file: &StagedFile) -> CreateAsset {
    let asset = Asset { name: Some("a".to_owned()), ..Asset::new(read_rfc3339(NOON).unwrap()) };
    CreateAsset { asset, id: None, entropy: 1, file: Some(file.clone()), processing_seconds: None }
}

#[test]
fn bytes_are_read_back_as_they_came_whatever_the_length_and_the_parts() {
    block_on(async {
        let store = app("empty", NOON).await.store;
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7] {
            for part in [1000, CHUNK, 10 * CHUNK] {
                let bytes = bytes(length);
                let file = stage(&store, &bytes, part).await.unwrap();
                assert_eq!((file.size, &file.head[..]), (length as u64, &bytes[..length.min(CHUNK)]));
                assert!(read(&store, file.blob()).await == bytes, "{length} in parts of {part}");
                let summary = store.blob(file.blob()).await.unwrap().unwrap();
                assert_eq!((summary.size, summary.md5), (file.size, file.md5.clone()));
            }
        }
        let empty = stage(&store, b"", 1).await.unwrap();
        assert_eq!(empty.md5, "d41d8cd98f00b204e9800998ecf8427e");
        let abc = stage(&store, b"abc", 1).await.unwrap();
        assert_eq!(abc.md5, "900150983cd24fb0d6963f7d28e17f72");
    });
}

#[test]
fn bytes_that_nobody_claims_go_and_claimed_ones_stay_until_their_asset_goes() {
    block_on(async {
        let store = app("empty", NOON).await.store;
        let mut unfinished = store.stage();
        unfinished.write(&bytes(40 * CHUNK)).await.unwrap();
        wait_until(&store, [1, 40, 40]).await;
        drop(unfinished);
        wait_until_empty(&store).await;

        let file = stage(&store, &bytes(3 * CHUNK), CHUNK).await.unwrap();
        let created = store.execute(new_asset(&file), &caller("ws_demo"), providers::names()).await.unwrap();
        assert_eq!(created.blob, Some(file.blob()));
        let blob = file.blob();
        drop(file);
        // Something else goes meanwhile; its removal leaves what is claimed.
        drop(stage(&store, b"other", 1).await.unwrap());
        wait_until(&store, [1, 3, 3]).await;
        assert!(read(&store, blob).await == bytes(3 * CHUNK));

        let mut write = store.write(providers::names()).await.unwrap();
        write.remove_assets("ws_demo", &[created.id]).await.unwrap();
        write.commit().await.unwrap();
        wait_until_empty(&store).await;
    });
}

#[test]
fn a_copy_of_a_workspace_shares_its_bytes_and_keeps_them() {
    block_on(async {
        let app = app("empty", NOON).await;
        let store = &app.store;
        let file = stage(store, &bytes(CHUNK + 5), CHUNK).await.unwrap();
        let blob = file.blob();
        let created = store.execute(new_asset(&file), &caller("ws_demo"), providers::names()).await.unwrap();
        drop(file);
        let mut write = store.write(providers::names()).await.unwrap();
        let (mut copy, collection) = write.shared("ws_demo").await.unwrap();
        copy.id = "ws_copy".to_owned();
        write.add_workspace(&copy, collection).await.unwrap();
        write.commit().await.unwrap();
        // The copy gets a collection of its own when it changes.
        let more = store.stage().finish(None, None).await.unwrap();
        store
            .execute(CreateAsset { entropy: 2, ..new_asset(&more) }, &caller("ws_copy"), providers::names())
            .await
            .unwrap();
        drop(more);
        let mut write = store.write(providers::names()).await.unwrap();
        write.remove_assets("ws_demo", std::slice::from_ref(&created.id)).await.unwrap();
        write.commit().await.unwrap();
        // The removal that this commit starts comes before this one's end.
        let mut write = store.write(providers::names()).await.unwrap();
        write.remove_workspace("ws_demo").await.unwrap();
        write.commit().await.unwrap();
        assert!(read(store, blob).await == bytes(CHUNK + 5));
        let mut write = store.write(providers::names()).await.unwrap();
        write.remove_workspace("ws_copy").await.unwrap();
        write.commit().await.unwrap();
        // The state of the beginning has no bytes.
        wait_until_empty(store).await;
    });
}

#[test]
fn more_bytes_than_the_limit_are_refused_and_leave_nothing() {
    block_on(async {
        let mut store = app("empty", NOON).await.store;
        store.max_stored_bytes = 2 * CHUNK as u64;
        let kept = stage(&store, &bytes(CHUNK), CHUNK).await.unwrap();
        let refused = stage(&store, &bytes(CHUNK + 1), CHUNK).await;
        assert!(matches!(refused, Err(StageError::Full { max }) if max == 2 * CHUNK as u64), "{refused:?}");
        let began = Instant::now();
        while stored(&store).await != [1, 1, 1] {
            assert!(began.elapsed() < Duration::from_secs(20));
            tokio::task::yield_now().await;
        }
        stage(&store, &bytes(CHUNK), CHUNK).await.unwrap();
        drop(kept);
    });
}

#[test]
fn bytes_that_are_replaced_go() {
    block_on(async {
        let store = app("empty", NOON).await.store;
        let first = stage(&store, &bytes(3 * CHUNK), CHUNK).await.unwrap();
        let created = store.execute(new_asset(&first), &caller("ws_demo"), providers::names()).await.unwrap();
        drop(first);
        let second = stage(&store, &bytes(CHUNK), CHUNK).await.unwrap();
        let asset = AssetSelector { id: created.id, filters: Vec::new() };
        let replace = StoreBytes { asset, file: second.clone(), keeps_type: false, only_pending: false };
        store.execute(replace, &caller("ws_demo"), providers::names()).await.unwrap();
        let began = Instant::now();
        while stored(&store).await != [1, 1, 1] {
            assert!(began.elapsed() < Duration::from_secs(20), "{:?} is left", stored(&store).await);
            tokio::task::yield_now().await;
        }
        drop(second);
    });
}

#[test]
fn the_limit_of_a_workspace_is_for_what_it_has_after_an_upload() {
    block_on(async {
        let store = app("empty", NOON).await.store;
        let mut write = store.write(providers::names()).await.unwrap();
        let uploads = UploadSettings { max_stored_bytes: Some(10), ..UploadSettings::default() };
        write.set_uploads("ws_demo", &uploads).await.unwrap();
        write.commit().await.unwrap();
        let (caller, six) = (caller("ws_demo"), stage(&store, &bytes(6), 6).await.unwrap());
        let created = store.execute(new_asset(&six), &caller, providers::names()).await.unwrap();
        let asset = AssetSelector { id: created.id, filters: Vec::new() };
        let other = stage(&store, &bytes(7), 7).await.unwrap();
        let replace = StoreBytes { asset, file: other.clone(), keeps_type: false, only_pending: false };
        store.execute(replace, &caller, providers::names()).await.unwrap();
        let refused = store.execute(new_asset(&other), &caller, providers::names()).await;
        assert!(matches!(refused, Err(CommandError::StorageFull { max: 10 })), "{refused:?}");
    });
}

#[test]
fn room_that_is_about_to_be_free_is_used() {
    block_on(async {
        let mut store = app("empty", NOON).await.store;
        store.max_stored_bytes = 100 * CHUNK as u64;
        for _ in 0..3 {
            // Each is dropped at once, and its removal is a task that may not have begun.
            stage(&store, &bytes(100 * CHUNK), CHUNK).await.unwrap();
        }
    });
}

#[test]
fn a_file_that_is_announced_can_have_room_that_is_about_to_be_free() {
    block_on(async {
        let mut store = app("empty", NOON).await.store;
        store.max_stored_bytes = 10;
        let file = stage(&store, &bytes(10), 10).await.unwrap();
        let check = async || CheckRoom { bytes: 10 }.run(&store, &caller("ws_demo")).await;
        let refused = check().await;
        assert!(matches!(refused, Err(CommandError::StorageFull { max: 10 })), "{refused:?}");
        // Its removal is a task that may not have begun.
        drop(file);
        check().await.unwrap();
    });
}

#[test]
fn bytes_that_a_killed_process_left_go_when_its_file_is_opened_again() {
    let folder = Folder::new();
    let place = DatabaseLocation::File(folder.file("left.db").into());
    block_on(async {
        let store = Store::open(&place, providers::ids()).await.unwrap();
        let mut unfinished = store.stage();
        unfinished.write(&bytes(2 * CHUNK)).await.unwrap();
        let file = stage(&store, &bytes(10), 10).await.unwrap();
        wait_until(&store, [2, 3, 3]).await;
        // Neither is dropped, as if the process ended here.
        std::mem::forget((unfinished, file));
        store.close().await;
        let again = Store::open(&place, providers::ids()).await.unwrap();
        again.remove_unreferenced_blobs();
        wait_until_empty(&again).await;
        again.close().await;
    });
}

/// The state at a start stays for a reset until the first change after the next one.
#[test]
fn room_that_the_state_at_an_earlier_start_takes_is_used() {
    let folder = Folder::new();
    let place = DatabaseLocation::File(folder.file("library.db").into());
    block_on(async {
        let open = async || Store::open(&place, providers::ids()).await.unwrap();
        let store = open().await;
        let empty = Workspace::empty("ws_demo");
        let write = store.write(providers::names()).await.unwrap();
        let (mut write, collection) = write.add_collection(&empty, []).await.unwrap();
        write.add_workspace(&empty, collection).await.unwrap();
        write.commit().await.unwrap();
        let file = stage(&store, &bytes(10), 10).await.unwrap();
        let created = store.execute(new_asset(&file), &caller("ws_demo"), providers::names()).await.unwrap();
        drop(file);
        store.close().await;

        let store = open().await;
        let mut write = store.write(providers::names()).await.unwrap();
        write.remove_assets("ws_demo", &[created.id]).await.unwrap();
        write.commit().await.unwrap();
        store.close().await;

        let mut store = open().await;
        store.max_stored_bytes = 10;
        CheckRoom { bytes: 10 }.run(&store, &caller("ws_demo")).await.unwrap();
        stage(&store, &bytes(10), 10).await.unwrap();
        store.close().await;
    });
}
