//! Names of files that have folders: vendors keep those of a field or parameter as they were sent, and downloads have none.

use serde_json::{Value, json};

use crate::signed_puts::{Client, request, target};
use crate::support::{Answer, Server};

/// Names, and how they are written in a query string.
const NAMES: [(&str, &str); 4] =
    [("a/b.png", "a%2Fb.png"), ("..\\x.png", "..%5Cx.png"), ("/etc/passwd", "/etc/passwd"), ("a/..", "a/..")];

/// A PNG, as far as its beginning tells.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The name under which a browser saves the only asset of the client.
fn saved_as(client: &Client) -> String {
    let auth = client.auth("flora");
    let listed = client.server.get("/flora/api/v1/assets", &[&auth]).json();
    let url = listed["assets"][0]["url"].as_str().unwrap().to_owned();
    let file = client.server.get(&format!("{}?download", target(client.server, &url)), &[]);
    assert_eq!((file.status, &*file.body), (200, PNG), "{url}");
    let disposition = file.header("content-disposition").unwrap();
    disposition.strip_prefix("attachment; filename=\"").unwrap().trim_end_matches('"').to_owned()
}

/// What a client saves it as: the last part of the name, if that can be the name of a file.
fn base(name: &str) -> &str {
    let base = name.rsplit(['/', '\\']).next().unwrap();
    if base == ".." { "file" } else { base }
}

fn first(answer: &Answer, list: &str, name: &str) -> Value {
    answer.json()[list][0][name].clone()
}

#[test]
fn the_name_of_an_upload_to_konpro_keeps_its_folders() {
    let server = Server::start("empty");
    for (name, encoded) in NAMES {
        let client = Client::new(&server);
        let kind = format!("image/png\r\n{}", client.auth("konpro"));
        let path = format!("/konpro/v1/asset?name={encoded}");
        let made = server.send(&request("POST", &server.address.to_string(), &path, &kind, PNG));
        assert_eq!((made.status, &made.json()["name"]), (200, &json!(name)), "{}", made.text());
        assert_eq!(first(&client.ask("konpro", "GET", "v1/asset/list", &Value::Null), "assets", "name"), name);
        assert_eq!(saved_as(&client), base(name));
    }
}

#[test]
fn the_field_filename_of_twelvelabs_keeps_its_folders_and_the_name_of_a_part_does_not() {
    let server = Server::start("empty");
    for (name, _) in NAMES {
        for (field, sent) in [(Some(name), "other.png"), (None, name)] {
            let client = Client::new(&server);
            let part =
                |head: &str, text: &str| format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n");
            let filename = field.map(|name| part("name=\"filename\"", name)).unwrap_or_default();
            let file = format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{sent}\"\r\n\r\n");
            let head = part("name=\"method\"", "direct") + &filename + &file;
            let body = [head.as_bytes(), PNG, b"\r\n--b--\r\n"].concat();
            let kind = format!("multipart/form-data; boundary=b\r\n{}", client.auth("twelvelabs"));
            let path = "/twelvelabs/v1.3/assets";
            let made = server.send(&request("POST", &server.address.to_string(), path, &kind, &body));
            assert_eq!(made.status, 201, "{}", made.text());
            let shown = made.json()["filename"].clone();
            match (field, base(name)) {
                (Some(name), _) => assert_eq!(shown, name),
                // A part whose name is no name of a file has none, and then the id is shown.
                (None, "file") => assert_eq!(shown, made.json()["_id"]),
                (None, base) => assert_eq!(shown, base),
            }
        }
    }
}
