//! Users, projects and folders: what assets and keys name.

use serde_json::{Value, json};

use super::{Room, done, image, refusal, refused};
use crate::dialects;
use crate::support::Server;

fn world() -> Server {
    let asset = json!({"name": "a.png", "mime_type": "image/png", "created_at": "2026-03-01T00:00:00Z", "uploader": "grace",
        "project": "prj_a", "folder": "fld_in"});
    let server = Server::start("empty");
    let fixture = json!({"workspaces": [{"id": "ws_any", "users": [{"name": "ada"}, {"name": "grace"}, {"name": "linus"}],
        "projects": [{"id": "prj_a", "name": "A"}, {"id": "prj_b", "name": "B"}],
        "folders": [{"id": "fld_out", "name": "Out"}, {"id": "fld_in", "name": "In", "parent": "fld_out"}, {"id": "fld_c", "name": "C"}],
        "assets": [asset]}]});
    done(&server, "POST /workspaces", json!({"id": "ws_mine", "fixture": fixture}));
    done(&server, "POST /workspaces", json!({"id": "ws_twin", "fixture": fixture}));
    server
}

fn listed(server: &Server, workspace: &str, what: &str) -> Value {
    done(server, &format!("GET /workspaces/{workspace}/{what}"), Value::Null)[what].clone()
}

#[test]
fn users_come_and_go_unless_something_names_them() {
    let server = world();
    let users = || listed(&server, "ws_mine", "users");
    assert_eq!(users(), json!([{"name": "ada"}, {"name": "grace"}, {"name": "linus"}]));
    assert_eq!(done(&server, "POST /workspaces/ws_mine/users", json!({"name": "new"})), json!({"name": "new"}));
    assert_eq!(users()[3], json!({"name": "new"}));
    for (request, body, expected) in [
        ("POST /workspaces/ws_mine/users", json!({"name": "ada"}), refusal(409, "taken", "ada")),
        ("POST /workspaces/ws_mine/users", json!({"nmae": "x"}), refusal(400, "invalid_request", "nmae")),
        ("POST /workspaces/ws_no/users", json!({"name": "x"}), refusal(404, "not_found", "ws_no")),
        ("DELETE /workspaces/ws_mine/users/ada", Value::Null, refusal(409, "in_use", "ada")), // by keys
        ("DELETE /workspaces/ws_mine/users/grace", Value::Null, refusal(409, "in_use", "grace")), // by an asset
        ("DELETE /workspaces/ws_mine/users/nobody", Value::Null, refusal(404, "not_found", "nobody")),
    ] {
        assert_eq!(refused(&server, request, body), expected, "{request}");
    }
    done(&server, "DELETE /workspaces/ws_mine/users/linus", Value::Null);
    done(&server, "DELETE /workspaces/ws_mine/assets?all=true", Value::Null);
    done(&server, "DELETE /workspaces/ws_mine/users/grace", Value::Null);
    assert_eq!(users(), json!([{"name": "ada"}, {"name": "new"}]));
    assert_eq!(listed(&server, "ws_twin", "users").as_array().unwrap().len(), 3, "its twin is as it was");
}

