//! The journal: what it keeps and drops, what is found in it and waited for, how an entry is shown.

use std::sync::Arc;
use std::time::Duration;

use assetmock::emulator::explain::Warning;
use assetmock::emulator::journal::{
    BODY_CAP, Body, BodyView, Bounds, Diagnostics, EntryView, Filter, Journal, JournalEntry, Lost, PackedHeaders,
};
use assetmock::http::response_body::ResponseBody;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{NOON, at, block_on, heads};

pub const KEY: &str = "xqr_pk_a1b2c3d4.0123456789abcdef";

/// A request of xQR's in the workspace `ws_a`, answered with 200 and `{}`.
pub fn exchange(target: &str) -> JournalEntry {
    JournalEntry {
        seq: 0,
        at: at(NOON),
        provider: Some("xqr"),
        operation: None,
        workspace: Some("ws_a".into()),
        key: Some(KEY.into()),
        method: Method::GET,
        heads: heads(
            target,
            &[("host", "localhost:4750"), ("authorization", &format!("Bearer {KEY}"))],
            &[("content-type", "application/json")],
        ),
        version: Version::HTTP_11,
        request_body: None,
        status: Some(StatusCode::OK),
        response_body: Body::of(Bytes::from_static(b"{}")),
        duration: Duration::from_micros(210),
        diagnostics: None,
    }
}

pub fn remarked(diagnostics: Diagnostics) -> Option<Box<Diagnostics>> {
    Some(Box::new(diagnostics))
}

pub fn filter(json: Value) -> Filter {
    serde_json::from_value(json).unwrap()
}

fn seqs(entries: &[Arc<JournalEntry>]) -> Vec<u64> {
    entries.iter().map(|entry| entry.seq).collect()
}

fn everything(journal: &Journal) -> Vec<u64> {
    seqs(&journal.find(&Filter::default()))
}

#[test]
fn numbers_count_from_1_and_are_never_used_again() {
    let journal = Journal::default();
    assert_eq!([journal.record(exchange("/1")), journal.record(exchange("/2"))], [1, 2]);
    assert_eq!(journal.clear(None), 2);
    assert_eq!(journal.record(exchange("/3")), 3);
    assert_eq!(everything(&journal), [3]);
}

#[test]
fn the_oldest_entries_make_room_and_are_counted() {
    let journal = Journal::new(Bounds { entries: 3, ..Bounds::default() });
    for _ in 0..5 {
        journal.record(exchange("/"));
    }
    assert_eq!(everything(&journal), [3, 4, 5]);
    let stats = journal.stats(None);
    assert_eq!((stats.held, stats.dropped, stats.next_seq), (3, 2, 6));
}

fn of(workspace: Option<&str>, provider: Option<&'static str>) -> JournalEntry {
    JournalEntry { workspace: workspace.map(Arc::from), provider, ..exchange("/") }
}

fn lost(workspace: Option<&str>, provider: Option<&'static str>, dropped: u64, dropped_to: u64) -> Lost {
    Lost { workspace: workspace.map(str::to_owned), provider, dropped, dropped_to, bodies_dropped: 0 }
}

#[test]
fn each_workspace_keeps_its_newest_entries_whatever_others_do() {
    let journal = Journal::new(Bounds { entries: 3, ..Bounds::default() });
    let record = |workspace, provider| journal.record(of(workspace, provider));
    record(Some("ws_quiet"), Some("xqr"));
    record(None, Some("flora"));
    record(None, None);
    for _ in 0..100 {
        record(Some("ws_busy"), Some("xqr"));
        record(None, Some("konpro"));
    }
    record(Some("ws_quiet"), Some("flora"));
    assert_eq!(everything(&journal), [1, 2, 3, 198, 199, 200, 201, 202, 203, 204], "all of them, in order");
    assert_eq!(seqs(&journal.find(&filter(json!({"workspace": "ws_quiet"})))), [1, 204]);
    assert_eq!(seqs(&journal.find(&filter(json!({"workspace": "ws_busy"})))), [198, 200, 202]);
    assert_eq!(journal.stats(Some("ws_quiet")).lost, []);
    let busy = lost(Some("ws_busy"), None, 97, 196);
    assert_eq!(journal.stats(Some("ws_busy")).lost, std::slice::from_ref(&busy));
    let stats = journal.stats(None);
    assert_eq!((stats.lost, stats.dropped), (vec![busy, lost(None, Some("konpro"), 97, 197)], 194));
    assert_eq!(journal.clear(Some("ws_busy")), 3);
    assert_eq!(journal.stats(Some("ws_busy")).lost, [], "what is cleared is not lost");
    assert_eq!(journal.clear(None), 7);
    assert_eq!(journal.stats(None).lost, []);
}

