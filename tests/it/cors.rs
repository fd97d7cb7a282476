//! Pages of other origins: what they are told with `--cors`, and that without it nothing but a warning is new.

use assetmock::emulator::app::{App, Settings};
use assetmock::http::cors::AllowedOrigins;
use serde_json::{Value, json};

use crate::process::{Running, program};
use crate::support::{Answer, NOON, Server, app, block_on};

const PAGE: &str = "Origin: http://localhost:3000";
const OTHER_PAGE: &str = "Origin: http://localhost:3001";
const KEY: &str = "Authorization: Bearer sk_test_demo";

fn with_cors(allowed: &str) -> Server {
    let cors = Some(AllowedOrigins::read(allowed).unwrap());
    block_on(async {
        Server::serve(App { settings: Settings { cors, ..Settings::default() }, ..app("demo", NOON).await }).await
    })
}

fn listed() -> Server {
    with_cors("https://app.example.com,http://localhost:3000")
}

/// The headers of an answer that are about other origins.
fn about_origins(answer: &Answer) -> Vec<(&str, &str)> {
    let is_one = |name: &str| name.starts_with("access-control-") || name == "vary";
    answer.headers.iter().filter(|(name, _)| is_one(name)).map(|(name, value)| (&**name, &**value)).collect()
}

/// The entries of the journal, the oldest first.
fn entries(server: &Server) -> Vec<Value> {
    server.get("/_emulator/journal?limit=1000", &[]).json()["entries"].as_array().unwrap().clone()
}

/// The warnings of the last request.
fn warnings(server: &Server) -> Vec<String> {
    let entry = entries(server).pop().unwrap();
    entry["warnings"].as_array().unwrap().iter().map(|warning| warning.as_str().unwrap().to_owned()).collect()
}

fn preflight(server: &Server, target: &str, origin: &str) -> Answer {
    let asks = ["Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization,x-any"];
    server.request("OPTIONS", target, &[origin, asks[0], asks[1]])
}

/// Requests of every kind to vendors' routes and to nobody's: method, target, headers, status.
const REQUESTS: &[(&str, &str, &[&str], u16)] = &[
    ("GET", "/xqr/api/v1/assets?limit=1", &["Authorization: Bearer sk_test_demo"], 401),
    ("GET", "/flora/api/v1/assets?limit=1", &[KEY], 200),
    ("HEAD", "/konpro/v1/asset/list", &["x-api-key: konpro_demo"], 405),
    ("GET", "/twelvelabs/v1.3/assets?page_limit=1", &["x-api-key: tlk_demo"], 200),
    ("GET", "/flora/api/v1/assets", &[], 401),
    ("GET", "/flora/api/v1/assets?limit=500", &[KEY], 400),
    ("GET", "/flora/api/v1/nothing", &[KEY], 404),
    ("DELETE", "/flora/api/v1/assets", &[KEY], 405),
    ("GET", "/flora/api/v1/assets", &[KEY, "X-Emulator-Fault: rate_limited"], 429),
    ("GET", "/flora/api/v1/assets", &[KEY, "X-Emulator-Fault: unavailable"], 503),
    ("GET", "/flora/api/v1/assets?limt=1", &[KEY, "X-Emulator-Explain: 1"], 200),
    ("GET", "/flora/api/v1/assets", &[KEY, "X-Emulator-Fault: no_such_fault"], 400),
    ("GET", "/twelvelabs/v1.3/assets/6298d673f1090f1100476d4c/transcription", &["x-api-key: tlk_demo"], 501),
    ("GET", "/konpro/v1/asset/list/", &["x-api-key: konpro_demo"], 307),
    ("GET", "/nobody", &[], 404),
];

