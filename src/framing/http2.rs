//! HTTP/2's frames, as far as request paths need it: in HEADERS frames, bytes of `:path` that the HTTP layer would refuse are
//! percent-encoded. All else passes unchanged, and what is not understood is left to the HTTP layer, which refuses it.
//!
//! A path that the client puts into the table of its connection (literal with incremental indexing) is also left as it is: the
//! encoded path is longer, so the table of the HTTP layer would drop its oldest entries earlier than the client's. curl,
//! Node and all others that use nghttp2 index no paths.

use std::ops::Range;

use super::huffman;
use super::percent_encoded;

/// The length of what comes before a frame's payload.
const HEAD: usize = 9;

/// The largest payload that we accept.
const LARGEST: usize = 16_384;

const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;

const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// The two entries of HPACK's static table that are named `:path`.
const PATHS: Range<usize> = 4..6;

/// What follows the preface of a connection.
#[derive(Debug, Default)]
pub struct Frames {
    /// The beginning of a frame, which passes once the rest is there: less than a head, or a part of a HEADERS frame.
    held: Vec<u8>,
    /// How many bytes of the current frame are still to pass.
    passing: usize,
}

impl Frames {
    /// Takes the next bytes, and gives what the HTTP layer should read in their place, if it is not the same. That may be
    /// nothing, until more bytes come.
    pub fn take(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.held.is_empty() {
            let (changed, taken) = self.follow(bytes);
            self.held.extend_from_slice(&bytes[taken..]);
            return changed.or_else(|| (taken < bytes.len()).then(|| bytes[..taken].to_vec()));
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let (changed, taken) = self.follow(&held);
        if taken == 0 {
            self.held = held;
            return Some(Vec::new());
        }
        self.held = held.split_off(taken);
        Some(changed.unwrap_or(held))
    }

    /// Takes all frames that are complete enough; what they become if they do not stay the same, and how many bytes these are.
    fn follow(&mut self, bytes: &[u8]) -> (Option<Vec<u8>>, usize) {
        let (mut changed, mut done): (Option<Vec<u8>>, usize) = (None, 0);
        loop {
            let part = self.passing.min(bytes.len() - done);
            self.passing -= part;
            if let Some(changed) = &mut changed {
                changed.extend_from_slice(&bytes[done..done + part]);
            }
            done += part;
            let Some((head, rest)) = bytes[done..].split_at_checked(HEAD) else { break };
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            if head[3] != HEADERS || length > LARGEST {
                self.passing = HEAD + length;
                continue;
            }
            let Some(payload) = rest.get(..length) else { break };
            match encode_path(head, payload) {
                Some(frames) => {
                    changed.get_or_insert_with(|| bytes[..done].to_vec()).extend_from_slice(&frames);
                    done += HEAD + length;
                }
                None => self.passing = HEAD + length,
            }
        }
        (changed, done)
    }
}

/// A HEADERS frame whose path is encoded, if it has to be. It has no padding; what is too long for it is in CONTINUATION
/// frames.
fn encode_path(head: &[u8], payload: &[u8]) -> Option<Vec<u8>> {
    let flags = head[4];
    let (mut start, mut end) = (0, payload.len());
    if flags & PADDED != 0 {
        (start, end) = (1, end.checked_sub(usize::from(*payload.first()?))?);
    }
    let priority = start;
    start += if flags & PRIORITY != 0 { 5 } else { 0 };
    let block = payload.get(start..end)?;
    let (range, path) = find_path(block)?;
    let encoded = percent_encoded(&path)?;
    let mut changed = [&payload[priority..start], &block[..range.start]].concat();
    write_length(&mut changed, encoded.len());
    changed.extend_from_slice(&encoded);
    changed.extend_from_slice(&block[range.end..]);
    Some(frames(&changed, flags & !PADDED, &head[5..]))
}

/// A HEADERS frame with this payload, and as many CONTINUATION frames as it takes.
fn frames(payload: &[u8], flags: u8, stream: &[u8]) -> Vec<u8> {
    let mut frames = Vec::with_capacity(HEAD + payload.len());
    let last = payload.len().div_ceil(LARGEST) - 1;
    for (number, part) in payload.chunks(LARGEST).enumerate() {
        let (kind, flags) = if number == 0 { (HEADERS, flags) } else { (CONTINUATION, flags & END_HEADERS) };
        let flags = if number == last { flags } else { flags & !END_HEADERS };
        frames.extend_from_slice(&[0, (part.len() >> 8) as u8, part.len() as u8, kind, flags]);
        frames.extend_from_slice(stream);
        frames.extend_from_slice(part);
    }
    frames
}

/// Where in this header block (RFC 7541, section 6) the value of `:path` is, its length included, and what it says; nothing
/// if it is not there or is indexed.
fn find_path(block: &[u8]) -> Option<(Range<usize>, Vec<u8>)> {
    let mut block = Block { bytes: block, at: 0 };
    loop {
        let first = *block.bytes.get(block.at)?;
        let (prefix, is_literal) = match first {
            0x80.. => (7, false),
            0x40.. => (6, true),
            0x20.. => (5, false),
            _ => (4, true),
        };
        let index = block.integer(prefix)?;
        if !is_literal {
            continue;
        }
        let is_path = if index == 0 { block.text()?.decoded()? == b":path" } else { PATHS.contains(&index) };
        let start = block.at;
        let value = block.text()?;
        if is_path {
            return (prefix == 4).then_some((start..block.at, value.decoded()?));
        }
    }
}

/// A header block, read up to here.
struct Block<'b> {
    bytes: &'b [u8],
    at: usize,
}

