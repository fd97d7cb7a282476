//! HTTP/1.1 message framing, as far as a connection needs it: whether bytes belong to the head of a request or to its
//! body. The connection measures how long a head takes. It also percent-encodes bytes of request targets that the HTTP
//! layer would refuse, such as `"`, `<` and `>`, because vendors' servers accept them.
//!
//! Nothing else is parsed, and nothing is refused. After something that this code does not understand, bytes pass
//! unchanged, and the HTTP layer refuses them. They also pass unchanged after a CONNECT, when they belong to a tunnel.
//! After HTTP/2's preface, [`http2`] does the same for HTTP/2's frames.

mod hpack;
mod http2;
mod huffman;
mod target;

use memchr::memchr;

use self::http2::Frames;
use self::target::percent_encoded;

/// The first line of HTTP/2's preface, and how many bytes of the preface follow it.
const PREFACE: (&[u8], u64) = (b"PRI * HTTP/2.0", 8);

/// How the request line of a request for a tunnel starts.
const CONNECT: &[u8] = b"CONNECT ";

/// How many bytes of a line are kept if it arrives in parts. No line that matters here is longer.
const LINE_KEPT: usize = 256;

/// How far the bytes of a connection have been read.
#[derive(Debug, Default)]
pub struct Framing {
    at: At,
    /// The start of a line whose end has not arrived.
    line: Vec<u8>,
    /// The length of the body, as far as the headers tell it up to now.
    body: BodyLength,
    /// How many heads have ended.
    heads: u64,
    /// The state of HTTP/2's frames.
    frames: Frames,
}

/// What the next byte belongs to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    /// A request that has not started.
    #[default]
    Request,
    /// The rest of a request line. `in_target`: the method has ended.
    RequestLine { in_target: bool },
    /// A line of a head.
    Header,
    /// This many bytes of a body of known length.
    Body(u64),
    /// The line with the length of a chunk.
    ChunkLength,
    /// This many bytes of a chunk and of the line end after it.
    Chunk(u64),
    /// A line after the last chunk.
    Trailer,
    /// This many bytes of HTTP/2's preface.
    Preface(u64),
    /// The frames of HTTP/2.
    Frames,
    /// Bytes that pass without being looked at.
    Unknown,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum BodyLength {
    #[default]
    None,
    Known(u64),
    Chunked,
    /// A tunnel follows the head.
    Tunnel,
}

impl Framing {
    /// Takes the next bytes. Returns what the HTTP layer should read in their place; `None` if they stay the same. The
    /// result is empty while the rest of an HTTP/2 frame has not arrived.
    pub fn take(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut changed: Option<Vec<u8>> = None;
        let mut rest = bytes;
        while !rest.is_empty() {
            let done = bytes.len() - rest.len();
            let (length, encoded) = self.step(rest);
            match (&mut changed, encoded) {
                (None, Some(encoded)) => changed = Some([&bytes[..done], &encoded].concat()),
                (Some(changed), Some(encoded)) => changed.extend_from_slice(&encoded),
                (Some(changed), None) => changed.extend_from_slice(&rest[..length]),
                (None, None) => {}
            }
            rest = &rest[length..];
        }
        changed
    }

    /// The number of the head that has started and not ended; `None` if there is none.
    pub fn open_head(&self) -> Option<u64> {
        match self.at {
            At::RequestLine { .. } | At::Header | At::Preface(_) => Some(self.heads),
            At::Request | At::Body(_) | At::ChunkLength | At::Chunk(_) | At::Trailer => None,
            At::Frames | At::Unknown => None,
        }
    }

    /// Takes some of these bytes. Returns how many, and what replaces them if they change.
    fn step(&mut self, bytes: &[u8]) -> (usize, Option<Vec<u8>>) {
        match self.at {
            At::Request => (self.begin(bytes), None),
            At::RequestLine { in_target } => {
                let length = line_length(bytes);
                (length, self.request_line(&bytes[..length], in_target))
            }
            At::Header | At::ChunkLength | At::Trailer => {
                let length = line_length(bytes);
                self.line_part(&bytes[..length]);
                (length, None)
            }
            At::Body(left) => (self.skip(bytes, left, At::Body, At::Request), None),
            At::Chunk(left) => (self.skip(bytes, left, At::Chunk, At::ChunkLength), None),
            At::Preface(left) => (self.skip(bytes, left, At::Preface, At::Frames), None),
            At::Frames => (bytes.len(), self.frames.take(bytes)),
            At::Unknown => (bytes.len(), None),
        }
    }

