//! Ranges and conditional requests, as RFC 9110 says in sections 13 and 14.

use super::{PICTURE, WORLD, of};
use crate::support::{Answer, Server};

/// `Range` of a request for a thousand bytes, and the first and last byte of the answer. `None`: all of them.
const RANGES: &[(&str, Option<(usize, usize)>)] = &[
    // Section 14.1.2: what it shows for 10,000 bytes, for a tenth of that.
    ("bytes=0-499", Some((0, 499))),
    ("bytes=500-999", Some((500, 999))),
    ("bytes=-500", Some((500, 999))),
    ("bytes=950-", Some((950, 999))),
    ("bytes=0-0", Some((0, 0))),
    ("bytes=-1", Some((999, 999))),
    ("bytes=0-", Some((0, 999))),
    ("bytes=999-999", Some((999, 999))),
    // An end beyond the last byte is the last byte, and a suffix longer than the file is the file.
    ("bytes=0-1000", Some((0, 999))),
    ("bytes=998-99999999999999999999999", Some((998, 999))),
    ("bytes=-1000", Some((0, 999))),
    ("bytes=-99999999999999999999999", Some((0, 999))),
    // Units are compared without case, and a list may have empty elements.
    ("BYTES=1-2", Some((1, 2))),
    ("bytes= 1-2", Some((1, 2))),
    ("bytes=,1-2 ,,", Some((1, 2))),
    // An unknown unit and an invalid range are ignored.
    ("lines=1-2", None),
    ("bytes=2-1", None),
    ("bytes=", None),
    ("bytes=-", None),
    ("bytes=a-b", None),
    ("bytes=1-2x", None),
    ("bytes=+1-2", None),
    ("bytes=1 -2", None),
    ("bytes 1-2", None),
    ("1-2", None),
    // A server may ignore a request for several ranges.
    ("bytes=0-0,-1", None),
    ("bytes=500-600,601-999", None),
];

#[test]
fn a_request_for_a_range_gets_it() {
    let server = Server::start(WORLD);
    let whole = server.get(PICTURE, &[]).body;
    for (range, bytes) in RANGES {
        let answer = server.get(PICTURE, &[&format!("Range: {range}")]);
        let Some((first, last)) = bytes else {
            assert_eq!((answer.status, &answer.body, answer.header("content-range")), (200, &whole, None), "{range}");
            continue;
        };
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(answer.header("content-range"), Some(&*format!("bytes {first}-{last}/1000")), "{range}");
        assert_eq!(answer.body, whole[*first..=*last], "{range}");
        for name in ["etag", "content-type", "accept-ranges", "date"] {
            assert!(answer.header(name).is_some(), "{range}: no {name}");
        }
    }
}

#[test]
fn a_range_without_a_byte_is_a_416_that_says_how_many_there_are() {
    let server = Server::start(WORLD);
    let empty = of("asset_empty");
    for (path, range, length) in [
        (PICTURE, "1000-", 1000),
        (PICTURE, "1000-1001", 1000),
        (PICTURE, "-0", 1000),
        (PICTURE, "99999999999999999999999-", 1000),
        (&*empty, "0-", 0),
        (&*empty, "0-0", 0),
        (&*empty, "-1", 0),
    ] {
        let answer = server.get(path, &[&format!("Range: bytes={range}")]);
        let shown = (answer.status, answer.header("content-range"), answer.body.len());
        assert_eq!(shown, (416, Some(&*format!("bytes */{length}")), 0), "{path} {range}");
    }
    assert_eq!(server.get(&empty, &[]).status, 200);
}

#[test]
fn a_range_concerns_get_alone() {
    let server = Server::start(WORLD);
    let head = server.request("HEAD", PICTURE, &["Range: bytes=0-0"]);
    assert_eq!((head.status, head.header("content-length")), (200, Some("1000")));
}

fn conditional(server: &Server, lines: &[String]) -> Answer {
    server.get(PICTURE, &lines.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn conditions_are_evaluated_in_the_order_of_section_13_2_2() {
    let server = Server::start(WORLD);
    let tag = server.get(PICTURE, &[]).header("etag").unwrap().to_owned();
    let range = || "Range: bytes=1-2".to_owned();
    for (lines, status) in [
        // If-Match compares strongly and comes first.
        (vec![format!("If-Match: {tag}")], 200),
        (vec!["If-Match: *".to_owned()], 200),
        (vec![format!("If-Match: \"a\", {tag}")], 200),
        (vec![format!("If-Match: W/{tag}")], 412),
        (vec!["If-Match: \"a\"".to_owned(), format!("If-None-Match: {tag}")], 412),
        (vec![format!("If-Match: {tag}"), range()], 206),
        // If-None-Match compares weakly.
        (vec![format!("If-None-Match: {tag}")], 304),
        (vec![format!("If-None-Match: W/{tag}")], 304),
        (vec![format!("If-None-Match: \"a\",{tag}")], 304),
        (vec!["If-None-Match: *".to_owned()], 304),
        (vec!["If-None-Match: \"a\"".to_owned()], 200),
        (vec![format!("If-None-Match: {tag}"), range()], 304),
        (vec!["If-None-Match: \"a\"".to_owned(), range()], 206),
        // If-Range compares strongly. There is no date of the last change, so none is equal to it.
        (vec![format!("If-Range: {tag}"), range()], 206),
        (vec![format!("If-Range: W/{tag}"), range()], 200),
        (vec!["If-Range: \"a\"".to_owned(), range()], 200),
        (vec!["If-Range: Sat, 21 Mar 2026 12:00:00 GMT".to_owned(), range()], 200),
        (vec!["If-Range: \"a\"".to_owned(), "Range: bytes=1000-".to_owned()], 200),
        (vec![format!("If-Range: {tag}")], 200),
        // Without a date of the last change, conditions with dates are ignored.
        (vec!["If-Modified-Since: Sat, 21 Mar 2026 12:00:00 GMT".to_owned()], 200),
        (vec!["If-Unmodified-Since: Sat, 21 Mar 2020 12:00:00 GMT".to_owned()], 200),
    ] {
        let answer = conditional(&server, &lines);
        assert_eq!((answer.status, answer.header("etag")), (status, Some(&*tag)), "{lines:?}");
        assert_eq!(
            answer.body.len(),
            [(200, 1000), (206, 2)].into_iter().find(|(s, _)| *s == status).map_or(0, |(_, length)| length)
        );
    }
}

#[test]
fn the_tag_changes_with_the_bytes() {
    let server = Server::start(WORLD);
    let tag = || server.get(PICTURE, &[]).header("etag").unwrap().to_owned();
    let before = tag();
    let path = "/_emulator/workspaces/ws_bytes/assets/asset_picture";
    assert_eq!(server.call("PATCH", path, &serde_json::json!({"tags": ["a"]})).status, 200);
    assert_eq!(tag(), before, "tags are not in the bytes");
    assert_eq!(server.call("PATCH", path, &serde_json::json!({"width": 31})).status, 200);
    assert_ne!(tag(), before);
}