/// Beyond the bound of bytes the oldest bodies go, whosever they are; their entries stay, and say so.
#[test]
fn bodies_are_bounded_for_all_together_and_go_before_their_entries() {
    let journal = Journal::new(Bounds { bytes: 250, ..Bounds::default() });
    for (number, workspace) in ["ws_a", "ws_a", "ws_b", "ws_b"].into_iter().enumerate() {
        let response_body = Body::of(vec![b'x'; 80]);
        let request_body = (number == 0).then(|| Box::new(Body::of(vec![b'y'; 30])));
        journal.record(JournalEntry {
            workspace: Some(workspace.into()),
            request_body,
            response_body,
            ..exchange("/")
        });
    }
    journal.record(JournalEntry { response_body: Body::default(), ..exchange("/none") });
    let found = journal.find(&Filter::default());
    let shown: Vec<_> = found.iter().map(|entry| EntryView::of(entry)).collect();
    let texts = shown.iter().map(|shown| (shown.bodies_dropped, shown.response_body_length));
    assert_eq!(texts.collect::<Vec<_>>(), [(true, 80), (false, 80), (false, 80), (false, 80), (false, 0)]);
    let empty = BodyView::Text(String::new());
    assert_eq!((&shown[0].response_body, &shown[0].request_body), (&empty, &empty));
    assert!(shown[0].response_body_cut && shown[0].request_body_cut);
    let stats = journal.stats(None);
    assert_eq!((stats.held, stats.dropped, stats.bodies_dropped), (5, 0, 1));
    assert_eq!(stats.lost, [Lost { bodies_dropped: 1, ..lost(Some("ws_a"), None, 0, 0) }]);
    let journal = Journal::new(Bounds { bytes: 10, ..Bounds::default() });
    journal.record(JournalEntry { response_body: Body::of(vec![b'x'; 11]), ..exchange("/") });
    assert_eq!((journal.stats(None).held, journal.stats(None).bodies_dropped), (1, 1), "longer than all");
}

/// So that many workspaces, each with its own entries, stay small.
#[test]
fn heads_are_bounded_for_all_together_and_each_byte_of_them_counts() {
    let sized = |workspace: &str, heads: PackedHeaders| JournalEntry {
        workspace: Some(workspace.into()),
        heads,
        response_body: Body::default(),
        ..exchange("/?q")
    };
    let bytes = |heads: PackedHeaders| {
        let journal = Journal::default();
        journal.record(sized("ws_a", heads));
        journal.stats(None).bytes
    };
    let base = bytes(heads("/?q", &[("a", "bc")], &[]));
    assert!(base > size_of::<JournalEntry>() + "/?qabc".len(), "{base}");
    assert_eq!(bytes(heads("/?qq", &[("a", "bc")], &[])), base + 1);
    assert_eq!(bytes(heads("/?q", &[("a", "bcd")], &[])), base + 1);
    assert_eq!(bytes(heads("/?q", &[("a", "bc")], &[("a", "b")])), base + 4);

    let journal = Journal::new(Bounds { head_bytes: 10 * base, ..Bounds::default() });
    for number in 0..100 {
        journal.record(sized(&format!("ws_{number}"), heads("/?q", &[("a", "bc")], &[])));
    }
    assert_eq!(everything(&journal), (91..=100).collect::<Vec<_>>(), "the oldest of all went");
    assert_eq!((journal.stats(None).bytes, journal.stats(None).dropped), (10 * base, 90));
    assert_eq!(journal.stats(Some("ws_0")).lost, [lost(Some("ws_0"), None, 1, 1)]);
}

