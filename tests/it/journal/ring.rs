//! Which entries are kept, and what they share.

use super::*;

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
