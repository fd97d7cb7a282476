//! Variants that several operations of a vendor look at: the option shows in each of them.

use serde_json::{Value, json};

use crate::support::{Answer, Server};

fn choose(server: &Server, variant: &str, option: &str) {
    let answer = server.call("PATCH", "/_emulator/workspaces/ws_demo", &json!({"variants": {variant: option}}));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A request with the demo workspace's key in `x-api-key`, and a JSON body unless it is null.
fn ask(server: &Server, key: &str, method: &str, target: &str, body: &Value) -> Answer {
    let key = format!("x-api-key: {key}");
    match body {
        Value::Null => server.request(method, target, &[&key]),
        body => server.post(method, target, &[&key], &body.to_string()),
    }
}

#[test]
fn unknown_parameters_are_refused_or_ignored_in_every_operation() {
    let server = Server::start("demo");
    let ask = |method: &str, path: &str, body: &Value| {
        ask(&server, "tlk_demo", method, &format!("/twelvelabs/v1.3/assets{path}"), body)
    };
    let listed = ask("GET", "", &Value::Null).json();
    let id = listed["data"][0]["_id"].as_str().unwrap();
    let announced = json!({"filename": "a.mp4", "type": "video", "total_size": 6_000_000});
    let upload = ask("POST", "/multipart-uploads", &announced).json();
    let upload = upload["upload_id"].as_str().unwrap();
    let with_more = |mut body: Value| {
        body["colour"] = json!("red");
        body
    };
    let requests = [
        ("GET", "?colour=red".to_owned(), Value::Null),
        ("GET", format!("/{id}?colour=red"), Value::Null),
        ("GET", format!("/{id}/indexed-assets?colour=red"), Value::Null),
        ("GET", format!("/{id}/entities?colour=red"), Value::Null),
        ("GET", "/multipart-uploads?colour=red".to_owned(), Value::Null),
        ("GET", format!("/multipart-uploads/{upload}?colour=red"), Value::Null),
        ("POST", "/multipart-uploads".to_owned(), with_more(announced)),
        ("PATCH", format!("/{id}/user-metadata"), with_more(json!({"user_metadata": {"rating": 1}}))),
        ("PUT", format!("/{id}/user-metadata"), with_more(json!({"user_metadata": {"rating": 1}}))),
        ("DELETE", format!("/{id}/user-metadata?colour=red"), Value::Null),
        ("DELETE", format!("/{id}?colour=red"), Value::Null),
    ];
    for (method, path, body) in &requests {
        let answer = ask(method, path, body);
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("parameter_unknown")), "{method} {path}");
    }
    choose(&server, "twelvelabs.unknown_parameters", "ignore");
    for (method, path, body) in &requests {
        let answer = ask(method, path, body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.text());
    }
}

#[test]
fn the_last_page_of_every_list_has_the_chosen_token() {
    let server = Server::start("demo");
    let last_token = |path: &str| {
        let page = ask(&server, "konpro_demo", "GET", &format!("/konpro/v1/{path}"), &Value::Null).json();
        assert_eq!(page["has_more"], false, "{path}: {page}");
        page["token"].clone()
    };
    let lists = ["folders", "asset/list?file_type=nothing"];
    assert_eq!(lists.map(last_token), [Value::Null, Value::Null]);
    choose(&server, "konpro.last_token", "empty");
    assert_eq!(lists.map(last_token), [json!(""), json!("")]);
}

#[test]
fn a_wrong_body_has_the_chosen_status_and_its_code() {
    let server = Server::start("demo");
    let refused = || {
        let answer =
            ask(&server, "konpro_demo", "POST", "/konpro/v1/folders/create", &json!({"name": 5, "project_type": 5}));
        (answer.status, answer.json()["error"]["code"].clone())
    };
    assert_eq!(refused(), (400, json!("INVALID_REQUEST")));
    choose(&server, "konpro.validation_status", "422");
    assert_eq!(refused(), (422, json!("VALIDATION_ERROR")));
}