/// An answer that is given again and again is one piece of memory, whoever holds it.
#[test]
fn a_body_that_entries_share_counts_once_and_as_long_as_one_of_them_is_held() {
    let shared = Bytes::from(vec![b'x'; 1000]);
    let with = |body: &Bytes| JournalEntry { response_body: Body::of(body.clone()), ..exchange("/") };
    let journal = Journal::new(Bounds { entries: 2, ..Bounds::default() });
    journal.record(with(&Bytes::new()));
    let base = journal.stats(None).bytes;
    journal.record(with(&shared));
    assert_eq!(journal.stats(None).bytes, 2 * base + 1000);
    journal.record(with(&shared));
    assert_eq!(journal.stats(None).bytes, 2 * base + 1000);
    journal.record(with(&Bytes::new()));
    assert_eq!(journal.stats(None).bytes, 2 * base + 1000);
    journal.record(with(&Bytes::new()));
    assert_eq!(journal.stats(None).bytes, 2 * base);
}

/// So is the beginning of one, which a fault may have left of it.
#[test]
fn a_body_that_begins_like_another_is_shown_as_it_was() {
    let (whole, journal) = (Bytes::from_static(b"a whole body"), Journal::default());
    for length in [12, 7, 12, 0, 7] {
        journal.record(JournalEntry { response_body: Body::of(whole.slice(..length)), ..exchange("/") });
    }
    let shown =
        journal.find(&Filter::default()).iter().map(|entry| EntryView::of(entry).response_body).collect::<Vec<_>>();
    let texts = ["a whole body", "a whole", "a whole body", "", "a whole"];
    assert_eq!(shown, texts.map(|text| BodyView::Text(text.to_owned())));
}

/// However often the oldest have made room, what is left is what was sent.
#[test]
fn each_entry_keeps_its_own_texts_while_others_come_and_go() {
    let sent = |number: u64| (format!("/{}", "x".repeat(number as usize % 97)), format!("{number}"));
    let journal = Journal::new(Bounds { entries: 25, ..Bounds::default() });
    for number in 1..=1000 {
        let (target, body) = sent(number);
        let workspace = Some(if number % 3 == 0 { "ws_a" } else { "ws_b" }.into());
        let response_body = Body::of(ResponseBody::unshared(body.into()));
        assert_eq!(journal.record(JournalEntry { workspace, response_body, ..exchange(&target) }), number);
        if number == 500 {
            assert_eq!(journal.clear(Some("ws_a")), 25);
        }
        if number % 70 == 0 || number == 510 {
            for entry in journal.find(&Filter::default()) {
                let EntryView { target, response_body, .. } = EntryView::of(&entry);
                let (its_target, its_body) = sent(entry.seq);
                assert_eq!((target, response_body), (its_target, BodyView::Text(its_body)), "{}", entry.seq);
            }
        }
    }
    let newest = |of_a: bool| (1..=1000).rev().filter(move |number| (number % 3 == 0) == of_a).take(25);
    let mut expected: Vec<u64> = newest(true).chain(newest(false)).collect();
    expected.sort_unstable();
    assert_eq!(everything(&journal), expected);
}

/// The server's headers and targets are slices of its read buffer.
#[test]
fn nothing_of_the_connections_buffer_is_held_on_to() {
    let buffer = Bytes::from(format!("{}/path?query{}", "x".repeat(4000), "y".repeat(4000)));
    let mut sliced = exchange("/");
    let target = Uri::from_maybe_shared(buffer.slice(4000..4011)).unwrap();
    let mut given = HeaderMap::new();
    given.insert("x-one", HeaderValue::from_maybe_shared(buffer.slice(..10)).unwrap());
    given.append("x-one", HeaderValue::from_maybe_shared(buffer.slice(4011..4021)).unwrap());
    sliced.heads = PackedHeaders::of(&target, &given, None);
    drop((target, given));
    let journal = Journal::default();
    journal.record(sliced);
    assert!(buffer.is_unique());
    let entry = &journal.find(&Filter::default())[0];
    assert_eq!(entry.heads.target().to_string(), "/path?query");
    assert_eq!(entry.heads.request().get_all("x-one").iter().collect::<Vec<_>>(), ["xxxxxxxxxx", "yyyyyyyyyy"]);
    let absolute = exchange("http://xqr.co/a?b");
    journal.record(absolute);
    let entry = &journal.find(&Filter::default())[1];
    assert_eq!(entry.heads.target().to_string(), "http://xqr.co/a?b");
    assert_eq!((entry.heads.target().path(), entry.heads.target().query()), ("/a", Some("b")));
}