    /// Skips the empty lines that may come before a request.
    fn begin(&mut self, bytes: &[u8]) -> usize {
        let empty = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if empty < bytes.len() {
            self.body = BodyLength::None;
            self.at = At::RequestLine { in_target: false };
        }
        empty
    }

    /// Takes a part of a request line, up to the line's end if that has arrived. Returns the part with its target
    /// encoded, if that changes it.
    fn request_line(&mut self, part: &[u8], in_target: bool) -> Option<Vec<u8>> {
        let method = if in_target { 0 } else { memchr(b' ', part).unwrap_or(part.len()) };
        self.at = At::RequestLine { in_target: method < part.len() };
        self.line_part(part);
        percent_encoded(&part[method..]).map(|target| [&part[..method], &target].concat())
    }

    /// Takes a part of a line. When the line ends, it is interpreted.
    fn line_part(&mut self, part: &[u8]) {
        let ends = part.last() == Some(&b'\n');
        if ends && self.line.is_empty() {
            return self.line(without_end(part));
        }
        let room = LINE_KEPT.saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
        if ends {
            let line = std::mem::take(&mut self.line);
            self.line(without_end(&line));
        }
    }

    /// Interprets a line, given without its end.
    fn line(&mut self, line: &[u8]) {
        self.at = match self.at {
            At::RequestLine { .. } if line == PREFACE.0 => At::Preface(PREFACE.1),
            At::RequestLine { .. } if line.starts_with(CONNECT) => {
                self.body = BodyLength::Tunnel;
                At::Header
            }
            At::RequestLine { .. } => At::Header,
            At::Header if line.is_empty() => self.end_head(),
            At::Header => self.header(line),
            At::ChunkLength => chunk(line),
            At::Trailer if line.is_empty() => At::Request,
            at => at,
        };
    }

    fn header(&mut self, line: &[u8]) -> At {
        if !matches!(line[0], b'C' | b'c' | b'T' | b't') || self.body == BodyLength::Tunnel {
            return At::Header;
        }
        let Some(colon) = memchr(b':', line) else { return At::Header };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.body = BodyLength::Chunked;
        } else if name.eq_ignore_ascii_case(b"content-length") && self.body != BodyLength::Chunked {
            match number(value, 10) {
                Some(length) => self.body = BodyLength::Known(length),
                None => return At::Unknown,
            }
        }
        At::Header
    }

    fn end_head(&mut self) -> At {
        self.heads += 1;
        match self.body {
            BodyLength::None | BodyLength::Known(0) => At::Request,
            BodyLength::Known(length) => At::Body(length),
            BodyLength::Chunked => At::ChunkLength,
            BodyLength::Tunnel => At::Unknown,
        }
    }

    fn skip(&mut self, bytes: &[u8], left: u64, same: fn(u64) -> At, next: At) -> usize {
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.at = match left - length as u64 {
            0 => next,
            left => same(left),
        };
        length
    }
}