#[test]
fn projects_are_put_and_removed_unless_an_asset_is_on_them() {
    let server = world();
    let key = Room::known(&server, "ws_mine").keys["flora"].clone();
    let on = |project: &str| server.list("flora", &key, &format!("project_id={project}"));
    assert_eq!((on("prj_a").status, on("prj_new").status), (200, 404));
    let put =
        |id: &str, name: &str| done(&server, &format!("PUT /workspaces/ws_mine/projects/{id}"), json!({"name": name}));
    assert_eq!(put("prj_new", "New"), json!({"id": "prj_new", "name": "New"}));
    assert_eq!((on("prj_new").status, dialects::of("flora").ids(&on("prj_new")).len()), (200, 0));
    put("prj_b", "Renamed");
    let projects = listed(&server, "ws_mine", "projects");
    assert_eq!(projects.as_array().unwrap().len(), 3);
    assert!(projects.as_array().unwrap().contains(&json!({"id": "prj_b", "name": "Renamed"})));
    for (request, body, expected) in [
        ("DELETE /workspaces/ws_mine/projects/prj_a", Value::Null, refusal(409, "in_use", "prj_a")),
        ("DELETE /workspaces/ws_mine/projects/prj_z", Value::Null, refusal(404, "not_found", "prj_z")),
        ("PUT /workspaces/ws_mine/projects/prj_z", json!({}), refusal(400, "invalid_request", "body")),
        (
            "PUT /workspaces/ws_mine/projects/prj_z",
            json!({"name": "Z", "id": "y"}),
            refusal(400, "invalid_request", "id"),
        ),
    ] {
        assert_eq!(refused(&server, request, body), expected, "{request}");
    }
    done(&server, "DELETE /workspaces/ws_mine/projects/prj_new", Value::Null);
    assert_eq!(on("prj_new").status, 404);
    assert_eq!(
        listed(&server, "ws_twin", "projects"),
        json!([{"id": "prj_a", "name": "A"}, {"id": "prj_b", "name": "B"}])
    );
}

#[test]
fn folders_are_put_trashed_and_removed_unless_something_is_in_them() {
    let server = world();
    let (room, twin) = (Room::known(&server, "ws_mine"), Room::known(&server, "ws_twin"));
    let put = |id: &str, body: Value| done(&server, &format!("PUT /workspaces/ws_mine/folders/{id}"), body);
    assert_eq!(
        put("fld_new", json!({"name": "New", "parent": "fld_in"})),
        json!({"id": "fld_new", "name": "New", "parent": "fld_in"})
    );
    for (request, body, expected) in [
        ("DELETE /workspaces/ws_mine/folders/fld_in", Value::Null, refusal(409, "in_use", "fld_in")),
        ("DELETE /workspaces/ws_mine/folders/fld_out", Value::Null, refusal(409, "in_use", "fld_out")),
        ("DELETE /workspaces/ws_mine/folders/fld_z", Value::Null, refusal(404, "not_found", "fld_z")),
        (
            "PUT /workspaces/ws_mine/folders/fld_z",
            json!({"name": "Z", "parent": "fld_y"}),
            refusal(400, "invalid_request", "parent"),
        ),
        (
            "PUT /workspaces/ws_mine/folders/fld_z",
            json!({"name": "Z", "trash": true}),
            refusal(400, "invalid_request", "trash"),
        ),
    ] {
        assert_eq!(refused(&server, request, body), expected, "{request}");
    }
    let konpro = |room: &Room| dialects::of("konpro").ids(&server.list("konpro", &room.keys["konpro"], "")).len();
    put("fld_out", json!({"name": "Out", "trashed": true}));
    assert_eq!((konpro(&room), konpro(&twin)), (0, 1), "what is in the trash is not listed, however deep");
    put("fld_out", json!({"name": "Out"}));
    assert_eq!(konpro(&room), 1);
    let into = |folder: Value| {
        let mut asset = image("b.png");
        asset["folder"] = folder;
        done(&server, &room.at("POST", "/assets"), json!({"assets": [asset]}))["assets"][0]["ids"]["konpro"].clone()
    };
    let id = into(json!("fld_new"));
    let said = refused(&server, "DELETE /workspaces/ws_mine/folders/fld_new", Value::Null);
    assert_eq!(said, refusal(409, "in_use", "fld_new"));
    done(&server, &room.at("PATCH", &format!("/assets/{}", id.as_str().unwrap())), json!({"folder": null}));
    done(&server, "DELETE /workspaces/ws_mine/folders/fld_new", Value::Null);
    done(&server, "DELETE /workspaces/ws_mine/folders/fld_c", Value::Null);
    assert_eq!((listed(&server, "ws_mine", "folders").as_array().unwrap().len(), konpro(&room)), (2, 2));
    assert_eq!(listed(&server, "ws_twin", "folders").as_array().unwrap().len(), 3);
}
