//! Removed workspaces, and requests whose client has gone, leave nothing in the database.

use super::*;
use crate::support::NOON;

/// Waits until the library has as many rows in each table as before.
fn wait_for_rows(server: &Server, before: &[(&'static str, i64)]) {
    let begun = Instant::now();
    loop {
        let rows = block_on(server.app.store.rows()).unwrap();
        if rows == before {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{rows:?} are left, and there were {before:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A server whose library has seen its first change, and the rows it has.
fn server_and_rows(fixture: &str) -> (Server, Vec<(&'static str, i64)>) {
    let server = Server::start(fixture);
    server.call("POST", "/_emulator/workspaces", &json!({"id": "ws_small"}));
    server.call("DELETE", "/_emulator/workspaces/ws_small", &Value::Null);
    let rows = block_on(server.app.store.rows()).unwrap();
    (server, rows)
}

/// Rows that nothing refers to would stay for ever.
#[test]
fn what_nothing_refers_to_any_more_is_removed() {
    let (server, before) = server_and_rows("empty");
    let call = |method: &str, path: &str, body: Value| {
        let answer = server.call(method, &format!("/_emulator/{path}"), &body);
        assert!(answer.status < 300, "{}", answer.text());
    };
    call("POST", "workspaces", json!({"id": "ws_big", "generate": {"count": 2_500}}));
    call("POST", "workspaces", json!({"id": "ws_copy", "copy": "ws_big"}));
    call("POST", "workspaces/ws_copy/assets", json!({"assets": [{"name": "a"}]}));
    call("DELETE", "workspaces/ws_big", Value::Null);
    call("DELETE", "workspaces/ws_copy", Value::Null);
    wait_for_rows(&server, &before);
}

#[test]
fn a_workspace_whose_client_leaves_while_it_is_made_leaves_nothing_behind() {
    let (server, before) = server_and_rows("empty");
    let body = json!({"id": "ws_big", "generate": {"count": 1_000_000}}).to_string();
    let head =
        format!("POST /_emulator/workspaces HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut leaving = TcpStream::connect(server.address).unwrap();
    leaving.write_all((head + &body).as_bytes()).unwrap();
    let assets = || block_on(server.app.store.rows()).unwrap().iter().find(|(table, _)| *table == "asset").unwrap().1;
    let begun = Instant::now();
    while assets() < 3_000 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it is not made");
    }
    drop(leaving);
    wait_for_rows(&server, &before);
    assert_eq!(server.get("/_emulator/workspaces/ws_big", &[]).status, 404);
}

#[test]
fn an_export_whose_client_leaves_keeps_nothing() {
    // Several slices more than fit into the buffers of a connection.
    let assets = vec![json!({"name": "a", "created_at": NOON, "description": "x".repeat(2 << 10)}); 6_000];
    let fixture = json!({"workspaces": [{"id": "ws_big", "assets": assets}]});
    let (server, before) = server_and_rows(&fixture.to_string());
    server.call("POST", "/_emulator/workspaces", &json!({"id": "ws_copy", "copy": "ws_big"}));
    // From its first change on, the copy has assets of its own.
    let added = server.call("POST", "/_emulator/workspaces/ws_copy/assets", &json!({"assets": [{"name": "a"}]}));
    assert_eq!(added.status, 201);
    let mut leaving = TcpStream::connect(server.address).unwrap();
    leaving.write_all(b"GET /_emulator/workspaces/ws_copy/fixture HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(leaving.peek(&mut [0]).unwrap(), 1);
    server.call("DELETE", "/_emulator/workspaces/ws_copy", &Value::Null);
    drop(leaving);
    wait_for_rows(&server, &before);
}