#[test]
fn every_answer_lets_an_allowed_page_read_it_with_all_of_its_headers() {
    let server = listed();
    let raw = json!({"raw": {"status": 418, "headers": {"x-teapot": "short"}, "body": "stout"}});
    let rule = json!({"match": {"path": "/api/v1/assets/teapot"}, "effect": raw});
    assert_eq!(server.call("POST", "/_emulator/faults", &rule).status, 201);
    let teapot = ("GET", "/flora/api/v1/assets/teapot", &[KEY][..], 418);
    for (method, target, headers, status) in REQUESTS.iter().copied().chain([teapot]) {
        let answer = server.request(method, target, &[headers, &[PAGE]].concat());
        assert_eq!(answer.status, status, "{method} {target}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"), "{target} {status}");
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{target} {status}");
        assert_eq!(answer.header("vary"), Some("Origin"), "{target} {status}");
        let exposed: Vec<_> = answer.header("access-control-expose-headers").unwrap().split(", ").collect();
        let is_safe = |name: &str| {
            name.starts_with("access-control-") || ["vary", "content-type", "content-length"].contains(&name)
        };
        let expected: Vec<_> = answer.headers.iter().map(|(name, _)| &**name).filter(|name| !is_safe(name)).collect();
        assert_eq!(exposed, expected, "{target} {status}");
        assert!(warnings(&server).iter().all(|warning| !warning.contains("--cors")), "{target}");
    }
}

#[test]
fn a_page_sees_what_the_vendor_says_of_its_quota() {
    let server = listed();
    let exposed = |target: &str, header: &str| {
        let answer = server.get(target, &[header, "X-Emulator-Fault: rate_limited", PAGE]);
        assert_eq!(answer.status, 429);
        answer.header("access-control-expose-headers").unwrap().to_owned()
    };
    let xqr = "Authorization: Bearer xqr_pk_00000000.0000000000000000000000000000000000000000000000000000000000000000";
    for (target, header, names) in [
        ("/xqr/api/v1/assets", xqr, vec!["x-request-id", "x-ratelimit-limit", "x-ratelimit-reset", "retry-after"]),
        ("/flora/api/v1/assets", KEY, vec!["request-id", "retry-after"]),
        ("/twelvelabs/v1.3/assets", "x-api-key: tlk_demo", vec!["x-api-version", "retry-after"]),
    ] {
        let exposed = exposed(target, header);
        for name in names {
            assert!(exposed.split(", ").any(|one| one == name), "{target}: {name} in {exposed}");
        }
    }
}

#[test]
fn a_preflight_is_answered_before_key_fault_and_count() {
    let server = listed();
    let rule = json!({"effect": {"failure": "unavailable"}});
    let id = server.call("POST", "/_emulator/faults", &rule).json()["id"].as_u64().unwrap();
    for (target, provider) in [
        ("/xqr/api/v1/assets", Some("xqr")),
        ("/flora/api/v1/assets?limit=1", Some("flora")),
        ("/twelvelabs/v1.3/assets", Some("twelvelabs")),
        ("/piktid/nothing", Some("piktid")),
        ("/konpro/v1/asset/list", Some("konpro")),
        ("/nobody", None),
    ] {
        let answer = preflight(&server, target, PAGE);
        assert_eq!((answer.status, answer.text()), (204, ""), "{target}");
        let expected = [
            ("access-control-allow-methods", "GET"),
            ("access-control-allow-headers", "authorization,x-any"),
            ("access-control-allow-origin", "http://localhost:3000"),
            ("access-control-allow-credentials", "true"),
            ("vary", "Origin"),
        ];
        assert_eq!(about_origins(&answer), expected, "{target}");
        let entry = entries(&server).pop().unwrap();
        let noted = [&entry["preflight"], &entry["provider"], &entry["operation"], &entry["why"], &entry["warnings"]];
        assert_eq!(noted.map(Value::clone), [json!(true), json!(provider), Value::Null, Value::Null, json!([])]);
    }
    let rules = server.get("/_emulator/faults", &[]).json();
    let rule = rules["faults"].as_array().unwrap().iter().find(|rule| rule["id"] == id).unwrap().clone();
    assert_eq!([&rule["seen"], &rule["fired"]], [&json!(0), &json!(0)], "{rule}");
    // What only looks like a preflight is the vendor's.
    assert_eq!(server.request("OPTIONS", "/flora/api/v1/assets", &[PAGE]).status, 503);
    assert_eq!(entries(&server).pop().unwrap().get("preflight"), None);
}