/// The length of the first line, including its end; the length of all bytes if no line ends.
fn line_length(bytes: &[u8]) -> usize {
    memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1)
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The state after a line with the length of a chunk.
fn chunk(line: &[u8]) -> At {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    match number(digits.trim_ascii(), 16) {
        Some(0) => At::Trailer,
        Some(length) => length.checked_add(2).map_or(At::Unknown, At::Chunk),
        None => At::Unknown,
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    u64::from_str_radix(str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::Uri;

    use super::*;

    /// What the HTTP layer reads when these bytes come in parts of this size.
    fn read_in_parts(bytes: &[u8], size: usize) -> Vec<u8> {
        let mut framing = Framing::default();
        let parts = bytes.chunks(size).map(|part| framing.take(part).unwrap_or_else(|| part.to_vec()));
        parts.collect::<Vec<_>>().concat()
    }

    const QUOTES: &[u8] = b"<\"\xc3\xa9\">\r\n\r\nGET /\" HTTP/1.1\r\n";

    /// Requests with bodies that look like requests, one after the other.
    fn requests() -> (Vec<u8>, Vec<u8>) {
        let length = QUOTES.len();
        let known = format!("\r\nPOST /a\"b HTTP/1.1\r\nHost: \"h\"\r\ncontent-LENGTH:  {length} \r\nx: <\r\n\r\n");
        let chunked = "POST /<c>?d=\"e\" HTTP/1.1\nTransfer-Encoding: chunked\nContent-Length: 3\n\n";
        let chunk = format!("{length:X}; \"x\"\r\n");
        let long = format!("GET /\u{e9}{} HTTP/1.1\r\nx: {}\r\n\r\n", "f".repeat(300), "\"".repeat(300));
        let parts: [&[u8]; 9] = [
            known.as_bytes(),
            QUOTES,
            chunked.as_bytes(),
            chunk.as_bytes(),
            QUOTES,
            b"\r\n0\r\nx: \"\r\n\r\n",
            long.as_bytes(),
            b"GET /\" HTTP/1.1\r\n\r\n",
            b"POST /\xff HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /> HTTP/1.1\r\n\r\n",
        ];
        let sent = parts.concat();
        let read = [
            known.replace("a\"b", "a%22b").as_bytes(),
            QUOTES,
            chunked.replace("<c>?d=\"e\"", "%3Cc%3E?d=%22e%22").as_bytes(),
            chunk.as_bytes(),
            QUOTES,
            parts[5],
            long.replacen('\u{e9}', "%C3%A9", 1).as_bytes(),
            b"GET /%22 HTTP/1.1\r\n\r\n",
            b"POST /%FF HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /%3E HTTP/1.1\r\n\r\n",
        ]
        .concat();
        (sent, read)
    }

    #[test]
    fn only_targets_are_encoded_whatever_the_parts_in_which_bytes_come() {
        let (sent, read) = requests();
        for size in (1..64).chain([sent.len()]) {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(text(&read_in_parts(&sent, size)), text(&read), "in parts of {size}");
        }
    }

    #[test]
    fn what_is_no_request_passes_unchanged() {
        let unknown: [&[u8]; 5] = [
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff \"\"\nGET /\" HTTP/1.1\r\n",
            b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\nGET /\" HTTP/1.1\r\n",
            b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nGET /\" HTTP/1.1\r\n",
            b"\x16\"<\xff\n",
            b"CONNECT h:1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nGET /\" HTTP/1.1\r\n",
        ];
        for bytes in unknown {
            for size in [1, 7, bytes.len()] {
                assert_eq!(read_in_parts(bytes, size), bytes, "{bytes:?} in parts of {size}");
            }
        }
    }

    /// All but spaces, control characters and the mark of a fragment.
    #[test]
    fn every_visible_byte_and_all_above_ascii_can_be_in_a_target() {
        for byte in (b'!'..=0xff).filter(|byte| *byte != 0x7f && *byte != b'#') {
            for before in ["/a", "/?a=", "http://h/"] {
                let line = [b"GET ", before.as_bytes(), &[byte], b" HTTP/1.1\r\n"].concat();
                let read = Framing::default().take(&line).unwrap_or(line);
                let target = read.split(|byte| *byte == b' ').nth(1).unwrap();
                assert!(Uri::try_from(target).is_ok(), "{before}{byte:x}: {}", target.escape_ascii());
            }
        }
    }

    #[test]
    fn a_head_is_open_from_its_first_byte_to_its_last() {
        let mut framing = Framing::default();
        let mut open = |bytes: &[u8]| {
            framing.take(bytes);
            framing.open_head()
        };
        assert_eq!(open(b"\r\n"), None);
        assert_eq!(open(b"P"), Some(0));
        assert_eq!(open(b"OST / HTTP/1.1\r\nContent-Length: 2\r\n"), Some(0));
        assert_eq!(open(b"\r\n"), None);
        assert_eq!(open(b"{"), None, "a body is no head");
        assert_eq!(open(b"}"), None);
        assert_eq!(open(b"GET / HTTP/1.1\r\n\r\nG"), Some(2));
        assert_eq!(open(b"ET / HTTP/1.1\r\n\r\nPRI * HT"), Some(3), "half a preface is a head");
        assert_eq!(open(b"TP/2.0\r\n\r\n"), Some(3));
        assert_eq!(open(b"SM\r\n\r\n"), None);
    }
}