#[test]
fn of_a_long_body_the_beginning_is_kept() {
    let whole = Bytes::from(vec![b'x'; BODY_CAP + 1]);
    let body = Body::of(whole.clone());
    assert_eq!((body.kept.len(), body.length, body.is_cut()), (BODY_CAP, BODY_CAP as u64 + 1, true));
    assert!(
        whole.is_unique() || !std::ptr::eq(whole.as_ptr(), body.kept.whole().as_ptr()),
        "the rest is not held on to"
    );
    assert!(!Body::of(whole.slice(1..)).is_cut());
}

#[test]
fn a_workspace_is_cleared_without_the_others() {
    let journal = Journal::default();
    journal.record(exchange("/"));
    journal.record(JournalEntry { workspace: Some("ws_b".into()), ..exchange("/") });
    journal.record(JournalEntry { workspace: None, ..exchange("/") });
    let before = journal.stats(None).bytes;
    assert_eq!(journal.clear(Some("ws_a")), 1);
    assert_eq!(everything(&journal), [2, 3]);
    // The two bytes of their bodies are shared by all three.
    assert_eq!((journal.stats(None).bytes, journal.stats(None).dropped), ((before - 2) / 3 * 2 + 2, 0));
}

/// Entries are written one after the other into the same pieces of memory.
#[test]
fn what_is_cleared_takes_nothing_from_its_neighbours() {
    let journal = Journal::default();
    for number in 0..200 {
        let workspace = if number % 3 == 0 { "ws_a" } else { "ws_b" };
        let end = Bytes::from(format!("{{\"request\": {number}}}"));
        journal.record(JournalEntry {
            workspace: Some(workspace.into()),
            response_body: Body::of(ResponseBody::of(Bytes::from_static(b"page "), end)),
            ..exchange(&format!("/{number}?{}", "x".repeat(number)))
        });
    }
    let kept = |journal: &Journal| {
        let found = journal.find(&filter(json!({"workspace": "ws_b"})));
        found.iter().map(|entry| serde_json::to_value(EntryView::of(entry)).unwrap()).collect::<Vec<_>>()
    };
    let before = kept(&journal);
    assert_eq!(before.len(), 133);
    assert_eq!(before[132]["response_body"], "page {\"request\": 199}");
    assert_eq!(journal.clear(Some("ws_a")), 67);
    journal.record(exchange("/after"));
    assert_eq!(kept(&journal), before);
}

#[test]
fn every_field_of_a_filter_narrows() {
    let journal = Journal::default();
    journal.record(exchange("/xqr/api/v1/assets?limit=5&name=a%20b&limit=6"));
    journal.record(JournalEntry {
        provider: Some("flora"),
        workspace: Some("ws_b".into()),
        key: Some("sk_other".into()),
        method: Method::POST,
        status: Some(StatusCode::NOT_FOUND),
        heads: heads("/api/v1/b%C3%BCrste", &[("x-run", "7"), ("x-run", "8")], &[]),
        diagnostics: remarked(Diagnostics {
            faults: vec!["server_error".to_owned()],
            warnings: vec![Warning::Empty { name: "query" }],
            ..Diagnostics::default()
        }),
        ..exchange("/api/v1/b%C3%BCrste")
    });
    journal.record(JournalEntry { provider: None, workspace: None, key: None, status: None, ..exchange("/elsewhere") });
    for (asked, expected) in [
        (json!({}), &[1, 2, 3][..]),
        (json!({"provider": "flora"}), &[2]),
        (json!({"workspace": "ws_a"}), &[1]),
        (json!({"key": KEY}), &[1]),
        (json!({"key": &KEY[..12]}), &[]),
        (json!({"method": "post"}), &[2]),
        (json!({"status": 404}), &[2]),
        (json!({"status": "404"}), &[2]),
        (json!({"status": "2xx"}), &[1]),
        (json!({"path": "/xqr/api/v1/assets"}), &[1]),
        (json!({"path": "/api/v1/assets"}), &[1]),
        (json!({"path": "/api/v1/asset"}), &[]),
        (json!({"path": "/api/v1/*"}), &[1, 2]),
        (json!({"path": "/api/v1/bürste"}), &[2]),
        (json!({"query": {"limit": "6"}}), &[1]),
        (json!({"query": {"limit": "5", "name": "a b"}}), &[1]),
        (json!({"query": {"limit": "7"}}), &[]),
        (json!({"header": {"X-Run": "8"}}), &[2]),
        (json!({"header": {"not a name": "8"}}), &[]),
        (json!({"after": 1}), &[2, 3]),
        (json!({"fault": "server_error"}), &[2]),
        (json!({"warnings": true}), &[2]),
        (json!({"warnings": false}), &[1, 3]),
        (json!({"provider": "xqr", "status": "4xx"}), &[]),
    ] {
        assert_eq!(seqs(&journal.find(&filter(asked.clone()))), expected, "{asked}");
    }
}