/// Even one that shows a key of which no request is left.
#[test]
fn a_preflight_uses_up_no_quota() {
    let server = listed();
    let limits = json!({"limits": {"requests": 1, "seconds": 60}});
    let key = server.call("PATCH", "/_emulator/workspaces/ws_demo/keys/sk_test_demo", &limits);
    assert_eq!(key.status, 200, "{}", key.text());
    let asks = ["Access-Control-Request-Method: GET", PAGE, KEY];
    let statuses = |method: &str, times: usize| -> Vec<u16> {
        (0..times).map(|_| server.request(method, "/flora/api/v1/assets", &asks).status).collect()
    };
    assert_eq!(statuses("OPTIONS", 3), [204; 3]);
    assert_eq!(statuses("GET", 2), [200, 429]);
    assert_eq!(statuses("OPTIONS", 1), [204]);
}

#[test]
fn verify_looks_at_preflights_only_where_options_is_asked_for() {
    let server = listed();
    preflight(&server, "/flora/api/v1/assets", PAGE);
    assert_eq!(server.get("/flora/api/v1/assets", &[KEY, PAGE]).status, 200);
    let verdict = |expected: Value| server.call("POST", "/_emulator/journal/verify", &expected).json()["ok"].clone();
    assert_eq!(verdict(json!({"requests": [{"provider": "flora", "count": 1}], "only": true})), true);
    assert_eq!(verdict(json!({"requests": [{"method": "options", "count": 1}]})), true);
    assert_eq!(verdict(json!({"scope": {"method": "OPTIONS"}, "only": true})), false);
}

#[test]
fn with_a_star_every_page_may_read_and_none_with_credentials() {
    let server = with_cors("*");
    for origin in [PAGE, "Origin: null", "X-Any: a client that is no browser"] {
        let answer = server.get("/flora/api/v1/assets?limit=1", &[KEY, origin]);
        let expected = [("access-control-allow-origin", "*"), ("access-control-expose-headers", "request-id, date")];
        assert_eq!(about_origins(&answer), expected, "{origin}");
        assert_eq!(warnings(&server), [""; 0]);
    }
    let expected = [
        ("access-control-allow-methods", "GET"),
        ("access-control-allow-headers", "authorization,x-any"),
        ("access-control-allow-origin", "*"),
    ];
    assert_eq!(about_origins(&preflight(&server, "/flora/api/v1/assets", PAGE)), expected);
}

#[test]
fn a_page_that_is_not_named_gets_nothing_and_the_journal_names_the_option() {
    let server = listed();
    let said = "a browser keeps this answer from the page of the origin `http://localhost:3001`, since `--cors` does not \
                name it; start with `--cors http://localhost:3001` to let it in";
    let answer = server.get("/flora/api/v1/assets", &[KEY, OTHER_PAGE]);
    assert_eq!((answer.status, about_origins(&answer)), (200, vec![("vary", "Origin")]));
    assert_eq!(warnings(&server), [said]);
    let answer = preflight(&server, "/flora/api/v1/assets", OTHER_PAGE);
    assert_eq!((answer.status, about_origins(&answer)), (204, vec![("vary", "Origin")]));
    assert_eq!(warnings(&server), [said]);
    // Whoever is no page gets the answer that caches may keep for pages, too.
    let answer = server.get("/flora/api/v1/assets", &[KEY]);
    assert_eq!((about_origins(&answer), warnings(&server)), (vec![("vary", "Origin")], vec![]));
}

