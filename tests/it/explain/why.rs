//! Why a request was refused.

use super::*;

#[test]
fn an_address_that_is_not_there_is_told_with_the_one_that_is() {
    let stray = RefusalFacts { path: "/api/v2/assets\n", ..facts("xqr") };
    assert_eq!(
        why(&Failure::NoSuchRoute, &stray),
        "xQR has no route `/api/v2/assets\\u{a}`; the nearest is `GET /api/v1/assets`"
    );
    let post = RefusalFacts { method: &Method::POST, path: "/api/v1/assets", ..facts("flora") };
    assert_eq!(
        why(&Failure::WrongMethod("GET, HEAD".into()), &post),
        "`POST` is not a method of `/api/v1/assets`; it takes GET, HEAD"
    );
}

#[test]
fn a_path_that_fits_another_route_by_a_typo_is_told_with_the_one_meant() {
    let said = |method: &Method, path: &str| {
        let facts = RefusalFacts { method, path, ..facts("konpro") };
        why(&Failure::WrongMethod("DELETE".into()), &facts)
    };
    for method in [&Method::GET, &Method::HEAD] {
        assert_eq!(
            said(method, "/v1/asset/lists"),
            format!(
                "`{method}` is not a method of `/v1/asset/lists`; it takes DELETE; did you mean `GET /v1/asset/list`?"
            )
        );
    }
    for (method, path) in [(Method::GET, "/v1/asset/asset_1"), (Method::PUT, "/v1/asset/lists")] {
        assert!(said(&method, path).ends_with("; it takes DELETE"), "{method} {path}");
    }
}

#[test]
fn a_missing_key_is_told_with_the_header_expected_and_what_was_there() {
    let said = |name: &str, lines: &[(&str, &str)]| {
        why(&Failure::NoKey, &RefusalFacts { headers: &headers(lines), ..facts(name) })
    };
    assert_eq!(said("xqr", &[]), "xQR expects `Authorization: Bearer <key>`; the request has no such header");
    assert_eq!(
        said("xqr", &[("x-api-key", "a")]),
        "xQR expects `Authorization: Bearer <key>`; the request has `x-api-key` instead"
    );
    assert_eq!(
        said("konpro", &[("authorization", "Bearer a")]),
        "KonPro expects `x-api-key: <key>`; the request has `authorization` instead"
    );
    assert_eq!(
        said("xqr", &[("authorization", "Bearer ")]),
        "xQR expects `Authorization: Bearer <key>`; that header is there and holds no key"
    );
}

#[test]
fn a_malformed_key_is_told_without_showing_it() {
    let said = |value: &str| {
        why(&Failure::MalformedKey, &RefusalFacts { headers: &headers(&[("authorization", value)]), ..facts("xqr") })
    };
    let expected = |given: &str| format!("xQR expects `Authorization: Bearer <key>`; {given}");
    assert_eq!(said("Basic dXNlcjpwYXNz"), expected("the request has the scheme `Basic`"));
    assert_eq!(said(LIVE), expected("the request has no `Bearer` in front of the key"));
    assert_eq!(said("Bearer ключ"), expected("the request's has characters that are not visible ASCII"));
    assert_eq!(said(&format!("{LIVE} {LIVE}")), expected("the request's is malformed"));
    let raw = RefusalFacts { headers: &headers(&[("x-api-key", "ключ")]), ..facts("konpro") };
    assert!(why(&Failure::MalformedKey, &raw).ends_with("not visible ASCII"));
}

#[test]
fn an_unknown_key_is_told_with_whose_it_is_or_looks_like() {
    let said = |shown, owner| why(&Failure::UnknownKey, &RefusalFacts { sent_key: Some(shown), owner, ..facts("xqr") });
    assert_eq!(said("whatever", Some(card("flora"))), "key belongs to FLORA, this is xQR");
    assert_eq!(said("sk_live_abc", None), "the key looks like one of FLORA's, this is xQR");
    assert_eq!(said(LIVE, None), "the key `xqr_pk_…cdef` is not known to xQR");
    assert_eq!(said("abc", None), "the key `…` is not known to xQR");
}

#[test]
fn a_key_that_is_known_is_told_with_what_it_lacks() {
    let key = key();
    let known = RefusalFacts { sent_key: Some(LIVE), key: Some(&key), ..facts("xqr") };
    assert_eq!(why(&Failure::RevokedKey, &known), "the key `xqr_pk_…cdef` was revoked");
    assert_eq!(
        why(&Failure::ExpiredKey, &known),
        "the key `xqr_pk_…cdef` expired at 2026-03-20T00:00:00Z; the clock stands at 2026-03-21T12:00:00Z"
    );
    assert_eq!(
        why(&Failure::MissingScope("assets:read"), &known),
        "the key `xqr_pk_…cdef` lacks the scope `assets:read`; it has `assets:write`, `users:read`"
    );
    let bare = Key { scopes: Some(Vec::new()), ..key.clone() };
    assert!(
        why(&Failure::MissingScope("read"), &RefusalFacts { key: Some(&bare), ..known }).ends_with("; it has none")
    );
    assert_eq!(
        why(&Failure::ForeignWorkspace, &known),
        "the key `xqr_pk_…cdef` opens the workspace `ws_demo`, and the request asks for another"
    );
    assert_eq!(
        why(&Failure::NoSuchProject, &RefusalFacts { project: Some("prj_x"), ..known }),
        "there is no project `prj_x` in the workspace `ws_demo`"
    );
    assert_eq!(
        why(&Failure::NoSuchAsset { id: "a1".to_owned() }, &known),
        "the workspace `ws_demo` has no asset `a1` that xQR shows to this key"
    );
    assert_eq!(
        why(&Failure::AssetNotReady { id: "a1".to_owned() }, &known),
        "the asset `a1` is not in a state that the route takes: its file has not arrived, is being processed or failed"
    );
}