#[test]
fn a_limit_leaves_the_newest_or_those_right_after_a_number() {
    let journal = Journal::default();
    for _ in 0..9 {
        journal.record(exchange("/"));
    }
    assert_eq!(seqs(&journal.find(&filter(json!({"limit": 2})))), [8, 9]);
    assert_eq!(seqs(&journal.find(&filter(json!({"limit": 2, "after": 3})))), [4, 5]);
    assert!(journal.find(&filter(json!({"after": 9}))).is_empty());
}

#[test]
fn the_schema_of_a_filter_is_as_strict_as_its_reader() {
    let schema = serde_json::to_value(schemars::schema_for!(Filter)).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    let status = &schema["$defs"]["StatusFilter"]["anyOf"];
    assert_eq!((&status[0]["minimum"], &status[0]["maximum"]), (&json!(200), &json!(999)), "{schema:#}");
    assert_eq!(status[1]["pattern"], "^([2-9][0-9][0-9]|[2-5]xx)$");
}

#[test]
fn a_filter_says_what_it_cannot_read() {
    for (json, said) in [
        (json!({"metod": "GET"}), "unknown field `metod`"),
        (json!({"status": "4x"}), "a class such as `4xx`"),
        (json!({"status": 99}), "a class such as `4xx`"),
        (json!({"status": true}), "a class such as `4xx`"),
    ] {
        let error = serde_json::from_value::<Filter>(json.clone()).unwrap_err().to_string();
        assert!(error.contains(said), "{json}: {error}");
    }
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_match_that_is_there_is_not_waited_for() {
    let journal = Journal::default();
    journal.record(exchange("/a"));
    let found = block_on(journal.wait(&filter(json!({"path": "/a"})), Duration::ZERO));
    assert_eq!(seqs(&found.unwrap()), [1]);
}

#[test]
fn a_match_that_arrives_later_ends_the_wait_and_others_do_not() {
    let journal = Journal::default();
    let wanted = filter(json!({"path": "/b"}));
    let (found, ()) = block_on(async {
        tokio::join!(journal.wait(&wanted, LONG), async {
            for path in ["/a", "/a", "/b"] {
                journal.record(exchange(path));
                tokio::task::yield_now().await;
            }
        })
    });
    assert_eq!(seqs(&found.unwrap()), [3]);
}

#[test]
fn a_wait_without_a_match_ends_in_time() {
    let journal = Journal::default();
    journal.record(exchange("/a"));
    assert!(block_on(journal.wait(&filter(json!({"after": 1})), Duration::from_millis(1))).is_none());
}

#[test]
fn one_entry_ends_many_waits() {
    let journal = Journal::default();
    let wanted: Vec<_> = (0..100).map(|n| filter(json!({"path": format!("/{}*", n % 2)}))).collect();
    let (found, _) = block_on(async {
        tokio::join!(join_all(wanted.iter().map(|wanted| journal.wait(wanted, LONG))), async {
            journal.record(exchange("/0"));
            tokio::task::yield_now().await;
            journal.record(exchange("/1"))
        })
    });
    let expected = |n: usize| vec![n as u64 % 2 + 1];
    assert!(found.into_iter().enumerate().all(|(n, found)| seqs(&found.unwrap()) == expected(n)));
}

#[test]
fn eight_threads_record_while_others_wait_and_nothing_is_lost() {
    const EACH: u64 = 500;
    let journal = Journal::default();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let journal = &journal;
            scope.spawn(move || {
                let mine = (0..EACH).map(|n| journal.record(exchange(&format!("/{thread}/{n}")))).collect::<Vec<_>>();
                assert!(mine.is_sorted());
            });
            scope.spawn(move || {
                let last = filter(json!({"path": format!("/{thread}/{}", EACH - 1)}));
                assert_eq!(block_on(journal.wait(&last, LONG)).unwrap().len(), 1);
            });
        }
    });
    assert_eq!(everything(&journal), (1..=8 * EACH).collect::<Vec<_>>());
    let newest = filter(json!({"path": "/3/*"}));
    assert_eq!(journal.find(&newest).len() as u64, EACH);
}

