//! Projects and their canvases: what holds beyond the transcripts of the vendor that has routes for them.

use serde_json::{Value, json};

use crate::dialects;
use crate::support::{Answer, NOON, Server, block_on};
use crate::worlds::world;

/// A request with the key of `ws_tests`.
fn ask(server: &Server, method: &str, path: &str, body: &Value) -> Answer {
    let auth = dialects::of("flora").auth("_off");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    server.post(method, &format!("/flora/api/v1{path}"), &[&auth], &body)
}

fn get(server: &Server, path: &str) -> Value {
    let answer = ask(server, "GET", path, &Value::Null);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn own(server: &Server, path: &str) -> Value {
    server.get(&format!("/_emulator/workspaces/ws_tests{path}"), &[]).json()
}

fn attach(server: &Server, project: &str, asset: &str) -> Answer {
    ask(server, "POST", &format!("/projects/{project}/assets/{asset}/attach"), &Value::Null)
}

fn names(list: &Value) -> Vec<&str> {
    list["projects"].as_array().unwrap().iter().map(|project| project["name"].as_str().unwrap()).collect()
}

#[test]
fn an_attached_asset_is_in_the_project_at_every_vendor_at_once() {
    let server = Server::start(&world());
    let flora = dialects::of("flora");
    let of_project = || flora.ids(&server.get(&flora.target("project_id=prj_a"), &[&flora.auth("_off")]));
    let piktid = dialects::of("piktid");
    let found = || piktid.ids(&server.get(&piktid.target("search=launch"), &[&piktid.auth("_off")]));
    // All of these answers are cached now.
    assert_eq!((of_project().len(), found().len()), (0, 0));
    let id = flora.ids(&server.get(&flora.target(""), &[&flora.auth("_off")])).swap_remove(3);
    let before = own(&server, &format!("/assets/{id}"));

    let attached = attach(&server, "prj_a", &id);
    assert_eq!(attached.status, 200, "{}", attached.text());
    assert_eq!(of_project(), [&*id]);
    assert_eq!(found(), [before["ids"]["piktid"].as_str().unwrap()], "its search finds the names of projects");
    let after = own(&server, &format!("/assets/{id}"));
    let mut expected = before;
    expected["project"] = json!("prj_a");
    expected["node"] = attached.json()["node_id"].clone();
    assert_eq!(after, expected, "nothing else of it changed");
    assert_eq!(own(&server, "/projects")["projects"][0]["updated_at"], NOON);
    let node = &get(&server, "/projects/prj_a/nodes")["nodes"][0];
    assert_eq!((&node["node_id"], &node["asset_id"]), (&expected["node"], &json!(id)));
    let listed = &get(&server, "/assets?project_id=prj_a")["assets"][0];
    assert!(listed["url"].is_string() && node["url"] == listed["url"], "{node} {listed}");

    // What another vendor deletes is on no canvas.
    let xqr = expected["ids"]["xqr"].as_str().unwrap();
    let gone = server.request("DELETE", &format!("/xqr/api/v1/assets/{xqr}"), &[&dialects::of("xqr").auth("_off")]);
    assert_eq!(gone.status, 204, "{}", gone.text());
    assert_eq!(get(&server, "/projects/prj_a/nodes")["meta"]["total_estimate"], 0);
}

#[test]
fn an_imported_asset_that_is_attached_shows_its_node() {
    let server = Server::start(&world());
    let object = r#"{"asset_id":"asset_a1","content_type":"image","created_at":1774094400123,"name":"n","status":"ready","uploaded_via":"url","width":7,"later_field":1}"#;
    let made =
        server.post("POST", "/_emulator/workspaces/ws_tests/import/flora", &[], &format!(r#"{{"assets":[{object}]}}"#));
    assert_eq!(made.status, 201, "{}", made.text());
    let attached = attach(&server, "prj_b", "asset_a1").json();
    let listed = get(&server, "/assets?project_id=prj_b")["assets"][0].clone();
    assert_eq!((&listed["asset_id"], &listed["node_id"]), (&json!("asset_a1"), &attached["node_id"]), "{listed}");
    let nodes = get(&server, "/projects/prj_b/nodes")["nodes"].clone();
    assert_eq!((&nodes[0]["label"], &nodes[0]["width"]), (&json!("n"), &json!(7)), "{nodes}");
}

#[test]
fn a_walk_through_the_projects_meets_each_once_whatever_shares_its_instant() {
    let server = Server::start(&world());
    let times = [Some("2026-03-01T00:00:00Z"), None, Some("2026-03-01T00:00:00Z"), Some("2026-03-02T00:00:00Z"), None];
    for (number, time) in times.into_iter().enumerate() {
        let project = match time {
            Some(time) => json!({"name": format!("P{number}"), "created_at": time}),
            None => json!({"name": format!("P{number}")}),
        };
        let path = format!("/_emulator/workspaces/ws_tests/projects/prj_{number}");
        assert_eq!(server.call("PUT", &path, &project).status, 200);
    }
    let all = get(&server, "/projects?workspace_id=ws_tests");
    let expected = ["P3", "P2", "P0", "P4", "P1", "Retro", "Launch"];
    assert_eq!(names(&all), expected);
    for limit in 1..=8 {
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = get(&server, &format!("/projects?workspace_id=ws_tests&limit={limit}&cursor={cursor}"));
            assert_eq!(page["meta"]["total_estimate"], expected.len());
            walked.extend(names(&page).into_iter().map(str::to_owned));
            match page["meta"]["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(walked, expected, "limit={limit}");
    }
}

#[test]
fn a_new_project_is_kept_by_exports_snapshots_and_copies() {
    let server = Server::start(&world());
    done(&server, "PUT", "/snapshots/before", &json!({}));
    let body = json!({"name": "Spring \"Campaign\" É", "workspace_id": "ws_tests"});
    let made = ask(&server, "POST", "/projects", &body);
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["project_id"].as_str().unwrap().to_owned();
    let expected = json!({"id": id, "name": body["name"], "origin": "api", "created_at": NOON});
    assert_eq!(own(&server, "/projects")["projects"][2], expected);
    let exported = server.get("/_emulator/workspaces/ws_tests/fixture", &[]).text().to_owned();
    done(&server, "PUT", "/snapshots/after", &json!({}));
    done(&server, "POST", "/workspaces", &json!({"id": "ws_copy", "copy": "ws_tests"}));
    let copy = server.get("/_emulator/workspaces/ws_copy/projects", &[]).json();
    assert_eq!(copy["projects"][2], expected);

    done(&server, "POST", "/snapshots/before/restore", &json!({}));
    assert_eq!(ask(&server, "GET", &format!("/projects/{id}"), &Value::Null).status, 404);
    done(&server, "POST", "/snapshots/after/restore", &json!({}));
    assert_eq!(get(&server, &format!("/projects/{id}")), made.json());
    done(&server, "POST", "/workspaces/ws_tests/reset", &json!({}));
    assert_eq!(ask(&server, "GET", &format!("/projects/{id}"), &Value::Null).status, 404);

    let again = Server::start(&exported);
    assert_eq!(get(&again, &format!("/projects/{id}")), made.json());
}

fn done(server: &Server, method: &str, path: &str, body: &Value) {
    let answer = server.call(method, &format!("/_emulator{path}"), body);
    assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text());
}

/// The own API replaces a project, and says what is too long.
#[test]
fn a_project_that_is_put_has_what_the_body_says() {
    let server = Server::start(&world());
    let put = |body: &Value| server.call("PUT", "/_emulator/workspaces/ws_tests/projects/prj_a", body);
    let whole = json!({"name": "A", "origin": "app", "created_at": "2026-03-01T10:00:00.000001Z", "updated_at": NOON});
    assert_eq!(put(&whole).status, 200);
    let mut expected = whole;
    expected["id"] = json!("prj_a");
    assert!(own(&server, "/projects")["projects"].as_array().unwrap().contains(&expected));
    let refused = put(&json!({"name": "A", "origin": "o".repeat(1025)}));
    assert_eq!((refused.status, &refused.json()["error"]["at"]), (400, &json!("origin")), "{}", refused.text());
    put(&json!({"name": "A"}));
    assert!(own(&server, "/projects")["projects"].as_array().unwrap().contains(&json!({"id": "prj_a", "name": "A"})));
}

#[test]
fn names_of_projects_are_bounded_as_in_fixtures() {
    let server = Server::start(&world());
    let make =
        |length| ask(&server, "POST", "/projects", &json!({"name": "n".repeat(length), "workspace_id": "ws_tests"}));
    assert_eq!(make(1024).status, 201);
    let refused = make(1025).json();
    assert_eq!(refused["error"]["message"], "name: String must contain at most 1024 character(s)");
}

#[test]
fn the_journal_faults_and_explanations_know_the_operations() {
    let server = Server::start(&world());
    let asset = dialects::of("flora");
    let id = asset.ids(&server.get(&asset.target(""), &[&asset.auth("_off")])).swap_remove(0);
    let named = json!({"name": "n", "workspace_id": "ws_tests"});
    for (operation, method, path, body, wrong, why) in [
        ("list_workspaces", "GET", "/workspaces", &Value::Null, None, ""),
        (
            "list_projects",
            "GET",
            "/projects?workspace_id=ws_tests",
            &Value::Null,
            Some("/projects"),
            "workspace_id is required",
        ),
        ("create_project", "POST", "/projects", &named, None, ""),
        ("get_project", "GET", "/projects/prj_a", &Value::Null, Some("/projects/prj_no"), "there is no such project"),
        (
            "list_nodes",
            "GET",
            "/projects/prj_a/nodes",
            &Value::Null,
            Some("/projects/prj_no/nodes"),
            "there is no such",
        ),
        (
            "attach_asset",
            "POST",
            &format!("/projects/prj_a/assets/{id}/attach"),
            &Value::Null,
            Some("/projects/prj_a/assets/asset_no/attach"),
            "the workspace `ws_tests` has no asset",
        ),
    ] {
        let entry = || server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0].clone();
        let rule = json!({
            "match": {"provider": "flora", "operation": operation},
            "effect": {"failure": "insufficient_credits"},
            "trigger": {"next": 1},
        });
        let made = server.call("POST", "/_emulator/faults", &rule);
        assert_eq!((made.status, &made.json()["warning"]), (201, &json!(null)), "{}", made.text());
        assert_eq!(ask(&server, method, path, body).status, 402, "{operation}");
        let answer = ask(&server, method, path, body);
        assert!(answer.status < 300, "{operation}: {}", answer.text());
        assert_eq!(entry()["operation"], operation);
        let Some(wrong) = wrong else { continue };
        assert!(ask(&server, method, wrong, body).status >= 400, "{wrong}");
        let told = entry()["why"].clone();
        assert!(told.as_str().unwrap().starts_with(why), "{told}");
    }
    let limited = dialects::of("flora").auth("_three");
    let statuses: Vec<_> = (0..4).map(|_| server.get("/flora/api/v1/workspaces", &[&limited]).status).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
}

#[test]
fn a_project_made_at_one_vendor_is_at_the_other() {
    let server = Server::start(&world());
    let auth = dialects::of("piktid").auth("_off");
    let listed = || server.get("/piktid/project?per_page=100", &[&auth]).json();
    let make = |name: &str| {
        let body = json!({"project_name": name}).to_string();
        server.post("POST", "/piktid/project", &[&auth], &body)
    };
    let flora = || get(&server, "/projects?workspace_id=ws_tests");
    assert_eq!((listed()["pagination"]["total"].clone(), names(&flora()).len()), (json!(2), 2), "cached now");
    let made = make("Autumn");
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(names(&flora())[0], "Autumn");
    assert_eq!(flora()["projects"][0]["project_id"], made.json()["project_id"]);
    let there = ask(&server, "POST", "/projects", &json!({"workspace_id": "ws_tests", "name": "Winter"})).json();
    assert_eq!(listed()["projects"][0]["project_key"], there["project_id"], "{there}");
    let refused = make("Winter");
    assert_eq!((refused.status, &refused.json()["project_id"]), (409, &there["project_id"]), "{}", refused.text());
    let why = server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0]["why"].clone();
    assert!(why.as_str().unwrap().ends_with("has this name"), "{why}");
    assert_eq!(listed()["pagination"]["total"], 4);
}

#[test]
fn a_project_that_is_made_later_by_its_clock_is_not_changed_before_it_was_made() {
    let server = Server::start(&world());
    let future = "2030-01-01T00:00:00Z";
    let project = json!({"name": "A", "created_at": future});
    let put = server.call("PUT", "/_emulator/workspaces/ws_tests/projects/prj_a", &project);
    assert!((200..300).contains(&put.status), "{}", put.text());
    let flora = dialects::of("flora");
    let id = flora.ids(&server.get(&flora.target(""), &[&flora.auth("_off")])).swap_remove(3);
    assert_eq!(attach(&server, "prj_a", &id).status, 200);
    let projects = own(&server, "/projects")["projects"].clone();
    let found = projects.as_array().unwrap().iter().find(|project| project["id"] == "prj_a").unwrap();
    assert_eq!(found["updated_at"], future, "{projects}");
}

/// There are so many assets that they would be copied, and the copy removed, in several transactions.
#[test]
fn attaching_to_a_missing_project_copies_no_assets() {
    let server = Server::start("demo");
    let made = server.call("POST", "/_emulator/workspaces", &json!({"generate": {"count": 5000}})).json();
    let auth = format!("Authorization: Bearer {}", made["keys"]["flora"].as_str().unwrap());
    let flora = dialects::of("flora");
    let stored =
        || block_on(server.app.store.rows()).unwrap().into_iter().find(|(table, _)| *table == "asset").unwrap().1;
    let before = stored();
    for id in flora.ids(&server.get(&flora.target("limit=3"), &[&auth])) {
        let path = format!("/flora/api/v1/projects/prj_nothing/assets/{id}/attach");
        assert_eq!((server.request("POST", &path, &[&auth]).status, stored()), (404, before));
    }
}