#[test]
fn a_quota_is_told_with_what_was_used_and_when_it_recovers() {
    let (limits, now) = (Limits::new(false), at(NOON) + 48 * SECOND);
    let own = KeyLimits::Own(RateWindow { requests: 3, seconds: 60 });
    let counts = (0..4).map(|_| limits.count(1, own, &[], now)).last().unwrap();
    let exceeded = counts.exceeded(now).unwrap();
    assert_eq!(
        why(&Failure::RateLimited(exceeded), &RefusalFacts { counts: &counts, now, ..facts("xqr") }),
        "the quota `own` is used up: 4 of 3 requests in 60 s; it recovers at 2026-03-21T12:01:00Z, in 12 s"
    );
}

#[test]
fn what_is_said_in_headers_is_visible_ascii() {
    assert_eq!(in_ascii("`é…`\u{7f} 😀"), r"`\u{e9}...`\u{7f} \u{1f600}");
    let server = Server::start("demo");
    let said = |request: &str, name: &str| {
        let answer = server.get(request, &["X-Emulator-Explain: 1", "Authorization: Bearer sk_test_demo"]);
        answer.header(name).unwrap().to_owned()
    };
    let why = said("/flora/api/v1/assets?limit=%C3%A9l%C3%A8ve", "x-emulator-why");
    assert_eq!(why, r"limit=\u{e9}l\u{e8}ve is not a number that FLORA reads");
    let warnings = said("/flora/api/v1/assets?l%C3%AFm%C3%AFt=1", "x-emulator-warnings");
    assert!(warnings.starts_with(r"`l\u{ef}m\u{ef}t` is ignored by this vendor"), "{warnings}");
}

#[test]
fn our_own_failure_points_to_the_log() {
    assert_eq!(why(&Failure::Internal, &facts("xqr")), "the emulator itself failed; its log says why");
}

fn invalid(name: &str, raw: &str) -> String {
    let card = card(name);
    why(&Failure::Invalid(card.list_operation().read(raw, Variants::default()).unwrap_err()), &facts(name))
}

#[test]
fn every_violation_is_told_with_the_value_given() {
    for (name, raw, said) in [
        ("xqr", "limit=500", "limit=500 is above the maximum 200"),
        ("xqr", "limit=0&offset=-1", "limit=0 is below the minimum 1; offset=-1 is below the minimum 0"),
        ("xqr", "limit=", "limit= is not a number that xQR reads"),
        ("flora", "limit=1.5", "limit=1.5 is not a whole number"),
        ("flora", "limit=5&limit=5", "`limit` is given more than once, or as an array"),
        ("flora", "query[x]=5", "`query` is given as an object"),
        ("flora", "cursor=%21", "cursor=! is malformed"),
        ("piktid", "order=dsc", "order=dsc is none of asc, desc; did you mean `desc`?"),
        ("piktid", "order=up", "order=up is none of asc, desc"),
        (
            "piktid",
            "include_tags=x",
            "include_tags=x is malformed: Value error, Invalid tags: x. Allowed: model, product, background, other",
        ),
        ("twelvelabs", "page_limt=5", "`page_limt` is not a parameter of `list_assets`; did you mean `page_limit`?"),
        ("twelvelabs", "zebra=5", "`zebra` is not a parameter of `list_assets`"),
    ] {
        assert_eq!(invalid(name, raw), said, "{name}?{raw}");
    }
}

#[test]
fn an_unknown_parameter_is_told_with_one_of_the_same_operation() {
    let said = |operation: &str, raw: &str| {
        let card = card("twelvelabs");
        let operation = card.operations.iter().find(|known| known.name == operation).unwrap();
        let violations = operation.read(raw, Variants::default()).unwrap_err();
        why(&Failure::Invalid(violations), &RefusalFacts { operation: Some(operation), ..facts("twelvelabs") })
    };
    assert_eq!(said("get_asset", "page_limit=5"), "`page_limit` is not a parameter of `get_asset`");
    assert_eq!(
        said("delete_asset", "forec=true"),
        "`forec` is not a parameter of `delete_asset`; did you mean `force`?"
    );
}

#[test]
fn an_unknown_field_of_the_body_is_not_told_as_a_parameter() {
    let violation = Violation::in_body("query", Some(&json!("a")), Problem::Unknown);
    assert_eq!(why(&Failure::Invalid(vec![violation]), &facts("flora")), "`query` is not a field of the body");
}

#[test]
fn a_reason_stays_short_and_in_one_line_whatever_a_client_sends() {
    let long = invalid("xqr", &format!("limit={}x%0A", "9".repeat(5000)));
    assert_eq!(long, format!("limit={}… is not a number that xQR reads", "9".repeat(60)));
    assert_eq!(
        invalid("xqr", "limit=1%0D%0A%E2%80%A8x"),
        "limit=1\\u{d}\\u{a}\\u{2028}x is not a number that xQR reads"
    );
    let many: String = (0..1000).map(|n| format!("name{n}=1&")).collect();
    let said = invalid("twelvelabs", &many);
    assert!(said.len() < 1000 && said.ends_with("; and 992 more"), "{said}");
}