fn shown(exchange: JournalEntry) -> Value {
    let journal = Journal::default();
    journal.record(exchange);
    serde_json::to_value(EntryView::of(&journal.find(&Filter::default())[0])).unwrap()
}

#[test]
fn an_entry_is_shown_with_masked_secrets() {
    let refused = JournalEntry {
        status: Some(StatusCode::BAD_REQUEST),
        diagnostics: remarked(Diagnostics {
            why: Some("limit=500 is above the maximum 200".to_owned()),
            warnings: vec![Warning::Ignored { name: "page_limt".to_owned(), meant: None }],
            ..Diagnostics::default()
        }),
        response_body: Body::of(format!("you are {KEY}")),
        ..exchange("/xqr/api/v1/assets?limit=500")
    };
    assert_eq!(
        shown(refused),
        json!({
            "seq": 1, "at": NOON, "provider": "xqr", "operation": null, "workspace": "ws_a", "key": "xqr_pk_…cdef",
            "method": "GET", "target": "/xqr/api/v1/assets?limit=500", "http_version": "HTTP/1.1",
            "request_headers": [
                {"name": "host", "value": "localhost:4750"},
                {"name": "authorization", "value": "Bearer xqr_pk_…cdef"},
            ],
            "request_body": "", "request_body_cut": false, "status": 400,
            "response_headers": [{"name": "content-type", "value": "application/json"}],
            "response_body": "you are xqr_pk_…cdef", "response_body_cut": false, "response_body_length": 40,
            "response_body_sent": 40, "bodies_dropped": false,
            "duration_us": 210, "faults": [], "why": "limit=500 is above the maximum 200",
            "warnings": ["`page_limt` is ignored by this vendor"],
        })
    );
}

#[test]
fn a_body_is_shown_as_text_where_it_is_one() {
    let body = |body: Vec<u8>| shown(JournalEntry { request_body: Some(Box::new(Body::of(body))), ..exchange("/") });
    assert_eq!(body(vec![0xff, 0x00])["request_body"], json!({"base64": "/wA="}));
    let cut_in_a_character = body([&b"x".repeat(BODY_CAP - 1)[..], "ü".as_bytes()].concat());
    assert_eq!(cut_in_a_character["request_body"], "x".repeat(BODY_CAP - 1));
    assert_eq!(cut_in_a_character["request_body_cut"], true);
}

#[test]
fn an_exchange_is_one_line_in_the_log() {
    let refused = JournalEntry {
        workspace: Some("ws_demo".into()),
        key: Some(format!("xqr_pk_00000000.{}", "0".repeat(64)).into()),
        status: Some(StatusCode::BAD_REQUEST),
        diagnostics: remarked(Diagnostics {
            why: Some("limit=500 is above the maximum 200".to_owned()),
            ..Diagnostics::default()
        }),
        ..exchange("/xqr/api/v1/assets?limit=500")
    };
    assert_eq!(
        refused.to_string(),
        "xqr GET /xqr/api/v1/assets?limit=500 400 0.21ms ws_demo xqr_pk_…0000 — limit=500 is above the maximum 200"
    );
    let unknown = JournalEntry {
        provider: None,
        workspace: None,
        key: None,
        status: None,
        diagnostics: remarked(Diagnostics { faults: vec!["reset".to_owned()], ..Diagnostics::default() }),
        ..exchange(&format!("/{}", "x".repeat(1000)))
    };
    assert_eq!(unknown.to_string(), format!("- GET /{}… - 0.21ms - - [reset]", "x".repeat(239)));
}
