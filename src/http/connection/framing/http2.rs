//! HTTP/2's frames, as far as request paths need it. Header blocks are assembled from HEADERS and CONTINUATION frames,
//! and [`hpack`](super::hpack) percent-encodes the paths in them that the HTTP layer would refuse. Everything else
//! passes unchanged. What this code does not understand passes too, and the HTTP layer ends the connection because of
//! it.

use super::hpack::HeaderBlocks;

/// The length of the head of a frame, in bytes.
const HEAD: usize = 9;

/// The largest payload of a frame that we accept, in bytes.
const LARGEST: usize = 16_384;

/// The most frames of a header block. The HTTP layer ends a connection that sends more.
const MOST_FRAMES: usize = 7;

const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;

const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// The state of the frames after a connection's preface.
#[derive(Debug, Default)]
pub struct Frames {
    /// Bytes that wait for more: less than the head of a frame, or only some of the frames of a header block.
    held: Vec<u8>,
    /// How many bytes of the current frame still pass unchanged.
    passing: usize,
    blocks: HeaderBlocks,
}

/// What some bytes start with.
enum Beginning<'b> {
    /// An incomplete header block.
    Part,
    /// A complete header block: the payloads of its frames.
    HeaderBlock(Vec<&'b [u8]>),
    /// Another frame, or one that the HTTP layer refuses.
    Other,
}

impl Frames {
    /// Takes the next bytes. Returns what the HTTP layer should read in their place; `None` if they stay the same. The
    /// result may be empty until more bytes come.
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

    /// Takes all frames that are complete enough. Returns what replaces them if they change, and how many bytes they
    /// have.
    fn follow(&mut self, bytes: &[u8]) -> (Option<Vec<u8>>, usize) {
        let (mut changed, mut done): (Option<Vec<u8>>, usize) = (None, 0);
        loop {
            let part = self.passing.min(bytes.len() - done);
            self.passing -= part;
            if let Some(changed) = &mut changed {
                changed.extend_from_slice(&bytes[done..done + part]);
            }
            done += part;
            let Some(head) = bytes[done..].get(..HEAD) else { break };
            let payloads = match read_header_block(&bytes[done..]) {
                Beginning::HeaderBlock(payloads) => payloads,
                Beginning::Part => break,
                Beginning::Other => {
                    self.passing = HEAD + payload_length(head);
                    continue;
                }
            };
            let length = payloads.iter().map(|payload| HEAD + payload.len()).sum();
            match self.rewrite(head, &payloads) {
                Some(frames) => {
                    changed.get_or_insert_with(|| bytes[..done].to_vec()).extend_from_slice(&frames);
                    done += length;
                }
                None => self.passing = length,
            }
        }
        (changed, done)
    }

    /// The frames that replace those of this header block, without padding; `None` if the block stays the same.
    fn rewrite(&mut self, head: &[u8], payloads: &[&[u8]]) -> Option<Vec<u8>> {
        let (first, continued) = payloads.split_first()?;
        let flags = head[4];
        let (mut start, mut end) = (0, first.len());
        if flags & PADDED != 0 {
            (start, end) = (1, end.checked_sub(usize::from(*first.first()?))?);
        }
        let priority = start;
        start += if flags & PRIORITY != 0 { 5 } else { 0 };
        let block = [first.get(start..end)?, &continued.concat()].concat();
        let rewritten = self.blocks.rewrite(&block)?;
        Some(frames(&[&first[priority..start], &rewritten].concat(), flags & !PADDED, &head[5..]))
    }
}

/// Reads the frames of the header block at the start of these bytes.
fn read_header_block(bytes: &[u8]) -> Beginning<'_> {
    let (mut payloads, mut rest) = (Vec::new(), bytes);
    loop {
        let Some((head, after)) = rest.split_at_checked(HEAD) else { return Beginning::Part };
        let kind = if payloads.is_empty() { HEADERS } else { CONTINUATION };
        if head[3] != kind
            || head[5..] != bytes[5..HEAD]
            || payloads.len() == MOST_FRAMES
            || payload_length(head) > LARGEST
        {
            return Beginning::Other;
        }
        let Some((payload, after)) = after.split_at_checked(payload_length(head)) else { return Beginning::Part };
        payloads.push(payload);
        rest = after;
        if head[4] & END_HEADERS != 0 {
            return Beginning::HeaderBlock(payloads);
        }
    }
}

fn payload_length(head: &[u8]) -> usize {
    usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2])
}

