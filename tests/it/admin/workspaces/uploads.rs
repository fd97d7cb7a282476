//! What becomes of uploads in a workspace, decided beforehand.

use super::*;

/// What a workspace says of its uploads.
fn uploads(server: &Server, id: &str) -> Value {
    done(server, &format!("GET /workspaces/{id}"), Value::Null)["uploads"].clone()
}

#[test]
fn the_fate_of_uploads_is_set_replaced_and_reset() {
    let server = Server::start("empty");
    let first = json!({"processing_seconds": 30, "outcome": "failed", "message": "no frames"});
    let made = done(&server, "POST /workspaces", json!({"id": "ws_a", "uploads": first}));
    assert_eq!((&made["uploads"], uploads(&server, "ws_a")), (&first, first.clone()));
    let second = json!({"max_stored_bytes": 1000});
    let changed = done(&server, "PATCH /workspaces/ws_a", json!({"uploads": second}));
    assert_eq!((&changed["uploads"], uploads(&server, "ws_a")), (&second, second.clone()));
    done(&server, "PATCH /workspaces/ws_a", json!({"strict": true}));
    assert_eq!(uploads(&server, "ws_a"), json!({"max_stored_bytes": 1000}), "what is not named stays");
    done(&server, "PATCH /workspaces/ws_a", json!({"uploads": null}));
    assert_eq!(uploads(&server, "ws_a"), Value::Null);
    done(&server, "POST /workspaces/ws_a/reset", Value::Null);
    assert_eq!(uploads(&server, "ws_a"), first);
}

#[test]
fn the_fate_of_uploads_goes_into_copies_exports_and_snapshots() {
    let server = Server::start("empty");
    let set = json!({"processing_seconds": 5});
    let fixture = json!({"workspaces": [{"id": "ws_x", "uploads": set}]});
    done(&server, "POST /workspaces", json!({"id": "ws_a", "fixture": fixture}));
    done(&server, "POST /workspaces", json!({"id": "ws_b", "copy": "ws_a"}));
    let exported = done(&server, "GET /workspaces/ws_b/fixture", Value::Null);
    assert_eq!((uploads(&server, "ws_a"), uploads(&server, "ws_b")), (set.clone(), set.clone()));
    assert_eq!(exported["workspaces"][0]["uploads"], set);
    let own = json!({"outcome": "failed"});
    done(&server, "POST /workspaces", json!({"id": "ws_c", "fixture": fixture, "uploads": own}));
    assert_eq!(uploads(&server, "ws_c"), own, "what the request says replaces the fixture's");
    done(&server, "PUT /snapshots/before", json!({}));
    for id in ["ws_a", "ws_b"] {
        done(&server, &format!("PATCH /workspaces/{id}"), json!({"uploads": null}));
    }
    done(&server, "POST /snapshots/before/restore", json!({}));
    assert_eq!((uploads(&server, "ws_a"), uploads(&server, "ws_c")), (set.clone(), own.clone()));
    done(&server, "POST /workspaces/ws_c/reset", Value::Null);
    assert_eq!(uploads(&server, "ws_c"), own);
}

#[test]
fn a_fate_that_makes_no_sense_is_refused() {
    let server = Server::start("empty");
    done(&server, "POST /workspaces", json!({"id": "ws_a"}));
    for (uploads, at) in [
        (json!({"message": "no frames"}), "uploads.message"),
        (json!({"outcome": "failed", "message": "x".repeat(1025)}), "uploads.message"),
        (json!({"outcome": "lost"}), "uploads.outcome"),
        (json!({"processing_seconds": -1}), "uploads.processing_seconds"),
        (json!({"processing_seconds": "3"}), "uploads.processing_seconds"),
        (json!({"max_stored_bytes": 1.5}), "uploads.max_stored_bytes"),
        (json!({"seconds": 3}), "uploads.seconds"),
        (json!([3]), "uploads"),
        (json!("failed"), "uploads"),
    ] {
        let wrong = refusal(400, "invalid_request", at);
        assert_eq!(refused(&server, "POST /workspaces", json!({"uploads": uploads})), wrong, "{uploads}");
        assert_eq!(refused(&server, "PATCH /workspaces/ws_a", json!({"uploads": uploads})), wrong, "{uploads}");
        let fixture = json!({"workspaces": [{"id": "ws_x", "uploads": uploads}]});
        let (status, _, at) = refused(&server, "POST /workspaces", json!({"fixture": fixture}));
        assert_eq!((status, at.contains("uploads")), (400, true), "{at}");
    }
    assert_eq!(uploads(&server, "ws_a"), Value::Null);
}