#[test]
fn without_the_option_answers_are_the_same_bytes_and_a_page_is_a_warning() {
    let (without_page, with_page) = (Server::start("demo"), Server::start("demo"));
    let host = "Host: 127.0.0.1:4750";
    let asks = &["Access-Control-Request-Method: GET"][..];
    // Preflights get what these vendors' frameworks are presumed to answer to OPTIONS.
    let preflights = [("/piktid/assets", 200), ("/flora/api/v1/assets", 401), ("/konpro/v1/asset/list", 405)];
    let preflights = preflights.map(|(target, status)| ("OPTIONS", target, asks, status));
    for (method, target, headers, status) in REQUESTS.iter().copied().chain(preflights) {
        // That header asks for the warnings.
        let headers: Vec<_> = headers.iter().copied().filter(|line| !line.contains("Explain")).chain([host]).collect();
        let expected = without_page.request(method, target, &headers);
        let answer = with_page.request(method, target, &[&headers[..], &[PAGE]].concat());
        assert_eq!(answer, expected, "{method} {target}");
        assert_eq!((answer.status, about_origins(&answer)), (status, vec![]), "{method} {target}");
        let last = warnings(&with_page).pop().unwrap();
        let said = "a browser keeps this answer from the page of the origin `http://localhost:3000`, since `--cors` is off; \
                    start with `--cors http://localhost:3000` to let it in";
        assert_eq!(last, said, "{method} {target}");
    }
    assert_eq!(entries(&with_page).iter().filter(|entry| entry.get("preflight").is_some()).count(), 0);
}

#[test]
fn a_page_that_came_from_the_emulator_itself_by_a_proxy_is_no_warning() {
    for server in [Server::start("demo"), listed()] {
        let own = format!("Origin: http://{}", server.address);
        assert_eq!(server.get("/flora/api/v1/assets", &[KEY, &own]).status, 200);
        assert_eq!(warnings(&server), [""; 0]);
    }
}

#[test]
fn the_warning_repeats_no_key_no_line_break_and_nothing_long() {
    let server = Server::start("demo");
    for (origin, shown) in [
        ("null".to_owned(), "the origin `null`"),
        ("http://sk_test_demo".to_owned(), "the origin `http://…"),
        (format!("http://{}", "a".repeat(500)), "aaa…`"),
        ("http://a\tb".to_owned(), "`http://a\\u{9}b`"),
        ("http://é".to_owned(), "`http://é`"),
    ] {
        server.get("/flora/api/v1/assets", &[KEY, &format!("Origin: {origin}")]);
        let said = warnings(&server).pop().unwrap();
        assert!(said.contains(shown) && !said.contains("sk_test_demo") && said.len() < 300, "{said}");
        assert!(said.contains("start with `--cors '*'` to let it in"), "{said}");
    }
}

#[test]
fn the_warning_fails_a_strict_workspace_and_is_in_the_log() {
    let server = Running::start_with(
        program().args(["serve", "--listen", "127.0.0.1:0", "--fail-on-warnings"]).env("ASSETMOCK_CORS", ""),
    );
    let made = server.connect().ask("POST", "/_emulator/workspaces", &[], r#"{"copy": "ws_demo", "strict": true}"#);
    let key = format!("x-api-key: {}", made.json()["keys"]["konpro"].as_str().unwrap());
    assert_eq!(server.connect().ask("GET", "/konpro/v1/asset/list", &[&key, PAGE], "").status, 200);
    let output = server.stop();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains(" konpro GET /konpro/v1/asset/list 200 ") && said.contains("since `--cors` is off"),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(1), "{said}");
}

#[test]
fn the_option_and_its_variable_are_read_and_wrong_origins_are_refused() {
    let ask = |server: Running| {
        let answer = server.connect().ask("GET", "/konpro/v1/asset/list", &["x-api-key: konpro_demo", PAGE], "");
        answer.header("access-control-allow-origin").map(str::to_owned)
    };
    let serve = || {
        let mut program = program();
        program.args(["serve", "--listen", "127.0.0.1:0"]);
        program
    };
    assert_eq!(ask(Running::start_with(serve().args(["--cors", "*"]))).as_deref(), Some("*"));
    let variable = "https://a.example,HTTP://localhost:3000";
    let answer = ask(Running::start_with(serve().env("ASSETMOCK_CORS", variable)));
    assert_eq!(answer.as_deref(), Some("http://localhost:3000"));
    for (value, says) in [
        ("localhost:3000", "`localhost:3000` is not an origin such as `http://localhost:3000`: it has no scheme"),
        ("http://localhost:3000/", "nothing follows host and port, not even a slash"),
        ("http://a.test,*", "`*` stands for every origin, so it stands alone"),
        ("null", "`*` lets them in"),
    ] {
        let output = program().args(["serve", "--cors", value]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("--cors") && said.contains(says), "{said}");
    }
}