/// A HEADERS frame with this payload, followed by CONTINUATION frames if it does not fit.
fn frames(payload: &[u8], flags: u8, stream: &[u8]) -> Vec<u8> {
    let mut frames = Vec::with_capacity(HEAD + payload.len());
    let last = payload.len().div_ceil(LARGEST) - 1;
    for (number, part) in payload.chunks(LARGEST).enumerate() {
        let (kind, flags) = if number == 0 { (HEADERS, flags & !END_HEADERS) } else { (CONTINUATION, 0) };
        let flags = if number == last { flags | END_HEADERS } else { flags };
        frames.extend_from_slice(&[0, (part.len() >> 8) as u8, part.len() as u8, kind, flags]);
        frames.extend_from_slice(stream);
        frames.extend_from_slice(part);
    }
    frames
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use proptest::test_runner::RngSeed;

    use super::super::hpack::tests::text;
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

    /// What comes before a path: an index of its name, or the name itself.
    fn names() -> Vec<Vec<u8>> {
        let named = |first: u8, is_huffman| [vec![first], text(b":path", is_huffman)].concat();
        let indexes = [0x44, 0x45, 0x04, 0x15].map(|index| vec![index]);
        [&indexes[..], &[named(0x40, true), named(0x00, false), named(0x10, true)]].concat()
    }

    /// The frames of a header block, and what should be read in their place.
    fn frames_with_paths() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
        let paths = select(vec![PATH, ENCODED, b"/", b""]);
        let parts = (select(names()), paths, any::<bool>(), 0..4_u8, 0..2_u8, 0..9_u8, 1..=MOST_FRAMES);
        parts.prop_map(|(name, path, is_huffman, frame_flags, order, pad, count)| {
            // :method GET, :scheme http, an indexed header with a quote, a size of the table, an entry of the table
            let others =
                [vec![0x82, 0x86, 0x40], text(b"x", true), text(b"\"", is_huffman), vec![0x3f, 0x00, 0xff, 0x10]];
            let others = others.concat();
            let block = |path: &[u8]| match order {
                0 => [&others, path].concat(),
                _ => [path, &others].concat(),
            };
            let (mut before, mut after, mut flags) = (vec![], vec![], 0x1);
            if frame_flags & 1 != 0 {
                (before, after, flags) = (vec![pad], vec![0; pad.into()], flags | PADDED);
            }
            let mut priority = vec![];
            if frame_flags & 2 != 0 {
                (priority, flags) = (vec![0, 0, 0, 0, 15], flags | PRIORITY);
            }
            let whole = block(&[name, text(path, is_huffman)].concat());
            let mut payloads: Vec<_> = whole.chunks(whole.len().div_ceil(count)).map(<[u8]>::to_vec).collect();
            payloads[0] = [before, priority.clone(), payloads[0].clone(), after].concat();
            let sent = continued(flags, &payloads);
            let changed = [priority, block(&[&[0x04], &*text(ENCODED, false)].concat())].concat();
            let read = if path == PATH { continued(flags & !PADDED, &[changed]) } else { sent.clone() };
            (sent, read)
        })
    }

    /// A HEADERS frame and CONTINUATION frames.
    fn continued(flags: u8, payloads: &[Vec<u8>]) -> Vec<u8> {
        let last = payloads.len() - 1;
        let one = |(number, payload): (usize, &Vec<u8>)| {
            let (kind, flags) = if number == 0 { (HEADERS, flags) } else { (CONTINUATION, 0) };
            frame(kind, if number == last { flags | END_HEADERS } else { flags }, payload)
        };
        payloads.iter().enumerate().flat_map(one).collect()
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
        // A block that the client continues itself is put together first.
        let payloads = [vec![0x82, 0x04], text(&path, true)].concat();
        let sent = continued(0x1, &payloads.chunks(5000).map(<[u8]>::to_vec).collect::<Vec<_>>());
        assert_eq!(read_in_parts(&sent, 1000), read);
    }

    #[test]
    fn a_block_in_too_many_frames_is_not_waited_for() {
        let block = [vec![0x82, 0x04], text(PATH, false)].concat();
        let sent = continued(0x1, &block[..9].chunks(1).map(<[u8]>::to_vec).collect::<Vec<_>>());
        let mut frames = Frames::default();
        let (most, next) = sent.split_at((HEAD + 1) * MOST_FRAMES);
        assert_eq!(frames.take(most), Some(Vec::new()));
        assert_eq!(frames.take(next).unwrap(), sent);
    }

    #[test]
    fn a_block_with_another_frame_in_between_passes() {
        let block = [vec![0x82, 0x04], text(PATH, false)].concat();
        let (first, second) = block.split_at(4);
        let end = frame(CONTINUATION, END_HEADERS, second);
        let mut other_stream = end.clone();
        other_stream[8] = 3;
        for between in [frame(0, 0, b"x"), other_stream, frame(HEADERS, 0, b"")] {
            let sent = [frame(HEADERS, 0x1, first), between, end.clone()].concat();
            assert_eq!(read_in_parts(&sent, 1), sent);
        }
    }

    #[test]
    fn a_frame_larger_than_allowed_is_not_waited_for() {
        let head = frame(HEADERS, END_HEADERS, &vec![0; LARGEST + 1])[..20].to_vec();
        assert_eq!(Frames::default().take(&head), None);
        assert_eq!(Frames::default().take(&head[..8]), Some(Vec::new()));
    }
}