/// A text of a header block.
struct Text<'b> {
    bytes: &'b [u8],
    is_huffman: bool,
}

impl<'b> Block<'b> {
    /// An integer that begins in the last bits of the next byte (RFC 7541, section 5.1).
    fn integer(&mut self, prefix: u32) -> Option<usize> {
        let mask = (1 << prefix) - 1;
        let mut value = usize::from(self.byte()?) & mask;
        if value < mask {
            return Some(value);
        }
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value += usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn text(&mut self) -> Option<Text<'b>> {
        let is_huffman = *self.bytes.get(self.at)? & 0x80 != 0;
        let length = self.integer(7)?;
        let bytes = self.bytes[self.at..].get(..length)?;
        self.at += length;
        Some(Text { bytes, is_huffman })
    }
}

impl Text<'_> {
    fn decoded(&self) -> Option<Vec<u8>> {
        if self.is_huffman { huffman::decode(self.bytes) } else { Some(self.bytes.to_vec()) }
    }
}

/// The length of a text that follows as it is.
fn write_length(block: &mut Vec<u8>, length: usize) {
    if length < 0x7f {
        return block.push(length as u8);
    }
    block.push(0x7f);
    let mut rest = length - 0x7f;
    while rest > 0x7f {
        block.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    block.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use proptest::test_runner::RngSeed;

    use super::super::huffman::tests::encode;
    use super::*;

    const PATH: &[u8] = b"/a?b=[\"c\",\"<\xc3\xa9>\"]";
    const ENCODED: &[u8] = b"/a?b=[%22c%22,%22%3C%C3%A9%3E%22]";

    /// What the HTTP layer reads when these bytes come in parts of this size.
    fn read_in_parts(bytes: &[u8], size: usize) -> Vec<u8> {
        let mut frames = Frames::default();
        bytes.chunks(size).flat_map(|part| frames.take(part).unwrap_or_else(|| part.to_vec())).collect()
    }

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = payload.len();
        let head = [(length >> 16) as u8, (length >> 8) as u8, length as u8, kind, flags, 0, 0, 0, 1];
        [&head, payload].concat()
    }

    fn text(bytes: &[u8], is_huffman: bool) -> Vec<u8> {
        let bytes = if is_huffman { encode(bytes) } else { bytes.to_vec() };
        let mut text = Vec::new();
        write_length(&mut text, bytes.len());
        if is_huffman {
            text[0] |= 0x80;
        }
        [text, bytes].concat()
    }

    /// What comes before a path: as an index or a name, and whether the client indexes the path.
    fn names() -> Vec<(Vec<u8>, bool)> {
        let named = |first: u8, is_huffman| [vec![first], text(b":path", is_huffman)].concat();
        let indexed = [(vec![0x44], true), (vec![0x45], true), (named(0x40, true), true)];
        let others =
            [(vec![0x04], false), (vec![0x15], false), (named(0x00, false), false), (named(0x10, true), false)];
        [&indexed[..], &others].concat()
    }

    /// A frame, and what should be read in its place.
    fn frames_with_paths() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
        let parts = (select(names()), select(vec![PATH, ENCODED, b"/", b""]), any::<bool>(), 0..4_u8, 0..2_u8, 0..9_u8);
        parts.prop_map(|((name, is_indexed), path, is_huffman, frame_flags, order, pad)| {
            // :method GET, :scheme http, an indexed header with a quote, a size of the table, an entry of the table
            let others =
                [vec![0x82, 0x86, 0x40], text(b"x", true), text(b"\"", is_huffman), vec![0x3f, 0x00, 0xff, 0x10]];
            let others = others.concat();
            let block = |value: Vec<u8>| match order {
                0 => [&others, &name, &value].map(Vec::as_slice).concat(),
                _ => [&name, &value, &others].map(Vec::as_slice).concat(),
            };
            let (mut before, mut after, mut flags) = (vec![], vec![], 0x1 | END_HEADERS);
            if frame_flags & 1 != 0 {
                (before, after, flags) = (vec![pad], vec![0; pad.into()], flags | PADDED);
            }
            let mut priority = vec![];
            if frame_flags & 2 != 0 {
                (priority, flags) = (vec![0, 0, 0, 0, 15], flags | PRIORITY);
            }
            let sent =
                frame(HEADERS, flags, &[before, priority.clone(), block(text(path, is_huffman)), after].concat());
            let is_changed = path == PATH && !is_indexed;
            let changed = || frame(HEADERS, flags & !PADDED, &[priority, block(text(ENCODED, false))].concat());
            let read = if is_changed { changed() } else { sent.clone() };
            (sent, read)
        })
    }

    /// Frames that pass, whatever is in them.
    fn other_frames() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
        let kinds = select(vec![0, 2, 3, 4, 8, CONTINUATION, 77]);
        (kinds, any::<u8>(), vec(any::<u8>(), 0..300)).prop_map(|(kind, flags, payload)| {
            let frame = frame(kind, flags, &payload);
            (frame.clone(), frame)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default()
        })]

        #[test]
        fn only_paths_are_encoded_whatever_the_parts_in_which_frames_come(
            frames in vec(prop_oneof![frames_with_paths(), other_frames()], 1..8),
            size in 1..200_usize,
        ) {
            let (sent, read): (Vec<_>, Vec<_>) = frames.into_iter().unzip();
            prop_assert_eq!(read_in_parts(&sent.concat(), size), read.concat());
            prop_assert_eq!(read_in_parts(&sent.concat(), sent.concat().len()), read.concat());
        }

        /// Most of them with heads of HEADERS frames, since others would only be counted.
        #[test]
        fn no_bytes_are_too_strange_and_parts_make_no_difference(
            frames in vec((any::<bool>(), any::<u8>(), vec(any::<u8>(), 0..60)), 1..8),
            size in 1..90_usize,
        ) {
            let frames: Vec<_> = frames
                .into_iter()
                .map(|(is_whole, flags, bytes)| if is_whole { frame(HEADERS, flags, &bytes) } else { bytes })
                .collect();
            let bytes = frames.concat();
            prop_assert_eq!(read_in_parts(&bytes, size), read_in_parts(&bytes, bytes.len().max(1)));
        }

        #[test]
        fn blocks_that_are_cut_or_damaged_do_no_harm(
            frame_and_read in frames_with_paths(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let (mut sent, _) = frame_and_read;
            let at = HEAD + at.index(sent.len() - HEAD);
            sent[at] = byte;
            let whole = read_in_parts(&sent, sent.len());
            prop_assert_eq!(read_in_parts(&sent, 1), whole);
            let cut = frame(HEADERS, sent[4], &sent[HEAD..at]);
            prop_assert_eq!(read_in_parts(&cut, 1), read_in_parts(&cut, cut.len()));
        }
    }

    #[test]
    fn what_gets_too_long_for_a_frame_is_continued() {
        let path = vec![b'"'; 10_000];
        let sent = frame(HEADERS, 0x1 | END_HEADERS, &[vec![0x82, 0x04], text(&path, true)].concat());
        let payload = [vec![0x82, 0x04], text("%22".repeat(10_000).as_bytes(), false)].concat();
        let (first, second) = payload.split_at(LARGEST);
        let read = [frame(HEADERS, 0x1, first), frame(CONTINUATION, END_HEADERS, second)].concat();
        assert_eq!(read_in_parts(&sent, 1000), read);
        // A block that the client continues itself stays open.
        let sent = frame(HEADERS, 0x1, &[vec![0x82, 0x04], text(&path, true)].concat());
        let read = [frame(HEADERS, 0x1, first), frame(CONTINUATION, 0, second)].concat();
        assert_eq!(read_in_parts(&sent, sent.len()), read);
    }

    #[test]
    fn a_frame_larger_than_allowed_is_not_waited_for() {
        let head = frame(HEADERS, END_HEADERS, &vec![0; LARGEST + 1])[..20].to_vec();
        assert_eq!(Frames::default().take(&head), None);
        assert_eq!(Frames::default().take(&head[..8]), Some(Vec::new()));
    }
}
