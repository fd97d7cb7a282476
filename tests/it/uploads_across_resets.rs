//! An upload during which its workspace is reset: what was begun before the reset is not there after it.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use assetmock::library::store::CHUNK;
use serde_json::{Value, json};

use crate::signed_puts::{Client, bytes, refusal, request, target};
use crate::support::{Answer, Server};

/// An image of two chunks and a rest.
fn image() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0".to_vec(), bytes(2 * CHUNK)].concat()
}

/// Sends a request, and does this while the end of its body is missing and its first chunk is stored.
fn interrupt(client: &Client, request: &[u8], meanwhile: impl FnOnce()) -> Answer {
    // What earlier uploads left would be taken for the first chunk.
    client.wait_for_stored([0, 0]);
    let mut stream = TcpStream::connect(client.server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (begin, end) = request.split_at(request.len() - 1000);
    stream.write_all(begin).unwrap();
    let began = Instant::now();
    while client.stored()[1] == 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "no chunk is stored");
        std::thread::yield_now();
    }
    meanwhile();
    stream.write_all(end).unwrap();
    Answer::try_read(&mut stream, false).unwrap()
}

/// The request with an image as its whole body, at the vendor whose uploads are that.
fn whole_body(client: &Client) -> Vec<u8> {
    let line = format!("image/png\r\n{}", client.auth("konpro"));
    request("POST", &client.server.address.to_string(), "/konpro/v1/asset", &line, &image())
}

/// The request to a signed URL that makes the asset.
fn signed(client: &Client) -> Vec<u8> {
    let answer = client.ask("piktid", "POST", "upload", &json!({"filename": "a.png"})).json();
    let url = answer["upload_url"].as_str().unwrap();
    request("PUT", &client.server.address.to_string(), target(client.server, url), "image/png", &image())
}

/// A form with a file.
fn form(client: &Client) -> Vec<u8> {
    let head = "--b\r\nContent-Disposition: form-data; name=\"method\"\r\n\r\ndirect\r\n\
                --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n";
    let body = [head.as_bytes(), &image(), b"\r\n--b--\r\n"].concat();
    let line = format!("multipart/form-data; boundary=b\r\n{}", client.auth("twelvelabs"));
    request("POST", &client.server.address.to_string(), "/twelvelabs/v1.3/assets", &line, &body)
}

const UPLOADS: [fn(&Client) -> Vec<u8>; 3] = [whole_body, signed, form];

fn succeed(server: &Server, method: &str, path: &str) {
    let answer = server.call(method, path, &Value::Null);
    assert!((200..300).contains(&answer.status), "{path}: {}", answer.text());
}

#[test]
fn an_upload_that_a_reset_overtakes_is_refused_and_leaves_nothing() {
    let server = Server::start("empty");
    for upload in UPLOADS {
        let client = Client::new(&server);
        let reset = format!("/_emulator/workspaces/{}/reset", client.workspace);
        let answer = interrupt(&client, &upload(&client), || succeed(&server, "POST", &reset));
        assert_eq!(answer.status, 409, "{}", answer.text());
        client.wait_for_stored([0, 0]);
        assert_eq!(client.assets().len(), 0);
        assert!((200..300).contains(&server.send(&upload(&client)).status), "one that begins after the reset");
        assert_eq!(client.assets().len(), 1);
        succeed(&server, "POST", &reset);
        client.wait_for_stored([0, 0]);
    }
}

#[test]
fn the_answer_is_the_vendors_conflict() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    let reset = format!("/_emulator/workspaces/{}/reset", client.workspace);
    let [konpro, piktid, twelvelabs] =
        UPLOADS.map(|upload| interrupt(&client, &upload(&client), || succeed(&server, "POST", &reset)));
    let error = json!({"code": "CONFLICT", "message": "Workspace was reset during the request"});
    assert_eq!(konpro.json()["error"], error);
    assert_eq!(refusal(&piktid), (409, "OperationAborted".to_owned()));
    let error = json!({"code": "resource_conflict", "message": "The workspace was reset during the request."});
    assert_eq!(twelvelabs.json(), error);
}

#[test]
fn a_snapshot_that_is_restored_meanwhile_and_a_workspace_that_is_made_again_count_as_resets() {
    let server = Server::start("empty");
    let client = Client::new(&server);
    succeed(&server, "PUT", "/_emulator/snapshots/before");
    for upload in UPLOADS {
        let restore = || succeed(&server, "POST", "/_emulator/snapshots/before/restore");
        assert_eq!(interrupt(&client, &upload(&client), restore).status, 409);
        let remake = || {
            succeed(&server, "DELETE", &format!("/_emulator/workspaces/{}", client.workspace));
            succeed(&server, "POST", "/_emulator/snapshots/before/restore");
        };
        assert_eq!(interrupt(&client, &upload(&client), remake).status, 409);
        client.wait_for_stored([0, 0]);
        assert_eq!(client.assets().len(), 0);
    }
}

#[test]
fn a_reset_of_another_workspace_and_a_change_of_the_own_one_hinder_no_upload() {
    let server = Server::start("empty");
    for upload in UPLOADS {
        let (client, other) = (Client::new(&server), Client::new(&server));
        let answer = interrupt(&client, &upload(&client), || {
            succeed(&server, "POST", &format!("/_emulator/workspaces/{}/reset", other.workspace));
            let change = json!({"uploads": {"processing_seconds": 1}});
            let path = format!("/_emulator/workspaces/{}", client.workspace);
            assert_eq!(server.call("PATCH", &path, &change).status, 200);
        });
        assert!((200..300).contains(&answer.status), "{}", answer.text());
        assert_eq!(client.assets().len(), 1);
        succeed(&server, "DELETE", &format!("/_emulator/workspaces/{}", client.workspace));
        other.wait_for_stored([0, 0]);
    }
}
